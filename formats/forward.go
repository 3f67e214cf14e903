package formats

import (
	"errors"
	"fmt"
	"io"
)

const (
	tailBytes = 4 << 20 // of the end of a stream that are kept: the directory of a zip stands there
	maxOpened = 16      // times that a stream is opened anew to go back in it
)

// forward reads a stream at places that mostly move on, in constant memory: the
// end of the stream is kept, and for a place that has passed it is opened anew.
type forward struct {
	open   func() (io.ReadCloser, error)
	in     io.ReadCloser
	at     int64
	size   int64
	tail   []byte
	opened int
	failed error // of the stream itself
}

// newForward reads the stream to its end once. So an error that only shows there,
// of a stream that checks itself, shows before anything is made of it.
func newForward(open func() (io.ReadCloser, error)) (*forward, error) {
	f := &forward{open: open}
	in, err := open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	part := make([]byte, 256<<10)
	for {
		n, err := in.Read(part)
		f.size += int64(n)
		f.tail = append(f.tail, part[:n]...)
		if over := len(f.tail) - tailBytes; over > tailBytes || over > 0 && errors.Is(err, io.EOF) {
			f.tail = f.tail[:copy(f.tail, f.tail[over:])]
		}
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// ReadAt fills p, or fails.
func (f *forward) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= f.size {
		return 0, io.EOF
	}
	if from := f.size - int64(len(f.tail)); off >= from {
		n := copy(p, f.tail[off-from:])
		if n < len(p) {
			return n, io.EOF
		}
		return n, nil
	}
	if err := f.goTo(off); err != nil {
		return 0, f.note(err)
	}
	n, err := io.ReadFull(f.in, p)
	f.at += int64(n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, f.note(err)
}

// note remembers an error of the stream, which is not one of what it holds.
func (f *forward) note(err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		f.failed = err
	}
	return err
}

// or is the error of the stream itself, if it had one, else other.
func (f *forward) or(other error) error {
	if f.failed != nil {
		return f.failed
	}
	return other
}

func (f *forward) goTo(off int64) error {
	if f.in == nil || off < f.at {
		f.close()
		if f.opened++; f.opened > maxOpened {
			return errors.New("the file was gone back in too often")
		}
		in, err := f.open()
		if err != nil {
			return err
		}
		f.in, f.at = in, 0
	}
	n, err := io.CopyN(io.Discard, f.in, off-f.at)
	f.at += n
	if err != nil {
		return fmt.Errorf("read on to byte %d: %w", off, err)
	}
	return nil
}

func (f *forward) close() {
	if f.in != nil {
		f.in.Close()
		f.in = nil
	}
}

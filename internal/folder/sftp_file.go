package folder

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/pkg/sftp"
)

// sftpReader reads a file with several requests under way, and counts.
type sftpReader struct {
	ctx    context.Context
	s      *SFTP
	l      *link
	f      *sftp.File
	name   string
	before Info
	off    int64
	buf    []byte // read ahead, not yet given
	ahead  []byte
	small  bool // the server gives less than asked: ask one piece at a time
	err    error
}

const readAhead = 16 * chunk

func (r *sftpReader) open(l *link) (err error) {
	if r.before, err = r.s.stat(l, r.name); err != nil {
		return err
	}
	r.f, err = l.client.Open(r.s.path(r.name))
	return err
}

func (r *sftpReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if len(r.buf) == 0 && r.err == nil {
		r.fill()
	}
	if len(r.buf) == 0 {
		return 0, r.err
	}
	n := copy(p, r.buf)
	r.buf = r.buf[n:]
	return n, nil
}

func (r *sftpReader) fill() {
	left := r.before.Size - r.off
	if left <= 0 {
		r.err = r.end()
		return
	}
	size := min(left, readAhead)
	if r.small {
		size = min(left, chunk)
	}
	if int64(cap(r.ahead)) < size {
		r.ahead = make([]byte, size)
	}
	var n int
	err := r.l.do(r.ctx, func() (err error) {
		n, err = r.f.ReadAt(r.ahead[:size], r.off)
		return err
	})
	r.off += int64(n)
	r.buf = r.ahead[:n]
	switch {
	case int64(n) == size:
	case err == io.EOF && n > 0:
		r.small = true
	case err == io.EOF:
		r.err = fmt.Errorf("%w: %d of %d bytes came", ErrChanged, r.off, r.before.Size)
	case err != nil:
		r.err = err
	}
}

// end is io.EOF when the file still is what it was.
func (r *sftpReader) end() error {
	var now Info
	err := r.l.do(r.ctx, func() (err error) {
		now, err = r.s.stat(r.l, r.name)
		return err
	})
	if err != nil {
		return err
	}
	if now.Size != r.before.Size || !now.ModTime.Equal(r.before.ModTime) {
		return ErrChanged
	}
	return io.EOF
}

// Close gives the connection back. A second Close does nothing.
func (r *sftpReader) Close() error {
	if r.f == nil {
		return nil
	}
	f := r.f
	r.f = nil
	if !r.l.dead.Load() {
		// What was read is already checked; an error here only costs the connection.
		r.l.do(context.WithoutCancel(r.ctx), f.Close)
	}
	r.s.give(r.l)
	if r.err == nil {
		r.err = fs.ErrClosed
	}
	r.buf = nil
	return nil
}

// Put writes a file; see Folder. It writes under a temporary name, reads that
// back, and only then renames. When the connection is lost the temporary file is
// removed over a new one; if that fails too, a later Put removes it.
func (s *SFTP) Put(ctx context.Context, name string, data io.Reader) error {
	if err := check(name); err != nil {
		return err
	}
	if err := s.put(ctx, name, data); err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	return nil
}

func (s *SFTP) put(ctx context.Context, name string, data io.Reader) error {
	var there bool
	l, err := s.begin(ctx, func(l *link) (err error) {
		there, err = s.exists(l, name)
		return err
	})
	if errors.Is(err, ErrNotFile) {
		return fmt.Errorf("%w as something that is not a file", fs.ErrExist)
	}
	if err != nil {
		return err
	}
	defer func() { s.give(l) }()
	sum := sha256.New()
	if there {
		n, err := feed(ctx, data, func(b []byte) error {
			sum.Write(b)
			return nil
		})
		if err != nil {
			return err
		}
		return s.same(ctx, l, name, n, sum.Sum(nil))
	}
	if err := s.makeDir(ctx, l, path.Dir(name)); err != nil {
		return err
	}
	temp := path.Join(path.Dir(name), tempName())
	n, err := s.upload(ctx, l, temp, data, sum)
	if err == nil {
		err = s.same(ctx, l, temp, n, sum.Sum(nil))
		if errors.Is(err, fs.ErrExist) {
			err = errors.New("the server stored other bytes than were sent")
		}
	}
	if err == nil {
		err = s.publish(ctx, l, temp, name, n, sum.Sum(nil))
	}
	if err != nil {
		s.remove(ctx, l, temp)
	}
	return err
}

// upload writes the temporary file. Never io.Copy or File.ReadFrom: those have
// reported success for files the server refused.
func (s *SFTP) upload(ctx context.Context, l *link, temp string, data io.Reader, sum io.Writer) (n int64, err error) {
	var f *sftp.File
	err = l.do(ctx, func() (err error) {
		f, err = l.client.OpenFile(s.path(temp), os.O_WRONLY|os.O_CREATE|os.O_EXCL)
		return err
	})
	if err != nil {
		return 0, err
	}
	s.sweep(ctx, l, temp)
	n, err = feed(ctx, data, func(b []byte) error {
		sum.Write(b)
		return l.do(ctx, func() error {
			k, err := f.Write(b)
			if err == nil && k != len(b) {
				err = io.ErrShortWrite
			}
			return err
		})
	})
	if _, ok := l.client.HasExtension("fsync@openssh.com"); ok && err == nil {
		err = l.do(ctx, f.Sync)
	}
	if l.dead.Load() {
		return n, err
	}
	cerr := l.do(context.WithoutCancel(ctx), f.Close)
	if err == nil {
		err = cerr
	}
	return n, err
}

// same is nil when the file on the server has just this content, and matches
// fs.ErrExist when it has other content.
func (s *SFTP) same(ctx context.Context, l *link, name string, n int64, sum []byte) error {
	r := &sftpReader{ctx: ctx, s: s, l: l, name: name}
	if err := l.do(ctx, func() error { return r.open(l) }); err != nil {
		return err
	}
	have := sha256.New()
	var err error
	if r.before.Size == n {
		_, err = io.Copy(have, r)
	}
	if !l.dead.Load() {
		l.do(context.WithoutCancel(ctx), r.f.Close)
	}
	if err != nil {
		return err
	}
	if r.before.Size != n || string(have.Sum(nil)) != string(sum) {
		return fmt.Errorf("%w with other content", fs.ErrExist)
	}
	return nil
}

// publish gives the checked file its name. Some servers replace on rename, so the
// name is looked at just before; names that may clash must be unique anyway.
func (s *SFTP) publish(ctx context.Context, l *link, temp, name string, n int64, sum []byte) error {
	var there bool
	err := l.do(ctx, func() (err error) {
		there, err = s.exists(l, name)
		return err
	})
	if err != nil {
		return err
	}
	if there {
		return s.beaten(ctx, l, temp, name, n, sum)
	}
	rerr := l.do(ctx, func() error { return l.client.Rename(s.path(temp), s.path(name)) })
	if rerr == nil {
		return s.arrived(ctx, l, name, n)
	}
	// Refused because the name is taken since, or done with the answer lost: look.
	m := l
	var here bool
	look := func(l *link) (err error) {
		if there, err = s.exists(l, name); err == nil {
			here, err = s.exists(l, temp)
		}
		return err
	}
	if l.dead.Load() {
		cctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.spec.Timeout)
		defer cancel()
		m, err = s.begin(cctx, look)
		if err == nil {
			defer s.give(m)
			ctx = cctx
		}
	} else {
		err = l.do(ctx, func() error { return look(l) })
	}
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrUnknown, errors.Join(rerr, err))
	case there:
		return s.beaten(ctx, m, temp, name, n, sum)
	case !here:
		return fmt.Errorf("%w: both names are gone: %w", ErrUnknown, rerr)
	}
	return rerr
}

// beaten decides when the name is taken: by the same bytes, perhaps by ourselves,
// is fine.
func (s *SFTP) beaten(ctx context.Context, l *link, temp, name string, n int64, sum []byte) error {
	if err := s.same(ctx, l, name, n, sum); err != nil {
		return err
	}
	s.remove(ctx, l, temp)
	return nil
}

// arrived looks once more under the final name. A file that is gone already was
// taken by the other side: the server did confirm the rename.
func (s *SFTP) arrived(ctx context.Context, l *link, name string, n int64) error {
	var i Info
	err := l.do(context.WithoutCancel(ctx), func() (err error) {
		i, err = s.stat(l, name)
		return err
	})
	if err == nil && i.Size != n {
		return fmt.Errorf("after the rename the server shows %d bytes, %d were sent", i.Size, n)
	}
	return nil
}

// remove takes the temporary file away, also when ctx has ended or the connection
// is lost.
func (s *SFTP) remove(ctx context.Context, l *link, temp string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.spec.Timeout)
	defer cancel()
	rm := func(l *link) error { return l.client.Remove(s.path(temp)) }
	if !l.dead.Load() {
		if l.do(ctx, func() error { return rm(l) }); !l.dead.Load() {
			return
		}
	}
	// The slot of the lost connection is still ours, so this one needs another.
	if m, err := dial(ctx, s.spec, s.key); err == nil {
		m.do(ctx, func() error { return rm(m) })
		m.close()
	}
}

// sweep removes what a killed process left in a subfolder: at our first Put there,
// and a day later again, for what was not old enough then.
func (s *SFTP) sweep(ctx context.Context, l *link, temp string) {
	dir := path.Dir(temp)
	s.mu.Lock()
	wanted := due(s.swept, dir, time.Now())
	s.mu.Unlock()
	if !wanted {
		return
	}
	l.do(ctx, func() error {
		ref, err := l.client.Lstat(s.path(temp))
		if err != nil {
			return err
		}
		all, err := l.client.ReadDirContext(ctx, s.path(dir))
		for _, i := range all {
			if stale(i.Name(), i.ModTime(), ref.ModTime()) {
				l.client.Remove(s.path(path.Join(dir, i.Name())))
			}
		}
		return err
	})
}

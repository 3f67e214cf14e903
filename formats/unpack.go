package formats

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

const (
	maxPacked   = 64 << 20 // bytes of a zip or workbook, which is held in memory
	maxUnpacked = 1 << 30  // bytes that come out, unless the options say otherwise
	maxRatio    = 250      // of what comes out to what goes in, once it is more than
	ratioFrom   = 16 << 20 // so many bytes
)

// Decode reads a file in the format, a key of Decoders, out of what it is packed
// in. A gzip is read as a stream; a zip, which must hold one file whose name does
// not matter, is held in memory and may have 64 MiB. What unpacks to more than
// Options.MaxUnpacked, or to more than 16 MiB and 250 times itself, is refused.
func Decode(format string, r io.Reader, o Options) iter.Seq2[*Batch, error] {
	decode := Decoders[format]
	return func(yield func(*Batch, error) bool) {
		if decode == nil {
			yield(nil, fmt.Errorf("no input format %q", format))
			return
		}
		in, err := Unpack(r, o)
		if err != nil {
			yield(nil, err)
			return
		}
		for b, err := range decode(in, o) {
			if !yield(b, err) {
				return
			}
		}
	}
}

// Unpack is the file that r is packed in, as Options.Packed says: what Decode reads.
func Unpack(r io.Reader, o Options) (io.Reader, error) {
	source := &source{r: r}
	budget := &budget{most: o.unpacked(), in: func() int64 { return source.n }}
	switch o.Packed {
	case "":
		return r, nil
	case "gzip":
		z, err := gzip.NewReader(source)
		if err != nil {
			return nil, source.or(packedWrong("Dit is geen gzip-bestand."))
		}
		return &unpacked{r: z, source: source, budget: budget}, nil
	case "zip":
	default:
		return nil, fmt.Errorf("packed %q: want gzip or zip", o.Packed)
	}
	data, err := readPacked(r)
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, packedWrong("Dit is geen zip-bestand, of het is beschadigd.")
	}
	var only *zip.File
	for _, f := range z.File {
		if f.FileInfo().IsDir() || strings.HasPrefix(f.Name, "__MACOSX/") {
			continue
		}
		if only != nil {
			return nil, packedWrong("In het zip-bestand zit meer dan één bestand.")
		}
		only = f
	}
	if only == nil {
		return nil, packedWrong("In het zip-bestand zit geen bestand.")
	}
	source.n = int64(len(data))
	return openZipped(only, source, budget)
}

func (o *Options) unpacked() int64 {
	if o.MaxUnpacked == 0 {
		return maxUnpacked
	}
	return o.MaxUnpacked
}

// openZipped reads one file of a zip.
func openZipped(f *zip.File, source *source, budget *budget) (io.Reader, error) {
	if f.Flags&1 != 0 {
		return nil, packedWrong("Het zip-bestand is met een wachtwoord beveiligd.")
	}
	in, err := f.Open()
	if err != nil {
		return nil, packedWrong("Het zip-bestand is op een manier ingepakt die niet wordt gelezen.")
	}
	return &unpacked{r: in, source: source, budget: budget}, nil
}

// readPacked reads all of a zip or workbook.
func readPacked(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxPacked+1))
	if err == nil && len(data) > maxPacked {
		err = &FileError{Problem{
			Code: "ingepakt-te-groot", Message: fmt.Sprintf("Het bestand is groter dan %s.", size(maxPacked)),
			Repair: "Lever het in delen aan, of als CSV.",
		}}
	}
	return data, err
}

func packedWrong(message string) error {
	return &FileError{Problem{Code: "ingepakt", Message: message, Repair: "Pak precies één bestand in, zonder wachtwoord, en lever het opnieuw aan."}}
}

// source counts what is read and keeps its own error apart from those of what
// reads it.
type source struct {
	r   io.Reader
	n   int64
	err error
}

// Read reads on.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// or is the error of the source, if it had one, else err.
func (s *source) or(err error) error {
	if s.err != nil {
		return s.err
	}
	return err
}

// budget is how much may be unpacked of one file.
type budget struct {
	most, out int64
	in        func() int64
}

func (b *budget) spend(n int) error {
	b.out += int64(n)
	if b.out <= b.most && (b.out <= ratioFrom || b.out/maxRatio <= b.in()) {
		return nil
	}
	return &FileError{Problem{
		Code: "ingepakt-te-groot", Message: fmt.Sprintf("Uitgepakt wordt het bestand buitensporig groot (meer dan %d MiB).", b.out>>20),
		Repair: "Controleer hoe het bestand gemaakt is en lever het in delen of onverpakt aan.",
	}}
}

// unpacked is what comes out, as far as its budget goes.
type unpacked struct {
	r      io.Reader
	source *source
	budget *budget
}

// Read reads on; an error is that of the source or a *FileError.
func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if wrong := u.budget.spend(n); wrong != nil {
		return 0, wrong
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = u.source.or(packedWrong("Het ingepakte bestand is beschadigd of niet helemaal aangekomen."))
	}
	return n, err
}

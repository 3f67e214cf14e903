package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"loket-etl/internal/folder"
	"loket-etl/outbox"
)

// fateful is a place where something happens around a step of ours.
type fateful struct {
	*folder.Local
	put  func(name string, data []byte) []byte // what is stored of what is put; nil: nothing
	open func(name string)                     // before a file is opened
	move func() error                          // instead of a rename
}

func (p fateful) Put(ctx context.Context, name string, data io.Reader) error {
	b, err := io.ReadAll(data)
	if err != nil {
		return err
	}
	if p.put != nil {
		b = p.put(name, b)
	}
	if b == nil {
		return nil
	}
	return p.Local.Put(ctx, name, bytes.NewReader(b))
}

func (p fateful) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if p.open != nil {
		p.open(name)
	}
	return p.Local.Open(ctx, name)
}

func (p fateful) Move(ctx context.Context, name, to string) error {
	if p.move != nil {
		return p.move()
	}
	return p.Local.Move(ctx, name, to)
}

func local(t *testing.T) (*folder.Local, string) {
	t.Helper()
	dir := t.TempDir()
	l, err := folder.NewLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	return l, dir
}

// That a place says yes proves nothing: what counts is what it gives back.
func TestAPlaceThatSaysYesAndDamages(t *testing.T) {
	for what, put := range map[string]func(string, []byte) []byte{
		"zeros":     func(_ string, b []byte) []byte { return make([]byte, len(b)) },
		"cut":       func(_ string, b []byte) []byte { return b[:len(b)-1] },
		"line ends": func(_ string, b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) },
		"nothing":   func(string, []byte) []byte { return nil },
	} {
		l, dir := local(t)
		b := &book{}
		for range 2 {
			if err := b.advance(t.Context(), fateful{Local: l, put: put}, file(pain(500))); !errors.Is(err, outbox.ErrDamaged) || b.step != "preparing" {
				t.Errorf("%s: %s, %v", what, b.step, err)
			}
			wantDisk(t, dir)
		}
	}
}

// A rename that comes about between two looks is seen as done, not as a file that
// is gone: it would be asked about, or published again.
func TestARenameBetweenTwoLooks(t *testing.T) {
	for opened := 1; opened <= 2; opened++ {
		l, dir := local(t)
		f, n := file(pain(500)), 0
		if err := outbox.Prepare(t.Context(), l, f); err != nil {
			t.Fatal(err)
		}
		place := fateful{Local: l, open: func(string) {
			if n++; n == opened {
				if err := os.Rename(filepath.Join(dir, payment+".part"), filepath.Join(dir, payment)); err != nil {
					t.Error(err)
				}
			}
		}}
		wantSight(t, place, f, outbox.Visible)
	}
}

// Someone's file has the name when we rename, and is gone with ours when we look.
func TestARenameThatWasRefusedIsNeverDone(t *testing.T) {
	l, dir := local(t)
	f := file(pain(500))
	if err := outbox.Prepare(t.Context(), l, f); err != nil {
		t.Fatal(err)
	}
	place := fateful{Local: l, move: func() error { return fs.ErrExist }}
	if err := outbox.Reveal(t.Context(), place, f); err == nil {
		t.Error("revealed")
	}
	wantDisk(t, dir, payment+".part")
	place.move = func() error { return errors.Join(fs.ErrExist, os.Remove(filepath.Join(dir, payment+".part"))) }
	wantErr(t, outbox.Reveal(t.Context(), place, f), outbox.ErrGone)
	if err := outbox.Prepare(t.Context(), l, f); err != nil {
		t.Fatal(err)
	}
	place.move = func() error { return nil } // says yes and does nothing
	if err := outbox.Reveal(t.Context(), place, f); err == nil {
		t.Error("revealed")
	}
	wantSight(t, l, f, outbox.Prepared)
}

func TestASourceWithoutEndIsLeft(t *testing.T) {
	l, dir := local(t)
	f, read := file(pain(500)), 0
	f.Open = func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(readerFunc(func(p []byte) (int, error) {
			if read += len(p); read > 1<<20 {
				return 0, io.EOF
			}
			return len(p), nil
		})), nil
	}
	if err := outbox.Prepare(t.Context(), l, f); !errors.Is(err, outbox.ErrSource) || read > 1<<20 {
		t.Errorf("after %d bytes: %v", read, err)
	}
	wantDisk(t, dir)
}

type readerFunc func([]byte) (int, error)

func (r readerFunc) Read(p []byte) (int, error) { return r(p) }

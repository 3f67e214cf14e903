package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"loket-etl/internal/folder"
	"loket-etl/internal/partner"
	"loket-etl/outbox"
)

var errKilled = errors.New("killed")

// mortal is a place whose user is killed at the n-th operation, just before it or
// just after it. From then on nothing works any more.
type mortal struct {
	outbox.Folder
	left  int
	after bool
	dead  bool
	each  func() // before and after every operation
}

func (m *mortal) do(op func() error) error {
	if m.dead {
		return errKilled
	}
	m.each()
	m.left--
	if m.left == 0 && !m.after {
		m.dead = true
		return errKilled
	}
	err := op()
	m.each()
	if m.left == 0 {
		m.dead = true
		return errKilled
	}
	return err
}

func (m *mortal) List(ctx context.Context) (out []outbox.Info, err error) {
	err = m.do(func() error { out, err = m.Folder.List(ctx); return err })
	return out, err
}

func (m *mortal) Open(ctx context.Context, name string) (r io.ReadCloser, err error) {
	err = m.do(func() error { r, err = m.Folder.Open(ctx, name); return err })
	if errors.Is(err, errKilled) && r != nil {
		r.Close()
	}
	return r, err
}

func (m *mortal) Put(ctx context.Context, name string, data io.Reader) error {
	return m.do(func() error { return m.Folder.Put(ctx, name, data) })
}

func (m *mortal) Move(ctx context.Context, name, to string) error {
	return m.do(func() error { return m.Folder.Move(ctx, name, to) })
}

func (m *mortal) Remove(ctx context.Context, name string) error {
	return m.do(func() error { return folder.Remove(ctx, m.Folder, name) })
}

// The conductor is killed before and after each operation, twice in one life of
// the file, while the partner takes it or not, with and without an earlier try in
// the way.
func TestKilledAtEachOperation(t *testing.T) {
	root := t.TempDir()
	runs := 0
	for _, c := range []struct{ after, takes bool }{{false, false}, {false, true}, {true, false}, {true, true}} {
		for first, more := 1, true; more; first++ {
			for second, again := 1, true; again; second++ {
				runs++
				e := &eye{dir: mkdir(t, root, fmt.Sprint("uit", runs)), want: pain(500), takes: c.takes}
				stale := first%2 == 0
				if stale {
					write(t, filepath.Join(e.dir, payment+".part"), []byte("half"))
				}
				more, again = live(t, e, c.after, first, second)
				if t.Failed() {
					t.Fatalf("killed after %v, at %d and %d, taken %v, earlier try %v", c.after, first, second, c.takes, stale)
				}
			}
		}
	}
	if runs < 150 {
		t.Errorf("only %d lives", runs)
	}
}

// live is the life of one file, and says which of the two deaths came about.
func live(t *testing.T, e *eye, after bool, first, second int) (d1, d2 bool) {
	f, b := file(e.want), &book{}
	var dead [3]bool
	for i, left := range []int{first, second, -1} {
		place := &mortal{Folder: open(t, folder.Spec{Kind: "local", Dir: e.dir}), left: left, after: after, each: e.look}
		if b.settled() {
			break
		}
		err := b.advance(t.Context(), place, f)
		dead[i] = place.dead
		if !place.dead && err != nil {
			t.Error(err)
		}
	}
	if !b.settled() {
		t.Errorf("it ends as %s", b.step)
	}
	e.wantOnce(t)
	return dead[0], dead[1]
}

// A reader lists and reads all the time, by way of the place and past it, and
// never meets a file that is not whole.
func TestAReaderNeverMeetsAPart(t *testing.T) {
	places := map[string]func(t *testing.T) (a, b outbox.Folder, dir string){
		"local": func(t *testing.T) (a, b outbox.Folder, dir string) {
			dir = t.TempDir()
			sp := folder.Spec{Kind: "local", Dir: dir}
			return open(t, sp), open(t, sp), dir
		},
		"partner": func(t *testing.T) (a, b outbox.Folder, dir string) {
			s, dir := start(t, partner.Options{})
			return open(t, spec(s)), open(t, spec(s)), dir
		},
	}
	for name, begin := range places {
		t.Run(name, func(t *testing.T) {
			ours, theirs, dir := begin(t)
			data := pain(1 << 20)
			done := make(chan struct{})
			var wg sync.WaitGroup
			defer wg.Wait()
			defer close(done)
			wg.Go(func() {
				for e := (&eye{dir: dir, want: data}); ; {
					select {
					case <-done:
						for _, p := range e.problems {
							t.Error(p)
						}
						return
					default:
						e.look()
					}
				}
			})
			wg.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
						readAll(t, theirs, data)
					}
				}
			})
			for range 3 {
				b := &book{}
				if err := b.advance(t.Context(), ours, file(data)); err != nil {
					t.Error(err)
				}
				if err := os.Remove(filepath.Join(dir, payment)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// readAll reads whatever is listed under the final name.
func readAll(t *testing.T, place outbox.Folder, want []byte) {
	all, err := place.List(t.Context())
	if err != nil {
		t.Error(err)
		return
	}
	for _, i := range all {
		if i.Name != payment {
			continue
		}
		if i.Size != int64(len(want)) {
			t.Errorf("listed with %d bytes", i.Size)
		}
		r, err := place.Open(t.Context(), payment)
		if err != nil {
			continue // taken away since
		}
		if b, err := io.ReadAll(r); err == nil && string(b) != string(want) {
			t.Errorf("%d bytes were read", len(b))
		}
		r.Close()
	}
}

package folder_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loket-etl/internal/folder"
	"loket-etl/internal/partner"
)

// moods are the ways in which each single request is spoiled.
var moods = map[string]partner.Kind{
	"refused": partner.Refused, "slow": partner.Slow, "slow after": partner.SlowAfter,
	"lost before": partner.LostBefore, "lost after": partner.LostAfter, "refused after": partner.RefusedAfter,
}

// spoil runs an operation once for each request it makes, with just that request
// spoiled, and then once more in a good mood.
func spoil(t *testing.T, prepare func(dir string), op func(f folder.Folder) error, check func(t *testing.T, dir string, err error)) {
	for name, kind := range moods {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of the time is spent waiting for deadlines
			s, root := start(t, partner.Options{})
			t.Cleanup(s.Release)
			for n := 0; ; n++ {
				base := fmt.Sprintf("%s-%d", strings.ReplaceAll(name, " ", "-"), n)
				dir := mkdir(t, root, base)
				prepare(dir)
				sp := spec(s)
				sp.Dir, sp.Timeout = base, 10*time.Second
				if kind == partner.Slow || kind == partner.SlowAfter {
					sp.Timeout = 150 * time.Millisecond
				}
				f := open(t, sp)
				before := total(s)
				s.SetMood(partner.Mood{Kind: kind, Skip: n, Count: 1})
				err := op(f)
				met := total(s)-before > n
				s.SetMood(partner.Mood{})
				check(t, dir, err)
				sp.Timeout = 10 * time.Second // from here on slowness is the machine's
				f = open(t, sp)
				if err := op(f); err != nil {
					t.Fatalf("request %d spoiled, and then again: %v", n, err)
				}
				check(t, dir, nil)
				if !met {
					if n < 3 {
						t.Fatalf("only %d requests were spoiled", n)
					}
					return
				}
			}
		})
	}
}

func total(s *partner.Server) (n int) {
	for _, k := range s.Requests() {
		n += k
	}
	return n
}

func TestPutWithEachRequestSpoiled(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 5_000) // 80,000 bytes: three packets
	spoil(t, func(string) {},
		func(f folder.Folder) error { return f.Put(t.Context(), "out/uren.csv", bytes.NewReader(data)) },
		func(t *testing.T, dir string, err error) {
			entries, rerr := os.ReadDir(filepath.Join(dir, "out"))
			if rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
				t.Fatal(rerr)
			}
			var have []byte
			for _, e := range entries {
				if e.Name() != "uren.csv" {
					t.Errorf("%s is left behind after %v", e.Name(), err)
					continue
				}
				if have, rerr = os.ReadFile(filepath.Join(dir, "out", e.Name())); rerr != nil {
					t.Fatal(rerr)
				}
			}
			if (err == nil || have != nil) && !bytes.Equal(have, data) {
				t.Errorf("%d bytes are there, put says %v", len(have), err)
			}
		})
}

func TestMoveWithEachRequestSpoiled(t *testing.T) {
	spoil(t, func(dir string) { write(t, filepath.Join(dir, "uren.csv"), "hours") },
		func(f folder.Folder) error { return f.Move(t.Context(), "uren.csv", "done/uren.csv") },
		func(t *testing.T, dir string, err error) {
			old, oerr := os.ReadFile(filepath.Join(dir, "uren.csv"))
			moved, merr := os.ReadFile(filepath.Join(dir, "done/uren.csv"))
			if (oerr == nil) == (merr == nil) {
				t.Fatalf("the file is there %q and there %q", old, moved)
			}
			if string(old)+string(moved) != "hours" || (err == nil && merr != nil) {
				t.Errorf("old %q, moved %q, move says %v", old, moved, err)
			}
		})
}

func TestReadWithEachRequestSpoiled(t *testing.T) {
	data := strings.Repeat("0123456789abcdef", 10_000)
	spoil(t, func(dir string) { write(t, filepath.Join(dir, "uren.csv"), data) },
		func(f folder.Folder) error {
			all, err := f.List(t.Context())
			if err != nil {
				return err
			}
			if len(all) != 1 {
				t.Errorf("listed %v", all)
			}
			r, err := f.Open(t.Context(), "uren.csv")
			if err != nil {
				return err
			}
			defer r.Close()
			b, err := io.ReadAll(r)
			if err == nil && string(b) != data {
				t.Errorf("%d bytes came, without an error", len(b))
			}
			return err
		},
		func(*testing.T, string, error) {})
}

func write(t *testing.T, name, data string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestServersThatTakeNothing(t *testing.T) {
	for _, c := range []struct {
		name string
		o    partner.Options
	}{
		{"full", partner.Options{Full: true}},
		{"quota", partner.Options{Quota: 400}},
		{"quota in the last packet", partner.Options{Quota: 33_000}},
		{"read-only", partner.Options{ReadOnly: true}},
		{"says yes and stores nothing", partner.Options{Forgets: true}},
		{"says yes and stores zeros", partner.Options{Garbles: true}},
	} {
		for _, size := range []int{500, 5_000, 40_000} {
			if int64(size) <= c.o.Quota {
				continue
			}
			t.Run(fmt.Sprintf("%s, %d bytes", c.name, size), func(t *testing.T) {
				s, dir := start(t, c.o)
				err := open(t, spec(s)).Put(t.Context(), "pain.xml", strings.NewReader(strings.Repeat("x", size)))
				if err == nil {
					t.Error("put says the file arrived")
				}
				if entries, _ := os.ReadDir(dir); len(entries) > 0 {
					t.Errorf("left behind: %v", entries)
				}
			})
		}
	}
}

func TestReadOnlyServerIsFsErrPermission(t *testing.T) {
	s, dir := start(t, partner.Options{ReadOnly: true})
	write(t, filepath.Join(dir, "uren.csv"), "x")
	f := open(t, spec(s))
	if err := f.Put(t.Context(), "new.csv", strings.NewReader("x")); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("put: %v", err)
	}
	if err := f.Move(t.Context(), "uren.csv", "2.csv"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("move: %v", err)
	}
}

func TestSilentServerMeetsTheDeadline(t *testing.T) {
	s, _ := start(t, partner.Options{Silent: true})
	sp := spec(s)
	sp.Timeout = 100 * time.Millisecond
	f := open(t, sp)
	ops := map[string]func() error{
		"list": func() error { _, err := f.List(t.Context()); return err },
		"open": func() error { _, err := f.Open(t.Context(), "a"); return err },
		"put":  func() error { return f.Put(t.Context(), "a", strings.NewReader("x")) },
		"move": func() error { return f.Move(t.Context(), "a", "b") },
	}
	for name, op := range ops {
		if err := op(); !errors.Is(err, os.ErrDeadlineExceeded) || !strings.Contains(err.Error(), "silent for 100ms") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCancelEndsAWaitForASilentServer(t *testing.T) {
	heard := make(chan partner.Request, 100)
	s, _ := start(t, partner.Options{Silent: true, Hear: func(r partner.Request) { heard <- r }})
	ctx, cancel := context.WithCancel(t.Context())
	f := open(t, spec(s))
	go func() {
		await(t, heard, "list")
		cancel()
	}()
	if _, err := f.List(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func await(t *testing.T, heard <-chan partner.Request, kind string) {
	for {
		select {
		case r := <-heard:
			if r.Kind == kind {
				return
			}
		case <-time.After(20 * time.Second):
			t.Errorf("no %s came", kind)
			return
		}
	}
}

func TestDropIsSurvived(t *testing.T) {
	s, dir := start(t, partner.Options{})
	f := open(t, spec(s))
	ops := []func() error{
		func() error { _, err := f.List(t.Context()); return err },
		func() error { return f.Put(t.Context(), "uren.csv", strings.NewReader("x")) },
		func() error { r, err := f.Open(t.Context(), "uren.csv"); return errors.Join(err, r.Close()) },
		func() error { return f.Move(t.Context(), "uren.csv", "done/uren.csv") },
	}
	for i, op := range ops {
		s.Drop()
		if err := op(); err != nil {
			t.Errorf("operation %d after a drop: %v", i, err)
		}
	}
	if s.Logins() != len(ops) {
		t.Errorf("%d logins for %d drops", s.Logins(), len(ops))
	}
	if _, err := os.Stat(filepath.Join(dir, "done/uren.csv")); err != nil {
		t.Error(err)
	}
}

func TestConnectionsAreKeptAndBounded(t *testing.T) {
	s, dir := start(t, partner.Options{})
	write(t, filepath.Join(dir, "uren.csv"), "x")
	sp := spec(s)
	sp.Connections = 2
	f := open(t, sp)
	for range 20 {
		if _, err := f.List(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if s.Logins() != 1 {
		t.Errorf("%d logins for one operation at a time", s.Logins())
	}
	var readers []io.Closer
	for range 2 {
		r, err := f.Open(t.Context(), "uren.csv")
		if err != nil {
			t.Fatal(err)
		}
		readers = append(readers, r)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := f.List(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a third connection: %v", err)
	}
	for _, r := range readers {
		r.Close()
		r.Close() // twice is fine
	}
	if _, err := f.List(t.Context()); err != nil || s.Logins() != 2 {
		t.Errorf("%v, %d logins", err, s.Logins())
	}
}

func TestKeepaliveFindsADeadConnection(t *testing.T) {
	heard := make(chan partner.Request, 1000)
	s, _ := start(t, partner.Options{Hear: func(r partner.Request) { heard <- r }})
	t.Cleanup(s.Release)
	sp := spec(s)
	sp.Keepalive, sp.Timeout = 5*time.Millisecond, 300*time.Millisecond
	f := open(t, sp)
	if _, err := f.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	await(t, heard, "keepalive")
	await(t, heard, "keepalive") // the first was answered
	s.SetMood(partner.Mood{Request: "keepalive", Kind: partner.Slow})
	await(t, heard, "gone")
	s.SetMood(partner.Mood{})
	if _, err := f.List(t.Context()); err != nil || s.Logins() != 2 {
		t.Errorf("%v, %d logins", err, s.Logins())
	}
}

func TestAClosedFolderRefuses(t *testing.T) {
	s, _ := start(t, partner.Options{})
	f := open(t, spec(s))
	if err := folder.Close(f); err != nil {
		t.Fatal(err)
	}
	if _, err := f.List(t.Context()); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("list after close: %v", err)
	}
}

// The rename was done, the answer was lost, and nobody can be asked.
func TestARenameOfUnknownOutcomeSaysSo(t *testing.T) {
	for name, op := range map[string]func(f folder.Folder) error{
		"put":  func(f folder.Folder) error { return f.Put(t.Context(), "new.csv", strings.NewReader("hours")) },
		"move": func(f folder.Folder) error { return f.Move(t.Context(), "uren.csv", "new.csv") },
	} {
		t.Run(name, func(t *testing.T) {
			other, err := partner.NewKey()
			if err != nil {
				t.Fatal(err)
			}
			started := make(chan *partner.Server, 1)
			s, dir := start(t, partner.Options{Hear: func(r partner.Request) {
				if r.Kind == "rename" {
					(<-started).SetHostKey(other) // so that nobody can come back
				}
			}})
			started <- s
			write(t, filepath.Join(dir, "uren.csv"), "hours")
			sp := spec(s)
			s.SetMood(partner.Mood{Request: "rename", Kind: partner.LostAfter})
			if err := op(open(t, sp)); !errors.Is(err, folder.ErrUnknown) {
				t.Errorf("error %v", err)
			}
			s.SetMood(partner.Mood{})
			started <- s
			sp.HostKeys = append(sp.HostKeys, s.HostKey())
			if err := op(open(t, sp)); err != nil {
				t.Errorf("done again: %v", err)
			}
			if b, _ := os.ReadFile(filepath.Join(dir, "new.csv")); string(b) != "hours" {
				t.Errorf("%q is there", b)
			}
		})
	}
}

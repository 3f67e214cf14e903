// Package foldertest is the suite every folder passes, whatever is behind it and
// whatever is wrapped around it. It knows folders only by their interface and by
// the directory on this machine where their files lie.
package foldertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"loket-etl/internal/folder"
)

// Open gives a new, empty folder and the directory on this machine behind it.
type Open func(t *testing.T) (f folder.Folder, dir string)

// Run holds a kind of folder to the promises of folder.Folder.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, f folder.Folder, dir string)
	}{
		{"what is put is listed and read back", roundTrip},
		{"sizes around the packets arrive whole", sizes},
		{"a file half written is never listed", halfWritten},
		{"a write cut off leaves nothing", cutOff},
		{"a source that ends too early is no end", truncatedSource},
		{"the same name and bytes twice is fine", sameTwice},
		{"other bytes under the same name are refused", otherBytes},
		{"cancel stops a put and leaves nothing", cancelPut},
		{"a cancelled context does nothing", cancelled},
		{"a missing file is fs.ErrNotExist", missing},
		{"a missing folder is fs.ErrNotExist", missingFolder},
		{"move renames, also into subfolders", move},
		{"move to where it already is succeeds", moveTwice},
		{"move never replaces", moveClash},
		{"a name outside the folder is refused", badNames},
		{"odd names are kept as they are", oddNames},
		{"only regular files are listed and opened", irregular},
		{"a file that changes while it is read is no file", changing},
		{"stat describes one file", stat},
		{"what killed processes left is not listed and goes", leftovers},
		{"many files are listed", many},
		{"remove takes temporary files away, and no others", remove},
		{"a survey leaves nothing behind", survey},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, dir := open(t)
			c.test(t, f, dir)
		})
	}
}

func roundTrip(t *testing.T, f folder.Folder, dir string) {
	wantNames(t, f)
	put(t, f, "uren.csv", "a;b\r\n")
	put(t, f, "done/uren.csv", "other")
	all, err := f.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 || all[0].Name != "uren.csv" || all[0].Size != 5 || all[0].ModTime.IsZero() {
		t.Fatalf("listed %+v", all)
	}
	if got := read(t, f, "uren.csv"); got != "a;b\r\n" {
		t.Errorf("read %q", got)
	}
	if got := read(t, f, "done/uren.csv"); got != "other" {
		t.Errorf("read %q", got)
	}
	wantDisk(t, dir, "done", "uren.csv")
}

func sizes(t *testing.T, f folder.Folder, dir string) {
	for _, n := range []int{0, 1, 32<<10 - 1, 32 << 10, 32<<10 + 1, 512<<10 + 7, 1<<20 + 1} {
		name := fmt.Sprintf("%07d", n)
		data := pattern(n)
		put(t, f, name, data)
		if got := read(t, f, name); got != data {
			t.Errorf("%d bytes: %d came back, or others", n, len(got))
		}
	}
}

func halfWritten(t *testing.T, f folder.Folder, dir string) {
	data := pattern(200_000)
	g := newGate(data[:100_000], data[100_000:])
	done := make(chan error, 1)
	go func() { done <- f.Put(t.Context(), "uren.csv", g) }()
	<-g.reached
	wantNames(t, f)
	_, err := f.Open(t.Context(), "uren.csv")
	close(g.open)
	wantErr(t, err, fs.ErrNotExist)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantNames(t, f, "uren.csv")
	wantDisk(t, dir, "uren.csv")
	if read(t, f, "uren.csv") != data {
		t.Error("other bytes came back")
	}
}

func cutOff(t *testing.T, f folder.Folder, dir string) {
	broken := errors.New("source broke")
	for _, n := range []int{0, 10, 100_000} {
		err := f.Put(t.Context(), "uren.csv", io.MultiReader(strings.NewReader(pattern(n)), iotest.ErrReader(broken)))
		wantErr(t, err, broken)
		wantNames(t, f)
		wantDisk(t, dir)
	}
}

func truncatedSource(t *testing.T, f folder.Folder, dir string) {
	for _, n := range []int{10, 32 << 10, 40_000} {
		err := f.Put(t.Context(), "uren.csv", io.MultiReader(strings.NewReader(pattern(n)), iotest.ErrReader(io.ErrUnexpectedEOF)))
		wantErr(t, err, io.ErrUnexpectedEOF)
		wantDisk(t, dir)
	}
}

func sameTwice(t *testing.T, f folder.Folder, dir string) {
	for range 2 {
		put(t, f, "out/uren.csv", pattern(40_000))
		put(t, f, "uren.csv", "")
	}
	wantDisk(t, dir, "out", "uren.csv")
	wantDisk(t, filepath.Join(dir, "out"), "uren.csv")
}

func otherBytes(t *testing.T, f folder.Folder, dir string) {
	put(t, f, "uren.csv", "first")
	for _, other := range []string{"", "First", "firs", "first!"} {
		wantErr(t, f.Put(t.Context(), "uren.csv", strings.NewReader(other)), fs.ErrExist)
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	wantErr(t, f.Put(t.Context(), "sub", strings.NewReader("first")), fs.ErrExist)
	if got := read(t, f, "uren.csv"); got != "first" {
		t.Errorf("old file is now %q", got)
	}
	wantDisk(t, dir, "sub", "uren.csv")
}

func cancelPut(t *testing.T, f folder.Folder, dir string) {
	ctx, cancel := context.WithCancel(t.Context())
	g := newGate(pattern(100_000), pattern(100_000))
	done := make(chan error, 1)
	go func() { done <- f.Put(ctx, "uren.csv", g) }()
	<-g.reached
	cancel()
	close(g.open)
	wantErr(t, <-done, context.Canceled)
	wantNames(t, f)
	wantDisk(t, dir)
}

func cancelled(t *testing.T, f folder.Folder, dir string) {
	put(t, f, "uren.csv", "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.List(ctx)
	wantErr(t, err, context.Canceled)
	_, err = f.Open(ctx, "uren.csv")
	wantErr(t, err, context.Canceled)
	wantErr(t, f.Put(ctx, "new.csv", strings.NewReader("x")), context.Canceled)
	wantErr(t, f.Move(ctx, "uren.csv", "done/uren.csv"), context.Canceled)
	wantDisk(t, dir, "uren.csv")

	ctx, cancel = context.WithCancel(t.Context())
	r, err := f.Open(ctx, "uren.csv")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	_, err = io.ReadAll(r)
	wantErr(t, err, context.Canceled)
	r.Close()
}

func missing(t *testing.T, f folder.Folder, dir string) {
	for _, name := range []string{"no.csv", "no/such.csv"} {
		_, err := f.Open(t.Context(), name)
		wantErr(t, err, fs.ErrNotExist)
		_, err = folder.Stat(t.Context(), f, name)
		wantErr(t, err, fs.ErrNotExist)
		wantErr(t, f.Move(t.Context(), name, "done/uren.csv"), fs.ErrNotExist)
	}
	wantDisk(t, dir)
}

func missingFolder(t *testing.T, f folder.Folder, dir string) {
	put(t, f, "uren.csv", "x")
	away := dir + ".away"
	if err := os.Rename(dir, away); err != nil {
		t.Fatal(err)
	}
	_, err := f.List(t.Context())
	wantErr(t, err, fs.ErrNotExist)
	_, err = f.Open(t.Context(), "uren.csv")
	wantErr(t, err, fs.ErrNotExist)
	for _, name := range []string{"new.csv", "out/new.csv"} {
		if err := f.Put(t.Context(), name, strings.NewReader("x")); err == nil {
			t.Error("put made the folder itself")
		}
	}
	if err := os.Rename(away, dir); err != nil {
		t.Fatal(err)
	}
	wantNames(t, f, "uren.csv")
}

func move(t *testing.T, f folder.Folder, dir string) {
	put(t, f, "uren.csv", "x")
	for _, step := range [][2]string{
		{"uren.csv", "2.csv"}, {"2.csv", "done/uren.csv"}, {"done/uren.csv", "failed/2026/10/uren.csv"},
		{"failed/2026/10/uren.csv", "failed/uren.csv"}, {"failed/uren.csv", "failed/uren.csv"},
	} {
		if err := f.Move(t.Context(), step[0], step[1]); err != nil {
			t.Fatal(err)
		}
		if got := read(t, f, step[1]); got != "x" {
			t.Errorf("after the move %q", got)
		}
	}
	wantNames(t, f)
	wantDisk(t, filepath.Join(dir, "failed"), "2026", "uren.csv")
}

func moveTwice(t *testing.T, f folder.Folder, dir string) {
	put(t, f, "uren.csv", "x")
	for range 3 {
		if err := f.Move(t.Context(), "uren.csv", "done/uren.csv"); err != nil {
			t.Fatal(err)
		}
	}
	wantDisk(t, filepath.Join(dir, "done"), "uren.csv")
}

func moveClash(t *testing.T, f folder.Folder, dir string) {
	put(t, f, "uren.csv", "new")
	put(t, f, "done/uren.csv", "old")
	wantErr(t, f.Move(t.Context(), "uren.csv", "done/uren.csv"), fs.ErrExist)
	wantErr(t, f.Move(t.Context(), "uren.csv", "done"), fs.ErrExist)
	if a, b := read(t, f, "uren.csv"), read(t, f, "done/uren.csv"); a != "new" || b != "old" {
		t.Errorf("now %q and %q", a, b)
	}
}

func badNames(t *testing.T, f folder.Folder, dir string) {
	put(t, f, "uren.csv", "x")
	for _, name := range []string{"", ".", "..", "../x", "a/../../x", "/etc/passwd", "a//b", "a/", "./a", "a\x00b"} {
		wantErr(t, f.Put(t.Context(), name, strings.NewReader("x")), fs.ErrInvalid)
		_, err := f.Open(t.Context(), name)
		wantErr(t, err, fs.ErrInvalid)
		wantErr(t, f.Move(t.Context(), "uren.csv", name), fs.ErrInvalid)
		wantErr(t, f.Move(t.Context(), name, "done/uren.csv"), fs.ErrInvalid)
	}
	wantDisk(t, dir, "uren.csv")
}

func oddNames(t *testing.T, f folder.Folder, dir string) {
	odd := []string{
		"Uren week 40 (definitief).CSV", "urén€.csv", "latin\xe9.csv", "-rf", "*?[a].csv", "a\nb.csv", "a\\b.csv",
		strings.Repeat("n", 240) + ".csv", "..csv",
	}
	for _, name := range odd {
		put(t, f, name, name)
	}
	slices.Sort(odd)
	wantNames(t, f, odd...)
	for _, name := range odd {
		if got := read(t, f, name); got != name {
			t.Errorf("%q holds %q", name, got)
		}
		if err := f.Move(t.Context(), name, "done/"+name); err != nil {
			t.Error(err)
		}
	}
	wantDisk(t, dir, "done")
}

func irregular(t *testing.T, f folder.Folder, dir string) {
	secret := filepath.Join(t.TempDir(), "secret")
	err := errors.Join(
		os.WriteFile(secret, []byte("secret"), 0o600),
		os.Symlink(secret, filepath.Join(dir, "link.csv")),
		os.Mkdir(filepath.Join(dir, "dir.csv"), 0o755),
	)
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, f)
	for _, name := range []string{"link.csv", "dir.csv"} {
		if r, err := f.Open(t.Context(), name); err == nil {
			r.Close()
			t.Errorf("%s opened", name)
		}
		if err := f.Move(t.Context(), name, "done/"+name); err == nil {
			t.Errorf("%s moved", name)
		}
	}
	wantDisk(t, dir, "dir.csv", "link.csv")
}

func changing(t *testing.T, f folder.Folder, dir string) {
	const size = 2 << 20
	file := filepath.Join(dir, "uren.csv")
	for _, c := range []struct {
		name   string
		change func() error
	}{
		{"grows", func() error {
			w, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				return err
			}
			_, err = w.WriteString("more")
			return errors.Join(err, w.Close())
		}},
		{"shrinks", func() error { return os.Truncate(file, size/2) }},
		{"is written anew", func() error { return os.Chtimes(file, time.Time{}, time.Unix(1_600_000_000, 0)) }},
	} {
		os.Remove(file)
		if err := os.WriteFile(file, []byte(pattern(size)), 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := f.Open(t.Context(), "uren.csv")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(r, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		if err := c.change(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); !errors.Is(err, folder.ErrChanged) {
			t.Errorf("a file that %s: error %v", c.name, err)
		}
		r.Close()
	}
}

func stat(t *testing.T, f folder.Folder, dir string) {
	put(t, f, "uren.csv", "hours")
	put(t, f, "done/uren.csv", "old")
	all, err := f.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i, err := folder.Stat(t.Context(), f, "uren.csv")
	if err != nil || i != all[0] {
		t.Errorf("stat %+v, %v; listed %+v", i, err, all[0])
	}
	if _, ok := f.(folder.Stater); !ok {
		return
	}
	if i, err = folder.Stat(t.Context(), f, "done/uren.csv"); err != nil || i.Name != "done/uren.csv" || i.Size != 3 {
		t.Errorf("stat %+v, %v", i, err)
	}
}

func leftovers(t *testing.T, f folder.Folder, dir string) {
	old := filepath.Join(dir, ".etl-0123456789abcdef.part")
	young := filepath.Join(dir, ".etl-fedcba9876543210.part")
	foreign := filepath.Join(dir, "partner.part")
	for _, name := range []string{old, young, foreign} {
		if err := os.WriteFile(name, []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
		if name != young {
			if err := os.Chtimes(name, time.Time{}, time.Unix(1_600_000_000, 0)); err != nil {
				t.Fatal(err)
			}
		}
	}
	wantNames(t, f, "partner.part")
	put(t, f, "uren.csv", "x")
	wantDisk(t, dir, filepath.Base(young), "partner.part", "uren.csv")
}

func many(t *testing.T, f folder.Folder, dir string) {
	const n = 1_000 // more than fits in one answer of any server
	first := filepath.Join(dir, "uren-00000.csv")
	if err := os.WriteFile(first, []byte("data"), 0o644); err != nil {
		t.Fatal(err)
	}
	for i := 1; i < n; i++ { // a second name is made much faster than a file
		if err := os.Link(first, filepath.Join(dir, fmt.Sprintf("uren-%05d.csv", i))); err != nil {
			t.Fatal(err)
		}
	}
	got := names(t, f)
	if len(got) != n || got[0] != "uren-00000.csv" || got[n-1] != "uren-00999.csv" {
		t.Fatalf("listed %d files", len(got))
	}
}

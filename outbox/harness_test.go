package outbox_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"loket-etl/internal/folder"
	"loket-etl/internal/folder/foldertest"
	"loket-etl/internal/partner"
	"loket-etl/outbox"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "publish-as-nobody" {
		publishAsNobody(os.Args[2])
	}
	if len(os.Args) == 3 && os.Args[1] == "publish-short-files" {
		publishShortFiles(os.Args[2])
	}
	goleak.VerifyTestMain(m)
}

const payment = "5555-2026-09-1-betalingen.xml"

// pain is a payment file of so many bytes.
func pain(n int) []byte { return bytes.Repeat([]byte("<pain/>\n"), n/8+1)[:n] }

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func file(data []byte) outbox.File { return outbox.InMemory(payment, data) }

func start(t testing.TB, o partner.Options) (*partner.Server, string) {
	t.Helper()
	o.Dir, o.User, o.Password = t.TempDir(), "loonbureau", "geheim-genoeg"
	s, err := partner.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, o.Dir
}

func spec(s *partner.Server) folder.Spec {
	return folder.Spec{
		Kind: "sftp", Host: s.Addr(), Dir: "/", User: "loonbureau", Password: "geheim-genoeg",
		HostKeys: []string{s.HostKey()}, Timeout: 20 * time.Second,
	}
}

func open(t testing.TB, s folder.Spec) outbox.Folder {
	t.Helper()
	f, err := folder.Open(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := folder.Close(f); err != nil {
			t.Error(err)
		}
	})
	return f
}

// bare is a place with no more abilities than the interface asks.
type bare struct{ outbox.Folder }

// everywhere runs a test at each kind of place: dir is where its files lie.
func everywhere(t *testing.T, test func(t *testing.T, place outbox.Folder, dir string)) {
	t.Run("local", func(t *testing.T) {
		dir := t.TempDir()
		test(t, open(t, folder.Spec{Kind: "local", Dir: dir}), dir)
	})
	for name, o := range map[string]partner.Options{
		"partner":         {},
		"no posix-rename": {NoPosixRename: true},
		"rename replaces": {RenameReplaces: true},
		"short reads":     {MaxRead: 1000},
		"hides temporary": {Hides: ".part"},
	} {
		t.Run(name, func(t *testing.T) {
			s, root := start(t, o)
			sp := spec(s)
			sp.Dir = "uit"
			test(t, open(t, sp), mkdir(t, root, "uit"))
		})
	}
	t.Run("openssh", func(t *testing.T) {
		s := foldertest.StartOpenSSH(t)
		s.Dir = t.TempDir()
		test(t, open(t, s), s.Dir)
	})
}

func mkdir(t testing.TB, parent, name string) string {
	t.Helper()
	dir := filepath.Join(parent, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// wantDisk looks at the directory itself.
func wantDisk(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("on disk %q, want %q", got, want)
	}
}

func wantBytes(t *testing.T, name string, want []byte) {
	t.Helper()
	if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s holds %d bytes, want %d: %v", filepath.Base(name), len(got), len(want), err)
	}
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

func wantSight(t *testing.T, place outbox.Folder, f outbox.File, want outbox.Sight) {
	t.Helper()
	if got, err := outbox.Look(t.Context(), place, f); got != want || err != nil {
		t.Errorf("looked and saw %s, %v, want %s", got, err, want)
	}
}

// book is what the ledger knows of one file, and the conductor around it as it
// uses this room.
type book struct {
	step  string // "", preparing, prepared, published; asked when a person must look
	steps int    // how often it went through advance
}

func (b *book) settled() bool { return b.step == "published" || b.step == "asked" }

// advance goes on as far as it can. After an error, or a crash, it is called again.
func (b *book) advance(ctx context.Context, place outbox.Folder, f outbox.File) error {
	b.steps++
	if b.step != "" {
		s, err := outbox.Look(ctx, place, f)
		if err != nil {
			return err
		}
		switch outbox.Resume(b.step == "prepared", s) {
		case outbox.Done:
			b.step = "published"
			return nil
		case outbox.AskPerson:
			b.step = "asked"
			return nil
		case outbox.GoOn:
			return b.reveal(ctx, place, f)
		}
	}
	b.step = "preparing"
	if err := outbox.Prepare(ctx, place, f); err != nil {
		return err
	}
	b.step = "prepared"
	return b.reveal(ctx, place, f)
}

func (b *book) reveal(ctx context.Context, place outbox.Folder, f outbox.File) error {
	if err := outbox.Reveal(ctx, place, f); err != nil {
		return err
	}
	b.step = "published"
	return nil
}

// eye is the partner, who reads whatever stands under the final name, and may take
// it away. It remembers each file that ever stood there.
type eye struct {
	dir   string
	want  []byte
	takes bool

	mu       sync.Mutex
	files    []os.FileInfo // that were seen, each once
	taken    int
	problems []string
}

// look is what the partner does all the time.
func (e *eye) look() {
	e.mu.Lock()
	defer e.mu.Unlock()
	entries, err := os.ReadDir(e.dir)
	if err != nil {
		return
	}
	for _, d := range entries {
		if name := d.Name(); filepath.Ext(name) != ".part" && name != payment {
			e.problems = append(e.problems, "a file called "+name)
		}
	}
	f, err := os.Open(filepath.Join(e.dir, payment))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		e.problems = append(e.problems, err.Error())
		return
	}
	defer f.Close()
	i, serr := f.Stat()
	have, err := io.ReadAll(f)
	if err := errors.Join(serr, err); err != nil {
		e.problems = append(e.problems, err.Error())
		return
	}
	if !bytes.Equal(have, e.want) {
		e.problems = append(e.problems, "other bytes are visible")
	}
	if !slices.ContainsFunc(e.files, func(k os.FileInfo) bool { return os.SameFile(k, i) }) {
		e.files = append(e.files, i)
	}
	if e.takes {
		if err := os.Rename(f.Name(), filepath.Join(filepath.Dir(e.dir), "taken-"+filepath.Base(e.dir)+hexSum(have)[:4])); err != nil {
			e.problems = append(e.problems, err.Error())
		}
		e.taken++
	}
}

// wantOnce says whether the partner got the file exactly once, and never a part.
func (e *eye) wantOnce(t *testing.T) {
	t.Helper()
	e.look()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range e.problems {
		t.Error(p)
	}
	if len(e.files) != 1 || e.takes && e.taken != 1 {
		t.Errorf("the partner saw %d files and took %d, want one", len(e.files), e.taken)
	}
}

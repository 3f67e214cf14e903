package foldertest

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"loket-etl/internal/folder"
)

func put(t *testing.T, f folder.Folder, name, data string) {
	t.Helper()
	if err := f.Put(t.Context(), name, strings.NewReader(data)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, f folder.Folder, name string) string {
	t.Helper()
	r, err := f.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func names(t *testing.T, f folder.Folder) []string {
	t.Helper()
	all, err := f.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, 0, len(all))
	for _, i := range all {
		out = append(out, i.Name)
	}
	slices.Sort(out)
	return out
}

func wantNames(t *testing.T, f folder.Folder, want ...string) {
	t.Helper()
	if got := names(t, f); !slices.Equal(got, want) {
		t.Fatalf("listed %q, want %q", got, want)
	}
}

// wantDisk looks at the directory itself, where temporary files would show.
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
		t.Fatalf("on disk %q, want %q", got, want)
	}
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func pattern(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8 + i>>16)
	}
	return string(b)
}

// gate gives its first part, then waits, then gives its second.
type gate struct {
	first, second io.Reader
	reached       chan struct{} // closed when the first part is used up
	open          chan struct{}
	once          bool
}

func (g *gate) Read(p []byte) (int, error) {
	n, err := g.first.Read(p)
	if err != io.EOF {
		return n, err
	}
	if !g.once {
		g.once = true
		close(g.reached)
		<-g.open
	}
	return g.second.Read(p)
}

func newGate(first, second string) *gate {
	return &gate{
		first: strings.NewReader(first), second: strings.NewReader(second),
		reached: make(chan struct{}), open: make(chan struct{}),
	}
}

package folder

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestASubfolderIsLookedThroughOnceADay(t *testing.T) {
	swept := map[string]time.Time{}
	start := time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		dir   string
		after time.Duration
		want  bool
	}{
		{"done", 0, true},
		{"done", time.Hour, false},
		{"failed", time.Hour, true},
		{"done", 24*time.Hour + time.Second, true},
		{"done", 25 * time.Hour, false},
	} {
		if got := due(swept, step.dir, start.Add(step.after)); got != step.want {
			t.Errorf("%s after %s: %v", step.dir, step.after, got)
		}
	}
}

// A process that runs for days removes what another left since it began.
func TestWhatIsLeftLaterGoesTheNextDay(t *testing.T) {
	dir := t.TempDir()
	f, err := NewLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string) {
		if err := f.Put(t.Context(), name, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	put("done/a.csv")
	left := filepath.Join(dir, "done", ".etl-0123456789abcdef.part")
	if err := os.WriteFile(left, []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(left, time.Time{}, time.Unix(1_600_000_000, 0)); err != nil {
		t.Fatal(err)
	}
	put("done/b.csv")
	if _, err := os.Stat(left); err != nil {
		t.Errorf("the same day: %v", err)
	}
	f.swept["done"] = f.swept["done"].Add(-25 * time.Hour)
	put("done/c.csv")
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}

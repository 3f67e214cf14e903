package mappings

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"loket-etl/loket/contract"
	"loket-etl/validate"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

const samples = "samples"

// shippedWorld is what the samples are about.
func shippedWorld() *World {
	w, err := worldOf(shippedSamples, samplesDir, nil)
	if err != nil {
		panic(err)
	}
	return w
}

func office() *People { return shippedWorld().People }

func taxReturns() Returns { return shippedWorld().Returns }

func loadShipped(t testing.TB) *Set {
	t.Helper()
	set, err := Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func fileInput(path string) Input {
	return Input{
		Open:         func() (io.ReadCloser, error) { return os.Open(path) },
		FileName:     filepath.Base(path),
		Dropped:      time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC),
		People:       office(),
		Returns:      taxReturns(),
		Clientnummer: 5555,
	}
}

func textInput(name string, data []byte) Input {
	return Input{
		Open:         func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
		FileName:     name,
		Dropped:      time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC),
		People:       office(),
		Returns:      taxReturns(),
		Clientnummer: 5555,
	}
}

// show is a run as text: the report, then the calls with their files.
func show(r Report, calls []Planned) string {
	var b strings.Builder
	fmt.Fprintf(&b, "rows %d, accepted %d, refused %d, skipped %d\n", r.Rows, r.Accepted, r.Refused, r.Skipped)
	for _, p := range r.Problems {
		fmt.Fprintf(&b, "%s: %s\n", p.Code, p)
	}
	if r.MoreProblems > 0 {
		fmt.Fprintf(&b, "and %d more\n", r.MoreProblems)
	}
	for _, e := range r.RefusedEmployees {
		fmt.Fprintf(&b, "refused employee %s/%s\n", e.Clientnummer, e.Number)
	}
	for _, c := range calls {
		fmt.Fprintf(&b, "\n%s: %s (%d rows)\n", c.Call.Function, c.Subject, c.Rows)
		names := []string{"ParentDataIdentity", "SoortGegevens", "Formaat", "Jaar", "PeriodeNummer", "SoortStrook", "Verwerkingswijze"}
		if c.Call.Function == addDossierFunction {
			names = []string{"DossierSoort", "DataIdentity", "MetaData", "Notificatie"}
		}
		for _, name := range names {
			if v, ok := c.Call.Args[name]; ok {
				fmt.Fprintf(&b, "  %s: %v\n", name, v)
			}
		}
		f, ok := c.Call.Args["Bestand"].(contract.File)
		if !ok {
			args, err := contract.MarshalArgs(c.Call)
			if err != nil {
				args = []byte(err.Error())
			}
			fmt.Fprintf(&b, "  %s\n", args)
			continue
		}
		fmt.Fprintf(&b, "  Bestand: %s (%s)\n", f.Name, f.MimeType)
		for line := range strings.Lines(string(f.Content)) {
			fmt.Fprintf(&b, "    %s\n", strings.TrimSuffix(strings.ReplaceAll(line, "\r\n", "<CR LF>"), "\n"))
		}
	}
	return b.String()
}

func run(t testing.TB, m *Mapping, in Input) (Report, []Planned) {
	t.Helper()
	var calls []Planned
	r, err := m.Run(context.Background(), in, func(p Planned) error {
		calls = append(calls, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Rows != r.Accepted+r.Refused+r.Skipped {
		t.Errorf("rows do not add up: %+v", r)
	}
	return r, calls
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestEverySampleGivesItsPlannedCalls(t *testing.T) {
	set := loadShipped(t)
	seen := map[string]map[string]bool{}
	err := filepath.WalkDir(samples, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == worldName || strings.HasSuffix(path, expectSuffix) {
			return err
		}
		parts := strings.Split(filepath.ToSlash(strings.TrimPrefix(path, samples+"/")), "/")
		m, ok := set.Get(parts[0])
		if !ok || len(parts) != 3 {
			t.Errorf("%s lies in the folder of no mapping", path)
			return nil
		}
		if seen[parts[0]] == nil {
			seen[parts[0]] = map[string]bool{}
		}
		seen[parts[0]][parts[1]] = true
		for _, perEmployee := range []bool{false, true} {
			if perEmployee && parts[1] == "good" {
				continue
			}
			name := strings.Join(parts, "/")
			if perEmployee {
				name += " per employee"
			}
			t.Run(name, func(t *testing.T) {
				in := fileInput(path)
				in.PerEmployee = perEmployee
				r, calls := run(t, m, in)
				if good := parts[1] == "good"; good != (len(r.Problems) == 0) || good && len(calls) == 0 || !good && !perEmployee && len(calls) > 0 {
					t.Errorf("a %s file gives %d problems and %d calls", parts[1], len(r.Problems), len(calls))
				}
				for _, c := range calls {
					if c.Call.Function != importFunction {
						continue
					}
					if _, err := Read(c.Call); err != nil {
						t.Error(err)
					}
				}
				golden(t, filepath.Join("testdata/golden", strings.NewReplacer("/", "_", " ", "-").Replace(name)+".txt"), show(r, calls))
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range set.Names() {
		if !seen[name]["good"] || !seen[name]["bad"] {
			t.Errorf("mapping %s has no good or no bad sample in %s", name, samples)
		}
	}
}

func TestEveryLoadErrorNamesItsPlaceAndRepair(t *testing.T) {
	paths, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no bad mappings: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for line := range strings.Lines(string(data)) {
				w, ok := strings.CutPrefix(line, "# want: ")
				if !ok {
					break
				}
				want = append(want, strings.TrimSpace(w))
			}
			dir := fstest.MapFS{filepath.Base(path): {Data: data}}
			for _, beside := range []string{"codes.csv", "doubled.csv", "dates.csv", "schema.json"} {
				if data, err := os.ReadFile(filepath.Join("testdata/bad", beside)); err == nil {
					dir[beside] = &fstest.MapFile{Data: data}
				}
			}
			_, err = Load(dir)
			var errs LoadErrors
			if !errors.As(err, &errs) {
				t.Fatalf("got %v, want LoadErrors", err)
			}
			var got []string
			for _, e := range errs {
				got = append(got, e.Error())
			}
			if *update {
				body := data
				for bytes.HasPrefix(body, []byte("# want: ")) {
					_, body, _ = bytes.Cut(body, []byte("\n"))
				}
				// The place moves with the number of lines above it: load until it stands still.
				for range 3 {
					head := ""
					for _, g := range got {
						head += "# want: " + g + "\n"
					}
					data = append([]byte(head), body...)
					dir[filepath.Base(path)] = &fstest.MapFile{Data: data}
					_, err = Load(dir)
					errors.As(err, &errs)
					got = nil
					for _, e := range errs {
						got = append(got, e.Error())
					}
				}
				if err := os.WriteFile(path, data, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOperatorsFileReplacesShippedOneWhole(t *testing.T) {
	data, err := shipped.ReadFile("clockify.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tags, err := shipped.ReadFile("clockify-tags.csv")
	if err != nil {
		t.Fatal(err)
	}
	own := bytes.ReplaceAll(data, []byte("[dd/MM/yyyy]"), []byte("[MM/dd/yyyy]"))
	set, err := Load(fstest.MapFS{"clockify.yaml": {Data: own}, "clockify-tags.csv": {Data: tags}})
	if err != nil {
		t.Fatal(err)
	}
	m, _ := set.Get("clockify")
	before, _ := loadShipped(t).Get("clockify")
	if m.Version() == before.Version() {
		t.Error("another file has the same version")
	}
	again, _ := loadShipped(t).Get("clockify")
	if again.Version() != before.Version() || len(again.Version()) != 12 {
		t.Errorf("the same files have versions %s and %s", before.Version(), again.Version())
	}
	date := slices.IndexFunc(m.columns, func(c validate.Column) bool { return c.Name == "datum" })
	if got := m.columns[date].Layouts; !slices.Equal(got, []string{"MM/dd/yyyy"}) {
		t.Errorf("layouts are %v", got)
	}
}

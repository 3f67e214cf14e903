package arch

import (
	"archive/zip"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
)

// guides are the pages for admins: one text in two languages.
var guides = []string{"docs/handleiding.md", "docs/guide.md"}

func TestBothGuidesHaveTheSameExamples(t *testing.T) {
	type example struct{ info, text string }
	var of [2][]example
	for i, page := range guides {
		for _, b := range blocks(t, page) {
			of[i] = append(of[i], example{b.info, b.text})
		}
	}
	if len(of[0]) == 0 || cmp.Diff(of[0], of[1], cmp.AllowUnexported(example{})) != "" {
		t.Errorf("%s and %s differ:\n%s", guides[0], guides[1], cmp.Diff(of[0], of[1], cmp.AllowUnexported(example{})))
	}
}

// TestTheGuideWorks does all that the guide says, in its order: writes its files,
// runs its commands, and compares what they say. "sh 3" is a command that ends with 3.
func TestTheGuideWorks(t *testing.T) {
	program(t)
	if _, err := exec.LookPath("age-keygen"); err != nil && os.Getenv("CI") == "true" {
		t.Fatal("age is needed:", err)
	} else if err != nil {
		t.Skip("SKIPPED: age is not installed")
	}
	w := walk{t, t.TempDir(), t.TempDir()}
	g := guideWalk{walk: w}
	for _, b := range blocks(t, guides[0]) {
		g.step(b)
	}
	if g.commands < 20 || g.compared < 20 {
		t.Errorf("the guide lost its way: %d commands, %d outputs compared", g.commands, g.compared)
	}
}

// TestTheGuidesNameMessagesThatThereAre holds what stands between back quotes in the
// first column of the tables of chapter 9 against what the program can say.
func TestTheGuidesNameMessagesThatThereAre(t *testing.T) {
	var sources strings.Builder
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			sources.WriteString(read(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var of [2][]string
	for i, page := range guides {
		_, chapter, _ := strings.Cut(read(t, page), "\n## 9. ")
		chapter, _, _ = strings.Cut(chapter, "\n## ")
		for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(chapter, -1) {
			of[i] = append(of[i], m[1])
			if m[1] != "no such file or directory" && !strings.Contains(sources.String(), m[1]) {
				t.Errorf("%s: the program never says %q", page, m[1])
			}
		}
	}
	if len(of[0]) < 10 || !slices.Equal(of[0], of[1]) {
		t.Errorf("the guides name other messages: %s", cmp.Diff(of[0], of[1]))
	}
}

type guideWalk struct {
	walk
	daemon             *daemon
	output             string
	commands, compared int
}

func (g *guideWalk) step(b block) {
	kind, rest, _ := strings.Cut(b.info, " ")
	switch {
	case b.info == "sh" && b.text == "etl run\n":
		g.daemon = g.run()
	case kind == "sh":
		g.command(b, rest)
	case b.info == "text":
		g.says(b, g.output)
		g.compared++
	case kind == "xlsx":
		g.put(rest, sheet(g.T, b))
	case kind == "zip":
		g.put(rest, g.packed(b))
	case strings.HasSuffix(rest, " windows-1252"):
		data, err := charmap.Windows1252.NewEncoder().String(b.text)
		if err != nil {
			g.Fatal(err)
		}
		g.put(b.file(), []byte(data))
	case b.file() == "etl.yaml":
		b.text += "listen: off\n" // tests run side by side
		write(g.T, g.dir, []block{b})
	default:
		write(g.T, g.dir, []block{b})
	}
}

// command runs a block, and while etl runs waits for what it drops.
func (g *guideWalk) command(b block, ends string) {
	out, err := g.sh(g.dir, b.text)
	code := 0
	if exit, ok := err.(*exec.ExitError); ok {
		code = exit.ExitCode()
	} else if err != nil {
		g.Fatal(err)
	}
	if want, _ := strconv.Atoi(ends); code != want {
		g.Errorf("%s:%d: ends with %d:\n%s", b.page, b.line, code, out)
	}
	g.output = out
	g.commands++
	g.Logf("%s:%d\n%s%s", b.page, b.line, b.text, out)
	if dropped := regexp.MustCompile(`cp (\S+) inbox/`).FindStringSubmatch(b.text); g.daemon != nil && dropped != nil {
		g.daemon.waitFor(filepath.Join(g.dir, "inbox", "done", dropped[1]+".receipt.html"))
		g.settled()
		g.daemon.stop()
		g.daemon = nil
	}
}

// settled returns when etl run has nothing to do any more.
func (g *guideWalk) settled() {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if out, err := g.sh(g.dir, "etl list"); err != nil || strings.Contains(out, "settled") {
			return
		}
		select {
		case err := <-g.daemon.ended:
			g.Fatalf("etl run ended: %v\n%s", err, g.daemon.said())
		case <-tick.C:
		}
	}
}

func (g *guideWalk) put(name string, data []byte) {
	g.Helper()
	if err := os.WriteFile(filepath.Join(g.dir, name), data, 0o600); err != nil {
		g.Fatal(err)
	}
}

// packed is a zip of the files that the block names; a PDF is one of a line.
func (g *guideWalk) packed(b block) []byte {
	g.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name := range strings.Lines(b.text) {
		name = strings.TrimSpace(name)
		data := []byte("%PDF-1.4\n% " + name + "\n%%EOF\n")
		if !strings.HasSuffix(name, ".pdf") {
			var err error
			if data, err = os.ReadFile(filepath.Join(g.dir, name)); err != nil {
				g.Fatal(err)
			}
		}
		f, err := z.Create(name)
		if err == nil {
			_, err = f.Write(data)
		}
		if err != nil {
			g.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		g.Fatal(err)
	}
	return out.Bytes()
}

// sheet is the workbook of a block: the first line names the sheet, cells stand
// between bars; numbers and days are what they are in Excel, all else is text.
func sheet(t *testing.T, b block) []byte {
	t.Helper()
	first, rows, _ := strings.Cut(b.text, "\n")
	name := strings.TrimSpace(strings.TrimPrefix(first, "blad:"))
	f := excelize.NewFile()
	defer f.Close()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(f.SetSheetName("Sheet1", name))
	layout := "dd-mm-yyyy"
	day, err := f.NewStyle(&excelize.Style{CustomNumFmt: &layout})
	must(err)
	for y, row := range strings.Split(strings.TrimSuffix(rows, "\n"), "\n") {
		for x, cell := range strings.Split(row, "|") {
			cell = strings.TrimSpace(cell)
			at, err := excelize.CoordinatesToCellName(x+1, y+1)
			must(err)
			if when, err := time.Parse("02-01-2006", cell); err == nil {
				must(f.SetCellValue(name, at, when))
				must(f.SetCellStyle(name, at, at, day))
			} else if number, err := strconv.ParseFloat(strings.Replace(cell, ",", ".", 1), 64); err == nil {
				must(f.SetCellValue(name, at, number))
			} else if cell != "" {
				must(f.SetCellValue(name, at, cell))
			}
		}
	}
	out, err := f.WriteToBuffer()
	must(err)
	return out.Bytes()
}

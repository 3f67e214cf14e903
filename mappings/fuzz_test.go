package mappings

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// FuzzLoad gives any text to the loader as a mapping, and any text to what it loads
// as a file. Loading ends with a mapping, or with errors that have a place; what is
// loaded reads the file without a panic, and every row of it is accounted for.
func FuzzLoad(f *testing.F) {
	const rows = "Persnr;Code;Soort;Dag;Begin;Einde;Pauze;Aantal;Minuten;Naam\n1;N1;x;1;8:00;16:30;0:30;7,5;450;A\n;Totaal;;;;;;;;\nx;;;32;25:00;;;9999999999;-1;\n"
	for _, pattern := range []string{"*.yaml", "testdata/bad/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			f.Fatalf("no seeds in %s: %v", pattern, err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(data), rows)
		}
	}
	page, err := os.ReadFile("../docs/mappings.md")
	if err != nil {
		f.Fatal(err)
	}
	for _, block := range strings.Split(string(page), "```yaml\n")[1:] {
		text, _, _ := strings.Cut(block, "```")
		f.Add(text, rows)
	}
	f.Add(madeFile+madeTo+"  period: {from: file_name}\n  values: [{component: {expr: \"whole(digits(code))\"}, value: {expr: \"round(aantal / 3, 2)\"}}]\n", rows)
	f.Add(bookingMapping, "Persnr;Datum;Km\n1;31-03-2026;100\n")
	f.Add(cards, cardsHead+"1;01-10-2026;8:00;16:30;30;7,5;0:30;8\n")
	f.Fuzz(func(t *testing.T, text, file string) {
		name := "mapping"
		for line := range strings.Lines(text) {
			if v, ok := strings.CutPrefix(line, "mapping: "); ok && v != "" {
				if v = strings.TrimSpace(v); filepath.Base(v) == v && v != "." {
					name = v
				}
				break
			}
		}
		dir := fstest.MapFS{name + ".yaml": {Data: []byte(text)}}
		m, errs, err := loadFile(dir, name+".yaml")
		if err != nil {
			return // the name is none of a file
		}
		for _, e := range errs {
			if e.Line < 1 || e.Column < 1 || e.Message == "" || e.File == "" {
				t.Fatalf("%#v has no place or no message", e)
			}
		}
		if len(errs) > 0 {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		in := textInput("x_2026-10.csv", []byte(file))
		in.Clientnummer, in.Workers, in.Returns = 5555, 1, taxReturns()
		r, err := m.Run(ctx, in, func(Planned) error { return nil })
		if err != nil {
			if ctx.Err() != nil {
				t.Fatalf("it does not end: %v", err)
			}
			return
		}
		if r.Rows != r.Accepted+r.Refused+r.Skipped {
			t.Fatalf("%d rows, %d accepted, %d refused, %d passed over", r.Rows, r.Accepted, r.Refused, r.Skipped)
		}
		for _, p := range r.Problems {
			if p.Code == "onverwacht" {
				t.Fatalf("a panic: %v", p)
			}
		}
	})
}

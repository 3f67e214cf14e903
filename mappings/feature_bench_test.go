package mappings

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/xuri/excelize/v2"

	"loket-etl/validate"
)

const benchRows = 20_000

// benchRun maps a file again and again; a row costs what is reported.
func benchRun(b *testing.B, m *Mapping, data []byte, rows int, rules validate.Rules) {
	b.Helper()
	in := textInput("x_2026-10.csv", data)
	in.People, in.Rules, in.Workers = nil, rules, 1
	if m.NeedsPeople() {
		in.People = office()
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	used := processor(b)
	for b.Loop() {
		r, err := m.Run(context.Background(), in, func(Planned) error { return nil })
		if err != nil || r.Accepted != rows {
			b.Fatalf("%d accepted of %d: %v %v", r.Accepted, rows, err, r.Problems[:min(len(r.Problems), 1)])
		}
	}
	each := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(rows)
	b.ReportMetric(each, "ns/row")
	b.ReportMetric(float64(processor(b)-used)/float64(b.N)/float64(rows), "cpu-ns/row") // says more on a busy machine
	b.ReportMetric(1e9/each, "rows/s")
}

// processor is how many nanoseconds of a processor this process took so far.
func processor(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// featureBench is the mapping of the benchmarks; every feature is one more
// thing than plain does with it.
const featureBench = `mapping: feature
file:
  name: "*_{year}-{period}.csv"
  columns:
    - {name: Nr, as: persnr, type: integer, required: yes}
    - {name: Datum, as: datum, type: date, layouts: [dd-MM-yyyy], required: yes}
    - {name: Code, as: code, required: yes}
    - {name: Uren, as: uren, type: hours, notation: [decimal], required: yes}
    - {name: Begin, as: begin, type: hours, notation: [clock]}
    - {name: Einde, as: einde, type: hours, notation: [clock]}
    - {name: Pauze, as: pauze, type: integer}
    - {name: Plaats, as: plaats}
tables:
  codes: {key: [code], rows: [{code: N, component: 1, tarief: "1.25"}, {code: O, component: 3, tarief: "1.50"}]}
  dagen: {key: [code], valid_from: van, rows: [{code: N, component: 1, van: 2026-01-01}, {code: O, component: 3, van: 2026-01-01}]}
MORE
to:
  what: variabele-gegevens-csv
  mode: Optellen
  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: persnr}}
  period: {date: datum, kind: monthly}
  hours: none
  round: half-up
  values:
    - VALUE
`

func featureFileRows() []byte {
	var out bytes.Buffer
	out.WriteString("Nr;Datum;Code;Uren;Begin;Einde;Pauze;Plaats\n")
	for i := range benchRows {
		fmt.Fprintf(&out, "%d;%02d-10-2026;%s;7,5;8:00;16:30;30;zorg\n", 1+i%500, 1+i/500%31, []string{"N", "O"}[i%2])
	}
	return out.Bytes()
}

// BenchmarkFeature shows what each feature of a mapping costs a row, on one core.
func BenchmarkFeature(b *testing.B) {
	data := featureFileRows()
	const plain = "{component: {constant: 1}, value: {column: uren}}"
	for _, f := range []struct{ name, more, value string }{
		{"plain", "", plain},
		{"skip is", "skip: [{column: code, is: [X, Y]}]", plain},
		{"skip like", "skip: [{column: plaats, like: \"totaal*\"}]", plain},
		{"skip expr", "skip: [{expr: \"uren > 24\"}]", plain},
		{"table", "", "{component: {table: codes, by: code, take: component}, value: {column: uren}}"},
		{"table with dates", "", "{component: {table: dagen, by: code, take: component, on: datum}, value: {column: uren}}"},
		{"sum", "", "{component: {constant: 1}, value: {sum: [uren, pauze]}}"},
		{"unit", "", "{component: {constant: 1}, value: {column: pauze, unit: minutes}}"},
		{"percent rounded", "", "{component: {constant: 1}, value: {column: uren, percent: 125, round: half-up}}"},
		{"times a table", "", "{component: {constant: 1}, value: {column: uren, times: {table: codes, by: code, take: tarief}, round: half-up}}"},
		{"worked", "compute: {rust: {column: pauze, unit: minutes}}", "{component: {constant: 1}, value: {worked: {start: begin, end: einde, break: rust}}}"},
		{"first of", "", "{component: {constant: 1}, value: {first_of: [{column: uren}, {column: pauze}]}}"},
		{"when then else", "", "{component: {when: [{column: code, is: N}], then: {constant: 1}, else: {constant: 3}}, value: {column: uren}}"},
		{"join and whole", "", "{component: {expr: 'whole(join(left(\"1\", 1), \"\"))'}, value: {column: uren}}"},
		{"expr", "", "{component: {constant: 1}, value: {expr: \"min(uren, 8)\"}}"},
		{"expr of five steps", "", "{component: {constant: 1}, value: {expr: 'code == \"N\" and weekday(datum) < 6 ? round(percent(uren, 125), 2) : uren'}}"},
	} {
		text := strings.NewReplacer("MORE\n", f.more+"\n", "VALUE", f.value).Replace(featureBench)
		b.Run(f.name, func(b *testing.B) { benchRun(b, mapping(b, text), data, benchRows, validate.Rules{}) })
	}
	text := strings.NewReplacer("MORE\n", "\n", "VALUE", plain).Replace(featureBench)
	for name, rules := range map[string]validate.Rules{
		"rule overlap": {Overlap: &validate.Overlap{Start: "begin", End: "einde"}},
		"rule sums":    {Sums: &validate.Sums{{Columns: []string{"uren"}, Equals: "uren"}}},
	} {
		b.Run(name, func(b *testing.B) {
			one := bytes.Join(bytes.SplitN(data, []byte("\n"), 502)[:501], []byte("\n")) // one row per employee: no times overlap
			benchRun(b, mapping(b, text), append(one, '\n'), 500, rules)
		})
	}
	b.Run("wide", func(b *testing.B) { benchRun(b, mapping(b, wideMapping), wideRows(), benchRows, validate.Rules{}) })
}

// wideMapping and wideRows are the same number of hours, twenty in a row.
const wideMapping = `mapping: wide
file:
  columns: [{name: Nr, as: persnr, type: integer, required: yes}]
  wide: {headings: rest, heading: {as: datum, type: date, layouts: [dd-MM-yyyy]}, cell: {as: uren, type: hours, notation: [decimal]}}
to:
  what: variabele-gegevens-csv
  mode: Optellen
  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: persnr}}
  period: {date: datum, kind: monthly}
  hours: all
  values: [{component: {constant: 1}, value: {column: uren}}]
`

func wideRows() []byte {
	var out bytes.Buffer
	out.WriteString("Nr")
	for d := range 20 {
		fmt.Fprintf(&out, ";%02d-10-2026", d+1)
	}
	for i := range benchRows / 20 {
		fmt.Fprintf(&out, "\n%d%s", 1+i%500, strings.Repeat(";7,5", 20))
	}
	out.WriteString("\n")
	return out.Bytes()
}

// BenchmarkFormat shows what a row costs in each input format, on one core.
func BenchmarkFormat(b *testing.B) {
	const to = `
to:
  what: variabele-gegevens-csv
  mode: Optellen
  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: nr}}
  period: {date: dag, kind: monthly}
  hours: all
  values: [{component: {constant: 1}, value: {column: uren}}]
`
	rows := func(head, format, tail string) []byte {
		var out bytes.Buffer
		out.WriteString(head)
		for i := range benchRows {
			line := format
			if i == benchRows-1 {
				line = strings.TrimSuffix(line, ",")
			}
			fmt.Fprintf(&out, line, 1+i%500, 1+i/500%31)
		}
		out.WriteString(tail)
		return out.Bytes()
	}
	columns := func(nr, dag, uren string) string {
		return fmt.Sprintf("  columns:\n    - {name: nr, type: integer, required: yes%s}\n    - {name: dag, type: date, layouts: [yyyy-MM-dd, dd-MM-yyyy], required: yes%s}\n    - {name: uren, type: hours, notation: [decimal], required: yes%s}", nr, dag, uren)
	}
	for _, f := range []struct {
		name, file string
		data       []byte
	}{
		{"csv", "  format: csv\n" + columns("", "", ""), rows("nr;dag;uren\n", "%d;2026-10-%02d;7,5\n", "")},
		{"fixed", "  format: fixed\n" + columns(", start: 1, length: 5", ", start: 6, length: 10", ", start: 16, length: 4"), rows("", "%05d2026-10-%02d 7,5\n", "")},
		{"json", "  format: json\n" + columns("", "", ""), rows("[", `{"nr":%d,"dag":"2026-10-%02d","uren":7.5},`, "]")},
		{"ndjson", "  format: ndjson\n" + columns("", "", ""), rows("", `{"nr":%d,"dag":"2026-10-%02d","uren":7.5}`+"\n", "")},
		{"xml", "  format: xml\n  records: [a/r]\n" + columns("", "", ""), rows("<a>", "<r><nr>%d</nr><dag>2026-10-%02d</dag><uren>7,5</uren></r>", "</a>")},
		{"xlsx", "  format: xlsx\n" + columns("", "", ""), benchBook(b)},
	} {
		b.Run(f.name, func(b *testing.B) {
			benchRun(b, mapping(b, "mapping: klok\nfile:\n"+f.file+to), f.data, benchRows, validate.Rules{})
		})
	}
}

func benchBook(b *testing.B) []byte {
	b.Helper()
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	err = w.SetRow("A1", []any{"nr", "dag", "uren"})
	for i := 0; i < benchRows && err == nil; i++ {
		err = w.SetRow(fmt.Sprintf("A%d", i+2), []any{1 + i%500, fmt.Sprintf("2026-10-%02d", 1+i/500%31), 7.5})
	}
	if err == nil {
		err = w.Flush()
	}
	var out bytes.Buffer
	if err == nil {
		err = f.Write(&out)
	}
	if err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

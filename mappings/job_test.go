package mappings

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"loket-etl/internal/benchfile"
	"loket-etl/loket/contract"
	"loket-etl/payroll"

	gocmp "github.com/google/go-cmp/cmp"
)

// bench is a file of the yardstick's layout in memory.
func bench(t testing.TB, rows, bad int) func() (io.ReadCloser, error) {
	t.Helper()
	var b bytes.Buffer
	if _, err := benchfile.Write(&b, rows, benchfile.Options{Bad: bad, Employees: 500}); err != nil {
		t.Fatal(err)
	}
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }
}

func TestNothingIsAllocatedPerAcceptedRow(t *testing.T) {
	mallocs := func(rows int) uint64 {
		open := bench(t, rows, 0)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := Bench(context.Background(), open, io.Discard, 2)
		runtime.ReadMemStats(&after)
		if err != nil || r.Accepted != rows {
			t.Fatalf("%d of %d accepted: %v", r.Accepted, rows, err)
		}
		return after.Mallocs - before.Mallocs
	}
	mallocs(10_000)
	few, many := mallocs(20_000), mallocs(220_000)
	if perRow := float64(many-min(few, many)) / 200_000; perRow > 0.01 {
		t.Errorf("%.3f allocations per row", perRow)
	}
}

// TestBenchAddsUpAsAPlainProgramDoes holds the whole job against a few lines with
// encoding/csv and a map.
func TestBenchAddsUpAsAPlainProgramDoes(t *testing.T) {
	open := bench(t, 30_000, 50)
	in, err := open()
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(in)
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	people, sums := map[[2]int]bool{}, map[[3]int]payroll.Hours{}
	for _, c := range rows[1:] {
		client, _ := strconv.Atoi(c[0])
		persnr, _ := strconv.Atoi(c[1])
		_, badDate := payroll.ParseDate(c[3])
		hours, badHours := payroll.ParseHours(strings.Replace(c[5], ",", ".", 1))
		component, known := benchfile.Codes[c[4]]
		if persnr < 1 || persnr > 999_999 || badDate != nil || c[3][:7] != "2026-10" || badHours != nil || hours < 0 || hours > 2400 || !known {
			refused++
			continue
		}
		people[[2]int{client, persnr}] = true
		sums[[3]int{client, persnr, component}] += hours
	}
	want := "aanslnr;persnr;ploeg"
	components := slices.Sorted(maps.Values(benchfile.Codes))
	for _, c := range components {
		want += fmt.Sprintf(";%d", c)
	}
	want += "\n"
	for _, p := range slices.SortedFunc(maps.Keys(people), func(a, b [2]int) int { return cmp.Or(a[0]-b[0], a[1]-b[1]) }) {
		want += fmt.Sprintf("%d;%d;1", p[0], p[1])
		for _, c := range components {
			want += ";" + sums[[3]int{p[0], p[1], c}].Comma()
		}
		want += "\n"
	}
	var got strings.Builder
	report, err := Bench(context.Background(), open, &got, 2)
	if err != nil || report.Refused != refused || report.Accepted != len(rows)-1-refused {
		t.Errorf("%d accepted, %d refused, %v; want %d refused", report.Accepted, report.Refused, err, refused)
	}
	if diff := gocmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-plain +bench)\n%s", diff)
	}
}

func TestManyGroupsAreHandedOverAndAddUp(t *testing.T) {
	m := mapping(t, featureFile+"to:\n  what: variabele-gegevens-csv\n  employer: {clientnummer: {constant: 5555}}\n  employee: {persnr_verl: {column: persnr}}\n  hours: all\n"+
		"  period: {from: drop_date, kind: monthly}\n  values:\n    - {component: {column: c}, value: {column: a}}\n")
	const people = 3 * maxOwnGroups
	var file bytes.Buffer
	file.WriteString("Persnr;Mail;Datum;Code;A;B;C\n")
	for i := range 2 * people {
		fmt.Fprintf(&file, "%d;;;;0,%02d;;%d\n", 1+i%people, i%100, 1+i%3)
	}
	in := textInput("", file.Bytes())
	in.People = nil
	var want []byte
	for workers := 1; workers <= 3; workers++ {
		in.Workers = workers
		r, calls := run(t, m, in)
		if r.Accepted != 2*people || len(calls) != 1 || calls[0].Rows != 2*people {
			t.Fatalf("%d workers: %d accepted, %d calls, %v", workers, r.Accepted, len(calls), r.Problems)
		}
		content := calls[0].Call.Args["Bestand"].(contract.File).Content
		if want == nil {
			want = content
		}
		if !bytes.Equal(want, content) {
			t.Errorf("%d workers write something else", workers)
		}
	}
	values, err := Read(contract.Call{Function: importFunction, Args: map[string]any{
		"SoortGegevens": "VariabeleGegevens", "Formaat": "CSV", "Bestand": contract.File{Content: want}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		i := v.PersnrVerl - 1
		if sum := int64(i%100 + (i+people)%100); v.Value != sum {
			t.Fatalf("employee %d has %d, want %d", v.PersnrVerl, v.Value, sum)
		}
	}
}

func TestBenchGivesTheSameBytesWhateverTheWorkers(t *testing.T) {
	open := bench(t, 50_000, 100)
	var want []byte
	for workers := 1; workers <= 3; workers++ {
		var b bytes.Buffer
		r, err := Bench(context.Background(), open, &b, workers)
		if err != nil || r.Refused == 0 || r.Rows != 50_000 {
			t.Fatalf("%+v %v", r, err)
		}
		if want == nil {
			want = b.Bytes()
		} else if !bytes.Equal(want, b.Bytes()) {
			t.Errorf("%d workers write something else", workers)
		}
	}
}

package validate

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/formats"
	"loket-etl/internal/benchfile"
)

// TestCorpusNumbersAndDates names the verdict on the cells of every file whose
// oddity is in a number, an hour or a date; formats has the table for the rest.
func TestCorpusNumbersAndDates(t *testing.T) {
	loket := func(hours Column) []Column {
		hours.Name, hours.Header, hours.Index = "1", "1", 3
		return []Column{
			{Name: "aanslnr", Header: "aanslnr", Index: 0, Type: Integer}, {Name: "persnr", Header: "persnr", Index: 1, Type: Integer},
			{Name: "ploeg", Header: "ploeg", Index: 2, Type: Integer}, hours,
			{Name: "28", Header: "28", Index: 4, Type: hours.Type, Point: hours.Point, Notation: hours.Notation},
			{Name: "86", Header: "86", Index: 5, Type: Decimal, Point: hours.Point, Thousands: hours.Thousands},
		}
	}
	timesheet := func(datum, uren Column) []Column {
		datum.Name, datum.Header, datum.Index, datum.Type = "datum", "Datum", 2, Date
		uren.Name, uren.Header, uren.Index, uren.Type = "uren", "Uren", 4, Hours
		return []Column{datum, uren}
	}
	comma := Column{Type: Hours}
	dutch := Column{Layouts: []string{"dd-MM-yyyy"}}
	const limit = `{"properties": {"1": {"minimum": 0, "exclusiveMaximum": 1000}}}`
	const decimals = " Schrijf het getal met een komma voor de decimalen, hoogstens 2, en zonder scheidingsteken voor duizendtallen."
	tests := []struct {
		file   string
		cols   []Column
		schema string
		want   []string
		nums   []int64 // of the last accepted row
	}{
		{"loket-plain", loket(comma), limit, nil, []int64{5555, 2, 1, 120 * TicksPerHour, 0, 1200_0000}},
		{"loket-decimal-comma", loket(comma), limit, nil, []int64{5555, 1, 1, 8825 * TicksPerHour / 100, 125 * TicksPerHour / 10, -10_0000}},
		{"loket-decimal-point", loket(comma), limit, []string{
			`regel 2, kolom 4 (1): 88.25 kan 8825 of 88,25 zijn. Gelezen: "88.25".` + decimals,
			`regel 2, kolom 5 (28): 12.5 kan 125 of 12,5 zijn. Gelezen: "12.5".` + decimals,
		}, nil},
		{"loket-decimal-point", loket(Column{Type: Hours, Point: '.'}), limit, nil, []int64{5555, 1, 1, 8825 * TicksPerHour / 100, 125 * TicksPerHour / 10, 0}},
		{"loket-thousands-point", loket(comma), limit, []string{`regel 2, kolom 6 (86): Het getal is anders geschreven dan afgesproken. Gelezen: "1.234,56".` + decimals}, nil},
		{"loket-thousands-point", loket(Column{Type: Hours, Thousands: '.'}), limit, nil, []int64{5555, 1, 1, 88 * TicksPerHour, 0, 1234_5600}},
		{"loket-hours-999-99", loket(comma), limit, nil, []int64{5555, 1, 1, 99999 * TicksPerHour / 100, 0, 0}},
		{"loket-hours-1000", loket(comma), limit, []string{`regel 2, kolom 4 (1): De waarde moet lager zijn dan 1000. Gelezen: "1000". Vul een lagere waarde in.`}, nil},
		{"loket-hours-as-clock", loket(comma), limit, []string{`regel 2, kolom 4 (1): De uren zijn als uren en minuten geschreven; dat is voor deze kolom niet afgesproken. Gelezen: "88:15". Schrijf de uren als decimaal (7,5).`}, nil},
		{"loket-hours-as-clock", loket(Column{Type: Hours, Notation: []string{"clock"}}), limit, nil, []int64{5555, 1, 1, 8825 * TicksPerHour / 100, 0, 0}},
		{"loket-leading-zero-persnr", loket(comma), limit, nil, []int64{5555, 17, 1, 88 * TicksPerHour, 0, 0}},
		{"loket-unknown-text-value", loket(comma), limit, []string{`regel 2, kolom 5 (28): Dit is geen aantal uren. Gelezen: "n.v.t.". Schrijf de uren als decimaal (7,5).`}, nil},
		{"timesheet-dates-mixed", timesheet(dutch, comma), "", []string{
			`regel 3, kolom 3 (Datum): 2026-02-02 is geschreven als jjjj-mm-dd; afgesproken is dd-mm-jjjj. Gelezen: "2026-02-02". Schrijf de datum als dd-mm-jjjj.`,
			`regel 4, kolom 3 (Datum): 03/02/2026 kan 03-02-2026 of 02-03-2026 zijn. Gelezen: "03/02/2026". Schrijf de datum als dd-mm-jjjj.`,
			`regel 5, kolom 3 (Datum): 46056 is geen datum; het lijkt een datumnummer van Excel (03-02-2026). Gelezen: "46056". Geef de kolom in Excel de opmaak datum en schrijf de datum als dd-mm-jjjj.`,
			`regel 6, kolom 3 (Datum): 29-02-2026 bestaat niet op de kalender. Gelezen: "29-02-2026". Verbeter de datum.`,
		}, []int64{20260201, 8 * TicksPerHour}},
		{"timesheet-hours-notations", timesheet(dutch, comma), "", []string{
			`regel 2, kolom 5 (Uren): De uren zijn als uren en minuten geschreven; dat is voor deze kolom niet afgesproken. Gelezen: "8:30". Schrijf de uren als decimaal (7,5).`,
			`regel 4, kolom 5 (Uren): 8.5 kan 85 of 8,5 zijn. Gelezen: "8.5".` + decimals,
			`regel 5, kolom 5 (Uren): De uren zijn als uren en minuten geschreven; dat is voor deze kolom niet afgesproken. Gelezen: "08:30:00". Schrijf de uren als decimaal (7,5).`,
			`regel 6, kolom 5 (Uren): Dit is geen aantal uren. Gelezen: "8u30". Schrijf de uren als decimaal (7,5).`,
		}, []int64{20260206, 510 * TicksPerHour}},
		{"timesheet-utf8", timesheet(dutch, comma), "", nil, []int64{20251231, 15 * TicksPerHour / 10}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			f, err := os.Open("../testdata/csv-corpus/dutch-oddities/" + tt.file + ".csv")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			c, err := Compile("test", []byte(tt.schema), tt.cols)
			if err != nil {
				t.Fatal(err)
			}
			w, out := c.Worker(), make([]Value, len(tt.cols))
			var said []string
			var nums []int64
			for b, err := range formats.CSV(f, formats.Options{}) {
				if err != nil {
					t.Fatal(err)
				}
				b.Cut()
				for i := range b.Records {
					if w.Record(&b.Records[i], out, func(p formats.Problem) { said = append(said, p.String()) }) {
						nums = nil
						for _, v := range out {
							nums = append(nums, v.Num)
						}
					}
				}
				b.Release()
			}
			if diff := cmp.Diff([]any{tt.want, tt.nums}, []any{said, nums}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAcceptedRowsAllocateNothing is the promise of Record and Observe.
func TestAcceptedRowsAllocateNothing(t *testing.T) {
	records := benchRecords(t, 500, benchfile.Options{})
	w, out := benchChecker(t).Worker(), make([]Value, len(benchColumns))
	tally, err := Rules{Duplicates: "refuse", HoursPerDay: 100_000, Period: "single"}.Tally(nil)
	if err != nil {
		t.Fatal(err)
	}
	tw := tally.Worker()
	k := new(RuleKey)
	all := func() {
		for i := range records {
			if !w.Record(&records[i], out, func(p formats.Problem) { t.Error(p) }) {
				return
			}
			*k = RuleKey{Employee: out[1].Text, Code: out[4].Text, Date: 20261001, Ticks: out[5].Num, Line: 1}
			tw.Observe(k, out)
		}
		for s := range tally.shards {
			tally.shards[s].again = tally.shards[s].again[:0]
		}
	}
	for range 20 {
		all()
	}
	if n := testing.AllocsPerRun(10, all); n > 3 {
		t.Errorf("%v allocations for %d rows", n, len(records))
	}
}

// TestARecordThatBreaksTheValidatorIsAProblem: the libraries panic on numbers no
// cell can hold; should one get there all the same, the program goes on.
func TestARecordThatBreaksTheValidatorIsAProblem(t *testing.T) {
	c, err := Compile("test", []byte(`{"properties": {"x": {"not": {"maximum": 3}}}}`), []Column{{Name: "x", Type: Integer}})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	ok := c.Worker().judge(c.cols[0].slow, 7, map[string]any{"x": json.Number("4E31322574")}, func(p formats.Problem) { said = append(said, p.Code) })
	if ok || len(said) != 1 || said[0] != "niet-te-controleren" {
		t.Error(ok, said)
	}
}

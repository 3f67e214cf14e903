package preview

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/payroll"
)

// trial is a set to try findings on: of Clientnummer 5555, components below 30 in
// hours.
type trial struct {
	t    *testing.T
	set  *Set
	mode Mode
	then []func()
}

func newTrial(t *testing.T) *trial {
	return &trial{t: t, mode: Overwrite, set: New(func(c int) bool { return c < 30 }, 3, map[int]payroll.PeriodKind{5555: payroll.Monthly})}
}

func at(period, employee, component int, centre string) Key {
	return Key{Clientnummer: 5555, Employee: employee, Period: payroll.Period{Year: 2026, Number: period}, Strook: 1, Kostenplaats: centre, Component: component}
}

// file has an employee with a value for a component in October.
func (x *trial) file(employee, component int, value int64, centre ...string) {
	x.t.Helper()
	k := at(10, employee, component, "")
	if len(centre) > 0 {
		k.Kostenplaats = centre[0]
	}
	if err := x.set.File(FileValue{Key: k, Value: value, Mode: x.mode}); err != nil {
		x.t.Fatal(err)
	}
}

// had has Loket with values in July to September, or in those that are given.
func (x *trial) had(employee, component int, value int64, periods ...int) {
	if len(periods) == 0 {
		periods = []int{7, 8, 9}
	}
	for _, p := range periods {
		x.stands(at(p, employee, component, ""), value)
	}
}

// stands is told after the file.
func (x *trial) stands(k Key, value int64) {
	x.then = append(x.then, func() {
		if err := x.set.Stands(k, value); err != nil {
			x.t.Fatal(err)
		}
	})
}

func (x *trial) works(employee int, in, out payroll.Date) {
	x.set.Person(Person{Clientnummer: 5555, Employee: employee, InDienst: in, UitDienst: out})
}

func (x *trial) report() Report {
	for _, f := range x.then {
		f()
	}
	x.then = nil
	return x.set.Report()
}

// usualOctober are five people with a usual month, so that the total is usual.
func (x *trial) usualOctober() {
	for i := range 5 {
		x.file(101+i, 1, int64(150_00+i*100))
		x.had(101+i, 1, int64(150_00+i*100))
	}
}

func TestEveryFindingSaysWhatIsStrange(t *testing.T) {
	for name, c := range map[string]struct {
		make func(x *trial)
		want []string
	}{
		"nothing": {func(x *trial) { x.usualOctober(); x.file(1, 3, 2_00); x.had(1, 3, 1_00) }, nil},
		"a hundred times": {func(x *trial) {
			x.usualOctober()
			x.file(1, 30, 5000_00)
			x.had(1, 30, 50_00, 7, 9)
		}, []string{
			"keer-honderd: Werknemer 1 heeft € 5.000,00 op component 30 in periode 2026-10: ongeveer 100 keer de gebruikelijke € 50,00 (periodes 2026-07 tot en met 2026-09). Staat het decimaalteken goed?",
			"totaal-afwijkend: Component 30 komt in periode 2026-10 (clientnummer 5555) op € 5.000,00: meer dan het dubbele van de gebruikelijke € 50,00 (periodes 2026-07 tot en met 2026-09).",
		}},
		"ten times": {func(x *trial) {
			x.usualOctober()
			x.file(1, 1, 400_00)
			x.had(1, 1, 38_00, 9)
		}, []string{
			"keer-tien: Werknemer 1 heeft 400,00 uur op component 1 in periode 2026-10: ongeveer 10 keer de gebruikelijke 38,00 uur (periode 2026-09). Staat het decimaalteken goed?",
		}},
		"minutes": {func(x *trial) {
			x.usualOctober()
			x.file(1, 1, 480_00)
			x.had(1, 1, 8_00)
		}, []string{
			"minuten: Werknemer 1 heeft 480,00 uur op component 1 in periode 2026-10: ongeveer 60 keer de gebruikelijke 8,00 uur (periodes 2026-07 tot en met 2026-09). Zijn dit minuten in plaats van uren?",
		}},
		"a tenth and a hundredth": {func(x *trial) {
			x.usualOctober()
			x.file(1, 1, 16_00)
			x.had(1, 1, 160_00)
			x.file(2, 1, 1_60)
			x.had(2, 1, 160_00, 9)
			x.file(3, 1, 0) // that is no mistake of a decimal sign
			x.had(3, 1, 9_00, 9)
		}, []string{
			"een-honderdste: Werknemer 2 heeft 1,60 uur op component 1 in periode 2026-10: ongeveer een honderdste van de gebruikelijke 160,00 uur (periode 2026-09). Staat het decimaalteken goed?",
			"een-tiende: Werknemer 1 heeft 16,00 uur op component 1 in periode 2026-10: ongeveer een tiende van de gebruikelijke 160,00 uur (periodes 2026-07 tot en met 2026-09). Staat het decimaalteken goed?",
			"nul: Werknemer 3 krijgt 0 op component 1 in periode 2026-10; gebruikelijk is 9,00 uur (periode 2026-09).",
		}},
		"sixty times in euros are no minutes": {func(x *trial) {
			x.usualOctober()
			x.file(1, 30, 3000_00)
			x.had(1, 30, 50_00, 9)
		}, []string{
			"totaal-afwijkend: Component 30 komt in periode 2026-10 (clientnummer 5555) op € 3.000,00: meer dan het dubbele van de gebruikelijke € 50,00 (periode 2026-09).",
			"afwijkend: Werknemer 1 heeft € 3.000,00 op component 30 in periode 2026-10: ongeveer 60 keer de gebruikelijke € 50,00 (periode 2026-09). Klopt dat?",
		}},
		"ten times the colleagues": {func(x *trial) {
			for i := range 6 {
				x.file(1+i, 1, int64(15_00+i))
			}
			x.file(9, 1, 150_00)
		}, []string{
			"keer-tien: Werknemer 9 heeft 150,00 uur op component 1 in periode 2026-10: ongeveer 10 keer de 15,03 uur die collega's in dit bestand meestal hebben. Staat het decimaalteken goed?",
		}},
		"an hour of overtime more": {func(x *trial) { x.usualOctober(); x.file(1, 3, 5_00); x.had(1, 3, 50) }, nil},
		"more than can be": {func(x *trial) { x.usualOctober(); x.file(1, 1, 960_00) }, []string{
			"meer-dan-kan: Werknemer 1 heeft 960,00 uur op component 1 in periode 2026-10, en die periode heeft maar 744 uur. Zijn dit minuten, of staat het decimaalteken verkeerd?",
			"totaal-afwijkend: Component 1 komt in periode 2026-10 (clientnummer 5555) op 1.720,00 uur: meer dan het dubbele van de gebruikelijke 760,00 uur (periodes 2026-07 tot en met 2026-09).",
		}},
		"out of service": {func(x *trial) {
			x.usualOctober()
			x.file(1, 3, 2_00)
			x.works(1, 20200101, 20260815)
			x.file(2, 3, 2_00)
			x.works(2, 20261101, 0)
			x.file(3, 3, 2_00)
			x.works(3, 20200101, 20261015)
			x.file(4, 3, 2_00) // left and came back
			x.works(4, 20200101, 20260815)
			x.works(4, 20260901, 0)
		}, []string{
			"uit-dienst: Werknemer 1 is sinds 15-08-2026 uit dienst en heeft waarden in periode 2026-10.",
			"uit-dienst: Werknemer 2 komt pas op 01-11-2026 in dienst en heeft waarden in periode 2026-10.",
			"uit-dienst: Werknemer 3 gaat op 15-10-2026 uit dienst, in de loop van periode 2026-10. Kijk of de waarden daarbij passen.",
		}},
		"everybody the same": {func(x *trial) {
			for i := range 6 {
				x.file(1+i, 1, 160_00)
				x.had(1+i, 1, int64(155_00+i*100), 9)
			}
		}, []string{
			"iedereen-gelijk: Alle 6 werknemers van clientnummer 5555 hebben precies evenveel op component 1 in periode 2026-10: 160,00 uur. Is er een kolom doorgekopieerd?",
		}},
		"everybody the same, as always": {func(x *trial) {
			for i := range 6 {
				x.file(1+i, 1, 160_00)
				x.had(1+i, 1, 160_00)
			}
		}, nil},
		"four with the same": {func(x *trial) {
			for i := range 4 {
				x.file(1+i, 1, 160_00)
			}
		}, nil},
		"nothing but zeros": {func(x *trial) { x.file(1, 1, 0); x.file(2, 1, 0) }, []string{
			"alles-nul: Alle 2 waarden in dit bestand zijn 0.",
		}},
		"a zero": {func(x *trial) { x.usualOctober(); x.file(1, 3, 0); x.file(2, 3, 9_00); x.had(1, 3, 8_00, 8, 9) }, []string{
			"nul: Werknemer 1 krijgt 0 op component 3 in periode 2026-10; gebruikelijk is 8,00 uur (periodes 2026-08 tot en met 2026-09).",
		}},
		"a cost centre without people": {func(x *trial) {
			x.usualOctober()
			x.file(1, 3, 8_00, "100")
			for i := range 3 {
				x.stands(at(9, 20+i, 3, "200"), 4_00)
			}
			x.stands(at(8, 1, 3, "100"), 8_00)
		}, []string{
			"kostenplaats-leeg: Kostenplaats 200 heeft niemand in dit bestand (clientnummer 5555, periode 2026-10); in de periodes 2026-07 tot en met 2026-09 had zij er 3.",
		}},
		"no cost centres any more": {func(x *trial) {
			x.usualOctober()
			x.stands(at(9, 101, 3, "100"), 4_00)
			x.stands(at(9, 101, 3, "200"), 4_00)
		}, []string{
			"zonder-kostenplaats: Dit bestand noemt geen kostenplaatsen (clientnummer 5555, periode 2026-10), en eerder stonden er 2 in Loket.",
		}},
		"somebody is missing": {func(x *trial) {
			x.usualOctober()
			x.works(1, 20200101, 0)
			x.had(1, 1, 152_00)
			x.works(2, 20200101, 20260930) // left
			x.had(2, 1, 152_00)
			x.works(3, 20200101, 0) // has it already
			x.had(3, 1, 15_00, 8, 10)
			x.works(4, 20200101, 0) // never had anything
			x.works(5, 20200101, 0) // something else
			x.had(5, 31, 15_00)
		}, []string{
			"ontbreekt: Werknemer 1 (clientnummer 5555) is in dienst en staat niet in dit bestand voor periode 2026-10; gebruikelijk is 152,00 uur op component 1 (periodes 2026-07 tot en met 2026-09).",
		}},
		"half of the usual": {func(x *trial) { x.file(1, 1, 80_00); x.had(1, 1, 160_00); x.had(2, 1, 10_00) }, []string{
			"totaal-afwijkend: Component 1 komt in periode 2026-10 (clientnummer 5555) op 80,00 uur: minder dan de helft van de gebruikelijke 170,00 uur (periodes 2026-07 tot en met 2026-09).",
		}},
		"a week of a month": {func(x *trial) { x.mode = Add; x.file(1, 1, 40_00); x.had(1, 1, 160_00) }, nil},
		"what stays beside": {func(x *trial) { x.usualOctober(); x.had(101, 3, 8_00, 10) }, []string{
			"blijft-staan: Werknemer 101: in Loket staat 8,00 uur op component 3 in periode 2026-10; dat staat niet in dit bestand en blijft staan.",
		}},
		"nothing changes": {func(x *trial) { x.usualOctober(); x.had(101, 1, 150_00, 10); all(x, 10) }, []string{
			"verandert-niets: Dit bestand verandert niets: alle 5 waarden staan al zo in Loket.",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			x := newTrial(t)
			c.make(x)
			var got []string
			for _, f := range x.report().Strange {
				got = append(got, f.Code+": "+f.Message)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// all has Loket with the usual month of the others in a period.
func all(x *trial, period int) {
	for i := 1; i < 5; i++ {
		x.had(101+i, 1, int64(150_00+i*100), period)
	}
}

// The codes are what the page explains, each with its own place.
func TestEveryCodeHasARank(t *testing.T) {
	seen := map[string]bool{}
	for _, code := range ranks {
		if seen[code] {
			t.Errorf("%s has two", code)
		}
		seen[code] = true
	}
	if len(ranks) != 19 {
		t.Errorf("%d codes have a rank", len(ranks))
	}
}

func TestModesAndWhatStands(t *testing.T) {
	for _, c := range []struct {
		mode        Mode
		none, block bool
		now         int64 // -1: nothing
		want        string
	}{
		{Overwrite, false, false, 3_00, "8,00"}, {Overwrite, false, false, -1, "8,00"}, {Keep, false, false, 3_00, "3,00"}, {Keep, false, false, -1, "8,00"},
		{Add, false, false, 3_00, "11,00"}, {Add, false, false, -1, "8,00"}, {Overwrite, true, false, 3_00, "-"}, {Keep, true, false, 3_00, "-"},
		{Overwrite, false, true, 3_00, "3,00"}, {Overwrite, false, true, -1, "-"},
	} {
		x := newTrial(t)
		k := at(10, 1, 1, "")
		if err := x.set.File(FileValue{Key: k, Value: 8_00, Mode: c.mode, None: c.none, Blocked: c.block}); err != nil {
			t.Fatal(err)
		}
		if c.now >= 0 {
			x.stands(k, c.now)
		}
		r := x.report()
		if got := r.Employees[0].Lines[0].After.String(); got != c.want {
			t.Errorf("%+v: %s will stand", c, got)
		}
	}
}

func TestAYearBeginsWithThePeriodsOfTheYearBefore(t *testing.T) {
	for kind, want := range map[payroll.PeriodKind]string{payroll.Monthly: "2026-01 2025-12 2025-11", payroll.FourWeekly: "2026-01 2025-13 2025-12", payroll.Weekly: "2026-01 2025-52 2025-51", 0: "2026-01"} {
		s := New(func(int) bool { return true }, 3, map[int]payroll.PeriodKind{1: kind})
		got := ""
		for i, p := range s.before(when{1, payroll.Period{Year: 2026, Number: 2}}) {
			if i > 0 {
				got += " "
			}
			got += p.String()
		}
		if got != want {
			t.Errorf("kind %d: %s, want %s", kind, got, want)
		}
	}
}

func TestAPreviewSaysThatItIsTooMuch(t *testing.T) {
	s := New(func(int) bool { return true }, 0, nil)
	var err error
	n := 0
	for ; err == nil; n++ {
		err = s.File(FileValue{Key: at(10, n, 1, "")})
	}
	if want := fmt.Sprintf("more than %d employees: too much for a preview", MaxEmployees); n != MaxEmployees+1 || err.Error() != want {
		t.Errorf("%d: %v", n, err)
	}
}

package verloning

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"loket-etl/payroll"
)

func medewerker(id string) Dienstverband {
	return Dienstverband{
		Identity: id, Persoon: "p" + id, Persnr: 17, PersnrVerl: 1017, NumIV: 1, Voorletters: "P", Voorvoegsel: "van", Achternaam: "Voorbeeld",
		BSN: "123456782", Geboren: 19900517, Geslacht: "2", InDienst: 20240301, Salaris: 3500_00, UrenPerWeek: 40_00,
		Loonheffingskorting: true, OnbepaaldeTijd: true, Schriftelijk: true, Kostenplaats: "100",
		Rekening: payroll.Account{Number: "1112223339"},
	}
}

func opdracht(d ...Dienstverband) Opdracht {
	return Opdracht{
		Run: "run-1", Volgnummer: 1, Periode: payroll.Period{Year: 2026, Number: 10}, Soort: payroll.Monthly,
		Werkgever: Werkgever{
			Identity: "wg-1", ID: 1001, Clientnummer: 1, Naam: "Voorbeeld BV", Loonheffingennummer: "001000044L01",
			Rekening: payroll.Account{Number: "0123456789"},
		},
		Dienstverbanden: d, Componenten: Standaard(),
	}
}

// The payslip of one person with a month salary, overtime, a bonus, kilometres and
// an advance to settle, computed by hand.
func TestPayslipComputedByHand(t *testing.T) {
	o := opdracht(medewerker("d1"))
	o.Waarden = []Waarde{
		{Dienstverband: "d1", Component: 4, Waarde: 10_00},   // 10 hours at 150 %
		{Dienstverband: "d1", Component: 25, Waarde: 500_00}, // bonus
		{Dienstverband: "d1", Component: 31, Waarde: 200_00}, // 200 km
		{Dienstverband: "d1", Component: 40, Waarde: 100_00}, // advance
	}
	run, err := Verloon(o)
	if err != nil {
		t.Fatal(err)
	}
	got := run.Stroken[0]
	want := Loonstrook{
		Dienstverband: o.Dienstverbanden[0], Regels: got.Regels,
		// Hours: 40 x 52/12 = 173.33, and 10 hours overtime.
		Uren: 183_33,
		// Hourly wage: 3,500.00 x 12 / (52 x 40) = 20.1923 -> 20.19.
		// Overtime: 10 x 20.19 x 1.5 = 302.85. Bruto: 3,500.00 + 302.85.
		Bruto: 3802_85, Overwerk: 302_85, Bijzonder: 500_00,
		// Kilometres: 200 x 0.23 = 46.00.
		Vergoedingen: 46_00, Inhoudingen: 100_00,
		// Annual wage: 3,802.85 x 12 = 45,634.20.
		// Tax: 38,883 x 35.75 % = 13,900.6725
		//      (45,634.20 - 38,883 = 6,751.20) x 37.56 % = 2,535.75072    together 16,436.42322
		// General credit: 3,115 - 6.398 % x (45,634.20 - 29,736 = 15,898.20) = 3,115 - 1,017.166836 = 2,097.833164
		// Labour credit: 5,300 + 1.950 % x (45,634.20 - 25,845 = 19,789.20) = 5,685.8894, at most 5,685;
		//      less 6.510 % x (45,634.20 - 45,592 = 42.20) = 2.74722         is 5,682.25278
		// Levy: 16,436.42322 - 2,097.833164 - 5,682.25278 = 8,656.337276; / 12 = 721.36144
		Loonheffing: 721_36, Arbeidskorting: 473_52, // 5,682.25278 / 12 = 473.521065
		// Special rate on 500.00: annual wage 46,134.20.
		// Tax + 500 x 37.56 % = 187.80; general credit - 500 x 6.398 % = 31.99; labour credit - 500 x 6.510 % = 32.55;
		// together 187.80 + 31.99 + 32.55 = 252.34.
		LoonheffingBT: 252_34,
		// Net: 3,802.85 + 500.00 + 46.00 - 721.36 - 252.34 - 100.00 = 3,275.15.
		Netto: 3275_15,
		// Premium wage: 4,302.85, below the maximum of 6,617.41.
		Premieloon: 4302_85, Bijdrageloon: 4302_85,
		ZvwWerkgever: 262_47, // 6.10 %: 262.47385
		AwfLaag:      117_90, // 2.74 %: 117.89809
		AofLaag:      269_79, // 6.27 %: 269.788695
		Wko:          21_51,  // 0.50 %: 21.51425
		Whk:          65_40,  // 1.52 %: 65.40332
		Reservering:  304_23, // 8 % x 3,802.85 = 304.228
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("payslip (-want +got):\n%s", diff)
	}
}

func TestFourWeeklyPayslipAboveTheMaximum(t *testing.T) {
	d := medewerker("d1")
	d.Salaris, d.OnbepaaldeTijd = 8000_00, false
	o := opdracht(d)
	o.Soort, o.Werkgever.AofHoog = payroll.FourWeekly, true
	run, err := Verloon(o)
	if err != nil {
		t.Fatal(err)
	}
	l := run.Stroken[0]
	// Annual wage: 8,000 x 13 = 104,000.
	// Tax: 13,900.6725 + (78,426 - 38,883 = 39,543) x 37.56 % = 14,852.3508 + (104,000 - 78,426 = 25,574) x 49.5 % = 12,659.13
	//      together 41,412.1533. General credit: none above 78,426.
	// Labour credit: 5,685 - 6.51 % x (104,000 - 45,592 = 58,408) = 5,685 - 3,802.3608 = 1,882.6392.
	// Levy: 39,529.5141 / 13 = 3,040.73185.
	if l.Loonheffing != 3040_73 || l.Arbeidskorting != 144_82 {
		t.Errorf("loonheffing %s, arbeidskorting %s", l.Loonheffing, l.Arbeidskorting)
	}
	// Premium wage 6,108.38: AWf high 7.74 % = 472.788612, Aof high 7.63 % = 466.069394, Zvw 6.10 % = 372.61118.
	if l.Premieloon != 6108_38 || l.AwfHoog != 472_79 || l.AofHoog != 466_07 || l.ZvwWerkgever != 372_61 {
		t.Errorf("premium wage %s, AWf %s, Aof %s, Zvw %s", l.Premieloon, l.AwfHoog, l.AofHoog, l.ZvwWerkgever)
	}
	if run.Begin != 20260907 || run.Eind != 20261004 {
		t.Errorf("period %s to %s", run.Begin, run.Eind)
	}
}

func TestPartOfAPeriod(t *testing.T) {
	in, out := medewerker("in"), medewerker("uit")
	in.InDienst = 20261019   // Monday; October has 22 working days, 10 from the 19th
	out.UitDienst = 20261002 // Friday: 2 working days
	run, err := Verloon(opdracht(in, out))
	if err != nil {
		t.Fatal(err)
	}
	if got := run.Stroken[0].Bruto; got != 1590_91 { // 3,500 x 10/22
		t.Errorf("from the 19th: %s", got)
	}
	if got := run.Stroken[1].Bruto; got != 318_18 { // 3,500 x 2/22
		t.Errorf("until the 2nd: %s", got)
	}
}

func TestHourlyWorkerIsPaidForHoursOnly(t *testing.T) {
	d := medewerker("d1")
	d.Salaris, d.Uurloon, d.Oproep = 0, 15_00, true
	o := opdracht(d)
	o.Waarden = []Waarde{
		{Dienstverband: "d1", Component: 1, Waarde: 80_50, Kostenplaats: "200"},
		{Dienstverband: "d1", Component: 1, Waarde: 10_00},
		{Dienstverband: "d1", Component: 6, Waarde: 4_00}, // surcharge of 25 %: no hours of its own
	}
	run, err := Verloon(o)
	if err != nil {
		t.Fatal(err)
	}
	l := run.Stroken[0]
	if l.Bruto != 1372_50 || l.Uren != 90_50 || l.AwfHoog == 0 || l.AwfLaag != 0 {
		t.Errorf("gross %s, hours %s, AWf high %s, low %s", l.Bruto, l.Uren, l.AwfHoog, l.AwfLaag)
	}
	centres := map[string]payroll.Cents{}
	for _, line := range run.Journaal(20261031).Lines {
		if line.Account == rekeningLonen {
			centres[line.CostCentre] += line.Debit
		}
	}
	if diff := cmp.Diff(map[string]payroll.Cents{"200": 1207_50, "100": 165_00}, centres); diff != "" {
		t.Errorf("wages per kostenplaats (-want +got):\n%s", diff)
	}
}

func TestShortfallIsCarriedNotPaid(t *testing.T) {
	d := medewerker("d1")
	d.Salaris = 100_00
	o := opdracht(d)
	o.Waarden = []Waarde{{Dienstverband: "d1", Component: 40, Waarde: 250_00}}
	run, err := Verloon(o)
	if err != nil {
		t.Fatal(err)
	}
	if l := run.Stroken[0]; l.Netto != 0 || l.Vordering != 150_00 {
		t.Errorf("net %s, shortfall %s", l.Netto, l.Vordering)
	}
	if totals, err := run.Betalingen(Betaling{Aanmaak: 20261025}).Totals(); err != nil || totals.Count != 0 {
		t.Errorf("posts %d, %v", totals.Count, err)
	}
}

func TestDirectorPaysZvwAndNoPremiums(t *testing.T) {
	d := medewerker("d1")
	d.DGA = true
	run, err := Verloon(opdracht(d))
	if err != nil {
		t.Fatal(err)
	}
	l := run.Stroken[0]
	if l.Premies() != 0 || l.ZvwWerkgever != 0 || l.ZvwInhouding != 169_75 { // 3,500 x 4.85 %
		t.Errorf("premiums %s, employer Zvw %s, withheld %s", l.Premies(), l.ZvwWerkgever, l.ZvwInhouding)
	}
}

func TestRefusedRuns(t *testing.T) {
	later := medewerker("d1")
	later.InDienst = 20270101
	noHours := medewerker("d1")
	noHours.UrenPerWeek = 0
	for name, c := range map[string]struct {
		change func(*Opdracht)
		want   string
	}{
		"other year":            {func(o *Opdracht) { o.Periode.Year = 2025 }, "2026 only"},
		"weekly":                {func(o *Opdracht) { o.Soort = payroll.Weekly }, "per month or per four weeks"},
		"period 13 of months":   {func(o *Opdracht) { o.Periode.Number = 13 }, "does not exist"},
		"nobody in service":     {func(o *Opdracht) { o.Dienstverbanden[0] = later }, ErrLegeRun.Error()},
		"unknown component":     {func(o *Opdracht) { o.Waarden = []Waarde{{Dienstverband: "d1", Component: 77}} }, "component 77 does not exist"},
		"unknown dienstverband": {func(o *Opdracht) { o.Waarden = []Waarde{{Dienstverband: "x", Component: 1}} }, "unknown dienstverband x"},
		"dienstverband twice":   {func(o *Opdracht) { o.Dienstverbanden = append(o.Dienstverbanden, o.Dienstverbanden[0]) }, "occurs twice"},
		"hours without a wage": {func(o *Opdracht) {
			o.Dienstverbanden[0] = noHours
			o.Waarden = []Waarde{{Dienstverband: "d1", Component: 4, Waarde: 100}}
		}, "hours cannot be paid"},
		"absurd value": {func(o *Opdracht) {
			o.Waarden = []Waarde{{Dienstverband: "d1", Component: 4, Waarde: maxUren + 1}}
		}, "out of all proportion"},
	} {
		t.Run(name, func(t *testing.T) {
			o := opdracht(medewerker("d1"))
			c.change(&o)
			_, err := Verloon(o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	o := opdracht(later)
	if _, err := Verloon(o); !errors.Is(err, ErrLegeRun) {
		t.Errorf("empty run: %v", err)
	}
}

// randomOpdracht draws employments and values of every kind.
func randomOpdracht(t *rapid.T) Opdracht {
	o := opdracht()
	if rapid.Bool().Draw(t, "four-weekly") {
		o.Soort = payroll.FourWeekly
	}
	o.Periode.Number = rapid.IntRange(1, 12).Draw(t, "period")
	for i := range rapid.IntRange(1, 6).Draw(t, "people") {
		d := medewerker(fmt.Sprint("d", i))
		d.Salaris = payroll.Cents(rapid.IntRange(0, 12_000_00).Draw(t, "salary"))
		d.Uurloon = payroll.Cents(rapid.IntRange(14_71, 90_00).Draw(t, "wage"))
		d.UrenPerWeek = payroll.Hours(rapid.IntRange(1_00, 48_00).Draw(t, "hours"))
		d.Loonheffingskorting = rapid.Bool().Draw(t, "credits")
		d.OnbepaaldeTijd = rapid.Bool().Draw(t, "permanent")
		d.DGA = rapid.Bool().Draw(t, "director")
		d.InDienst = payroll.Date(20260101).AddDays(rapid.IntRange(-400, 300).Draw(t, "begin"))
		o.Dienstverbanden = append(o.Dienstverbanden, d)
		for range rapid.IntRange(0, 5).Draw(t, "values") {
			c := rapid.SampledFrom(o.Componenten).Draw(t, "component")
			o.Waarden = append(o.Waarden, Waarde{
				Dienstverband: d.Identity, Component: c.Nummer, Waarde: rapid.Int64Range(-500_00, 5000_00).Draw(t, "value"),
				Strook: rapid.SampledFrom([]payroll.SlipKind{0, 1, 2}).Draw(t, "slip"), Kostenplaats: rapid.SampledFrom([]string{"", "200"}).Draw(t, "centre"),
			})
		}
	}
	return o
}

func TestInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		run, err := Verloon(randomOpdracht(t))
		if errors.Is(err, ErrLegeRun) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		var net, tax payroll.Cents
		for _, l := range run.Stroken {
			withheld := l.Loonheffing + l.LoonheffingBT + l.ZvwInhouding + l.Inhoudingen
			if l.Loon()+l.Vergoedingen-withheld != l.Netto-l.Vordering {
				t.Errorf("gross %s + %s - withheld %s is not net %s - %s", l.Loon(), l.Vergoedingen, withheld, l.Netto, l.Vordering)
			}
			if l.Netto < 0 || l.Loonheffing < 0 || l.LoonheffingBT < 0 {
				t.Errorf("negative: net %s, tax %s, special %s", l.Netto, l.Loonheffing, l.LoonheffingBT)
			}
			net += l.Netto
			tax += l.Loonheffing + l.LoonheffingBT
		}
		j := run.Journaal(run.Eind)
		if _, err := j.Totals(); err != nil {
			t.Error(err)
		}
		for _, line := range j.Lines {
			if line.Debit < 0 || line.Credit < 0 || (line.Debit == 0) == (line.Credit == 0) {
				t.Errorf("line %+v", line)
			}
		}
		paid, err := run.Betalingen(Betaling{Aanmaak: run.Eind}).Totals()
		if err != nil || paid.Amount != net {
			t.Errorf("paid %s of %s, %v", paid.Amount, net, err)
		}
		results := run.Resultaten(Kop{})
		if sum, err := results.Sum(CompNetto); err != nil || sum != net {
			t.Errorf("net in the results %s of %s, %v", sum, net, err)
		}
		declared := payroll.Cents(0)
		for p := range run.Loonaangifte(Bericht{}).Period.People {
			declared += p.Amounts.IngLbPh
		}
		if declared != tax {
			t.Errorf("declared %s of %s", declared, tax)
		}
	})
}

func TestOrderOfValuesDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := randomOpdracht(t)
		a, errA := Verloon(o)
		o.Waarden = rapid.Permutation(o.Waarden).Draw(t, "order")
		b, errB := Verloon(o)
		if (errA == nil) != (errB == nil) {
			t.Fatalf("%v, %v", errA, errB)
		}
		if errA == nil && !cmp.Equal(a.Journaal(20261031), b.Journaal(20261031)) {
			t.Error("the journals differ")
		}
	})
}

func TestRunSurvivesJSON(t *testing.T) {
	o := opdracht(medewerker("d1"))
	o.Waarden = []Waarde{{Dienstverband: "d1", Component: 25, Waarde: 500_00}}
	run, err := Verloon(o)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	var back Run
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*run, back); diff != "" {
		t.Errorf("after JSON (-want +got):\n%s", diff)
	}
}

func TestResultsOfSeveralRunsMeetPerEmployment(t *testing.T) {
	o := opdracht(medewerker("d1"), medewerker("d2"))
	first, err := Verloon(o)
	if err != nil {
		t.Fatal(err)
	}
	o.Periode.Number = 11
	second, err := Verloon(o)
	if err != nil {
		t.Fatal(err)
	}
	results := Resultaten(Kop{Componenten: []int{CompNetto}}, first, second)
	people, err := payroll.Collect(results.Employments)
	if err != nil {
		t.Fatal(err)
	}
	if len(people) != 2 || len(people[0].Periods) != 2 || results.From != 10 || results.To != 11 {
		t.Fatalf("%d people, periods %d to %d", len(people), results.From, results.To)
	}
	if got := people[0].Periods[0].Slips[0].Components; len(got) != 1 || got[0].Number != CompNetto {
		t.Errorf("components %+v", got)
	}
}

func TestParametersAreComplete(t *testing.T) {
	if _, err := load2026(); err != nil {
		t.Error(err)
	}
	if _, err := readParameters(parametersCSV, "2025"); err == nil {
		t.Error("2025 was read")
	}
	for _, c := range Standaard() {
		if len(c.Naam) > 14 || c.Nummer >= CompSalaris {
			t.Errorf("component %d %q", c.Nummer, c.Naam)
		}
	}
	for n, v := range vast {
		if len(v.naam) > 14 {
			t.Errorf("component %d %q", n, v.naam)
		}
	}
}

func BenchmarkVerloon5000(b *testing.B) {
	o := opdracht()
	for i := range 5000 {
		d := medewerker(fmt.Sprint("d", i))
		o.Dienstverbanden = append(o.Dienstverbanden, d)
		o.Waarden = append(o.Waarden, Waarde{Dienstverband: d.Identity, Component: 4, Waarde: 250}, Waarde{Dienstverband: d.Identity, Component: 31, Waarde: 4000})
	}
	for b.Loop() {
		if _, err := Verloon(o); err != nil {
			b.Fatal(err)
		}
	}
}

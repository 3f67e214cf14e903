package pipelines

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"loket-etl/ledger"
	"loket-etl/mappings"
	"loket-etl/payroll"
	"loket-etl/pipelines/preview"
)

// trialMapping takes plain values, in a mode and a format.
const trialMapping = `mapping: proef
description: plain values
file:
  format: csv
  name: "proef_{clientnummer}*"
  columns:
    - {name: Werknemer, as: persnr, type: integer, required: yes}
    - {name: Periode, as: periode, required: yes}
    - {name: Component, as: component, type: integer, required: yes}
    - {name: Waarde, as: waarde, type: decimal, required: yes}
    - {name: Kostenplaats, as: plaats}
to:
  what: WHAT
  mode: MODE
  employer: {clientnummer: {from: file_name}}
  employee: {persnr_verl: {column: persnr}}
  period: {column: periode}
  CENTRES
  hours: [1, 3, 16]
  values:
    - component: {column: component}
      value: {column: waarde}
`

const trialHead = "Werknemer;Periode;Component;Waarde;Kostenplaats\r\n"

// trial puts the mapping in force, with a pipeline that leaves out who is wrong.
func (w *world) trial(mode, pipeline string) {
	w.t.Helper()
	what, centres := "variabele-gegevens-xml", "kostenplaats: {column: plaats}"
	if mode == string(preview.Keep) {
		what, centres = "variabele-gegevens-csv", ""
	}
	text := strings.NewReplacer("MODE", mode, "WHAT", what, "CENTRES", centres).Replace(trialMapping)
	if centres == "" {
		text = strings.Replace(text, "    - {name: Kostenplaats, as: plaats}\n", "    - {name: Kostenplaats}\n", 1)
	}
	m, err := mappings.Load(fstest.MapFS{"proef.yaml": {Data: []byte(text)}})
	if err != nil {
		w.t.Fatal(err)
	}
	p, x, err := Load(fstest.MapFS{"proef.yaml": {Data: []byte("pipeline: proef\nmapping: proef\nfiles: [\"proef*\"]\n" + pipeline)}}, m.Get)
	if err != nil {
		w.t.Fatal(err)
	}
	w.runner.Use(Plans{Pipelines: p, Exports: x, Mappings: m})
}

func (w *world) preview(name, content string) preview.Preview {
	w.t.Helper()
	p, err := w.runner.Preview(w.t.Context(), Dry{Pipeline: "proef", Name: name, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(content)), nil
	}}, 3)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// everything is what Loket has of Clientnummer 5555.
func (w *world) everything() map[preview.Key]int64 {
	w.t.Helper()
	w.runner.directory.forget()
	pw := &previewer{Runner: w.runner, made: preview.Preview{}}
	if err := pw.begin(w.t.Context(), "proef"); err != nil {
		w.t.Fatal(err)
	}
	all := map[preview.Key]int64{}
	for _, x := range pw.by {
		if x.Clientnummer != 5555 {
			continue
		}
		for v, err := range pw.standing(w.t.Context(), "VariabeleGegevens", x.Werkgever) {
			if err != nil {
				w.t.Fatal(err)
			}
			all[pw.key(v)] = v.Value
		}
		break
	}
	return all
}

func (w *world) importTrial(name, content string) ledger.Entry {
	w.t.Helper()
	id, _, err := w.runner.Import(w.t.Context(), "proef", name, false, strings.NewReader(content))
	if err != nil {
		w.t.Fatal(err)
	}
	w.settle()
	e, err := w.ledger.Get(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// What a preview says will stand is what stands after the import, for files of
// every kind, in every mode, also where a period is closed.
func TestAPreviewSaysWhatWillStand(t *testing.T) {
	for seed, c := range []struct {
		mode    preview.Mode
		leftOut LeftOut
	}{{preview.Overwrite, KeepLeftOut}, {preview.Keep, KeepLeftOut}, {preview.Add, KeepLeftOut}, {preview.Overwrite, ClearLeftOut}, {preview.Add, ClearLeftOut}} {
		mode := c.mode
		t.Run(fmt.Sprint(mode, " ", c.leftOut), func(t *testing.T) {
			w := newWorld(t)
			w.trial(string(mode), fmt.Sprintf("policy: per-employee\nleft_out: %s\n", c.leftOut))
			rnd := rand.New(rand.NewPCG(7, uint64(seed)))
			for round := range 12 {
				content := trialHead
				for range 1 + rnd.IntN(14) {
					period, plaats := "2026-10", ""
					if rnd.IntN(6) == 0 {
						period = "2026-09" // closed
					}
					if mode != preview.Keep {
						plaats = []string{"", "100", "200"}[rnd.IntN(3)]
					}
					content += fmt.Sprintf("%d;%s;%d;%d,%02d;%s\r\n", 1+rnd.IntN(6), period, []int{1, 3, 30}[rnd.IntN(3)], rnd.IntN(40), rnd.IntN(100), plaats)
				}
				name := fmt.Sprintf("proef_5555_%d.csv", round)
				p := w.preview(name, content)
				e := w.importTrial(name, content)
				if p.Outcome != string(e.Outcome) {
					t.Errorf("round %d: the preview says %s and it is %s %s\n%s", round, p.Outcome, e.Outcome, e.Reason, content)
				}
				w.agrees(p)
			}
		})
	}
}

// agrees holds a preview against what stands.
func (w *world) agrees(p preview.Preview) {
	w.t.Helper()
	stands, sums, mine := w.everything(), map[preview.Key]int64{}, map[preview.Key]bool{}
	for k, v := range stands {
		sums[preview.Key{Clientnummer: k.Clientnummer, Period: k.Period, Component: k.Component}] += v
	}
	for _, e := range p.Employees {
		mine[preview.Key{Clientnummer: e.Clientnummer, Employee: e.Number, Period: e.Period}] = true
		for _, l := range e.Lines {
			got, there := stands[l.Key]
			if there != l.After.Set || got != l.After.Value {
				w.t.Errorf("%+v: the preview says %s, and %s (%t) stands", l.Key, l.After, payroll.Cents(got), there)
			}
			delete(stands, l.Key)
		}
	}
	for k, v := range stands {
		if mine[preview.Key{Clientnummer: k.Clientnummer, Employee: k.Employee, Period: k.Period}] {
			w.t.Errorf("%+v: %s stands and the preview does not say so", k, payroll.Cents(v))
		}
	}
	for _, t := range p.Totals {
		if got := sums[preview.Key{Clientnummer: t.Clientnummer, Period: t.Period, Component: t.Component}]; got != t.After.Value {
			w.t.Errorf("component %d of %s: the preview says %s in all, and it is %s", t.Component, t.Period, t.After, payroll.Cents(got))
		}
	}
}

// All rows in a closed period, and nothing may be sent without the rest.
func TestAPreviewOfAFileThatWillBeRefused(t *testing.T) {
	w := newWorld(t)
	w.trial("Overschrijven", "")
	content := trialHead + "1;2026-10;1;8,00;\r\n2;2026-09;1;8,00;\r\n"
	p := w.preview("proef_5555.csv", content)
	if e := w.importTrial("proef_5555.csv", content); e.Outcome != ledger.RefusedOutcome || p.Outcome != "refused" {
		t.Errorf("the preview says %s and it is %s", p.Outcome, e.Outcome)
	}
	w.agrees(p)
}

func TestAPreviewSendsAndKeepsNothing(t *testing.T) {
	w := newWorld(t)
	w.trial("Overschrijven", "")
	before := w.everything()
	w.preview("proef_5555.csv", trialHead+"1;2026-10;1;8,00;\r\n")
	if diff := cmp.Diff(before, w.everything()); diff != "" || w.imports() != 0 {
		t.Errorf("%d imports, and Loket changed: %s", w.imports(), diff)
	}
	if all, err := w.ledger.List(t.Context(), ledger.Filter{}); err != nil || len(all) != 0 {
		t.Errorf("the ledger has %d entries, %v", len(all), err)
	}
}

func (w *world) findings(p preview.Preview, code string) []string {
	var all []string
	for _, f := range p.Strange {
		if f.Code == code {
			all = append(all, f.Message)
		}
	}
	return all
}

// A file that is nearly an earlier one is told, however its rows stand.
func TestAFileThatIsNearlyAnEarlierOne(t *testing.T) {
	w := newWorld(t)
	w.trial("Optellen", "")
	content := trialHead
	for i := range 12 {
		content += fmt.Sprintf("%d;2026-10;3;%d,00;\r\n", 1+i%6, 1+i/6*3)
	}
	content = strings.ReplaceAll(content, "1;2026-10;3;4,00;", "1;2026-10;30;4,00;")
	w.importTrial("proef_5555_a.csv", content)
	same := "Dit bestand is byte voor byte gelijk aan proef_5555_a.csv (nummer 1, ontvangen 02-11-2026 10:00:00, verwerkt)."
	if got := w.findings(w.preview("proef_5555_b.csv", content), preview.SameFile); len(got) != 1 || got[0] != same {
		t.Errorf("the same bytes: %q", got)
	}
	near := content + "1;2026-10;31;9,00;\r\n"
	if got := w.findings(w.preview("proef_5555_b.csv", near), preview.AlmostSame); len(got) != 0 {
		t.Errorf("seven of eight: %q", got)
	}
	near = strings.Replace(content, "1;2026-10;30;4,00;", "1;2026-10;30;4;", 1)
	almost := "Van de 7 waarden in dit bestand zijn er 7 precies die van proef_5555_a.csv (nummer 1, ontvangen 02-11-2026 10:00:00, verwerkt)."
	if got := w.findings(w.preview("proef_5555_b.csv", near), preview.AlmostSame); len(got) != 1 || got[0] != almost {
		t.Errorf("the same values: %q", got)
	}
}

// Who is not employed any more is refused, and stands on top too.
func TestAPreviewOfSomebodyWhoLeft(t *testing.T) {
	w := newWorld(t)
	w.trial("Overschrijven", "policy: per-employee\n")
	p := w.preview("proef_5555.csv", trialHead+"9;2026-10;3;1,00;\r\n1;2026-10;3;1,00;\r\n")
	want := []string{"Werknemer 9 is in periode 2026-10 niet in dienst (regel 2)."}
	if got := w.findings(p, preview.OutOfService); !cmp.Equal(want, got) || p.Outcome != "partly" {
		t.Errorf("%s: %q", p.Outcome, got)
	}
}

// A file that waits is shown by its plan, and again after somebody changed Loket.
func TestAPreviewOfAnEntryThatWaits(t *testing.T) {
	w := approving(t, nil, PerEmployee)
	w.drop("uren_5555.csv", hoursFile)
	w.settle()
	look := func() preview.Preview {
		t.Helper()
		p, err := w.runner.PreviewEntry(t.Context(), 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := look()
	if !first.Approval || first.Entry != 1 || first.Outcome != "imported" || first.Rows != 3 || len(first.Employees) != 2 || first.Mapping == "" {
		t.Errorf("preview: %+v", first)
	}
	if again := look(); again.Standing != first.Standing {
		t.Error("nothing changed, and the checksum did")
	}
	w.runner.Bindings[0].Approval = NoApproval
	if _, _, err := w.runner.Import(t.Context(), "urenregistratie", "uren_5555_b.csv", false, strings.NewReader(hoursHead+"1;A;05-10-2026;Normaal;1;100;\r\n")); err != nil {
		t.Fatal(err)
	}
	w.settle()
	then := look()
	if then.Standing == first.Standing {
		t.Error("Loket changed, and the checksum did not")
	}
	for _, l := range then.Employees[0].Lines {
		if l.Employee == 1 && (l.Now != preview.Of(1_00) || l.After != preview.Of(15_50)) {
			t.Errorf("now %s, after %s", l.Now, l.After)
		}
	}
	w.approve(1)
	w.state(1, ledger.Held, "een nieuwer bestand (nummer 2) heeft dezelfde waarden al in Loket gezet")
	w.act(w.ledger.Release, 1) // that is no matter of approval: it was given
	w.settle()
	w.inLoket(hoursStand)
	if _, err := w.runner.PreviewEntry(t.Context(), 1, 2); !errors.Is(err, ledger.ErrState) {
		t.Errorf("a settled entry: %v", err)
	}
}

// Leave and changes: what a preview says is what comes of it.
func TestAPreviewOfLeaveAndOfChanges(t *testing.T) {
	w := newWorld(t)
	show := func(pipeline, name, content string) preview.Preview {
		t.Helper()
		p, err := w.runner.Preview(t.Context(), Dry{Pipeline: pipeline, Name: name, Open: func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(content)), nil
		}}, 3)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	before := show("verlof", "verlof.csv", leaveFile)
	if len(before.Leave) != 1 || before.Leave[0].Lines != 2 || before.Leave[0].After.Value-before.Leave[0].Now.Value != -16_00 {
		t.Fatalf("leave: %+v", before.Leave)
	}
	w.drop("verlof.csv", leaveFile)
	w.settle()
	after := show("verlof", "verlof-2.csv", leaveFile+"\r\n")
	if after.Leave[0].Now != before.Leave[0].After {
		t.Errorf("the preview said %s, and %s stands", before.Leave[0].After, after.Leave[0].Now)
	}
	const moved = "Clientnummer;Personeelsnummer;Naam;Straat;Huisnummer;Toevoeging;Postcode;Plaats;Land;Post straat;Post huisnummer;Post postcode;Post plaats;Post land\r\n" +
		"5555;1;A;Lindelaan;12;;9401 AB;Assen;NL;;;;;\r\n"
	p := show("persoon-adres", "adres.csv", moved)
	if len(p.Records) != 1 || len(p.Records[0].Fields) == 0 || strings.Contains(fmt.Sprint(p.Records), "Lindelaan") {
		t.Errorf("records: %+v", p.Records)
	}
	if _, _, err := w.runner.Import(t.Context(), "persoon-adres", "adres.csv", false, strings.NewReader(moved)); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if p := show("persoon-adres", "adres.csv", moved+"\r\n"); len(p.Records) != 1 || len(p.Records[0].Fields) != 0 {
		t.Errorf("after it was done: %+v", p.Records)
	}
}

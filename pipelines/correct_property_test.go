package pipelines

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/ledger"
	"loket-etl/ledger/ledgertest"
	"loket-etl/loket"
	"loket-etl/loket/contract"
	"loket-etl/loket/sandbox"
	"loket-etl/mappings"
)

// sequencePlans are a mapping per way of bringing values, and the pipelines that clear.
func sequencePlans(t testing.TB) Plans {
	t.Helper()
	const file = `
file:
  format: csv
  columns:
    - {name: Nr, as: nr, type: integer, required: yes}
    - {name: Datum, as: datum, type: date, layouts: [dd-MM-yyyy], required: yes}
    - {name: Component, as: component, type: integer, required: yes}
    - {name: Plaats, as: plaats}
    - {name: Strook, as: strook, type: integer}
    - {name: Waarde, as: waarde, type: decimal, required: yes}
`
	const to = `  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: nr}}
`
	const values = to + `  period: {date: datum}
  hours: [1, 3]
  slip: {column: strook}
  values:
    - component: {column: component}
      value: {column: waarde}
`
	m := fstest.MapFS{}
	p := fstest.MapFS{}
	for name, body := range map[string]string{
		"vervangend": "to:\n  what: variabele-gegevens-xml\n  mode: Overschrijven\n" + values + "  kostenplaats: {column: plaats}\n",
		"platte":     "to:\n  what: variabele-gegevens-csv\n  mode: Overschrijven\n" + values,
		"tellend":    "to:\n  what: variabele-gegevens-xml\n  mode: Optellen\n" + values + "  kostenplaats: {column: plaats}\n",
		"vrij": "to:\n  what: verlof-csv\n" + to +
			"  leave: {from: {column: datum}, soort: {constant: 1}, factor: {column: component}, eenheden: {column: waarde}}\n",
	} {
		m[name+".yaml"] = &fstest.MapFile{Data: []byte("mapping: " + name + "\ndescription: test" + file + body)}
		p[name+".yaml"] = &fstest.MapFile{Data: []byte("pipeline: " + name + "\nmapping: " + name + "\nfiles: [\"" + name + "*\"]\npolicy: per-employee\nleft_out: clear\n")}
	}
	set, err := mappings.Load(m)
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := Load(p, set.Get)
	if err != nil {
		t.Fatal(err)
	}
	return Plans{Pipelines: all, Mappings: set}
}

func newSequenceWorld(t testing.TB, change ...func(*Options)) *world {
	w := newWorld(t, append(change, func(o *Options) {
		o.Bindings = nil
		for _, name := range []string{"vervangend", "platte", "tellend", "vrij"} {
			o.Bindings = append(o.Bindings, Binding{Pipeline: name, Inbox: "in"})
		}
	})...)
	w.ledger = w.runner.Ledger
	w.runner.Use(sequencePlans(t))
	return w
}

// fileOf draws a file; a clean one has nothing that would be refused.
func fileOf(rng *rand.Rand, kind string, clean bool) string {
	var b strings.Builder
	b.WriteString("Nr;Datum;Component;Plaats;Strook;Waarde\r\n")
	for range 1 + rng.IntN(7) {
		nr, day := 1+rng.IntN(4), 1+rng.IntN(28)
		component := []string{"1", "3", "284"}[rng.IntN(3)]
		value := []string{"0", "1,25", "8", "8", "7,5"}[rng.IntN(5)]
		if kind == "vrij" {
			component, day = []string{"1", "-1", "-1"}[rng.IntN(3)], 1+rng.IntN(3)
		}
		if component == "284" && rng.IntN(2) == 0 {
			value = "-" + value
		}
		if !clean && kind != "vrij" && rng.IntN(8) == 0 {
			component = "999" // Loket refuses it
		}
		if !clean && rng.IntN(12) == 0 {
			value = "acht" // we refuse the employee
		}
		plaats, strook := []string{"", "100", "200"}[rng.IntN(3)], []string{"1", "1", "2"}[rng.IntN(3)]
		fmt.Fprintf(&b, "%d;%02d-10-2026;%s;%s;%s;%s\r\n", nr, day, component, plaats, strook, value)
	}
	return b.String()
}

// standing is everything that stands of the first five employees of 5555 in period 10,
// and the balance of their leave.
func (w *world) standing() map[string]string {
	w.t.Helper()
	c := newClient(w.t, w.url, w.clock.Now, time.Minute, nil)
	got := map[string]string{}
	balances := map[string]int64{}
	for nr := 1; nr <= 5; nr++ {
		of := w.employment(nr)
		for v, err := range c.List(w.t.Context(), "VariabeleGegevens", of.Identity) {
			if err != nil {
				w.t.Fatal(err)
			}
			if v.Text("PeriodeNummer") != "10" {
				continue
			}
			key := fmt.Sprintf("%d strook %s kp%s %s", nr, v.Text("SoortStrook"), v.Text("Kostenplaats"), v.Text("Component"))
			if _, twice := got[key]; twice {
				w.t.Errorf("%s stands twice", key)
			}
			got[key] = v.Text("Waarde")
		}
		for v, err := range c.List(w.t.Context(), "Verlof", of.Identity) {
			if err != nil {
				w.t.Fatal(err)
			}
			balance(balances, nr, v, w.t)
		}
	}
	for key, n := range balances {
		if n != 0 {
			got[key] = fmt.Sprint(n)
		}
	}
	return got
}

func balance(to map[string]int64, nr int, v loket.Entity, t testing.TB) {
	value, err := valueOf(v)
	if err != nil {
		t.Fatal(err)
	}
	to[fmt.Sprintf("%d verlof %s %d", nr, value.Verlof.Ingangsdatum, value.Verlof.Soort)] += int64(value.Verlof.Factor) * int64(value.Verlof.Eenheden)
}

// byHand is what somebody typed into Loket: no file of a pipeline names it.
func (w *world) byHand() {
	w.t.Helper()
	w.types(5, 1, "100", 400)
}

// With clearing on, any sequence of files for one employer and period ends in the
// values, for leave in the balances, of the last one alone: whatever was taken back,
// refused or unanswered on the way.
func TestAnySequenceOfFilesEndsInTheLastOneAlone(t *testing.T) {
	for _, kind := range []string{"vervangend", "platte", "tellend", "vrij"} {
		for seed := range 8 / thin {
			t.Run(fmt.Sprintf("%s %d", kind, seed), func(t *testing.T) {
				t.Parallel()
				rng := rand.New(rand.NewPCG(uint64(seed), uint64(len(kind))))
				w := newSequenceWorld(t, func(o *Options) {
					if seed == 0 {
						o.Ledger = openLedger(t, ledgertest.Postgres(t), o.Now)
					}
				})
				w.byHand()
				for n := range 1 + rng.IntN(5) {
					content := fileOf(rng, kind, false)
					// What was added in part and got no answer is for a person.
					if rng.IntN(3) == 0 && (kind != "tellend" || !strings.Contains(content, ";999;")) {
						w.loket.SetMood(sandbox.Mood{Function: importFunction, Skip: rng.IntN(2), Count: 1,
							Kind: []sandbox.MoodKind{sandbox.LostBefore, sandbox.LostAfter, sandbox.Busy, sandbox.Internal, sandbox.InternalAfter}[rng.IntN(5)]})
					}
					w.drop(fmt.Sprintf("%s_%d.csv", kind, n), content)
					if rng.IntN(4) == 0 {
						continue // the next one comes before this one is done
					}
					w.settle()
					w.loket.SetMood()
					if rng.IntN(3) == 0 {
						w.undoSome(rng)
					}
				}
				last := fileOf(rng, kind, true)
				w.drop(kind+"_last.csv", last+"\r\n")
				w.settle()
				w.loket.SetMood()
				w.nothingHeld()

				alone := newSequenceWorld(t)
				alone.byHand()
				alone.drop(kind+"_last.csv", last)
				alone.settle()
				if diff := cmp.Diff(alone.standing(), w.standing()); diff != "" {
					t.Errorf("what stands (-last alone +sequence):\n%s", diff)
					w.tellAll()
				}
			})
		}
	}
}

// undoSome takes some file back, as far as that may.
func (w *world) undoSome(rng *rand.Rand) {
	w.t.Helper()
	all, err := w.ledger.List(w.t.Context(), ledger.Filter{Outcomes: []ledger.Outcome{ledger.Imported, ledger.Partly}})
	if err != nil {
		w.t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(e ledger.Entry) bool { return e.Undoes != 0 })
	if len(all) == 0 {
		return
	}
	e := all[0]
	if rng.IntN(4) == 0 {
		e = all[rng.IntN(len(all))]
	}
	_, err = Undo(w.t.Context(), w.ledger, e.ID, "tester", "a draw of the test")
	if err != nil && !errors.Is(err, ErrNoUndo) && !errors.Is(err, ledger.ErrUndone) {
		w.t.Fatal(err)
	}
	w.settle()
}

func (w *world) nothingHeld() {
	w.t.Helper()
	all, err := w.ledger.List(w.t.Context(), ledger.Filter{Unsettled: true})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range all {
		w.t.Errorf("%s (%d) is %s: %s", e.Name, e.ID, e.State, e.Reason)
	}
}

// tellAll shows what came in and what was sent.
func (w *world) tellAll() {
	all, _ := w.ledger.List(w.t.Context(), ledger.Filter{})
	slices.Reverse(all)
	for _, e := range all {
		w.t.Logf("%d %s %s %s %s undoes %d\n%s", e.ID, e.Name, e.State, e.Outcome, e.Verdict, e.Undoes, w.read(path.Join(path.Dir(e.Target), path.Base(e.Target))))
		for l := range w.ledger.Lines(w.t.Context(), e.ID) {
			c, err := contract.UnmarshalArgs(l.Function, l.Args)
			if err != nil {
				w.t.Log(err)
				continue
			}
			f, _ := c.Args["Bestand"].(contract.File)
			w.t.Logf("call %d %s %s %v\n%s\nbefore %s\nnote %s", l.No, l.State, l.Subject, c.Args["Verwerkingswijze"], f.Content, l.Baseline, l.Note)
		}
	}
}

package pipelines

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
	"loket-etl/payroll"
)

// A standing is what Loket has under the keys of one import call: for
// variabele gegevens the value of a component in hundredths, for verlof the
// number of equal leave records. A key that has nothing is absent.
type standing map[string]int64

// resolve settles a call whose outcome nobody knows: it waits until Loket can
// no longer be busy with it, reads back what stands there, and records what it
// finds. It sends nothing.
func (r *Runner) resolve(ctx context.Context, lease *ledger.Lease, line ledger.Line, call contract.Call) error {
	now, busy := r.Now(), r.CallTimeout+r.Grace
	quiet := line.Sent.Add(busy)
	if line.Class != string(contract.Overwrite) { // by no clock but our own may it be over
		if known := now.Sub(r.doubts.since(lease.Entry().ID, line, now)); known < busy && quiet.Before(now.Add(busy-known)) {
			quiet = now.Add(busy - known)
		}
	}
	if now.Before(quiet) {
		return wait(lease.Later(ctx, quiet, "wachten tot Loket niet meer bezig kan zijn met de vorige aanroep"))
	}
	r.recent.forget() // what it left
	w := ways[line.Function]
	if w.look == nil {
		return r.park(ctx, lease, fmt.Sprintf("onbekend of aanroep %d (%s) is uitgevoerd, en Loket laat dat niet nalezen; vraag het na bij Loket en beslis", line.No, line.Subject))
	}
	stands, err := w.look(ctx, r, call)
	if err != nil {
		return fmt.Errorf("read back call %d: %w", line.No, err)
	}
	before := line.Baseline
	if len(before) == 0 {
		before = []byte("{}")
	}
	note, done, err := w.done(ctx, r, line, call, before, stands)
	if err != nil {
		return fmt.Errorf("read back call %d: %w", line.No, err)
	}
	overwrite := line.Class == string(contract.Overwrite)
	switch {
	case done:
		return r.record(ctx, lease, line, note)
	case overwrite && now.Sub(line.Sent) <= r.ResendWithin, !overwrite && bytes.Equal(stands, before):
		// Read back and not there: it was not carried out, so it may be sent.
		if err := lease.Record(ctx, line.No, ledger.LinePlanned, nil); err != nil {
			return fmt.Errorf("put call %d back: %w", line.No, err)
		}
		return nil
	}
	return r.park(ctx, lease, fmt.Sprintf("onbekend of aanroep %d (%s) is uitgevoerd: wat in Loket staat past bij geen van beide; kijk in Loket en beslis", line.No, line.Subject))
}

// expected is what should stand once the call was carried out.
func expected(values []mappings.ImportValue, people *employments, before standing, overwrite bool) standing {
	after := maps.Clone(before)
	for _, v := range values {
		key := people.key(v)
		switch {
		case key == "": // Loket refuses the line
		case v.Verlof != nil:
			after[key]++
		case v.None:
			delete(after, key)
		case overwrite && !v.Aanvulling:
			after[key] = v.Value
		default:
			after[key] += v.Value
		}
	}
	return after
}

// readBack is the answer that was lost, as what stands shows it: Loket refused
// the lines of people whom it does not know.
func readBack(values []mappings.ImportValue, people *employments) lineNote {
	lines, note := map[int]bool{}, lineNote{ReadBack: true}
	for _, v := range values {
		switch {
		case lines[v.Regelnummer]:
		case people.key(v) == "":
			note.Refused++
			note.Lines = append(note.Lines, refusedLine{v.Regelnummer, "Loket kent deze werknemer niet."})
		default:
			note.Accepted++
		}
		lines[v.Regelnummer] = true
	}
	return note
}

// valueKey names what a value is about: whose, when, and what.
func valueKey(v mappings.ImportValue, dienstverband string) string {
	if l := v.Verlof; l != nil {
		return fmt.Sprintf("%s|%s|%s|%d|%d|%s", dienstverband, l.Ingangsdatum, l.Einddatum, l.Soort, l.Factor, l.Eenheden)
	}
	return fmt.Sprintf("%s|%s|%d|%d|%d|%s|%s|%d", dienstverband, v.Period, v.Strook, v.Ploeg, v.Verdeeleenheid, v.Kostenplaats, v.Kostendrager, v.Component)
}

// fewPeople is up to how many employees are read one by one; more are read
// with the whole Werkgever at once.
const fewPeople = 40

// snapshot reads what stands in Loket under the keys of an import call.
func (r *Runner) snapshot(ctx context.Context, call contract.Call) (standing, error) {
	values, err := mappings.Read(call)
	if err != nil {
		return nil, err
	}
	owner, _ := call.Args["ParentDataIdentity"].(string)
	return r.standingOf(ctx, values, owner)
}

// standingOf reads what stands in Loket under the keys of values; owner is the
// identity of their Werkgever, "" when they have more than one.
func (r *Runner) standingOf(ctx context.Context, values []mappings.ImportValue, owner string) (standing, error) {
	people, _, err := r.directory.read(ctx, r.Loket, r.Now())
	if err != nil {
		return nil, err
	}
	entity := "VariabeleGegevens"
	wanted, parents, first := map[string]bool{}, map[string]bool{}, map[string]string{}
	for _, v := range values {
		for i, id := range people.dienstverbanden(v) {
			if i == 0 {
				wanted[valueKey(v, id)] = true
			}
			parents[id], first[id] = true, people.dienstverbanden(v)[0]
		}
		if v.Verlof != nil {
			entity = "Verlof"
		}
	}
	if owner != "" && len(parents) > fewPeople {
		parents = map[string]bool{owner: true}
	}
	got := standing{}
	for _, parent := range slices.Sorted(maps.Keys(parents)) {
		for e, err := range r.Loket.List(ctx, entity, parent) {
			if err != nil {
				return nil, fmt.Errorf("list %s: %w", entity, err)
			}
			v, err := valueOf(e)
			if err != nil {
				return nil, err
			}
			switch key := valueKey(v, first[e.Parent]); {
			case !wanted[key]:
			case v.Verlof != nil:
				got[key]++
			default:
				got[key] += v.Value
			}
		}
	}
	return got, nil
}

// valueOf is a record of VariabeleGegevens or Verlof as the value that an
// import file would have for it.
func valueOf(e loket.Entity) (mappings.ImportValue, error) {
	if e.Name == "Verlof" {
		units, err := payroll.ParseHours(e.Text("Eenheden"))
		if err != nil {
			return mappings.ImportValue{}, fmt.Errorf("units of Verlof %s: %w", e.Identity, err)
		}
		return mappings.ImportValue{Verlof: &mappings.Verlof{
			Ingangsdatum: date(e, "Ingangsdatum"), Einddatum: date(e, "Einddatum"),
			Soort: number(e, "Soort"), Factor: number(e, "Factor"), Eenheden: units,
		}}, nil
	}
	amount, err := payroll.ParseCents(e.Text("Waarde"))
	if err != nil {
		return mappings.ImportValue{}, fmt.Errorf("value of VariabeleGegevens %s: %w", e.Identity, err)
	}
	return mappings.ImportValue{
		Period: payroll.Period{Year: number(e, "Jaar"), Number: number(e, "PeriodeNummer")},
		Strook: number(e, "SoortStrook"), Ploeg: number(e, "Ploeg"), Verdeeleenheid: number(e, "Verdeeleenheid"),
		Kostenplaats: e.Text("Kostenplaats"), Kostendrager: e.Text("Kostendrager"),
		Component: number(e, "Component"), Value: int64(amount),
	}, nil
}

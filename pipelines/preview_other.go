package pipelines

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"loket-etl/loket/contract"
	"loket-etl/mappings"
	"loket-etl/payroll"
	"loket-etl/pipelines/preview"
)

// record adds a call that is no import: what it would change of the record that it
// is about, as far as Loket shows that.
func (w *previewer) record(ctx context.Context, pc mappings.Planned) error {
	rec := preview.Record{Subject: Discreet(pc.Subject), Fields: []preview.Field{}}
	if len(w.made.Records) >= preview.MaxEmployees {
		return fmt.Errorf("more than %d changes: %w", preview.MaxEmployees, preview.ErrTooMuch)
	}
	fn, ok := contract.Lookup(pc.Call.Function)
	if !ok {
		return fmt.Errorf("the contract has no function %s", pc.Call.Function)
	}
	stands := map[string]string{}
	call, shown := pc.Call, ways[pc.Call.Function].narrow != nil
	if shown {
		now, err := lookAtRecord(ctx, w.Runner, call)
		if err != nil {
			return err
		}
		w.records = append(w.records, string(now))
		if stands, err = fieldsOf(now); err != nil {
			return err
		}
		if call, ok, err = onlyWhatDiffers(call, now); err != nil {
			return err
		}
		if !ok {
			call.Args = nil // all of it stands
		}
	}
	for _, l := range fn.Leaves() {
		v, given := l.In(call.Args)
		if !given || l.Field == "DataIdentity" || l.Field == "ParentDataIdentity" {
			continue
		}
		f := preview.Field{Name: l.Field, Now: stands[l.Field]}
		if _, empties := v.(contract.Nil); !empties {
			if typ, ok := contract.LookupType(l.Type); ok {
				text, err := typ.Text(v)
				if err != nil {
					return err
				}
				f.After = text
			}
		}
		if f.Now == f.After && shown {
			continue // goes along with what differs
		}
		if l.Type == "BSN" || l.Type == "IBAN" || w.mapping.IsPersonal(l.Field) {
			f.Now, f.After = payroll.Mask(f.Now), payroll.Mask(f.After)
		}
		f.Now, f.After = Discreet(f.Now), Discreet(f.After)
		rec.Fields = append(rec.Fields, f)
	}
	w.made.Records = append(w.made.Records, rec)
	return nil
}

// leaveOf is a kind of leave of somebody in a year.
type leaveOf struct{ werkgever, employee, year, soort int }

func kindOfLeave(v mappings.ImportValue) leaveOf {
	return leaveOf{v.WerkgeverID, v.PersnrVerl, v.Verlof.Ingangsdatum.Year(), v.Verlof.Soort}
}

// readLeave adds up the leave records at a Werkgever, of those in the file.
func (w *previewer) readLeave(ctx context.Context, owner string) error {
	sums, ids := map[leaveOf]*preview.Leave{}, map[int]bool{}
	for x := range w.people.table.All() {
		if x.Werkgever == owner {
			ids[x.WerkgeverID] = true
		}
	}
	for _, v := range w.leave {
		if !ids[v.WerkgeverID] {
			continue
		}
		k := kindOfLeave(v)
		if sums[k] == nil {
			sums[k] = &preview.Leave{WerkgeverID: k.werkgever, Employee: k.employee, Year: k.year, Soort: k.soort, Now: preview.Of(0), After: preview.Of(0)}
		}
		sums[k].Lines++
		sums[k].After.Value += int64(v.Verlof.Factor) * int64(v.Verlof.Eenheden)
	}
	for v, err := range w.standing(ctx, "Verlof", owner) {
		if err != nil {
			return err
		}
		if s := sums[kindOfLeave(v)]; s != nil {
			n := int64(v.Verlof.Factor) * int64(v.Verlof.Eenheden)
			s.Now.Value += n
			s.After.Value += n
		}
	}
	for _, s := range sums {
		w.made.Leave = append(w.made.Leave, *s)
	}
	slices.SortFunc(w.made.Leave, func(a, b preview.Leave) int {
		return cmp.Or(a.WerkgeverID-b.WerkgeverID, a.Employee-b.Employee, a.Year-b.Year, a.Soort-b.Soort)
	})
	return nil
}

package pipelines

import (
	"context"
	"fmt"

	"loket-etl/ledger"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
)

// record puts the fields of a record back as they were before a change; a call that
// has no way back stays, by name.
func (u *undoing) record(ctx context.Context, line ledger.Line) error {
	u.rows += max(line.Rows, 1)
	note, err := readNote(line)
	if err != nil {
		return err
	}
	if note.Unsent {
		u.back += max(line.Rows, 1)
		return nil
	}
	if !canUndo(line) {
		u.keeps(fmt.Sprintf("Aanroep %d (%s, %s) is niet terug te draaien: wat gemaakt, verwijderd of besloten is blijft zo.", line.No, line.Function, line.Subject))
		return nil
	}
	if len(line.Baseline) == 0 {
		u.keeps(fmt.Sprintf("Aanroep %d (%s, %s): wat er voor deze wijziging stond is niet bewaard, dus het is niet teruggezet.", line.No, line.Function, line.Subject))
		return nil
	}
	call, err := contract.UnmarshalArgs(line.Function, line.Args)
	if err != nil {
		return fmt.Errorf("read call %d of the plan: %w", line.No, err)
	}
	now, err := lookAtRecord(ctx, u.Runner, call)
	if err != nil {
		return err
	}
	_, stands, err := recordDone(ctx, u.Runner, line, call, nil, now)
	if err != nil {
		return err
	}
	if !stands {
		u.keeps(fmt.Sprintf("Aanroep %d (%s, %s): de gegevens zijn na dit bestand in Loket gewijzigd en blijven zoals ze zijn.", line.No, line.Function, line.Subject))
		return nil
	}
	old, field, err := putBack(call, line.Baseline, now)
	if err != nil {
		return err
	}
	if field != "" {
		u.keeps(fmt.Sprintf("Aanroep %d (%s, %s): veld %s was leeg en kan in Loket niet leeggemaakt worden; er is niets teruggezet.", line.No, line.Function, line.Subject, field))
		return nil
	}
	u.back += max(line.Rows, 1)
	u.calls = append(u.calls, plannedCall{Planned: mappings.Planned{Call: old, Subject: line.Subject + ", teruggedraaid", Rows: max(line.Rows, 1)}})
	return nil
}

// putBack is the call that makes a record what it was; field names one that cannot
// be emptied again.
func putBack(call contract.Call, before, now []byte) (old contract.Call, field string, err error) {
	fn, ok := contract.Lookup(call.Function)
	if !ok {
		return old, "", fmt.Errorf("the contract has no function %s", call.Function)
	}
	was, err := fieldsOf(before)
	if err != nil {
		return old, "", err
	}
	stands, err := fieldsOf(now)
	if err != nil {
		return old, "", err
	}
	old = contract.Call{Function: call.Function, Args: map[string]any{"DataIdentity": call.Args["DataIdentity"]}}
	empty := map[string]bool{} // groups that had nothing
	for _, l := range fn.Leaves() {
		if g := groupOf(l); g != "" {
			if _, known := empty[g]; !known {
				empty[g] = true
			}
			empty[g] = empty[g] && was[l.Field] == ""
		}
	}
	for _, l := range fn.Leaves() {
		text, shown := was[l.Field]
		g := groupOf(l)
		switch {
		case !shown || l.Field == "DataIdentity":
		case g != "" && empty[g]:
			if stands[l.Field] != "" {
				if !l.Groups[0].Nillable {
					return old, l.Field, nil
				}
				old.Args[g] = contract.Nil{}
			}
		case text != "":
			typ, ok := contract.LookupType(l.Type)
			if !ok {
				return old, "", fmt.Errorf("%s has the unknown type %s", l.Field, l.Type)
			}
			v, err := typ.Value(text)
			if err != nil {
				return old, "", fmt.Errorf("put back %s: %w", l.Field, err)
			}
			l.Put(old.Args, v)
		case stands[l.Field] == "" || l.Default != "" && stands[l.Field] == l.Default:
		case l.Nillable && l.Needed(): // all that goes with it goes too
			return contract.Call{Function: call.Function, Args: map[string]any{"DataIdentity": call.Args["DataIdentity"], l.Name: contract.Nil{}}}, "", nil
		case l.Nillable:
			l.Put(old.Args, contract.Nil{})
		default:
			return old, l.Field, nil
		}
	}
	return old, "", nil
}

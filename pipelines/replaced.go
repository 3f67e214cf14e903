package pipelines

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
)

// attachReplaced is the JSON problemList of what a file replaced that earlier ones
// brought.
const attachReplaced = "replaced"

// earlierReplaced is how many earlier files about the same are looked through for who
// brought a value.
const earlierReplaced = 20

// replacing counts the values that earlier files brought and that this one replaces by
// others. Where a file takes the place of those of its pipeline, only those of other
// pipelines count.
type replacing struct {
	*Runner
	pipeline string
	clears   bool
	entry    ledger.ID // 0: it is none yet
	by       map[ledger.ID]int
}

// line looks at a call that was made.
func (x *replacing) line(ctx context.Context, line ledger.Line, note lineNote) error {
	if line.Class != string(contract.Overwrite) || !ways[line.Function].imports || line.State != ledger.LineDone || len(line.Baseline) == 0 || note.Correction || note.Unsent {
		return nil
	}
	was := standing{}
	if err := json.Unmarshal(line.Baseline, &was); err != nil {
		return fmt.Errorf("read what stood before call %d: %w", line.No, err)
	}
	if len(was) == 0 {
		return nil
	}
	call, err := contract.UnmarshalArgs(line.Function, line.Args)
	if err != nil {
		return fmt.Errorf("read call %d of the plan: %w", line.No, err)
	}
	return x.call(ctx, call, was, note.refuses(line))
}

// call looks at a call, and what stood before it. Refused values change nothing.
func (x *replacing) call(ctx context.Context, call contract.Call, was standing, refused func(mappings.ImportValue) bool) error {
	if mode := call.Args["Verwerkingswijze"]; mode != nil && mode != mappings.Overschrijven {
		return nil
	}
	values, err := mappings.Read(call)
	if err != nil {
		return fmt.Errorf("read an import file: %w", err)
	}
	people, _, err := x.directory.read(ctx, x.Loket, x.Now())
	if err != nil {
		return err
	}
	changed := map[string]int64{}
	for _, v := range values {
		key := people.key(v)
		if n, stood := was[key]; stood && !v.Aanvulling && (v.None || n != v.Value) && !refused(v) {
			changed[key] = n
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return x.brought(ctx, scopeOf(call), changed, people)
}

// brought counts the changed values by the newest earlier file that had them, as far
// as they still stood as that file left them.
func (x *replacing) brought(ctx context.Context, scope string, changed map[string]int64, people *employments) error {
	earlier, err := x.Ledger.MadeBefore(ctx, scope, x.entry, earlierReplaced)
	if err != nil {
		return err
	}
	for _, e := range earlier {
		if len(changed) == 0 || e.Purged {
			return nil
		}
		calls, err := x.callsMade(ctx, e.ID, scope)
		if err != nil {
			return err
		}
		left := map[string]bool{} // whether it stood as this file left it
		for _, c := range calls {
			for _, v := range c.values {
				key := people.key(v)
				if n, is := changed[key]; is {
					left[key] = !v.None && (c.class != contract.Overwrite || v.Aanvulling || n == v.Value)
				}
			}
		}
		for key, as := range left {
			delete(changed, key)
			if as && !(x.clears && e.Pipeline == x.pipeline) {
				x.by[e.ID]++
			}
		}
	}
	return nil
}

// notes say what was replaced; will is said before it is.
func (x *replacing) notes(will bool) (all []formats.Problem) {
	verb, repair := "vervangen", "Kijk of dat de bedoeling is. Zo niet, laat dit bestand dan terugdraaien."
	if will {
		verb, repair = "zullen vervangen", "Kijk of dat de bedoeling is voor u het aanlevert."
	}
	for _, id := range slices.Sorted(maps.Keys(x.by)) {
		what := fmt.Sprintf("%d waarden %s", x.by[id], verb)
		if x.by[id] == 1 {
			what = "1 waarde vervangt"
			if will {
				what = "1 waarde zal vervangen"
			}
		}
		all = append(all, formats.Problem{Code: "vervangt-eerdere", Message: fmt.Sprintf("%s wat bestand nummer %d eerder bracht.", what, id), Repair: repair})
	}
	return all
}

// planned looks at a call that would be made.
func (x *replacing) planned(ctx context.Context, call contract.Call) error {
	if !ways[call.Function].imports || x.Ledger == nil {
		return nil
	}
	if fn, ok := contract.Lookup(call.Function); !ok || fn.ClassOf(call) != contract.Overwrite {
		return nil
	}
	earlier, err := x.Ledger.MadeBefore(ctx, scopeOf(call), 0, 1)
	if err != nil || len(earlier) == 0 {
		return err
	}
	was, err := x.snapshot(ctx, call)
	if err != nil {
		return err
	}
	return x.call(ctx, call, was, func(mappings.ImportValue) bool { return false })
}

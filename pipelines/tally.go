package pipelines

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
)

// outcome adds up the answers to all calls of a file.
type outcome struct {
	most         int // problems to keep
	done, faults int
	unnamed      int               // lines that Loket refused without saying which
	reason       string            // of the last fault
	whole        []formats.Problem // of calls that Loket refused whole
	rows         int               // source rows that were not taken, after extractAfter
	problems     problemList
	notes        []formats.Problem // of what earlier files brought and this one replaced

	refused map[mappings.Employee]bool // whose rows Loket refused
	taken   map[mappings.Employee]bool // of whom an adding call took something
	lines   map[int][]int              // refused lines of leave and of changes, by call
}

// finishDelivery commits what became of the file as a whole.
func (r *Runner) finishDelivery(ctx context.Context, lease *ledger.Lease) error {
	out, err := r.tally(ctx, lease)
	if err != nil {
		return err
	}
	if out.done > 0 { // else the reason of the whole file says it
		for _, p := range out.whole {
			out.problem(p)
		}
		if !r.replaces(lease.Entry()) {
			out.mixed()
		}
	}
	switch {
	case lease.Entry().Undoes != 0:
		out.repair(func(string) string { return "Kijk in Loket wat er hoort te staan en verbeter het daar." })
	case r.replaces(lease.Entry()): // there is no refused part to hand back
		out.repair(func(s string) string { return strings.Replace(s, "het afgekeurde deel", "het hele bestand", 1) })
	}
	if len(out.notes) > 0 {
		if err := attachJSONDoc(ctx, lease, attachReplaced, problemList{Problems: out.notes}); err != nil {
			return err
		}
	}
	discreet(out.problems.Problems)
	if len(out.problems.Problems) > 0 {
		if err := attachJSONDoc(ctx, lease, attachRefusals, out.problems); err != nil {
			return err
		}
	}
	if out.done > 0 && len(out.refused)+len(out.lines) > 0 && lease.Entry().Undoes == 0 {
		if r.sealed(lease.Entry()) && lease.Entry().Refused == 0 {
			out.problem(notHandedBack)
			if err := attachJSONDoc(ctx, lease, attachRefusals, out.problems); err != nil {
				return err
			}
		}
		if out.rows, err = r.extractAfter(ctx, lease, out); err != nil {
			return err
		}
	}
	next := lease.Entry()
	out.decide(&next)
	next.Target = r.aim(ctx, next)
	return lease.Move(ctx, ledger.Planned, ledger.Delivered, func(e *ledger.Entry) { *e = next })
}

// decide sets what became of the file.
func (o *outcome) decide(e *ledger.Entry) {
	e.Reason, e.Verdict = "", o.reason
	switch {
	case o.done == 0 && e.Calls > 0:
		e.Outcome, e.Refused, e.Accepted = ledger.RefusedOutcome, e.Rows, 0
	case e.Refused > 0 || len(o.refused)+len(o.lines) > 0 || o.faults+o.unnamed > 0:
		e.Outcome = ledger.Partly
		lost := max(o.rows-e.Refused, 0)
		if o.rows == 0 { // no part to hand back: such a line is a row
			for _, lines := range o.lines {
				lost += len(lines)
			}
		}
		e.Accepted, e.Refused = e.Accepted-lost, e.Refused+lost
	default:
		e.Outcome = ledger.Imported
	}
}

func (r *Runner) tally(ctx context.Context, lease *ledger.Lease) (outcome, error) {
	out := outcome{
		most: r.Limits.problems(), refused: map[mappings.Employee]bool{}, taken: map[mappings.Employee]bool{}, lines: map[int][]int{},
	}
	e := lease.Entry()
	replaced := replacing{Runner: r, pipeline: e.Pipeline, clears: r.replaces(e), entry: e.ID, by: map[ledger.ID]int{}}
	for line, err := range lease.Lines(ctx) {
		if err != nil {
			return out, fmt.Errorf("read the plan: %w", err)
		}
		note, err := readNote(line)
		if err != nil {
			return out, err
		}
		if note.Fault == "" && (note.Accepted > 0 || note.Refused == 0) {
			out.done++
		}
		if e.Undoes == 0 {
			if err := replaced.line(ctx, line, note); err != nil {
				return out, err
			}
		}
		adds := line.Class != string(contract.Overwrite)
		if note.Fault == "" && note.Refused == 0 && (!adds || !ways[line.Function].imports) {
			continue
		}
		call, err := contract.UnmarshalArgs(line.Function, line.Args)
		if err != nil {
			return out, fmt.Errorf("read call %d of the plan: %w", line.No, err)
		}
		if !ways[line.Function].imports {
			out.addOther(line, note, call)
			continue
		}
		values, err := mappings.Read(call)
		if err != nil {
			return out, fmt.Errorf("read the import file of call %d: %w", line.No, err)
		}
		out.add(line, note, values, adds)
	}
	out.notes = replaced.notes(false)
	return out, nil
}

// add notes whose lines Loket refused, and why.
func (o *outcome) add(line ledger.Line, note lineNote, values []mappings.ImportValue, adds bool) {
	if note.Fault != "" {
		o.faults++
		o.reason = note.Fault
		o.whole = append(o.whole, formats.Problem{
			Code:    "loket-weigert",
			Message: fmt.Sprintf("De regels van %s zijn niet verwerkt. %s.", line.Subject, strings.TrimSuffix(note.Fault, ".")),
			Repair:  "Los dit op en lever het afgekeurde deel opnieuw aan.",
		})
	} else if n := note.Refused - len(note.Lines); n > 0 {
		o.unnamed += n
		o.problem(formats.Problem{
			Code:    "loket-weigert",
			Message: fmt.Sprintf("Loket keurt %d regels van %s af en zegt niet welke.", n, line.Subject),
			Repair:  "Kijk in Loket welke waarden ontbreken en lever die opnieuw aan.",
		})
	}
	why := map[int]string{}
	for _, l := range note.Lines {
		why[l.Regelnummer] = l.Text
	}
	told := map[string]bool{}
	for _, v := range values {
		text, bad := why[v.Regelnummer]
		switch {
		case note.Fault != "":
			bad = true
		case !bad && adds:
			o.taken[v.Who()] = true
		}
		if !bad {
			continue
		}
		if v.Verlof != nil {
			o.lines[line.No] = append(o.lines[line.No], v.Regelnummer)
		} else {
			o.refused[v.Who()] = true
		}
		if issue := refusal(line, v, text); note.Fault == "" && !told[issue.Message] {
			told[issue.Message] = true
			o.problem(issue)
		}
	}
}

// addOther notes a call without an import file that Loket refused, and why.
func (o *outcome) addOther(line ledger.Line, note lineNote, call contract.Call) {
	o.faults++
	o.reason = note.Fault
	o.whole = append(o.whole, formats.Problem{
		Code: "loket-weigert", Message: fmt.Sprintf("Niet gelukt: %s. %s.", line.Subject, strings.TrimSuffix(note.Fault, ".")),
		Repair: "Los dit op en lever het afgekeurde deel opnieuw aan.",
	})
	if who, ok := mappings.Unit(call); ok {
		o.refused[who] = true
		return
	}
	o.lines[line.No] = []int{firstLine} // a call of one row
}

// firstLine is the number of the first line of an import file after its header.
const firstLine = 2

// refusal is what Loket said of one value.
func refusal(line ledger.Line, v mappings.ImportValue, text string) formats.Problem {
	issue := formats.Problem{
		Code: "loket-weigert", Message: fmt.Sprintf("Loket neemt werknemer %s (%s) niet aan: %s", v.Employee(), line.Subject, text),
		Repair: "Verbeter de regels van deze werknemer en lever het afgekeurde deel opnieuw aan.",
	}
	if l := v.Verlof; l != nil {
		issue.Message = fmt.Sprintf("Loket neemt het verlof van werknemer %s van %s tot en met %s (%s) niet aan: %s",
			v.Employee(), l.Ingangsdatum.Dutch(), l.Einddatum.Dutch(), l.Eenheden.Comma(), text)
		issue.Repair = "Verbeter deze regel en lever het afgekeurde deel opnieuw aan."
	}
	return issue
}

// replaces reports whether a file of this pipeline takes the place of the ones before.
func (r *Runner) replaces(e ledger.Entry) bool {
	p, ok := r.Plans().Pipelines[e.Pipeline]
	return ok && r.binding(e.Pipeline, e.Inbox).leftOut(p) == ClearLeftOut
}

// repair says otherwise what to do about the problems.
func (o *outcome) repair(as func(string) string) {
	for i := range o.problems.Problems {
		p := &o.problems.Problems[i]
		p.Repair = as(p.Repair)
	}
}

// mixed tells of people of whom an adding call took a part: their refused rows
// cannot be told from the others, so they are not handed back.
func (o *outcome) mixed() {
	for _, who := range slices.SortedFunc(maps.Keys(o.refused), compareEmployees) {
		if o.taken[who] {
			o.problem(formats.Problem{
				Code:    "deels-verwerkt",
				Message: fmt.Sprintf("Van werknemer %s (%s) is een deel wel in Loket geteld; daarom staan zijn regels niet in het afgekeurde deel.", who.Number, who.Clientnummer),
				Repair:  "Kijk in Loket wat er staat en lever alleen aan wat ontbreekt: wat u nog eens aanlevert telt dubbel.",
			})
		}
	}
}

func compareEmployees(a, b mappings.Employee) int {
	return cmp.Or(cmp.Compare(a.Clientnummer, b.Clientnummer), cmp.Compare(a.Number, b.Number))
}

func (o *outcome) problem(p formats.Problem) {
	if len(o.problems.Problems) >= o.most {
		o.problems.More++
		return
	}
	o.problems.Problems = append(o.problems.Problems, p)
}

// extractAfter keeps the refused part again, now with what Loket refused too,
// and gives its number of rows. Of calls that add, it takes nothing along that
// Loket took already: delivered again, it would count double.
func (r *Runner) extractAfter(ctx context.Context, lease *ledger.Lease, out outcome) (int, error) {
	p, m, err := r.planOf(ctx, lease)
	if err != nil {
		return 0, err
	}
	in, _, err := r.input(ctx, lease, p, m)
	if err != nil {
		return 0, err
	}
	var leftOut []mappings.Employee
	if err := readAttached(ctx, r.Ledger, lease.Entry().ID, attachLeftOut, &leftOut); err != nil {
		return 0, err
	}
	lines, err := r.refusedLines(ctx, lease, m, in, out.lines)
	if err != nil {
		return 0, err
	}
	return r.attachRefusedPart(ctx, lease, m, in, func(client, employee string) bool {
		who := mappings.Employee{Clientnummer: client, Number: employee}
		return out.refused[who] && !out.taken[who] || slices.Contains(leftOut, who)
	}, func(line int) bool { return lines[line] })
}

// refusedLines are the lines of the file behind refused lines of leave and
// refused changes. Planning again shows them, as long as it gives the calls that were made; else there are
// none and the receipt alone tells which they are.
func (r *Runner) refusedLines(ctx context.Context, lease *ledger.Lease, m *mappings.Mapping, in mappings.Input, refused map[int][]int) (map[int]bool, error) {
	lines := map[int]bool{}
	if len(refused) == 0 {
		return lines, nil
	}
	no, other := 0, errors.New("another plan")
	_, err := runMapping(ctx, m, in, func(pc mappings.Planned) error {
		no++
		if len(refused[no]) == 0 {
			return nil
		}
		was, err := lease.Line(ctx, no)
		if err != nil {
			return err
		}
		now, err := contract.MarshalArgs(pc.Call)
		if err != nil {
			return err
		}
		if !bytes.Equal(was.Args, now) {
			return other
		}
		for _, n := range refused[no] {
			lines[pc.Lines[n-firstLine]] = true
		}
		return nil
	})
	switch {
	case errors.Is(err, other):
		clear(lines)
	case err != nil:
		return nil, fmt.Errorf("find the refused rows: %w", err)
	}
	return lines, nil
}

// readAttached fills list with a JSON attachment; nothing when there is none.
func readAttached(ctx context.Context, l *ledger.Ledger, id ledger.ID, kind string, list any) error {
	f, err := l.Attachment(ctx, id, kind)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the %s: %w", kind, err)
	}
	defer f.Close()
	if err := json.NewDecoder(f).Decode(list); err != nil {
		return fmt.Errorf("read the %s: %w", kind, err)
	}
	return nil
}

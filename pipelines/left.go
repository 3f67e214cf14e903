package pipelines

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"loket-etl/ledger"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
)

// sparedAll is what is said of a correction that is not made at all.
const sparedAll = "niet weggehaald: Loket nam de nieuwe regels van deze werknemers niet aan"

// importLeft leaves out of an import call that overwrites what stands in Loket
// already. A call of a correction was made for what stood when it was planned: when
// somebody changed that since, it is left to a person.
func (r *Runner) importLeft(ctx context.Context, lease *ledger.Lease, line ledger.Line, call contract.Call, now []byte) (left leftCall, err error) {
	left = leftCall{call: call, some: true}
	if mode := call.Args["Verwerkingswijze"]; mode != nil && mode != mappings.Overschrijven {
		return left, nil
	}
	note, err := readNote(line)
	if err != nil || lease.Entry().Forced && !note.Correction { // a person wants it done again, whatever stands
		return left, err
	}
	stands := standing{}
	if err := json.Unmarshal(now, &stands); err != nil {
		return left, fmt.Errorf("read what stands in Loket: %w", err)
	}
	people, _, err := r.directory.read(ctx, r.Loket, r.Now())
	if err != nil {
		return left, err
	}
	if note.Correction {
		if err := r.unchanged(ctx, lease, line, call, stands, people); err != nil {
			return left, err
		}
	}
	left.call, left.lines, left.some, err = mappings.Only(call, func(v mappings.ImportValue) bool {
		key := people.key(v)
		is, there := stands[key]
		switch {
		case key == "": // Loket says what is wrong with it
			return true
		case v.None:
			return there
		}
		return v.Aanvulling || !there || is != v.Value
	})
	return left, err
}

// unchanged holds the entry when what a correction is about stands neither as it did
// when it was planned nor as it will.
func (r *Runner) unchanged(ctx context.Context, lease *ledger.Lease, line ledger.Line, call contract.Call, stands standing, people *employments) error {
	was := standing{}
	if err := readStanding(line.Baseline, &was, []byte("{}"), &standing{}); err != nil {
		return err
	}
	values, err := mappings.Read(call)
	if err != nil {
		return err
	}
	after := expected(values, people, was, true)
	for _, v := range values {
		key := people.key(v)
		now, there := stands[key]
		before, stood := was[key]
		then, stays := after[key]
		if key == "" || there == stood && now == before || there == stays && now == then {
			continue
		}
		return r.parkUnlessFreed(ctx, lease, fmt.Sprintf("aanroep %d (%s) zet iets terug dat intussen in Loket is gewijzigd; kijk in Loket wat er hoort te staan. "+
			"Leg het bestand terzijde, of geef het vrij: dan gaat de aanroep zoals hij was", line.No, line.Subject))
	}
	return nil
}

// spare leaves out of a call that takes something away those of whom an earlier call
// of the same plan brought something that Loket refused: they keep what they had.
// some is false when that is everybody.
func (r *Runner) spare(ctx context.Context, lease *ledger.Lease, line ledger.Line, call contract.Call) (left contract.Call, lines []int, some bool, err error) {
	note := lineNote{}
	if len(line.Note) > 0 {
		if err := json.Unmarshal(line.Note, &note); err != nil {
			return call, nil, true, fmt.Errorf("read what is noted of call %d: %w", line.No, err)
		}
	}
	if !note.Correction || line.No == 1 || !ways[line.Function].imports {
		return call, nil, true, nil
	}
	lost := map[mappings.Employee]bool{}
	for before, err := range lease.Lines(ctx) {
		if err != nil {
			return call, nil, true, fmt.Errorf("read the plan: %w", err)
		}
		if before.No >= line.No {
			break
		}
		whose, err := refusedIn(before, line.Scope)
		if err != nil {
			return call, nil, true, err
		}
		maps.Copy(lost, whose)
	}
	if len(lost) == 0 {
		return call, nil, true, nil
	}
	return mappings.Only(call, func(v mappings.ImportValue) bool { return !lost[v.Who()] })
}

// refusedIn are those of whom a call of this scope brought something that Loket
// refused.
func refusedIn(line ledger.Line, scope string) (map[mappings.Employee]bool, error) {
	note, err := readNote(line)
	if err != nil || line.Scope != scope || !ways[line.Function].imports || note.Refused == 0 && line.State != ledger.LineRefused {
		return nil, err
	}
	values, err := valuesOf(line)
	if err != nil {
		return nil, err
	}
	lost := map[mappings.Employee]bool{}
	refused := note.refuses(line)
	for _, v := range values {
		if refused(v) {
			lost[v.Who()] = true
		}
	}
	return lost, nil
}

// renumber makes the lines of Loket's answer those of the file that was planned:
// lines are as of mappings.Only.
func (n *lineNote) renumber(lines []int) {
	if lines == nil {
		return
	}
	for i, l := range n.Lines {
		if at := l.Regelnummer - 1; at >= 0 && at < len(lines) {
			n.Lines[i].Regelnummer = lines[at]
		}
	}
}

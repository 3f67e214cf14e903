package pipelines

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"loket-etl/ledger"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
)

// brought is what a pipeline brought to Loket under one key, and did not take out
// again.
type brought struct {
	value mappings.ImportValue // as it was sent last; Value is what it adds up to
	// plus and minus are, of verlof, how many equal lines went with factor 1 and -1.
	plus, minus int
}

// past is what a pipeline brought to Loket in one scope, by key; of verlof by the key
// without its factor.
type past map[string]brought

// pastOf adds up what the earlier files of the pipeline left in Loket as far as the
// ledger knows: files that were taken back do not count, nor lines that Loket
// refused. purged is a file of which that is not known any more, 0 when there is
// none.
func (r *Runner) pastOf(ctx context.Context, pipeline, scope string, adds bool, people *employments) (all past, purged ledger.ID, err error) {
	entries, err := r.Ledger.Made(ctx, pipeline, scope)
	if err != nil {
		return nil, 0, err
	}
	var calls []madeCall
	for _, e := range entries {
		if e.Purged {
			purged = e.ID
			continue
		}
		made, err := r.callsMade(ctx, e.ID, scope)
		if err != nil {
			return nil, 0, err
		}
		calls = append(calls, made...)
	}
	slices.SortStableFunc(calls, func(a, b madeCall) int { return a.sent.Compare(b.sent) })
	all = past{}
	for i := range calls {
		all.take(&calls[i], adds, people)
	}
	return all, purged, nil
}

// madeCall is an import call that was carried out.
type madeCall struct {
	entry  ledger.ID
	no     int
	scope  string
	owner  string // identity of the Werkgever
	sent   time.Time
	class  contract.Class
	values []mappings.ImportValue // without those that Loket refused, or that were left alone
	was    standing               // before it; nil: not known
	corr   bool                   // it is of a correction
	spares bool                   // NietOverschrijven: what stood stayed
	// subject is for people.
	subject string
}

func (c *madeCall) leave() bool { return len(c.values) > 0 && c.values[0].Verlof != nil }

// callsMade are the import calls of an entry that were carried out, of one scope or
// ("") of all.
func (r *Runner) callsMade(ctx context.Context, id ledger.ID, scope string) ([]madeCall, error) {
	var out []madeCall
	lost := map[mappings.Employee]bool{}
	for line, err := range r.Ledger.Lines(ctx, id) {
		if err != nil {
			return nil, err
		}
		if scope != "" && line.Scope != scope || !ways[line.Function].imports {
			continue
		}
		call, err := contract.UnmarshalArgs(line.Function, line.Args)
		if err != nil {
			return nil, fmt.Errorf("entry %d: read call %d of the plan: %w", id, line.No, err)
		}
		values, err := mappings.Read(call)
		if err != nil {
			return nil, fmt.Errorf("entry %d: read the import file of call %d: %w", id, line.No, err)
		}
		note, err := readNote(line)
		if err != nil {
			return nil, err
		}
		if note.Correction {
			values = slices.DeleteFunc(values, func(v mappings.ImportValue) bool { return lost[v.Who()] })
		}
		refused := note.refuses(line)
		values = slices.DeleteFunc(values, func(v mappings.ImportValue) bool {
			bad := refused(v)
			if bad {
				lost[v.Who()] = true
			}
			return bad
		})
		if line.State != ledger.LineDone || len(values) == 0 {
			continue
		}
		c := madeCall{entry: id, no: line.No, scope: line.Scope, owner: values[0].Werkgever, subject: line.Subject, sent: line.Sent, class: contract.Class(line.Class), values: values, corr: note.Correction,
			spares: call.Args["Verwerkingswijze"] == "NietOverschrijven"}
		if len(line.Baseline) > 0 {
			c.was = standing{}
			if err := json.Unmarshal(line.Baseline, &c.was); err != nil {
				return nil, fmt.Errorf("entry %d: read what stood before call %d: %w", id, line.No, err)
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// refuses tells of the values of a line whether Loket refused them.
func (n lineNote) refuses(line ledger.Line) func(mappings.ImportValue) bool {
	lines := map[int]bool{}
	for _, l := range n.Lines {
		lines[l.Regelnummer] = true
	}
	whole := line.State == ledger.LineRefused
	return func(v mappings.ImportValue) bool { return whole || lines[v.Regelnummer] }
}

// take adds what a call left.
func (p past) take(c *madeCall, adds bool, people *employments) {
	for _, v := range c.values {
		key := people.key(v)
		if key == "" {
			continue // Loket does not know him any more
		}
		if v.Verlof != nil {
			p.leave(v, people)
			continue
		}
		b, ours := p[key]
		stood, was := c.was[key]
		if was && c.spares {
			continue
		}
		value := v.Value
		switch {
		case v.None:
			delete(p, key)
			continue
		case c.class != contract.Overwrite, v.Aanvulling:
			value += b.value.Value
		case adds && c.was != nil: // a correction of what was added
			value += b.value.Value - stood
		case !ours && was && stood == v.Value:
			continue // somebody else had it there already
		}
		b.value = v
		b.value.Value = value
		p[key] = b
	}
}

// leaveKey is the key of a leave line, whatever its factor.
func leaveKey(v mappings.ImportValue, dienstverband string) string {
	l := *v.Verlof
	l.Factor = 1
	v.Verlof = &l
	return valueKey(v, dienstverband)
}

func (p past) leave(v mappings.ImportValue, people *employments) {
	key := leaveKey(v, people.dienstverbanden(v)[0])
	b := p[key]
	b.value = v
	if v.Verlof.Factor > 0 {
		b.plus++
	} else {
		b.minus++
	}
	p[key] = b
}

package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

const (
	inlineArgs = 64 << 10 // arguments up to this size stand in the row itself
	batchLines = 256
	batchBytes = 1 << 20
)

// Plan freezes the calls an entry becomes: fill hands them to add one by one,
// in constant memory, and when it returns nil they become the plan, together.
// Only a staged entry can be planned (ErrState), and then as often as needed:
// the last plan that was finished counts. The state does not change; Calls does.
//
// An error of fill or add leaves the earlier plan, if any, in force.
func (s *Lease) Plan(ctx context.Context, fill func(add func(Line) error) error) error {
	d, err := s.Draft(ctx, fill)
	if err != nil {
		return err
	}
	return d.Freeze(ctx, Staged, nil)
}

// Draft is Plan up to where the calls become the plan: that is left to Freeze.
// A draft that is never frozen leaves the earlier plan, if any, in force.
func (s *Lease) Draft(ctx context.Context, fill func(add func(Line) error) error) (*Draft, error) {
	p := &planner{lease: s, ctx: ctx}
	if err := fill(p.add); err != nil {
		return nil, err
	}
	return &Draft{p}, p.failed // fill may have swallowed it
}

// Draft is calls that are ready to become the plan of an entry.
type Draft struct{ planner *planner }

// Freeze makes the calls the plan and does a Move from Staged to a state with
// it, in one commit: neither is there without the other.
func (d *Draft) Freeze(ctx context.Context, to State, change func(*Entry)) error {
	p := d.planner
	p.ctx = ctx
	return p.flush(func(t tx, e *Entry, plan int) error {
		e.plan, e.Calls = plan, p.count
		if err := dropLines(ctx, t, e); err != nil {
			return err
		}
		return p.lease.move(ctx, t, e, Staged, to, change)
	})
}

// planner collects lines and writes them by the batch.
type planner struct {
	lease  *Lease
	ctx    context.Context
	plan   int // 0 until the first batch is written
	lines  []Line
	args   []*draft // of large arguments, beside lines
	bytes  int
	count  int
	failed error
}

func (p *planner) add(line Line) error {
	if p.failed != nil {
		return p.failed
	}
	p.failed = p.take(line)
	return p.failed
}

func (p *planner) take(line Line) error {
	l := p.lease.ledger
	p.count++
	if line.No == 0 {
		line.No = p.count
	}
	var d *draft
	if len(line.Args) > inlineArgs {
		var err error
		if d, err = l.draw(p.ctx, "plan", bytes.NewReader(line.Args), 0, nil); err != nil {
			return fmt.Errorf("plan line %d: %w", line.No, err)
		}
		line.Args = nil
		p.bytes += len(d.only)
	} else {
		line.Args = l.pack(line.Args)
	}
	line.Note, line.Baseline = l.pack(line.Note), l.pack(line.Baseline)
	p.lines, p.args = append(p.lines, line), append(p.args, d)
	p.bytes += len(line.Args) + len(line.Note) + len(line.Baseline)
	if len(p.lines) >= batchLines || p.bytes >= batchBytes {
		return p.flush(func(t tx, e *Entry, _ int) error { return save(p.ctx, t, e) })
	}
	return nil
}

// flush writes a batch, and what end writes with it. The first one opens a plan of
// its own, which nothing points at until Freeze makes it the plan of the entry: a
// crash in between leaves lines that the next plan to be finished removes.
func (p *planner) flush(end func(t tx, e *Entry, plan int) error) error {
	plan := p.plan
	err := p.lease.write(p.ctx, "plan", func(t tx, e *Entry) error {
		if e.State != Staged {
			return fmt.Errorf("plan while it is %s: %w", e.State, ErrState)
		}
		if plan = p.plan; plan == 0 {
			e.planNext++
			plan = e.planNext
		} else if plan != e.planNext {
			return errors.New("plan: another plan was begun under this lease")
		}
		if err := p.insert(t, e.ID, plan); err != nil {
			return err
		}
		return end(t, e, plan)
	})
	if err != nil {
		return err
	}
	p.plan, p.lines, p.args, p.bytes = plan, p.lines[:0], p.args[:0], 0
	return nil
}

func (p *planner) insert(t tx, id ID, plan int) error {
	var writes []statement
	for i, line := range p.lines {
		var content any
		if d := p.args[i]; d != nil {
			c, err := d.name(p.ctx, t)
			if err != nil {
				return err
			}
			content = c
		}
		writes = append(writes, statement{`INSERT INTO lines
			(entry_id, plan, no, function, class, subject, scope, row_count, state, args, args_content, note, baseline, mapping)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'planned', $9, $10, $11, $12, $13)`,
			[]any{id, plan, line.No, line.Function, line.Class, line.Subject, line.Scope, line.Rows, line.Args, content, line.Note, line.Baseline, line.Mapping}})
	}
	return t.Many(p.ctx, writes)
}

// dropLines removes every line of plans that are not in force.
func dropLines(ctx context.Context, t tx, e *Entry) error {
	if e.plan == 1 {
		return nil // the first one there is
	}
	const stale = "entry_id = $1 AND plan <> $2"
	return t.Many(ctx, []statement{
		{unname + "(SELECT args_content FROM lines WHERE " + stale + ")", []any{e.ID, e.plan}},
		{"DELETE FROM lines WHERE " + stale, []any{e.ID, e.plan}},
	})
}

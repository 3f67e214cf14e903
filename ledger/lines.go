package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"iter"
)

const (
	pageLines = 64
	pageBytes = 4 << 20
)

const lineColumns = "no, function, class, subject, scope, row_count, state, args, COALESCE(args_content, 0), note, baseline, sent, settled, mapping"

// packedLine is a line as it stands in its row.
type packedLine struct {
	Line
	content int64
}

func scanLine(r row) (packedLine, error) {
	var p packedLine
	var sent, settled int64
	err := r.Scan(&p.No, &p.Function, &p.Class, &p.Subject, &p.Scope, &p.Rows, &p.State, &p.Args, &p.content, &p.Note, &p.Baseline, &sent, &settled, &p.Mapping)
	p.Sent, p.Settled = moment(sent), moment(settled)
	return p, err
}

func (l *Ledger) unpackLine(ctx context.Context, p packedLine) (_ Line, err error) {
	for _, part := range []*[]byte{&p.Args, &p.Note, &p.Baseline} {
		if *part, err = l.unpack(*part); err != nil {
			return Line{}, fmt.Errorf("line %d is damaged: %w", p.No, err)
		}
	}
	if p.content != 0 {
		r, err := l.openContent(ctx, p.content)
		if err != nil {
			return Line{}, fmt.Errorf("line %d: %w", p.No, err)
		}
		defer r.Close()
		if p.Args, err = io.ReadAll(r); err != nil {
			return Line{}, fmt.Errorf("line %d: %w", p.No, err)
		}
	}
	return p.Line, nil
}

// Lines streams the plan in force, in order of No and a page at a time: no
// transaction is open while the caller works, and lines may be written
// meanwhile. Args are there until purged.
func (s *Lease) Lines(ctx context.Context) iter.Seq2[Line, error] {
	e := s.Entry()
	return s.ledger.lines(ctx, e.ID, e.plan)
}

// Lines streams the plan of an entry, without a lease.
func (l *Ledger) Lines(ctx context.Context, id ID) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		e, err := l.Get(ctx, id)
		if err != nil {
			yield(Line{}, err)
			return
		}
		l.lines(ctx, id, e.plan)(yield)
	}
}

func (l *Ledger) lines(ctx context.Context, id ID, plan int) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		after, more := 0, true
		for more {
			var page []packedLine
			var err error
			if page, more, err = l.page(ctx, id, plan, after); err != nil {
				yield(Line{}, fmt.Errorf("lines of entry %d: %w", id, err))
				return
			}
			for _, p := range page {
				line, err := l.unpackLine(ctx, p)
				if err != nil {
					yield(Line{}, fmt.Errorf("entry %d: %w", id, err))
					return
				}
				if !yield(line, nil) {
					return
				}
				after = p.No
			}
		}
	}
}

// page reads the next lines, fewer when they are large.
func (l *Ledger) page(ctx context.Context, id ID, plan, after int) (page []packedLine, more bool, err error) {
	rs, err := l.store.Query(ctx, "SELECT "+lineColumns+" FROM lines WHERE entry_id = $1 AND plan = $2 AND no > $3 ORDER BY no LIMIT $4", id, plan, after, pageLines)
	if err != nil {
		return nil, false, err
	}
	defer rs.Close()
	for size := 0; rs.Next(); {
		p, err := scanLine(rs)
		if err != nil {
			return nil, false, err
		}
		page = append(page, p)
		if size += len(p.Args) + len(p.Note) + len(p.Baseline); size > pageBytes {
			return page, true, nil
		}
	}
	return page, len(page) == pageLines, rs.Err()
}

// Line reads one line of the plan; ErrNotFound when it has no such number.
func (s *Lease) Line(ctx context.Context, no int) (Line, error) {
	return s.line(ctx, ErrNotFound, "no = $3", no)
}

// NextLine reads the first line that has no outcome: planned, sending or
// unknown. ErrNoLine when all have one.
func (s *Lease) NextLine(ctx context.Context) (Line, error) {
	return s.line(ctx, ErrNoLine, "no > $3 AND state IN ('planned', 'sending', 'unknown')", 0)
}

func (s *Lease) line(ctx context.Context, missing error, which string, arg int) (Line, error) {
	e := s.Entry()
	p, err := scanLine(s.ledger.store.QueryRow(ctx, "SELECT "+lineColumns+" FROM lines WHERE entry_id = $1 AND plan = $2 AND "+which+" ORDER BY no LIMIT 1", e.ID, e.plan, arg))
	if errors.Is(err, sql.ErrNoRows) {
		return Line{}, missing
	}
	var line Line
	if err == nil {
		line, err = s.ledger.unpackLine(ctx, p)
	}
	if err != nil {
		return Line{}, fmt.Errorf("entry %d: read line: %w", e.ID, err)
	}
	return line, nil
}

// Send marks a planned line as sending, with baseline for whoever has to find
// out later whether it was carried out (nil keeps what is there). The call may
// be made after it returned nil, and not otherwise. ErrState when the line is
// not planned or the entry is not (a person held it).
func (s *Lease) Send(ctx context.Context, no int, baseline []byte) error {
	packed := s.ledger.pack(baseline)
	return s.write(ctx, "send", func(t tx, e *Entry) error {
		if e.State != Planned {
			return fmt.Errorf("line %d while the entry is %s: %w", no, e.State, ErrState)
		}
		n, err := t.Exec(ctx, `UPDATE lines SET state = 'sending', sent = $4, settled = 0, baseline = COALESCE($5, baseline)
			WHERE entry_id = $1 AND plan = $2 AND no = $3 AND state = 'planned'`, e.ID, e.plan, no, stamp(s.ledger.now()), packed)
		return oneLine(n, err, no, LinePlanned)
	})
}

// Record commits the outcome of a line that is sending: done, refused, unknown,
// or planned when it is certain that it was not carried out. ErrState when the
// line is not sending. It works while a person holds the entry: an outcome that
// is known is never thrown away.
func (s *Lease) Record(ctx context.Context, no int, state LineState, note []byte) error {
	switch state {
	case LineDone, LineRefused, LineUnknown, LinePlanned:
	default:
		return fmt.Errorf("record line %d as %q: %w", no, state, ErrState)
	}
	packed := s.ledger.pack(note)
	return s.write(ctx, "record", func(t tx, e *Entry) error {
		settled := int64(0)
		if state == LineDone || state == LineRefused {
			settled = stamp(s.ledger.now())
		}
		n, err := t.Exec(ctx, `UPDATE lines SET state = $4, settled = $5, note = COALESCE($6, note)
			WHERE entry_id = $1 AND plan = $2 AND no = $3 AND state = 'sending'`, e.ID, e.plan, no, state, settled, packed)
		if err := oneLine(n, err, no, LineSending); err != nil {
			return err
		}
		if settled == 0 || e.Tries == 0 {
			return nil
		}
		e.Tries, e.Died = 0, 0
		return save(ctx, t, e)
	})
}

func oneLine(n int64, err error, no int, want LineState) error {
	if err == nil && n != 1 {
		return fmt.Errorf("line %d is not %s: %w", no, want, ErrState)
	}
	return err
}

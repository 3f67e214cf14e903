package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// OutputState is how far one file of an export is.
type OutputState string

const (
	OutputStaged    OutputState = "staged"    // the bytes are safe here; nothing of them is visible to the partner
	OutputPrepared  OutputState = "prepared"  // whole at the partner under a temporary name; the rename may have been done
	OutputPublished OutputState = "published" // visible under its name, read back equal
	OutputCollected OutputState = "collected" // the partner took it: see Fate
	OutputByHand    OutputState = "by-hand"   // a person delivered it; it is never published
	OutputDropped   OutputState = "dropped"   // given up before anything was visible
)

// Done reports whether nothing is left to publish.
func (s OutputState) Done() bool { return s != OutputStaged && s != OutputPrepared }

// Output is a file that an export made.
type Output struct {
	Entry  ID
	No     int    // from 1, in the order of publishing
	Kind   string // what partners call it: "pain.001", "pdf:journaal"
	Format string // how to read it back: "pain.001.001.09", "pdf"
	Outbox string
	Name   string
	SHA256 string // lower-case hex
	Size   int64  // bytes
	Count  int    // of posts, lines or people; see payroll.Totals
	Amount int64  // cents
	Hash   string
	// Pays is the Betaling that the bank executes with this file, "#" and the number of
	// the part; "" for every other file.
	Pays      string
	Unpaid    []ID // exports that gave the same Betaling up, of which a person said that it was not paid; not kept
	State     OutputState
	Deadline  time.Time // by when the partner should have taken it; zero: never
	Published time.Time // also when it was delivered by hand
	Fate      string    // how it was collected: fetched, moved or acknowledged
	Fated     time.Time
	Who       string // who delivered it by hand
	content   int64
}

// PaidError says that another file has paid, or is to pay, the same Betaling, or
// any part of it; or that one was given up (OutputDropped), and nobody said since
// that it was not paid in another way.
type PaidError struct{ By Output }

// Error names the entry and the file.
func (e *PaidError) Error() string {
	return fmt.Sprintf("the payment left, or is to leave, as %s of entry %d", e.By.Name, e.By.Entry)
}

// NameError says that another file has the name in this outbox.
type NameError struct{ By Output }

// Error names the entry and the file.
func (e *NameError) Error() string {
	return fmt.Sprintf("entry %d has a file %s in outbox %s", e.By.Entry, e.By.Name, e.By.Outbox)
}

// Expect registers something to export: of e it uses Pipeline, Run, About, Name
// and, when set, Due. The key is pipeline and run, for ever: when it is here, in
// any state, it returns that entry and false.
func (l *Ledger) Expect(ctx context.Context, e Entry) (id ID, isNew bool, err error) {
	if e.Pipeline == "" || e.Run == "" {
		return 0, false, errors.New("expect: an export has a pipeline and a run")
	}
	if id, err = known(ctx, l.store, e); err != nil || id != 0 {
		return id, false, err
	}
	sum := sha256.Sum256([]byte("run " + e.Run))
	now := l.now()
	if e.Due.IsZero() {
		e.Due = now
	}
	err = l.write(ctx, "expect", func(t tx) error {
		id, isNew = 0, false
		err := t.QueryRow(ctx, `INSERT INTO entries (pipeline, inbox, name, sha256, size, mod_time, state, received, due, run, about)
			VALUES ($1, '', $2, $3, 0, 0, 'due', $4, $5, $6, $7) ON CONFLICT (pipeline, run) WHERE run <> '' DO NOTHING RETURNING id`,
			e.Pipeline, e.Name, hex.EncodeToString(sum[:]), stamp(now), stamp(e.Due), e.Run, e.About).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			id, err = known(ctx, t, e)
			return err
		}
		if err != nil {
			return err
		}
		isNew = true
		return t.Many(ctx, []statement{audited(id, now, e.Pipeline, "expect", "", Due, "")})
	})
	return id, isNew, err
}

// known finds the entry of a run; 0 when there is none.
func known(ctx context.Context, t tx, e Entry) (id ID, err error) {
	err = t.QueryRow(ctx, "SELECT id FROM entries WHERE pipeline = $1 AND run = $2 AND run <> ''", e.Pipeline, e.Run).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// ByRun finds the entry of a run in a pipeline; ErrNotFound when there is none.
func (l *Ledger) ByRun(ctx context.Context, pipeline, run string) (Entry, error) {
	id, err := known(ctx, l.store, Entry{Pipeline: pipeline, Run: run})
	if err == nil && id == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Entry{}, fmt.Errorf("export of run %s: %w", run, err)
	}
	return l.Get(ctx, id)
}

// Produce freezes the files of a due export: fill hands them to add in the order
// of publishing, each read to its end in constant memory, and when it returns nil
// they and the state ready commit together, with what change sets (see Move). add
// gives the file back with its SHA-256 and size. With a reason to hold it is held
// at once instead, to go on as ready: nobody sees it ready before. A crash before
// the commit leaves bytes that nothing names, for the sweep.
//
// Another file for the same Betaling is a *PaidError, another file with the same
// name in the outbox a *NameError; then nothing was written.
func (s *Lease) Produce(ctx context.Context, fill func(add func(Output, io.Reader) (Output, error)) error, change func(*Entry), hold string) error {
	p := &producer{lease: s, ctx: ctx}
	err := fill(p.add)
	if err == nil {
		err = p.commit(change, hold)
	}
	if err != nil {
		for _, d := range p.drafts {
			d.drop(ctx) // leaves named bytes alone
		}
	}
	return err
}

type producer struct {
	lease  *Lease
	ctx    context.Context
	files  []Output
	drafts []*draft
}

func (p *producer) add(o Output, data io.Reader) (Output, error) {
	sum := sha256.New()
	d, err := p.lease.ledger.draw(p.ctx, "produce", data, 0, sum)
	if err != nil {
		return o, fmt.Errorf("keep %s: %w", o.Name, err)
	}
	o.Entry, o.No, o.State = p.lease.Entry().ID, len(p.files)+1, OutputStaged
	o.SHA256, o.Size = hex.EncodeToString(sum.Sum(nil)), d.size
	p.files, p.drafts = append(p.files, o), append(p.drafts, d)
	return o, nil
}

func (p *producer) commit(change func(*Entry), reason string) error {
	s := p.lease
	return s.write(p.ctx, "produce", func(t tx, e *Entry) error {
		if e.State != Due {
			return fmt.Errorf("produce while it is %s: %w", e.State, ErrState)
		}
		if err := free(p.ctx, t, p.files); err != nil {
			return err
		}
		for i, o := range p.files {
			if err := insertOutput(p.ctx, t, o, p.drafts[i]); err != nil {
				return err
			}
		}
		if reason == "" {
			return s.move(p.ctx, t, e, Due, Ready, change)
		}
		err := s.move(p.ctx, t, e, Due, Held, func(e *Entry) {
			if change != nil {
				change(e)
			}
			e.Reason = reason
		})
		if err != nil {
			return err
		}
		e.Back = Ready
		return save(p.ctx, t, e)
	})
}

const outputColumns = `entry_id, no, kind, format, outbox, name, sha256, size, item_count, amount, hash, pays, state,
	deadline, published, fate, fated, who, COALESCE(content_id, 0)`

func scanOutput(r row) (Output, error) {
	var o Output
	var deadline, published, fated int64
	err := r.Scan(&o.Entry, &o.No, &o.Kind, &o.Format, &o.Outbox, &o.Name, &o.SHA256, &o.Size, &o.Count, &o.Amount, &o.Hash, &o.Pays, &o.State,
		&deadline, &published, &o.Fate, &fated, &o.Who, &o.content)
	o.Deadline, o.Published, o.Fated = moment(deadline), moment(published), moment(fated)
	return o, err
}

// other finds a file that is in the way of this one, one that still counts before
// one that was given up.
func other(ctx context.Context, t tx, where string, args ...any) (by Output, found bool, err error) {
	by, err = scanOutput(t.QueryRow(ctx, "SELECT "+outputColumns+" FROM outputs WHERE "+where+
		" ORDER BY CASE WHEN state = 'dropped' THEN 1 ELSE 0 END, entry_id, no LIMIT 1", args...))
	if errors.Is(err, sql.ErrNoRows) {
		return by, false, nil
	}
	return by, err == nil, err
}

// free says whether no other file pays what one of these pays, or has its name.
// Paying twice is what matters more, so it is said first.
func free(ctx context.Context, t tx, files []Output) error {
	for _, o := range files {
		if o.Pays == "" {
			continue
		}
		betaling, _, _ := strings.Cut(o.Pays, "#")
		by, found, err := other(ctx, t, "pays <> '' AND entry_id <> $1 AND (pays = $2 OR substr(pays, 1, $3) = $4)"+butFor(o.Unpaid), o.Entry, betaling, len(betaling)+1, betaling+"#")
		if err != nil || found {
			return errors.Join(err, &PaidError{by})
		}
	}
	for _, o := range files {
		if by, found, err := other(ctx, t, "state <> 'dropped' AND outbox = $1 AND name = $2", o.Outbox, o.Name); err != nil || found {
			return errors.Join(err, &NameError{by})
		}
	}
	return nil
}

// butFor leaves out what these exports gave up.
func butFor(unpaid []ID) string {
	if len(unpaid) == 0 {
		return ""
	}
	ids := make([]string, len(unpaid))
	for i, id := range unpaid {
		ids[i] = strconv.FormatInt(int64(id), 10)
	}
	return " AND NOT (state = 'dropped' AND entry_id IN (" + strings.Join(ids, ", ") + "))"
}

func insertOutput(ctx context.Context, t tx, o Output, d *draft) error {
	content, err := d.name(ctx, t)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO outputs (entry_id, no, kind, format, outbox, name, sha256, size, item_count, amount, hash, pays, state, deadline, content_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		o.Entry, o.No, o.Kind, o.Format, o.Outbox, o.Name, o.SHA256, o.Size, o.Count, o.Amount, o.Hash, o.Pays, o.State, stamp(o.Deadline), content)
	return err
}

// Outputs are the files of an export, in the order of publishing.
func (l *Ledger) Outputs(ctx context.Context, id ID) ([]Output, error) {
	all, err := collect(ctx, l.store, scanOutput, "SELECT "+outputColumns+" FROM outputs WHERE entry_id = $1 ORDER BY no", id)
	if err != nil {
		return nil, fmt.Errorf("outputs of entry %d: %w", id, err)
	}
	return all, nil
}

// Published are the files that lie in an outbox as far as is known, oldest first.
func (l *Ledger) Published(ctx context.Context, outbox string) ([]Output, error) {
	all, err := collect(ctx, l.store, scanOutput, "SELECT "+outputColumns+" FROM outputs WHERE outbox = $1 AND state = 'published' ORDER BY published, entry_id, no", outbox)
	if err != nil {
		return nil, fmt.Errorf("files in outbox %s: %w", outbox, err)
	}
	return all, nil
}

// OpenOutput opens the bytes of a file; ErrPurged after the retention. The context
// must outlive the reading.
func (l *Ledger) OpenOutput(ctx context.Context, o Output) (io.ReadCloser, error) {
	if o.content == 0 {
		return nil, fmt.Errorf("%s of entry %d: %w", o.Name, o.Entry, ErrPurged)
	}
	r, err := l.openContent(ctx, o.content)
	if err != nil {
		return nil, fmt.Errorf("%s of entry %d: %w", o.Name, o.Entry, err)
	}
	return r, nil
}

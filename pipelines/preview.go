package pipelines

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
	"loket-etl/payroll"
	"loket-etl/pipelines/preview"
)

// Preview says what a file would change in Loket, compared with so many earlier
// periods. Loket is read; nothing is sent and nothing is written anywhere. What is
// wrong with the file is in the preview; preview.ErrTooMuch when it is too large
// for one. With a Ledger the file is compared with earlier ones too.
func (r *Runner) Preview(ctx context.Context, d Dry, periods int) (preview.Preview, error) {
	w := &previewer{Runner: r, periods: periods, made: preview.Preview{File: Discreet(d.Name), Pipeline: d.Pipeline}}
	if err := w.begin(ctx, d.Pipeline); err != nil {
		return w.made, err
	}
	found, err := r.dry(ctx, d, func(_ int, pc mappings.Planned, closed bool) error { return w.take(ctx, pc, closed) })
	if err != nil {
		return w.made, err
	}
	if found.Calls == 0 {
		w.set.Refuse()
	}
	w.tell(found)
	w.made.Approval = r.binding(d.Pipeline, d.Inbox).approval(r.Plans().Pipelines[d.Pipeline]) == ApprovalRequired
	e := ledger.Entry{Pipeline: d.Pipeline}
	if e.SHA256, err = sumOf(d.Open); err != nil {
		return w.made, err
	}
	if b := r.binding(d.Pipeline, d.Inbox); b.Seal != nil && found.Calls > 0 {
		if e.Content, err = sumOf(func() (io.ReadCloser, error) { return b.open(d.Open, r.Now()) }); err != nil {
			return w.made, err
		}
	}
	return w.finish(ctx, e)
}

// PreviewEntry is Preview of an entry that waits in the ledger: of the calls that
// were planned, or of its bytes when it was not planned yet.
func (r *Runner) PreviewEntry(ctx context.Context, id ledger.ID, periods int) (preview.Preview, error) {
	e, err := r.Ledger.Get(ctx, id)
	if err != nil {
		return preview.Preview{}, err
	}
	if e.Run != "" || e.State == ledger.Settled {
		return preview.Preview{}, fmt.Errorf("entry %d is no file that waits: %w", id, ledger.ErrState)
	}
	if e.State == ledger.Staged || e.Back == ledger.Staged {
		p, err := r.Preview(ctx, Dry{
			Pipeline: e.Pipeline, Inbox: e.Inbox, Name: e.Name,
			Open: func() (io.ReadCloser, error) { return r.Ledger.Bytes(ctx, id) },
		}, periods)
		p.Entry = int64(id)
		return p, err
	}
	w := &previewer{Runner: r, periods: periods, made: preview.Preview{
		File: Discreet(e.Name), Entry: int64(e.ID), Pipeline: e.Pipeline, Mapping: e.Mapping, Outcome: string(ledger.Imported),
		Rows: e.Rows, Accepted: e.Accepted, Refused: e.Refused, Skipped: e.Rows - e.Accepted - e.Refused, Reason: e.Reason,
	}}
	w.made.Approval = AwaitsApproval(e)
	if err := w.begin(ctx, e.Pipeline); err != nil {
		return w.made, err
	}
	if e.Refused > 0 {
		w.made.Outcome = string(ledger.Partly)
	}
	if err := w.planned(ctx, id); err != nil {
		return w.made, err
	}
	rec, err := ReceiptOf(ctx, r.Ledger, id)
	if err != nil {
		return w.made, err
	}
	w.made.Problems, w.made.More, w.made.Notes = rec.Problems, rec.More, rec.Notes
	return w.finish(ctx, e)
}

// planned takes the calls of a plan that are still to be made.
func (w *previewer) planned(ctx context.Context, id ledger.ID) error {
	periods := newPeriodCheck(w.Runner)
	for line, err := range w.Ledger.Lines(ctx, id) {
		if err != nil {
			return fmt.Errorf("read the plan: %w", err)
		}
		if line.State != ledger.LinePlanned {
			continue
		}
		call, err := contract.UnmarshalArgs(line.Function, line.Args)
		if err != nil {
			return fmt.Errorf("read call %d of the plan: %w", line.No, err)
		}
		pc := mappings.Planned{Call: call, Subject: line.Subject, Rows: line.Rows}
		if err := periods.look(ctx, pc); err != nil {
			return err
		}
		if err := w.take(ctx, pc, periods.refuses(pc)); err != nil {
			return err
		}
	}
	return nil
}

// previewer makes one preview.
type previewer struct {
	*Runner
	periods int
	mapping *mappings.Mapping
	people  *employments
	by      map[string]mappings.Person // by identity of the Dienstverband
	set     *preview.Set
	owners  map[string]bool // identities of the Werkgevers in the file
	leave   []mappings.ImportValue
	prints  map[uint64]int // of the values, to know them again in other files
	records []string       // what stands in the records that the file changes
	made    preview.Preview
}

// begin reads who there is.
func (w *previewer) begin(ctx context.Context, pipeline string) error {
	plans := w.Plans()
	p, ok := plans.Pipelines[pipeline]
	if !ok {
		return fmt.Errorf("there is no pipeline %q", pipeline)
	}
	if w.mapping, ok = plans.Mappings.Get(p.Mapping); !ok {
		return fmt.Errorf("there is no mapping %q", p.Mapping)
	}
	w.owners, w.by, w.prints = map[string]bool{}, map[string]mappings.Person{}, map[uint64]int{}
	kinds := map[int]payroll.PeriodKind{}
	if !w.mapping.NeedsReturns() {
		var err error
		if w.people, _, err = w.directory.read(ctx, w.Loket, w.Now()); err != nil {
			return fmt.Errorf("read the employments of Loket: %w", err)
		}
		for x := range w.people.table.All() {
			w.by[x.Dienstverband] = x
			kinds[x.Clientnummer] = x.SoortPeriode
		}
	}
	w.set = preview.New(w.mapping.IsHours, w.periods, kinds)
	w.made.Made = w.Now().UTC()
	return nil
}

// tell copies what is said about the file.
func (w *previewer) tell(found DryReport) {
	m := &w.made
	m.Mapping, m.Outcome, m.Reason = found.Mapping, string(found.Outcome), found.Reason
	m.Rows, m.Accepted, m.Refused, m.Skipped = found.Rows, found.Accepted, found.Refused, found.Skipped
	m.Problems, m.More, m.Notes = found.Problems, found.MoreProblems, found.Notes
}

// take adds a call that would be made.
func (w *previewer) take(ctx context.Context, pc mappings.Planned, closed bool) error {
	if !ways[pc.Call.Function].imports {
		return w.record(ctx, pc)
	}
	values, err := mappings.Read(pc.Call)
	if err != nil {
		return fmt.Errorf("read an import file: %w", err)
	}
	if owner, ok := pc.Call.Args["ParentDataIdentity"].(string); ok {
		w.owners[owner] = true
	}
	mode, _ := pc.Call.Args["Verwerkingswijze"].(string)
	for _, v := range values {
		w.remember(v)
		if v.Verlof != nil {
			if w.leave = append(w.leave, v); len(w.leave) > preview.MaxValues {
				return fmt.Errorf("more than %d leave records: %w", preview.MaxValues, preview.ErrTooMuch)
			}
			continue
		}
		f := preview.FileValue{Key: w.key(v), Value: v.Value, None: v.None, Mode: preview.Mode(mode), Blocked: closed}
		if v.Aanvulling {
			f.Mode = preview.Add
		}
		if err := w.set.File(f); err != nil {
			return err
		}
	}
	return nil
}

// key is what a value is about, by the numbers that Loket pays on.
func (w *previewer) key(v mappings.ImportValue) preview.Key {
	k := preview.Key{
		Clientnummer: v.Clientnummer, Employee: v.PersnrVerl, Period: v.Period, Strook: v.Strook, Ploeg: v.Ploeg,
		Verdeeleenheid: v.Verdeeleenheid, Kostenplaats: v.Kostenplaats, Kostendrager: v.Kostendrager, Component: v.Component,
	}
	if ids := w.people.dienstverbanden(v); len(ids) > 0 {
		x := w.by[ids[0]]
		k.Clientnummer, k.Employee = x.Clientnummer, x.PersnrVerl
	}
	return k
}

// finish reads what stands in Loket, compares, and looks for earlier files.
func (w *previewer) finish(ctx context.Context, e ledger.Entry) (preview.Preview, error) {
	for x := range maps.Values(w.by) {
		if w.owners[x.Werkgever] {
			w.set.Person(preview.Person{Clientnummer: x.Clientnummer, Employee: x.PersnrVerl, InDienst: x.InDienst, UitDienst: x.UitDienst})
		}
	}
	for _, owner := range slices.Sorted(maps.Keys(w.owners)) {
		if err := w.read(ctx, owner); err != nil {
			return w.made, err
		}
	}
	m, found := &w.made, w.set.Report()
	m.Strange, m.Totals, m.Employees = found.Strange, found.Totals, found.Employees
	m.Standing = w.sealed(found.Standing)
	m.Strange = append(m.Strange, absences(m.Problems)...)
	if w.Ledger != nil {
		earlier, err := w.earlierFiles(ctx, e)
		if err != nil {
			return w.made, err
		}
		m.Strange = append(m.Strange, earlier...)
	}
	preview.Sort(m.Strange)
	if m.Problems == nil {
		m.Problems = []formats.Problem{}
	}
	w.discreet()
	return *m, nil
}

// sealed is a checksum of all that stands now where the file writes.
func (w *previewer) sealed(values string) string {
	sum := sha256.New()
	fmt.Fprintln(sum, values)
	for _, l := range w.made.Leave {
		fmt.Fprintln(sum, l.WerkgeverID, l.Employee, l.Year, l.Soort, l.Now)
	}
	for _, r := range w.records {
		fmt.Fprintln(sum, r)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

// read takes in what stands at a Werkgever.
func (w *previewer) read(ctx context.Context, owner string) error {
	if len(w.leave) > 0 {
		return w.readLeave(ctx, owner)
	}
	for v, err := range w.standing(ctx, "VariabeleGegevens", owner) {
		if err != nil {
			return err
		}
		if err := w.set.Stands(w.key(v), v.Value); err != nil {
			return err
		}
	}
	return nil
}

// standing are the values below a Werkgever, with the numbers of their employees.
func (w *previewer) standing(ctx context.Context, entity, owner string) iter.Seq2[mappings.ImportValue, error] {
	return func(yield func(mappings.ImportValue, error) bool) {
		for e, err := range w.Loket.List(ctx, entity, owner) {
			if err != nil {
				yield(mappings.ImportValue{}, fmt.Errorf("list %s of %s: %w", entity, owner, err))
				return
			}
			v, err := valueOf(e)
			if x, known := w.by[e.Parent]; known {
				v.WerkgeverID, v.Clientnummer, v.PersnrVerl = x.WerkgeverID, x.Clientnummer, x.PersnrVerl
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// absences are the people whom the file names and who are not employed then: they
// are strange as well as wrong.
func absences(problems []formats.Problem) []preview.Finding {
	var all []preview.Finding
	for _, p := range problems {
		if p.Code == "werknemer-niet-in-dienst" {
			all = append(all, preview.Finding{Code: preview.OutOfService, Message: p.Message})
		}
	}
	return all
}

// discreet masks what looks like the number of a person in free text.
func (w *previewer) discreet() {
	m := &w.made
	for i := range m.Employees {
		lines := m.Employees[i].Lines
		for j := range lines {
			lines[j].Kostenplaats, lines[j].Kostendrager = Discreet(lines[j].Kostenplaats), Discreet(lines[j].Kostendrager)
		}
	}
	for i := range m.Strange {
		m.Strange[i].Message = Discreet(m.Strange[i].Message)
	}
	discreet(m.Problems)
}

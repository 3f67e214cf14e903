package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/outbox"
	"loket-etl/payroll"
	"loket-etl/pipelines/schedule"
)

// freeze commits the files all at once: ready to be published, or held for a
// person to look at.
func (m *maker) freeze(ctx context.Context, all []written, note exportNote, reasons []string) error {
	if err := attachJSONDoc(ctx, m.lease, attachExport, note); err != nil {
		return err
	}
	events, err := m.Ledger.Audit(ctx, m.lease.Entry().ID)
	if err != nil {
		return err
	}
	var paid *ledger.PaidError
	for unpaid := []ledger.ID(nil); ; unpaid = append(unpaid, paid.By.Entry) {
		err = m.lease.Produce(ctx, func(add func(ledger.Output, io.Reader) (ledger.Output, error)) error {
			return m.produce(all, unpaid, add)
		}, func(e *ledger.Entry) {
			e.Rows, e.Accepted, e.Reason = 0, 0, ""
			for _, w := range all {
				e.Rows = max(e.Rows, w.totals.Count)
			}
			e.Accepted = e.Rows
		}, joinReasons(reasons))
		if !errors.As(err, &paid) || paid.By.State != ledger.OutputDropped || !freed(events, givenUp(paid.By)) {
			break
		}
	}
	var name *ledger.NameError
	switch {
	case errors.As(err, &paid) && paid.By.State == ledger.OutputDropped:
		return m.park(ctx, m.lease, givenUp(paid.By))
	case errors.As(err, &paid):
		return m.park(ctx, m.lease, fmt.Sprintf("deze betaling is al gemaakt als %s (export %d): twee keer betalen wordt geweigerd. Leg een van beide terzijde", paid.By.Name, paid.By.Entry))
	case errors.As(err, &name):
		return m.park(ctx, m.lease, fmt.Sprintf("export %d heeft in outbox %s al een bestand %s: geef een van beide een eigen outbox", name.By.Entry, name.By.Outbox, name.By.Name))
	case err != nil:
		return fmt.Errorf("freeze the files: %w", err)
	}
	if len(reasons) > 0 {
		m.Metrics.held(m.x.Name)
		return errWaits
	}
	return nil
}

// givenUp is why an export waits that pays what another gave up: only who read this
// very sentence can say that it was not paid.
func givenUp(by ledger.Output) string {
	return fmt.Sprintf("deze betaling is eerder gemaakt als %s (export %d) en toen terzijde gelegd. Is zij op een andere manier betaald, leg dan ook deze export terzijde. Is zij nog niet betaald, geef hem vrij", by.Name, by.Entry)
}

func joinReasons(reasons []string) string { return strings.Join(reasons, " ") }

// sentence is a finding as a reason.
func sentence(f payroll.Finding) string { return strings.TrimSpace(f.Message + " " + f.Repair) }

// judge checks the files against the run and against what was paid before. The
// reasons are what a person must let pass first.
func (m *maker) judge(ctx context.Context, all []written) (note exportNote, reasons []string, err error) {
	note.Findings = []payroll.Finding{}
	if !m.export.What.ofRun() {
		return note, nil, nil
	}
	groups, err := m.paymentsOf(all)
	if err != nil {
		return note, nil, err
	}
	for _, payments := range groups {
		found, err := m.run.check(m.export, payments)
		if err != nil {
			return note, nil, wrong("de stukken van de run zijn niet te controleren: %v", err)
		}
		for _, f := range found {
			if f.Grave {
				reasons = append(reasons, sentence(f))
			}
		}
		note.Findings = append(note.Findings, found...)
	}
	if len(reasons) > 0 {
		return note, nil, wrong("%s", joinReasons(reasons))
	}
	if m.export.What != Payments {
		return note, nil, nil
	}
	var later []payroll.Finding
	if m.lease != nil && m.export.Pays() { // a preview has no entry to remember for
		if later, err = m.earlier(ctx, groups); err != nil {
			return note, nil, err
		}
	}
	for _, f := range later {
		if f.Grave || slices.Contains(m.export.Hold, f.Code) {
			reasons = append(reasons, sentence(f))
		}
	}
	note.Findings = append(note.Findings, later...)
	if m.export.Pays() && m.run.passed(m.today()) != 0 {
		reasons = append(reasons, datePassed)
	}
	return note, reasons, m.moments(&note)
}

const datePassed = "De gewenste verwerkingsdatum is voorbij: controleer wat er al betaald is, en geef de export vrij als deze betaling nog moet."

// today is the date in the Netherlands.
func (r *Runner) today() payroll.Date { return payroll.DateOf(r.Now().In(amsterdam)) }

// passed is the last date of a payment before today; 0 when there is none.
func (f fetched) passed(today payroll.Date) (last payroll.Date) {
	for _, b := range f.payments {
		if day := date(b.Entity, "GewensteVerwerkingsdatum"); day < today {
			last = max(last, day)
		}
	}
	return last
}

// sameBatchDays is how many bank days before and after its date a batch that is the
// same may be that batch once more.
const sameBatchDays = 6

// earlier compares what the bank would execute with what was paid before.
func (m *maker) earlier(ctx context.Context, groups [][]payroll.Payments) ([]payroll.Finding, error) {
	i := slices.IndexFunc(m.export.Formats, func(f string) bool { return f != "clieop03" })
	run, err := m.run.documents(m.export, groups[i])
	if err != nil {
		return nil, err
	}
	return overTime(ctx, m.lease, m.about.Werkgever, run, func(d payroll.Date) (first, last payroll.Date) {
		return schedule.BankDaysBefore(d, sameBatchDays), schedule.BankDaysAfter(d, sameBatchDays)
	})
}

// paymentsOf are the payments to hold against the run: as they were written, each
// format by itself, or as Loket gave them when none are written.
func (m *maker) paymentsOf(all []written) ([][]payroll.Payments, error) {
	if m.export.What != Payments {
		p, err := m.run.asReceived()
		if err != nil {
			return nil, wrong("%v", err)
		}
		return [][]payroll.Payments{p}, nil
	}
	groups := make([][]payroll.Payments, len(m.export.Formats))
	for _, w := range all {
		if !w.payments {
			continue
		}
		in, err := w.rewind()
		if err != nil {
			return nil, err
		}
		p, err := formats.Payments[w.format].Decode(in)
		if err != nil {
			return nil, wrong("%s is niet goed: %v", w.what, err)
		}
		i := slices.Index(m.export.Formats, w.format)
		groups[i] = append(groups[i], p)
	}
	return groups, nil
}

// moments sets when the payments are published.
func (m *maker) moments(note *exportNote) error {
	for _, b := range m.run.payments {
		day := date(b.Entity, "GewensteVerwerkingsdatum")
		if day == 0 {
			continue // as soon as possible
		}
		at, err := m.export.Publish.before(day)
		if err != nil {
			return err
		}
		if note.PublishAt.IsZero() || at.Before(note.PublishAt) {
			note.PublishAt = at
		}
	}
	return nil
}

// before is the moment so many bank days before a pay date; zero when there is
// none.
func (l Lead) before(day payroll.Date) (time.Time, error) {
	if l == (Lead{}) {
		return time.Time{}, nil
	}
	clock, err := schedule.ParseClock(l.At)
	if err != nil {
		return time.Time{}, err
	}
	day = schedule.BankDaysBefore(day, l.BankDays)
	for _, off := schedule.DutchHoliday(day); off; _, off = schedule.DutchHoliday(day) {
		day = schedule.BankDaysBefore(day, 1)
	}
	return schedule.At(day, clock), nil
}

// deadline is by when the bank should have the payments.
func (m *maker) deadline() (first time.Time) {
	for _, b := range m.run.payments {
		if day := date(b.Entity, "GewensteVerwerkingsdatum"); day != 0 {
			if at, err := m.export.Collect.before(day); err == nil && !at.IsZero() && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
	}
	return first
}

// produce hands the files to the ledger in the order in which they will be
// published: payments last, after the manifest that adds everything up.
func (m *maker) produce(all []written, unpaid []ledger.ID, add func(ledger.Output, io.Reader) (ledger.Output, error)) error {
	for _, w := range all {
		in, err := w.rewind()
		if err != nil {
			return err
		}
		o := ledger.Output{
			Kind: w.kind, Format: w.format, Outbox: m.x.Outbox, Name: w.name, Pays: w.pays, Unpaid: unpaid,
			Count: w.totals.Count, Amount: int64(w.totals.Amount), Hash: w.totals.Hash,
		}
		if w.payments {
			o.Deadline = m.deadline()
		}
		kept, err := add(o, in)
		if err != nil {
			return err
		}
		if kept.SHA256 != w.sha256 {
			return fmt.Errorf("%s changed between checking and keeping it", w.name)
		}
	}
	return nil
}

// rank is when a file is published: others first, then the manifest, payments last.
func (w written) rank() int {
	switch {
	case w.payments:
		return 2
	case w.kind == manifestKind:
		return 1
	}
	return 0
}

const manifestKind = "manifest"

// manifest lists the other files of the delivery with what they add up to.
func (m *maker) manifest(all []written) (written, error) {
	list := outbox.Manifest{Delivery: m.delivery()}
	for _, w := range all {
		list.Files = append(list.Files, outbox.Entry{
			Kind: strings.ReplaceAll(w.kind, ":", "-"), Name: w.name, Bytes: w.size, SHA256: w.sha256,
			Count: int64(w.totals.Count), Amount: w.totals.Amount.String(),
		})
	}
	data, err := list.Encode()
	if err != nil {
		return written{}, fmt.Errorf("make the manifest: %w", err)
	}
	return m.write(made{kind: manifestKind, format: manifestKind, what: manifestKind, ext: "json", encode: func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}})
}

// delivery is what the manifest calls it.
func (m *maker) delivery() string {
	return strings.Join(append([]string{m.x.Name}, m.about.parts()...), "-")
}

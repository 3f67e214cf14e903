package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/outbox"
	"loket-etl/payroll"
)

// publish brings the frozen files of an export to the partner, one after the
// other, at their time. Each goes in two steps with a commit after each: after a
// crash it is known whether the partner may have seen it, and what may have been
// seen and is gone is never published again on a guess.
func (r *Runner) publish(ctx context.Context, lease *ledger.Lease) error {
	e := lease.Entry()
	x, export, ok := r.exporting(e.Pipeline)
	if !ok || export == nil {
		return r.park(ctx, lease, fmt.Sprintf("export %s bestaat niet meer; zet haar terug en geef de export vrij", e.Pipeline))
	}
	var note exportNote
	if err := readAttached(ctx, r.Ledger, e.ID, attachExport, &note); err != nil {
		return err
	}
	if r.Now().Before(note.PublishAt) {
		return wait(lease.Yield(ctx, note.PublishAt, "wacht op "+amsterdamTime(note.PublishAt)))
	}
	outputs, err := r.Ledger.Outputs(ctx, e.ID)
	if err != nil {
		return err
	}
	p := &publisher{Runner: r, lease: lease, x: x, export: export}
	for _, o := range outputs {
		if o.State.Done() {
			continue
		}
		if err := p.file(ctx, o); err != nil {
			return p.stopped(ctx, o, err)
		}
	}
	return r.endExport(ctx, lease)
}

func (r *Runner) endExport(ctx context.Context, lease *ledger.Lease) error {
	if err := lease.Move(ctx, ledger.Ready, ledger.Settled, func(e *ledger.Entry) { e.Outcome, e.Reason = ledger.Exported, "" }); err != nil {
		return err
	}
	e := lease.Entry()
	r.Metrics.settled(e.Pipeline, string(e.Outcome))
	r.Log.Info().Int64("entry", int64(e.ID)).Str("pipeline", e.Pipeline).Str("outcome", string(e.Outcome)).Msg("settled")
	return nil
}

type publisher struct {
	*Runner
	lease   *ledger.Lease
	x       Exporting
	export  *Export
	checked bool // the run was looked at again
}

// stopped decides about a file that could not be published: what a person must
// look at holds the export, the rest is tried again.
func (p *publisher) stopped(ctx context.Context, o ledger.Output, err error) error {
	var w *wrongRun
	switch {
	case errors.As(err, &w):
		return p.park(ctx, p.lease, w.Error())
	case errors.Is(err, outbox.ErrOther):
		return p.park(ctx, p.lease, fmt.Sprintf("in outbox %s staat al iets anders onder de naam %s; er is niets overschreven. Zoek uit wat het is", o.Outbox, o.Name))
	case errors.Is(err, outbox.ErrSource), errors.Is(err, ledger.ErrPurged):
		return p.park(ctx, p.lease, fmt.Sprintf("%s is in het grootboek niet meer wat het was; er is niets verzonden", o.Name))
	}
	return err
}

// file publishes one file, from wherever it is.
func (p *publisher) file(ctx context.Context, o ledger.Output) error {
	place, ok := p.Outboxes[o.Outbox]
	if !ok {
		return wrong("outbox %s bestaat niet meer; zet haar terug en geef de export vrij", o.Outbox)
	}
	f := p.sending(o)
	sight, err := outbox.Look(ctx, place, f)
	if err != nil {
		return err
	}
	switch outbox.Resume(o.State == ledger.OutputPrepared, sight) {
	case outbox.AskPerson:
		if sight == outbox.Other {
			return fmt.Errorf("publish %s: %w", o.Name, outbox.ErrOther)
		}
		return wrong("%s stond klaar in outbox %s en is daar niet meer te zien: waarschijnlijk heeft de ontvanger het al. Vraag het na. Heeft hij het: etl delivered %d --file %d. Heeft hij het niet: etl republish %d --file %d",
			o.Name, o.Outbox, o.Entry, o.No, o.Entry, o.No)
	case outbox.StartOver:
		if err := errors.Join(p.check(ctx, o), p.unseen(ctx, place, o)); err != nil {
			return err
		}
		if err := p.mark(ctx, o.Outbox, place, o.Entry); err != nil {
			return err
		}
		if err := outbox.Prepare(ctx, place, f); err != nil {
			return err
		}
		if err := outbox.PutSidecar(ctx, place, f); err != nil {
			return err
		}
		if err := p.lease.Mark(ctx, o.No, ledger.OutputStaged, ledger.OutputPrepared); err != nil {
			return err
		}
		if err := outbox.Reveal(ctx, place, f); err != nil {
			return err
		}
	case outbox.GoOn: // it may have waited for days
		if err := p.check(ctx, o); err != nil {
			return err
		}
		if err := outbox.Reveal(ctx, place, f); err != nil {
			return err
		}
	case outbox.Done:
		// Reveal takes a second copy under the temporary name away. That the partner
		// took the file since it was seen is no reason to ask anyone.
		if err := outbox.Reveal(ctx, place, f); err != nil && !errors.Is(err, outbox.ErrGone) {
			return err
		}
		if o.State == ledger.OutputStaged { // the commit between the steps was missed
			if err := p.lease.Mark(ctx, o.No, ledger.OutputStaged, ledger.OutputPrepared); err != nil {
				return err
			}
		}
	}
	if err := p.lease.Mark(ctx, o.No, ledger.OutputPrepared, ledger.OutputPublished); err != nil {
		return err
	}
	p.Metrics.published(p.x.Name)
	p.Log.Info().Int64("entry", int64(o.Entry)).Int("file", o.No).Str("pipeline", p.x.Name).Str("outbox", o.Outbox).Str("kind", o.Kind).Msg("published")
	return nil
}

// sending is a frozen file as an outbox wants it.
func (r *Runner) sending(o ledger.Output) outbox.File {
	return outbox.File{Name: o.Name, SHA256: o.SHA256, Size: o.Size, Open: func(ctx context.Context) (io.ReadCloser, error) { return r.Ledger.OpenOutput(ctx, o) }}
}

// unseen holds a payment of which the outbox shows that the partner has had it, by a
// ledger that does not know: one that was put back from a backup.
func (p *publisher) unseen(ctx context.Context, place outbox.Folder, o ledger.Output) error {
	if o.Pays == "" {
		return nil
	}
	fates, err := outbox.Collected(ctx, place, []outbox.Expected{{Name: o.Name, Size: o.Size}}, p.moved(o.Outbox)...)
	if err != nil {
		return err
	}
	if is := fates[0].Is; is == outbox.Moved || is == outbox.Acknowledged {
		return wrong("aan %s in outbox %s is te zien dat de ontvanger %s al heeft gehad, en het grootboek weet daar niet van: is het teruggezet? Er is niets verzonden. Leg de export terzijde als dit al betaald is", fates[0].Where, o.Outbox, o.Name)
	}
	return nil
}

// check looks at the frozen bytes once more, right before they leave: they must
// read back to what was recorded, and payments must still agree with the run as
// Loket has it now.
func (p *publisher) check(ctx context.Context, o ledger.Output) error {
	if err := p.stillSo(ctx); err != nil {
		return err
	}
	totals, err := p.totals(ctx, o)
	if err != nil {
		return wrong("%s is niet meer goed: %v; er is niets verzonden", o.Name, err)
	}
	if want := (payroll.Totals{Count: o.Count, Amount: payroll.Cents(o.Amount), Hash: o.Hash}); totals != want {
		return wrong("%s telt niet meer op tot wat is vastgelegd; er is niets verzonden", o.Name)
	}
	return nil
}

func (p *publisher) totals(ctx context.Context, o ledger.Output) (payroll.Totals, error) {
	in, err := p.Ledger.OpenOutput(ctx, o)
	if err != nil {
		return payroll.Totals{}, err
	}
	defer in.Close()
	return p.export.totals(o.Format, in)
}

// stillSo holds the export when its run is not approved any more, or when what is
// to be paid is not what Loket has now. It asks Loket once for all files.
func (p *publisher) stillSo(ctx context.Context) error {
	if p.checked {
		return nil
	}
	a, err := aboutOf(p.lease.Entry())
	if err != nil {
		return err
	}
	is, err := p.stillApproved(ctx, p.export, a)
	if err != nil {
		return fmt.Errorf("look whether it is still approved: %w", err)
	}
	if !is {
		return &wrongRun{errWithdrawn.Error()}
	}
	if p.export.What == Payments {
		if err := p.paysWhatLoketSays(ctx, a); err != nil {
			return err
		}
	}
	p.checked = true
	return nil
}

// paysWhatLoketSays holds the frozen payments against the run as it is in Loket.
func (p *publisher) paysWhatLoketSays(ctx context.Context, a about) error {
	run, err := p.fetchRun(ctx, a)
	if err != nil {
		return err
	}
	if err := p.inTime(ctx, run); err != nil {
		return err
	}
	outputs, err := p.Ledger.Outputs(ctx, p.lease.Entry().ID)
	if err != nil {
		return err
	}
	groups := map[string][]payroll.Payments{}
	for _, o := range outputs {
		f, ok := formats.Payments[o.Format]
		if !ok {
			continue
		}
		in, err := p.temporary(ctx, o)
		if err != nil {
			return err
		}
		defer in.close()
		doc, err := f.Decode(in.temp)
		if err != nil {
			return wrong("%s is niet meer goed: %v; er is niets verzonden", o.Name, err)
		}
		groups[o.Format] = append(groups[o.Format], doc)
	}
	for _, payments := range groups {
		found, err := run.check(p.export, payments)
		if err != nil {
			return wrong("de stukken van de run zijn niet te controleren: %v", err)
		}
		for _, f := range found {
			if f.Grave {
				return wrong("%s", sentence(f))
			}
		}
	}
	return nil
}

// inTime holds payments whose date went by while they could not be published: they
// may have been paid in another way since. Who releases them after that date says
// that they were not.
func (p *publisher) inTime(ctx context.Context, run fetched) error {
	day := run.passed(p.today())
	if day == 0 || !p.export.Pays() {
		return nil
	}
	events, err := p.Ledger.Audit(ctx, p.lease.Entry().ID)
	if err != nil {
		return err
	}
	for _, ev := range events {
		if ev.From == ledger.Held && ev.To == ledger.Ready && payroll.DateOf(ev.At.In(amsterdam)) > day {
			return nil
		}
	}
	return wrong("%s", datePassed)
}

// temporary copies frozen bytes to where they can be read again and again.
func (p *publisher) temporary(ctx context.Context, o ledger.Output) (written, error) {
	in, err := p.Ledger.OpenOutput(ctx, o)
	if err != nil {
		return written{}, err
	}
	defer in.Close()
	temp, err := os.CreateTemp("", "etl-*")
	if err != nil {
		return written{}, fmt.Errorf("make room for %s: %w", o.Name, err)
	}
	w := written{temp: temp}
	if _, err = io.Copy(temp, in); err == nil {
		_, err = w.rewind()
	}
	if err != nil {
		w.close()
		return written{}, fmt.Errorf("read %s: %w", o.Name, err)
	}
	return w, nil
}

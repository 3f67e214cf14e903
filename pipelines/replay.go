package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
)

// ReplayedFile is what a mapping makes now of a file that came in before, beside
// what was made of it then.
type ReplayedFile struct {
	Entry       ledger.Entry
	Differences []mappings.Difference // in what goes to Loket
	New, Gone   []formats.Problem     // problems of now and not of then, and the other way round
	Calls       int                   // of now
}

// Same reports whether nothing comes out differently.
func (f *ReplayedFile) Same() bool { return len(f.Differences)+len(f.New)+len(f.Gone) == 0 }

// Replayed counts the files of a Replay.
type Replayed struct {
	Files     int // that were looked at
	Different int
	Purged    int // whose bytes are gone after the retention
}

// Unseen says why a pipeline may not plan files with a mapping yet; "" when it may, so
// always without Options.ReplayFirst.
func (r *Runner) Unseen(ctx context.Context, p *Pipeline, m *mappings.Mapping) (string, error) {
	if !r.Options.ReplayFirst {
		return "", nil
	}
	version := m.Name() + "@" + m.Version()
	if ok, err := r.Ledger.MappingAccepted(ctx, p.Name, version); err != nil || ok {
		return "", err
	}
	return fmt.Sprintf("mapping %s van pijplijn %s is gewijzigd en nog niet nagelopen; laat de beheerder dat doen (etl mapping replay %s --accept) en geef het bestand vrij", version, p.Name, m.Name()), nil
}

// Replay reads the archived files of the pipelines that use mappings of m's name with
// m, newest first, and hands over what comes out of each beside the calls that were
// frozen for it then. Files from before since are left out, duplicates too, what took
// an import back, and those of which no plan was made. Loket is asked who its people
// are now: what it had then is not kept, so a difference may come from there. Tax
// returns and periods are not looked at.
// Nothing is written and nothing is sent.
func (r *Runner) Replay(ctx context.Context, m *mappings.Mapping, since time.Time, each func(ReplayedFile) error) (Replayed, error) {
	var total Replayed
	plans := r.Plans()
	var names []string
	for name, p := range plans.Pipelines {
		if p.Mapping == m.Name() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if err := r.replayPipeline(ctx, plans.Pipelines[name], m, since, &total, each); err != nil {
			return total, err
		}
	}
	return total, nil
}

func (r *Runner) replayPipeline(ctx context.Context, p *Pipeline, m *mappings.Mapping, since time.Time, total *Replayed, each func(ReplayedFile) error) error {
	for before := ledger.ID(0); ; {
		page, err := r.Ledger.List(ctx, ledger.Filter{Pipeline: p.Name, Before: before})
		if err != nil {
			return err
		}
		for _, e := range page {
			before = e.ID
			if e.Received.Before(since) {
				return nil
			}
			switch {
			case e.Mapping == "" || e.Outcome == ledger.Duplicate || e.Run != "" || e.Undoes != 0:
				continue // an undoing has no file
			case e.Purged:
				total.Purged++
				continue
			}
			f, err := r.replay(ctx, p, m, e)
			if errors.Is(err, ledger.ErrPurged) {
				total.Purged++
				continue
			}
			if err != nil {
				return fmt.Errorf("replay entry %d: %w", e.ID, err)
			}
			total.Files++
			if !f.Same() {
				total.Different++
			}
			if err := each(f); err != nil {
				return err
			}
		}
		if len(page) == 0 {
			return nil
		}
	}
}

// replay runs one file.
func (r *Runner) replay(ctx context.Context, p *Pipeline, m *mappings.Mapping, e ledger.Entry) (ReplayedFile, error) {
	f := ReplayedFile{Entry: e}
	before, problems, err := r.planThen(ctx, e)
	if err != nil {
		return f, err
	}
	b := r.binding(e.Pipeline, e.Inbox)
	in := mappings.Input{
		Open: func() (io.ReadCloser, error) {
			return b.open(func() (io.ReadCloser, error) { return r.Ledger.Bytes(ctx, e.ID) }, e.Received)
		},
		FileName: b.opened(e.Name), Dropped: e.Received.In(amsterdam),
		Rules: p.Rules, PerEmployee: b.policy(p) == PerEmployee, Replaces: b.leftOut(p) == ClearLeftOut, Clientnummer: b.Clientnummer,
		MaxProblems: r.Limits.Problems, MaxCallBytes: r.Limits.CallBytes, Workers: r.Limits.Workers,
	}
	if in.Only, err = r.onlyApproved(ctx, e.ID); err != nil {
		return f, err
	}
	if !m.NeedsReturns() { // a return is past what was decided on it
		if _, err := r.ask(ctx, m, &in); err != nil {
			return f, err
		}
	}
	var after []mappings.Figure
	found, err := runMapping(ctx, m, in, func(pc mappings.Planned) error {
		f.Calls++
		all, err := figuresOf(pc.Call, pc.Subject)
		after = append(after, all...)
		return err
	})
	var file *formats.FileError
	if errors.As(err, &file) {
		found.Problems, after, err = append(found.Problems, file.Problem), nil, nil
	}
	if err != nil {
		return f, err
	}
	if f.Calls == 0 && len(found.Problems) == 0 {
		found.Problems = []formats.Problem{nothingToDo}
	}
	discreet(found.Problems)
	f.Differences = mappings.Compare(oneMode(before), oneMode(after))
	f.New, f.Gone = without(found.Problems, problems), without(problems, found.Problems)
	return f, nil
}

// planThen is what the frozen plan of an entry put in Loket, and the problems that
// were found in the file. Of a file that took the place of earlier ones it is what the
// file said by itself, not what that came to beside them.
func (r *Runner) planThen(ctx context.Context, e ledger.Entry) (figures []mappings.Figure, problems []formats.Problem, err error) {
	lines, err := r.saidThen(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	for line, err := range lines {
		if err != nil {
			return nil, nil, err
		}
		call, err := contract.UnmarshalArgs(line.Function, line.Args)
		if err != nil {
			return nil, nil, fmt.Errorf("read call %d of then: %w", line.No, err)
		}
		all, err := figuresOf(call, line.Subject)
		if err != nil {
			return nil, nil, fmt.Errorf("read call %d of then: %w", line.No, err)
		}
		figures = append(figures, all...)
	}
	doc, err := r.Ledger.Attachment(ctx, e.ID, attachProblems)
	if errors.Is(err, ledger.ErrNotFound) {
		return figures, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer doc.Close()
	var list problemList
	if err := json.NewDecoder(doc).Decode(&list); err != nil {
		return nil, nil, fmt.Errorf("read the problems of then: %w", err)
	}
	return figures, list.Problems, nil
}

// figuresOf are the figures of a call. Those of an import file say themselves whose
// they are and when: in which call they go, and in how many, makes no difference.
func figuresOf(call contract.Call, subject string) ([]mappings.Figure, error) {
	if ways[call.Function].imports {
		subject = ""
	}
	all, err := mappings.Figures(call, subject)
	for i := range all {
		for n := range all[i].Key {
			k := &all[i].Key[n]
			if k.Name == "kostenplaats" || k.Name == "kostendrager" {
				k.Value = Discreet(k.Value)
			}
		}
	}
	return all, err
}

// oneMode leaves one of the figures that say how an import file counts: there is one
// in every call.
func oneMode(all []mappings.Figure) []mappings.Figure {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(all), func(f mappings.Figure) bool {
		if f.About != "" || f.Get("argument") == "" {
			return false
		}
		key := f.Call + " " + f.Value
		again := seen[key]
		seen[key] = true
		return again
	})
}

// without are the problems of a that b has not, wherever b tells of them.
func without(a, b []formats.Problem) []formats.Problem {
	type place struct {
		line, column int
		code, field  string
	}
	known := map[place]bool{}
	for _, p := range b {
		known[place{p.Line, p.Column, p.Code, p.Field}] = true
	}
	return slices.DeleteFunc(slices.Clone(a), func(p formats.Problem) bool { return known[place{p.Line, p.Column, p.Code, p.Field}] })
}

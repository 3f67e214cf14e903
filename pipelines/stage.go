package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"loket-etl/formats"
	"loket-etl/inbox"
	"loket-etl/ledger"
)

// Binding says which files of an inbox go through which pipeline.
type Binding struct {
	Pipeline     string
	Inbox        string
	Files        []string // patterns that replace the pipeline's own; none: the pipeline's
	Policy       Policy   // replaces the pipeline's own; "": the pipeline's
	LeftOut      LeftOut  // replaces the pipeline's own; "": the pipeline's
	Approval     Approval // replaces the pipeline's own; "": the pipeline's
	Clientnummer int      // for mappings that take it from here; 0: none

	// Seal opens the files, which arrive encrypted or signed; nil: they do not. Names
	// are looked at as they are once open.
	Seal *formats.Seal
}

func (b Binding) policy(p *Pipeline) Policy {
	if b.Policy != "" {
		return b.Policy
	}
	return p.Policy
}

func (b Binding) leftOut(p *Pipeline) LeftOut {
	if b.LeftOut != "" {
		return b.LeftOut
	}
	return p.LeftOut
}

func (b Binding) takes(p *Pipeline, name string) bool {
	name = b.opened(name)
	if len(b.Files) == 0 {
		return p.Takes(name)
	}
	return (&Pipeline{Files: b.Files}).Takes(name)
}

// binding is that of an entry. For a file that came from no inbox it is the
// only one of its pipeline, if there is just one.
func (r *Runner) binding(pipeline, inbox string) Binding {
	var of []Binding
	for _, b := range r.Bindings {
		if b.Pipeline == pipeline && (inbox == "" || b.Inbox == inbox) {
			of = append(of, b)
		}
	}
	if len(of) == 1 || len(of) > 1 && inbox != "" {
		return of[0]
	}
	return Binding{Pipeline: pipeline, Inbox: inbox}
}

// Takes is the pipeline in force that takes a file of an inbox, "" when none does. A
// refused part that was handed back has another extension than the file that it is of:
// when nobody takes it by its name, it goes to who took that file.
func (r *Runner) Takes(inbox, name string) string {
	pipelines := r.Plans().Pipelines
	for _, name := range wholes(name) {
		i := slices.IndexFunc(r.Bindings, func(b Binding) bool {
			p, ok := pipelines[b.Pipeline]
			return ok && b.Inbox == inbox && b.takes(p, name)
		})
		if i >= 0 {
			return r.Bindings[i].Pipeline
		}
	}
	return ""
}

// wholes are a name, and when it is that of a refused part those that the whole file
// may have had.
func wholes(name string) []string {
	all := []string{name}
	if stem, ok := strings.CutSuffix(name, refusedSuffix+".csv"); ok {
		for _, ext := range toCSV {
			all = append(all, stem+ext)
		}
	}
	return all
}

// Watch stages what an inbox offers until ctx ends.
func (r *Runner) Watch(ctx context.Context, name string, o inbox.Options) error {
	w := &watcher{r: r, inbox: name, place: r.Inboxes[name], seen: map[string]taken{}}
	return inbox.Watch(ctx, w.place, o, w.found)
}

// watcher remembers what it staged, so that a file that still lies in the inbox
// is not read again at every scan. The memory is only a saving: without it the
// ledger knows the bytes.
type watcher struct {
	r     *Runner
	inbox string
	place inbox.Folder

	mu   sync.Mutex
	seen map[string]taken
}

type taken struct {
	info  inbox.Info
	entry ledger.ID
}

// found stages a complete file. One with the bytes of another file that is on its
// way has to wait for that: only then it is known whether it is a duplicate.
func (w *watcher) found(ctx context.Context, f inbox.Found) error {
	pipeline := w.r.Takes(w.inbox, f.Name)
	if pipeline == "" {
		return nil
	}
	if e, err := w.unsettled(ctx, f); err != nil {
		return err
	} else if e.ID != 0 {
		return w.own(e, f)
	}
	id, err := w.stage(ctx, pipeline, f)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // taken away, or tidied by a runner, since the scan
	case errors.Is(err, ledger.ErrTooBig):
	case err != nil:
		w.r.Metrics.unread(pipeline)
		return fmt.Errorf("take in a file for %s: %w", pipeline, err) // the inbox tells it and tries again
	}
	w.mu.Lock()
	w.seen[f.Name] = taken{f.Info, id}
	w.mu.Unlock()
	w.r.rouse()
	e, err := w.r.Ledger.Get(ctx, id)
	if err != nil {
		return fmt.Errorf("look for %s in the ledger: %w", f.Name, err)
	}
	return w.own(e, f)
}

// own is nil when the entry is of this very file, ErrLater when it is of another
// one with the same bytes.
func (w *watcher) own(e ledger.Entry, f inbox.Found) error {
	if e.Name != f.Name || e.Inbox != w.inbox {
		return inbox.ErrLater
	}
	return nil
}

// unsettled is the entry of these bytes that is on its way, if this file was read
// before; else nothing.
func (w *watcher) unsettled(ctx context.Context, f inbox.Found) (ledger.Entry, error) {
	w.mu.Lock()
	t, ok := w.seen[f.Name]
	w.mu.Unlock()
	if !ok || t.info.Size != f.Info.Size || !t.info.ModTime.Equal(f.Info.ModTime) {
		return ledger.Entry{}, nil
	}
	e, err := w.r.Ledger.Get(ctx, t.entry)
	if err == nil && e.State != ledger.Settled {
		return e, nil
	}
	w.mu.Lock()
	delete(w.seen, f.Name)
	w.mu.Unlock()
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return ledger.Entry{}, fmt.Errorf("look for %s in the ledger: %w", f.Name, err)
	}
	return ledger.Entry{}, nil
}

func (w *watcher) stage(ctx context.Context, pipeline string, f inbox.Found) (ledger.ID, error) {
	data, err := inbox.Open(ctx, w.place, f)
	if err != nil {
		return 0, err
	}
	defer data.Close()
	e := ledger.Entry{Pipeline: pipeline, Inbox: w.inbox, Name: f.Name, ModTime: f.Info.ModTime, Marker: f.Marker}
	if f.Refuse != "" {
		e.State, e.Reason = ledger.Refused, f.Refuse
	}
	id, isNew, err := w.r.Ledger.Stage(ctx, e, data)
	if isNew && (err == nil || errors.Is(err, ledger.ErrTooBig)) {
		w.r.Log.Info().Int64("entry", int64(id)).Str("inbox", w.inbox).Str("pipeline", pipeline).Int64("bytes", f.Info.Size).Msg("staged")
	}
	return id, err
}

// Import stages a file that comes from a person instead of an inbox. With force
// the same bytes are done again although they were done before.
func (r *Runner) Import(ctx context.Context, pipeline, name string, force bool, data io.Reader) (ledger.ID, bool, error) {
	id, isNew, err := r.Ledger.Stage(ctx, ledger.Entry{Pipeline: pipeline, Name: name, Forced: force}, data)
	if err != nil && !errors.Is(err, ledger.ErrTooBig) {
		return 0, false, err
	}
	r.rouse()
	return id, isNew, nil
}

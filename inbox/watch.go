package inbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"loket-etl/internal/folder"
)

// Watch scans the inbox at start, at every tick, and when events were lost, and
// calls found as Scan does. Where the system tells of changes (a local directory),
// a marker or a rename out of a temporary name is acted upon at once; an event is
// never more than a reason to look. It returns only when ctx ends, with its error.
func (b *Inbox) Watch(ctx context.Context, found func(context.Context, Found) error) error {
	e := &events{b: b}
	defer e.close()
	timer := time.NewTimer(b.o.Every)
	defer timer.Stop()
	for {
		e.ensure() // before the scan: what comes in between is seen by both
		// A failed scan was told to Failed; the next may succeed.
		b.Scan(ctx, found)
		timer.Reset(b.o.Every)
		for scan := false; !scan; {
			ticks := b.o.Ticks
			if ticks == nil {
				ticks = timer.C
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-ticks:
				scan = true
			case err, ok := <-e.errors():
				if !ok {
					e.close()
				}
				if errors.Is(err, fsnotify.ErrEventOverflow) {
					b.o.Stats.Overflows.Add(1)
				}
				scan = true
			case ev, ok := <-e.events():
				if !ok {
					e.close()
					continue
				}
				b.wake(ctx, e.drain(ev), found)
			}
		}
	}
}

// events asks the system to tell of changes in a local directory, and asks again
// when the directory came back.
type events struct {
	b      *Inbox
	w      *fsnotify.Watcher
	dir    os.FileInfo // the directory that is watched
	failed bool        // told so already
}

func (e *events) events() <-chan fsnotify.Event {
	if e.w == nil {
		return nil
	}
	return e.w.Events
}

func (e *events) errors() <-chan error {
	if e.w == nil {
		return nil
	}
	return e.w.Errors
}

func (e *events) close() {
	if e.w != nil {
		e.w.Close()
		e.w, e.dir = nil, nil
	}
}

// ensure watches the directory that has the name now.
func (e *events) ensure() {
	p, ok := e.b.f.(interface{ Path() string })
	if !ok || e.b.o.NoEvents {
		return
	}
	now, err := os.Stat(p.Path())
	if err != nil {
		e.close()
		return // the scan tells
	}
	if e.w != nil && os.SameFile(now, e.dir) && len(e.w.WatchList()) > 0 {
		return
	}
	e.close()
	if e.w, err = fsnotify.NewBufferedWatcher(8192); err == nil {
		if err = e.w.Add(p.Path()); err != nil {
			e.close()
		}
	}
	switch {
	case err == nil:
		e.dir, e.failed = now, false
	case !e.failed:
		e.failed = true
		e.b.o.Failed("", fmt.Errorf("no events, only scans: %w", err))
	}
}

// drain takes the events that are there already.
func (e *events) drain(first fsnotify.Event) []fsnotify.Event {
	out := []fsnotify.Event{first}
	for len(out) < 10_000 {
		select {
		case ev, ok := <-e.w.Events:
			if !ok {
				return out
			}
			out = append(out, ev)
		default:
			return out
		}
	}
	return out
}

// wake looks at the files that events say may be complete now: those with a new
// marker and those renamed out of a temporary name. All others wait for the scans,
// as they must lie quiet anyway; so a burst of events costs no more than itself.
func (b *Inbox) wake(ctx context.Context, evs []fsnotify.Event, found func(context.Context, Found) error) {
	b.o.Stats.Events.Add(int64(len(evs)))
	for name, from := range b.hints(evs) {
		if ctx.Err() != nil {
			return
		}
		info, err := folder.Stat(ctx, b.f, name)
		if err != nil {
			continue // gone, no file, or never one
		}
		b.note(name, info, from)
		v := newView([]folder.Info{info})
		for _, k := range keys(name) {
			for m := range b.marks[k] {
				if i, err := folder.Stat(ctx, b.f, m); err == nil {
					v.add(i)
				}
			}
		}
		if d := b.judge(ctx, v, name); d.complete {
			b.hand(ctx, d, found, &b.o.Stats.ByEvent)
		}
	}
}

// hints are the files worth a look.
func (b *Inbox) hints(evs []fsnotify.Event) map[string]origin {
	out := map[string]origin{}
	look := func(name string) { out[name] = max(out[name], unknown) }
	for _, ev := range evs {
		name := filepath.Base(ev.Name)
		suffix := cutSuffix(name, markerSuffixes)
		switch {
		case isTemp(name):
			if _, there := b.temps[name]; !there {
				b.temps[name] = folder.Info{}
			}
		case isReceipt(name), !ev.Has(fsnotify.Create | fsnotify.Write):
		case suffix != "":
			of := strings.TrimSuffix(name, suffix)
			b.marks.add(strings.ToLower(of), name)
			look(of)
			for sibling := range b.stems[strings.ToLower(of)] {
				look(sibling)
			}
		case ev.Has(fsnotify.Create):
			b.stems.add(strings.ToLower(stem(name)), name)
			if from := renamedFrom(ev); from != "" && isTemp(filepath.Base(from)) {
				out[name] = certain
			}
			for _, k := range keys(name) {
				if len(b.marks[k]) > 0 {
					look(name)
				}
			}
		}
	}
	return out
}

// renamedFrom is the old name in an event that tells of a rename within the
// directory. The library shows it only in its text; the system pairs both names
// exactly. If the text ever changes, such files wait for the quiet period.
func renamedFrom(ev fsnotify.Event) string {
	rest, ok := strings.CutPrefix(ev.String(), fmt.Sprintf("%-13s %q ← ", ev.Op.String(), ev.Name))
	if !ok {
		return ""
	}
	from, err := strconv.Unquote(rest)
	if err != nil {
		return ""
	}
	return from
}

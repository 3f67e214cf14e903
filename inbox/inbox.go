// Package inbox is the door through which files come in. It decides when a
// dropped file is complete and hands it over; it does not read what is in it,
// keeps no memory beyond its own life, and never changes the inbox.
//
// A file is complete, in this order: when a done marker stands beside it
// (uren.csv.ok or uren.ok, the same with .done, or with .sha256 whose hash is
// right), when it was renamed out of a temporary name, or when its size and time
// were the same over two looks and a quiet period, by our clock. Times that the
// sender's clock gave are only compared with each other.
package inbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"loket-etl/internal/folder"
)

// Options says how one inbox is watched. The zero value is fine.
type Options struct {
	Every time.Duration // between full scans; 0: 5 s
	Quiet time.Duration // a file without marker must lie unchanged so long; 0: 10 s
	Again time.Duration // a file that was handed over and still lies there is so again after this; 0: at every scan

	Patterns      []string // names as in path.Match, case does not count; none: every name
	RequireMarker bool     // a file without marker waits for ever
	NoEvents      bool     // do not ask the system for events, as on a share that has none

	Now   func() time.Time // nil: time.Now
	Ticks <-chan time.Time // when set, each tick starts a full scan instead of Every

	// Failed hears what went wrong: name is "" when the inbox itself could not be
	// listed or watched, and then it is told once until that works again. An inbox
	// that is not there matches fs.ErrNotExist and is normal. With a name it is told
	// at every try. May be nil.
	Failed func(name string, err error)
	Stats  *Stats // may be nil
}

// Found is a complete file.
type Found struct {
	Name   string
	Info   folder.Info
	SHA256 string // in hex, as its marker says; "" without such a marker
	Marker string // name of the marker that goes where the file goes; "" for none
	Refuse string // why the file must be refused without looking at its content, in Dutch; "" when it need not
}

// Stats counts what an inbox did. All fields may be read at any time.
type Stats struct {
	Scans     atomic.Int64 // full scans that succeeded
	Failures  atomic.Int64 // full scans that failed
	LastScan  atomic.Int64 // Unix seconds of the last that succeeded
	Files     atomic.Int64 // files in it, without markers, receipts and temporary names
	Waiting   atomic.Int64 // of these not yet complete
	Events    atomic.Int64 // events of the system
	Overflows atomic.Int64 // times events were lost, each followed by a full scan
	ByScan    atomic.Int64 // files first handed over because of a scan
	ByEvent   atomic.Int64 // files first handed over because of an event
}

// Inbox is one place where files are dropped. It is used from one goroutine.
type Inbox struct {
	f       folder.Folder
	o       Options
	known   map[string]*state      // data files of the last look
	temps   map[string]folder.Info // temporary names of the last scan and of events since; zero Info from events
	stems   names                  // data files by lower-case name without extension
	marks   names                  // markers by lower-case name without the marker suffix
	failing bool                   // the last scan failed, and that was told
}

// state is what is remembered of a file while it lies there.
type state struct {
	info    folder.Info
	since   time.Time   // our clock, when first seen like this
	looks   int         // scans that saw it like this
	renamed origin      // whether it came out of a temporary name like this
	handed  time.Time   // when handed over like this; zero if not yet
	used    folder.Info // the marker it was handed over with, also before it changed
	sum     sumCheck
}

// origin says whether a file was renamed out of a temporary name.
type origin int

const (
	unknown origin = iota
	likely         // a temporary name that fits went as the file came
	certain        // the system said so, or it has the size and time of the temporary file
)

// names are names by a key.
type names map[string]map[string]bool

func (n names) add(key, name string) {
	if n[key] == nil {
		n[key] = map[string]bool{}
	}
	n[key][name] = true
}

// New makes the door of a folder. A bad pattern is an error.
func New(f folder.Folder, o Options) (*Inbox, error) {
	if o.Every <= 0 {
		o.Every = 5 * time.Second
	}
	if o.Quiet <= 0 {
		o.Quiet = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Failed == nil {
		o.Failed = func(string, error) {}
	}
	if o.Stats == nil {
		o.Stats = &Stats{}
	}
	lower := make([]string, len(o.Patterns))
	for i, p := range o.Patterns {
		lower[i] = strings.ToLower(p)
		if _, err := path.Match(lower[i], ""); err != nil {
			return nil, fmt.Errorf("pattern %q of inbox: %w", p, err)
		}
	}
	o.Patterns = lower
	return &Inbox{
		f: f, o: o,
		known: map[string]*state{}, temps: map[string]folder.Info{}, stems: names{}, marks: names{},
	}, nil
}

// Watch looks at an inbox until ctx ends, and returns its error; any other error
// is about the Options. See Inbox.Watch.
func Watch(ctx context.Context, f folder.Folder, o Options, found func(context.Context, Found) error) error {
	b, err := New(f, o)
	if err != nil {
		return err
	}
	return b.Watch(ctx, found)
}

// Scan looks at everything in the inbox once and calls found, one at a time and
// the oldest first, for each complete file, again at later scans while it still lies there. When found
// fails, Options.Failed hears it and the next scan tries again. A file that is not
// complete yet needs a later Scan of the same Inbox. The error is that of the
// listing, or of ctx.
func (b *Inbox) Scan(ctx context.Context, found func(context.Context, Found) error) error {
	all, err := b.f.List(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		b.o.Stats.Failures.Add(1)
		if !b.failing {
			b.failing = true
			b.o.Failed("", err)
		}
		return err
	}
	b.failing = false
	v := newView(all)
	b.remember(v)
	var waiting int64
	for _, name := range v.inOrder() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if d := b.judge(ctx, v, name); !d.complete {
			waiting++
		} else if err := b.hand(ctx, d, found, &b.o.Stats.ByScan); err != nil {
			return err
		}
	}
	b.o.Stats.Scans.Add(1)
	b.o.Stats.LastScan.Store(b.o.Now().Unix())
	b.o.Stats.Files.Store(int64(len(v.files)))
	b.o.Stats.Waiting.Store(waiting)
	return nil
}

// remember brings what is known of the names up to date with a full view.
func (b *Inbox) remember(v *view) {
	out := b.outOf(v)
	clear(b.stems)
	clear(b.marks)
	for name, info := range v.files {
		b.note(name, info, out[name]).looks++
		b.stems.add(strings.ToLower(stem(name)), name)
	}
	for key, of := range v.markers {
		for _, m := range of {
			b.marks.add(key, m.Name)
		}
	}
	for name := range b.known {
		if _, there := v.files[name]; !there {
			delete(b.known, name)
		}
	}
	b.temps = v.temps
}

// outOf finds the files that were a temporary name before. It matters only for
// those that are new or changed.
func (b *Inbox) outOf(v *view) map[string]origin {
	type trace struct {
		size int64
		time time.Time
	}
	of := func(i folder.Info) trace { return trace{i.Size, i.ModTime.UTC()} }
	out := map[string]origin{}
	left := map[trace]bool{}
	for t, info := range b.temps {
		if _, still := v.temps[t]; still {
			continue
		}
		for _, name := range finals(t) {
			out[name] = likely
			if info.Size > 0 && of(v.files[name]) == of(info) {
				out[name] = certain
			}
		}
		// Under quite another name it is known by its time, if that is exact.
		if info.ModTime.Nanosecond() != 0 {
			left[of(info)] = true
		}
	}
	if len(left) > 0 {
		for name, info := range v.files {
			if left[of(info)] {
				out[name] = certain
			}
		}
	}
	return out
}

// note records that a file was seen.
func (b *Inbox) note(name string, info folder.Info, from origin) *state {
	now := b.o.Now()
	s := b.known[name]
	switch {
	case s == nil:
		s = &state{info: info, since: now, renamed: from}
	case !same(s.info, info):
		s = &state{info: info, since: now, renamed: from, used: s.used}
	default:
		if from == certain {
			s.renamed = certain
		}
		if now.Before(s.since) { // the clock was set back: begin again
			s.since = now
		}
	}
	b.known[name] = s
	return s
}

func same(a, b folder.Info) bool {
	return a.Name == b.Name && a.Size == b.Size && a.ModTime.Equal(b.ModTime)
}

// hand gives a complete file to found. The error is only that of ctx.
func (b *Inbox) hand(ctx context.Context, d verdict, found func(context.Context, Found) error, first *atomic.Int64) error {
	s := b.known[d.found.Name]
	now := b.o.Now()
	if !s.handed.IsZero() && b.o.Again > 0 && now.Sub(s.handed) < b.o.Again && !now.Before(s.handed) {
		return nil
	}
	err := found(ctx, d.found)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, ErrChanged), errors.Is(err, ErrLater):
		// taken away or written to since we looked, or not yet: the next scan sees it
	case err != nil:
		b.o.Failed(d.found.Name, err)
	default:
		if s.handed.IsZero() {
			first.Add(1)
		}
		s.handed, s.used = now, d.marker
	}
	return nil
}

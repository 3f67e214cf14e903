package main

import (
	"io"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// longWork is from how many bytes on reading a file takes long enough for a bar.
const longWork = 8 << 20

// progress is a bar on standard error. It shows nothing when that is no
// terminal, when the work is short, and with --json.
type progress struct {
	all *mpb.Progress
	bar *mpb.Bar
}

// newProgress starts a bar for total units of work, shown as bytes or as a count.
func (a *app) newProgress(what string, total int64, bytes bool) *progress {
	if !a.terminal || a.json || bytes && total < longWork {
		return &progress{}
	}
	p := &progress{all: mpb.New(mpb.WithOutput(a.stderr), mpb.WithWidth(60), mpb.WithRefreshRate(150*time.Millisecond))}
	done := decor.Decorator(decor.CountersNoUnit("%d / %d", decor.WCSyncSpace))
	if bytes {
		done = decor.CountersKibiByte("% .1f / % .1f", decor.WCSyncSpace)
	}
	p.bar = p.all.AddBar(total, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(what)), mpb.AppendDecorators(done, decor.Percentage(decor.WCSyncSpace)))
	return p
}

// reader counts what is read. A second reader begins the bar anew: the file is
// read once more.
func (p *progress) reader(r io.ReadCloser) io.ReadCloser {
	if p.bar == nil {
		return r
	}
	p.bar.SetCurrent(0)
	return p.bar.ProxyReader(r)
}

// step counts one unit.
func (p *progress) step() {
	if p.bar != nil {
		p.bar.Increment()
	}
}

// end takes the bar away. It may be called twice.
func (p *progress) end() {
	if p.bar == nil {
		return
	}
	p.bar.Abort(true)
	p.all.Wait()
	p.bar = nil
}

package pipelines

import (
	"slices"
	"sync"

	"loket-etl/ledger"
)

// bell tells those who wait for an entry that it made a step, and nobody else:
// each of them then asks the ledger.
type bell struct {
	mu   sync.Mutex
	ears []*ear
}

// ear is somebody who waits. Until he says for what, he remembers what rang.
type ear struct {
	bell  *bell
	of    ledger.ID // 0: not said yet
	heard []ledger.ID
	rang  chan struct{}
}

func (b *bell) ring(id ledger.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.ears {
		switch e.of {
		case 0:
			e.heard = append(e.heard, id)
		case id:
			e.hear()
		}
	}
}

// listen hears every ring from now on; close it.
func (b *bell) listen() *ear {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := &ear{bell: b, rang: make(chan struct{}, 1)}
	b.ears = append(b.ears, e)
	return e
}

// to is ready when this entry made a step since listen.
func (e *ear) to(id ledger.ID) <-chan struct{} {
	e.bell.mu.Lock()
	defer e.bell.mu.Unlock()
	if e.of = id; slices.Contains(e.heard, id) {
		e.hear()
	}
	e.heard = nil
	return e.rang
}

func (e *ear) hear() {
	select {
	case e.rang <- struct{}{}:
	default:
	}
}

func (e *ear) close() {
	e.bell.mu.Lock()
	defer e.bell.mu.Unlock()
	e.bell.ears = slices.DeleteFunc(e.bell.ears, func(o *ear) bool { return o == e })
}

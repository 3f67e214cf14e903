package pipelines

import (
	"maps"
	"sync"
	"time"

	"loket-etl/ledger"
)

// doubts are the calls whose outcome nobody knows, with when this process first met
// each. Times in the ledger are those of clocks, which can be set, and of other
// machines, which can be ahead: by them alone a call could count as over while it is
// still out. How long this process has known of it, no clock can change, since
// time.Time measures that apart from the time of day.
type doubts struct {
	mu  sync.Mutex
	met map[doubt]time.Time
}

type doubt struct {
	entry ledger.ID
	line  int
	sent  int64 // a line that is sent again is another doubt
}

// manyDoubts is when those that were forgotten elsewhere are thrown away.
const manyDoubts = 10_000

// since is when this process first met the line, sent but without an outcome.
func (d *doubts) since(id ledger.ID, line ledger.Line, now time.Time) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := doubt{id, line.No, line.Sent.UnixNano()}
	if met, ok := d.met[key]; ok {
		return met
	}
	if d.met == nil {
		d.met = map[doubt]time.Time{}
	}
	if len(d.met) >= manyDoubts {
		maps.DeleteFunc(d.met, func(_ doubt, met time.Time) bool { return now.Sub(met) > time.Hour })
	}
	d.met[key] = now
	return now
}

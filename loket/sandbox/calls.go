package sandbox

import (
	"sync"
	"time"
)

// CallRecord is one request that was seen, whatever came of it.
type CallRecord struct {
	Function string // full name; the service's name when the function is not known
	At       time.Time
	Outcome  string // "ok", "fault 2002", "fault soap:Client", "lost before", "lost after"
}

// callLog keeps the last requests and counts all.
type callLog struct {
	mu    sync.Mutex
	last  []CallRecord
	count map[string]int
}

const keptCalls = 10_000

func (s *Server) record(name string, at time.Time, outcome string) {
	l := &s.calls
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.last) >= 2*keptCalls {
		l.last = append(l.last[:0], l.last[keptCalls:]...)
	}
	l.last = append(l.last, CallRecord{name, at, outcome})
	if l.count == nil {
		l.count = map[string]int{}
	}
	l.count[name]++
}

// Calls are the last requests (at least ten thousand), oldest first.
func (s *Server) Calls() []CallRecord {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	return append([]CallRecord(nil), s.calls.last...)
}

// Count is how often a function was requested, since the start, by full name.
func (s *Server) Count(function string) int {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	return s.calls.count[function]
}

package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"loket-etl/loket/contract"
)

// MoodKind is how a request is treated.
type MoodKind int

const (
	Fine          MoodKind = iota // as it should be
	Refused                       // the fault Mood.Code; nothing is done
	Slow                          // waits for Release; see Mood.Late
	LostBefore                    // the connection drops, nothing was done
	LostAfter                     // it is done, then the connection drops
	Busy                          // fault 9002 with Retry-After; nothing is done
	Internal                      // fault 9001; nothing is done
	InternalAfter                 // it is done, yet the answer is fault 9001
)

// Mood treats some requests in another way than usual.
type Mood struct {
	Function   string // full name ("ImporteerGegevens.ImporteerGegevens"); empty: any
	Skip       int    // requests that pass first
	Count      int    // requests it then applies to; 0: all
	Kind       MoodKind
	Code       int           // of Refused
	RetryAfter time.Duration // of Busy; a second when shorter
	// Late is for Slow: the request is carried out at Release even though the
	// client has gone by then. Without it a client that goes takes it along.
	Late bool

	released chan struct{}
}

// moods are the moods that apply, the first that fits wins.
type moods struct {
	mu  sync.Mutex
	all []*Mood
}

// SetMood replaces the moods by these; without any all requests are fine again.
// What waits for a Release is released.
func (s *Server) SetMood(list ...Mood) {
	s.Release()
	s.moods.mu.Lock()
	defer s.moods.mu.Unlock()
	s.moods.all = nil
	for _, m := range list {
		m.released = make(chan struct{})
		if m.Count == 0 {
			m.Count = -1
		}
		s.moods.all = append(s.moods.all, &m)
	}
}

// Release lets all slow requests go on; later ones wait for the next Release.
func (s *Server) Release() {
	s.moods.mu.Lock()
	defer s.moods.mu.Unlock()
	for _, m := range s.moods.all {
		close(m.released)
		m.released = make(chan struct{})
	}
}

func (ms *moods) next(function string) Mood {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	for _, m := range ms.all {
		switch {
		case m.Function != "" && m.Function != function, m.Count == 0:
			continue
		case m.Skip > 0:
			m.Skip--
			continue
		}
		if m.Count > 0 {
			m.Count--
		}
		return *m
	}
	return Mood{}
}

// inMood carries out the request as the mood of the moment has it.
func (s *Server) inMood(ctx context.Context, name string, started time.Time, run func() ([]byte, *fault)) ([]byte, *fault) {
	m := s.moods.next(name)
	switch m.Kind {
	case Refused:
		return nil, refuse(m.Code, "", "De sandbox weigert dit verzoek, zoals gevraagd.")
	case Internal:
		return nil, refuse(contract.InterneFout, "", "Er is een interne fout opgetreden, zoals gevraagd.")
	case InternalAfter:
		if _, f := run(); f != nil {
			return nil, f
		}
		return nil, refuse(contract.InterneFout, "", "Er is een interne fout opgetreden, zoals gevraagd.")
	case Busy:
		f := refuse(contract.TijdelijkNietBeschikbaar, "", "Loket is tijdelijk niet beschikbaar.")
		f.retryAfter = max(m.RetryAfter, time.Second)
		return nil, f
	case Slow:
		select {
		case <-m.released:
		case <-ctx.Done():
			if m.Late {
				<-m.released
				_, _ = run()
			}
			s.record(name, started, "client gone")
			panic(http.ErrAbortHandler)
		}
	case LostBefore:
		s.record(name, started, "lost before")
		panic(http.ErrAbortHandler)
	case LostAfter:
		_, f := run()
		outcome := "lost after"
		if f != nil {
			outcome = fmt.Sprintf("lost after fault %d", f.code)
		}
		s.record(name, started, outcome)
		panic(http.ErrAbortHandler)
	}
	return run()
}

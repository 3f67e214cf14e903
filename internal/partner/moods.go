package partner

import (
	"errors"

	"github.com/pkg/sftp"
)

// Kind is what a mood does to a request.
type Kind int

// The moods of a server.
const (
	Fine         Kind = iota // the request is served
	Refused                  // it is refused and has no effect
	Slow                     // it waits until Release, then has its effect; none when the client leaves meanwhile
	SlowAfter                // it has its effect, then the answer waits until Release or the client leaves
	LostBefore               // the connection drops before the effect
	LostAfter                // the request has its effect, then the connection drops
	RefusedAfter             // it has its effect, and the client hears that it failed
)

// Mood is how the server treats some requests. The zero value is a server in a
// good mood.
type Mood struct {
	Request string // kind of request, "" any
	Skip    int    // so many are served before the mood begins
	Count   int    // so many meet it; 0: all that follow
	Kind    Kind
	Err     error // what a refused client hears; nil: a plain failure
}

func (m Mood) refusal() error {
	if m.Err != nil {
		return m.Err
	}
	return sftp.ErrSSHFxFailure
}

var errLost = errors.New("connection lost")

// SetMood replaces the mood; counting starts again. Requests that wait in a slow
// mood go on waiting until Release.
func (s *Server) SetMood(m Mood) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mood, s.met = m, 0
}

// Release lets all requests that wait in a slow mood go on.
func (s *Server) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.release)
	s.release = make(chan struct{})
}

// note counts a request and says what becomes of it.
func (s *Server) note(kind string) (Mood, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[kind]++
	m := s.mood
	if m.Kind == Fine || (m.Request != "" && m.Request != kind) {
		return Mood{}, nil
	}
	s.met++
	if s.met <= m.Skip || (m.Count > 0 && s.met > m.Skip+m.Count) {
		return Mood{}, nil
	}
	return m, s.release
}

// meet lets a request meet the mood of the server.
func (c *conn) meet(kind, path string, effect func() error) error {
	select {
	case <-c.gone:
		return errLost
	default:
	}
	m, release := c.s.note(kind)
	if c.s.o.Hear != nil {
		c.s.o.Hear(Request{Kind: kind, Path: path})
	}
	if c.s.o.Silent {
		<-c.gone
		return errLost
	}
	switch m.Kind {
	case Refused:
		return m.refusal()
	case RefusedAfter:
		if err := effect(); err != nil {
			return err
		}
		return m.refusal()
	case Slow:
		select {
		case <-release:
		case <-c.gone:
			return errLost
		}
	case SlowAfter:
		err := effect()
		select {
		case <-release:
		case <-c.gone:
		}
		return err
	case LostBefore:
		c.drop()
		return errLost
	case LostAfter:
		err := effect()
		c.drop()
		return err
	}
	return effect()
}

// Package alerts tells people what needs them, by mail and by webhook, once per
// cause. It refuses to know what goes on: it knows only what it is told, and
// through a Memory what it told before.
package alerts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Kind is what sort of thing needs people.
type Kind string

const (
	Held        Kind = "held"        // waits until a person decides
	Failed      Kind = "failed"      // did not succeed and will not by itself
	Late        Kind = "late"        // is not done after a long time
	Uncollected Kind = "uncollected" // was put ready, and nobody fetched it

	trial Kind = "test" // of Trial: nothing needs people
)

// Alert is one thing that needs people. Subject, What and Do are read by them:
// Dutch, without personal data.
type Alert struct {
	Kind     Kind
	Cause    string // the same as long as it is the same trouble, another for the next
	Entry    int64  // number in the ledger, 0 when it is about none
	Pipeline string // "" when it is about none
	Subject  string // what it is about, such as the name of a file
	What     string // what is the matter, in sentences
	Do       string // what to do, in sentences
	Since    time.Time
}

// Message is what is sent at once: alerts of one kind and one pipeline.
type Message struct {
	ID       string // follows from the alerts: the same message twice has the same
	Kind     Kind
	Pipeline string
	Alerts   []Alert // the oldest first
	More     int     // how many there are beside these
	At       time.Time
}

// Sender brings a message to people. After an error it may have arrived all the
// same. An error that is ErrPartly has arrived with some, and is not repeated.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// ErrPartly: a message arrived with some of the recipients; the others were
// refused.
var ErrPartly = errors.New("not every recipient was accepted")

// Memory is what was told, for all processes that tell. Its keys are texts that
// mean nothing to it.
type Memory interface {
	// Known gives the keys that are remembered (true) or only claimed (false).
	Known(ctx context.Context) (map[string]bool, error)
	// Claim gives those of the keys that are neither remembered nor claimed, and
	// keeps them from everybody during that time.
	Claim(ctx context.Context, during time.Duration, keys ...string) ([]string, error)
	// Remember notes that the keys were told.
	Remember(ctx context.Context, keys ...string) error
	// Forget makes the keys new again.
	Forget(ctx context.Context, keys ...string) error
}

// Trial is a message that only says that messages arrive.
func Trial(at time.Time) Message {
	return Message{ID: identify(trial, "", at.Format(time.RFC3339Nano)), Kind: trial, At: at}
}

func identify(k Kind, pipeline string, parts ...string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q", k, pipeline, parts)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

package schedule

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// CatchUp says what becomes of ticks that nobody did in time. The zero CatchUp
// is Once.
type CatchUp string

// What becomes of missed ticks.
const (
	Once CatchUp = "once" // the last of them, for all of them
	Each CatchUp = "each" // every one, the oldest first
	Skip CatchUp = "skip" // none of them
)

// ParseCatchUp reads once, each or skip; nothing is once.
func ParseCatchUp(s string) (CatchUp, error) {
	switch c := CatchUp(s); c {
	case "":
		return Once, nil
	case Once, Each, Skip:
		return c, nil
	}
	return "", fmt.Errorf("%q: want once (the last missed tick, for all), each (every one) or skip (none)", s)
}

// mostMissed bounds what Missed returns.
const mostMissed = 1000

// Missed is which of the ticks after last, up to and including now, to do. Each
// gives the oldest thousand; ask again from the last of them for more.
func Missed(c Cron, last, now time.Time, policy CatchUp) []time.Time {
	switch policy {
	case Skip:
		return nil
	case Each:
		var ticks []time.Time
		for t := c.Next(last); !t.IsZero() && !t.After(now) && len(ticks) < mostMissed; t = c.Next(t) {
			ticks = append(ticks, t)
		}
		return ticks
	}
	if t, ok := c.Last(last, now); ok {
		return []time.Time{t}
	}
	return nil
}

// Jitter is how long after a tick to begin, from nothing up to but not including
// most, so that schedules of the same minute do not all begin at once. It is the
// same on every node and at every look.
func Jitter(name string, tick time.Time, most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", name, tick.Unix()))
	return time.Duration(binary.BigEndian.Uint64(sum[:]) % uint64(most))
}

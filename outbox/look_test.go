package outbox_test

import (
	"testing"

	"loket-etl/outbox"
)

// The whole table: what must never be in it is a second file on a guess.
func TestResume(t *testing.T) {
	for _, c := range []struct {
		revealed bool
		sight    outbox.Sight
		want     outbox.Step
	}{
		{false, outbox.Absent, outbox.StartOver},
		{false, outbox.Prepared, outbox.StartOver},
		{false, outbox.Visible, outbox.Done},
		{false, outbox.Other, outbox.AskPerson},
		{true, outbox.Absent, outbox.AskPerson},
		{true, outbox.Prepared, outbox.GoOn},
		{true, outbox.Visible, outbox.Done},
		{true, outbox.Other, outbox.AskPerson},
		{false, outbox.Sight(99), outbox.AskPerson},
		{true, outbox.Sight(99), outbox.AskPerson},
	} {
		if got := outbox.Resume(c.revealed, c.sight); got != c.want {
			t.Errorf("revealed %v, %s: %s, want %s", c.revealed, c.sight, got, c.want)
		}
	}
}

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		outbox.Absent.String(): "absent", outbox.Other.String(): "other", outbox.Sight(-1).String(): "-1",
		outbox.StartOver.String(): "start over", outbox.AskPerson.String(): "ask a person",
		outbox.Lying.String(): "lying", outbox.Replaced.String(): "replaced", outbox.Whereabouts(9).String(): "9",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

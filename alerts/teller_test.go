package alerts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// notebook is a Memory that forgets at the end of a test. What the ledger
// remembers is tested in cmd/etl.
type notebook struct {
	now  func() time.Time
	sent map[string]bool
	till map[string]time.Time
	fail error // of Remember
}

func (n *notebook) Known(context.Context) (map[string]bool, error) { return maps.Clone(n.sent), nil }

func (n *notebook) Claim(_ context.Context, during time.Duration, keys ...string) (mine []string, err error) {
	for _, k := range keys {
		if !n.sent[k] && !n.till[k].After(n.now()) {
			n.till[k], n.sent[k] = n.now().Add(during), false
			mine = append(mine, k)
		}
	}
	return mine, nil
}

func (n *notebook) Remember(ctx context.Context, keys ...string) error {
	for _, k := range keys {
		n.sent[k] = n.fail == nil
	}
	return errors.Join(n.fail, ctx.Err())
}

func (n *notebook) Forget(_ context.Context, keys ...string) error {
	for _, k := range keys {
		delete(n.sent, k)
		delete(n.till, k)
	}
	return nil
}

// line is a sender that writes down what it was given.
type line struct {
	got  []string
	fail error
	then func()
}

func (l *line) Send(ctx context.Context, m Message) error {
	var causes []string
	for _, a := range m.Alerts {
		causes = append(causes, a.Cause)
	}
	l.got = append(l.got, fmt.Sprintf("%s %s: %s", m.Kind, m.Pipeline, strings.Join(causes, " ")))
	if l.then != nil {
		l.then()
	}
	return errors.Join(l.fail, ctx.Err())
}

// stand is a teller with two ways to people, and what there is to tell.
type stand struct {
	*Teller
	t    *testing.T
	at   time.Time
	book *notebook
	a, b *line
	all  []Alert
}

func newStand(t *testing.T) *stand {
	s := &stand{t: t, at: now, a: &line{}, b: &line{}}
	clock := func() time.Time { return s.at }
	s.book = &notebook{now: clock, sent: map[string]bool{}, till: map[string]time.Time{}}
	s.Teller = &Teller{
		Targets: []Target{{"a", s.a}, {"b", s.b}}, Memory: s.book, Now: clock,
		After: map[Kind]time.Duration{Held: 0, Late: time.Hour},
	}
	return s
}

func (s *stand) alert(k Kind, pipeline, cause string) {
	s.all = append(s.all, Alert{Kind: k, Pipeline: pipeline, Cause: cause, Since: s.at})
}

// round wants the messages that arrive at a in the next round.
func (s *stand) round(want ...string) {
	s.t.Helper()
	before := len(s.a.got)
	_, err := s.Round(s.t.Context(), func(context.Context) ([]Alert, error) { return slices.Clone(s.all), nil })
	if err != nil && s.a.fail == nil && s.b.fail == nil && s.book.fail == nil {
		s.t.Fatal(err)
	}
	if diff := cmp.Diff(want, slices.Clone(s.a.got[before:])); diff != "" && len(want)+len(s.a.got[before:]) > 0 {
		s.t.Errorf("told (-want +got):\n%s", diff)
	}
	s.at = s.at.Add(30 * time.Second)
}

func TestACauseIsToldOnceWhileItLasts(t *testing.T) {
	s := newStand(t)
	s.round()
	s.alert(Held, "uren", "1")
	s.alert(Held, "verlof", "2")
	s.alert(Held, "uren", "3")
	s.alert(Failed, "uren", "4") // a kind that is not asked for
	s.round("held uren: 1 3", "held verlof: 2")
	s.round()
	s.alert(Held, "uren", "5")
	s.round("held uren: 5")
	over := s.all[0]
	s.all = s.all[1:]
	s.round()
	s.all = append(s.all, over)
	s.round("held uren: 1") // it came back
	if diff := cmp.Diff(s.a.got, s.b.got); diff != "" {
		t.Errorf("the other got something else:\n%s", diff)
	}
}

func TestAKindIsToldOnlyAfterItLastedLongEnough(t *testing.T) {
	s := newStand(t)
	s.alert(Late, "uren", "1")
	s.at = s.at.Add(time.Hour - time.Second)
	s.round()
	s.round("late uren: 1")
	s.all[0].Since = s.at // something happened to it, but it is the same trouble
	s.round()
	s.at = s.at.Add(2 * time.Hour)
	s.round()
}

func TestATargetThatFailsIsTriedAgainAndKeepsNothingFromTheOthers(t *testing.T) {
	s := newStand(t)
	s.alert(Held, "uren", "1")
	s.alert(Held, "verlof", "2")
	s.a.fail = errors.New("away")
	s.round("held uren: 1") // and not the next, which would not arrive either
	s.round("held verlof: 2")
	s.round() // a pause: both are claimed
	if want := []string{"held uren: 1", "held verlof: 2"}; !slices.Equal(s.b.got, want) {
		t.Errorf("the other got %v", s.b.got)
	}
	s.a.fail = nil
	s.at = s.at.Add(claimed)
	s.round("held uren: 1", "held verlof: 2")
	s.round()
}

func TestAMessageThatArrivedPartlyIsNotRepeated(t *testing.T) {
	s := newStand(t)
	s.alert(Held, "uren", "1")
	s.alert(Held, "verlof", "2")
	s.a.fail = fmt.Errorf("%w: recipient 1 of 2", ErrPartly)
	n, err := s.Round(t.Context(), func(context.Context) ([]Alert, error) { return s.all, nil })
	if n != 4 || !errors.Is(err, ErrPartly) || !strings.HasPrefix(err.Error(), "alert by a: not every recipient") {
		t.Errorf("%d messages, %v", n, err)
	}
	s.at = s.at.Add(time.Hour)
	s.round()
}

func TestAMessageThatIsNotRememberedArrivesTwiceRatherThanNever(t *testing.T) {
	s := newStand(t)
	s.alert(Held, "uren", "1")
	s.book.fail = errors.New("disk full")
	s.round("held uren: 1")
	s.book.fail = nil
	s.at = s.at.Add(claimed)
	s.round("held uren: 1")
	s.round()
}

func TestTheMessageThatIsOutIsFinishedWhenTheProgramStops(t *testing.T) {
	s := newStand(t)
	s.alert(Held, "uren", "1")
	s.alert(Held, "verlof", "2")
	ctx, cancel := context.WithCancel(t.Context())
	s.a.then = cancel
	n, err := s.Round(ctx, func(context.Context) ([]Alert, error) { return s.all, nil })
	if n != 1 || err != nil || len(s.a.got) != 1 || len(s.b.got) != 0 {
		t.Errorf("%d messages, %v: %v, %v", n, err, s.a.got, s.b.got)
	}
	s.a.then = nil
	s.round("held verlof: 2")
}

func TestALookThatFailsForgetsNothing(t *testing.T) {
	s := newStand(t)
	s.alert(Held, "uren", "1")
	s.round("held uren: 1")
	down := errors.New("the database is away")
	if _, err := s.Round(t.Context(), func(context.Context) ([]Alert, error) { return nil, down }); !errors.Is(err, down) {
		t.Error(err)
	}
	s.round()
}

func TestWhatAProcessWithAnotherConfigurationToldStays(t *testing.T) {
	s := newStand(t)
	theirs := &stand{t: t, at: now, a: &line{}, book: s.book, Teller: &Teller{
		Targets: []Target{{"a", s.a}}, Memory: s.book, Now: func() time.Time { return s.at }, After: map[Kind]time.Duration{Failed: 0},
	}}
	s.alert(Held, "uren", "1")
	s.alert(Failed, "uren", "2")
	s.round("held uren: 1")
	if _, err := theirs.Round(t.Context(), func(context.Context) ([]Alert, error) { return s.all[1:], nil }); err != nil {
		t.Fatal(err)
	}
	s.round()
	if want := []string{"held uren: 1", "failed uren: 2"}; !slices.Equal(s.a.got, want) {
		t.Errorf("told %v, want %v", s.a.got, want)
	}
}

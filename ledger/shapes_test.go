package ledger

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestShapesAreRememberedPerPipelineAndInbox(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{})
		ctx := t.Context()
		for _, e := range []Entry{{Pipeline: "a", Inbox: "x", Name: "1"}, {Pipeline: "a", Inbox: "x", Name: "2"}, {Pipeline: "a", Inbox: "y", Name: "3"}} {
			_, _, err := l.Stage(ctx, e, strings.NewReader(e.Name))
			ok(t, err)
		}
		add := func(name string) func(string) (string, error) {
			return func(old string) (string, error) { return old + name, nil }
		}
		first := must(l.Take(ctx, "w", time.Minute))(t)
		second := must(l.Take(ctx, "w", time.Minute))(t)
		third := must(l.Take(ctx, "w", time.Minute))(t)
		if got := must(l.Shape(ctx, "a", "x"))(t); got != "" {
			t.Errorf("before anything: %q", got)
		}
		done := make(chan error, 2)
		go func() { done <- first.RememberShape(ctx, "x", add("1")) }()
		go func() { done <- second.RememberShape(ctx, "x", add("2")) }()
		ok(t, errors.Join(<-done, <-done))
		ok(t, third.RememberShape(ctx, "y", add("3")))
		if got := must(l.Shape(ctx, "a", "x"))(t); got != "12" && got != "21" {
			t.Errorf("of two at once: %q", got)
		}
		if got := must(l.Shape(ctx, "a", "y"))(t); got != "3" {
			t.Errorf("of the other inbox: %q", got)
		}
		no := errors.New("no")
		if err := third.RememberShape(ctx, "y", func(string) (string, error) { return "", no }); !errors.Is(err, no) {
			t.Errorf("refused by the caller: %v", err)
		}
		ok(t, third.Release(ctx))
		if err := third.RememberShape(ctx, "y", add("4")); !errors.Is(err, ErrLost) {
			t.Errorf("without the lease: %v", err)
		}
		if got := must(l.Shape(ctx, "a", "y"))(t); got != "3" {
			t.Errorf("after what failed: %q", got)
		}
	})
}

func TestACallKeepsTheMappingItWasMadeWith(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{})
		ctx := t.Context()
		id := stage(t, l, "x")
		s := must(l.Take(ctx, "w", time.Minute))(t)
		ok(t, s.Plan(ctx, func(add func(Line) error) error {
			return add(Line{Function: "f", Class: "read", Mapping: "uren@0123456789ab"})
		}))
		for line, err := range l.Lines(ctx, id) {
			if ok(t, err); line.Mapping != "uren@0123456789ab" {
				t.Errorf("made with %q", line.Mapping)
			}
		}
	})
}

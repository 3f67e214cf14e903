package alerts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Target is one way to people.
type Target struct {
	Name   string // how it is remembered, and named in errors
	Sender Sender
}

// Teller tells every target what is new to it.
type Teller struct {
	Targets []Target
	Memory  Memory
	// After are the kinds that are told, and how long a cause must last first.
	After map[Kind]time.Duration
	Now   func() time.Time
}

const (
	// sending bounds one message.
	sending = 30 * time.Second
	// claimed keeps a message from other processes. It is longer than sending,
	// and also the pause after a message that could not be sent.
	claimed = 2 * time.Minute
	// mostShown is how many alerts stand in one message.
	mostShown = 20
)

// Round tells what look finds, once per target and cause for as long as look
// goes on finding it, and says how many messages were sent. look must find
// everything that lasts: what it does not name is over and will be told again
// when it comes back. A target that fails keeps nothing from the others, and is
// tried again in a later round.
//
// A message is sent first and remembered then: a crash in between makes it
// arrive twice. When ctx ends, the message that is out is finished.
func (t *Teller) Round(ctx context.Context, look func(context.Context) ([]Alert, error)) (sent int, err error) {
	// In this order: what another process remembers after we looked is not over.
	known, err := t.Memory.Known(ctx)
	if err != nil {
		return 0, err
	}
	all, err := look(ctx)
	if err != nil {
		return 0, err
	}
	if err := t.forget(ctx, known, all); err != nil {
		return 0, err
	}
	var errs []error
	for _, target := range t.Targets {
		n, err := t.tell(ctx, target, known, all)
		sent += n
		errs = append(errs, err)
	}
	return sent, errors.Join(errs...)
}

func key(target string, a Alert) string { return prefix(target, a.Kind) + a.Cause }

func prefix(target string, k Kind) string { return target + "/" + string(k) + "/" }

// forget forgets what is over. Keys of targets and kinds that are not ours may
// be those of a process with another configuration.
func (t *Teller) forget(ctx context.Context, known map[string]bool, all []Alert) error {
	lasts := map[string]bool{}
	var prefixes, gone []string
	for _, target := range t.Targets {
		for _, a := range all {
			lasts[key(target.Name, a)] = true
		}
		for kind := range t.After {
			prefixes = append(prefixes, prefix(target.Name, kind))
		}
	}
	for k := range known {
		ours := slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(k, p) })
		if ours && !lasts[k] {
			gone = append(gone, k)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return t.Memory.Forget(ctx, gone...)
}

// tell stops at the first message that cannot be sent: the next would not
// arrive either, and each may take its time to fail.
func (t *Teller) tell(ctx context.Context, target Target, known map[string]bool, all []Alert) (sent int, err error) {
	due := slices.DeleteFunc(slices.Clone(all), func(a Alert) bool {
		after, told := t.After[a.Kind]
		return !told || known[key(target.Name, a)] || t.Now().Before(a.Since.Add(after))
	})
	var partly []error
	for _, group := range groups(due) {
		if ctx.Err() != nil {
			break
		}
		done, err := t.send(ctx, target, group)
		if done {
			sent++
		}
		if errors.Is(err, ErrPartly) {
			partly = append(partly, err)
		} else if err != nil {
			return sent, errors.Join(append(partly, err)...)
		}
	}
	return sent, errors.Join(partly...)
}

func (t *Teller) send(ctx context.Context, target Target, group []Alert) (sent bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimed)
	defer cancel()
	var keys []string
	for _, a := range group {
		keys = append(keys, key(target.Name, a))
	}
	mine, err := t.Memory.Claim(ctx, claimed, keys...)
	if err != nil {
		return false, err
	}
	group = slices.DeleteFunc(group, func(a Alert) bool { return !slices.Contains(mine, key(target.Name, a)) })
	if len(group) == 0 {
		return false, nil
	}
	limited, stop := context.WithTimeout(ctx, sending)
	defer stop()
	// A crash from here until Remember is done: the claim lapses, and the message
	// is sent again, perhaps for the second time.
	err = target.Sender.Send(limited, compose(group, t.Now()))
	if err != nil {
		err = fmt.Errorf("alert by %s: %w", target.Name, err)
		if !errors.Is(err, ErrPartly) {
			return false, err
		}
	}
	return true, errors.Join(err, t.Memory.Remember(ctx, mine...))
}

// groups are the alerts that become one message each, in a fixed order.
func groups(all []Alert) [][]Alert {
	slices.SortStableFunc(all, func(a, b Alert) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Pipeline, b.Pipeline), a.Since.Compare(b.Since), cmp.Compare(a.Cause, b.Cause))
	})
	var out [][]Alert
	for i, a := range all {
		if i == 0 || a.Kind != all[i-1].Kind || a.Pipeline != all[i-1].Pipeline {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], a)
	}
	return out
}

// compose makes one message of alerts of one kind and pipeline.
func compose(group []Alert, at time.Time) Message {
	m := Message{Kind: group[0].Kind, Pipeline: group[0].Pipeline, Alerts: group, At: at}
	var parts []string
	for _, a := range group {
		parts = append(parts, a.Cause, a.Since.UTC().Format(time.RFC3339Nano))
	}
	m.ID = identify(m.Kind, m.Pipeline, parts...)
	if len(group) > mostShown {
		m.Alerts, m.More = group[:mostShown], len(group)-mostShown
	}
	return m
}

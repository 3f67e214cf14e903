package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPlanComesBackAsItWasMade(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{Now: newClock().Now})
		ctx := t.Context()
		s := take(t, l, stage(t, l, "x"))
		var want []Line
		for i := range 600 {
			args := fmt.Appendf(nil, `{"n":%d}`, i)
			switch i {
			case 3:
				args = nil
			case 5, 300:
				args = noise(uint64(i), inlineArgs+1)
			case 7:
				args = noise(7, 3*chunkSize+1)
			case 8:
				args = bytes.Repeat([]byte("uren;"), chunkSize)
			}
			want = append(want, Line{No: i + 1, Function: "ImporteerGegevens", Class: "additive", Subject: fmt.Sprint("werkgever ", i), Rows: i, Args: args, State: LinePlanned})
		}
		ok(t, s.Plan(ctx, planLines(want...)))
		if s.Entry().Calls != len(want) || s.Entry().State != Staged {
			t.Errorf("after planning: %+v", s.Entry())
		}
		i := 0
		for line, err := range s.Lines(ctx) {
			ok(t, err)
			same(t, want[i], line)
			i++
		}
		if i != len(want) {
			t.Errorf("%d lines, want %d", i, len(want))
		}
		for _, no := range []int{1, 8, 9, 600} {
			same(t, want[no-1], must(s.Line(ctx, no))(t))
		}
		if _, err := s.Line(ctx, 601); !errors.Is(err, ErrNotFound) {
			t.Errorf("no such line: %v", err)
		}
	})
}

// same compares lines without printing megabytes.
func same(t *testing.T, want, got Line) {
	t.Helper()
	if !bytes.Equal(want.Args, got.Args) {
		t.Errorf("line %d: %d bytes of arguments, want %d", got.No, len(got.Args), len(want.Args))
	}
	want.Args, got.Args = nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPlanIsReplacedWhole(t *testing.T) {
	stop := errors.New("enough")
	big := noise(1, inlineArgs+1)
	many := func(function string, n int, end error) func(func(Line) error) error {
		return func(add func(Line) error) error {
			for range n {
				if err := add(Line{Function: function, Args: big}); err != nil {
					return err
				}
			}
			return end
		}
	}
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		s := take(t, l, stage(t, l, "x"))
		plan := func() (list []string) {
			t.Helper()
			for line, err := range s.Lines(ctx) {
				ok(t, err)
				list = append(list, line.Function)
			}
			return list
		}
		if err := s.Plan(ctx, many("broken", 40, stop)); !errors.Is(err, stop) {
			t.Fatal(err)
		}
		if got := plan(); got != nil {
			t.Errorf("after a plan that broke: %v", got)
		}
		ok(t, s.Plan(ctx, many("first", 2, nil)))
		if err := s.Plan(ctx, many("broken", 40, stop)); !errors.Is(err, stop) {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"first", "first"}, plan()); diff != "" {
			t.Error(diff)
		}
		ok(t, s.Plan(ctx, many("second", 3, nil)))
		ok(t, s.Plan(ctx, many("third", 1, nil)))
		if err := s.Plan(ctx, planLines(Line{No: 1, Function: "F"}, Line{No: 1, Function: "F"})); err == nil {
			t.Error("the same number twice is a plan")
		}
		if diff := cmp.Diff([]string{"third"}, plan()); diff != "" {
			t.Error(diff)
		}
		ok(t, s.Move(ctx, Staged, Planned, nil))
		if err := s.Plan(ctx, many("late", 1, nil)); !errors.Is(err, ErrState) {
			t.Errorf("plan when planned: %v", err)
		}
		settle(t, s)
		must(l.Sweep(ctx, 0))(t)
		if n := count(t, l, "SELECT count(*) FROM contents"); n != 2 {
			t.Errorf("%d contents stay, want the bytes and the arguments of one line", n)
		}
		checkInvariants(t, l)
	})
}

func TestOnlyALineThatIsSendingHasAnOutcome(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		s := planned(t, l, "x", 3)
		is := func(err, want error) {
			t.Helper()
			if !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		}
		is(s.Record(ctx, 1, LineDone, nil), ErrState)
		ok(t, s.Send(ctx, 1, []byte("before")))
		is(s.Send(ctx, 1, nil), ErrState)
		is(s.Record(ctx, 1, LineSending, nil), ErrState)
		is(s.Send(ctx, 9, nil), ErrState)
		sent := c.Now()
		c.pass(time.Second)
		ok(t, s.Record(ctx, 1, LinePlanned, nil)) // it was not carried out
		ok(t, s.Send(ctx, 1, nil))
		again := c.Now()
		c.pass(time.Second)
		ok(t, s.Record(ctx, 1, LineDone, []byte(`{"import":"7"}`)))
		is(s.Record(ctx, 1, LineRefused, nil), ErrState)
		is(s.Send(ctx, 1, nil), ErrState)
		want := Line{No: 1, Function: "ImporteerGegevens", Class: "additive", Subject: "werkgever 0", Rows: 1, Args: []byte(`{"n":0}`),
			State: LineDone, Baseline: []byte("before"), Note: []byte(`{"import":"7"}`), Sent: again, Settled: c.Now()}
		if diff := cmp.Diff(want, must(s.Line(ctx, 1))(t)); diff != "" || again.Equal(sent) {
			t.Error(diff)
		}
		for no, state := range map[int]LineState{2: LineUnknown, 3: LineRefused} {
			ok(t, s.Send(ctx, no, nil))
			ok(t, s.Record(ctx, no, state, nil))
		}
		if line := must(s.NextLine(ctx))(t); line.No != 2 || line.State != LineUnknown || !line.Settled.IsZero() {
			t.Errorf("next is %+v", line)
		}
	})
}

func TestNextLineGoesThroughThePlan(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{Now: newClock().Now})
		ctx := t.Context()
		s := planned(t, l, "x", 3)
		var order []int
		for {
			line, err := s.NextLine(ctx)
			if errors.Is(err, ErrNoLine) {
				break
			}
			ok(t, err)
			order = append(order, line.No)
			ok(t, s.Send(ctx, line.No, nil))
			if line := must(s.NextLine(ctx))(t); line.State != LineSending {
				t.Errorf("while it is out: %+v", line)
			}
			ok(t, s.Record(ctx, line.No, LineRefused, nil))
		}
		if diff := cmp.Diff([]int{1, 2, 3}, order); diff != "" {
			t.Error(diff)
		}
	})
}

// checkInvariants is what must hold at any moment, also after a crash.
func checkInvariants(t testing.TB, l *Ledger) {
	t.Helper()
	for what, query := range map[string]string{
		"named contents whose chunks are not all there": `SELECT count(*) FROM contents c WHERE named = TRUE AND size <>
			(SELECT COALESCE(sum(k.size), 0) FROM chunks k WHERE k.content_id = c.id)`,
		"rows that name bytes which may be swept": `SELECT count(*) FROM contents c WHERE named = FALSE AND (
			EXISTS (SELECT 1 FROM entries WHERE content_id = c.id) OR EXISTS (SELECT 1 FROM lines WHERE args_content = c.id) OR
			EXISTS (SELECT 1 FROM attachments WHERE content_id = c.id))`,
		"named contents that nothing names": `SELECT count(*) FROM contents c WHERE named = TRUE AND NOT (
			EXISTS (SELECT 1 FROM entries WHERE content_id = c.id) OR EXISTS (SELECT 1 FROM lines WHERE args_content = c.id) OR
			EXISTS (SELECT 1 FROM attachments WHERE content_id = c.id))`,
		"entries without bytes that are not refused": `SELECT count(*) FROM entries WHERE content_id IS NULL AND purged = FALSE AND state NOT IN ('refused', 'settled')`,
		"planned entries whose lines are not all there": `SELECT count(*) FROM entries e WHERE state IN ('planned', 'delivered') AND calls <>
			(SELECT count(*) FROM lines l WHERE l.entry_id = e.id AND l.plan = e.plan)`,
		"staged entries with lines that were sent": `SELECT count(*) FROM entries e WHERE state = 'staged' AND
			EXISTS (SELECT 1 FROM lines l WHERE l.entry_id = e.id AND l.state <> 'planned')`,
		"delivered entries with open lines": `SELECT count(*) FROM entries e WHERE state = 'delivered' AND
			EXISTS (SELECT 1 FROM lines l WHERE l.entry_id = e.id AND l.plan = e.plan AND l.state IN ('planned', 'sending', 'unknown'))`,
		"sent lines of a plan that is not in force": `SELECT count(*) FROM lines l JOIN entries e ON e.id = l.entry_id WHERE l.plan <> e.plan AND l.state <> 'planned'`,
		"entries without an audit trail":            `SELECT count(*) FROM entries e WHERE NOT EXISTS (SELECT 1 FROM audit a WHERE a.entry_id = e.id)`,
		"last audit rows that say another state": `SELECT count(*) FROM entries e WHERE state <>
			(SELECT a.to_state FROM audit a WHERE a.entry_id = e.id ORDER BY a.id DESC LIMIT 1)`,
	} {
		if n := count(t, l, query); n != 0 {
			t.Errorf("%d %s", n, strings.TrimSpace(what))
		}
	}
}

// TestAFrozenDraftIsThePlanAndTheMove checks that calls become the plan together
// with the move, or not at all.
func TestAFrozenDraftIsThePlanAndTheMove(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{})
		ctx := t.Context()
		s := take(t, l, stage(t, l, "a"))
		ok(t, s.Plan(ctx, planLines(Line{Function: "earlier"})))
		plan := func() (functions []string) {
			for line, err := range l.Lines(ctx, s.Entry().ID) {
				ok(t, err)
				functions = append(functions, line.Function)
			}
			return functions
		}
		var many []Line
		for range 2*batchLines + 1 {
			many = append(many, Line{Function: "later"})
		}
		d := must(s.Draft(ctx, planLines(many...)))(t)
		if err := d.Freeze(ctx, Delivered, nil); !errors.Is(err, ErrState) {
			t.Errorf("freeze to delivered: %v", err)
		}
		if got := plan(); len(got) != 1 || got[0] != "earlier" || s.Entry().Calls != 1 {
			t.Errorf("before it is frozen the plan has %d calls, the entry %d", len(got), s.Entry().Calls)
		}
		ok(t, d.Freeze(ctx, Planned, func(e *Entry) { e.Mapping = "m@1" }))
		e := must(l.Get(ctx, s.Entry().ID))(t)
		if got := plan(); len(got) != len(many) || got[0] != "later" || e.State != Planned || e.Calls != len(many) || e.Mapping != "m@1" {
			t.Errorf("frozen: %d calls, %+v", len(got), e)
		}
		if err := d.Freeze(ctx, Planned, nil); !errors.Is(err, ErrState) {
			t.Errorf("freeze again: %v", err)
		}
	})
}

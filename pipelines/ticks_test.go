package pipelines

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"loket-etl/ledger"
	"loket-etl/payroll"
	"loket-etl/pipelines/schedule"
)

// diary is what was done, and what the scheduler said.
type diary struct {
	mu    sync.Mutex
	ticks map[string][]string
	fails map[string]error // by schedule, until it is taken out
	log   bytes.Buffer
}

func (d *diary) do(name string) func(context.Context, time.Time) error {
	return func(_ context.Context, tick time.Time) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		if err := d.fails[name]; err != nil {
			return err
		}
		d.ticks[name] = append(d.ticks[name], tick.Format("02-01 15:04"))
		return nil
	}
}

// said counts the lines of the log with a message and a schedule.
func (d *diary) said(message, name string) (n int) {
	for line := range strings.Lines(d.log.String()) {
		var said struct{ Message, Schedule string }
		if json.Unmarshal([]byte(line), &said) == nil && said.Message == message && said.Schedule == name {
			n++
		}
	}
	return n
}

// bureau is a ledger, a clock and a diary, for schedulers that come and go.
type bureau struct {
	*testing.T
	*diary
	clock  *clock
	ledger *ledger.Ledger
	sink   io.Writer // the log, for many writers
}

func newBureau(t *testing.T, dsn, start string) *bureau {
	t.Helper()
	if dsn == "" {
		dsn = "sqlite:" + filepath.Join(t.TempDir(), "etl.db")
	}
	o := &bureau{T: t, diary: &diary{ticks: map[string][]string{}, fails: map[string]error{}}, clock: &clock{stands: true}}
	o.at(start)
	o.sink = zerolog.SyncWriter(&o.log)
	o.ledger = openLedger(t, dsn, o.clock.Now)
	return o
}

// at makes it a moment in Amsterdam.
func (o *bureau) at(s string) {
	o.Helper()
	now, err := time.ParseInLocation("2006-01-02 15:04", s, schedule.Amsterdam)
	if err != nil {
		o.Fatal(err)
	}
	o.clock.advance(now)
}

func (o *bureau) plan(name, expr string, change ...func(*Scheduled)) Scheduled {
	o.Helper()
	c, err := schedule.ParseCron(expr)
	if err != nil {
		o.Fatal(err)
	}
	p := Scheduled{Name: name, Cron: c, Do: o.do(name)}
	for _, f := range change {
		f(&p)
	}
	return p
}

func catchUp(c schedule.CatchUp) func(*Scheduled) { return func(p *Scheduled) { p.CatchUp = c } }

// start is a scheduler as in a process that starts now.
func (o *bureau) start(plans ...Scheduled) *Scheduler {
	o.Helper()
	s, err := NewScheduler(SchedulerOptions{Ledger: o.ledger, Holder: "test", Now: o.clock.Now, Log: zerolog.New(o.sink)}, plans...)
	if err != nil {
		o.Fatal(err)
	}
	return s
}

func (o *bureau) work(s *Scheduler) time.Time {
	o.Helper()
	next, err := s.Work(o.Context())
	if err != nil {
		o.Fatal(err)
	}
	return next
}

// until lets time pass, from tick to tick.
func (o *bureau) until(s *Scheduler, end string) {
	o.Helper()
	to, err := time.ParseInLocation("2006-01-02 15:04", end, schedule.Amsterdam)
	if err != nil {
		o.Fatal(err)
	}
	for next := o.work(s); !next.IsZero() && !next.After(to); next = o.work(s) {
		o.clock.advance(next)
	}
	o.clock.advance(to)
}

func (o *bureau) did(want map[string][]string) {
	o.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if diff := cmp.Diff(want, o.ticks); diff != "" {
		o.Errorf("what was done (-want +got):\n%s", diff)
	}
	o.ticks = map[string][]string{}
}

func (o *bureau) row(name string) ledger.ScheduleRow {
	o.Helper()
	all, err := o.ledger.Ticks(o.Context())
	if err != nil {
		o.Fatal(err)
	}
	for _, row := range all {
		if row.Name == name {
			return row
		}
	}
	o.Fatalf("no schedule %s", name)
	panic("unreachable")
}

// A year of an bureau that pays two bank days before the end of each four-week
// period, and tidies up every night at half past two.
func TestAYearOfTicks(t *testing.T) {
	o := newBureau(t, "", "2025-12-31 12:00")
	var paid []string
	pay := o.plan("betalen", "30 7 * * MON-FRI", func(p *Scheduled) {
		p.Jitter = 10 * time.Minute
		p.Do = func(_ context.Context, tick time.Time) error {
			today := payroll.DateOf(tick)
			end := today // of the period: the last day with the same number
			for payroll.PeriodOf(end.AddDays(1), payroll.FourWeekly) == payroll.PeriodOf(today, payroll.FourWeekly) {
				end = end.AddDays(1)
			}
			if schedule.BankDaysBefore(end, 2) == today {
				paid = append(paid, tick.Format("Mon 02-01 15:04 MST"))
			}
			if late := o.clock.Now().Sub(tick); late < 0 || late >= 10*time.Minute {
				t.Errorf("%s is done %s later", tick, late)
			}
			return nil
		}
	})
	o.until(o.start(pay, o.plan("nacht", "30 2 * * *")), "2026-12-31 12:00")
	want := []string{
		"Wed 21-01 07:30 CET", "Wed 18-02 07:30 CET", "Wed 18-03 07:30 CET", "Wed 15-04 07:30 CEST", "Wed 13-05 07:30 CEST",
		"Wed 10-06 07:30 CEST", "Wed 08-07 07:30 CEST", "Wed 05-08 07:30 CEST", "Wed 02-09 07:30 CEST", "Wed 30-09 07:30 CEST",
		"Wed 28-10 07:30 CET", "Wed 25-11 07:30 CET", "Tue 29-12 07:30 CET",
	}
	if diff := cmp.Diff(want, paid); diff != "" {
		t.Error(diff)
	}
	nights := map[string]int{}
	for _, tick := range o.ticks["nacht"] {
		clock := "02:30"
		if tick[:5] == "29-03" {
			clock = "03:00"
		}
		if nights[tick[:5]]++; tick[6:] != clock || nights[tick[:5]] > 1 {
			t.Errorf("at night: %s", tick)
		}
	}
	if row := o.row("nacht"); len(nights) != 365 || row.Done != 365 {
		t.Errorf("%d nights, the ledger has %d", len(nights), row.Done)
	}
}

func TestTheNightsOfTheClockChangesAreDoneOnce(t *testing.T) {
	for _, night := range []struct{ from, until, at string }{
		{"2026-10-24 12:00", "2026-10-26 01:00", "25-10 02:30"}, {"2027-03-27 12:00", "2027-03-29 01:00", "28-03 03:00"}, {"2027-10-30 12:00", "2027-11-01 01:00", "31-10 02:30"},
	} {
		o := newBureau(t, "", night.from)
		p := o.plan("nacht", "30 2 * * *")
		end := o.clock.Now().Add(37 * time.Hour)
		for o.clock.Now().Before(end) { // a restart every ten minutes
			o.work(o.start(p))
			o.clock.advance(o.clock.Now().Add(10 * time.Minute))
		}
		o.did(map[string][]string{"nacht": {night.at}})
	}
}

func TestWhatIsDoneAfterAnOutage(t *testing.T) {
	o := newBureau(t, "", "2026-03-26 12:00")
	plans := []Scheduled{
		o.plan("standaard", "30 7 * * *"), o.plan("each", "30 7 * * *", catchUp(schedule.Each)), o.plan("skip", "30 7 * * *", catchUp(schedule.Skip)),
	}
	o.until(o.start(plans...), "2026-03-27 12:00")
	first := []string{"27-03 07:30"}
	o.did(map[string][]string{"standaard": first, "each": first, "skip": first})
	o.at("2026-03-30 09:00")
	s := o.start(plans...)
	o.work(s)
	o.did(map[string][]string{"standaard": {"30-03 07:30"}, "each": {"28-03 07:30", "29-03 07:30", "30-03 07:30"}})
	if o.said("ticks passed; the last is done for all", "standaard") != 1 || o.said("ticks passed and are left undone", "skip") != 1 {
		t.Errorf("said %s", &o.log)
	}
	o.until(s, "2026-03-31 09:00")
	last := []string{"31-03 07:30"}
	o.did(map[string][]string{"standaard": last, "each": last, "skip": last})
	o.at("2026-04-02 07:33") // back in time for this one
	o.work(o.start(plans...))
	o.did(map[string][]string{"standaard": {"02-04 07:30"}, "each": {"01-04 07:30", "02-04 07:30"}, "skip": {"02-04 07:30"}})
	for name, done := range map[string]int64{"standaard": 4, "each": 7, "skip": 3} {
		if row := o.row(name); row.Done != done || row.Tries != 0 || row.Next.Format("02-01 15:04") != "03-04 05:30" {
			t.Errorf("%s: %+v", name, row)
		}
	}
}

// A tick that fails is tried again with ever more time between, the others go
// on, and when the next one comes the policy decides.
func TestATickThatFails(t *testing.T) {
	for _, tt := range []struct {
		policy schedule.CatchUp
		want   []string
	}{
		{schedule.Once, []string{"27-03 09:00", "27-03 10:00"}},
		{schedule.Each, []string{"27-03 08:00", "27-03 09:00", "27-03 10:00"}},
		{schedule.Skip, []string{"27-03 10:00"}},
	} {
		o := newBureau(t, "", "2026-03-27 07:30")
		s := o.start(o.plan("stuk", "0 8-17 * * *", catchUp(tt.policy)), o.plan("goed", "*/30 8-17 * * *"))
		o.fails["stuk"] = errors.New("Loket is nu niet te bereiken")
		o.until(s, "2026-03-27 08:00")
		if row := o.row("stuk"); row.Tries != 1 || row.Reason != "Loket is nu niet te bereiken" || row.Due.Sub(row.Next) != 4*time.Second {
			t.Errorf("after one try: %+v", row)
		}
		o.until(s, "2026-03-27 08:59")
		if row := o.row("stuk"); row.Tries < 10 || row.Tries > 20 || row.Done != 0 {
			t.Errorf("after an hour: %+v", row)
		}
		o.at("2026-03-27 09:09") // the next one passed; at its time nobody came to it
		delete(o.fails, "stuk")
		o.until(s, "2026-03-27 10:15")
		o.did(map[string][]string{"stuk": tt.want, "goed": {"27-03 08:00", "27-03 08:30", "27-03 09:00", "27-03 09:30", "27-03 10:00"}})
		if tt.policy != schedule.Each && o.said("ticks passed; the last is done for all", "stuk")+o.said("ticks passed and are left undone", "stuk") != 1 {
			t.Errorf("%s: a tick is left undone without a word: %s", tt.policy, &o.log)
		}
	}
}

// A skipped schedule whose tick failed in time goes on with it.
func TestATickThatWasBegunIsNotMissed(t *testing.T) {
	o := newBureau(t, "", "2026-03-27 07:30")
	s := o.start(o.plan("skip", "0 8 * * *", catchUp(schedule.Skip)))
	o.fails["skip"] = errors.New("bezet")
	o.until(s, "2026-03-27 11:00")
	delete(o.fails, "skip")
	o.until(s, "2026-03-27 12:00")
	o.did(map[string][]string{"skip": {"27-03 08:00"}})
}

func TestAPanicIsAnErrorOfItsTick(t *testing.T) {
	o := newBureau(t, "", "2026-03-27 07:30")
	s := o.start(o.plan("goed", "0 8 * * *"), o.plan("paniek", "0 8 * * *", func(p *Scheduled) {
		p.Do = func(context.Context, time.Time) error { panic("123456782") }
	}))
	o.until(s, "2026-03-27 08:00")
	o.did(map[string][]string{"goed": {"27-03 08:00"}})
	if row := o.row("paniek"); row.Tries != 1 || row.Reason != "panic" || strings.Contains(o.log.String(), "123456782") {
		t.Errorf("%+v, said %s", row, &o.log)
	}
}

// A tick at which the process ends every time waits, and lets the others go.
func TestATickThatEndsTheProcess(t *testing.T) {
	o := newBureau(t, "", "2026-03-27 07:30")
	s := o.start(o.plan("moord", "0 8 * * *", catchUp(schedule.Skip)))
	o.until(s, "2026-03-27 08:00")
	o.did(map[string][]string{"moord": {"27-03 08:00"}})
	o.at("2026-03-28 08:00")
	for range diedOften {
		if _, err := o.ledger.TakeTick(t.Context(), map[string]string{"moord": "0 8 * * *"}, "dead", time.Minute); err != nil {
			t.Fatal(err)
		}
		o.clock.advance(o.clock.Now().Add(time.Minute))
	}
	if next := o.work(s); next.Sub(o.clock.Now()) != deadPause {
		t.Errorf("waits until %s", next)
	}
	o.did(map[string][]string{})
	o.until(s, "2026-03-28 12:00")
	o.did(map[string][]string{"moord": {"28-03 08:00"}})
}

// Whoever stops in the middle of a tick gives it back, and the next one does it.
func TestStoppingGivesTheTickBack(t *testing.T) {
	o := newBureau(t, "", "2026-03-27 07:30")
	ctx, stop := context.WithCancel(t.Context())
	s := o.start(o.plan("lang", "0 8 * * *", func(p *Scheduled) {
		p.Do = func(ctx context.Context, _ time.Time) error {
			stop()
			<-ctx.Done()
			return ctx.Err()
		}
	}))
	o.work(s)
	o.at("2026-03-27 08:00")
	if err := s.Loop(ctx); err != nil {
		t.Error(err)
	}
	if row := o.row("lang"); row.Tries != 0 || row.Holder != "" || row.Done != 0 {
		t.Errorf("after stopping: %+v", row)
	}
	o.work(o.start(o.plan("lang", "0 8 * * *")))
	o.did(map[string][]string{"lang": {"27-03 08:00"}})
}

// Another expression is planned from now; a release that still has the old one
// leaves the schedule alone.
func TestAChangedExpressionIsPlannedAnew(t *testing.T) {
	o := newBureau(t, "", "2026-03-27 07:30")
	old := o.start(o.plan("export", "0 8 * * *"))
	o.work(old)
	o.at("2026-03-27 12:00")
	s := o.start(o.plan("export", "0 13 * * *"))
	o.work(s)
	o.until(old, "2026-03-27 13:30")
	o.did(map[string][]string{})
	if err := s.Use(o.plan("export", "45 13 * * *"), o.plan("nieuw", "0 14 * * *")); err != nil {
		t.Fatal(err)
	}
	o.until(s, "2026-03-27 14:00")
	o.did(map[string][]string{"export": {"27-03 13:45"}, "nieuw": {"27-03 14:00"}})
}

func TestWhatCannotBeScheduled(t *testing.T) {
	o := newBureau(t, "", "2026-03-27 07:30")
	good := o.plan("a", "0 8 * * *")
	s := o.start(good)
	err := s.Use(good, good, Scheduled{Name: "leeg"}, o.plan("b", "0 8 * * *", catchUp("all")))
	want := `schedule "a": there are two of this name
schedule "leeg": it needs a name, an expression and something to do
schedule "b": catch up: "all": want once (the last missed tick, for all), each (every one) or skip (none)`
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	o.until(s, "2026-03-27 08:00") // the old ones are in force
	o.did(map[string][]string{"a": {"27-03 08:00"}})
	if next := o.work(o.start()); !next.IsZero() {
		t.Errorf("without schedules it waits until %s", next)
	}
}

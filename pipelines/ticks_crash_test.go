package pipelines

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"loket-etl/ledger"
	"loket-etl/ledger/ledgertest"
	"loket-etl/pipelines/schedule"
)

// tickChild is the child of the tests below.
const tickChild = "ETL_TEST_TICK_CHILD"

// workday is when children begin and end: four hourly ticks.
var workday = [2]string{"2026-11-02 09:30", "2026-11-02 13:30"}

func hourly(do func(context.Context, time.Time) error) []Scheduled {
	c, err := schedule.ParseCron("0 * * * *")
	if err != nil {
		panic(err)
	}
	return []Scheduled{{Name: "elk uur", Cron: c, CatchUp: schedule.Each, Do: do}}
}

// ticks does the ticks of a workday and writes each down, until the stepper
// ends it. A second life begins at the end of the day, when no lease is left.
func ticks() error {
	at, err := strconv.Atoi(os.Getenv("ETL_TEST_STEP"))
	if err != nil {
		return err
	}
	now, err := time.ParseInLocation("2006-01-02 15:04", os.Getenv("ETL_TEST_NOW"), schedule.Amsterdam)
	if err != nil {
		return err
	}
	steps, clock := &stepper{}, &clock{t: now}
	steps.left.Store(int64(at))
	l, err := ledger.Open(context.Background(), os.Getenv("ETL_TEST_DSN"), ledger.Options{Now: clock.Now, Step: steps.step})
	if err != nil {
		return err
	}
	defer l.Close()
	f, err := os.OpenFile(os.Getenv("ETL_TEST_DIARY"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	s, err := NewScheduler(SchedulerOptions{Ledger: l, Holder: os.Getenv(tickChild), Now: clock.Now, Log: zerolog.Nop()}, hourly(func(_ context.Context, tick time.Time) error {
		steps.step("before do")
		defer steps.step("after do")
		_, err := fmt.Fprintln(f, tick.Format("15:04"))
		return err
	})...)
	if err != nil {
		return err
	}
	for end := now.Truncate(24 * time.Hour).Add(13 * time.Hour); ; { // 14:00 in Amsterdam
		next, err := s.Work(context.Background())
		if err != nil {
			return err
		}
		if !next.Before(end) {
			fmt.Println("steps left", steps.left.Load())
			return nil
		}
		clock.advance(next)
	}
}

// tickLife starts a child at a time of day that dies at a step.
func tickLife(t *testing.T, dsn, diary, now string, step int) (ended bool, steps int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), tickChild+"=life from "+now, "ETL_TEST_DSN="+dsn, "ETL_TEST_DIARY="+diary, "ETL_TEST_NOW="+now, fmt.Sprint("ETL_TEST_STEP=", step))
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
		return false, step
	}
	var left int
	if _, scanned := fmt.Sscanf(string(out), "steps left %d", &left); err != nil || scanned != nil {
		t.Fatalf("child: %v, %v\n%s", err, scanned, errs.String())
	}
	return true, step - left
}

// never is a step that no child comes to.
const never = 1 << 30

// tickDay has a day's ticks done by a child that dies at a step and, if it did,
// by another one, and looks at what they left.
func tickDay(t *testing.T, dsn func(testing.TB) string, step int) (ended bool, steps int) {
	t.Helper()
	dir := t.TempDir()
	at, diary := "sqlite:"+filepath.Join(dir, "etl.db"), filepath.Join(dir, "diary")
	if dsn != nil {
		at = dsn(t)
	}
	clock := &clock{stands: true}
	morning, err := time.ParseInLocation("2006-01-02 15:04", workday[0], schedule.Amsterdam)
	if err != nil {
		t.Fatal(err)
	}
	clock.advance(morning)
	l := openLedger(t, at, clock.Now)
	first, err := NewScheduler(SchedulerOptions{Ledger: l, Holder: "first", Now: clock.Now}, hourly(func(context.Context, time.Time) error { return nil })...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Work(t.Context()); err != nil { // registers
		t.Fatal(err)
	}
	if ended, steps = tickLife(t, at, diary, workday[0], step); !ended {
		if again, _ := tickLife(t, at, diary, workday[1], never); !again {
			t.Fatal("the next life did not finish")
		}
	}
	done, err := os.ReadFile(diary)
	if err != nil {
		t.Fatal(err)
	}
	twice := 0
	for _, tick := range []string{"10:00", "11:00", "12:00", "13:00"} {
		n := strings.Count(string(done), tick+"\n")
		if n < 1 || n > 2 {
			t.Errorf("%s was done %d times", tick, n)
		}
		twice += max(n-1, 0)
	}
	if lines := strings.Count(string(done), "\n"); twice > 1 || lines != 4+twice {
		t.Errorf("done:\n%s", done)
	}
	rows, err := l.Ticks(t.Context())
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d schedules, %v", len(rows), err)
	}
	if row := rows[0]; row.Done != 4 || row.Holder != "" || row.LastTick.Format("15:04") != "12:00" || row.Next.Format("15:04") != "13:00" || row.Tries != 0 {
		t.Errorf("the ledger has %+v", row)
	}
	return ended, steps
}

// TestKilledAtEveryStepOfATick kills a process at each moment before and after
// something durable, between Do and Done among them. The next one finishes the
// day: every tick is done, and only the one that was under way twice.
func TestKilledAtEveryStepOfATick(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": nil, "PostgreSQL": ledgertest.Postgres} {
		stride := thin
		if dsn != nil {
			stride = 5 * thin // 5 and the 6 steps of a tick have no factor in common
		}
		t.Run(name, func(t *testing.T) {
			ended, steps := tickDay(t, dsn, never)
			if !ended || steps < 24 {
				t.Fatalf("an undisturbed day made %d steps, ended %v", steps, ended)
			}
			for at := 1; at <= steps; at += stride {
				t.Run(fmt.Sprintf("step %d of %d", at, steps), func(t *testing.T) {
					t.Parallel()
					if ended, _ := tickDay(t, dsn, at); ended {
						t.Fatal("the child was not killed")
					}
				})
			}
		})
	}
}

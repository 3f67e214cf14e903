package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The variables that make the test program a child which is killed.
const (
	crashDSN  = "LEDGER_CRASH_DSN"
	crashStep = "LEDGER_CRASH_STEP" // kill at this step; 0 lets it live
	crashSeed = "LEDGER_CRASH_SEED" // another file each time
)

// crashChild carries one file to its end and is killed at a step by itself,
// without a chance to tidy up. It prints the steps and the calls it makes.
func crashChild() {
	at, _ := strconv.Atoi(os.Getenv(crashStep))
	seed, _ := strconv.Atoi(os.Getenv(crashSeed))
	c := newClock()
	steps := 0
	l, err := Open(context.Background(), os.Getenv(crashDSN), Options{Now: c.Now, Step: func(point string) {
		steps++
		fmt.Println("step", point)
		if steps == at {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // until the signal is there
		}
	}})
	if err == nil {
		err = carry(l, seed, func(no int) { fmt.Println("call", no) })
	}
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
}

// carry does what a conductor does, from wherever the ledger says the file is.
func carry(l *Ledger, round int, call func(no int)) error {
	ctx := context.Background()
	seed := uint64(round)
	id, _, err := l.Stage(ctx, Entry{Pipeline: "p", Inbox: "in", Name: fileOf(round)}, bytes.NewReader(text(seed, 2*chunkSize+100)))
	if err != nil {
		return err
	}
	s, err := l.TakeID(ctx, id, "worker", time.Minute)
	if err != nil {
		return err
	}
	for {
		switch e := s.Entry(); e.State {
		case Staged:
			if err := s.Plan(ctx, planLines(
				Line{Function: "F", Args: text(seed+1, inlineArgs+1)},
				Line{Function: "F", Args: text(seed+2, chunkSize+1)},
				Line{Function: "F", Args: []byte("{}")},
			)); err != nil {
				return err
			}
			err = s.Move(ctx, Staged, Planned, nil)
		case Planned:
			err = deliverNext(ctx, s, call)
		case Delivered:
			if err := s.Attach(ctx, "receipt.json", bytes.NewReader(text(seed, chunkSize+1))); err != nil {
				return err
			}
			err = s.Move(ctx, Delivered, Settled, nil)
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func fileOf(round int) string { return fmt.Sprint("uren ", round, ".csv") }

func deliverNext(ctx context.Context, s *Lease, call func(no int)) error {
	line, err := s.NextLine(ctx)
	switch {
	case errors.Is(err, ErrNoLine):
		return s.Move(ctx, Planned, Delivered, func(e *Entry) { e.Outcome = Imported })
	case err != nil:
		return err
	case line.State == LinePlanned:
		if err := s.Send(ctx, line.No, []byte("before")); err != nil {
			return err
		}
		call(line.No)
	} // found in sending: the probe of this test says that it was carried out
	return s.Record(ctx, line.No, LineDone, []byte("answer"))
}

// TestKilledAtEveryStep kills a process before and after each commit of a
// file's way, looks at what it left, and lets another one finish: every call
// was made at most once, those not made are made, and all bytes are there.
func TestKilledAtEveryStep(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		open(t, dsn, Options{Now: c.Now})
		c.pass(time.Hour) // the lease of the dead expires
		for step := 1; ; step++ {
			said, killed := runChild(t, dsn, step)
			l := open(t, dsn, Options{Now: c.Now})
			checkInvariants(t, l)
			calls := map[string]int{}
			for _, line := range said {
				if strings.HasPrefix(line, "call ") {
					calls[line]++
				}
			}
			last := said[len(said)-1]
			// A file that is settled does not lie in the inbox any more.
			if list := must(l.List(t.Context(), Filter{Limit: 1}))(t); killed && (len(list) == 0 || list[0].State != Settled || list[0].Name != fileOf(step)) {
				ok(t, carry(l, step, func(no int) { calls[fmt.Sprint("call ", no)]++ }))
			}
			finished(t, l, uint64(step), last, calls)
			if t.Failed() {
				t.Fatalf("after step %d, %s", step, last)
			}
			if !killed {
				t.Logf("%d steps", step-1)
				if step < 30 {
					t.Errorf("only %d steps: %v", step-1, said)
				}
				return
			}
		}
	})
}

func runChild(t *testing.T, dsn string, step int) (said []string, killed bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), crashDSN+"="+dsn, fmt.Sprint(crashStep, "=", step), fmt.Sprint(crashSeed, "=", step))
	out, err := cmd.Output()
	said = strings.Split(strings.TrimSpace(string(out)), "\n")
	if err == nil {
		return said, false
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("child at step %d: %v\n%s", step, err, out)
	}
	return said, true
}

// finished checks the newest entry, which is the file of this round.
func finished(t *testing.T, l *Ledger, seed uint64, last string, calls map[string]int) {
	t.Helper()
	checkInvariants(t, l)
	list := must(l.List(t.Context(), Filter{Limit: 1}))(t)
	if len(list) != 1 || list[0].State != Settled || list[0].DuplicateOf != 0 {
		t.Fatalf("%+v", list)
	}
	e := list[0]
	r, err := l.Bytes(t.Context(), e.ID)
	if !bytes.Equal(all(t, r, err), text(seed, 2*chunkSize+100)) {
		t.Error("other bytes")
	}
	r, err = l.Attachment(t.Context(), e.ID, "receipt.json")
	if !bytes.Equal(all(t, r, err), text(seed, chunkSize+1)) {
		t.Error("another receipt")
	}
	n, missed := 0, 0
	for line, err := range l.Lines(t.Context(), e.ID) {
		ok(t, err)
		if n++; line.State != LineDone || string(line.Note) != "answer" || string(line.Baseline) != "before" {
			t.Errorf("%+v", line)
		}
		// Killed between "sending" and the call: nobody made it, and the probe
		// of this test does not know better.
		key := fmt.Sprint("call ", line.No)
		switch made := calls[key]; {
		case made == 0 && last == "step send after" && missed == 0:
			missed++
		case made != 1:
			t.Errorf("%s was made %d times", key, made)
		}
	}
	if n != 3 {
		t.Errorf("%d lines", n)
	}
}

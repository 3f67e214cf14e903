package pipelines

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"loket-etl/ledger"
)

// Every call of a decision meets every mood once, and then all is well again.
func TestEveryCallOfADecisionInEveryMood(t *testing.T) {
	everyCall(t, "status.csv", approval, func(t *testing.T, w *world) {
		w.ends("status.csv", ledger.Imported, "done/status.csv")
		w.isStatus(waits, 5, 0)
	})
}

// Every call of a response message meets every mood once. It is there once, or a
// person is asked: never is it sent a second time on a guess.
func TestEveryCallOfAResponseMessageInEveryMood(t *testing.T) {
	everyCall(t, "response.xml", response(t, sent), func(t *testing.T, w *world) {
		got := len(returnIn(t, w.loket, sent).Responses)
		e := w.only("response.xml")
		if e.State == ledger.Held {
			w.held(1, ledger.Planned, "onbekend of aanroep 1 (responsemessage (acknowledgement) bij loonaangifte "+sent+") is uitgevoerd, en Loket laat dat niet nalezen; vraag het na bij Loket en beslis")
			state := ledger.LinePlanned
			if got == 1 {
				state = ledger.LineDone
			}
			if err := w.ledger.Resolve(t.Context(), 1, 1, state, "beheerder", "nagevraagd"); err != nil {
				t.Fatal(err)
			}
			w.act(w.ledger.Release, 1)
			w.settle()
		}
		w.ends("response.xml", ledger.Imported, "done/response.xml")
		w.isStatus(sent, 6, 1)
	})
}

// everyCall has each call of a file meet each mood that passes.
func everyCall(t *testing.T, name, content string, after func(t *testing.T, w *world)) {
	undisturbed := newWorld(t)
	undisturbed.drop(name, content)
	undisturbed.settle()
	after(t, undisturbed)
	calls := len(undisturbed.loket.Calls())
	for kind, mood := range moods {
		for at := 0; at < calls; at += thin {
			t.Run(fmt.Sprintf("%s, call %d of %d", kind, at+1, calls), func(t *testing.T) {
				t.Parallel()
				w, mood := newWorld(t), mood
				mood.Skip, mood.Count = at, 1
				w.loket.SetMood(mood)
				w.drop(name, content)
				if mood.Late {
					if _, err := w.runner.Work(t.Context()); err != nil {
						t.Fatal(err)
					}
					w.finishLate()
				}
				w.settle()
				w.loket.Release()
				w.settle()
				w.loket.SetMood()
				after(t, w)
			})
		}
	}
}

// The decision is read back and made once. The response message, about another
// return, is there once, or a person is asked about it.
func TestKilledAtEveryStepOfADecisionAndAResponseMessage(t *testing.T) {
	everyStep(t, func(t *testing.T) *crashWorld {
		w := newCrashWorld(t, "", false)
		for _, name := range []string{"uren_5555_oktober.csv", "verlof.csv"} {
			if err := os.Remove(filepath.Join(w.dir, "in", name)); err != nil {
				t.Fatal(err)
			}
		}
		w.put("status.csv", approval)
		w.put("response.xml", response(t, sent))
		w.after = w.afterReturns
		return w
	}, 1)
}

func (w *crashWorld) afterReturns() error {
	l, err := ledger.Open(w.t.Context(), w.dsn, ledger.Options{})
	if err != nil {
		return err
	}
	defer l.Close()
	all, err := l.List(w.t.Context(), ledger.Filter{})
	if err != nil {
		return err
	}
	if len(all) != 2 {
		return fmt.Errorf("%d entries in the ledger, want 2", len(all))
	}
	responses, counted := len(returnIn(w.t, w.loket, sent).Responses), w.loket.Count(answerCall)
	for _, e := range all {
		asked := e.Name == "response.xml" && e.State == ledger.Held && strings.Contains(e.Reason, "Loket laat dat niet nalezen")
		switch {
		case asked && responses <= 1:
		case e.State != ledger.Settled || e.Outcome != ledger.Imported:
			err = errors.Join(err, fmt.Errorf("%s is %s %s %q", e.Name, e.State, e.Outcome, e.Reason))
		case e.Name == "response.xml" && responses != 1:
			err = errors.Join(err, fmt.Errorf("%d response messages in Loket", responses))
		}
		if done := filepath.Join(w.dir, "in", "done", e.Name); !asked {
			for _, name := range []string{done, done + ".receipt.json", done + ".receipt.html"} {
				_, missing := os.Stat(name)
				err = errors.Join(err, missing)
			}
		}
	}
	if r := returnIn(w.t, w.loket, waits); r.Status != 5 || w.loket.Count(decideCall) != 1 || counted > 1 {
		err = errors.Join(err, fmt.Errorf("status %d after %d decisions, %d response messages sent", r.Status, w.loket.Count(decideCall), counted))
	}
	return err
}

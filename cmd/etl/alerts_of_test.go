package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/ledger"
)

// TestPaymentsThatTheBankDoesNotHaveAreTold follows an export from its moment to
// the bank, by what there is to tell.
func TestPaymentsThatTheBankDoesNotHaveAreTold(t *testing.T) {
	ctx := t.Context()
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	l := openTestLedger(t, filepath.Join(t.TempDir(), "etl.db"), func() time.Time { return now })
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	tells := func(at time.Time, want ...string) {
		t.Helper()
		now = at
		all, err := alertsOf(ctx, l, now)
		ok(err)
		got := []string{}
		for _, a := range all {
			got = append(got, fmt.Sprintf("%s %s %s since %s: %s", a.Kind, a.Pipeline, a.Subject, a.Since.Format("02 15:04"), a.What))
			if strings.Contains(a.What+a.Do, "NL44RABO0123456789") {
				t.Errorf("an IBAN is told: %s", a.What)
			}
		}
		if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
			t.Errorf("at %s:\n%s", at, diff)
		}
	}
	id, _, err := l.Expect(ctx, ledger.Entry{Pipeline: "sepa", Run: "run-1", Name: "5555 periode 2026-10 run 10"})
	ok(err)
	const late = "late sepa 5555 periode 2026-10 run 10 since %s: Er is al lang niets meer met de export gebeurd. "
	tells(now, fmt.Sprintf(late, "02 09:00")+"Er is geen reden bij gezegd.") // to be told after an hour
	lease, err := l.TakeID(ctx, id, "w", time.Hour)
	ok(err)
	moment, deadline := time.Date(2026, 11, 3, 6, 30, 0, 0, time.UTC), time.Date(2026, 11, 4, 11, 0, 0, 0, time.UTC)
	ok(lease.Produce(ctx, func(add func(ledger.Output, io.Reader) (ledger.Output, error)) error {
		_, err := add(ledger.Output{Kind: "pain.001", Outbox: "bank", Name: "a.xml", Deadline: deadline}, strings.NewReader("a"))
		return err
	}, nil, ""))
	ok(lease.Yield(ctx, moment, "wacht op 03-11-2026 07:30"))
	tells(moment.Add(-time.Minute)) // its time has not come
	tells(moment.Add(time.Minute), fmt.Sprintf(late, "03 06:30")+"De reden: wacht op 03-11-2026 07:30.")

	lease, err = l.TakeID(ctx, id, "w", time.Hour)
	ok(err)
	ok(lease.Later(ctx, now.Add(10*time.Minute), "nu niet mogelijk: de outbox antwoordt niet"))
	missed := "failed sepa 5555 periode 2026-10 run 10 since 04 11:00: Bestand 1 (pain.001) moest op 04-11-2026 12:00 bij de ontvanger van outbox bank zijn, en is nog niet gepubliceerd."
	tells(deadline.Add(time.Minute), fmt.Sprintf(late, "02 09:00")+"De reden: nu niet mogelijk: de outbox antwoordt niet.", missed)

	lease, err = l.TakeID(ctx, id, "w", time.Hour)
	ok(err)
	ok(errors.Join(lease.Mark(ctx, 1, ledger.OutputStaged, ledger.OutputPrepared), lease.Mark(ctx, 1, ledger.OutputPrepared, ledger.OutputPublished)))
	ok(lease.Move(ctx, ledger.Ready, ledger.Settled, func(e *ledger.Entry) { e.Outcome = ledger.Exported }))
	tells(deadline) // not late yet
	tells(deadline.Add(time.Second), "uncollected sepa 5555 periode 2026-10 run 10 since 04 11:00: Bestand 1 (pain.001) staat klaar in outbox bank en was op 04-11-2026 12:00 nog niet opgehaald.")
	files, err := l.Outputs(ctx, id)
	ok(err)
	ok(l.Collect(ctx, files[0], "fetched"))
	tells(deadline.Add(time.Hour))

	ok(l.Schedule(ctx, "sepa", "*/15 * * * *", ledger.When{Tick: deadline, Due: deadline}))
	tells(deadline.Add(time.Hour))
	tick, err := l.TakeTick(ctx, map[string]string{"sepa": "*/15 * * * *"}, "w", time.Minute)
	ok(err)
	ok(tick.Later(ctx, now.Add(time.Minute), "Loket zwijgt over NL44RABO0123456789"))
	tells(deadline.Add(time.Hour), "late sepa sepa since 04 11:00: Er kon niet worden gekeken of er iets te exporteren is. De reden: Loket zwijgt over ***************789.")
}

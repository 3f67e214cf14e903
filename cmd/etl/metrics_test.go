package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"loket-etl/ledger"
)

func TestTheFiguresOfTheLedgerAreThoseOfNow(t *testing.T) {
	now := time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)
	full := ledger.Stats{
		Oldest: now.Add(-90 * time.Second), WithoutReceipt: 2,
		States:   map[ledger.State]int{ledger.Staged: 1, ledger.Settled: 4},
		Outcomes: map[ledger.Outcome]int{"": 1, "imported": 4},
	}
	for _, tt := range []struct {
		name  string
		stats ledger.Stats
		err   error
		want  map[string]float64
	}{
		{"entries", full, nil, map[string]float64{
			"etl_ledger_up": 1, "etl_oldest_unsettled_seconds": 90, "etl_entries_without_receipt": 2,
			"etl_entries{staged}": 1, "etl_entries{settled}": 4, "etl_entries_by_outcome{imported}": 4,
		}},
		{"nothing", ledger.Stats{}, nil, map[string]float64{"etl_ledger_up": 1, "etl_oldest_unsettled_seconds": 0, "etl_entries_without_receipt": 0}},
		{"no answer", full, errors.New("down"), map[string]float64{"etl_ledger_up": 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := prometheus.NewPedanticRegistry()
			r.MustRegister(ledgerMetrics{
				stats: func(context.Context) (ledger.Stats, error) { return tt.stats, tt.err },
				now:   func() time.Time { return now },
			})
			families, err := r.Gather()
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]float64{}
			for _, f := range families {
				for _, m := range f.GetMetric() {
					name := f.GetName()
					for _, l := range m.GetLabel() {
						name += "{" + l.GetValue() + "}"
					}
					got[name] = m.GetGauge().GetValue()
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("figures (-want +got):\n%s", diff)
			}
		})
	}
}

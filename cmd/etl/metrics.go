package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"loket-etl/ledger"
)

// ledgerMetrics tells Prometheus what stands in the ledger. It asks the database
// at each scrape, so that every process tells the same, also after a restart.
type ledgerMetrics struct {
	stats func(context.Context) (ledger.Stats, error)
	now   func() time.Time
}

var (
	upDesc      = prometheus.NewDesc("etl_ledger_up", "1 when the ledger answered this scrape, else 0.", nil, nil)
	oldestDesc  = prometheus.NewDesc("etl_oldest_unsettled_seconds", "Age of the oldest entry that is not settled; 0 when all are.", nil, nil)
	receiptDesc = prometheus.NewDesc("etl_entries_without_receipt", "Entries of which the sender has no receipt yet.", nil, nil)
	stateDesc   = prometheus.NewDesc("etl_entries", "Entries by state.", []string{"state"}, nil)
	outcomeDesc = prometheus.NewDesc("etl_entries_by_outcome", "Entries that have an outcome, by outcome.", []string{"outcome"}, nil)
)

// Describe is part of prometheus.Collector.
func (m ledgerMetrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{upDesc, oldestDesc, receiptDesc, stateDesc, outcomeDesc} {
		to <- d
	}
}

// Collect is part of prometheus.Collector. A ledger that does not answer within
// five seconds is down; the other figures are absent then, not zero.
func (m ledgerMetrics) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	s, err := m.stats(ctx)
	if err != nil {
		gauge(upDesc, 0)
		return
	}
	gauge(upDesc, 1)
	age := time.Duration(0)
	if !s.Oldest.IsZero() {
		age = m.now().Sub(s.Oldest)
	}
	gauge(oldestDesc, age.Seconds())
	gauge(receiptDesc, float64(s.WithoutReceipt))
	for state, n := range s.States {
		gauge(stateDesc, float64(n), string(state))
	}
	for outcome, n := range s.Outcomes {
		if outcome != "" {
			gauge(outcomeDesc, float64(n), string(outcome))
		}
	}
}

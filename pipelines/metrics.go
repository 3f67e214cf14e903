package pipelines

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"loket-etl/loket"
)

// Metrics counts what runners do. Labels are pipelines, functions and
// outcomes, never files, people or amounts. A nil *Metrics counts nothing.
type Metrics struct {
	rowCount, settledCount, callCount, retryCount, heldCount, unreadCount, publishedCount *prometheus.CounterVec
}

// NewMetrics registers the counters with reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "etl_" + name, Help: help}, labels)
		reg.MustRegister(c)
		return c
	}
	return &Metrics{
		rowCount:       counter("rows_total", "Rows of dropped files by verdict.", "pipeline", "verdict"),
		settledCount:   counter("files_settled_total", "Files settled by outcome.", "pipeline", "outcome"),
		callCount:      counter("loket_calls_total", "Calls to Loket that change something, by outcome.", "function", "outcome"),
		retryCount:     counter("retries_total", "Files put off to a later try.", "pipeline"),
		heldCount:      counter("held_total", "Files held for a person.", "pipeline"),
		publishedCount: counter("files_published_total", "Files published to outboxes.", "pipeline"),
		unreadCount:    counter("unreadable_total", "Times a file could not be taken in.", "pipeline"),
	}
}

func (m *Metrics) rows(pipeline string, accepted, refused int) {
	if m != nil {
		m.rowCount.WithLabelValues(pipeline, "accepted").Add(float64(accepted))
		m.rowCount.WithLabelValues(pipeline, "refused").Add(float64(refused))
	}
}

func (m *Metrics) settled(pipeline, outcome string) {
	if m != nil {
		m.settledCount.WithLabelValues(pipeline, outcome).Inc()
	}
}

func (m *Metrics) retried(pipeline string) {
	if m != nil {
		m.retryCount.WithLabelValues(pipeline).Inc()
	}
}

func (m *Metrics) held(pipeline string) {
	if m != nil {
		m.heldCount.WithLabelValues(pipeline).Inc()
	}
}

func (m *Metrics) unread(pipeline string) {
	if m != nil {
		m.unreadCount.WithLabelValues(pipeline).Inc()
	}
}

func (m *Metrics) published(pipeline string) {
	if m != nil {
		m.publishedCount.WithLabelValues(pipeline).Inc()
	}
}

func (m *Metrics) called(function string, err error) {
	if m == nil {
		return
	}
	var fault *loket.Fault
	outcome := "done"
	switch {
	case errors.Is(err, loket.ErrUnknown):
		outcome = "unknown"
	case errors.As(err, &fault):
		outcome = "refused"
	case err != nil:
		outcome = "not_sent"
	}
	m.callCount.WithLabelValues(function, outcome).Inc()
}

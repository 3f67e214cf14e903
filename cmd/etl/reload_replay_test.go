package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"loket-etl/ledger"
)

// With files.replay required a changed mapping comes in force when a person took it.
func TestAChangedMappingWaitsForItsReplay(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const klok = "mapping: klok\nfile: {format: csv, columns: [{name: persnr, type: integer}, {name: uren, type: hours, notation: [decimal]}]}\n" +
		"to: {what: variabele-gegevens-csv, mode: Overschrijven, employer: {clientnummer: {constant: 5555}}, employee: {persnr_verl: {column: persnr}}, " +
		"period: {from: drop_date}, hours: all, values: [{component: {constant: 1}, value: {column: uren}}]}\n"
	write("etl.yaml", "loket: {url: sandbox}\nfiles: {mappings: maps, pipelines: ways, replay: required}\ninboxes: [{name: in, local: in}]\npipelines: [{use: klok, inbox: in}]\n")
	write("ways/klok.yaml", "pipeline: klok\nmapping: klok\n")
	write("maps/klok.yaml", klok)
	a := newApp(io.Discard, io.Discard)
	a.configPath = filepath.Join(dir, "etl.yaml")
	c, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	e, err := a.openEngine(t.Context(), c, zerolog.Nop(), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	version := func() string {
		m, _ := e.Plans().Mappings.Get("klok")
		return m.Name() + "@" + m.Version()
	}
	first := version()
	var log bytes.Buffer
	r := reloader{e: e, c: c, file: "etl.yaml", log: zerolog.New(&log)}
	look := func(step, want string, changes bool) {
		t.Helper()
		log.Reset()
		before := version()
		r.look(t.Context())
		if got := log.String(); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: the log says %s, want %q", step, got, want)
		}
		if (version() != before) != changes {
			t.Errorf("%s: %s was in force, and now %s", step, before, version())
		}
	}
	write("maps/klok.yaml", strings.Replace(klok, "constant: 1}", "constant: 3}", 1))
	look("no file came yet", "are in force", true)
	write("maps/klok.yaml", klok)
	look("back", "are in force", true)
	if _, _, err := e.ledger.Stage(t.Context(), ledger.Entry{Pipeline: "klok", Name: "a.csv"}, strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	lease, err := e.ledger.Take(t.Context(), "test", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := lease.Move(t.Context(), ledger.Staged, ledger.Refused, func(e *ledger.Entry) { e.Mapping = first }); err != nil {
		t.Fatal(err)
	}
	look("as it was", "", false)
	write("maps/klok.yaml", strings.Replace(klok, "constant: 1}", "constant: 4}", 1))
	look("changed", "was changed and not replayed: etl mapping replay klok --accept", false)
	plans, err := loadPlans(c.Files)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := plans.Mappings.Get("klok")
	if err := e.ledger.AcceptMapping(t.Context(), "klok@"+m.Version(), "anna", "seen"); err != nil {
		t.Fatal(err)
	}
	look("accepted", "are in force", true)
}

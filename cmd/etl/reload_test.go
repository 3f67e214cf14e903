package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// Pipelines that change while the program runs are checked as at the start.
func TestAChangeThatTheConfigurationCannotDoWithIsRefused(t *testing.T) {
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
	const klok = "pipeline: klok\ndescription: the clock\nmapping: urenregistratie\nfiles: [\"klok_*\"]\n"
	write("etl.yaml", "loket: {url: sandbox}\nfiles: {pipelines: ways, books: books}\ninboxes: [{name: in, local: in}]\n"+
		"pipelines: [{use: klok, inbox: in}, {use: verlof, inbox: in, files: [\"verlof*\"]}]\n"+
		"outboxes: [{name: uit, local: uit}]\nexports: [{use: journaal-exact, outbox: uit, from: 2026-10}, {use: sepa-betalingen, outbox: uit, from: 2026-10, bic: INGBNL2A, ibans: ibans.csv}]\n")
	write("ibans.csv", "account;iban\n")
	if err := os.Mkdir(filepath.Join(dir, "books"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("ways/klok.yaml", klok)
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
	var log bytes.Buffer
	r := reloader{e: e, c: c, file: "etl.yaml", log: zerolog.New(&log), tables: tablesOf(e.Exports)}
	look := func(step, want string) {
		t.Helper()
		log.Reset()
		r.look(t.Context())
		r.look(t.Context()) // said once
		if got := log.String(); strings.Count(got, "\n") != min(len(want), 1) || !strings.Contains(got, want) {
			t.Errorf("%s: the log says %s, want %q", step, got, want)
		}
	}
	takes := func(step, name, want string) {
		t.Helper()
		if got := e.Takes("in", name); got != want {
			t.Errorf("%s: %s goes to %q, want %q", step, name, got, want)
		}
	}
	look("nothing changed", "")
	if err := os.Remove(filepath.Join(dir, "ways", "klok.yaml")); err != nil {
		t.Fatal(err)
	}
	look("taken away", `there is no pipeline \"klok\"`)
	takes("taken away", "klok_1.csv", "klok")
	write("ways/klok.yaml", strings.Replace(klok, "klok_*", "v*", 1))
	look("overlap", "can both want a file of inbox")
	takes("overlap", "klok_1.csv", "klok")
	takes("overlap", "verlof.csv", "verlof")
	write("ways/klok.yaml", strings.Replace(klok, "klok_*", "uren_*", 1))
	look("other names", "are in force")
	takes("other names", "uren_1.csv", "klok")
	takes("other names", "klok_1.csv", "")
	write("ways/klok.yaml", klok)
	look("as it was", "are in force")
	takes("as it was", "klok_1.csv", "klok")

	// Books and IBANs too.
	const book = "office: \"5555\"\ndaybook: \"90\"\naccounts:\n  - {account: \"4000\", to: {code: \"4000\", name: Brutolonen}}\n"
	write("books/5555.yaml", strings.Replace(book, "office", "offise", 1))
	look("wrong books", "changed books or IBANs are wrong")
	write("books/5555.yaml", book)
	look("books", "changed books or IBANs are in force")
	write("ibans.csv", "account;iban\n1234567;NL20INGB0001234567\n")
	look("an account", "changed books or IBANs are in force")
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"loket-etl/alerts"
	"loket-etl/alerts/alertstest"
	"loket-etl/config"
	"loket-etl/ledger"
)

// told is a message as a webhook gets it.
type told struct {
	Kind, Pipeline, Text string
	Alerts               []struct {
		Entry             int64
		Subject, What, Do string
	}
}

// hook is a webhook that hands on what it gets.
func hook(t *testing.T) (*httptest.Server, <-chan told) {
	t.Helper()
	got := make(chan told, 10)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var m told
		if err == nil {
			err = json.Unmarshal(body, &m)
		}
		if err != nil {
			t.Error(err)
		}
		got <- m
	}))
	t.Cleanup(s.Close)
	return s, got
}

func openTestLedger(t *testing.T, path string, now func() time.Time) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(t.Context(), "sqlite:"+path, ledger.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func stageIn(t *testing.T, l *ledger.Ledger, name string) ledger.ID {
	t.Helper()
	id, _, err := l.Stage(t.Context(), ledger.Entry{Pipeline: "uren", Inbox: "in", Name: name}, strings.NewReader(name))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Two processes with a ledger between them tell everything once.
func TestHeldAndLateFilesAreToldOnceByTwoProcesses(t *testing.T) {
	now := time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	server, got := hook(t)
	path := filepath.Join(t.TempDir(), "etl.db")
	c := &config.Config{Alerts: &config.Alerts{
		Webhook: &config.Webhook{URL: config.Address{Secret: config.NewSecret(server.URL)}},
		Kinds:   []string{"held", "late"}, After: config.After{Late: time.Hour},
	}}
	a := &app{now: clock}
	start := func() func() {
		l := openTestLedger(t, path, clock)
		teller := a.teller(c, l.Alerts())
		return func() {
			t.Helper()
			if _, err := teller.Round(t.Context(), func(ctx context.Context) ([]alerts.Alert, error) { return alertsOf(ctx, l, now) }); err != nil {
				t.Fatal(err)
			}
		}
	}
	l, one, two := openTestLedger(t, path, clock), start(), start()
	rounds := func(after time.Duration, want ...string) {
		t.Helper()
		now = now.Add(after)
		one()
		two()
		var texts []string
		for range len(got) {
			m := <-got
			text := m.Text + ":"
			for _, e := range m.Alerts {
				text += fmt.Sprintf(" %d %s", e.Entry, e.Subject)
			}
			texts = append(texts, text)
		}
		if diff := cmp.Diff(want, texts); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	}
	rounds(0)
	for i := range 3 {
		stageIn(t, l, fmt.Sprintf("uren %d.csv", i+1))
	}
	for id := range ledger.ID(2) {
		if err := l.Hold(t.Context(), id+1, "w", "Loket zwijgt"); err != nil {
			t.Fatal(err)
		}
	}
	rounds(0, "2 bestanden wachten op een besluit (uren): 1 uren 1.csv 2 uren 2.csv")
	rounds(30 * time.Second)
	two = start() // after a restart
	rounds(30 * time.Second)
	if err := l.Release(t.Context(), 1, "me", "go"); err != nil {
		t.Fatal(err)
	}
	if err := l.Hold(t.Context(), 1, "w", "Loket zwijgt weer"); err != nil {
		t.Fatal(err)
	}
	rounds(30*time.Second, "Een bestand wacht op een besluit (uren): 1 uren 1.csv")
	rounds(58*time.Minute + 30*time.Second - time.Nanosecond)
	rounds(time.Nanosecond, "Een bestand is nog niet klaar (uren): 3 uren 3.csv")
	rounds(time.Hour)
	if err := l.Retry(t.Context(), 3, "me", "now"); err != nil {
		t.Fatal(err)
	}
	rounds(24 * time.Hour) // it is the same trouble still
}

func TestAnAlertSaysWhatIsTheMatterWithoutPersons(t *testing.T) {
	since := time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		entry ledger.Entry
		want  alerts.Alert
	}{
		{ledger.Entry{ID: 12, Pipeline: "uren", Name: "uren 123456782.csv", State: ledger.Held, Reason: "de BSN 123456782 van jan@klant.example klopt niet"}, alerts.Alert{
			Kind: alerts.Held, Cause: fmt.Sprint("entry 12 held ", since.UnixNano()), Entry: 12, Pipeline: "uren", Subject: "uren ******782.csv", Since: since,
			What: "Het bestand wacht tot iemand beslist. De reden: de BSN ******782 van j***@klant.example klopt niet.",
			Do:   `"etl show 12" laat alles zien. Los de oorzaak op en laat het verder gaan met "etl release 12 --reason ...", of geef het op met "etl dismiss 12 --reason ...".`,
		}},
		{ledger.Entry{ID: 7, Name: "x", State: ledger.Planned}, alerts.Alert{
			Kind: alerts.Late, Cause: "entry 7", Entry: 7, Subject: "x", Since: since,
			What: "Er is al lang niets meer met het bestand gebeurd. Er is geen reden bij gezegd.",
			Do:   `Het programma blijft het proberen. "etl show 7" laat zien wat er gebeurde, "etl doctor" of alle verbindingen werken.`,
		}},
	} {
		if diff := cmp.Diff(tt.want, entryAlert(ledger.Standing{Entry: tt.entry, Since: since})); diff != "" {
			t.Errorf("alert (-want +got):\n%s", diff)
		}
	}
}

func TestMoreFilesThanAPageAreAllLookedAt(t *testing.T) {
	l := openTestLedger(t, filepath.Join(t.TempDir(), "etl.db"), time.Now)
	for i := range 1001 {
		stageIn(t, l, fmt.Sprint(i))
	}
	all, err := alertsOf(t.Context(), l, time.Now())
	if err != nil || len(all) != 1001 || all[1000].Entry != 1001 {
		t.Errorf("%d alerts, %v", len(all), err)
	}
}

func TestTheWatchLooksAtEveryTickAndGoesOnAfterAnError(t *testing.T) {
	server, got := hook(t)
	path := filepath.Join(t.TempDir(), "etl.db")
	now := time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	l := openTestLedger(t, path, clock)
	broken := httptest.NewServer(http.NotFoundHandler())
	defer broken.Close()
	teller := &alerts.Teller{
		Targets: []alerts.Target{
			{Name: "broken", Sender: &alerts.Webhook{URL: func() string { return broken.URL + "/geheim" }}},
			{Name: "webhook", Sender: &alerts.Webhook{URL: func() string { return server.URL }}},
		},
		Memory: l.Alerts(), After: map[alerts.Kind]time.Duration{alerts.Held: 0}, Now: clock,
	}
	ctx, cancel := context.WithCancel(t.Context())
	tick, done := make(chan time.Time), make(chan error)
	var log bytes.Buffer
	go func() { done <- watchAlerts(ctx, teller, l, tick, zerolog.New(&log)) }()
	for n := range 2 {
		id := stageIn(t, l, fmt.Sprint(n))
		if err := l.Hold(t.Context(), id, "w", "stil"); err != nil {
			t.Fatal(err)
		}
		tick <- now
		if m := <-got; m.Alerts[0].Entry != int64(id) {
			t.Errorf("told %+v", m)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if text := log.String(); !strings.Contains(text, "alert by broken: it answers 404 Not Found") || !strings.Contains(text, `"messages":1`) || strings.Contains(text, "geheim") {
		t.Errorf("the log says\n%s", text)
	}
}

func TestTheDaemonTells(t *testing.T) {
	server, got := hook(t)
	dir := t.TempDir()
	l := openTestLedger(t, filepath.Join(dir, "etl.db"), time.Now)
	if err := l.Hold(t.Context(), stageIn(t, l, "uren.csv"), "me", "wacht op de klant"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "etl.yaml")
	text := "loket: {url: sandbox}\nlisten: \"off\"\nalerts:\n  webhook: {url: " + server.URL + "}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	a := newApp(&stdout, &stderr)
	a.now = time.Now
	ctx, cancel := context.WithCancel(t.Context())
	code := make(chan int)
	go func() { code <- a.run(ctx, []string{"run", "--config", file}) }()
	m := <-got
	cancel()
	if c := <-code; c != exitOK {
		t.Errorf("exit code %d: %s", c, stderr.String())
	}
	if m.Text != "Een bestand wacht op een besluit (uren)" || m.Alerts[0].Subject != "uren.csv" || !strings.Contains(m.Alerts[0].What, "wacht op de klant") {
		t.Errorf("told %+v", m)
	}
}

func TestAlertsAreTriedWithAndWithoutSending(t *testing.T) {
	const password = "zomer2026-geheim"
	o := alertstest.Options{TLS: "starttls", User: "etl", Password: password, Refuse: []string{"weg@kantoor.example"}}
	mail := alertstest.Start(t, o)
	posts := 0
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost && r.Header.Get("Authorization") != "Bearer "+password:
			w.WriteHeader(http.StatusForbidden)
		case r.Method == http.MethodPost:
			posts++
		}
	}))
	defer web.Close()
	webCA := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(webCA, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(web.URL, "https://")
	for _, tt := range []struct {
		name, command, env, mailCA, to string
		code                           int
		want                           []string
	}{
		{"doctor", "doctor", password, mail.CA, "a@kantoor.example", exitOK, []string{
			"ok       mail       " + mail.Addr + " takes sender and recipients; nothing was sent, etl alerts test does that",
			"ok       webhook    " + host + " answers; nothing was sent, etl alerts test does that",
		}},
		{"test", "alerts test", password, mail.CA, "a@kantoor.example", exitOK, []string{
			"ok       mail     " + mail.Addr + " took the message\nok       webhook  " + host + " took the message\n",
		}},
		{"password", "alerts test", "een-ander-wachtwoord", mail.CA, "a@kantoor.example", exitFailed, []string{
			mail.Addr + ": the server refuses the login (code 535)", "hint: check user and password",
			host + ": it answers 403 Forbidden", "hint: check token and secret",
		}},
		{"recipient", "doctor", password, mail.CA, "weg@kantoor.example", exitFailed, []string{
			"recipient 1 of 1: the server says 550 5.1.1 <***>: user unknown",
		}},
		{"certificate", "doctor", password, webCA, "a@kantoor.example", exitFailed, []string{
			"STARTTLS: tls: failed to verify certificate", "hint: the certificate is not trusted here",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := fmt.Sprintf(`loket: {url: sandbox}
alerts:
  mail: {server: %q, ca: %s, from: etl@kantoor.example, to: [%s], user: etl, password: env:PASS}
  webhook: {url: %s/geheim, ca: %s, token: env:PASS}
`, mail.Addr, tt.mailCA, tt.to, web.URL, webCA)
			file := filepath.Join(t.TempDir(), "etl.yaml")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			a := newApp(&stdout, &stderr)
			a.getenv = func(string) (string, bool) { return tt.env, true }
			if code := a.run(t.Context(), append(strings.Fields(tt.command), "--config", file)); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, want := range tt.want {
				if !strings.Contains(stdout.String(), want) {
					t.Errorf("it does not say %q:\n%s%s", want, stdout.String(), stderr.String())
				}
			}
			if said := stdout.String() + stderr.String(); strings.Contains(said, "geheim") || strings.Contains(said, tt.env) {
				t.Errorf("it shows a secret:\n%s", said)
			}
		})
	}
	if posts != 1 {
		t.Errorf("%d messages were posted", posts)
	}
	if l := mail.Next(); l.Headers["subject"] != "[loket-etl] Proefbericht: de meldingen komen aan" || l.User != "etl" || !l.Secure {
		t.Errorf("the first letter is %+v", l)
	}
}

func TestTestingWithoutAnybodyToTellIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "etl.yaml")
	if err := os.WriteFile(file, []byte("loket: {url: sandbox}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	if code := newApp(io.Discard, &stderr).run(t.Context(), []string{"alerts", "test", "--config", file}); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if want := "etl: the configuration names nobody to tell\netl: hint: give alerts.mail or alerts.webhook\n"; stderr.String() != want {
		t.Errorf("it says %s", stderr.String())
	}
}

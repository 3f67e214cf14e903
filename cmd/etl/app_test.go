package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"loket-etl/config"
)

// newApp is an app in a world of its own.
func newApp(stdout, stderr io.Writer) *app {
	return &app{
		stdin: strings.NewReader(""), stdout: stdout, stderr: stderr,
		getenv: func(string) (string, bool) { return "", false },
		now:    func() time.Time { return time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC) },
	}
}

func TestTheSandboxSaysHowToGetInAndEndsInOrder(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	var stderr bytes.Buffer
	code := make(chan int)
	go func() {
		code <- newApp(w, &stderr).run(ctx, []string{"sandbox", "--listen", "127.0.0.1:0"})
		w.Close()
	}()
	said := map[string]string{}
	lines := bufio.NewScanner(r)
	for len(said) < 4 && lines.Scan() {
		f := strings.Fields(lines.Text())
		said[f[0]] = f[1]
	}
	if said["user"] != "ws-demo" || said["password"] != "demo-wachtwoord" || said["omgevingscode"] != "DEMO" {
		t.Errorf("it says %v", said)
	}
	resp, err := http.Get(said["address"] + "/soap/LoketWebservice?wsdl")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || !bytes.Contains(body, []byte("definitions")) {
		t.Errorf("no WSDL: %s", resp.Status)
	}
	cancel()
	if got := <-code; got != exitOK {
		t.Errorf("exit code %d: %s", got, stderr.String())
	}
	if _, err := http.Get(said["address"]); err == nil {
		t.Error("it still answers")
	}
}

func TestObserveAnswersUntilTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	l, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: "etl_test_total"}))
	var cause error
	done := make(chan error)
	go func() { done <- observe(ctx, l, registry, func(context.Context) error { return cause }) }()
	get := func(path string) (int, string) {
		resp, err := http.Get("http://" + l.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n", "/metrics": "etl_test_total 0"} {
		if code, body := get(path); code != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %q", path, code, body)
		}
	}
	cause = errors.New("host=db.example password=geheim")
	if code, body := get("/readyz"); code != 503 || body != "not ready\n" {
		t.Errorf("/readyz while it is not: %d %q", code, body)
	}
	if code, _ := get("/debug/pprof/"); code != 404 {
		t.Errorf("/debug/pprof/: %d", code)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
		c.Close()
		t.Error("it still listens")
	}
}

func TestAnAddressInUseHasAHint(t *testing.T) {
	l, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = listen(t.Context(), l.Addr().String())
	var out bytes.Buffer
	newApp(io.Discard, &out).tell(err)
	if !strings.Contains(out.String(), "\netl: hint: is another etl running?") {
		t.Errorf("got %s", out.String())
	}
}

func TestExitCodesComeFromTheOutermostThatSays(t *testing.T) {
	base := errors.New("x")
	for _, tt := range []struct {
		err  error
		want int
	}{
		{nil, exitOK},
		{base, exitFailed},
		{hint(base, "do"), exitFailed},
		{exitWith(exitRefused, base), exitRefused},
		{hint(exitWith(exitHeld, base), "do"), exitHeld},
		{exitWith(exitUsage, hint(exitWith(exitHeld, base), "do")), exitUsage},
		{fmt.Errorf("more: %w", exitWith(exitHeld, base)), exitHeld},
	} {
		if got := exitCode(tt.err); got != tt.want {
			t.Errorf("%#v: %d, want %d", tt.err, got, tt.want)
		}
		if tt.err != nil && !errors.Is(tt.err, base) {
			t.Errorf("%#v lost its cause", tt.err)
		}
	}
}

func TestAFileNameCannotSteerTheTerminal(t *testing.T) {
	var out bytes.Buffer
	if err := table(&out, []string{"NAME"}, [][]string{{"uren\x1b[2J\n2026\t.csv\u202e"}, {"é €"}}); err != nil {
		t.Fatal(err)
	}
	want := "NAME\nuren\uFFFD[2J\uFFFD2026\uFFFD.csv\uFFFD\né €\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestTheLogKeepsToItsLevelAndFormat(t *testing.T) {
	var out bytes.Buffer
	log, err := newLogger(config.Log{Level: "warn", Format: "json"}, &out, false)
	if err != nil {
		t.Fatal(err)
	}
	log.Info().Msg("no")
	log.Warn().Int64("entry", 7).Msg("yes")
	if got := out.String(); !strings.Contains(got, `"entry":7`) || strings.Contains(got, `"no"`) {
		t.Errorf("got %s", got)
	}
	out.Reset()
	if log, err = newLogger(config.Log{Level: "info", Format: "console"}, &out, false); err != nil {
		t.Fatal(err)
	}
	log.Info().Str("file", "a\x1b[31m\nb").Msg("staged")
	if got := out.String(); !strings.Contains(got, "INF staged") || strings.ContainsRune(got, 0x1b) || strings.Count(got, "\n") != 1 {
		t.Errorf("got %q", got)
	}
	if log.GetLevel() != zerolog.InfoLevel {
		t.Errorf("level %s", log.GetLevel())
	}
	if _, err := newLogger(config.Log{Level: "loud"}, os.Stderr, false); err == nil {
		t.Error("a level that is none was accepted")
	}
}

func TestTheExamplesNamePipelinesThatExist(t *testing.T) {
	known, err := pipelineNames(config.Files{})
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob("../../config/examples/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, use := range regexp.MustCompile(`use: (\S+)`).FindAllStringSubmatch(string(text), -1) {
			found++
			if _, ok := known.Pipelines[use[1]]; !ok && !slices.Contains(known.Exports, use[1]) {
				t.Errorf("%s uses %s, which does not exist", name, use[1])
			}
		}
	}
	if found < 3 {
		t.Errorf("only %d pipelines found in the examples", found)
	}
}

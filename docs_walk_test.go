package arch

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// walk is a newcomer who does what a page says.
type walk struct {
	*testing.T
	home, dir string
}

// sh runs commands in the directory of the walk and gives all they said.
func (w walk) sh(dir, commands string) (string, error) {
	c := exec.CommandContext(w.Context(), "sh", "-e", "-c", commands)
	c.Dir, c.Env = dir, w.env()
	out, err := c.CombinedOutput()
	return string(out), err
}

func (w walk) env() []string {
	return append(os.Environ(), "HOME="+w.home, "PATH="+binDir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// says wants every line of a text block in the output; … stands for anything.
func (w walk) says(b block, output string) {
	w.Helper()
	for line := range strings.Lines(b.text) {
		line = strings.TrimRight(line, " \n")
		pattern := "(?m)^" + strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*") + ` *$`
		if line != "" && !regexp.MustCompile(pattern).MatchString(output) {
			w.Errorf("%s:%d: etl does not say %q but\n%s", b.page, b.line, line, output)
		}
	}
}

func TestTheWalkThroughWorks(t *testing.T) {
	program(t)
	home := t.TempDir()
	w := walk{t, home, filepath.Join(home, "eigen")}
	all := blocks(t, "README.md")
	var daemon *daemon
	var output string
	said := 0
	for _, b := range all {
		switch {
		case b.info == "sh" && strings.Contains(b.text, "make build"):
			if _, err := w.sh(home, regexp.MustCompile(`(?m)^(make|export) .*\n`).ReplaceAllString(b.text, "")); err != nil {
				t.Fatal(err)
			}
			write(t, w.dir, all)
			w.tune()
		case b.info == "sh" && b.text == "etl run\n":
			daemon = w.run()
		case b.info == "sh" && strings.Contains(b.text, " inbox/"):
			if out, err := w.sh(w.dir, b.text); err != nil {
				t.Fatal(err, out)
			}
			daemon.waitFor(filepath.Join(w.dir, "inbox", "done", "klok_5555.csv.receipt.html"))
			metricsAreTold(t, daemon.metrics())
			daemon.stop()
		case b.info == "sh":
			var err error
			if output, err = w.sh(w.dir, b.text); err != nil {
				t.Fatalf("%s:%d: %v\n%s", b.page, b.line, err, output)
			}
		case b.info == "text" && output != "":
			if strings.Contains(b.text, "overwek") {
				output, _ = w.sh(w.dir, "sed s/overwerk/overwek/ klok_5555.csv | etl check - --name klok_5555.csv --pipeline kloklijst")
			}
			w.says(b, output)
			said++
		}
	}
	if said < 3 || !strings.Contains(output, "sandbox figures") {
		t.Errorf("the walk-through lost its way: %d outputs compared, the last is\n%s", said, output)
	}
}

// tune gives the metrics a port that is free, as tests run side by side.
func (w walk) tune() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	if err := l.Close(); err != nil {
		w.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(w.dir, "etl.yaml"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		w.Fatal(err)
	}
	if _, err := fmt.Fprintf(f, "listen: %s\n", l.Addr()); err != nil {
		w.Fatal(err)
	}
	if err := f.Close(); err != nil {
		w.Fatal(err)
	}
}

// daemon is an "etl run" in a terminal of its own.
type daemon struct {
	walk
	cmd   *exec.Cmd
	ended chan error

	mu  sync.Mutex
	log bytes.Buffer
}

// Write is the log of the daemon.
func (d *daemon) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.Write(p)
}

func (d *daemon) said() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.String()
}

func (w walk) run() *daemon {
	d := &daemon{walk: w, ended: make(chan error, 1)}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.Context()), 2*time.Minute)
	w.Cleanup(cancel)
	d.cmd = exec.CommandContext(ctx, filepath.Join(binDir, "etl"), "run")
	d.cmd.Dir, d.cmd.Env, d.cmd.Stdout, d.cmd.Stderr = w.dir, w.env(), d, d
	if err := d.cmd.Start(); err != nil {
		w.Fatal(err)
	}
	go func() { d.ended <- d.cmd.Wait() }()
	return d
}

// waitFor returns when the file is there.
func (d *daemon) waitFor(name string) {
	d.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(name); err == nil {
			return
		}
		select {
		case err := <-d.ended:
			d.Fatalf("etl run ended: %v\n%s", err, d.said())
		case <-tick.C:
		}
	}
}

func (d *daemon) metrics() string {
	d.Helper()
	at := regexp.MustCompile(`address=(\S+)`).FindStringSubmatch(d.said())
	if at == nil {
		d.Fatal("etl run does not say where its metrics are:\n" + d.said())
	}
	r, err := http.Get("http://" + at[1] + "/metrics")
	if err != nil {
		d.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		d.Fatal(err)
	}
	return string(text)
}

func (d *daemon) stop() {
	d.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGINT); err != nil {
		d.Fatal(err)
	}
	if err := <-d.ended; err != nil {
		d.Errorf("etl run ended with %v\n%s", err, d.said())
	}
}

// metricsAreTold holds the metrics of a running etl against the page, both ways.
func metricsAreTold(t *testing.T, metrics string) {
	t.Helper()
	page := read(t, "docs/operations.md")
	names := regexp.MustCompile(`\betl_[a-z_]+`)
	told := map[string]bool{}
	for _, name := range names.FindAllString(page, -1) {
		told[name] = true
	}
	shown := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (etl_\S+)`).FindAllStringSubmatch(metrics, -1) {
		shown[m[1]] = true
		if !told[m[1]] {
			t.Errorf("docs/operations.md: the metric %s is missing", m[1])
		}
	}
	if len(shown) == 0 {
		t.Error("no metrics are shown")
	}
	var sources string
	for _, name := range []string{"pipelines/metrics.go", "cmd/etl/metrics.go", "cmd/etl/engine.go"} {
		sources += read(t, name)
	}
	for name := range told {
		short := strings.TrimPrefix(strings.TrimPrefix(name, "etl_"), "inbox_")
		if !shown[name] && !strings.Contains(sources, fmt.Sprintf("%q", short)) {
			t.Errorf("docs/operations.md: there is no metric %s", name)
		}
	}
}

// TestTheMappingsOfThePageWork checks the sample files of docs/mappings.md with
// the mappings above them, against the sandbox.
func TestTheMappingsOfThePageWork(t *testing.T) {
	program(t)
	w := walk{t, t.TempDir(), t.TempDir()}
	all := blocks(t, "docs/mappings.md")
	write(t, w.dir, all)
	checked := 0
	for _, b := range all {
		name := b.file()
		if !strings.HasPrefix(b.info, "csv ") || strings.HasPrefix(name, "mappings/") {
			continue
		}
		pipeline, _, _ := strings.Cut(name, "_")
		if pipeline == "maand" {
			pipeline = "maandstaat"
		}
		out, err := w.sh(w.dir, "etl check "+name+" --pipeline "+pipeline)
		if err != nil || !strings.Contains(out, "would be imported") {
			t.Errorf("%s:%d: %s: %v\n%s", b.page, b.line, name, err, out)
		}
		checked++
	}
	if checked < 2 {
		t.Errorf("%d sample files checked", checked)
	}
}

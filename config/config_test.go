package config

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"
)

var update = flag.Bool("update", false, "write the # want: lines of testdata/config anew")

// literal stands in the bad files where a password stands in the open.
const literal = "zomer2026-geheim"

// openKey and lockedKey are the same private key, the second one behind the
// passphrase "sesam"; locking takes a while on purpose.
var (
	openKey   = sync.OnceValue(func() string { return privateKey("") })
	lockedKey = sync.OnceValue(func() string { return privateKey("sesam") })
)

func privateKey(passphrase string) string {
	key := ed25519.NewKeyFromSeed([]byte("a seed of thirty-two bytes, fixed"[:32]))
	block, err := ssh.MarshalPrivateKey(key, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(block))
}

func environment() func(string) (string, bool) {
	env := map[string]string{
		"LOKET_PASSWORD":      "demo",
		"PLANNING_PASSPHRASE": "sesam",
		"SMTP_PASSWORD":       "demo",
		"HOOK":                "https://hook.example/in?sig=demo",
		"ETL_DATABASE":        "postgres://etl:demo@db.example/etl?sslmode=verify-full",
		"ETL_DATABASE_OPEN":   "postgres://etl:demo@db.example/etl",
		"NOT_A_DATABASE":      "mysql://" + literal + "@db.example/etl",
		"EMPTY":               "",
		"KEY":                 openKey(),
		"LOCKED_KEY":          lockedKey(),
		"NOT_A_KEY":           literal,
	}
	return func(name string) (string, bool) { v, ok := env[name]; return v, ok }
}

func options() Options {
	exports := []string{"betalingen", "journaal", "journaal-exact", "loonaangifte", "overzichten", "sepa-betalingen"}
	return Options{
		Getenv: environment(),
		Pipelines: func(Files) (Known, error) {
			return Known{
				Pipelines: map[string]PipelineKind{"clockify": {Files: []string{"*.csv"}}, "loket-variabel": {}, "nepton": {Files: []string{"*.txt"}, Clientnummer: true}, "urenregistratie": {}},
				Exports:   exports,
				Export: func(use, schedule string) (k ExportKind, ok bool) {
					if schedule == "nu" {
						k.Cron = errors.New("want five fields")
					}
					k.Pays = strings.HasSuffix(use, "betalingen")
					return k, slices.Contains(exports, use)
				},
			}, nil
		},
		Services: []string{"Dienstverband", "LoketWebservice", "Persoon", "Werkgever"},
	}
}

func TestEveryMistakeIsReported(t *testing.T) {
	t.Chdir(filepath.Join("..", "testdata", "config"))
	names, err := filepath.Glob("*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatal("no bad files found", err)
	}
	for _, dir := range []string{"not-a-directory", "unreadable"} {
		if _, err := os.Stat(dir); err == nil {
			t.Fatalf("%s should not exist", dir)
		}
	}
	if err := os.Chmod("open-secret", 0o644); err != nil { // git keeps no other modes
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			if *update {
				writeWants(t, name)
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := wants(string(data))
			if len(want) == 0 {
				t.Fatal("the file says not what it wants")
			}
			got := mistakes(t, name)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("mistakes (-want +got):\n%s", diff)
			}
			if strings.Contains(strings.Join(got, "\n"), literal) {
				t.Error("a message shows a password")
			}
		})
	}
}

// mistakes are the problems, then the warnings, a line each.
func mistakes(t *testing.T, name string) []string {
	c, warnings, err := Load(name, options())
	var out []string
	if err != nil {
		var p Problems
		if !errors.As(err, &p) {
			t.Fatalf("not Problems: %v", err)
		}
		if c != nil {
			t.Error("a configuration comes with an error")
		}
		out = strings.Split(err.Error(), "\n")
	}
	for _, w := range warnings {
		out = append(out, "warning: "+w.String())
	}
	return out
}

func wants(text string) (want []string, rest string) {
	for {
		line, after, _ := strings.Cut(text, "\n")
		w, ok := strings.CutPrefix(line, "# want: ")
		if !ok {
			return want, text
		}
		want, text = append(want, w), after
	}
}

func writeWants(t *testing.T, name string) {
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	_, body := wants(string(data))
	lines := 0
	for range 2 { // the lines themselves move the places
		if err := os.WriteFile(name, []byte(strings.Repeat("# want: \n", lines)+body), 0o666); err != nil {
			t.Fatal(err)
		}
		got := mistakes(t, name)
		lines = len(got)
		if err := os.WriteFile(name, []byte("# want: "+strings.Join(got, "\n# want: ")+"\n"+body), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestExamplesLoad(t *testing.T) {
	names, err := filepath.Glob("examples/*.yaml")
	if err != nil || len(names) < 3 {
		t.Fatal("examples are missing", err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			dir := t.TempDir()
			for file, content := range map[string]string{
				"loket-password": "demo\n", "bank-password": "demo\n", "webhook-secret": "demo\n", "id_ed25519": lockedKey(),
				"known_hosts":   "# the bank\nsftp.bank.example " + hostKey(t) + "\n",
				"mappings/x.md": "", "books/x.md": "",
			} {
				path := filepath.Join(dir, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, "etl.yaml")
			if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "/etc/loket-etl", dir)), 0o600); err != nil {
				t.Fatal(err)
			}
			c, warnings, err := Load(file, options())
			if err != nil {
				t.Fatal(err)
			}
			if len(warnings) > 0 {
				t.Errorf("warnings: %v", warnings)
			}
			if len(c.Inboxes) == 0 || len(c.Pipelines) == 0 {
				t.Error("the example does nothing")
			}
		})
	}
}

func hostKey(t *testing.T) string {
	t.Helper()
	key, err := ssh.NewPublicKey(ed25519.NewKeyFromSeed(make([]byte, 32)).Public())
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

// load reads a text as etl.yaml in a new directory, which it returns too.
func load(t *testing.T, text string) (*Config, string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "etl.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, err := Load(path, options())
	if err != nil {
		t.Fatal(err)
	}
	return c, dir
}

func TestValuesArriveAndAbsentKeysHaveDefaults(t *testing.T) {
	c, dir := load(t, `
loket: {url: "https://loket.example/", user: ws, password: env:LOKET_PASSWORD, omgevingscode: X, timeout: 90s}
database: {sqlite: data/etl.db}
inboxes:
  - {name: uren, local: in}
  - name: partner
    sftp: {address: "::1", user: u, path: ./a/../b/, agent: false, key: env:LOCKED_KEY, passphrase: env:PLANNING_PASSPHRASE, known_hosts: ["`+hostKey(t)+`"]}
    every: 1m
    marker: required
pipelines:
  - {use: clockify, inbox: uren, files: ["*.csv", "uren-?.txt"], clientnummer: 5555}
limits: {file_size: 1GiB, retention: 30d}
`)
	if c.Loket.Password.Reveal() != "demo" {
		t.Error("the password did not arrive")
	}
	if c.Inboxes[1].Place.SFTP.Key.Reveal() != lockedKey() {
		t.Error("the key did not arrive whole")
	}
	opt := cmp.Comparer(func(a, b Secret) bool { return a.IsSet() == b.IsSet() })
	set := NewSecret("x")
	want := &Config{
		Loket:    Loket{URL: "https://loket.example", User: "ws", Password: set, Omgevingscode: "X", Timeout: 90 * time.Second, CallsPerSecond: 20, MaxResponse: 64 * MiB},
		Database: Database{SQLite: filepath.Join(dir, "data/etl.db")},
		Inboxes: []Inbox{
			{Name: "uren", Place: Place{Local: filepath.Join(dir, "in")}, Every: 5 * time.Second, Quiet: 10 * time.Second, Marker: "optional"},
			{Name: "partner", Place: Place{SFTP: &SFTP{Address: "[::1]:22", User: "u", Path: "b", Key: set, Passphrase: set, KnownHosts: KnownHosts{Lines: []string{hostKey(t)}}}},
				Every: time.Minute, Quiet: 10 * time.Second, Marker: "required"},
		},
		Pipelines: []Pipeline{{Use: "clockify", Inbox: "uren", Files: []string{"*.csv", "uren-?.txt"}, Clientnummer: 5555, Own: []string{"*.csv"}}},
		Files:     Files{Replay: "off"},
		Limits:    Limits{FileSize: GiB, Problems: 1000, CallBytes: 20 * MiB, Retention: 30 * 24 * time.Hour},
		Log:       Log{Level: "info", Format: "console"},
		Listen:    "127.0.0.1:9464",
		Workers:   8,
	}
	if diff := cmp.Diff(want, c, opt); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	if got, want := c.Inboxes[1].Place.String(), "sftp://u@[::1]:22/~/b"; got != want {
		t.Errorf("place is shown as %s, want %s", got, want)
	}
	p := c.Pipelines[0]
	if !p.Wants("a.csv") || !p.Wants("Uren-1.TXT") || p.Wants("uren-10.txt") || p.Wants("a.csv.ok") {
		t.Error("the patterns take other names than they say")
	}
	if got := c.Database.DSN(); got != "sqlite:"+filepath.Join(dir, "data/etl.db") {
		t.Errorf("dsn is %s", got)
	}
}

func TestTheSandboxNeedsNoAccountAndTheDatabaseIsBesideTheFile(t *testing.T) {
	c, dir := load(t, "loket:\n  url: sandbox\n  sandbox_dir: sb\n")
	if c.Loket.URL != Sandbox || c.Loket.SandboxDir != filepath.Join(dir, "sb") || c.Database.SQLite != filepath.Join(dir, "etl.db") {
		t.Errorf("got %+v %+v", c.Loket, c.Database)
	}
}

func TestAlertsHaveDefaultsAndHideTheirAddress(t *testing.T) {
	c, dir := load(t, `
loket: {url: sandbox}
alerts:
  mail: {server: "::1", tls: implicit, from: Etl <etl@kantoor.example>, to: [a@b.example], user: u, password: env:SMTP_PASSWORD}
  webhook: {url: env:HOOK}
`)
	opt := cmp.Comparer(func(a, b Secret) bool { return a.Reveal() == b.Reveal() })
	want := &Alerts{
		Mail:    &Mail{Server: "[::1]:465", TLS: "implicit", From: "Etl <etl@kantoor.example>", To: []string{"a@b.example"}, User: "u", Password: NewSecret("demo")},
		Webhook: &Webhook{URL: Address{NewSecret("https://hook.example/in?sig=demo")}},
		Kinds:   []string{"held", "failed", "late", "uncollected"}, After: After{Late: time.Hour},
	}
	if diff := cmp.Diff(want, c.Alerts, opt); diff != "" {
		t.Errorf("alerts (-want +got):\n%s", diff)
	}
	if host := c.Alerts.Webhook.URL.Host(); host != "hook.example" {
		t.Errorf("the host is %q", host)
	}
	if c.Alerts.Mail.CA.Pool() != nil {
		t.Error("without ca nobody vouches, not whom this machine trusts")
	}
	c, _ = load(t, `
loket: {url: sandbox}
alerts:
  webhook: {url: "http://localhost:8080/demo", ca: `+caFile(t)+`}
  kinds: [late]
  after: {held: 5m}
`)
	a := c.Alerts
	if a.Webhook.URL.Reveal() != "http://localhost:8080/demo" || strings.Contains(fmt.Sprintf("%v %+v %#v", a.Webhook, *a.Webhook, a.Webhook.URL), "demo") {
		t.Errorf("the address is %v", a.Webhook)
	}
	if a.Mail != nil || len(a.Kinds) != 1 || a.After != (After{5 * time.Minute, time.Hour}) || a.Webhook.CA.Pool() == nil {
		t.Errorf("got %+v", a)
	}
	if c, _ := load(t, "loket: {url: sandbox}\n"); c.Alerts != nil {
		t.Errorf("nobody asked for %+v in %s", c.Alerts, dir)
	}
}

// caFile holds a certificate that vouches for itself.
func caFile(t *testing.T) string {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}
	signed, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAFileThatCannotBeReadIsAnError(t *testing.T) {
	if _, _, err := Load(filepath.Join(t.TempDir(), "etl.yaml"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestTheErrorOfThePipelinesComesToo(t *testing.T) {
	broken := errors.New("uren.yaml:3:1: unknown key")
	o := options()
	o.Pipelines = func(Files) (Known, error) { return Known{}, broken }
	path := filepath.Join(t.TempDir(), "etl.yaml")
	if err := os.WriteFile(path, []byte("loket: {url: sandbox}\nworkers: 0\ninboxes: [{name: a, local: a}]\npipelines: [{use: x, inbox: a}, {use: y, inbox: a}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := Load(path, o)
	var p Problems
	if !errors.Is(err, broken) || !errors.As(err, &p) || len(p) != 1 {
		t.Errorf("got %v", err)
	}
}

func TestABICIsThatOfACountry(t *testing.T) {
	for code, want := range map[string]bool{"NL": true, "DE": true, "XK": true, "GB": true, "XX": false, "ZZ": false, "UK": false, "EU": false, "AA": false} {
		if got := isCountry(code); got != want {
			t.Errorf("%s: %v, want %v", code, got, want)
		}
	}
}

// Pipelines and exports change while the program runs.
func TestChangedPipelinesFitOrNot(t *testing.T) {
	c, _ := load(t, `
loket: {url: sandbox}
inboxes: [{name: in, local: in}]
outboxes: [{name: out, local: out}]
pipelines: [{use: clockify, inbox: in, left_out: clear}, {use: nepton, inbox: in, clientnummer: 5555}]
exports: [{use: journaal, outbox: out, from: 2026-10, name: a, bic: INGBNL2A}, {use: betalingen, outbox: out, from: 2026-10, name: b, bic: INGBNL2A}]
`)
	export := func(pays ...string) func(string, string) (ExportKind, bool) {
		return func(use, _ string) (ExportKind, bool) {
			return ExportKind{Pays: slices.Contains(pays, use)}, use != "gone"
		}
	}
	csv, txt := PipelineKind{Files: []string{"*.csv"}}, PipelineKind{Files: []string{"*.txt"}, Clientnummer: true}
	for name, tt := range map[string]struct {
		known Known
		want  string
	}{
		"as it was":   {Known{Pipelines: map[string]PipelineKind{"clockify": csv, "nepton": txt}, Export: export("betalingen")}, ""},
		"other names": {Known{Pipelines: map[string]PipelineKind{"clockify": {Files: []string{"c*"}}, "nepton": txt}, Export: export()}, `etl.yaml: pipelines[1] and pipelines[0] can both want a file of inbox "in" (*.txt and c*); give each its own files patterns, or its own inbox`},
		"taken away":  {Known{Pipelines: map[string]PipelineKind{"clockify": csv}, Export: export()}, `etl.yaml: there is no pipeline "nepton"; known are: clockify`},
		"cannot clear": {Known{Pipelines: map[string]PipelineKind{"clockify": {Files: csv.Files, Keeps: true}, "nepton": txt}, Export: export()},
			"etl.yaml: pipeline clockify cannot clear what is left out; that needs a mapping with mode Overschrijven or Optellen, or for verlof"},
		"both pay": {Known{Pipelines: map[string]PipelineKind{"clockify": csv, "nepton": txt}, Export: export("betalingen", "journaal")}, "etl.yaml: exports[1] and exports[0] would both have the bank pay the same employers; name the employers of each under employers"},
		"no such export": {Known{Pipelines: map[string]PipelineKind{"clockify": csv, "nepton": txt}, Exports: []string{"betalingen"},
			Export: func(use, _ string) (ExportKind, bool) { return ExportKind{}, use == "betalingen" }}, `etl.yaml: there is no export "journaal"; known are: betalingen`},
	} {
		got := ""
		if err := c.Fits("etl.yaml", tt.known); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: %s\nwant %s", name, got, tt.want)
		}
	}
	if got := c.Pipelines[0].Names(); len(got) != 1 || got[0] != "*.csv" {
		t.Errorf("looking changed the configuration: %v", got)
	}
}

func TestPatternsThatShareANameOverlap(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"*", "*", true}, {"*.csv", "*.txt", false}, {"uren-*.csv", "*.csv", true}, {"a?c", "abc", true},
		{"a?c", "abbc", false}, {"a*", "*b", true}, {"a*b", "b*a", false}, {"", "*", true}, {"?", "é", true}, {"x", "y", false}, {"*.CSV", "u*.csv", true},
		{strings.Repeat("*a", 200), strings.Repeat("a*", 200) + "b", false},
	} {
		if got := overlap(tt.a, tt.b); got != tt.want {
			t.Errorf("overlap(%.20q, %.20q) = %v", tt.a, tt.b, got)
		}
		if got := overlap(tt.b, tt.a); got != tt.want {
			t.Errorf("overlap(%.20q, %.20q) = %v", tt.b, tt.a, got)
		}
	}
}

func TestAPlaceBehindASymbolicLinkIsSeen(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "in", "done"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "in"), filepath.Join(dir, "other")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "etl.yaml")
	text := "loket: {url: sandbox}\ninboxes: [{name: a, local: in}, {name: b, local: other/done/new}]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(path, options()); err == nil || !strings.Contains(err.Error(), "inboxes[1] lies inside inboxes[0]") {
		t.Errorf("got %v", err)
	}
}

func TestAFileOfNotepadLoads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "etl.yaml")
	try := func(text string) error {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := Load(path, options())
		return err
	}
	if err := try("\uFEFFloket:\r\n  url: sandbox\r\n"); err != nil {
		t.Error(err)
	}
	for _, mark := range []string{"\xFF\xFE", "\xFE\xFF"} {
		if err := try(mark + "l\x00o\x00"); err == nil || !strings.Contains(err.Error(), "the file is in UTF-16; save it as UTF-8") {
			t.Errorf("UTF-16: %v", err)
		}
	}
}

func TestWhatToDoAboutOnePlaceTwiceDependsOnWhatItIs(t *testing.T) {
	for places, want := range map[string]string{
		"inboxes: [{name: a, local: x}, {name: b, local: x}]":                                  "bind two pipelines to one inbox instead",
		"inboxes: [{name: a, local: x}]\noutboxes: [{name: b, local: x}]":                      apartHint,
		"inboxes: [{name: a, local: i}]\noutboxes: [{name: b, local: x}, {name: c, local: x}]": "let several exports use one outbox",
	} {
		path := filepath.Join(t.TempDir(), "etl.yaml")
		if err := os.WriteFile(path, []byte("loket: {url: sandbox}\n"+places+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Load(path, options()); err == nil || !strings.Contains(err.Error(), "is the same place as") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", places, err, want)
		}
	}
}

package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"loket-etl/internal/schematest"
)

func TestTheSchemaAndTheLoaderAgree(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"pipelines", "mappings", "books"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	ca, err := os.ReadFile(caFile(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"known_hosts": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOXjG9l4kdR0TqHbgUhoZ7SqFAyjccaTeygz6CZwPJ1F\n",
		"ca.pem":      string(ca), "ibans.csv": "account;iban\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := options()
	env := o.Getenv
	o.Getenv = func(name string) (string, bool) {
		if name == "SSH_AUTH_SOCK" {
			return filepath.Join(dir, "agent"), true
		}
		return env(name)
	}
	given := o.Pipelines
	o.Pipelines = func(f Files) (Known, error) {
		all, err := given(f)
		export := all.Export
		all.Export = func(use, schedule string) (ExportKind, bool) {
			k, ok := export(use, schedule)
			if schedule != "" && len(strings.Fields(schedule)) != 5 {
				k.Cron = errors.New("want five fields")
			}
			return k, ok
		}
		return all, err
	}
	file := filepath.Join(dir, "etl.yaml")
	schematest.Compile(t, Schema()).Agree(t, 80, schematest.Loader{
		Repair: repair,
		Load: func(text []byte) error {
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			_, _, err := Load(file, o)
			return err
		},
	})
}

// rare counts documents.
var rare atomic.Int64

// repair makes what a schema cannot say: names that exist and occur once, places that
// are apart, no two uses of one file.
func repair(doc map[string]any) {
	unlocked := rare.Add(1)%100 != 1
	list := func(key string) (all []map[string]any) {
		for _, v := range doc[key].([]any) {
			all = append(all, v.(map[string]any))
		}
		return all
	}
	for _, key := range []string{"inboxes", "outboxes", "pipelines", "exports"} {
		if doc[key] == nil {
			doc[key] = []any{}
		}
	}
	for _, key := range []string{"inboxes", "outboxes"} {
		for i, p := range list(key) {
			p["name"] = fmt.Sprintf("%s-%d", key, i)
			if p["local"] != nil {
				p["local"] = fmt.Sprintf("/srv/%s/%d", key, i)
			} else {
				sftp := p["sftp"].(map[string]any)
				sftp["path"] = fmt.Sprintf("%s/%d", key, i)
				if sftp["passphrase"] == nil {
					continue
				}
				if sftp["key"] = "env:LOCKED_KEY"; unlocked { // unlocking takes a while on purpose
					sftp["key"] = "env:KEY"
					delete(sftp, "passphrase")
				}
				unlocked = true
			}
		}
	}
	if alerts, _ := doc["alerts"].(map[string]any); alerts != nil {
		if mail, _ := alerts["mail"].(map[string]any); mail != nil && mail["tls"] == "off" {
			mail["server"] = "127.0.0.1:25"
		}
	}
	if len(list("pipelines")) > 0 && len(list("inboxes")) == 0 {
		doc["inboxes"] = []any{map[string]any{"name": "inboxes-0", "local": "/srv/inboxes/0"}}
	}
	for i, p := range list("pipelines") {
		p["inbox"], p["use"] = "inboxes-0", "urenregistratie"
		if len(list("pipelines")) > 1 { // none may want the files of another
			p["files"] = []any{fmt.Sprintf("uren-%d.csv", i)}
		}
	}
	if len(list("exports")) > 0 && len(list("outboxes")) == 0 {
		doc["outboxes"] = []any{map[string]any{"name": "outboxes-0", "local": "/srv/outboxes/0"}}
	}
	for i, x := range list("exports") {
		x["outbox"], x["use"], x["name"] = "outboxes-0", "overzichten", fmt.Sprintf("export-%d", i)
	}
}

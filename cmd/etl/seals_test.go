package main

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"

	"loket-etl/config"
	"loket-etl/formats"
)

func keyFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("../../formats/testdata/seal/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// What stands in the configuration opens what was encrypted for it, and says which
// keys are wrong without showing them.
func TestTheConfigurationOpensWhatArrivesEncrypted(t *testing.T) {
	at := time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC)
	age := &config.Decrypt{Age: &config.Age{Identity: config.NewSecret(keyFile(t, "age.key"))}}
	klok := []config.PublicKey{{Text: keyFile(t, "klok.asc")}}
	pgp := &config.Decrypt{OpenPGP: &config.OpenPGP{Key: config.NewSecret(keyFile(t, "kantoor.asc")), SignedBy: klok, Signature: config.SignatureRequired}}
	signed := &config.Decrypt{OpenPGP: &config.OpenPGP{SignedBy: klok, Signature: config.SignatureRequired}}
	nobody := &config.Decrypt{OpenPGP: &config.OpenPGP{Key: config.NewSecret(keyFile(t, "kantoor.asc")), Signature: config.SignatureRequired}}
	for _, tt := range []struct {
		file string
		d    *config.Decrypt
		ok   bool
	}{
		{"rows.csv.age", age, true}, {"armored.csv.age", age, true}, {"rows.csv.pgp", pgp, true}, {"rows.csv.asc", pgp, true},
		{"signed.csv.gpg", signed, true}, {"signed.csv.gpg", pgp, false}, {"rows.csv.pgp", age, false}, {"rows.csv.pgp", nobody, false},
	} {
		s, err := seal(config.Pipeline{Decrypt: tt.d})
		if err != nil {
			t.Fatal(err)
		}
		var plain []byte
		r, err := s.Open(bytes.NewReader([]byte(keyFile(t, tt.file))), at)
		if err == nil {
			plain, err = io.ReadAll(r)
		}
		if (err == nil) != tt.ok || tt.ok && string(plain) != "Personeelsnummer;Uren\r\n1;8,00\r\n" {
			t.Errorf("%s: %q, %v", tt.file, plain, err)
		}
	}
	c := &config.Config{Pipelines: []config.Pipeline{{}, {Decrypt: &config.Decrypt{Age: &config.Age{Identity: config.NewSecret("geheim")}}}}}
	if _, err := bindings(c); err == nil || err.Error() != "pipelines[1].decrypt: not an age identity: it is a line that begins with AGE-SECRET-KEY-1" {
		t.Errorf("got %v", err)
	}
}

// The configuration and the pipelines look at the same part of a name.
func TestNamesOfEncryptedFiles(t *testing.T) {
	p := config.Pipeline{Files: []string{"uren*.csv"}, Decrypt: &config.Decrypt{}}
	for _, name := range []string{"uren.csv", "uren.csv.age", "uren.csv.PGP", "uren.csv.gpg", "uren.csv.asc", "uren.csv.zip", "uren.age", "uren"} {
		plain := config.Pipeline{Files: p.Files}
		if p.Wants(name) != plain.Wants(formats.OpenedName(name)) {
			t.Errorf("%s: wanted %v, opened it is %s", name, p.Wants(name), formats.OpenedName(name))
		}
	}
}

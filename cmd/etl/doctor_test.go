package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loket-etl/internal/partner"
)

func TestTheDoctorSaysWhatToDoAboutAnSFTPInbox(t *testing.T) {
	other, err := partner.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		server partner.Options
		change func(s *partner.Server) // after its host key is noted
		path   string
		pass   string
		code   int
		want   []string
	}{
		{"good", partner.Options{}, nil, "", "right", exitOK, []string{"can be read; 1 names lie there", "uren.csv: not taken"}},
		{"other password", partner.Options{}, nil, "", "een-ander-wachtwoord", exitFailed, []string{"hint: the server does not let us in: check user and password"}},
		{"other host key", partner.Options{}, func(s *partner.Server) { s.SetHostKey(other) }, "", "right", exitFailed,
			[]string{"someone may be in between", "hint: nothing was sent to that server, no password either"}},
		{"no directory", partner.Options{}, nil, "nowhere", "right", exitFailed, []string{"hint: make the directory on the server, or correct path"}},
		{"read only", partner.Options{ReadOnly: true}, nil, "", "right", exitFailed,
			[]string{"write in done/", "write in failed/", "hint: receipts and tidied files go there"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := t.TempDir()
			if err := os.WriteFile(filepath.Join(files, "uren.csv"), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
			tt.server.Dir, tt.server.User, tt.server.Password = files, "us", "right"
			s, err := partner.Start(tt.server)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			key := s.HostKey()
			if tt.change != nil {
				tt.change(s)
			}
			path := ""
			if tt.path != "" {
				path = "\n      path: " + tt.path
			}
			file := filepath.Join(t.TempDir(), "etl.yaml")
			text := fmt.Sprintf("loket:\n  url: sandbox\ninboxes:\n  - name: far\n    sftp:\n      address: %s\n      user: us\n      password: env:PASS\n      known_hosts: [%q]%s\n",
				s.Addr(), key, path)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			a := newApp(&stdout, &stderr)
			a.now = time.Now
			a.getenv = func(string) (string, bool) { return tt.pass, true }
			if code := a.run(t.Context(), []string{"doctor", "--config", file}); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, want := range tt.want {
				if !strings.Contains(stdout.String(), want) {
					t.Errorf("it does not say %q:\n%s%s", want, stdout.String(), stderr.String())
				}
			}
			if strings.Contains(stdout.String()+stderr.String(), "een-ander-wachtwoord") {
				t.Error("it shows the password")
			}
		})
	}
}

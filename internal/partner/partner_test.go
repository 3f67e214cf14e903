package partner_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"

	"loket-etl/internal/partner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, o partner.Options) (*partner.Server, string) {
	t.Helper()
	o.Dir, o.User, o.Password = t.TempDir(), "u", "p"
	s, err := partner.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	})
	return s, o.Dir
}

func connect(t *testing.T, s *partner.Server, user, password string) (*sftp.Client, error) {
	t.Helper()
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(s.HostKey()))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := ssh.Dial("tcp", s.Addr(), &ssh.ClientConfig{
		User: user, Auth: []ssh.AuthMethod{ssh.Password(password)}, HostKeyCallback: ssh.FixedHostKey(key), Timeout: 20 * time.Second,
	})
	if err != nil {
		return nil, err
	}
	c, err := sftp.NewClient(conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		conn.Close()
	})
	return c, nil
}

func TestStrangersStayOut(t *testing.T) {
	s, _ := start(t, partner.Options{})
	for _, who := range [][2]string{{"u", "x"}, {"x", "p"}, {"u", ""}} {
		if _, err := connect(t, s, who[0], who[1]); err == nil {
			t.Errorf("%q got in", who)
		}
	}
	if s.Logins() != 0 {
		t.Errorf("%d logins", s.Logins())
	}
	if _, err := partner.Start(partner.Options{Dir: t.TempDir(), User: "u"}); err == nil {
		t.Error("a server without password and key started")
	}
}

func TestNothingOutsideTheDirectory(t *testing.T) {
	s, dir := start(t, partner.Options{})
	outside := filepath.Join(filepath.Dir(dir), "outside")
	err := errors.Join(
		os.WriteFile(outside, []byte("secret"), 0o644), os.Symlink(outside, filepath.Join(dir, "link")),
		os.Symlink("..", filepath.Join(dir, "up")),
	)
	if err != nil {
		t.Fatal(err)
	}
	c, err := connect(t, s, "u", "p")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../outside", "/../outside", "link", "up/outside"} {
		if f, err := c.Open(name); err == nil {
			t.Errorf("%s opened", name)
			f.Close()
		}
	}
	for _, name := range []string{"../outside", "link", "up/outside"} {
		if f, err := c.Create(name); err == nil {
			f.Write([]byte("spoiled"))
			f.Close()
		}
		c.Rename("/link", name)
		c.Remove(name)
		if b, _ := os.ReadFile(outside); string(b) != "secret" {
			t.Errorf("%s was touched", name)
		}
	}
}

func TestEachMoodBites(t *testing.T) {
	for _, c := range []struct {
		name      string
		kind      partner.Kind
		err, made bool
	}{
		{"fine", partner.Fine, false, true},
		{"refused", partner.Refused, true, false},
		{"lost before", partner.LostBefore, true, false},
		{"lost after", partner.LostAfter, true, true},
		{"refused after", partner.RefusedAfter, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, dir := start(t, partner.Options{})
			client, err := connect(t, s, "u", "p")
			if err != nil {
				t.Fatal(err)
			}
			s.SetMood(partner.Mood{Request: "mkdir", Skip: 1, Count: 1, Kind: c.kind})
			if err := client.Mkdir("first"); err != nil {
				t.Error(err)
			}
			if err := client.Mkdir("second"); (err != nil) != c.err {
				t.Errorf("error %v", err)
			}
			_, err = os.Stat(filepath.Join(dir, "second"))
			if made := !errors.Is(err, fs.ErrNotExist); made != c.made {
				t.Errorf("made %v", made)
			}
			if n := s.Requests()["mkdir"]; n != 2 {
				t.Errorf("%d requests counted", n)
			}
		})
	}
}

func TestASlowRequestWaitsForRelease(t *testing.T) {
	for name, kind := range map[string]partner.Kind{"before": partner.Slow, "after": partner.SlowAfter} {
		t.Run(name, func(t *testing.T) {
			heard := make(chan partner.Request, 10)
			s, dir := start(t, partner.Options{Hear: func(r partner.Request) { heard <- r }})
			client, err := connect(t, s, "u", "p")
			if err != nil {
				t.Fatal(err)
			}
			<-heard // the login
			s.SetMood(partner.Mood{Kind: kind})
			done := make(chan error, 1)
			go func() { done <- client.Mkdir("made") }()
			if r := <-heard; r.Kind != "mkdir" || r.Path != "/made" {
				t.Errorf("heard %+v", r)
			}
			if kind == partner.Slow {
				if _, err := os.Stat(filepath.Join(dir, "made")); err == nil {
					t.Error("made before the release")
				}
			}
			select {
			case err := <-done:
				t.Errorf("answered before the release: %v", err)
			default:
			}
			s.Release()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAServerThatHidesAndKeeps(t *testing.T) {
	s, dir := start(t, partner.Options{Hides: ".part", NoRemove: true})
	c, err := connect(t, s, "u", "p")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.part", "a.xml"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := c.Remove(name); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("remove %s: %v", name, err)
		}
		if _, err := c.Stat(name); err != nil {
			t.Error(err)
		}
	}
	if all, err := c.ReadDir("/"); err != nil || len(all) != 1 || all[0].Name() != "a.xml" {
		t.Errorf("listed %v, %v", all, err)
	}
}

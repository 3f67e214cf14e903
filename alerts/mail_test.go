package alerts

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"loket-etl/alerts/alertstest"
)

// secret stands in no error, log or letter.
const secret = "zomer2026-geheim"

// mailTo is a Mail for a server of a test.
func mailTo(t *testing.T, s *alertstest.Server, o alertstest.Options) *Mail {
	t.Helper()
	m := &Mail{
		Server: s.Addr, Security: Security(o.TLS), From: "Loket-etl <etl@kantoor.example>", To: []string{"Salaris ü <salaris@kantoor.example>", "baas@kantoor.example"},
		User: o.User, Password: func() string { return o.Password }, Name: "etl.kantoor.example",
	}
	if s.CA != "" {
		m.Roots = roots(t, s.CA)
	}
	return m
}

func roots(t *testing.T, file string) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatal("no certificate")
	}
	return pool
}

func TestALetterArrivesAsItWasMeant(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    alertstest.Options
	}{
		{"starttls and plain", alertstest.Options{TLS: "starttls", User: "etl", Password: secret}},
		{"starttls and login", alertstest.Options{TLS: "starttls", User: "etl", Password: secret, NoPlain: true}},
		{"implicit", alertstest.Options{TLS: "implicit", User: "etl", Password: secret}},
		{"this machine", alertstest.Options{TLS: "off"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := alertstest.Start(t, tt.o)
			m := mailTo(t, s, tt.o)
			if err := m.Try(t.Context()); err != nil {
				t.Fatalf("try: %v", err)
			}
			msg := examples()["held"]
			if err := m.Send(t.Context(), msg); err != nil {
				t.Fatal(err)
			}
			l := s.Next() // the first: trying sent nothing
			if l.Sender != "etl@kantoor.example" || !slices.Equal(l.To, []string{"salaris@kantoor.example", "baas@kantoor.example"}) {
				t.Errorf("envelope %s -> %v", l.Sender, l.To)
			}
			if l.Secure != (tt.o.TLS == "starttls") && tt.o.TLS != "implicit" || l.User != tt.o.User || l.Hello != "etl.kantoor.example" {
				t.Errorf("secure %v, user %q, hello %s", l.Secure, l.User, l.Hello)
			}
			for name, want := range map[string]string{
				"subject":        "[loket-etl] 3 bestanden wachten op een besluit (urenregistratie)",
				"from":           "Loket-etl <etl@kantoor.example>",
				"to":             "Salaris ü <salaris@kantoor.example>, baas@kantoor.example",
				"date":           "Mon, 05 Oct 2026 11:00:00 +0200",
				"message-id":     "<" + msg.ID + "@kantoor.example>",
				"auto-submitted": "auto-generated",
				"mime-version":   "1.0",
			} {
				if l.Headers[name] != want {
					t.Errorf("%s: %q, want %q", name, l.Headers[name], want)
				}
			}
			text, err := msg.Text()
			if err != nil {
				t.Fatal(err)
			}
			html, err := msg.HTML()
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.NewReplacer("\r\n", "\n")
			if lines.Replace(l.Text) != text || lines.Replace(l.HTML) != html {
				t.Errorf("the parts are not what they were:\n%q\n%q", l.Text, l.HTML)
			}
			if len(l.Defects) > 0 {
				t.Errorf("a stranger finds %v", l.Defects)
			}
			for line := range strings.SplitSeq(l.Raw, "\r\n") {
				if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
					t.Errorf("no line of a letter: %q", line)
				}
			}
			if strings.Contains(l.Raw, secret) {
				t.Error("the password is in it")
			}
		})
	}
}

func TestAServerThatSaysNoIsAnErrorWithoutAddresses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		o      alertstest.Options
		change func(*Mail)
		want   string
	}{
		{"sender", alertstest.Options{TLS: "starttls", Mood: "refuse sender"}, nil, "sender: the server says 550 5.7.1 <***> may not send here"},
		{"all recipients", alertstest.Options{TLS: "starttls", Refuse: []string{"salaris@kantoor.example", "baas@kantoor.example"}}, nil,
			"recipient 1 of 2: the server says 550 5.1.1 <***>: user unknown\nrecipient 2 of 2: the server says 550 5.1.1 <***>: user unknown"},
		{"message", alertstest.Options{TLS: "starttls", Mood: "refuse data"}, nil, "message: the server says 554 5.6.0 not wanted here"},
		{"later", alertstest.Options{TLS: "starttls", Mood: "later"}, nil, "message: the server says 451 4.7.1 try again later"},
		{"hangs up", alertstest.Options{TLS: "starttls", Mood: "drop"}, nil, "message: "},
		{"takes it and hangs up", alertstest.Options{TLS: "starttls", Mood: "take and drop"}, nil, "message: "},
		{"password", alertstest.Options{TLS: "starttls", User: "etl", Password: "other"}, func(m *Mail) { m.Password = func() string { return secret } }, "the server refuses the login (code 535)"},
		{"talks on", alertstest.Options{TLS: "off", Mood: "chatter"}, nil, "the server talks too much"},
		{"no TLS", alertstest.Options{TLS: "off"}, func(m *Mail) { m.Security = StartTLS }, "the server offers no STARTTLS; nothing was sent to it"},
		{"no TLS by default", alertstest.Options{TLS: "off"}, func(m *Mail) { m.Security = "" }, "the server offers no STARTTLS; nothing was sent to it"},
		{"no TLS for a password", alertstest.Options{TLS: "off"}, func(m *Mail) { m.User = "etl" }, "log in: a password is only given over TLS"},
		{"a stranger's certificate", alertstest.Options{TLS: "starttls", User: "etl", Password: secret}, func(m *Mail) { m.Roots = nil }, "STARTTLS: tls: failed to verify certificate"},
		{"a stranger's certificate at once", alertstest.Options{TLS: "implicit", User: "etl", Password: secret}, func(m *Mail) { m.Roots = x509.NewCertPool() }, "TLS: tls: failed to verify certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := alertstest.Start(t, tt.o)
			m := mailTo(t, s, tt.o)
			if tt.change != nil {
				tt.change(m)
			}
			err := m.Send(t.Context(), examples()["held"])
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) && !strings.HasSuffix(err.Error(), tt.want) {
				t.Fatalf("got %v\nwant %s", err, tt.want)
			}
			if errors.Is(err, ErrPartly) || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "kantoor.example") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestOneRefusedRecipientKeepsNothingFromTheOthers(t *testing.T) {
	o := alertstest.Options{TLS: "starttls", Refuse: []string{"salaris@kantoor.example"}}
	s := alertstest.Start(t, o)
	m := mailTo(t, s, o)
	for _, do := range []func() error{
		func() error { return m.Try(t.Context()) },
		func() error { return m.Send(t.Context(), examples()["late"]) },
	} {
		err := do()
		want := "not every recipient was accepted: recipient 1 of 2: the server says 550 5.1.1 <***>: user unknown"
		if !errors.Is(err, ErrPartly) || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
	if l := s.Next(); !slices.Equal(l.To, []string{"baas@kantoor.example"}) {
		t.Errorf("it went to %v", l.To)
	}
}

func TestASilentServerIsLeftWhenTheTimeIsUp(t *testing.T) {
	for _, o := range []alertstest.Options{{TLS: "off", Mood: "silent"}, {TLS: "starttls", Mood: "stall"}} {
		t.Run(o.Mood, func(t *testing.T) {
			t.Parallel()
			s := alertstest.Start(t, o)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				if l := s.Next(); !l.Stalled {
					t.Error("it is not silent")
				}
				cancel()
			}()
			if err := mailTo(t, s, o).Send(ctx, examples()["held"]); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("deadline", func(t *testing.T) {
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		m := &Mail{Server: "127.0.0.1:1", From: "a@b.example", To: []string{"a@b.example"}}
		if err := m.Send(ctx, examples()["held"]); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestNothingIsSentInTheOpenToAnotherMachine(t *testing.T) {
	far, near := net.Pipe() // no address of this machine
	defer far.Close()
	defer near.Close()
	m := &Mail{Server: "localhost:25", Security: Off}
	if _, err := m.open(t.Context(), near); err == nil || !strings.Contains(err.Error(), "it takes TLS") {
		t.Errorf("got %v", err)
	}
}

func TestAddressesCannotCarryCommands(t *testing.T) {
	for _, bad := range []string{
		"", "etl", "a@b@c.example", "a@b.example\r\nRCPT TO:<x@y.example>", "\"a> SIZE=1\"@b.example", "a@b.example, c@d.example", "a@b.example>", "ü@b.example", "a@[127.0.0.1]",
	} {
		m := &Mail{Server: "127.0.0.1:1", From: bad, To: []string{"a@b.example"}}
		if err := m.Send(t.Context(), examples()["held"]); err == nil || !strings.Contains(err.Error(), "is not an e-mail address") {
			t.Errorf("from %q: %v", bad, err)
		}
		m.From, m.To = "a@b.example", []string{"a@b.example", bad}
		if err := m.Send(t.Context(), examples()["held"]); err == nil || !strings.Contains(err.Error(), "is not an e-mail address") {
			t.Errorf("to %q: %v", bad, err)
		}
	}
	if err := (&Mail{From: "a@b.example"}).Send(t.Context(), examples()["held"]); err == nil {
		t.Error("a letter to nobody")
	}
}

func TestASubjectIsOneHeaderWhateverItSays(t *testing.T) {
	for in, want := range map[string]string{
		"[loket-etl] gewoon":            "[loket-etl] gewoon",
		"a\r\nBcc: x@y.example":         "a  Bcc: x@y.example",
		"=?utf-8?q?x?=":                 "= ?utf-8?q?x?=",
		"één €":                         "=?utf-8?q?=C3=A9=C3=A9n_=E2=82=AC?=",
		"a\x00\u202eb":                  "=?utf-8?q?a=EF=BF=BD=EF=BF=BDb?=",
		strings.Repeat("x", 130):        "",
		strings.Repeat("é", 130) + "\n": "",
	} {
		got := subject(in)
		for line := range strings.SplitSeq(got, "\r\n") {
			if len(line) > 78*2 || strings.ContainsAny(line, "\r\n") {
				t.Errorf("%q has the line %q", in, line)
			}
		}
		if want != "" && got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

package alerts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

func given(s string) func() string { return func() string { return s } }

// posted is what a server got.
type posted struct {
	sync.Mutex
	path, method, token, signature, id, kind, agent string
	body                                            []byte
	times                                           int
}

func (p *posted) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.Lock()
	defer p.Unlock()
	p.path, p.method, p.body = r.URL.RequestURI(), r.Method, body
	p.token, p.signature, p.id = r.Header.Get("Authorization"), r.Header.Get("X-Etl-Signature"), r.Header.Get("Idempotency-Key")
	p.kind, p.agent = r.Header.Get("Content-Type"), r.Header.Get("User-Agent")
	p.times++
}

func TestAWebhookGetsASignedMessage(t *testing.T) {
	for _, secure := range []bool{false, true} {
		got := &posted{}
		s, roots := httptest.NewServer(got), (*x509.CertPool)(nil)
		if secure {
			s = httptest.NewTLSServer(got)
			roots = x509.NewCertPool()
			roots.AddCert(s.Certificate())
		}
		defer s.Close()
		w := &Webhook{URL: given(s.URL + "/in?sig=x"), Token: given(secret), Secret: given("sleutel"), Roots: roots}
		m := examples()["late"]
		if err := w.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		h := hmac.New(sha256.New, []byte("sleutel"))
		h.Write(got.body)
		if got.path != "/in?sig=x" || got.method != "POST" || got.token != "Bearer "+secret || got.kind != "application/json" || got.agent != "loket-etl" ||
			got.id != m.ID || got.signature != "sha256="+hex.EncodeToString(h.Sum(nil)) {
			t.Errorf("got %+v", got)
		}
		var note struct {
			ID     string
			Count  int
			Alerts []struct{ Cause string }
		}
		if err := json.Unmarshal(got.body, &note); err != nil || note.ID != m.ID || note.Count != 25 || len(note.Alerts) != 20 || note.Alerts[0].Cause != "entry 25" {
			t.Errorf("%v: %s", err, got.body)
		}
		w.Token, w.Secret = nil, given("")
		if err := w.Send(t.Context(), m); err != nil || got.token != "" || got.signature != "" {
			t.Errorf("without secrets: %v, %q %q", err, got.token, got.signature)
		}
		if err := w.Try(t.Context()); err != nil || got.method != "HEAD" || got.token != "" || got.times != 3 {
			t.Errorf("try: %v, %s", err, got.method)
		}
	}
}

func TestAWebhookThatIsNotWellIsAnErrorWithoutSecrets(t *testing.T) {
	other := &posted{}
	elsewhere := httptest.NewServer(other)
	defer elsewhere.Close()
	mux := http.NewServeMux()
	s := httptest.NewTLSServer(mux)
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	moved := &posted{}
	mux.Handle("/moved/geheim", moved)
	for path, to := range map[string]struct {
		code int
		url  string
	}{
		"/away/geheim": {307, elsewhere.URL}, "/see/geheim": {302, s.URL + "/moved/geheim"}, "/open/geheim": {308, "http" + strings.TrimPrefix(s.URL, "https")},
		"/loop/geheim": {307, s.URL + "/loop/geheim"}, "/near/geheim": {307, s.URL + "/moved/geheim"},
	} {
		mux.Handle(path, http.RedirectHandler(to.url, to.code))
	}
	mux.HandleFunc("/broken/geheim", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, secret, http.StatusInternalServerError) })
	mux.HandleFunc("/endless/geheim", func(w http.ResponseWriter, r *http.Request) {
		for chunk := []byte(strings.Repeat("x", 1<<16)); r.Context().Err() == nil; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/drop/geheim", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	const away = "it sends on to another address; a message is only sent to the one that was given"
	host := strings.TrimPrefix(s.URL, "https://")
	for _, tt := range []struct {
		name, url string
		roots     *x509.CertPool
		want      string // of the error, "" for none
	}{
		{"another host", s.URL + "/away/geheim", roots, host + ": " + away},
		{"no message along", s.URL + "/see/geheim", roots, host + ": " + away},
		{"in the open", s.URL + "/open/geheim", roots, host + ": " + away},
		{"a loop", s.URL + "/loop/geheim", roots, host + ": " + away},
		{"the same host", s.URL + "/near/geheim", roots, ""},
		{"endless", s.URL + "/endless/geheim", roots, ""},
		{"broken", s.URL + "/broken/geheim", roots, "it answers 500 Internal Server Error"},
		{"not there", s.URL + "/nowhere/geheim", roots, "it answers 404 Not Found"},
		{"hangs up", s.URL + "/drop/geheim", roots, host + ": "},
		{"a stranger's certificate", s.URL + "/near/geheim", nil, host + ": tls: failed to verify certificate: "},
		{"not https", "http://hook.example/geheim", roots, "the address is not https"},
		{"no address", "https://hook.example/%zzgeheim", roots, "the address is not one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &Webhook{URL: given(tt.url), Token: given(secret), Secret: given(secret), Roots: tt.roots}
			err := w.Send(t.Context(), examples()["held"])
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)):
				t.Errorf("got %v\nwant %s", err, tt.want)
			case err != nil && strings.Contains(err.Error(), "geheim"):
				t.Errorf("it shows the address or a secret: %v", err)
			}
		})
	}
	if other.times > 0 {
		t.Error("the message went to another host")
	}
	if moved.times != 1 || moved.method != "POST" || moved.token == "" || len(moved.body) == 0 {
		t.Errorf("on the same host it arrived %d times: %s %s", moved.times, moved.method, moved.body)
	}
}

func TestASilentWebhookIsLeftWhenTheTimeIsUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	}))
	defer s.Close()
	if err := (&Webhook{URL: given(s.URL)}).Send(ctx, examples()["held"]); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

package loket

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/loket/contract"
)

const (
	testBSN  = "123456782"
	testIBAN = "NL91ABNA0417164300"
)

// fakeLoket answers GetUserToken itself and hands every other call to the
// handler, with its number from 1.
type fakeLoket struct {
	logins, calls atomic.Int32
	loginFault    atomic.Int32 // fault code, 0 for none
	handle        func(w http.ResponseWriter, r *http.Request, call int)
}

func (f *fakeLoket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.Header.Get("SOAPAction"), `#GetUserToken"`) {
		f.handle(w, r, int(f.calls.Add(1)))
		return
	}
	n := f.logins.Add(1)
	if code := f.loginFault.Load(); code != 0 {
		sendFault(w, int(code), "De aanmelding is mislukt.")
		return
	}
	token := fmt.Sprintf("%s-%d", testToken, n)
	sendXML(w, http.StatusOK, response("LoketWebservice", "GetUserToken", "<UserToken>"+token+"</UserToken><GeldigTot>2026-10-05T09:00:00Z</GeldigTot>"))
}

func serve(t *testing.T, handle func(w http.ResponseWriter, r *http.Request, call int)) (*fakeLoket, string) {
	t.Helper()
	f := &fakeLoket{handle: handle}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, server.URL
}

func sendXML(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func envelope(inside string) string {
	return `<s:Envelope xmlns:s="` + soapNamespace + `"><s:Body>` + inside + `</s:Body></s:Envelope>`
}

func response(service, op, inside string) string {
	f, _ := contract.Lookup(service + "." + op)
	return envelope(`<` + op + `Response xmlns="` + f.Namespace + `">` + inside + `</` + op + `Response>`)
}

func faultXML(code int, text string) string {
	kind, _ := contract.LookupFault(code)
	return envelope(fmt.Sprintf(`<s:Fault><faultcode>s:%s</faultcode><faultstring>%s</faultstring><detail><LoketFout xmlns="%s"><Code>%d</Code><Naam>%s</Naam><Omschrijving>%[2]s</Omschrijving><Referentie>ref-1</Referentie></LoketFout></detail></s:Fault>`,
		kind.Side, text, contract.TypesNamespace, code, kind.Name))
}

func sendFault(w http.ResponseWriter, code int, text string) {
	sendXML(w, http.StatusInternalServerError, faultXML(code, text))
}

func good(w http.ResponseWriter, call string) {
	if call == "read" {
		sendXML(w, http.StatusOK, response("LoketWebservice", "GetChildNodes", "<ChildNodes/>"))
		return
	}
	sendXML(w, http.StatusOK, response("Persoon", "WijzigenBurgerlijkeStaat", "<DataIdentity>P-1</DataIdentity>"))
}

var (
	readCall  = contract.Call{Function: "GetChildNodes", Args: map[string]any{}}
	writeCall = contract.Call{Function: "WijzigenBurgerlijkeStaat", Args: map[string]any{"DataIdentity": "P-1", "BurgerlijkeStaat": "2"}}
)

// kind names the class of an error as callers tell it.
func kind(err error) string {
	var fault *Fault
	switch {
	case err == nil:
		return "done"
	case errors.Is(err, ErrUnknown):
		return "unknown"
	case errors.As(err, &fault):
		return fmt.Sprintf("fault %d", fault.Code)
	case errors.Is(err, ErrNotSent):
		return "not sent"
	case errors.Is(err, ErrNoAnswer):
		return "no answer"
	}
	return "no kind: " + err.Error()
}

func hijack(w http.ResponseWriter, raw string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, raw)
	_ = conn.Close()
}

func TestAnAnswerDecidesTheKindOfError(t *testing.T) {
	html := func(status int) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html>proxy</html>")
		}
	}
	soap := func(status int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { sendXML(w, status, body) }
	}
	fault := func(code int) func(http.ResponseWriter) { return soap(500, faultXML(code, "Nee.")) }
	bare := func(side string) string {
		return envelope(`<s:Fault><faultcode>s:` + side + `</faultcode><faultstring>Nee.</faultstring></s:Fault>`)
	}
	tests := []struct {
		name        string
		answer      func(http.ResponseWriter)
		write, read string
	}{
		{"good", nil, "done", "done"},
		{"refused", fault(3003), "fault 3003", "fault 3003"},
		{"fault with status 200", soap(200, faultXML(2002, "Nee.")), "fault 2002", "fault 2002"},
		{"fault without detail of the client", soap(500, bare("Client")), "fault 0", "fault 0"},
		{"fault without detail of the server", soap(500, bare("Server")), "unknown", "fault 0"},
		{"fault without faultcode", soap(500, envelope(`<s:Fault/>`)), "unknown", "no answer"},
		{"fault whose detail is broken", soap(500, strings.Replace(faultXML(3003, "x"), "<Naam>OngeldigeCode</Naam>", "", 1)), "unknown", "no answer"},
		{"internal error", fault(9001), "unknown", "fault 9001"},
		{"not available now", fault(9002), "fault 9002", "fault 9002"},
		{"closed before the answer", func(w http.ResponseWriter) { hijack(w, "") }, "unknown", "no answer"},
		{"cut in the headers", func(w http.ResponseWriter) { hijack(w, "HTTP/1.1 200 O") }, "unknown", "no answer"},
		{"cut in the body", func(w http.ResponseWriter) {
			hijack(w, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 500\r\n\r\n<s:Env")
		}, "unknown", "no answer"},
		{"not HTTP", func(w http.ResponseWriter) { hijack(w, "220 smtp.example\r\n") }, "unknown", "no answer"},
		{"page with status 200", html(200), "unknown", "no answer"},
		{"accepted without answer", func(w http.ResponseWriter) { w.WriteHeader(202) }, "unknown", "no answer"},
		{"page with status 302", html(302), "not sent", "not sent"},
		{"page with status 404", html(404), "not sent", "not sent"},
		{"page with status 408", html(408), "unknown", "no answer"},
		{"page with status 413", html(413), "not sent", "not sent"},
		{"page with status 429", html(429), "not sent", "not sent"},
		{"page with status 500", html(500), "unknown", "no answer"},
		{"page with status 502", html(502), "unknown", "no answer"},
		{"page with status 504", html(504), "unknown", "no answer"},
		{"good answer with status 500", soap(500, response("Persoon", "WijzigenBurgerlijkeStaat", "<DataIdentity>P-1</DataIdentity>")), "unknown", "no answer"},
		{"another operation's answer", soap(200, response("Persoon", "WijzigenDatumOverlijden", "<DataIdentity>P-1</DataIdentity>")), "unknown", "no answer"},
		{"cut XML", soap(200, "<s:Envelope"), "unknown", "no answer"},
		{"empty", soap(200, ""), "unknown", "no answer"},
		{"UTF-16", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/xml; charset=utf-16")
			_, _ = io.WriteString(w, "\xff\xfe<\x00")
		}, "unknown", "no answer"},
		{"larger than allowed", soap(200, response("Persoon", "WijzigenBurgerlijkeStaat", strings.Repeat(" ", 1<<20)+"<DataIdentity>P-1</DataIdentity>")), "unknown", "no answer"},
	}
	for _, tt := range tests {
		for name, call := range map[string]contract.Call{"write": writeCall, "read": readCall} {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				f, url := serve(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
					if tt.answer == nil {
						good(w, name)
						return
					}
					tt.answer(w)
				})
				client := newClient(t, url, func(o *Options) { o.MaxResponse = 1 << 20 })
				_, err := client.Do(context.Background(), call)
				want := tt.write
				if name == "read" {
					want = tt.read
				}
				if got := kind(err); got != want {
					t.Errorf("kind = %q, want %q: %v", got, want, err)
				}
				if calls := f.calls.Load(); name == "write" && calls != 1 {
					t.Errorf("the write was sent %d times", calls)
				}
			})
		}
	}
}

func TestATimeOutAfterSendingIsUnknown(t *testing.T) {
	for _, partly := range []bool{false, true} {
		t.Run(fmt.Sprintf("partly=%v", partly), func(t *testing.T) {
			release := make(chan struct{})
			_, url := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
				if partly {
					w.Header().Set("Content-Type", "text/xml")
					_, _ = io.WriteString(w, "<s:Envelope")
					w.(http.Flusher).Flush()
				}
				<-release
			})
			t.Cleanup(func() { close(release) })
			client := newClient(t, url, func(o *Options) { o.Timeout = 200 * time.Millisecond })
			if _, err := client.Do(context.Background(), writeCall); kind(err) != "unknown" {
				t.Errorf("write: %v", err)
			}
			if _, err := client.Do(context.Background(), readCall); kind(err) != "no answer" {
				t.Errorf("read: %v", err)
			}
		})
	}
}

func TestWithoutAConnectionNothingIsSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	_, err = newClient(t, "http://"+address, nil).Do(context.Background(), writeCall)
	if kind(err) != "not sent" {
		t.Errorf("login refused: %v", err)
	}

	// The token is had, and then the other service cannot be reached.
	_, url := serve(t, func(http.ResponseWriter, *http.Request, int) { t.Error("reached the wrong service") })
	client := newClient(t, url, func(o *Options) {
		o.Services = map[string]Service{"Persoon": {Address: "http://" + address + "/soap/Persoon"}}
	})
	if _, err := client.Do(context.Background(), writeCall); kind(err) != "not sent" {
		t.Errorf("call refused: %v", err)
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := client.Do(canceled, writeCall); kind(err) != "not sent" || !errors.Is(err, context.Canceled) {
		t.Errorf("canceled before: %v", err)
	}
	for _, bad := range []contract.Call{
		{Function: "WijzigenAdresGegevens"},
		{Function: "Persoon.WijzigenAdresGegevens", Args: map[string]any{"DataIdentity": "P-1"}},
		{Function: "WijzigenBurgerlijkeStaat", Args: map[string]any{"DataIdentity": "P 1", "BurgerlijkeStaat": "2"}},
	} {
		if _, err := client.Do(context.Background(), bad); kind(err) != "not sent" {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// rawServer answers logins and counts whole requests; act decides what happens
// to a connection after another request was read from it.
func rawServer(t *testing.T, act func(conn net.Conn, r *bufio.Reader, requests int) (closed bool)) (string, *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var requests atomic.Int32
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				r := bufio.NewReader(conn)
				for {
					req, err := http.ReadRequest(r)
					if err != nil {
						return
					}
					if !strings.Contains(req.Header.Get("SOAPAction"), "GetUserToken") {
						if act(conn, r, int(requests.Add(1))) {
							return
						}
						continue
					}
					_, _ = io.Copy(io.Discard, req.Body)
					body := response("LoketWebservice", "GetUserToken", "<UserToken>"+testToken+"</UserToken><GeldigTot>2026-10-05T09:00:00Z</GeldigTot>")
					fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
				}
			})
		}
	})
	return "http://" + l.Addr().String(), &requests
}

func TestAWriteOnAKeptConnectionThatIsCutIsNotRepeated(t *testing.T) {
	url, requests := rawServer(t, func(net.Conn, *bufio.Reader, int) bool { return true })
	client := newClient(t, url, func(o *Options) {
		// The same connection for the login and the call.
		o.Services = map[string]Service{"Persoon": {Address: url + "/soap/LoketWebservice"}}
	})
	_, err := client.Do(context.Background(), writeCall)
	if kind(err) != "unknown" || requests.Load() != 1 {
		t.Errorf("%d requests, %v", requests.Load(), err)
	}
}

func TestARequestThatIsPartlyWrittenIsUnknown(t *testing.T) {
	url, _ := rawServer(t, func(conn net.Conn, r *bufio.Reader, _ int) bool {
		_, _ = io.CopyN(io.Discard, r, 1000) // of megabytes
		_ = conn.(*net.TCPConn).SetLinger(0)
		return true
	})
	client := newClient(t, url, nil)
	_, err := client.Import(context.Background(), Import{
		Soort: Verlof, Formaat: CSV, Bestand: contract.File{Name: "verlof.csv", MimeType: "text/csv", Content: make([]byte, 8<<20)},
	}.Call())
	if kind(err) != "unknown" {
		t.Error(err)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer stranger.Close()
	for _, status := range []int{301, 307, 308} {
		_, url := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { http.Redirect(w, r, stranger.URL, status) })
		if _, err := newClient(t, url, nil).Do(context.Background(), writeCall); kind(err) != "not sent" {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestAFaultIsReadWhole(t *testing.T) {
	_, url := serve(t, func(w http.ResponseWriter, _ *http.Request, _ int) { sendXML(w, 500, string(golden(t, "fault.xml"))) })
	_, err := newClient(t, url, nil).Do(context.Background(), writeCall)
	var fault *Fault
	if !errors.As(err, &fault) {
		t.Fatal(err)
	}
	want := &Fault{
		Function: "Persoon.WijzigenBurgerlijkeStaat", Code: 3003, Naam: "OngeldigeCode", Omschrijving: "De opgegeven code bestaat niet.",
		Veld: "BurgerlijkeStaat", Referentie: "ref-0001", Meldingen: []Melding{{Code: "3003", Omschrijving: "Code 8 komt niet voor."}}, Status: 500,
	}
	if diff := cmp.Diff(want, fault); diff != "" {
		t.Error(diff)
	}
	const text = "Persoon.WijzigenBurgerlijkeStaat: Loket says 3003 OngeldigeCode De opgegeven code bestaat niet., element BurgerlijkeStaat, reference ref-0001"
	if err.Error() != text {
		t.Errorf("got  %s\nwant %s", err, text)
	}
}

// TestRequestsKeepToTheirBudget looks at what leaves at once: no more than a
// second's worth, and who gives up waiting has sent nothing.
func TestRequestsKeepToTheirBudget(t *testing.T) {
	var sent atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer server.Close()
	c, err := New(Options{URL: server.URL, User: "u", Omgevingscode: "o", Password: func() string { return "p" }, PerSecond: 1,
		Wait: func(context.Context, time.Duration) error { return errors.New("once is enough") }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.GetChildNodes(t.Context(), ""); err == nil {
		t.Fatal("an answer that is none was taken")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond) // less than the wait for a second one
	defer cancel()
	_, err = c.GetChildNodes(ctx, "")
	if n := sent.Load(); n != 1 || !errors.Is(err, ErrNotSent) {
		t.Errorf("%d requests left, the last one: %v", n, err)
	}
}

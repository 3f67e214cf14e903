package sandbox

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"loket-etl/loket/contract"
)

// clock is a time that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// bench is a sandbox behind HTTP with a token, spoken to in raw SOAP.
type bench struct {
	*Server
	t     testing.TB
	url   string
	token string
	clock *clock
}

// cheapHash is that of the demo password, quick to check: the detector of races
// makes the real one take seconds.
var cheapHash = sync.OnceValue(func() string {
	hash, err := bcrypt.GenerateFromPassword([]byte(DemoPassword), bcrypt.MinCost)
	if err != nil {
		panic(err)
	}
	return string(hash)
})

func newBench(t testing.TB, o Options) *bench {
	t.Helper()
	b := &bench{t: t, clock: &clock{time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC)}}
	if o.Now == nil {
		o.Now = b.clock.now
	}
	if o.Users == nil {
		o.Users = []User{{Name: DemoUser, PasswordHash: cheapHash(), Omgevingscode: DemoOmgevingscode}}
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	b.Server = s
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		s.SetMood()
		server.Close()
		_ = s.Close()
	})
	b.url = server.URL
	if a := s.users.byName[DemoUser]; a != nil { // a login would cost each test a password hash
		b.token, _, _ = s.users.issue(a, s.o.Now())
	}
	return b
}

func (b *bench) login(user, password, environment string) string {
	b.t.Helper()
	r := b.call("LoketWebservice.GetUserToken", el("Gebruikersnaam", user)+el("Wachtwoord", password)+el("Omgevingscode", environment))
	return r.ok().text("UserToken")
}

// node is any answer, read by the standard library rather than by our scanner.
type node struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Text    string     `xml:",chardata"`
	Kids    []node     `xml:",any"`
}

func (n *node) find(name string) *node {
	for i := range n.Kids {
		if n.Kids[i].XMLName.Local == name {
			return &n.Kids[i]
		}
	}
	return &node{}
}

func (n *node) text(path string) string {
	for _, name := range strings.Split(path, "/") {
		n = n.find(name)
	}
	return n.Text
}

// field is the Waarde of a Veld of an Entiteit.
func (n *node) field(name string) string {
	for _, v := range n.find("Velden").Kids {
		if v.text("Naam") == name {
			return v.text("Waarde")
		}
	}
	return ""
}

type result struct {
	t      testing.TB
	status int
	header http.Header
	body   *node // the element in the SOAP body
	raw    string
}

// ok is the response element of a call that must succeed.
func (r result) ok() *node {
	r.t.Helper()
	if r.status != http.StatusOK || !strings.HasSuffix(r.body.XMLName.Local, "Response") {
		r.t.Fatalf("status %d: %s", r.status, r.raw)
	}
	return r.body
}

// fault is code and Veld of a call that must be refused.
func (r result) fault(code int, field string) *node {
	r.t.Helper()
	detail := r.body.find("detail").find(contract.FaultElement)
	if r.status != http.StatusInternalServerError || detail.text("Code") != fmt.Sprint(code) || detail.text("Veld") != field {
		r.t.Fatalf("status %d, want fault %d of %q: %s", r.status, code, field, r.raw)
	}
	return detail
}

func el(name, text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text))
	return "<" + name + ">" + b.String() + "</" + name + ">"
}

func file(name string, content []byte) string {
	return `<Bestand>` + shared(el("Bestandsnaam", name)+el("MimeType", "text/csv")+el("Inhoud", base64.StdEncoding.EncodeToString(content))) + `</Bestand>`
}

// shared puts elements in the shared namespace.
func shared(elements string) string {
	out := strings.ReplaceAll(elements, "<", "<t:")
	return strings.ReplaceAll(out, "<t:/", "</t:")
}

func envelope(fn *contract.Function, content string) string {
	return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="` + nsSOAP11 + `" xmlns:xsi="` + nsInstance + `" xmlns:t="` +
		contract.TypesNamespace + `"><soap:Body><` + fn.Name + ` xmlns="` + fn.Namespace + `">` + content + `</` + fn.Name + `></soap:Body></soap:Envelope>`
}

// call sends a request with the token where the function takes one.
func (b *bench) call(name, content string) result {
	b.t.Helper()
	fn, ok := contract.Lookup(name)
	if !ok {
		b.t.Fatalf("no function %s", name)
	}
	if fn.NeedsToken {
		content = el("UserToken", b.token) + content
	}
	return b.post(fn.Service, fn.Action, envelope(fn, content))
}

func (b *bench) post(service, action, message string) result {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.url+"/soap/"+service, strings.NewReader(message))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.Header.Set("SOAPAction", `"`+action+`"`)
	return b.do(req)
}

func (b *bench) do(req *http.Request) result {
	b.t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	var env node
	if err := xml.Unmarshal(raw, &env); err != nil {
		b.t.Fatalf("answer is no XML: %v: %s", err, raw)
	}
	body := env.find("Body")
	if len(body.Kids) != 1 {
		b.t.Fatalf("no body: %s", raw)
	}
	return result{b.t, res.StatusCode, res.Header, &body.Kids[0], string(raw)}
}

func (b *bench) list(entity, parent string) []node {
	b.t.Helper()
	content := el("EntityName", entity)
	if parent != "" {
		content += el("ParentDataIdentity", parent)
	}
	return b.call("LoketWebservice.List", content).ok().find("Entiteiten").Kids
}

func (b *bench) selectOne(entity, id string) *node {
	b.t.Helper()
	return b.call("LoketWebservice.Select", el("EntityName", entity)+el("DataIdentity", id)).ok().find("Entiteit")
}

// werkgever is the identity of the employer with the Clientnummer.
func (b *bench) werkgever(clientnummer int) string { return b.state.byClient[clientnummer].id }

func TestDefaultOfficeIsAsPromised(t *testing.T) {
	b := newBench(t, Options{})
	employers := b.list("Werkgever", "")
	if len(employers) != 3 {
		t.Fatalf("%d employers", len(employers))
	}
	people, fourWeekly := 0, 0
	for _, e := range employers {
		id := e.text("DataIdentity")
		people += len(b.list("Persoon", id))
		periods := b.list("Verloning", id)
		if len(periods) == 13 {
			fourWeekly++
		}
		runs := b.list("VerloningsRun", id)
		if len(runs) != 9 {
			t.Errorf("%d runs", len(runs))
		}
		for _, r := range runs {
			if r.field("Status") != "9" || r.field("AantalPeriodeStroken") == "" {
				t.Errorf("run %s has status %s and %s slips", r.field("PeriodeNummer"), r.field("Status"), r.field("AantalPeriodeStroken"))
			}
		}
		for _, p := range b.list("Betaling", id) {
			if p.field("TotaalBedrag") == "" {
				t.Error("payment without amount")
			}
		}
	}
	if people != 60 || fourWeekly != 1 {
		t.Errorf("%d people, %d four-weekly employers", people, fourWeekly)
	}
	waiting := 0
	for _, r := range b.list("Loonaangifte", b.werkgever(5556)) {
		if r.field("Status") == "3" && r.field("ExternepartijLoonaangifteIdentificatie") != "" {
			waiting++
		}
	}
	if waiting != 1 {
		t.Errorf("%d returns wait at the external party", waiting)
	}
}

func TestEveryFunctionHasOneHandler(t *testing.T) {
	named := map[string]bool{"LoketWebservice.GetUserToken": true}
	for name, h := range handlers {
		if (h.read == nil) == (h.write == nil) {
			t.Errorf("%s must read or write", name)
		}
		named[name] = true
	}
	for _, fn := range contract.Functions() {
		if !named[fn.FullName()] {
			t.Errorf("%s has no handler", fn.FullName())
		}
		if h := handlers[fn.FullName()]; (fn.Class == contract.Read) != (h.write == nil) {
			t.Errorf("%s has class %s", fn.FullName(), fn.Class)
		}
		delete(named, fn.FullName())
	}
	for name := range named {
		t.Errorf("the contract has no %s", name)
	}
}

func newPipe() (*io.PipeReader, *io.PipeWriter) { return io.Pipe() }

func httpClient(timeout time.Duration) *http.Client { return &http.Client{Timeout: timeout} }

func itoa(n int) string { return fmt.Sprint(n) }

func TestDemoUserIsTheOneThatIsPrinted(t *testing.T) {
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.users.login(DemoUser, DemoPassword, DemoOmgevingscode, time.Now()); err != nil {
		t.Error(err)
	}
}

func drain(res *http.Response) {
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
}

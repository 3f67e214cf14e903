package sandbox

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loket-etl/loket/contract"
)

const goldens = "../../testdata/soap"

// goldenRequests are the request messages all of us agree on.
func goldenRequests(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(goldens, "*.request.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden requests: %v", err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(f), ".request.xml")] = data
	}
	return all
}

func TestGoldenRequestsAreUnderstood(t *testing.T) {
	requests := goldenRequests(t)
	for _, fn := range contract.Functions() {
		data, ok := requests[fn.FullName()]
		if !ok {
			t.Errorf("no golden request of %s", fn.FullName())
			continue
		}
		e, f := readEnvelope(bytes.NewReader(data))
		if f != nil {
			t.Errorf("%s: %v", fn.FullName(), f)
			continue
		}
		got, f := findFunction(fn.Service, e, `"`+fn.Action+`"`)
		if f != nil || got.FullName() != fn.FullName() {
			t.Errorf("%s: %v", fn.FullName(), f)
			continue
		}
		args, f := binder{contract.DefaultMaxFile}.request(got, e)
		if f != nil {
			t.Errorf("%s: %v", fn.FullName(), f)
			continue
		}
		delete(args, "UserToken")
		if err := fn.Check(args); err != nil {
			t.Errorf("%s: arguments are not as the contract has them: %v", fn.FullName(), err)
		}
	}
}

func TestMessagesThatAreNoSOAP(t *testing.T) {
	const (
		head = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">`
		op   = `<GetChildNodes xmlns="urn:loket-etl:soap:loketwebservice:v1"><UserToken>TESTTOKEN-0123456789</UserToken></GetChildNodes>`
		body = `<s:Body>` + op + `</s:Body>`
		tail = `</s:Envelope>`
	)
	must := func(attrs string) string {
		return head + `<s:Header><x:Veilig xmlns:x="urn:x" ` + attrs + `/></s:Header>` + body + tail
	}
	// The well-formed ones come as far as the token: fault 1002.
	cases := map[string]struct{ message, code string }{
		"as it should be":             {head + body + tail, "1002"},
		"byte order mark":             {"\ufeff" + head + body + tail, "1002"},
		"comments between":            {"<!-- a -->" + head + "<!-- b -->" + body + tail + "<!-- c -->", "1002"},
		"declared UTF-8":              {`<?xml version="1.0" encoding="UTF-8"?>` + head + body + tail, "1002"},
		"optional header":             {must(`s:mustUnderstand="0"`), "1002"},
		"header for another actor":    {must(`s:mustUnderstand="1" s:actor="urn:someone"`), "1002"},
		"header to be understood":     {must(`s:mustUnderstand="1"`), "soap:MustUnderstand"},
		"header for the next":         {must(`s:mustUnderstand="true" s:actor="` + actNext + `"`), "soap:MustUnderstand"},
		"odd mustUnderstand":          {must(`s:mustUnderstand="ja"`), "soap:Client"},
		"empty":                       {"", "soap:Client"},
		"white space":                 {"  \n", "soap:Client"},
		"text":                        {"hallo", "soap:Client"},
		"cut off":                     {head + body, "soap:Client"},
		"cut off in a tag":            {head + `<s:Bo`, "soap:Client"},
		"trailing element":            {head + body + tail + `<x/>`, "soap:Client"},
		"trailing text":               {head + body + tail + `x`, "soap:Client"},
		"tags cross":                  {head + `<s:Body><a></s:Body></a>` + tail, "soap:Client"},
		"document type":               {`<!DOCTYPE x>` + head + body + tail, "soap:Client"},
		"internal entity":             {`<!DOCTYPE x [<!ENTITY e "u">]>` + head + body + tail, "soap:Client"},
		"undeclared entity":           {head + `<s:Body>` + strings.Replace(op, "TEST", "&e;", 1) + `</s:Body>` + tail, "soap:Client"},
		"processing instruction":      {`<?xml-stylesheet href="x"?>` + head + body + tail, "soap:Client"},
		"declaration in the middle":   {head + `<?xml version="1.0"?>` + body + tail, "soap:Client"},
		"another character set":       {`<?xml version="1.0" encoding="ISO-8859-1"?>` + head + body + tail, "soap:Client"},
		"not UTF-8":                   {head + strings.Replace(body, "TEST", "\xff\xfe", 1) + tail, "soap:Client"},
		"double attribute":            {head + `<s:Body><x a="1" a="2"/></s:Body>` + tail, "soap:Client"},
		"double attribute by prefix":  {head + `<s:Body><x xmlns:p="u" xmlns:q="u" p:a="1" q:a="2"/></s:Body>` + tail, "soap:Client"},
		"double declaration":          {head + `<s:Body><x xmlns:p="u" xmlns:p="v"/></s:Body>` + tail, "soap:Client"},
		"prefix not declared":         {head + `<s:Body><q:x/></s:Body>` + tail, "soap:Client"},
		"prefix undone":               {head + `<s:Body><x xmlns:s=""/></s:Body>` + tail, "soap:Client"},
		"no body":                     {head + tail, "soap:Client"},
		"two bodies":                  {head + body + body + tail, "soap:Client"},
		"two operations":              {head + `<s:Body>` + op + op + `</s:Body>` + tail, "soap:Client"},
		"empty body":                  {head + `<s:Body/>` + tail, "soap:Client"},
		"text in the body":            {head + `<s:Body>x` + op + `</s:Body>` + tail, "soap:Client"},
		"body before header":          {head + body + `<s:Header/>` + tail, "soap:Client"},
		"operation that is not there": {head + `<s:Body><x xmlns="urn:loket-etl:soap:loketwebservice:v1"/></s:Body>` + tail, "soap:Client"},
		"operation elsewhere":         {head + `<s:Body>` + strings.Replace(op, "loketwebservice", "persoon", 1) + `</s:Body>` + tail, "soap:Client"},
		"no envelope":                 {op, "soap:Client"},
		"SOAP 1.2":                    {strings.Replace(head, "http://schemas.xmlsoap.org/soap/envelope/", nsSOAP12, 1) + body + tail, "soap:VersionMismatch"},
		"some other SOAP":             {strings.Replace(head, "schemas.xmlsoap", "schemas.example", 1) + body + tail, "soap:VersionMismatch"},
		"too deep":                    {head + `<s:Body>` + strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40) + `</s:Body>` + tail, "soap:Client"},
		"too many":                    {head + `<s:Body>` + strings.Repeat("<a/>", 2000) + `</s:Body>` + tail, "soap:Client"},
		"too many attributes":         {head + `<s:Body><a ` + strings.Join(attrs(100), " ") + `/></s:Body>` + tail, "soap:Client"},
		"too large":                   {head + body + tail + strings.Repeat(" ", smallBody), "soap:Client"},
	}
	b := newBench(t, Options{})
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := b.post("LoketWebservice", "", c.message)
			code := r.body.text("detail/LoketFout/Code")
			if code == "" {
				code = r.body.text("faultcode")
			}
			if code != c.code || r.status != http.StatusInternalServerError {
				t.Errorf("status %d, %s, want %s: %s", r.status, code, c.code, r.raw)
			}
			if name == "another character set" && !strings.Contains(string(r.raw), "alleen de tekenset UTF-8 wordt gelezen") {
				t.Errorf("it says %s", r.raw)
			}
		})
	}
}

func attrs(n int) []string {
	var all []string
	for i := range n {
		all = append(all, strings.Repeat("a", i+1)+`="1"`)
	}
	return all
}

func TestHTTPAroundTheMessage(t *testing.T) {
	b := newBench(t, Options{})
	fn, _ := contract.Lookup("LoketWebservice.GetChildNodes")
	message := envelope(fn, el("UserToken", b.token))
	send := func(change func(*http.Request)) result {
		req, _ := http.NewRequest(http.MethodPost, b.url+"/soap/LoketWebservice", strings.NewReader(message))
		req.Header.Set("Content-Type", "text/xml")
		change(req)
		return b.do(req)
	}
	for name, header := range map[string][2]string{
		"no content type":       {"Content-Type", ""},
		"form":                  {"Content-Type", "application/x-www-form-urlencoded"},
		"multipart":             {"Content-Type", "multipart/related; boundary=x"},
		"latin 1":               {"Content-Type", "text/xml; charset=iso-8859-1"},
		"compressed":            {"Content-Encoding", "gzip"},
		"SOAPAction of another": {"SOAPAction", `"urn:loket-etl:soap:loketwebservice:v1#List"`},
	} {
		if r := send(func(q *http.Request) { q.Header.Set(header[0], header[1]) }); r.body.text("faultcode") != "soap:Client" || r.body.find("detail").Text != "" {
			t.Errorf("%s: %s", name, r.raw)
		}
	}
	if r := send(func(q *http.Request) { q.Header.Set("Content-Type", "application/soap+xml; charset=utf-8") }); r.body.text("faultcode") != "soap:VersionMismatch" {
		t.Errorf("SOAP 1.2 content type: %s", r.raw)
	}
	for _, action := range []string{"", `""`, fn.Action, `"` + fn.Action + `"`} {
		send(func(q *http.Request) { q.Header.Set("SOAPAction", action) }).ok()
	}
	send(func(q *http.Request) { q.ContentLength = -1 }).ok() // chunked
	for path, want := range map[string]int{"/soap/Onbekend": 404, "/": 404, "/soap/LoketWebservice": 405, "/soap/LoketWebservice?wsdl": 200, "/soap/Persoon?WSDL": 200} {
		res, err := http.Get(b.url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("GET %s: status %d, want %d", path, res.StatusCode, want)
		}
	}
}

func TestWSDLHasTheAddressItWasAskedAt(t *testing.T) {
	b := newBench(t, Options{})
	res, err := http.Get(b.url + "/soap/Dienstverband?wsdl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var text bytes.Buffer
	_, _ = text.ReadFrom(res.Body)
	if !strings.Contains(text.String(), `location="`+b.url+`/soap/Dienstverband"`) {
		t.Error("the WSDL does not hold its own address")
	}
}

func TestSlowBodyIsRefused(t *testing.T) {
	b := newBench(t, Options{BodyTimeout: 50 * time.Millisecond})
	r, w := newPipe()
	defer func() { _ = w.Close() }()
	req, _ := http.NewRequest(http.MethodPost, b.url+"/soap/LoketWebservice", r)
	req.Header.Set("Content-Type", "text/xml")
	go func() { _, _ = w.Write([]byte("<s:Envelope")) }() // and no more
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return // the connection was closed on us, which is as good
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusInternalServerError {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestAliasesOfOperations(t *testing.T) {
	b := newBench(t, Options{})
	fn, _ := contract.Lookup("LoketWebservice.GetChildNodes")
	message := strings.ReplaceAll(envelope(fn, el("UserToken", b.token)), "GetChildNodes", "getChildNodes")
	if r := b.post(fn.Service, fn.Namespace+"#getChildNodes", message).ok(); r.XMLName.Local != "GetChildNodesResponse" {
		t.Errorf("answer is %s", r.XMLName.Local)
	}
	for _, name := range []string{"OutputOpdrachbrief", "getUserToken", "GetNodeFunctions"} {
		if _, ok := contract.Operation("LoketWebservice", name); !ok {
			t.Errorf("alias %s is not known", name)
		}
	}
}

// FuzzEnvelope: whatever comes in, the reader ends without a panic, and what it
// takes for a request binds or is refused.
func FuzzEnvelope(f *testing.F) {
	for _, data := range goldenRequests(f) {
		f.Add(data)
	}
	f.Add([]byte(`<a xmlns:x="u" x:y="z">&lt;<![CDATA[<]]></a>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, fault := readEnvelope(bytes.NewReader(data))
		if (e == nil) == (fault == nil) {
			t.Fatal("neither request nor fault")
		}
		if fault != nil {
			if len(fault.message()) == 0 {
				t.Fatal("no message")
			}
			return
		}
		for _, service := range contract.Services() {
			fn, fault := findFunction(service.Name, e, "")
			if fault != nil {
				continue
			}
			args, fault := binder{1000}.request(fn, e)
			if fault == nil {
				delete(args, "UserToken")
				if err := fn.Check(args); err != nil {
					t.Fatalf("%s: bound arguments do not pass: %v", fn.FullName(), err)
				}
			}
		}
	})
}

// FuzzXMLImport: the reader of import files ends without a panic.
func FuzzXMLImport(f *testing.F) {
	f.Add([]byte(xmlImport(`<Werknemer PersnrVerl="1"><Periode Jaar="2026" PeriodeNummer="10"><Component Nummer="1" Waarde="8"/></Periode></Werknemer>`)))
	st := newState(Office{})
	f.Fuzz(func(t *testing.T, data []byte) {
		im := &importer{call: &call{state: st, sees: scope{all: true}, args: map[string]any{}}}
		if fault := im.readXML(data); fault == nil && len(im.lines) == 0 {
			t.Fatal("read, but no lines")
		}
		wellFormed(data)
	})
}

// FuzzCSVImport: the reader of CSV files ends, and numbers lines in order.
func FuzzCSVImport(f *testing.F) {
	f.Add([]byte("aanslnr;persnr;ploeg;1;28;86\r\n5555;1;1;88;12;\r\n5555;2;1;120;;1200\r\n"))
	f.Add([]byte("WerkgeverId,\"a\"\"b\"\n\"x\ny\",z"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := readCSV(data, ";,")
		last := 0
		for _, r := range rows {
			if r.line <= last || len(r.cells) == 0 {
				t.Fatalf("line %d after %d", r.line, last)
			}
			last = r.line
		}
		if err != nil && rows != nil {
			t.Fatal("rows and an error")
		}
	})
}

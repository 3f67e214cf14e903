package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

const importFunction = "ImporteerGegevens.ImporteerGegevens"

// addHour adds an hour and gives the error of the transport, if there is one.
func (b *bench) addHour(ctx context.Context) (status int, err error) {
	fn, _ := contract.Lookup(importFunction)
	message := envelope(fn, el("UserToken", b.token)+el("SoortGegevens", "VariabeleGegevens")+el("Formaat", "CSV")+
		file("x", []byte("aanslnr;persnr;ploeg;1\n5555;1;;1\n"))+period10+el("Verwerkingswijze", "Optellen"))
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, b.url+"/soap/"+fn.Service, strings.NewReader(message))
	req.Header.Set("Content-Type", "text/xml")
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

func (b *bench) hours() string { return strings.TrimPrefix(b.standing(5555, 1), "1=") }

func TestMoods(t *testing.T) {
	for name, c := range map[string]struct {
		mood    Mood
		lost    bool
		status  int
		hours   string
		outcome string
	}{
		"fine":           {Mood{}, false, 200, "1.00", "ok"},
		"refused":        {Mood{Kind: Refused, Code: contract.ConflictMetStatus}, false, 500, "", "fault 3004"},
		"lost before":    {Mood{Kind: LostBefore}, true, 0, "", "lost before"},
		"lost after":     {Mood{Kind: LostAfter}, true, 0, "1.00", "lost after"},
		"busy":           {Mood{Kind: Busy}, false, 500, "", "fault 9002"},
		"internal":       {Mood{Kind: Internal}, false, 500, "", "fault 9001"},
		"internal after": {Mood{Kind: InternalAfter}, false, 500, "1.00", "fault 9001"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, Options{})
			c.mood.Function, c.mood.Count = importFunction, 1
			b.SetMood(c.mood)
			b.call("LoketWebservice.GetChildNodes", "").ok() // of another function
			status, err := b.addHour(t.Context())
			if (err != nil) != c.lost || status != c.status {
				t.Errorf("status %d, %v", status, err)
			}
			calls := b.Calls()
			if last := calls[len(calls)-1]; last.Outcome != c.outcome || last.Function != importFunction {
				t.Errorf("recorded %+v", last)
			}
			if got := b.hours(); got != c.hours {
				t.Errorf("%s hours, want %s", got, c.hours)
			}
			if status, err := b.addHour(t.Context()); status != 200 || err != nil { // the mood has passed
				t.Errorf("status %d, %v", status, err)
			}
			if n := b.Count(importFunction); n != 2 {
				t.Errorf("counted %d", n)
			}
		})
	}
}

func TestMoodSkipsAndCarriesRetryAfter(t *testing.T) {
	b := newBench(t, Options{})
	b.SetMood(Mood{Skip: 1, Count: 2, Kind: Busy, RetryAfter: 90e9}, Mood{Kind: Refused, Code: contract.GeenRechten})
	b.call("LoketWebservice.GetChildNodes", "").fault(contract.GeenRechten, "")
	for range 2 {
		r := b.call("LoketWebservice.GetChildNodes", "")
		if r.fault(contract.TijdelijkNietBeschikbaar, ""); r.header.Get("Retry-After") != "90" || r.body.text("faultcode") != "soap:Server" {
			t.Errorf("Retry-After %s, %s", r.header.Get("Retry-After"), r.body.text("faultcode"))
		}
	}
	b.call("LoketWebservice.GetChildNodes", "").fault(contract.GeenRechten, "")
	b.SetMood()
	b.call("LoketWebservice.GetChildNodes", "").ok()
}

func TestSlowCallIsDoneLateOrNotAtAll(t *testing.T) {
	for _, late := range []bool{true, false} {
		b := newBench(t, Options{})
		b.SetMood(Mood{Function: importFunction, Count: 1, Kind: Slow, Late: late})
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() {
			_, err := b.addHour(ctx)
			gone <- err
		}()
		b.waitSlow()
		cancel()
		if err := <-gone; err == nil {
			t.Error("the client did not go")
		}
		if got := b.hours(); got != "" {
			t.Errorf("done at once: %s", got)
		}
		b.SetMood()
		b.waitFor("client gone")
		want := map[bool]string{true: "1.00"}[late]
		if got := b.hours(); got != want {
			t.Errorf("late %v: %q hours, want %q", late, got, want)
		}
	}
}

// waitSlow returns once a call waits in its mood.
func (b *bench) waitSlow() {
	for {
		b.moods.mu.Lock()
		taken := b.moods.all[0].Count == 0
		b.moods.mu.Unlock()
		if taken {
			return
		}
	}
}

func (b *bench) waitFor(outcome string) {
	for {
		for _, c := range b.Calls() {
			if c.Outcome == outcome {
				return
			}
		}
	}
}

// TestFaultsOfTheTree provokes the faults that belong to entities and identities.
func TestFaultsOfTheTree(t *testing.T) {
	b := newBench(t, Options{})
	e := b.state.byClient[5555]
	j := e.byPayrollNumber(1)
	list := func(rest string) result { return b.call("LoketWebservice.List", rest) }
	list(el("EntityName", "Loonstrook")).fault(contract.OnbekendeEntiteit, "EntityName")
	list(el("EntityName", "persoon")).fault(contract.OngeldigeWaarde, "EntityName")
	list(el("EntityName", "Persoon")).fault(contract.ParentDataIdentityOntbreekt, "ParentDataIdentity")
	list(el("EntityName", "Persoon")+el("ParentDataIdentity", j.person.id)).fault(contract.OnbekendeIdentity, "ParentDataIdentity")
	list(el("EntityName", "Persoon")+el("ParentDataIdentity", "x y")).fault(contract.OngeldigeWaarde, "ParentDataIdentity")
	list(el("EntityName", "Persoon")+el("ParentDataIdentity", e.id)+el("Pagina", "0")).fault(contract.OngeldigeWaarde, "Pagina")
	list(el("EntityName", "Persoon")+el("ParentDataIdentity", e.id)+el("PaginaGrootte", "1001")).fault(contract.OngeldigeWaarde, "PaginaGrootte")
	list("").fault(contract.VerplichtVeldOntbreekt, "EntityName")
	list(el("EntityName", "Persoon")+el("Onbekend", "x")).fault(contract.OngeldigeWaarde, "het bericht")
	b.call("LoketWebservice.Select", el("EntityName", "Persoon")+el("DataIdentity", j.record.id)).fault(contract.OnbekendeIdentity, "DataIdentity")
	b.call("LoketWebservice.GetChildNodes", el("EntityName", "Loonstrook")).fault(contract.OnbekendeEntiteit, "EntityName")
	b.call("LoketWebservice.GetMetaData", el("EntityName", "Persoon")+el("VeldNaam", "Schoenmaat")).fault(contract.OngeldigeWaarde, "VeldNaam")
	b.call("LoketWebservice.Clieop03", el("BetalingDataIdentity", e.runs[0].id())).fault(contract.OnbekendeIdentity, "BetalingDataIdentity")
	for _, service := range []string{"", "?wsdl"} {
		r := b.post("ExportWebservice"+service, "", "x")
		r.fault(contract.Uitgefaseerd, "")
	}
	for _, page := range []struct{ rest, want string }{
		{"", "25/25/1/1"}, {el("Pagina", "1"), "25/25/1/1"}, {el("PaginaGrootte", "10"), "10/25/1/3"},
		{el("Pagina", "3") + el("PaginaGrootte", "10"), "5/25/3/3"}, {el("Pagina", "9") + el("PaginaGrootte", "10"), "0/25/9/3"},
	} {
		r := list(el("EntityName", "Persoon") + el("ParentDataIdentity", e.id) + page.rest).ok()
		got := strings.Join([]string{itoa(len(r.find("Entiteiten").Kids)), r.text("TotaalAantal"), r.text("Pagina"), r.text("AantalPaginas")}, "/")
		if got != page.want {
			t.Errorf("%s: got %s, want %s", page.rest, got, page.want)
		}
	}
}

func TestEveryRecordIsSelectedAsItIsListed(t *testing.T) {
	b := newBench(t, Options{})
	b.importing("Verlof", "CSV", strings.Join(leaveHeader, ";")+"\n1001;2;;x;05-10-2026;;1;1;8\n", "").ok()
	for _, entity := range contract.Entities() {
		parent := b.werkgever(5555)
		listed := b.list(entity.Name, parent)
		if len(listed) == 0 {
			t.Errorf("no %s", entity.Name)
		}
		for _, r := range listed[:min(3, len(listed))] {
			one := b.selectOne(entity.Name, r.text("DataIdentity"))
			if len(one.find("Velden").Kids) != len(entity.Fields) {
				t.Errorf("%s: %d fields selected", entity.Name, len(one.find("Velden").Kids))
			}
			for _, f := range entity.Fields {
				value := one.field(f.Name)
				if value != r.field(f.Name) {
					t.Errorf("%s.%s: listed %q, selected %q", entity.Name, f.Name, r.field(f.Name), value)
				}
				if f.Required && value == "" {
					t.Errorf("%s.%s is empty", entity.Name, f.Name)
				}
				if simple, ok := contract.LookupType(f.Simple); ok && value != "" && simple.Check(value) != nil {
					t.Errorf("%s.%s: %v", entity.Name, f.Name, simple.Check(value))
				}
				if _, known := contract.LookupCode(f.Table, value, 20261020); f.Table != "" && value != "" && !known {
					t.Errorf("%s.%s: %q is in no table", entity.Name, f.Name, value)
				}
			}
			if p := r.text("ParentDataIdentity"); entity.Parent != "" && b.selectOne(entity.Parent, p).text("DataIdentity") != p {
				t.Errorf("%s has no parent", entity.Name)
			}
		}
	}
}

func TestLogHoldsNoPersonalData(t *testing.T) {
	var log bytes.Buffer
	l := zerolog.New(&log)
	b := newBench(t, Options{Log: &l})
	p := b.state.byClient[5555].byPayrollNumber(1).person
	b.call("LoketWebservice.GetUserToken", credentials(DemoUser, "geheim-woord", DemoOmgevingscode)).fault(contract.AanmeldingMislukt, "")
	b.call("Dienstverband.ToevoegenConceptWerknemer", el("ParentDataIdentity", b.werkgever(5555))+el("UniekeNaam", "x")+
		group("Persoon", el("Achternaam", "Achternaamloos")+el("BSN", "123456789"))).fault(contract.OngeldigeWaarde, "Persoon/BSN")
	b.importing("VariabeleGegevens", "CSV", "geheime inhoud", period10).fault(contract.BestandOngeldig, "Bestand")
	if log.Len() == 0 {
		t.Fatal("nothing was logged")
	}
	for _, secret := range []string{"geheim", "123456789", "Achternaamloos", b.token, p.get("BSN")} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestPanicBecomesInternalFault(t *testing.T) {
	b := newBench(t, Options{})
	b.state.employers[0].record.kind = nil // a bug
	b.call("LoketWebservice.List", el("EntityName", "Werkgever")).fault(contract.InterneFout, "")
	b.call("LoketWebservice.GetChildNodes", "").ok()
}

func TestControlOverHTTP(t *testing.T) {
	b := newBench(t, Options{})
	control := httptest.NewServer(b.ControlHandler())
	defer control.Close()
	send := func(path, body string, header ...string) (int, RunInfo) {
		req, _ := http.NewRequest(http.MethodPost, control.URL+path, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var info RunInfo
		_ = json.NewDecoder(res.Body).Decode(&info)
		return res.StatusCode, info
	}
	const ask = `{"clientnummer":7001,"jaar":2026,"periode":10}`
	for _, c := range []struct {
		body, name, value string
		want              int
	}{{ask, "Origin", "http://evil.example", 403}, {ask, "Content-Type", "text/plain", 415}, {`{"x":1}`, "X", "y", 400}, {`{"clientnummer":1}`, "X", "y", 409}} {
		if status, _ := send("/verloon", c.body, c.name, c.value); status != c.want {
			t.Errorf("%s %s: status %d, want %d", c.name, c.value, status, c.want)
		}
	}
	status, info := send("/verloon", ask)
	if status != 200 || info.Status != runReady || info.Period != (payroll.Period{Year: 2026, Number: 10}) {
		t.Errorf("status %d, %+v", status, info)
	}
	if status, info = send("/goedkeuren", `{"run":"`+info.Identity+`"}`); status != 200 || info.Status != runApproved {
		t.Errorf("status %d, %+v", status, info)
	}
	res, err := http.Get(control.URL + "/state")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var state []EmployerInfo
	if err := json.NewDecoder(res.Body).Decode(&state); err != nil || len(state) != 3 || len(state[2].Runs) != 10 {
		t.Errorf("%d employers, %v", len(state), err)
	}
}

func TestManyCallsAtTheSameTime(t *testing.T) {
	b := newBench(t, Options{Parallel: 8})
	var wait sync.WaitGroup
	places := make(chan struct{}, 100)
	transport := &http.Transport{MaxConnsPerHost: 100, MaxIdleConnsPerHost: 100}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	fn, _ := contract.Lookup(importFunction)
	read, _ := contract.Lookup("LoketWebservice.List")
	bad := make(chan string, 4000)
	for i := range 2000 {
		service, message := fn.Service, envelope(fn, el("UserToken", b.token)+el("SoortGegevens", "VariabeleGegevens")+el("Formaat", "CSV")+
			file("x", []byte("aanslnr;persnr;ploeg;86\n5555;1;;0,01\n"))+period10+el("Verwerkingswijze", "Optellen"))
		if i%2 == 1 {
			service, message = read.Service, envelope(read, el("UserToken", b.token)+el("EntityName", "Werkgever"))
		}
		wait.Add(1)
		places <- struct{}{}
		go func() {
			defer func() { <-places; wait.Done() }()
			res, err := client.Post(b.url+"/soap/"+service, "text/xml", strings.NewReader(message))
			if err != nil {
				bad <- err.Error()
				return
			}
			var answer bytes.Buffer
			if _, err := answer.ReadFrom(res.Body); err != nil || res.StatusCode != 200 {
				bad <- res.Status
			}
			_ = res.Body.Close()
		}()
	}
	wait.Wait()
	close(bad)
	for text := range bad {
		t.Fatal(text)
	}
	if got := b.standing(5555, 1); got != "86=10.00" {
		t.Errorf("a thousand cents became %s", got)
	}
}

package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"loket-etl/loket/contract"
	"loket-etl/loket/sandbox/verloning"
	"loket-etl/payroll"
)

// RunInfo is what the control side says of a run.
type RunInfo struct {
	Identity     string         `json:"identity"`
	Werkgever    string         `json:"werkgever"`
	Clientnummer int            `json:"clientnummer"`
	Period       payroll.Period `json:"period"`
	Number       int            `json:"number"` // Volgnummerrun
	Status       int            `json:"status"`
	StatusText   string         `json:"statusText"`
	Employees    int            `json:"employees"`
	Net          payroll.Cents  `json:"net"` // cents, paid out in all
}

// ReturnInfo is what the control side says of a tax return.
type ReturnInfo struct {
	Identity   string         `json:"identity"`
	Reference  string         `json:"reference"` // Berichtkenmerk
	Period     payroll.Period `json:"period"`
	Status     int            `json:"status"`
	StatusText string         `json:"statusText"`
	External   string         `json:"external,omitempty"` // ExternepartijLoonaangifteIdentificatie
	Responses  []ResponseInfo `json:"responses,omitempty"`
}

// ResponseInfo is a response message that was received.
type ResponseInfo struct {
	Number string    `json:"number"`
	At     time.Time `json:"at"`
	Bytes  int       `json:"bytes"`
}

// EmployerInfo is what the control side says of an employer.
type EmployerInfo struct {
	Identity     string       `json:"identity"`
	WerkgeverID  int          `json:"werkgeverId"`
	Name         string       `json:"name"`
	Clientnummer int          `json:"clientnummer"`
	PeriodKind   int          `json:"periodKind"`
	Employees    int          `json:"employees"`
	Runs         []RunInfo    `json:"runs"`
	Returns      []ReturnInfo `json:"returns"`
}

// controls are the commands of the control side; like those of SOAP they go
// through the journal. Their arguments are texts.
var controls = map[string]func(*call) (func(), *fault){
	"sandbox.Verzoek":    controlRequest,
	"sandbox.Verloon":    controlRun,
	"sandbox.Goedkeuren": controlApprove,
	"sandbox.Annuleren":  controlCancel,
}

// control carries out a command and gives the run it is about.
func (s *Server) control(name string, args map[string]any) (RunInfo, error) {
	c := &call{state: s.state, by: "sandbox", sees: scope{all: true}, args: args, now: s.o.Now()}
	if f := s.write(name, controls[name], c); f != nil {
		return RunInfo{}, fmt.Errorf("%s: %w", name, f)
	}
	s.state.mu.RLock()
	defer s.state.mu.RUnlock()
	return c.done.info(), nil
}

func periodArgs(client int, p payroll.Period) map[string]any {
	return map[string]any{"clientnummer": strconv.Itoa(client), "jaar": strconv.Itoa(p.Year), "periode": strconv.Itoa(p.Number)}
}

// Verzoek asks for a run of an administration and a period: it stands in state 0
// until Verloon runs it.
func (s *Server) Verzoek(clientnummer int, p payroll.Period) (RunInfo, error) {
	return s.control("sandbox.Verzoek", periodArgs(clientnummer, p))
}

// Verloon runs the payroll of an administration and a period: state 1, or 8 when
// there is nobody to pay. A run of the period that stood ready is removed. A
// period with an approved run is refused.
func (s *Server) Verloon(clientnummer int, p payroll.Period) (RunInfo, error) {
	return s.control("sandbox.Verloon", periodArgs(clientnummer, p))
}

// Goedkeuren approves a run that is ready (state 9), with its payments, journal
// and tax return. A run from before the last imported values is refused.
func (s *Server) Goedkeuren(run string) (RunInfo, error) {
	return s.control("sandbox.Goedkeuren", map[string]any{"run": run})
}

// Annuleren cancels a run that is requested or ready (state 6).
func (s *Server) Annuleren(run string) (RunInfo, error) {
	return s.control("sandbox.Annuleren", map[string]any{"run": run})
}

// State lists employers, their runs and their tax returns.
func (s *Server) State() []EmployerInfo {
	s.state.mu.RLock()
	defer s.state.mu.RUnlock()
	var all []EmployerInfo
	for _, e := range s.state.employers {
		i := EmployerInfo{
			Identity: e.id, WerkgeverID: e.werkgeverID, Name: e.record.get("Bedrijfsnaam"), Clientnummer: e.firm.clientnummer,
			PeriodKind: int(e.firm.kind), Employees: e.firm.size,
		}
		for _, r := range e.runs {
			i.Runs = append(i.Runs, r.info())
		}
		for _, t := range e.returns {
			ti := ReturnInfo{
				Identity: t.id(), Reference: t.reference, Period: t.run.period, Status: t.status,
				StatusText: codeText("StatusLoonaangifte", t.status), External: t.external,
			}
			for _, r := range t.responses {
				ti.Responses = append(ti.Responses, ResponseInfo{r.number, r.at, r.size})
			}
			i.Returns = append(i.Returns, ti)
		}
		all = append(all, i)
	}
	return all
}

// info computes no results that are not there yet: the state of a large office
// is to be listed at once.
func (r *run) info() RunInfo {
	i := RunInfo{
		Identity: r.id(), Werkgever: r.employer.id, Clientnummer: r.employer.firm.clientnummer, Period: r.period, Number: r.number,
		Status: r.status, StatusText: codeText("StatusVerloningsRun", r.status),
	}
	if r.employer.firm.size > fullReport {
		return i
	}
	if res := r.standing(); res != nil {
		i.Employees = len(res.Stroken)
		for n := range res.Stroken {
			i.Net += res.Stroken[n].Netto
		}
	}
	return i
}

// administration finds employer and period of a control command.
func (c *call) administration() (*employer, payroll.Period, *fault) {
	nr, _ := strconv.Atoi(c.text("clientnummer"))
	p := payroll.Period{}
	p.Year, _ = strconv.Atoi(c.text("jaar"))
	p.Number, _ = strconv.Atoi(c.text("periode"))
	e := c.state.byClient[nr]
	if e == nil {
		return nil, p, unknown("clientnummer")
	}
	if p.Year != year || p.Number < 1 || p.Number > e.periods() {
		return nil, p, wrongValue("periode", "bestaat niet in deze administratie")
	}
	if e.closed(p) {
		return nil, p, conflict("periode", "De periode heeft al een goedgekeurde verloning.")
	}
	e.load()
	return e, p, nil
}

// request makes a run in state 0, in place of what stood open for the period.
func (c *call) request(e *employer, p payroll.Period) *run {
	c.state.version++
	for _, r := range e.runs {
		if r.period == p && (r.status == runReady || r.status == runRequested) {
			r.status, r.removed, r.version = runRemoved, c.now, c.state.version
		}
	}
	r := &run{employer: e, number: len(e.runs) + 1, period: p, status: runRequested, version: c.state.version, requested: c.now, by: c.by}
	e.runs = append(e.runs, r)
	return r
}

func controlRequest(c *call) (func(), *fault) {
	e, p, f := c.administration()
	if f != nil {
		return nil, f
	}
	return func() { c.done = c.request(e, p) }, nil
}

func controlRun(c *call) (func(), *fault) {
	e, p, f := c.administration()
	if f != nil {
		return nil, f
	}
	return func() {
		var r *run
		for _, open := range e.runs {
			if open.period == p && open.status == runRequested {
				r = open
			}
		}
		if r == nil {
			r = c.request(e, p)
		}
		e.freeze()
		r.processed = c.now
		r.status = runReady
		switch _, err := r.results(); {
		case errors.Is(err, verloning.ErrLegeRun):
			r.status = runEmpty
		case err != nil:
			r.status = runFailed
		}
		c.done = r
	}, nil
}

// openRun is the run of a control command, which must be in one of the states.
func (c *call) openRun(states ...int) (*run, *fault) {
	e, p, ok := c.place(c.text("run"), aRun)
	if !ok || pick(e.runs, p.index-1) == nil {
		return nil, unknown("run")
	}
	r := e.runs[p.index-1]
	for _, s := range states {
		if r.status == s {
			return r, nil
		}
	}
	return nil, conflict("run", "De status van de verloning laat dit niet toe: "+codeText("StatusVerloningsRun", r.status)+".")
}

func controlApprove(c *call) (func(), *fault) {
	r, f := c.openRun(runReady)
	if f != nil {
		return nil, f
	}
	if r.stale {
		return nil, conflict("run", "Na de verloning zijn gegevens gewijzigd; verloon opnieuw.")
	}
	return func() {
		e := r.employer
		c.state.version++
		r.status, r.version, r.approved, r.approver, r.approval = runApproved, c.state.version, c.now, c.by, 1
		for _, other := range e.runs {
			if other != r && other.approval >= r.approval {
				r.approval = other.approval + 1
			}
		}
		t := e.newReturn(r, c.state.version)
		c.state.returns[t.reference] = t
		c.done = r
	}, nil
}

func controlCancel(c *call) (func(), *fault) {
	r, f := c.openRun(runRequested, runReady)
	if f != nil {
		return nil, f
	}
	return func() {
		c.state.version++
		r.status, r.version, r.removed = runCancelled, c.state.version, c.now
		c.done = r
	}, nil
}

// ControlHandler is the control side over HTTP, for a loopback address of its
// own: GET /state, GET /calls, POST /verzoek and /verloon with {clientnummer,
// jaar, periode}, POST /goedkeuren and /annuleren with {run}. It refuses what a
// web page could send.
func (s *Server) ControlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, s.State()) })
	mux.HandleFunc("GET /calls", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, s.Calls()) })
	period := func(run func(int, payroll.Period) (RunInfo, error)) func(controlBody) (RunInfo, error) {
		return func(b controlBody) (RunInfo, error) {
			return run(b.Clientnummer, payroll.Period{Year: b.Jaar, Number: b.Periode})
		}
	}
	mux.HandleFunc("POST /verzoek", posted(period(s.Verzoek)))
	mux.HandleFunc("POST /verloon", posted(period(s.Verloon)))
	mux.HandleFunc("POST /goedkeuren", posted(func(b controlBody) (RunInfo, error) { return s.Goedkeuren(b.Run) }))
	mux.HandleFunc("POST /annuleren", posted(func(b controlBody) (RunInfo, error) { return s.Annuleren(b.Run) }))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
			reply(w, http.StatusForbidden, map[string]string{"error": "not for browsers"})
			return
		}
		mux.ServeHTTP(w, r)
	})
}

type controlBody struct {
	Clientnummer int    `json:"clientnummer"`
	Jaar         int    `json:"jaar"`
	Periode      int    `json:"periode"`
	Run          string `json:"run"`
}

func posted(run func(controlBody) (RunInfo, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			reply(w, http.StatusUnsupportedMediaType, map[string]string{"error": "send application/json"})
			return
		}
		var b controlBody
		d := json.NewDecoder(io.LimitReader(r.Body, 64<<10))
		d.DisallowUnknownFields()
		if err := d.Decode(&b); err != nil {
			reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		info, err := run(b)
		if err != nil {
			status := http.StatusConflict
			var f *fault
			if errors.As(err, &f) && f.code == contract.InterneFout {
				status = http.StatusInternalServerError
			}
			reply(w, status, map[string]string{"error": err.Error()})
			return
		}
		reply(w, http.StatusOK, info)
	}
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

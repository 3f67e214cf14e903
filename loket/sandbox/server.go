package sandbox

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"loket-etl/loket/contract"
)

// Options are what a sandbox can be told. The zero value is the default office in
// memory with the demo user.
type Options struct {
	Data        string           // directory that keeps the state; empty: memory only
	Now         func() time.Time // nil: time.Now
	TokenLife   time.Duration    // one minute to 24 hours; 0: one hour
	Office      Office           // what is generated; the same for the whole life of Data
	MaxFile     int64            // bytes of a decoded file (fault 4002); 0: contract.DefaultMaxFile
	Users       []User           // nil: the demo user
	BodyTimeout time.Duration    // to receive a request; 0: a minute
	Parallel    int              // requests at work at the same time, others wait; 0: 64
	Log         *zerolog.Logger  // nil: no log. It gets functions and outcomes, never data of people
}

// Server is the sandbox: an http.Handler for /soap/<Service>. It may serve any
// number of requests at the same time.
type Server struct {
	o       Options
	log     zerolog.Logger
	state   *state
	users   *users
	journal *journal // nil: memory only
	moods   moods
	calls   callLog
	work    chan struct{} // places at work
	large   chan struct{} // places to read large bodies
	paths   map[string]string
}

// largeServices take files, so their requests may be large.
var largeServices = map[string]bool{"ImporteerGegevens": true, "Dossiervorming": true, "AanleverenResponseMessage": true}

const smallBody = 256 << 10

// New makes a sandbox. With Options.Data it takes up where an earlier one on the
// same directory left off, also one that was killed; while it lives no other can
// open the directory.
func New(o Options) (*Server, error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	s := &Server{
		o: o, log: zerolog.Nop(), work: make(chan struct{}, o.Parallel), large: make(chan struct{}, 4), paths: map[string]string{},
	}
	if o.Log != nil {
		s.log = *o.Log
	}
	for _, service := range contract.Services() {
		s.paths[service.Path] = service.Name
	}
	s.state = newState(o.Office)
	var err error
	if s.users, err = newUsers(o.Users, o.TokenLife); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	for _, u := range o.Users {
		for _, nr := range u.Werkgevers {
			if s.state.byClient[nr] == nil {
				return nil, fmt.Errorf("sandbox: webservice user %q: there is no Clientnummer %d", u.Name, nr)
			}
		}
	}
	if o.Data == "" {
		return s, nil
	}
	s.journal, err = openJournal(o.Data, o.Office, s.replay)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	return s, nil
}

func (o *Options) complete() error {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.TokenLife == 0 {
		o.TokenLife = time.Hour
	}
	if o.TokenLife < time.Minute || o.TokenLife > 24*time.Hour {
		return fmt.Errorf("token life %s: wanted one minute to 24 hours", o.TokenLife)
	}
	if o.MaxFile == 0 {
		o.MaxFile = contract.DefaultMaxFile
	}
	if o.MaxFile < 0 || o.BodyTimeout < 0 || o.Parallel < 0 {
		return errors.New("limits cannot be negative")
	}
	if o.BodyTimeout == 0 {
		o.BodyTimeout = time.Minute
	}
	if o.Parallel == 0 {
		o.Parallel = 64
	}
	if o.Users == nil {
		o.Users = demoUsers()
	}
	return o.Office.check()
}

// Close gives the data directory back. Calls after it that change something are
// refused; closing twice is fine.
func (s *Server) Close() error {
	s.SetMood() // what waits in a mood goes on
	if s.journal == nil {
		return nil
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return s.journal.close()
}

// ServeHTTP answers one request. Whatever comes in, the answer is a SOAP message
// or a plain HTTP error.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	service, ok := s.paths[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	started := s.o.Now()
	name := service
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler {
			panic(p)
		}
		f := refuse(contract.InterneFout, "", "Er is een interne fout opgetreden.")
		s.fail(w, name, started, f)
		s.log.Error().Str("function", name).Str("reference", f.reference).Bytes("stack", debug.Stack()).Msg("panic")
	}()
	switch {
	case service == "ExportWebservice":
		_, _ = io.CopyN(io.Discard, r.Body, smallBody)
		s.fail(w, name, started, refuse(contract.Uitgefaseerd, "", "De ExportWebservice is uitgefaseerd."))
	case r.Method == http.MethodGet && strings.EqualFold(r.URL.RawQuery, "wsdl"):
		s.serveWSDL(w, r, service)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "POST")
		http.Error(w, "POST a SOAP 1.1 request, or GET ?wsdl", http.StatusMethodNotAllowed)
	default:
		s.serve(w, r, service, started, &name)
	}
}

func (s *Server) serveWSDL(w http.ResponseWriter, r *http.Request, service string) {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	doc, err := contract.WSDL(service, scheme+"://"+r.Host+r.URL.Path)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = w.Write(doc)
}

// serve reads a request, carries it out and answers. name becomes the function
// as soon as it is known.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, service string, started time.Time, name *string) {
	body, f := s.receive(w, r, service)
	if f != nil {
		w.Header().Set("Connection", "close")
		s.fail(w, *name, started, f)
		return
	}
	select {
	case s.work <- struct{}{}:
		defer func() { <-s.work }()
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	}
	e, f := readEnvelope(bytes.NewReader(body))
	var fn *contract.Function
	if f == nil {
		fn, f = findFunction(service, e, r.Header.Get("SOAPAction"))
	}
	if f != nil {
		s.fail(w, *name, started, f)
		return
	}
	*name = fn.FullName()
	content, f := s.inMood(r.Context(), *name, started, func() ([]byte, *fault) { return s.execute(fn, e, started) })
	if f != nil {
		s.fail(w, *name, started, f)
		return
	}
	s.record(*name, started, "ok")
	message := answer(fn, content)
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(message)))
	_, _ = w.Write(message)
}

// receive reads the whole body, within its size and time.
func (s *Server) receive(w http.ResponseWriter, r *http.Request, service string) ([]byte, *fault) {
	if f := checkContentType(r.Header.Get("Content-Type")); f != nil {
		return nil, f
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil, notSOAP("Een gecomprimeerd bericht wordt niet ondersteund.")
	}
	limit := int64(smallBody)
	if largeServices[service] {
		limit = s.o.MaxFile/3*4 + s.o.MaxFile/8 + smallBody
		if r.ContentLength < 0 || r.ContentLength > smallBody {
			select {
			case s.large <- struct{}{}:
				defer func() { <-s.large }()
			case <-r.Context().Done():
				panic(http.ErrAbortHandler)
			}
		}
	}
	control := http.NewResponseController(w)
	if err := control.SetReadDeadline(time.Now().Add(s.o.BodyTimeout)); err == nil {
		defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		// A client still sending would find the connection reset before our answer.
		_, _ = io.CopyN(io.Discard, r.Body, limit)
	}
	switch {
	case errors.As(err, &over) && largeServices[service]:
		return nil, tooLarge()
	case errors.As(err, &over):
		return nil, notSOAP("Het bericht is te groot.")
	case err != nil:
		return nil, notSOAP("Het bericht is niet volledig of niet op tijd ontvangen.")
	}
	return body, nil
}

// execute checks token, rights and arguments and carries the function out.
func (s *Server) execute(fn *contract.Function, e *element, now time.Time) ([]byte, *fault) {
	var who *account
	if fn.NeedsToken {
		var f *fault
		if who, f = s.authorize(fn, e, now); f != nil {
			return nil, f
		}
	}
	args, f := binder{s.o.MaxFile}.request(fn, e)
	if f != nil {
		return nil, f
	}
	delete(args, "UserToken")
	if !fn.NeedsToken {
		return s.getUserToken(args, now)
	}
	c := &call{state: s.state, who: who, by: who.Name, sees: s.scopeOf(who), args: args, now: now}
	h, ok := handlers[fn.FullName()]
	if !ok {
		return nil, refuse(contract.InterneFout, "", "Deze functie is niet aangesloten.")
	}
	if h.read != nil {
		f = s.read(h.read, c)
	} else {
		f = s.write(fn.FullName(), h.write, c)
	}
	if f != nil {
		return nil, f
	}
	c.out.meldingen(c.notes)
	return c.out.b, nil
}

// authorize looks at the token before anything else of the request: a stranger
// learns nothing.
func (s *Server) authorize(fn *contract.Function, e *element, now time.Time) (*account, *fault) {
	if len(e.kids) == 0 || !is(e.kids[0], fn.Namespace, "UserToken") {
		return nil, absent(fn.Request()[0], e, fn.Namespace, "")
	}
	who, f := s.users.check(strings.TrimSpace(e.kids[0].text), now)
	if f != nil {
		return nil, f
	}
	if !who.mayCall(fn) {
		return nil, refuse(contract.GeenRechten, "", "De gebruiker heeft geen rechten op "+fn.Name+".")
	}
	return who, nil
}

func (s *Server) getUserToken(args map[string]any, now time.Time) ([]byte, *fault) {
	name, _ := args["Gebruikersnaam"].(string)
	password, _ := args["Wachtwoord"].(string)
	environment, _ := args["Omgevingscode"].(string)
	text, expires, err := s.users.login(name, password, environment, now)
	if err != nil {
		return nil, refuse(contract.AanmeldingMislukt, "", "De gebruikersnaam, het wachtwoord of de omgevingscode is onjuist.")
	}
	w := &writer{}
	w.text("UserToken", text)
	w.moment("GeldigTot", expires)
	return w.b, nil
}

// fail answers with a fault and records it.
func (s *Server) fail(w http.ResponseWriter, name string, started time.Time, f *fault) {
	f.reference = newReference()
	outcome := "fault soap:" + f.side
	if f.code != 0 {
		outcome = "fault " + strconv.Itoa(f.code)
	}
	s.record(name, started, outcome)
	s.log.Info().Str("function", name).Str("outcome", outcome).Str("field", f.field).Str("reference", f.reference).Msg("refused")
	message := f.message()
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(message)))
	if f.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((f.retryAfter+time.Second-1)/time.Second)))
	}
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = w.Write(message)
}

func newReference() string {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return "LKT-" + hex.EncodeToString(b[:])
}

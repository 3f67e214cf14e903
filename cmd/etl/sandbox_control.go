package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"loket-etl/loket/sandbox"
	"loket-etl/payroll"
)

// notAdvice stands beside every figure of the sandbox.
const notAdvice = "what it computes are sandbox figures, not payroll advice"

// defaultControl is the control side of a sandbox on its default address.
const defaultControl = "127.0.0.1:8089"

// controlSide is the control side of a sandbox behind an HTTP server.
type controlSide struct {
	address string
	stop    context.CancelFunc
	ended   chan struct{}
	err     error // why, after ended
}

// startControl serves the control side of a sandbox until Close; an empty
// address is the port after that of the sandbox, or any port when it is not free.
func startControl(ctx context.Context, address string, s *runningSandbox) (*controlSide, error) {
	var l net.Listener
	var err error
	if address == "" {
		if l, err = listen(ctx, nextPort(s.URL)); err != nil {
			address = "127.0.0.1:0"
		}
	}
	if l == nil {
		if !isLoopback(address) {
			return nil, hint(fmt.Errorf("sandbox: control address %s can be reached from other machines", address), "use an address such as "+defaultControl)
		}
		if l, err = listen(ctx, address); err != nil {
			return nil, err
		}
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	c := &controlSide{address: l.Addr().String(), stop: stop, ended: make(chan struct{})}
	handler := s.ControlHandler()
	go func() {
		defer close(c.ended)
		c.err = serve(serving, l, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !isLoopback(r.Host) { // a name that someone else's DNS points here
				http.Error(w, "not for "+r.Host, http.StatusMisdirectedRequest)
				return
			}
			handler.ServeHTTP(w, r)
		})})
	}()
	return c, nil
}

// Close lets commands that are being carried out finish.
func (c *controlSide) Close() error {
	c.stop()
	<-c.ended
	return c.err
}

// nextPort is the address with the port after that of the URL.
func nextPort(url string) string {
	host, port, err := net.SplitHostPort(url[len("http://"):])
	n, bad := strconv.Atoi(port)
	if err != nil || bad != nil || n >= 65535 {
		return "127.0.0.1:0"
	}
	return net.JoinHostPort(host, strconv.Itoa(n+1))
}

// controller is a sandbox that can be told to run a payroll: one in this process
// or one that runs elsewhere.
type controller interface {
	Verloon(clientnummer int, p payroll.Period) (sandbox.RunInfo, error)
	Goedkeuren(run string) (sandbox.RunInfo, error)
	Annuleren(run string) (sandbox.RunInfo, error)
	State() []sandbox.EmployerInfo
}

// sandboxTarget says which sandbox a control command is for, and which run.
type sandboxTarget struct {
	control, data string
	office        sandbox.Office
	clientnummer  int
	period        string
}

func (t *sandboxTarget) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&t.control, "control", "", "control `address` of a sandbox that runs (default: "+defaultControl+")")
	f.StringVar(&t.data, "data", "", "`directory` of a sandbox that does not run now")
	officeFlags(c, &t.office)
}

func (t *sandboxTarget) runFlags(c *cobra.Command) {
	t.flags(c)
	c.Flags().IntVar(&t.clientnummer, "clientnummer", 0, "`number` of the administration")
	c.Flags().StringVar(&t.period, "period", "", "`period`, such as 2026-10")
}

// with opens the sandbox, does the work and closes it.
func (t *sandboxTarget) with(ctx context.Context, a *app, work func(controller) error) error {
	if t.data == "" {
		address := t.control
		if address == "" {
			address = defaultControl
		}
		if !isLoopback(address) {
			return usage(fmt.Sprintf("the control address %s is not on this machine", address))
		}
		remote := &remoteSandbox{ctx: ctx, address: address}
		if err := remote.load(); err != nil {
			return hint(err, "is \"etl sandbox\" running? it prints its control address at start; --data works on the directory of one that does not run")
		}
		return work(remote)
	}
	if t.control != "" {
		return usage("--control and --data are two ways to the same: give one")
	}
	s, err := sandbox.New(sandbox.Options{Data: t.data, Office: t.office, Now: a.now})
	if err != nil {
		return hint(err, "a sandbox that runs on this directory is reached with --control")
	}
	return errors.Join(work(s), s.Close())
}

func (t *sandboxTarget) administration() (int, payroll.Period, error) {
	if t.clientnummer == 0 || t.period == "" {
		return 0, payroll.Period{}, usage("--clientnummer and --period are needed", "etl sandbox state lists the administrations")
	}
	p, err := period([]string{t.period})
	return t.clientnummer, p, err
}

func (a *app) sandboxControls() []*cobra.Command {
	return []*cobra.Command{a.stateCommand(), a.verloonCommand(),
		a.decideCommand("goedkeuren", "Approve", "approved", controller.Goedkeuren),
		a.decideCommand("annuleren", "Cancel", "cancelled", controller.Annuleren)}
}

func (a *app) verloonCommand() *cobra.Command {
	var t sandboxTarget
	c := &cobra.Command{
		Use: "verloon", Short: "Run the payroll of a period in the sandbox", Args: cobra.NoArgs,
		Long: "Runs the payroll of an administration and a period; " + notAdvice + ".\nA run of the period that stood ready makes way.",
		RunE: a.do(func(ctx context.Context, _ []string) error {
			client, p, err := t.administration()
			if err != nil {
				return err
			}
			return t.with(ctx, a, func(s controller) error {
				r, err := s.Verloon(client, p)
				if err != nil {
					return err
				}
				return a.ran(r, "ran")
			})
		}),
	}
	t.runFlags(c)
	return c
}

// decideCommand is goedkeuren or annuleren: of the run named, or of the one of
// the period that is open.
func (a *app) decideCommand(use, verb, done string, decide func(controller, string) (sandbox.RunInfo, error)) *cobra.Command {
	var t sandboxTarget
	c := &cobra.Command{
		Use: use + " [RUN]", Short: verb + " a run of the sandbox that is ready", Args: cobra.MaximumNArgs(1),
		Long: verb + "s the run with this identity, or that of --clientnummer and --period.",
		RunE: a.do(func(ctx context.Context, args []string) error {
			id := first(args)
			client, p := 0, payroll.Period{}
			if id == "" {
				var err error
				if client, p, err = t.administration(); err != nil {
					return err
				}
			} else if t.clientnummer != 0 || t.period != "" {
				return usage("give a run, or --clientnummer and --period")
			}
			return t.with(ctx, a, func(s controller) error {
				if id == "" {
					var err error
					if id, err = openRun(s.State(), client, p); err != nil {
						return err
					}
				}
				r, err := decide(s, id)
				if err != nil {
					return err
				}
				return a.ran(r, done)
			})
		}),
	}
	t.runFlags(c)
	return c
}

// openRun finds the run of a period that is requested or ready.
func openRun(state []sandbox.EmployerInfo, client int, p payroll.Period) (string, error) {
	for _, e := range state {
		for _, r := range e.Runs {
			if e.Clientnummer == client && r.Period == p && r.Status <= 1 {
				return r.Identity, nil
			}
		}
	}
	return "", hint(fmt.Errorf("administration %d has no run of period %s that is ready", client, p), "etl sandbox verloon makes one")
}

func (a *app) ran(r sandbox.RunInfo, done string) error {
	out := struct {
		sandbox.RunInfo
		Note string `json:"note"`
	}{r, notAdvice}
	return a.print(out, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s run %s of administration %d, period %s\nstatus     %d %s\nemployees  %d\nnet        %s\n%s\n",
			done, r.Identity, r.Clientnummer, r.Period, r.Status, printable(r.StatusText), r.Employees, r.Net.Dutch(), notAdvice)
		return err
	})
}

func (a *app) stateCommand() *cobra.Command {
	var t sandboxTarget
	c := &cobra.Command{
		Use: "state", Short: "List administrations, runs and tax returns of the sandbox", Args: cobra.NoArgs,
		RunE: a.do(func(ctx context.Context, _ []string) error {
			return t.with(ctx, a, func(s controller) error {
				state := s.State()
				return a.print(state, func(w io.Writer) error { return writeState(w, state) })
			})
		}),
	}
	t.flags(c)
	return c
}

func writeState(w io.Writer, state []sandbox.EmployerInfo) error {
	var rows, waiting [][]string
	for _, e := range state {
		for _, r := range e.Runs {
			rows = append(rows, []string{
				strconv.Itoa(e.Clientnummer), e.Name, r.Period.String(), r.Identity, fmt.Sprintf("%d %s", r.Status, r.StatusText),
				strconv.Itoa(r.Employees), r.Net.Dutch(),
			})
		}
		for _, t := range e.Returns {
			if t.External != "" && t.Status == 3 {
				waiting = append(waiting, []string{strconv.Itoa(e.Clientnummer), t.Period.String(), t.Reference, t.External})
			}
		}
	}
	err := table(w, []string{"CLIENTNUMMER", "WERKGEVER", "PERIOD", "RUN", "STATUS", "EMPLOYEES", "NET"}, rows)
	if err == nil && len(waiting) > 0 {
		if _, err = fmt.Fprintln(w, "\ntax returns that wait for the external party:"); err == nil {
			err = table(w, []string{"CLIENTNUMMER", "PERIOD", "BERICHTKENMERK", "EXTERNAL"}, waiting)
		}
	}
	if err == nil {
		_, err = fmt.Fprintf(w, "\n%s\n", notAdvice)
	}
	return err
}

// remoteSandbox is the control side of a sandbox that runs in another process.
type remoteSandbox struct {
	ctx     context.Context // of the one command that it is made for
	address string
	state   []sandbox.EmployerInfo
}

var controlClient = &http.Client{
	Timeout:       5 * time.Minute, // a run of a large administration
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{}, // no proxy
}

func (r *remoteSandbox) load() error { return r.ask(http.MethodGet, "/state", nil, &r.state) }

// State is as it was when the command began.
func (r *remoteSandbox) State() []sandbox.EmployerInfo { return r.state }

func (r *remoteSandbox) Verloon(client int, p payroll.Period) (sandbox.RunInfo, error) {
	return r.post("/verloon", map[string]any{"clientnummer": client, "jaar": p.Year, "periode": p.Number})
}

func (r *remoteSandbox) Goedkeuren(run string) (sandbox.RunInfo, error) {
	return r.post("/goedkeuren", map[string]any{"run": run})
}

func (r *remoteSandbox) Annuleren(run string) (sandbox.RunInfo, error) {
	return r.post("/annuleren", map[string]any{"run": run})
}

func (r *remoteSandbox) post(path string, body map[string]any) (sandbox.RunInfo, error) {
	var info sandbox.RunInfo
	err := r.ask(http.MethodPost, path, body, &info)
	return info, err
}

func (r *remoteSandbox) ask(method, path string, body map[string]any, answer any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(r.ctx, method, "http://"+r.address+path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := controlClient.Do(req)
	if err != nil {
		return fmt.Errorf("sandbox control: %w", err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, mostInput))
	if err != nil {
		return fmt.Errorf("sandbox control: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		var refusal struct {
			Error string `json:"error"`
		}
		if json.Unmarshal(said, &refusal) != nil || refusal.Error == "" {
			refusal.Error = resp.Status
		}
		return errors.New(refusal.Error)
	}
	if err := json.Unmarshal(said, answer); err != nil {
		return fmt.Errorf("sandbox control: answer to %s: %w", path, err)
	}
	return nil
}

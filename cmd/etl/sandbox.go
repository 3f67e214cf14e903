package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"loket-etl/config"
	"loket-etl/loket/sandbox"
)

func (a *app) sandboxCommand() *cobra.Command {
	var (
		address, control string
		o                sandbox.Options
	)
	c := &cobra.Command{
		Use: "sandbox", Short: "Run the Loket of this program by itself", Args: cobra.NoArgs,
		Long: `Runs a Loket to try things out against: SOAP 1.1 over HTTP with the contract of
this project, and an office of invented employers and employees. Everyone knows
its password, so it listens on this machine only. It ends with control-C and
forgets all, unless --data says where to keep it.

Its payroll really runs, and what it computes are sandbox figures, not payroll
advice. The subcommands run and approve payrolls, over the control address of a
sandbox that runs or on its directory.`,
		Example: "  etl sandbox --listen 127.0.0.1:8088 --data sandbox\n  etl sandbox verloon --clientnummer 5555 --period 2026-10",
		RunE:    a.do(func(ctx context.Context, _ []string) error { return a.sandbox(ctx, address, control, o) }),
	}
	c.Flags().StringVar(&address, "listen", "127.0.0.1:8088", "`address` on this machine")
	c.Flags().StringVar(&control, "control", "", "`address` of the control side (default: the port after that of --listen, or a free one)")
	c.Flags().StringVar(&o.Data, "data", "", "`directory` that keeps the state (default: memory only)")
	officeFlags(c, &o.Office)
	c.AddCommand(a.sandboxControls()...)
	return c
}

func officeFlags(c *cobra.Command, o *sandbox.Office) {
	c.Flags().IntVar(&o.Employers, "employers", 0, "`number` of employers to invent (default: 3 with 60 employees)")
	c.Flags().IntVar(&o.Employees, "employees", 0, "`number` of employees over all employers")
}

func (a *app) sandbox(ctx context.Context, address, control string, o sandbox.Options) (err error) {
	log, err := newLogger(config.Log{Level: "info", Format: "console"}, a.stderr, a.terminal)
	if err != nil {
		return err
	}
	o.Log = &log
	s, err := startSandbox(ctx, address, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	side, err := startControl(ctx, control, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, side.Close()) }()
	greeting := struct {
		Address       string `json:"address"`
		User          string `json:"user"`
		Password      string `json:"password"`
		Omgevingscode string `json:"omgevingscode"`
		Control       string `json:"control"`
		Note          string `json:"note"`
	}{s.URL, sandbox.DemoUser, sandbox.DemoPassword, sandbox.DemoOmgevingscode, side.address, notAdvice}
	err = a.print(greeting, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "address        %s\nuser           %s\npassword       %s\nomgevingscode  %s\ncontrol        %s\n%s\n",
			greeting.Address, greeting.User, greeting.Password, greeting.Omgevingscode, greeting.Control, notAdvice)
		return err
	})
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-s.ended:
	case <-side.ended:
	}
	return nil
}

// runningSandbox is a sandbox behind an HTTP server in this process.
type runningSandbox struct {
	*sandbox.Server
	URL   string // what loket.url would be
	stop  context.CancelFunc
	ended chan struct{} // closed when the HTTP server has stopped
	err   error         // why, after ended
}

// startSandbox serves a sandbox on an address of this machine ("127.0.0.1:0" for
// any port) until Close. It goes on when ctx ends, so that calls that are out can
// still be answered.
func startSandbox(ctx context.Context, address string, o sandbox.Options) (*runningSandbox, error) {
	if !isLoopback(address) {
		return nil, hint(fmt.Errorf("sandbox: %s can be reached from other machines", address),
			"everyone knows the password of the sandbox; use an address such as 127.0.0.1:8088")
	}
	server, err := sandbox.New(o)
	if err != nil {
		return nil, err
	}
	l, err := listen(ctx, address)
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	s := &runningSandbox{Server: server, URL: "http://" + l.Addr().String(), stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		s.err = serve(serving, l, &http.Server{Handler: server})
	}()
	return s, nil
}

// Close lets requests that are being answered finish, and gives the data
// directory back. It may be called twice.
func (s *runningSandbox) Close() error {
	s.stop()
	<-s.ended
	return errors.Join(s.err, s.Server.Close())
}

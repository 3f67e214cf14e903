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
		address string
		o       sandbox.Options
	)
	c := &cobra.Command{
		Use: "sandbox", Short: "Run the Loket of this program by itself", Args: cobra.NoArgs,
		Long: `Runs a Loket to try things out against: SOAP 1.1 over HTTP with the contract of
this project, and an office of invented employers and employees. Everyone knows
its password, so it listens on this machine only. It ends with control-C and
forgets all, unless --data says where to keep it.`,
		Example: "  etl sandbox --listen 127.0.0.1:8088 --data sandbox",
		RunE:    a.do(func(ctx context.Context, _ []string) error { return a.sandbox(ctx, address, o) }),
	}
	c.Flags().StringVar(&address, "listen", "127.0.0.1:8088", "`address` on this machine")
	c.Flags().StringVar(&o.Data, "data", "", "`directory` that keeps the state (default: memory only)")
	c.Flags().IntVar(&o.Office.Employers, "employers", 0, "`number` of employers to invent (default: 3 with 60 employees)")
	c.Flags().IntVar(&o.Office.Employees, "employees", 0, "`number` of employees over all employers")
	return c
}

func (a *app) sandbox(ctx context.Context, address string, o sandbox.Options) error {
	log, err := newLogger(config.Log{Level: "info", Format: "console"}, a.stderr, a.terminal)
	if err != nil {
		return err
	}
	o.Log = &log
	s, err := startSandbox(ctx, address, o)
	if err != nil {
		return err
	}
	greeting := struct {
		Address       string `json:"address"`
		User          string `json:"user"`
		Password      string `json:"password"`
		Omgevingscode string `json:"omgevingscode"`
	}{s.URL, sandbox.DemoUser, sandbox.DemoPassword, sandbox.DemoOmgevingscode}
	err = a.print(greeting, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "address        %s\nuser           %s\npassword       %s\nomgevingscode  %s\n",
			greeting.Address, greeting.User, greeting.Password, greeting.Omgevingscode)
		return err
	})
	if err == nil {
		select {
		case <-ctx.Done():
		case <-s.ended:
		}
	}
	return errors.Join(err, s.Close())
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

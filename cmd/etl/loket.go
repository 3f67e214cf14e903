package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"loket-etl/config"
	"loket-etl/loket"
	"loket-etl/loket/contract"
)

// passwordVariable holds the password of --user.
const passwordVariable = "LOKET_PASSWORD"

// loketShell is what the subcommands of "etl loket" share: the flags that say
// which Loket, and the client once it is open.
type loketShell struct {
	*app
	url, user, omgevingscode string
	yes, reveal              bool

	client *loket.Client
	where  config.Loket // which Loket it is
}

func (a *app) loketCommand() *cobra.Command {
	l := &loketShell{app: a}
	c := a.group("loket", "Look and work in Loket by hand",
		l.tokenCommand(), l.childrenCommand(), l.functionsCommand(), l.listCommand(), l.selectCommand(),
		l.versionsCommand(), l.versionCommand(), l.metadataCommand(),
		l.runsCommand(), l.aangiftesCommand(), l.clieop03Command(), l.outputCommand(), l.exportCommand(),
		l.werkgeverCommand(), l.persoonCommand(), l.dienstverbandCommand(), l.dossierCommand(), l.aangifteCommand(),
		l.importeerCommand(), l.callCommand(),
	)
	c.Long = `Calls the webservices of Loket one at a time, for a person at a terminal. What is
changed here is not in the ledger: files that must be sent exactly once belong in
an inbox.

Which Loket: that of --url with --user, --omgevingscode and the password in the
environment variable ` + passwordVariable + `; else that of the configuration file; and
without either the sandbox inside this program, which forgets all at the end.

Commands that change something ask first, or want --yes. A BSN, an IBAN and the
number of an identity document are masked unless --reveal is given; files are
written as Loket made them. Tokens are never shown.`
	f := c.PersistentFlags()
	f.StringVar(&l.url, "url", "", "`address` before /soap/..., or \"sandbox\" (default: from the configuration)")
	f.StringVar(&l.user, "user", "", "`name` of the webservice user at --url")
	f.StringVar(&l.omgevingscode, "omgevingscode", "", "`code` of the environment at --url")
	f.BoolVar(&l.yes, "yes", false, "change Loket without asking")
	f.BoolVar(&l.reveal, "reveal", false, "show BSN, IBAN and document numbers in full")
	return c
}

// do makes the RunE of a subcommand that calls Loket.
func (l *loketShell) do(run func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) (err error) {
		l.started = true
		closeLoket, err := l.open(cmd.Context(), cmd.Flags().Changed("config"))
		if err != nil {
			return err
		}
		defer func() {
			if closed := closeLoket(); closed != nil {
				err = errors.Join(err, closed)
			}
		}()
		return explain(run(cmd.Context(), args))
	}
}

// open makes the client. named says that the configuration file was asked for,
// so that it must be there.
func (l *loketShell) open(ctx context.Context, named bool) (func() error, error) {
	c := &config.Config{}
	switch {
	case l.url == config.Sandbox || l.url == "" && !named && l.user+l.omgevingscode == "" && !l.configured():
		if l.user+l.omgevingscode != "" {
			return nil, usage("--user and --omgevingscode do not go with the sandbox of this program")
		}
		c.Loket.URL = config.Sandbox
		fmt.Fprintln(l.stderr, "etl: this is the sandbox inside the program; it forgets all at the end")
	case l.url != "":
		password, ok := l.getenv(passwordVariable)
		if l.user == "" || l.omgevingscode == "" || !ok || password == "" {
			return nil, usage("--url needs --user, --omgevingscode and the password in the environment variable " + passwordVariable)
		}
		c.Loket = config.Loket{URL: l.url, User: l.user, Password: config.NewSecret(password), Omgevingscode: l.omgevingscode}
	case l.user+l.omgevingscode != "":
		return nil, usage("--user and --omgevingscode belong to --url")
	default:
		var err error
		if c, err = l.loadConfig(); err != nil {
			return nil, err
		}
	}
	client, closeLoket, err := l.openLoket(ctx, c)
	if err != nil {
		return nil, err
	}
	l.client, l.where = client, c.Loket
	return closeLoket, nil
}

// configured tells whether the configuration file is there.
func (l *loketShell) configured() bool {
	_, err := os.Stat(l.configPath)
	return !errors.Is(err, fs.ErrNotExist)
}

// usage is a mistake on the command line.
func usage(text string, hints ...string) error {
	return exitWith(exitUsage, hint(errors.New(text), hints...))
}

// explain adds to an error of Loket what to do about it.
func explain(err error) error {
	var fault *loket.Fault
	switch {
	case err == nil:
		return nil
	case errors.Is(err, loket.ErrUnknown):
		return exitWith(exitHeld, err)
	case errors.Is(err, contract.ErrArgs):
		return exitWith(exitUsage, err)
	case errors.Is(err, loket.ErrListChanged):
		return hint(err, "ask again")
	case !errors.As(err, &fault):
		return err
	}
	switch fault.Code {
	case contract.AanmeldingMislukt:
		return hint(err, "check user, password and omgevingscode; after several failures Loket locks the user out for a while")
	case contract.GeenRechten:
		return hint(err, "give the webservice user the right in Loket")
	case contract.OnbekendeEntiteit:
		return hint(err, "etl loket children shows the entities there are")
	case contract.OnbekendeIdentity:
		return hint(err, "etl loket list shows the records that this user may see")
	case contract.ParentDataIdentityOntbreekt:
		return hint(err, "give --parent")
	case contract.TijdelijkNietBeschikbaar:
		return hint(err, "nothing was done; try again later")
	}
	return err
}

// send carries out a call, after asking when it changes something.
func (l *loketShell) send(ctx context.Context, call contract.Call) (loket.Reply, error) {
	if err := l.allow(call); err != nil {
		return loket.Reply{}, err
	}
	reply, err := l.client.Do(ctx, call)
	return reply, l.unknown(call, err)
}

// allow checks a call, and asks when it changes something.
func (l *loketShell) allow(call contract.Call) error {
	f, ok := contract.Lookup(call.Function)
	if !ok {
		return usage(fmt.Sprintf("there is no function %q", call.Function), "etl loket call lists them")
	}
	if err := f.Check(call.Args); err != nil {
		return err
	}
	if f.ClassOf(call) == contract.Read {
		return nil
	}
	return l.confirm(f, call)
}

// unknown adds to an error that leaves the outcome open how to find it out.
func (l *loketShell) unknown(call contract.Call, err error) error {
	f, ok := contract.Lookup(call.Function)
	if !ok || !errors.Is(err, loket.ErrUnknown) {
		return err
	}
	if probe := f.ProbeOf(call); probe != "" {
		return hint(err, "see with "+probe+" whether it was carried out before sending it again")
	}
	return hint(err, "Loket has no function to see whether it was carried out: look in Loket itself before sending it again")
}

// confirm asks a person at the terminal whether a call may go out.
func (l *loketShell) confirm(f *contract.Function, call contract.Call) error {
	if l.yes {
		return nil
	}
	in, ok := l.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return usage(f.FullName()+" changes Loket and there is nobody to ask", "add --yes when it may be sent")
	}
	fmt.Fprintf(l.stderr, "%s (%s) at %s:\n", f.FullName(), f.ClassOf(call), printable(l.where.URL))
	if err := l.arguments(f.Params, call.Args).write(l.stderr, "  "); err != nil {
		return err
	}
	fmt.Fprint(l.stderr, "type yes to send it: ")
	answer := bufio.NewScanner(in)
	answer.Scan()
	if err := answer.Err(); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if strings.TrimSpace(answer.Text()) != "yes" {
		return errors.New("not sent")
	}
	return nil
}

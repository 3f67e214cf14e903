package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"loket-etl/config"
	"loket-etl/ledger"
)

func (a *app) doctorCommand() *cobra.Command {
	var patience time.Duration
	c := &cobra.Command{
		Use: "doctor", Short: "Try every connection, and say what is wrong and what to do", Args: cobra.NoArgs,
		Long: `Tries everything the configuration names: the database (opened and written to),
the disk under it, every inbox and outbox, Loket (log in, list the employers,
compare the clocks), and the mail server and webhook of alerts (nothing is sent). It says of every file in an inbox why it is complete or
passed over.

In done/ and failed/ of every inbox it writes a small file called .etl-doctor, to
know that receipts can be written there; on an SFTP server it stays, as there is
only one. Nothing else is changed and nothing is sent to Loket but questions.

Ends with 1 when something is wrong. A warning does not count.`,
		RunE: a.do(func(ctx context.Context, _ []string) error { return a.doctor(ctx, patience) }),
	}
	c.Flags().DurationVar(&patience, "patience", 30*time.Second, "how `long` to try each thing")
	return c
}

// finding is what the doctor says of one thing.
type finding struct {
	What   string    `json:"what"`
	Status string    `json:"status"` // ok, warning or wrong
	Detail string    `json:"detail"`
	Hints  []string  `json:"hints,omitempty"`
	Files  []lyingIn `json:"files,omitempty"` // of an inbox
}

// lyingIn is a file that lies in an inbox.
type lyingIn struct {
	Name     string `json:"name"`
	Complete bool   `json:"complete"`
	Reason   string `json:"reason"`
}

func fine(what, format string, args ...any) finding {
	return finding{What: what, Status: "ok", Detail: fmt.Sprintf(format, args...)}
}

func doubtful(what, detail string, hints ...string) finding {
	return finding{What: what, Status: "warning", Detail: detail, Hints: hints}
}

// wrong takes the hints of the error along.
func wrong(what string, err error, hints ...string) finding {
	each(err, func(f *failure) { hints = append(hints, f.hints...) })
	return finding{What: what, Status: "wrong", Detail: err.Error(), Hints: hints}
}

func (a *app) doctor(ctx context.Context, patience time.Duration) error {
	var all []finding
	c, warnings, err := a.readConfig(config.Options{})
	for _, w := range warnings {
		all = append(all, doubtful("config", w.String()))
	}
	if err != nil {
		all = append(all, wrong("config", err))
		return a.printFindings(all)
	}
	all = append(all, fine("config", "%s is in order", a.configPath))
	if len(c.Pipelines) == 0 {
		all = append(all, doubtful("pipelines", "no pipeline is on: files that are dropped stay where they are", "bind one to an inbox under pipelines; etl pipelines lists them"))
	}
	try := func(f func(ctx context.Context) []finding) {
		if ctx.Err() == nil {
			timed, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			all = append(all, f(timed)...)
		}
	}
	try(func(ctx context.Context) []finding { return a.tryDatabase(ctx, c) })
	for _, in := range c.Inboxes {
		try(func(ctx context.Context) []finding { return a.tryInbox(ctx, c, in) })
	}
	for _, out := range c.Outboxes {
		try(func(ctx context.Context) []finding { return a.tryOutbox(ctx, out) })
	}
	try(func(ctx context.Context) []finding { return a.tryLoket(ctx, c) })
	for _, t := range alertTargets(c.Alerts) {
		try(func(ctx context.Context) []finding { return tryAlerts(ctx, t) })
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return a.printFindings(all)
}

func (a *app) printFindings(all []finding) error {
	bad := slices.ContainsFunc(all, func(f finding) bool { return f.Status == "wrong" })
	report := struct {
		OK     bool      `json:"ok"`
		Checks []finding `json:"checks"`
	}{!bad, all}
	err := a.print(report, func(w io.Writer) error { return writeFindings(w, all) })
	if err == nil && bad {
		err = exitWith(exitFailed, errTold)
	}
	return err
}

// mostFiles is how many files of an inbox are shown to people.
const mostFiles = 20

func writeFindings(w io.Writer, all []finding) error {
	width := 0
	for _, f := range all {
		width = max(width, len(f.What))
	}
	for _, f := range all {
		lines := strings.Split(strings.TrimRight(f.Detail, "\n"), "\n")
		for i, line := range lines {
			status, what := f.Status, f.What
			if i > 0 {
				status, what = "", ""
			}
			fmt.Fprintf(w, "%-7s  %-*s  %s\n", status, width, what, printable(line))
		}
		for _, h := range f.Hints {
			fmt.Fprintf(w, "%-7s  %-*s  hint: %s\n", "", width, "", printable(h))
		}
		for i, file := range f.Files {
			if i == mostFiles {
				fmt.Fprintf(w, "%-7s  %-*s  - and %d more; --json has all\n", "", width, "", len(f.Files)-i)
				break
			}
			sign := "not taken"
			if file.Complete {
				sign = "complete"
			}
			fmt.Fprintf(w, "%-7s  %-*s  - %s: %s, %s\n", "", width, "", printable(file.Name), sign, printable(file.Reason))
		}
	}
	return nil
}

// lowDisk is how much room the database should have at least.
const lowDisk = 1 << 30

func (a *app) tryDatabase(ctx context.Context, c *config.Config) []finding {
	const what = "database"
	l, err := a.openLedger(ctx, c)
	if err != nil {
		if c.Database.Postgres.IsSet() {
			return []finding{wrong(what, errors.New("PostgreSQL cannot be opened: "+err.Error()), "check address, user and password, and that the user may create tables")}
		}
		return []finding{wrong(what, err)}
	}
	defer l.Close()
	if _, err := l.Sweep(ctx, 0); err != nil {
		return []finding{wrong(what, err, "the user of this program must be able to write it")}
	}
	s, err := l.Stats(ctx)
	if err != nil {
		return []finding{wrong(what, err)}
	}
	out := []finding{fine(what, "opened and written; %s", entriesText(s))}
	if n := s.States[ledger.Held]; n > 0 {
		out = append(out, doubtful("held", fmt.Sprintf("%d files wait for a person", n), "etl list --state held"))
	}
	if c.Database.Postgres.IsSet() {
		return out
	}
	dir := filepath.Dir(c.Database.SQLite)
	if free, ok := diskFree(dir); ok {
		detail := fmt.Sprintf("%d MiB free under %s", free>>20, dir)
		if free < max(lowDisk, uint64(c.Limits.FileSize)) {
			return append(out, doubtful("disk", detail, "a file of limits.file_size would not fit; make room, or lower limits.retention"))
		}
		out = append(out, fine("disk", "%s", detail))
	}
	return out
}

func entriesText(s ledger.Stats) string {
	n := 0
	for _, count := range s.States {
		n += count
	}
	text := fmt.Sprintf("%d files came in", n)
	for _, state := range slices.Sorted(maps.Keys(s.States)) {
		text += fmt.Sprintf(", %d %s", s.States[state], state)
	}
	return text
}

func (a *app) tryLoket(ctx context.Context, c *config.Config) []finding {
	const what = "loket"
	client, closeLoket, err := a.openLoket(ctx, c)
	if err != nil {
		return []finding{wrong(what, err)}
	}
	defer closeLoket()
	if _, err := client.GetUserToken(ctx); err != nil {
		return []finding{wrong(what, fmt.Errorf("log in at %s: %w", c.Loket.URL, err), loketHints(err)...)}
	}
	employers, err := client.ListVersion(ctx, "Werkgever", "")
	if err != nil {
		return []finding{wrong(what, fmt.Errorf("list the employers: %w", err), loketHints(err)...)}
	}
	out := []finding{fine(what, "logged in at %s; it shows %d employers", c.Loket.URL, len(employers))}
	if len(employers) == 0 {
		out[0] = doubtful(what, "logged in, but it shows no employers", "give the webservice user rights to the employers in Loket")
	}
	if c.Loket.URL != config.Sandbox {
		out = append(out, a.tryClock(ctx, c.Loket.URL)...)
	}
	return out
}

// maxSkew is how far clocks may be apart before it is worth a word.
const maxSkew = time.Minute

// tryClock compares this machine's clock with the Date header of Loket's server.
func (a *app) tryClock(ctx context.Context, url string) []finding {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return nil
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		return nil // that Loket can be reached was found out above
	}
	_ = answer.Body.Close()
	theirs, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return nil
	}
	skew := a.now().Sub(theirs)
	if skew.Abs() > maxSkew {
		side := "ahead of"
		if skew < 0 {
			side = "behind"
		}
		return []finding{doubtful("clock", fmt.Sprintf("the clock of this machine is %s %s Loket's", skew.Abs().Round(time.Second), side), "switch on time synchronisation (NTP)")}
	}
	return []finding{fine("clock", "it agrees with Loket's within %s", maxSkew)}
}

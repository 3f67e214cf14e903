package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"loket-etl/config"
	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/mappings"
	"loket-etl/payroll"
	"loket-etl/pipelines"
)

func (a *app) checkCommand() *cobra.Command {
	var (
		flags   fileFlags
		offline bool
		show    int
	)
	c := &cobra.Command{
		Use: "check FILE", Short: "Say what would become of a file, and send nothing", Args: cobra.ExactArgs(1),
		Long: `Reads, checks and maps a file as if it were dropped in an inbox, and prints the
calls to Loket that it would make, or what is wrong with it and how to repair it.
Nothing is kept and nothing is sent. FILE may be - for standard input.

What differs from earlier files of the same sender is said as a warning, when the
database of etl.yaml knows those; drift that would hold the file is why it is held.

Loket is asked for its people and whether the periods are open, or for its tax
returns where the file is about those; with --offline it is not, and then it stays
unknown what exists there. A mapping that finds people by e-mail
address or looks up how long a period is cannot do without Loket. With --offline
no etl.yaml is needed.

Ends with 3 when the file would be refused, or a part of it, and with 4 when it
would be held for a person.`,
		Example: "  etl check uren_5555_oktober.csv --pipeline urenregistratie",
		RunE: a.do(func(ctx context.Context, args []string) error {
			return a.check(ctx, args[0], flags, offline, show)
		}),
	}
	flags.add(c)
	c.Flags().BoolVar(&offline, "offline", false, "do not ask Loket who its people are")
	c.Flags().IntVar(&show, "values", 20, "show at most this `number` of values per call; --json has all")
	return c
}

type checkReport struct {
	File     string            `json:"file"`
	Pipeline string            `json:"pipeline"`
	Mapping  string            `json:"mapping,omitempty"`
	Outcome  ledger.Outcome    `json:"outcome"` // if Loket takes every line
	Reason   string            `json:"reason,omitempty"`
	Checked  bool              `json:"people_checked"`
	Rows     int               `json:"rows"`
	Accepted int               `json:"accepted"`
	Refused  int               `json:"refused"`
	Skipped  int               `json:"skipped"`
	Calls    []checkCall       `json:"calls"`
	Problems []formats.Problem `json:"problems"`
	More     int               `json:"more_problems"`   // over the limit, not listed
	Notes    []formats.Problem `json:"notes,omitempty"` // about what would be accepted
}

type checkCall struct {
	No       int          `json:"no"`
	Function string       `json:"function"`
	Class    string       `json:"class"`
	Subject  string       `json:"subject"`
	Rows     int          `json:"rows"`
	File     string       `json:"file,omitempty"`
	Bytes    int          `json:"bytes,omitempty"`
	Values   []checkValue `json:"values"`
	Args     []checkArg   `json:"args,omitempty"` // of a call without an import file
	count    int
}

type checkArg struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// checkValue is a value in an import file; what does not apply is left out.
type checkValue struct {
	Regelnummer    int    `json:"regelnummer"`
	Clientnummer   int    `json:"clientnummer,omitempty"`
	WerkgeverID    int    `json:"werkgever_id,omitempty"`
	PersnrVerl     int    `json:"persnr_verl,omitempty"`
	Persnr         int    `json:"persnr,omitempty"`
	Period         string `json:"period,omitempty"`
	Strook         int    `json:"strook,omitempty"`
	Ploeg          int    `json:"ploeg,omitempty"`
	Verdeeleenheid int    `json:"verdeeleenheid,omitempty"`
	Kostenplaats   string `json:"kostenplaats,omitempty"`
	Kostendrager   string `json:"kostendrager,omitempty"`
	Component      int    `json:"component,omitempty"`
	Value          string `json:"value,omitempty"` // hours or euros, two decimals; absent: what stands is taken away
	Aanvulling     bool   `json:"aanvulling,omitempty"`
	Ingangsdatum   string `json:"ingangsdatum,omitempty"`
	Einddatum      string `json:"einddatum,omitempty"`
	Soort          int    `json:"soort,omitempty"`
	Factor         int    `json:"factor,omitempty"`
	Eenheden       string `json:"eenheden,omitempty"`
}

func (a *app) check(ctx context.Context, path string, flags fileFlags, offline bool, show int) (err error) {
	load := a.loadConfig
	if offline {
		load = a.configOrNone
	}
	c, err := load()
	if err != nil {
		return err
	}
	plans, err := loadPlans(c.Files)
	if err != nil {
		return err
	}
	if err := flags.check(c, plans, path); err != nil {
		return err
	}
	open, size, done, err := a.source(path)
	if err != nil {
		return err
	}
	defer done()
	report := checkReport{File: flags.name, Pipeline: flags.pipeline, Calls: []checkCall{}, Problems: []formats.Problem{}}
	if most := int64(c.Limits.FileSize); most > 0 && size > most {
		report.Outcome = ledger.RefusedOutcome
		report.Problems = append(report.Problems, formats.Problem{
			Code: "te-groot", Message: fmt.Sprintf("Het bestand is %d bytes en de grens is %d bytes.", size, most),
			Repair: "Splits de export in kleinere bestanden of laat de beheerder de grens verhogen.",
		})
		return a.printCheck(report)
	}
	if m, ok := plans.Mappings.Get(plans.Pipelines[flags.pipeline].Mapping); ok && offline && m.NeedsPeople() {
		return hint(fmt.Errorf("mapping %s must ask Loket %s", m.Name(), m.PeopleFor()), "leave --offline out")
	}
	bar := a.newProgress("checking", size, true)
	defer bar.end()
	dry := pipelines.Dry{
		Pipeline: flags.pipeline, Inbox: flags.inbox, Name: flags.name, Offline: offline,
		Open: func() (io.ReadCloser, error) {
			f, err := open()
			if err != nil {
				return nil, err
			}
			return bar.reader(f), nil
		},
	}
	if err := a.dryRun(ctx, c, plans, dry, show, &report); err != nil {
		return err
	}
	bar.end()
	return a.printCheck(report)
}

func (a *app) dryRun(ctx context.Context, c *config.Config, plans pipelines.Plans, dry pipelines.Dry, show int, report *checkReport) (err error) {
	bound, err := bindings(c)
	if err != nil {
		return err
	}
	o := pipelines.Options{
		Bindings: bound, Now: a.now, Log: zerolog.Nop(),
		Limits: pipelines.Limits{Problems: c.Limits.Problems, CallBytes: int(c.Limits.CallBytes)},
	}
	if !dry.Offline {
		client, closeLoket, err2 := a.openLoket(ctx, c)
		if err2 != nil {
			return err2
		}
		defer func() { err = errors.Join(err, closeLoket()) }()
		o.Loket = client
		if l := a.ledgerThatIs(ctx, c); l != nil {
			defer func() { err = errors.Join(err, l.Close()) }()
			o.Ledger = l
		}
	}
	found, err := pipelines.NewRunner(o, plans).Check(ctx, dry, func(dc pipelines.DryCall) error {
		most := len(dc.Values)
		if !a.json {
			most = min(most, max(show, 0))
		}
		report.Calls = append(report.Calls, newCheckCall(dc, most))
		return ctx.Err()
	})
	if err != nil {
		if dry.Offline {
			return err
		}
		return hint(err, "etl doctor tries the connection")
	}
	report.Mapping, report.Outcome, report.Reason, report.Checked = found.Mapping, found.Outcome, found.Reason, found.Checked
	report.Rows, report.Accepted, report.Refused, report.Skipped = found.Rows, found.Accepted, found.Refused, found.Skipped
	if found.Calls == 0 {
		report.Calls = []checkCall{}
	}
	report.Problems, report.More, report.Notes = append(report.Problems, found.Problems...), found.MoreProblems, found.Notes
	return nil
}

// newCheckCall shows a call with the first most of its values.
func newCheckCall(dc pipelines.DryCall, most int) checkCall {
	c := checkCall{
		No: dc.No, Function: dc.Function, Class: dc.Class, Subject: dc.Subject, Rows: dc.Rows,
		File: dc.File, Bytes: dc.Bytes, Values: make([]checkValue, 0, most), count: len(dc.Values),
	}
	for _, v := range dc.Args {
		c.Args = append(c.Args, checkArg(v))
	}
	for _, v := range dc.Values[:most] {
		c.Values = append(c.Values, newCheckValue(v))
	}
	return c
}

func newCheckValue(v mappings.ImportValue) checkValue {
	out := checkValue{
		Regelnummer: v.Regelnummer, Clientnummer: v.Clientnummer, WerkgeverID: v.WerkgeverID, PersnrVerl: v.PersnrVerl, Persnr: v.Persnr,
	}
	if l := v.Verlof; l != nil {
		out.Ingangsdatum, out.Einddatum, out.Soort, out.Factor, out.Eenheden = l.Ingangsdatum.String(), l.Einddatum.String(), l.Soort, l.Factor, l.Eenheden.String()
		return out
	}
	out.Period, out.Strook, out.Ploeg, out.Verdeeleenheid = v.Period.String(), v.Strook, v.Ploeg, v.Verdeeleenheid
	out.Kostenplaats, out.Kostendrager, out.Component, out.Aanvulling = v.Kostenplaats, v.Kostendrager, v.Component, v.Aanvulling
	if !v.None {
		out.Value = payroll.Cents(v.Value).String()
	}
	return out
}

func (a *app) printCheck(r checkReport) error {
	if err := a.print(r, r.write); err != nil {
		return err
	}
	switch r.Outcome {
	case ledger.Imported:
		return nil
	case ledger.HeldOutcome:
		return exitWith(exitHeld, errTold)
	default:
		return exitWith(exitRefused, errTold)
	}
}

// verdicts say what an outcome would be.
var verdicts = map[ledger.Outcome]string{
	ledger.Imported:       "would be imported",
	ledger.Partly:         "would be imported in part",
	ledger.RefusedOutcome: "would be refused",
	ledger.HeldOutcome:    "would be held",
}

func (r checkReport) write(w io.Writer) error {
	fmt.Fprintf(w, "%s %s\n", printable(r.File), verdicts[r.Outcome])
	if r.Mapping != "" {
		fmt.Fprintf(w, "pipeline %s, mapping %s\n", r.Pipeline, r.Mapping)
	}
	if r.Reason != "" {
		fmt.Fprintln(w, printable(r.Reason))
	}
	fmt.Fprintf(w, "rows %d: accepted %d, refused %d, passed over %d\n", r.Rows, r.Accepted, r.Refused, r.Skipped)
	if !r.Checked && r.Outcome != ledger.RefusedOutcome {
		what := "employees exist and the periods are open"
		if len(r.Calls) > 0 && len(r.Calls[0].Args) > 0 {
			what = "tax returns exist"
		}
		fmt.Fprintf(w, "Loket was not asked whether these %s\n", what)
	}
	for _, c := range r.Calls {
		if err := c.write(w); err != nil {
			return err
		}
	}
	if err := writeNotes(w, r.Notes); err != nil {
		return err
	}
	return writeProblems(w, r.Problems, r.More)
}

// count is a number of things: "1 row", "2 rows".
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// writeProblems lists what is wrong with a file.
func writeProblems(w io.Writer, all []formats.Problem, more int) error {
	if len(all) == 0 {
		return nil
	}
	fmt.Fprintf(w, "\n%s:\n", count(len(all)+more, "problem"))
	for _, p := range all {
		fmt.Fprintf(w, "  %s\n", printable(p.String()))
	}
	if more > 0 {
		fmt.Fprintf(w, "  and %d more\n", more)
	}
	return nil
}

// writeNotes lists what is accepted and had better be looked at.
func writeNotes(w io.Writer, all []formats.Problem) error {
	for i, p := range all {
		if i == 0 {
			fmt.Fprintln(w)
		}
		if _, err := fmt.Fprintf(w, "warning: %s\n", printable(p.String())); err != nil {
			return err
		}
	}
	return nil
}

func (c checkCall) write(w io.Writer) error {
	if len(c.Args) > 0 {
		return c.writeArgs(w)
	}
	fmt.Fprintf(w, "\ncall %d: %s (%s), %s, %s, %s of %d bytes\n", c.No, c.Function, c.Class, c.Subject, count(c.Rows, "row"), c.File, c.Bytes)
	header := []string{"  CLIENT", "EMPLOYEE", "PERIOD", "COMPONENT", "VALUE", "KOSTENPLAATS", "MORE"}
	if len(c.Values) > 0 && c.Values[0].Ingangsdatum != "" {
		header = []string{"  WERKGEVER", "EMPLOYEE", "FROM", "UNTIL", "SOORT", "FACTOR", "EENHEDEN"}
	}
	var rows [][]string
	for _, v := range c.Values {
		rows = append(rows, v.cells())
	}
	if err := table(w, header, rows); err != nil {
		return err
	}
	if n := c.count - len(c.Values); n > 0 {
		fmt.Fprintf(w, "  and %d more; --values %d or --json shows them\n", n, c.count)
	}
	return nil
}

func (c checkCall) writeArgs(w io.Writer) error {
	fmt.Fprintf(w, "\ncall %d: %s (%s), %s, %s\n", c.No, c.Function, c.Class, printable(c.Subject), count(c.Rows, "row"))
	var rows [][]string
	for _, a := range c.Args {
		rows = append(rows, []string{"  " + a.Name, a.Value})
	}
	return table(w, []string{"  ARGUMENT", "VALUE"}, rows)
}

func (v checkValue) cells() []string {
	number, of := v.PersnrVerl, ""
	if number == 0 {
		number, of = v.Persnr, " (persnr)"
	}
	employee := strconv.Itoa(number) + of
	if v.Ingangsdatum != "" {
		return []string{"  " + strconv.Itoa(v.WerkgeverID), employee, v.Ingangsdatum, v.Einddatum, strconv.Itoa(v.Soort), strconv.Itoa(v.Factor), v.Eenheden}
	}
	value, more := v.Value, ""
	if value == "" {
		value = "(none)"
	}
	if v.Aanvulling {
		value = "+" + value
	}
	note := func(name, text string, skip bool) {
		if !skip {
			if more != "" {
				more += ", "
			}
			more += name + " " + text
		}
	}
	note("strook", strconv.Itoa(v.Strook), v.Strook == 1)
	note("ploeg", strconv.Itoa(v.Ploeg), v.Ploeg == 0)
	note("verdeeleenheid", strconv.Itoa(v.Verdeeleenheid), v.Verdeeleenheid == 0)
	note("kostendrager", v.Kostendrager, v.Kostendrager == "")
	return []string{"  " + strconv.Itoa(v.Clientnummer), employee, v.Period, strconv.Itoa(v.Component), value, v.Kostenplaats, more}
}

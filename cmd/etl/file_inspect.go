package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"loket-etl/formats"
	"loket-etl/formats/pain001"
	"loket-etl/payroll"
)

func (a *app) fileCommand() *cobra.Command {
	return a.group("file", "Look at payroll documents and turn one into another", a.inspectCommand(), a.convertCommand())
}

func (a *app) inspectCommand() *cobra.Command {
	return &cobra.Command{
		Use: "inspect FILE", Short: "Say what a payroll document is, what it adds up to, and what is wrong with it", Args: cobra.ExactArgs(1),
		Long: `Recognises a payroll document by its content, reads it whole, recomputes its
control totals and prints what it holds and what is wrong with it: clieop03,
pain.001.001.03 and .09 (also those of others), loonresultaten, standaardjournaal,
loonaangifte and its response messages, exact, twinfield, xaf, an Opdrachtbrief, the
tables that ship (werknemers, loonresultaten, Yuki, xcount), manifests with the files
that lie beside them, and whether a PDF is whole. Accounts are shown masked, and no payees.
FILE may be - for standard input.

Ends with 3 when the file is not recognised or something is wrong with it.`,
		Example: "  etl file inspect salarissen.xml",
		RunE:    a.do(func(_ context.Context, args []string) error { return a.inspectFile(args[0]) }),
	}
}

// fileReport is what a look at a file found.
type fileReport struct {
	File     string         `json:"file"`
	Kind     string         `json:"kind"` // "": not recognised
	Bytes    int64          `json:"bytes"`
	Facts    []fact         `json:"facts"`
	Batches  []batchReport  `json:"batches,omitempty"`
	Totals   *totalsReport  `json:"totals,omitempty"`
	Checks   []checkResult  `json:"checks"`
	Beyond   map[string]int `json:"beyond,omitempty"` // no mistake, but not carried along by convert; how often
	Problems []fileProblem  `json:"problems"`
	More     int            `json:"more_problems"` // over the limit, not listed

	dir string // where the file lies
}

type fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type batchReport struct {
	Number  int    `json:"number"`
	ID      string `json:"id,omitempty"`
	Kind    string `json:"kind"`
	Date    string `json:"date,omitempty"`
	Account string `json:"account"` // masked
	Name    string `json:"name"`
	Booking string `json:"booking,omitempty"`
	Posts   int    `json:"posts"`
	Amount  string `json:"amount"`
}

type totalsReport struct {
	Count  int    `json:"count"`
	Amount string `json:"amount"`
	Hash   string `json:"hash,omitempty"`
}

type checkResult struct {
	Check string `json:"check"`
	Held  bool   `json:"held"`
}

type fileProblem struct {
	Batch   int    `json:"batch,omitempty"`
	Post    int    `json:"post,omitempty"`
	Message string `json:"message"` // with line and place
}

func (r *fileReport) fact(name, value string) {
	if value != "" && value != "0" {
		r.Facts = append(r.Facts, fact{name, value})
	}
}

func (r *fileReport) check(name string, held bool) {
	r.Checks = append(r.Checks, checkResult{name, held})
}

func (r *fileReport) totals(t payroll.Totals) {
	r.Totals = &totalsReport{t.Count, t.Amount.String(), t.Hash}
}

func (a *app) inspectFile(path string) error {
	open, size, done, err := a.source(path)
	if err != nil {
		return err
	}
	defer done()
	r := fileReport{File: filepath.Base(path), dir: filepath.Dir(path), Bytes: size, Facts: []fact{}, Checks: []checkResult{}, Problems: []fileProblem{}}
	kind, err := openKind(open)
	var unknown unknownKind
	switch {
	case errors.As(err, &unknown):
		r.Problems = append(r.Problems, fileProblem{Message: unknown.Error()})
	case err != nil:
		return err
	default:
		r.Kind = kind.name
		if err := kind.inspect(open, &r); err != nil {
			return err
		}
	}
	if err := a.print(r, r.write); err != nil {
		return err
	}
	if len(r.Problems) > 0 {
		return exitWith(exitRefused, errTold)
	}
	return nil
}

func openKind(open opener) (fileKind, error) {
	in, err := open()
	if err != nil {
		return fileKind{}, err
	}
	defer in.Close()
	return kindOf(in)
}

// inspect reads a document and adds it up twice: from what was understood, and
// from the bytes.
func inspect[D document](f formats.Format[D], facts func(D, *fileReport) error, open opener, r *fileReport) error {
	in, err := open()
	if err != nil {
		return err
	}
	defer in.Close()
	problem := func(err error) { r.Problems = append(r.Problems, fileProblem{Message: err.Error()}) }
	doc, err := f.Decode(in)
	r.check("every field, rule and control total", err == nil)
	if err != nil {
		problem(err)
		return nil
	}
	if err := facts(doc, r); err != nil {
		problem(err)
	}
	sum, err := doc.Totals()
	if err != nil {
		problem(err)
		return nil
	}
	r.totals(sum)
	again, err := open()
	if err != nil {
		return err
	}
	defer again.Close()
	read, err := f.Totals(again)
	if err == nil && read != sum {
		err = errors.New("the bytes and the document do not add up to the same")
	}
	if r.check("the bytes add up to the same again", err == nil); err != nil {
		problem(err)
	}
	return nil
}

func inspectPain001(v pain001.Version) func(opener, *fileReport) error {
	return func(open opener, r *fileReport) error {
		in, err := open()
		if err != nil {
			return err
		}
		defer in.Close()
		i := v.Inspect(in)
		messageFacts(i.Payments, r)
		for _, b := range i.Batches {
			r.batch(b.PaymentBatch, b.Salary, b.Count, b.Amount)
		}
		r.totals(i.Totals)
		for _, p := range i.Problems {
			r.Problems = append(r.Problems, fileProblem{p.Batch, p.Post, p.Err.Error()})
		}
		r.More = i.More
		r.check("every element, Dutch SEPA rule, IBAN, count and control sum", len(i.Problems) == 0)
		if len(i.Beyond) > 0 {
			r.Beyond = i.Beyond
		}
		r.check("nothing that convert does not carry along", len(i.Beyond) == 0)
		return nil
	}
}

func messageFacts(p payroll.Payments, r *fileReport) {
	r.fact("message", p.MessageID)
	r.fact("sender", p.Sender)
	r.fact("identification", p.FileID)
	created := p.Created.String()
	if p.Time != 0 {
		created = p.Created.Time().Add(p.Time).Format(time.DateTime)
	}
	r.fact("created", created)
	r.fact("initiator", p.Initiator)
	if p.Duplicate {
		r.fact("duplicate", "yes")
	}
}

func (r *fileReport) batch(b payroll.PaymentBatch, salary bool, posts int, amount payroll.Cents) {
	kind := "payments"
	switch {
	case b.Collect:
		kind = "direct debits"
	case salary:
		kind = "salaries"
	}
	if b.Test {
		kind += " (test)"
	}
	r.Batches = append(r.Batches, batchReport{
		Number: b.Number, ID: b.ID, Kind: kind, Date: b.Date.String(), Account: b.Account.String(), Name: b.Name,
		Booking: map[payroll.Booking]string{payroll.BookingBatch: "batch", payroll.BookingSingle: "single"}[b.Booking],
		Posts:   posts, Amount: amount.String(),
	})
}

func paymentFacts(p payroll.Payments, r *fileReport) error {
	messageFacts(p, r)
	for _, b := range p.Batches {
		salary, posts, amount := true, 0, payroll.Cents(0)
		for post, err := range b.Posts {
			if err != nil {
				return err
			}
			posts++
			amount += post.Amount
			salary = salary && post.Kind == payroll.Salary
		}
		r.batch(b, salary, posts, amount)
	}
	return nil
}

func journalFacts(j payroll.Journal, r *fileReport) error {
	debit, credit := j.Sums()
	r.fact("run", j.Run)
	r.fact("werkgever", strconv.Itoa(j.WerkgeverID))
	r.fact("clientnummer", strconv.Itoa(j.Clientnummer))
	if j.Period != (payroll.Period{}) {
		r.fact("period", j.Period.String())
	}
	r.fact("date", j.Date.String())
	r.fact("debit", debit.String())
	r.fact("credit", credit.String())
	r.check("debit is credit", debit == credit)
	return nil
}

func resultFacts(d payroll.Results, r *fileReport) error {
	r.fact("werkgever", strconv.Itoa(d.WerkgeverID))
	r.fact("year", strconv.Itoa(d.Year))
	r.fact("periods", fmt.Sprintf("%d to %d", d.From, d.To))
	r.fact("export set", d.ExportSet)
	r.fact("run", d.Run)
	r.fact("created", d.Created.UTC().Format(time.RFC3339))
	return nil
}

func taxFacts(d payroll.TaxReturn, r *fileReport) error {
	if d.Period != nil {
		r.fact("period", d.Period.Begin.String()+" to "+d.Period.End.String())
	}
	r.fact("corrections", strconv.Itoa(len(d.Corrections)))
	return nil
}

func (r fileReport) write(w io.Writer) error {
	kind := r.Kind
	if kind == "" {
		kind = "not recognised"
	}
	fmt.Fprintf(w, "%s: %s, %d bytes\n", printable(r.File), kind, r.Bytes)
	for _, f := range r.Facts {
		fmt.Fprintf(w, "  %-14s  %s\n", f.Name, printable(f.Value))
	}
	var rows [][]string
	for _, b := range r.Batches {
		rows = append(rows, []string{"  " + strconv.Itoa(b.Number), b.ID, b.Kind, b.Date, b.Account, b.Name, b.Booking, strconv.Itoa(b.Posts), b.Amount})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w)
	}
	if err := table(w, []string{"  BATCH", "ID", "KIND", "DATE", "ACCOUNT", "NAME", "BOOKING", "POSTS", "AMOUNT"}, rows); err != nil {
		return err
	}
	if t := r.Totals; t != nil {
		fmt.Fprintf(w, "\ntotal: count %d, amount %s", t.Count, t.Amount)
		if t.Hash != "" {
			fmt.Fprintf(w, ", hash %s", t.Hash)
		}
		fmt.Fprintln(w)
	}
	return r.writeVerdict(w)
}

func (r fileReport) writeVerdict(w io.Writer) error {
	if len(r.Checks) > 0 {
		fmt.Fprintln(w, "\nchecks:")
	}
	for _, c := range r.Checks {
		fmt.Fprintf(w, "  %-4s  %s\n", map[bool]string{true: "good", false: "not"}[c.Held], c.Check)
	}
	for i, what := range slices.Sorted(maps.Keys(r.Beyond)) {
		if i == 0 {
			fmt.Fprintln(w, "\nno mistake, but convert does not carry it along:")
		}
		fmt.Fprintf(w, "  %s (%d)\n", what, r.Beyond[what])
	}
	if len(r.Problems) > 0 {
		fmt.Fprintf(w, "\n%s:\n", count(len(r.Problems)+r.More, "problem"))
	}
	for _, p := range r.Problems {
		fmt.Fprintf(w, "  %s\n", printable(p.Message))
	}
	if r.More > 0 {
		fmt.Fprintf(w, "  and %d more\n", r.More)
	}
	return nil
}

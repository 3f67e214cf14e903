package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"loket-etl/payroll"
)

// conversion is what a conversion needs beside the file.
type conversion struct {
	to      string
	ibans   string // path of the table
	bic     string
	date    string
	message string
	notes   []string // what a person must know of the result
}

func (a *app) convertCommand() *cobra.Command {
	var (
		c   conversion
		out target
	)
	cmd := &cobra.Command{
		Use: "convert FILE --to FORMAT -o OUT", Short: "Turn a payroll document into another format", Args: cobra.ExactArgs(1),
		Long: `Reads a payroll document, writes it in another format, reads back what was
written and compares the totals; only then does the file appear, whole. A file that
is there already stays as it is, unless --force is given.

Clieop03 has account numbers where SEPA has IBANs, and mostly no names of payees:
--ibans names a table that has them, with the header account;iban or
account;iban;name. The last ten digits of an IBAN must be the account number. Payees
that it does not have are named by number, and then nothing is written. The BIC of
the principal's bank is given with --bic. Salaries and other payments come in batches
of their own. FILE may be - for standard input, OUT - for standard output.

Ends with 3 when the file is refused.`,
		Example: "  etl file convert salaris.clieop03 --to pain.001.001.09 --ibans ibans.csv --bic ABNANL2A -o salaris.xml",
		RunE:    a.do(func(ctx context.Context, args []string) error { return a.convertFile(ctx, args[0], &c, out) }),
	}
	cmd.Flags().StringVar(&c.to, "to", "", "the `format` to write")
	cmd.Flags().StringVarP(&out.file, "output", "o", "", "`file` to write, - for standard output")
	cmd.Flags().BoolVar(&out.force, "force", false, "replace the file when it is there")
	cmd.Flags().StringVar(&c.ibans, "ibans", "", "`table` of account numbers and their IBANs, as CSV")
	cmd.Flags().StringVar(&c.bic, "bic", "", "`BIC` of the principal's bank")
	cmd.Flags().StringVar(&c.date, "date", "", "execution `date`, YYYY-MM-DD (default: that of the file)")
	cmd.Flags().StringVar(&c.message, "message-id", "", "`identification` of the message (default: that of the file)")
	for _, name := range []string{"to", "output"} {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err)
		}
	}
	return cmd
}

type convertReport struct {
	File   string       `json:"file"`
	From   string       `json:"from"`
	Output string       `json:"output"`
	To     string       `json:"to"`
	Totals totalsReport `json:"totals"` // of what was read, and of what was written
	Notes  []string     `json:"notes"`
}

func (a *app) convertFile(ctx context.Context, path string, c *conversion, out target) (err error) {
	if out.file == "-" && a.json {
		return exitWith(exitUsage, errors.New("the file and the answer in JSON cannot both go to standard output"))
	}
	if _, known := kinds()[c.to]; !known {
		return exitWith(exitUsage, hint(fmt.Errorf("there is no format %.40q", c.to), "there are: "+strings.Join(slices.Sorted(maps.Keys(kinds())), ", ")))
	}
	open, _, done, err := a.source(path)
	if err != nil {
		return err
	}
	defer done()
	kind, err := openKind(open)
	if err != nil {
		return exitWith(exitRefused, err)
	}
	in, err := open()
	if err != nil {
		return err
	}
	defer in.Close()
	temp, err := os.CreateTemp("", "etl-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, temp.Close(), os.Remove(temp.Name())) }()
	sum, err := kind.convert(in, c.to, c, temp)
	if err != nil {
		return err
	}
	for _, note := range c.notes {
		fmt.Fprintf(a.stderr, "etl: note: %s\n", note)
	}
	if out.file == "-" {
		_, err := io.Copy(a.stdout, temp)
		return err
	}
	written, err := out.copy(ctx, "", temp)
	if err != nil {
		return err
	}
	r := convertReport{filepath.Base(path), kind.name, written, c.to, totalsReport{sum.Count, sum.Amount.String(), sum.Hash}, append([]string{}, c.notes...)}
	return a.print(r, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s written as %s: count %d, amount %s, read back the same\n", printable(written), c.to, sum.Count, sum.Amount)
		return err
	})
}

// payments completes payments with what the target asks for and the source lacks.
func (c *conversion) payments(from string, p payroll.Payments) (payroll.Payments, error) {
	date := payroll.Date(0)
	if c.date != "" {
		var err error
		if date, err = payroll.ParseDate(c.date); err != nil {
			return p, exitWith(exitUsage, fmt.Errorf("--date: %w", err))
		}
	}
	if from == "clieop03" && strings.HasPrefix(c.to, "pain.001.") {
		return c.sepa(p, date)
	}
	if c.ibans != "" {
		return p, exitWith(exitUsage, fmt.Errorf("--ibans is for clieop03 that becomes pain.001; this file is %s", from))
	}
	if c.message != "" {
		p.MessageID = c.message
	}
	for i := range p.Batches {
		if c.bic != "" {
			p.Batches[i].BIC = c.bic
		}
		if date != 0 {
			p.Batches[i].Date = date
		}
	}
	return p, nil
}

func (c *conversion) sepa(p payroll.Payments, date payroll.Date) (payroll.Payments, error) {
	s := payroll.SEPA{MessageID: c.message, BIC: c.bic, Date: date}
	if c.ibans != "" {
		table, err := readIBANs(c.ibans)
		if err != nil {
			return p, err
		}
		s.Payee = func(number string) (payroll.Payee, bool) { payee, ok := table[number]; return payee, ok }
	}
	out, lost, err := s.Convert(p)
	var missing *payroll.Missing
	if errors.As(err, &missing) {
		return p, exitWith(exitRefused, hint(err, "--ibans TABLE.csv says them: account;iban;name"))
	}
	if err != nil {
		return p, exitWith(exitRefused, err)
	}
	if lost > 0 {
		c.notes = append(c.notes, fmt.Sprintf("%s with a betalingskenmerk: the descriptions beside it are left out, for SEPA carries one or the other", count(lost, "post")))
	}
	return out, nil
}

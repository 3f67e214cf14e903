package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"loket-etl/loket"
	"loket-etl/payroll"
)

// period reads "2026 10" or "2026-10".
func period(args []string) (payroll.Period, error) {
	parts := strings.Split(strings.Join(args, "-"), "-")
	if len(parts) == 2 {
		year, err1 := strconv.Atoi(parts[0])
		number, err2 := strconv.Atoi(parts[1])
		if err1 == nil && err2 == nil && year >= 1900 && year <= 9999 && number >= 0 && number <= 53 {
			return payroll.Period{Year: year, Number: number}, nil
		}
	}
	return payroll.Period{}, usage(fmt.Sprintf("%q is no period", strings.Join(args, " ")), "write year and number, such as 2026 10")
}

func (l *loketShell) runsCommand() *cobra.Command {
	var werkgever string
	c := &cobra.Command{
		Use: "runs YEAR PERIOD", Short: "List the approved runs of a period", Args: cobra.RangeArgs(1, 2),
		RunE: l.do(func(ctx context.Context, args []string) error {
			p, err := period(args)
			if err != nil {
				return err
			}
			all, err := l.client.ListGoedgekeurdeLoonrunsPeriode(ctx, werkgever, p)
			if err != nil {
				return err
			}
			out, rows := []any{}, [][]string(nil)
			for _, r := range all {
				out = append(out, object{
					{"verloningsRun", r.VerloningsRun}, {"werkgever", r.Werkgever}, {"clientnummer", r.Clientnummer},
					{"jaar", r.Periode.Year}, {"periode", r.Periode.Number}, {"volgnummerrun", r.Volgnummerrun},
					{"volgnummerGoedgekeurd", r.VolgnummerGoedgekeurd}, {"status", r.Status}, {"statusOmschrijving", r.StatusOmschrijving},
					{"datumGoedkeuring", instant(r.DatumGoedkeuring)},
				})
				rows = append(rows, []string{
					r.VerloningsRun, r.Werkgever, strconv.Itoa(r.Clientnummer), r.Periode.String(), strconv.Itoa(r.Volgnummerrun),
					strconv.Itoa(r.VolgnummerGoedgekeurd), strings.TrimSpace(fmt.Sprintf("%d %s", r.Status, r.StatusOmschrijving)), moment(r.DatumGoedkeuring),
				})
			}
			return l.found(out, []string{"RUN", "WERKGEVER", "CLIENTNUMMER", "PERIOD", "NUMBER", "APPROVAL", "STATUS", "APPROVED"}, rows)
		}),
	}
	c.Flags().StringVar(&werkgever, "werkgever", "", "`identity` of one employer")
	return c
}

func (l *loketShell) aangiftesCommand() *cobra.Command {
	var werkgever string
	c := &cobra.Command{
		Use: "aangiftes YEAR PERIOD", Short: "List the approved tax returns of a period", Args: cobra.RangeArgs(1, 2),
		Long: "Lists approved tax returns; period 0 stands for those over a whole year.",
		RunE: l.do(func(ctx context.Context, args []string) error {
			p, err := period(args)
			if err != nil {
				return err
			}
			all, err := l.client.ListGoedgekeurdeLoonAangiftePeriode(ctx, werkgever, p)
			if err != nil {
				return err
			}
			out, rows := []any{}, [][]string(nil)
			for _, r := range all {
				out = append(out, object{
					{"verloningsRun", r.VerloningsRun}, {"werkgever", r.Werkgever}, {"berichtkenmerk", r.Berichtkenmerk},
					{"loonheffingennummer", r.Loonheffingennummer}, {"jaar", r.Periode.Year}, {"periode", r.Periode.Number},
					{"status", r.Status}, {"statusOmschrijving", r.StatusOmschrijving}, {"bedragTotaal", r.BedragTotaal.String()},
					{"datumGoedkeuring", instant(r.DatumGoedkeuring)}, {"datumVerzending", instant(r.DatumVerzending)},
				})
				rows = append(rows, []string{
					r.VerloningsRun, r.Berichtkenmerk, r.Loonheffingennummer, r.Periode.String(),
					strings.TrimSpace(fmt.Sprintf("%d %s", r.Status, r.StatusOmschrijving)), r.BedragTotaal.Dutch(), moment(r.DatumGoedkeuring),
				})
			}
			return l.found(out, []string{"RETURN", "BERICHTKENMERK", "LOONHEFFINGENNUMMER", "PERIOD", "STATUS", "TOTAL", "APPROVED"}, rows)
		}),
	}
	c.Flags().StringVar(&werkgever, "werkgever", "", "`identity` of one employer")
	return c
}

func (l *loketShell) clieop03Command() *cobra.Command {
	var t target
	c := &cobra.Command{
		Use: "clieop03 BETALING", Short: "Fetch the payment file of a Betaling", Args: cobra.ExactArgs(1),
		RunE: l.do(func(ctx context.Context, args []string) error {
			d, err := l.client.Clieop03(ctx, args[0])
			return l.document(ctx, t, d, err)
		}),
	}
	t.flags(c)
	return c
}

// outputs are the documents of a run that "etl loket output" knows by name.
var outputs = []struct {
	name, short string
	get         func(c *loket.Client, ctx context.Context, run string) (loket.Document, error)
	sorted      func(c *loket.Client, ctx context.Context, run string, order loket.Sortering) (loket.Document, error)
}{
	{name: "betalingsoverzicht", short: "payments, PDF", get: (*loket.Client).OutputBetalingsOverzicht},
	{name: "journaal", short: "journal, PDF", get: (*loket.Client).OutputJournaal},
	{name: "opdrachtbrief", short: "letter to the bank, PDF", get: (*loket.Client).OutputOpdrachtbrief},
	{name: "runoverzicht", short: "overview of the run, PDF (--sort)", sorted: (*loket.Client).OutputRunOverzicht},
	{name: "standaardjournaal", short: "journal, XML", get: (*loket.Client).OutputStandaardjournaalLoonrun},
	{name: "standenregister", short: "register of balances, PDF", get: (*loket.Client).OutputStandenRegister},
	{name: "verzamelloonstaat", short: "collective wage sheet, PDF (--sort)", sorted: (*loket.Client).OutputVerzamelLoonstaat},
}

func (l *loketShell) outputCommand() *cobra.Command {
	all := []*cobra.Command{l.outputLoonaangifteCommand()}
	for _, o := range outputs {
		var t target
		order := ""
		sub := &cobra.Command{
			Use: o.name + " RUN", Short: "Fetch the " + o.short, Args: cobra.ExactArgs(1),
			RunE: l.do(func(ctx context.Context, args []string) error {
				if o.get != nil {
					d, err := o.get(l.client, ctx, args[0])
					return l.document(ctx, t, d, err)
				}
				d, err := o.sorted(l.client, ctx, args[0], loket.Sortering(order))
				return l.document(ctx, t, d, err)
			}),
		}
		t.flags(sub)
		if o.sorted != nil {
			sub.Flags().StringVar(&order, "sort", string(loket.PerWerknemer), "`order`: Werknemer, Werkgever or WerknemerEnWerkgever")
		}
		all = append(all, sub)
	}
	return l.group("output", "Fetch a document of a run", all...)
}

func (l *loketShell) outputLoonaangifteCommand() *cobra.Command {
	var t target
	form := ""
	c := &cobra.Command{
		Use: "loonaangifte RETURN", Short: "Fetch an approved tax return, XML or PDF (--form)", Args: cobra.ExactArgs(1),
		Long: "Fetches an approved tax return; \"etl loket aangiftes\" lists them.",
		RunE: l.do(func(ctx context.Context, args []string) error {
			v, ok := map[string]loket.AangifteVersie{"xml": loket.AangifteXML, "pdf": loket.AangiftePDF}[form]
			if !ok {
				return usage("--form is xml or pdf")
			}
			d, err := l.client.OutputLoonaangifte(ctx, args[0], v)
			return l.document(ctx, t, d, err)
		}),
	}
	t.flags(c)
	c.Flags().StringVar(&form, "form", "xml", "xml or pdf")
	return c
}

func (l *loketShell) exportCommand() *cobra.Command {
	return l.group("export", "Fetch wage results and employees",
		l.exportLoonresultatenCommand(), l.exportRunCommand(), l.exportWerknemerCommand())
}

func (l *loketShell) exportLoonresultatenCommand() *cobra.Command {
	var (
		t     target
		until int
		set   string
	)
	c := &cobra.Command{
		Use: "loonresultaten WERKGEVER YEAR PERIOD", Short: "Fetch the wage results of an employer over a period, XML", Args: cobra.RangeArgs(2, 3),
		RunE: l.do(func(ctx context.Context, args []string) error {
			p, err := period(args[1:])
			if err != nil {
				return err
			}
			d, err := l.client.ExportLoonresultaten(ctx, args[0], p, until, set)
			return l.document(ctx, t, d, err)
		}),
	}
	t.flags(c)
	c.Flags().IntVar(&until, "until", 0, "up to and with this `period` of the year")
	c.Flags().StringVar(&set, "set", "Standaard", "`name` of the export set")
	return c
}

func (l *loketShell) exportRunCommand() *cobra.Command {
	var (
		t             target
		dienstverband string
	)
	c := &cobra.Command{
		Use: "loonresultaten-run RUN", Short: "Fetch the wage results of an approved run, XML", Args: cobra.ExactArgs(1),
		RunE: l.do(func(ctx context.Context, args []string) error {
			d, err := l.client.ExportLoonresultatenPerRun(ctx, args[0], dienstverband)
			return l.document(ctx, t, d, err)
		}),
	}
	t.flags(c)
	c.Flags().StringVar(&dienstverband, "dienstverband", "", "`identity` of one employment")
	return c
}

func (l *loketShell) exportWerknemerCommand() *cobra.Command {
	return &cobra.Command{
		Use: "werknemer ADMINISTRATIENUMMER", Short: "Show the people and employments of an employer", Args: cobra.ExactArgs(1),
		RunE: l.do(func(ctx context.Context, args []string) error {
			all, err := l.client.ExportWerknemer(ctx, args[0])
			if err != nil {
				return err
			}
			out, rows := []any{}, [][]string(nil)
			for _, n := range all {
				jobs := []any{}
				for _, d := range n.Dienstverbanden {
					jobs = append(jobs, l.entity(d, nil))
					rows = append(rows, []string{
						n.Persoon.Identity, n.Persoon.Text("Persnr"), n.Persoon.Text("Naam"), d.Identity, d.Text("DatumInDienst"), d.Text("DatumUitDienst"),
					})
				}
				out = append(out, object{{"persoon", l.entity(n.Persoon, nil)}, {"dienstverbanden", jobs}})
			}
			return l.found(out, []string{"PERSOON", "PERSNR", "NAAM", "DIENSTVERBAND", "IN DIENST", "UIT DIENST"}, rows)
		}),
	}
}

// documentReport is what became of a document.
type documentReport struct {
	File     string `json:"file"`
	Name     string `json:"name"` // as Loket has it
	MimeType string `json:"mimeType"`
	Bytes    int    `json:"bytes"`
}

// document puts a document where the user wants it.
func (l *loketShell) document(ctx context.Context, t target, d loket.Document, err error) error {
	if err != nil {
		return err
	}
	l.meldingen(d.Meldingen)
	if t.file == "-" {
		if l.json {
			return usage("-o - and --json both want standard output")
		}
		_, err := l.stdout.Write(d.Content)
		return err
	}
	path, err := t.write(ctx, d.Name, d.Content)
	if err != nil {
		return err
	}
	out := documentReport{path, d.Name, d.MimeType, len(d.Content)}
	return l.print(out, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s: %d bytes, %s\n", printable(path), out.Bytes, printable(d.MimeType))
		return err
	})
}

package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"loket-etl/loket"
	"loket-etl/loket/contract"
)

func (l *loketShell) callCommand() *cobra.Command {
	var (
		g      argFlags
		t      target
		detail bool
	)
	c := &cobra.Command{
		Use: "call [FUNCTION]", Short: "Call any function, or list them all", Args: cobra.MaximumNArgs(1),
		Long: `Calls a function by its name in the contract, with its elements as a JSON object
or one by one. Without a function it lists all there are. A file in the answer is
not shown; -o writes it.`,
		Example: `  etl loket call Persoon.WijzigenDatumOverlijden --describe
  etl loket call List --set EntityName=Werkgever
  etl loket call ToevoegenWerkgever --args werkgever.json --yes`,
	}
	run := l.do(func(ctx context.Context, args []string) error {
		f, err := callable(args[0])
		if err != nil {
			return err
		}
		call, err := g.call(f, l.stdin, nil, nil)
		if err != nil {
			return err
		}
		if f.Name == "ImporteerGegevens" {
			return l.importeer(ctx, call)
		}
		reply, err := l.send(ctx, call)
		if err != nil {
			return err
		}
		if t.file != "" && reply.Root.Child("Bestand") != nil {
			return l.document(ctx, t, loket.Document{File: reply.Root.File("Bestand"), Meldingen: reply.Meldingen}, nil)
		}
		return l.printReply(reply)
	})
	c.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			l.started = true
			return l.listFunctions()
		case detail:
			l.started = true
			f, err := callable(args[0])
			if err != nil {
				return err
			}
			return l.describeFunction(f)
		}
		return run(cmd, args)
	}
	g.flags(c)
	t.flags(c)
	c.Flags().BoolVar(&detail, "describe", false, "show the elements of the function and call nothing")
	return c
}

// callable finds a function of the contract.
func callable(name string) (*contract.Function, error) {
	f, ok := contract.Lookup(name)
	if !ok {
		return nil, usage(fmt.Sprintf("there is no function %q", name), "etl loket call lists them; WijzigenAdresGegevens needs its service before it")
	}
	if !f.NeedsToken {
		return nil, usage(f.FullName()+" would need the password on the command line", "use etl loket token")
	}
	return f, nil
}

func (l *loketShell) listFunctions() error {
	out, rows := []any{}, [][]string(nil)
	for _, f := range contract.Functions() {
		out = append(out, object{{"function", f.FullName()}, {"class", string(f.Class)}, {"probe", f.Probe}})
		rows = append(rows, []string{f.FullName(), string(f.Class), f.Probe})
	}
	return l.found(out, []string{"FUNCTION", "CLASS", "PROBE"}, rows)
}

func (l *loketShell) describeFunction(f *contract.Function) error {
	out := []any{}
	for _, row := range elements("", f.Params) {
		out = append(out, object{{"element", row[0]}, {"type", row[1]}, {"occurs", row[2]}})
	}
	return l.print(object{{"function", f.FullName()}, {"class", string(f.Class)}, {"elements", out}}, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s (%s)\n\n%s\n", f.FullName(), f.Class, describe(f))
		return err
	})
}

func (l *loketShell) importeerCommand() *cobra.Command {
	var (
		soort, wijze, werkgever, periode string
		strook                           int
	)
	c := &cobra.Command{
		Use: "importeer FILE", Short: "Import a file of hours or leave by hand", Args: cobra.ExactArgs(1),
		Long: `Sends a file in Loket's own import format, XML or CSV by its name. This is a call by
hand: nothing remembers it, and sending it again may count everything twice. Files
of every day belong in an inbox. Exit code 3: Loket refused lines.`,
		Example: "  etl loket importeer uren.csv --werkgever ID --periode 2026-10 --wijze Optellen",
		RunE: l.do(func(ctx context.Context, args []string) error {
			i := loket.Import{
				Werkgever: werkgever, Soort: loket.SoortGegevens(soort), SoortStrook: strook, Verwerkingswijze: loket.Verwerkingswijze(wijze),
			}
			switch ext := strings.ToLower(filepath.Ext(args[0])); ext {
			case ".xml":
				i.Formaat = loket.XML
			case ".csv":
				i.Formaat = loket.CSV
			default:
				return usage(fmt.Sprintf("%s is neither .xml nor .csv", args[0]))
			}
			if periode != "" {
				var err error
				if i.Periode, err = period([]string{periode}); err != nil {
					return err
				}
			}
			data, err := readLocal(args[0])
			if err != nil {
				return err
			}
			i.Bestand = contract.File{Name: filepath.Base(args[0]), MimeType: mimeType(args[0]), Content: data}
			return l.importeer(ctx, i.Call())
		}),
	}
	f := c.Flags()
	f.StringVar(&soort, "soort", string(loket.VariabeleGegevens), "VariabeleGegevens or Verlof")
	f.StringVar(&werkgever, "werkgever", "", "`identity` of the employer, when the file does not say it")
	f.StringVar(&periode, "periode", "", "`period` of a CSV of hours, such as 2026-10")
	f.IntVar(&strook, "strook", 0, "1 normal, 2 special rate (default: what the file or Loket says)")
	f.StringVar(&wijze, "wijze", "", "Overschrijven, NietOverschrijven or Optellen (default: Overschrijven)")
	return c
}

// importReport is the outcome of an import.
type importReport struct {
	ImportNummer string       `json:"importNummer"`
	Regels       int          `json:"regels"`
	Verwerkt     int          `json:"verwerkt"`
	Afgekeurd    int          `json:"afgekeurd"`
	Meldingen    []importLine `json:"meldingen"`
}

type importLine struct {
	Regelnummer  int    `json:"regelnummer"`
	Status       string `json:"status"`
	Veld         string `json:"veld,omitempty"`
	Omschrijving string `json:"omschrijving"`
}

// importeer carries out an import and tells of its lines; lines that were taken
// in silence are only counted.
func (l *loketShell) importeer(ctx context.Context, call contract.Call) error {
	if err := l.allow(call); err != nil {
		return err
	}
	r, err := l.client.Import(ctx, call)
	if err != nil {
		return l.unknown(call, err)
	}
	l.meldingen(r.Meldingen)
	out := importReport{r.ImportNummer, r.AantalRegels, r.AantalVerwerkt, r.AantalAfgekeurd, []importLine{}}
	var rows [][]string
	for _, line := range r.Regels {
		said := line.Meldingen
		if len(said) == 0 && line.Status != "Verwerkt" {
			said = []loket.Melding{{}}
		}
		for _, m := range said {
			out.Meldingen = append(out.Meldingen, importLine{line.Regelnummer, line.Status, m.Veld, m.Omschrijving})
			rows = append(rows, []string{strconv.Itoa(line.Regelnummer), line.Status, m.Veld, m.Omschrijving})
		}
	}
	err = l.print(out, func(w io.Writer) error {
		if _, err := fmt.Fprintf(w, "import %s: %d lines, %d taken, %d refused\n", printable(out.ImportNummer), out.Regels, out.Verwerkt, out.Afgekeurd); err != nil {
			return err
		}
		return table(w, []string{"LINE", "STATUS", "FIELD", "REASON"}, rows)
	})
	if err == nil && out.Afgekeurd > 0 {
		err = exitWith(exitRefused, errTold)
	}
	return err
}

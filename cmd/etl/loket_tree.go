package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"loket-etl/loket"
	"loket-etl/payroll"
)

func (l *loketShell) tokenCommand() *cobra.Command {
	return &cobra.Command{
		Use: "token", Short: "Log in and say until when the token is good", Args: cobra.NoArgs,
		RunE: l.do(func(ctx context.Context, _ []string) error {
			t, err := l.client.GetUserToken(ctx)
			if err != nil {
				return err
			}
			out := struct {
				Loket     string    `json:"loket"`
				GeldigTot time.Time `json:"geldigTot"`
			}{l.where.URL, t.GeldigTot}
			return l.print(out, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "logged in at %s; the token is good until %s\n", printable(out.Loket), moment(t.GeldigTot))
				return err
			})
		}),
	}
}

// moment is a time for people, "" when there is none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// instant is a time for machines, nil when there is none.
func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

// lines prints one name a line.
func (l *loketShell) lines(names []string, err error) error {
	if err != nil {
		return err
	}
	return l.print(append([]string{}, names...), func(w io.Writer) error {
		if len(names) == 0 {
			fmt.Fprintln(l.stderr, "etl: nothing found")
		}
		for _, n := range names {
			if _, err := fmt.Fprintln(w, printable(n)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *loketShell) childrenCommand() *cobra.Command {
	return &cobra.Command{
		Use: "children [ENTITY]", Short: "List the entities below one, or at the top", Args: cobra.MaximumNArgs(1),
		RunE: l.do(func(ctx context.Context, args []string) error {
			return l.lines(l.client.GetChildNodes(ctx, first(args)))
		}),
	}
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func (l *loketShell) functionsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "functions ENTITY", Short: "List what an entity can be asked", Args: cobra.ExactArgs(1),
		RunE: l.do(func(ctx context.Context, args []string) error {
			return l.lines(l.client.GetNodeFunction(ctx, args[0]))
		}),
	}
}

// columns are the fields that a table of an entity shows unless --fields says otherwise.
var columns = map[string]string{
	"Werkgever":         "WerkgeverId Bedrijfsnaam Administratienummer Plaats",
	"Persoon":           "Persnr Naam Geboortedatum Plaats BSN",
	"Dienstverband":     "Clientnummer PersoneelsnummerVerloning Persnr NaamLoonstrook DatumInDienst DatumUitDienst",
	"Verlof":            "Persnr Naam Ingangsdatum Einddatum SoortOmschrijving Factor Eenheden",
	"VariabeleGegevens": "Jaar PeriodeNummer SoortStrook Component Waarde Kostenplaats Kostendrager StrookTekst",
	"Verloning":         "Clientnummer Jaar PeriodeNummer BeginPeriode EindePeriode Loonheffingennummer",
	"VerloningsRun":     "Volgnummerrun VolgnummerGoedgekeurd Jaar PeriodeNummer Status StatusOmschrijving",
	"Betaling":          "Omschrijving SoortBetaling AantalPosten TotaalBedrag IBANOpdrachtgever",
	"Journaal":          "Volgnummer Jaar PeriodeNummer Status StatusOmschrijving",
	"Loonaangifte":      "Berichtkenmerk Jaar PeriodeNummer Status StatusOmschrijving BedragTotaal ExternepartijLoonaangifteIdentificatie",
}

func (l *loketShell) listCommand() *cobra.Command {
	var (
		parent     string
		page, size int
		paged      bool
		fields     []string
		c          *cobra.Command
	)
	c = &cobra.Command{
		Use: "list ENTITY", Short: "List records", Args: cobra.ExactArgs(1),
		Long: `Lists the records of an entity below a parent: its direct parent, or the Werkgever
above it. The table shows some fields, --fields others, --json all of them.`,
		Example: "  etl loket list Werkgever\n  etl loket list Persoon --parent ID --fields Naam,Email",
		RunE: l.do(func(ctx context.Context, args []string) error {
			if paged = c.Flags().Changed("page"); paged && page < 1 || size < 1 || size > 1000 {
				return usage("--page is 1 or more, --size 1 to 1000")
			}
			p := loket.Page{}
			var err error
			if paged {
				if p, err = l.client.ListPage(ctx, args[0], parent, page, size); err != nil {
					return err
				}
				fmt.Fprintf(l.stderr, "etl: page %d of %d, %d records in all\n", p.Page, p.Pages, p.Total)
			} else {
				for e, err := range l.client.List(ctx, args[0], parent) {
					if err != nil {
						return err
					}
					p.Entities = append(p.Entities, e)
				}
				p.Total, p.Page, p.Pages = len(p.Entities), 1, 1
			}
			return l.records(args[0], p, fields)
		}),
	}
	c.Flags().StringVar(&parent, "parent", "", "`identity` of the record above")
	c.Flags().IntVar(&page, "page", 0, "one page only, from 1")
	c.Flags().IntVar(&size, "size", 100, "records on a page")
	c.Flags().StringSliceVar(&fields, "fields", nil, "`names` of fields, with commas")
	return c
}

// lacks refuses names of fields that no record has. Without records nobody knows.
func lacks(entity string, p loket.Page, fields []string) error {
	for _, name := range fields {
		if len(p.Entities) > 0 && !slices.ContainsFunc(p.Entities, func(e loket.Entity) bool { _, there := e.Velden[name]; return there }) {
			return usage(fmt.Sprintf("%s has no field %.60q", entity, name), "etl loket metadata "+entity+" lists them")
		}
	}
	return nil
}

func (l *loketShell) records(entity string, p loket.Page, fields []string) error {
	if err := lacks(entity, p, fields); err != nil {
		return err
	}
	if l.json {
		all := []any{}
		for _, e := range p.Entities {
			all = append(all, l.entity(e, fields))
		}
		return l.print(object{{"total", p.Total}, {"page", p.Page}, {"pages", p.Pages}, {"entities", all}}, nil)
	}
	if fields == nil {
		fields = strings.Fields(columns[entity])
	}
	if len(fields) == 0 && len(p.Entities) > 0 {
		fields = p.Entities[0].Order[:min(6, len(p.Entities[0].Order))]
	}
	var rows [][]string
	for _, e := range p.Entities {
		row := []string{e.Identity}
		for _, name := range fields {
			text, _ := l.veld(e, name).(string)
			row = append(row, text)
		}
		rows = append(rows, row)
	}
	header := []string{"IDENTITY"}
	for _, name := range fields {
		header = append(header, strings.ToUpper(name))
	}
	return l.found(nil, header, rows)
}

func (l *loketShell) selectCommand() *cobra.Command {
	return &cobra.Command{
		Use: "select ENTITY ID", Short: "Show one record", Args: cobra.ExactArgs(2),
		Long: "Shows the fields of a record that are filled; with --json the empty ones, too.",
		RunE: l.do(func(ctx context.Context, args []string) error {
			e, err := l.client.Select(ctx, args[0], args[1])
			if err != nil {
				return err
			}
			return l.print(l.entity(e, nil), func(w io.Writer) error { return l.record(w, e) })
		}),
	}
}

func (l *loketShell) record(w io.Writer, e loket.Entity) error {
	rows := [][]string{{"(identity)", e.Identity, ""}}
	if e.Parent != "" {
		rows = append(rows, []string{"(parent)", e.Parent, ""})
	}
	rows = append(rows, []string{"(versie)", strconv.FormatInt(e.Versie, 10), ""})
	for _, name := range e.Order {
		if text, _ := l.veld(e, name).(string); text != "" {
			rows = append(rows, []string{name, text, e.Velden[name].Omschrijving})
		}
	}
	return table(w, []string{"FIELD", "VALUE", "MEANING"}, rows)
}

func (l *loketShell) versionCommand() *cobra.Command {
	var entity string
	c := &cobra.Command{
		Use: "version ID", Short: "Show the version number of one record", Args: cobra.ExactArgs(1),
		RunE: l.do(func(ctx context.Context, args []string) error {
			v, err := l.client.SelectVersion(ctx, entity, args[0])
			if err != nil {
				return err
			}
			return l.print(object{{"entity", v.EntityName}, {"identity", v.DataIdentity}, {"versie", v.Versie}}, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "%s %s has version %d\n", printable(v.EntityName), printable(v.DataIdentity), v.Versie)
				return err
			})
		}),
	}
	c.Flags().StringVar(&entity, "entity", "", "`name` of its entity, to be checked")
	return c
}

func (l *loketShell) metadataCommand() *cobra.Command {
	var field string
	c := &cobra.Command{
		Use: "metadata ENTITY [ID]", Short: "Show what the fields of an entity may hold", Args: cobra.RangeArgs(1, 2),
		Long: "Shows type, length and rules of the fields; with --field or --json the code tables, too.",
		RunE: l.do(func(ctx context.Context, args []string) error {
			fields, err := l.client.GetMetaData(ctx, args[0], first(args[1:]), field)
			if err != nil {
				return err
			}
			return l.metadata(args[0], fields, field != "")
		}),
	}
	c.Flags().StringVar(&field, "field", "", "`name` of one field")
	return c
}

func (l *loketShell) metadata(entity string, fields []loket.VeldMetaData, codes bool) error {
	var rows, codeRows [][]string
	all := []any{}
	for _, m := range fields {
		length, values := "", []any{}
		if m.MaxLengte > 0 {
			length = strconv.Itoa(m.MaxLengte)
		}
		for _, c := range m.Codes {
			values = append(values, object{
				{"code", c.Code}, {"omschrijving", c.Omschrijving}, {"isoCode", c.IsoCode},
				{"geldigVan", day(c.GeldigVan)}, {"geldigTot", day(c.GeldigTot)},
			})
			codeRows = append(codeRows, []string{c.Code, c.Omschrijving, c.IsoCode, day(c.GeldigVan), day(c.GeldigTot)})
		}
		rows = append(rows, []string{m.Naam, m.Type, length, yesNo(m.Verplicht), yesNo(m.Wijzigbaar), strconv.Itoa(len(m.Codes))})
		all = append(all, object{
			{"naam", m.Naam}, {"type", m.Type}, {"maxLengte", m.MaxLengte}, {"verplicht", m.Verplicht}, {"wijzigbaar", m.Wijzigbaar}, {"codes", values},
		})
	}
	return l.print(object{{"entity", entity}, {"velden", all}}, func(w io.Writer) error {
		if err := table(w, []string{"FIELD", "TYPE", "LENGTH", "REQUIRED", "CHANGES", "CODES"}, rows); err != nil || !codes || len(codeRows) == 0 {
			return err
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
		return table(w, []string{"CODE", "MEANING", "ISO", "FROM", "UNTIL"}, codeRows)
	})
}

// day is a date, "" when there is none.
func day(d payroll.Date) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

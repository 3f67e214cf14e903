package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"loket-etl/loket"
	"loket-etl/loket/contract"
)

// action is a function that changes something as a command: what its arguments
// on the command line stand for, and what it always says. A name that begins
// with @ takes a file.
type action struct {
	use, short string
	function   string
	positional []string
	fixed      []given
}

func (l *loketShell) actionCommand(a action) *cobra.Command {
	f, ok := contract.Lookup(a.function)
	if !ok {
		panic("no function " + a.function) // a test builds every command
	}
	var g argFlags
	c := &cobra.Command{
		Use: a.use, Short: a.short, Args: cobra.ExactArgs(len(a.positional)),
		Long: fmt.Sprintf("%s. Calls %s (%s); an argument that is - makes its element empty.\n\n%s",
			a.short, f.FullName(), f.Class, describe(f)),
		RunE: l.do(func(ctx context.Context, args []string) error {
			var positional []given
			for i, name := range a.positional {
				v := given{name, args[i]}
				if args[i] == "-" && !strings.HasPrefix(name, "@") {
					v.value = nil
				}
				positional = append(positional, v)
			}
			call, err := g.call(f, l.stdin, a.fixed, positional)
			if err != nil {
				return err
			}
			return l.carryOut(ctx, call)
		}),
	}
	g.flags(c)
	return c
}

// describe is the table of a function's elements.
func describe(f *contract.Function) string {
	var b strings.Builder
	_ = table(&b, []string{"ELEMENT", "TYPE", ""}, elements("", f.Params)) // a strings.Builder takes everything
	return strings.TrimRight(b.String(), "\n")
}

// carryOut sends a call and prints its answer.
func (l *loketShell) carryOut(ctx context.Context, call contract.Call) error {
	reply, err := l.send(ctx, call)
	if err != nil {
		return err
	}
	return l.printReply(reply)
}

func (l *loketShell) printReply(reply loket.Reply) error {
	f, _ := contract.Lookup(reply.Function)
	l.meldingen(reply.Meldingen)
	out := l.answer(f.Result, reply.Root)
	return l.print(out, func(w io.Writer) error { return out.write(w, "") })
}

func (l *loketShell) actions(use, short string, all ...action) *cobra.Command {
	var sub []*cobra.Command
	for _, a := range all {
		sub = append(sub, l.actionCommand(a))
	}
	return l.group(use, short, sub...)
}

func (l *loketShell) werkgeverCommand() *cobra.Command {
	id := []string{"DataIdentity"}
	return l.actions("werkgever", "Add and change employers",
		action{use: "toevoegen", short: "Add an employer", function: "Werkgever.ToevoegenWerkgever"},
		action{use: "adres ID", short: "Change the addresses of an employer", function: "Werkgever.WijzigenAdresGegevens", positional: id},
		action{use: "algemeen ID", short: "Change the general data of an employer", function: "Werkgever.WijzigenAlgemeneGegevens", positional: id},
		action{use: "contact ID", short: "Change the contact data of an employer", function: "Werkgever.WijzigenContactGegevens", positional: id},
	)
}

func (l *loketShell) persoonCommand() *cobra.Command {
	return l.actions("persoon", "Change people",
		action{use: "adres ID", short: "Change the addresses of a person", function: "Persoon.WijzigenAdresGegevens",
			positional: []string{"DataIdentity"}},
		action{use: "burgerlijke-staat ID CODE", short: "Change the civil status of a person", function: "Persoon.WijzigenBurgerlijkeStaat",
			positional: []string{"DataIdentity", "BurgerlijkeStaat"}},
		action{use: "overlijden ID DATE", short: "Set the date of death of a person, - takes it back", function: "Persoon.WijzigenDatumOverlijden",
			positional: []string{"DataIdentity", "DatumOverlijden"}},
	)
}

func (l *loketShell) dienstverbandCommand() *cobra.Command {
	return l.actions("dienstverband", "Add and end employments",
		action{use: "concept WERKGEVER NAME", short: "Put a concept employee ready", function: "Dienstverband.ToevoegenConceptWerknemer",
			positional: []string{"ParentDataIdentity", "UniekeNaam"}},
		action{use: "uit-dienst ID DATE", short: "Set the last day of an employment, - takes it back", function: "Dienstverband.WijzigenDatumUitDienst",
			positional: []string{"DataIdentity", "DatumUitDienst"}},
	)
}

func (l *loketShell) dossierCommand() *cobra.Command {
	return l.actions("dossier", "Add, describe and remove documents",
		action{use: "toevoegen SOORT ID FILE", short: "Add a document to the dossier of a Werkgever or Werknemer", function: "Dossiervorming.ToevoegenDossier",
			positional: []string{"DossierSoort", "DataIdentity", "@Bestand"}},
		action{use: "wijzigen DOSSIER", short: "Change the description of a document", function: "Dossiervorming.WijzigenMetadataDossier",
			positional: []string{"DossierDataIdentity"}},
		action{use: "verwijderen DOSSIER", short: "Remove a document", function: "Dossiervorming.VerwijderenDossier",
			positional: []string{"DossierDataIdentity"}},
	)
}

func (l *loketShell) aangifteCommand() *cobra.Command {
	const decide = "GoedkeurenAnnulerenLoonaangifte.GoedkeurenAnnulerenLoonaangifte"
	return l.actions("aangifte", "Approve or cancel tax returns as the external party",
		action{use: "goedkeuren BERICHTKENMERK", short: "Approve a tax return", function: decide,
			positional: []string{"Berichtkenmerk"}, fixed: []given{{"Actie", "Goedkeuren"}}},
		action{use: "annuleren BERICHTKENMERK", short: "Cancel a tax return", function: decide,
			positional: []string{"Berichtkenmerk"}, fixed: []given{{"Actie", "Annuleren"}}},
		action{use: "response BERICHTKENMERK FILE", short: "Hand in the response message of the tax authority",
			function: "AanleverenResponseMessage.AanleverenLoonaangifteResponseMessage", positional: []string{"Berichtkenmerk", "@ResponseMessage"}},
	)
}

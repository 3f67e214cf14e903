package mappings

import (
	"loket-etl/loket/contract"
)

// about says whose data a row changes, and so what must be found in Loket.
type about int

const (
	aboutNothing about = iota // that Loket can show: the row names it
	aboutPerson
	aboutEmployment
	aboutEmployer
)

// A change is a kind of row that becomes one call of one function. What else must
// be known of it follows from the contract.
type change struct {
	what     string // in a mapping
	function string
	about    about
	key      string // field that names what the row is about, where that is not found in Loket
	day      string // field with the date on which codes must be valid; default the day of dropping
	verb     string // what is done, in Dutch, after whose it is
}

var changes = []change{
	{"persoon-adres", "Persoon.WijzigenAdresGegevens", aboutPerson, "", "", "adres wijzigen"},
	{"persoon-burgerlijke-staat", "Persoon.WijzigenBurgerlijkeStaat", aboutPerson, "", "IngangsDatum", "burgerlijke staat wijzigen"},
	{"persoon-overlijden", "Persoon.WijzigenDatumOverlijden", aboutPerson, "", "", "datum van overlijden wijzigen"},
	{"dienstverband-uit-dienst", "Dienstverband.WijzigenDatumUitDienst", aboutEmployment, "", "DatumUitDienst", "datum uit dienst wijzigen"},
	{"concept-werknemer", conceptFunction, aboutEmployer, "UniekeNaam", "DatumInDienst", "concept-werknemer toevoegen"},
	{"werkgever-adres", "Werkgever.WijzigenAdresGegevens", aboutEmployer, "", "", "adres wijzigen"},
	{"werkgever-algemeen", "Werkgever.WijzigenAlgemeneGegevens", aboutEmployer, "", "", "algemene gegevens wijzigen"},
	{"werkgever-contact", "Werkgever.WijzigenContactGegevens", aboutEmployer, "", "", "contactgegevens wijzigen"},
	{"werkgever-toevoegen", "Werkgever.ToevoegenWerkgever", aboutNothing, "Bedrijfsnaam", "", "werkgever toevoegen"},
	{"dossier-toevoegen", addDossierFunction, aboutEmployment, "", "", "document toevoegen"},
	{"dossier-metadata", "Dossiervorming.WijzigenMetadataDossier", aboutNothing, dossierKey, "", "beschrijving wijzigen"},
	{"dossier-verwijderen", "Dossiervorming.VerwijderenDossier", aboutNothing, dossierKey, "", "verwijderen"},
}

const (
	conceptFunction = "Dienstverband.ToevoegenConceptWerknemer"
	dossierKey      = "DossierDataIdentity"
)

// changeOf is the kind of change that a mapping names, nil when it is none.
func changeOf(what string) *change {
	for i := range changes {
		if changes[i].what == what {
			return &changes[i]
		}
	}
	return nil
}

// owner is the argument that says whose record is written, "" when a field of the
// row does.
func (c *change) owner(f *contract.Function) string {
	for _, name := range []string{"DataIdentity", "ParentDataIdentity"} {
		if _, ok := f.Param(name); ok && c.about != aboutNothing {
			return name
		}
	}
	return ""
}

// whose is what a row is about, in Dutch, for who reads a problem.
func (c *change) whose() string {
	switch {
	case c.adds():
		return "dit document"
	case c.about == aboutPerson, c.about == aboutEmployment:
		return "deze werknemer"
	case c.key == dossierKey:
		return "dit dossierstuk"
	case c.key == "UniekeNaam":
		return "deze concept-werknemer"
	}
	return "deze werkgever"
}

package contract

import (
	"sort"
	"strconv"
	"strings"
)

// SimpleType is a simple type of the contract: one of the shared XSD, or one of
// XML Schema itself (string, int, long, decimal, boolean, date, dateTime,
// base64Binary), which then has no rules beyond its base.
type SimpleType struct {
	Name string
	Base string // the type of XML Schema it restricts
	// MinLength and MaxLength count characters; MaxLength 0 means no limit.
	MinLength, MaxLength int
	// Pattern is a regular expression over the whole value, in the part of the
	// language that XML Schema and Go share; "" for none.
	Pattern string
	// Min and Max are inclusive bounds in the lexical form of the base; "" for none.
	Min, Max string
	Decimals int      // decimals of a decimal; meaningful where Base is decimal
	Enum     []string // the allowed values; nil when free
	test     func(string) bool
}

// BuiltIn reports whether the type is one of XML Schema itself.
func (t *SimpleType) BuiltIn() bool { return t.Name == t.Base }

// SimpleTypes are the shared simple types (not those of XML Schema), in the
// order of the XSD.
func SimpleTypes() []SimpleType { return append([]SimpleType(nil), simples...) }

// LookupType finds a simple type by name, those of XML Schema included.
func LookupType(name string) (*SimpleType, bool) {
	t, ok := simpleByName[name]
	return t, ok
}

var simples = append([]SimpleType{
	{Name: "UserToken", Base: "string", MinLength: 16, MaxLength: 2048, Pattern: `\S+`},
	{Name: "Identity", Base: "string", MinLength: 1, MaxLength: 128, Pattern: `[A-Za-z0-9._:\-]+`},
	{Name: "EntityName", Base: "string", MinLength: 1, MaxLength: 64, Pattern: `[A-Z][A-Za-z]*`},
	// Of GetChildNodes alone, where an empty name means the top level.
	{Name: "EntityNameOfLeeg", Base: "string", MaxLength: 64, Pattern: `([A-Z][A-Za-z]*)?`},
	{Name: "NodeFunctie", Base: "string", Enum: []string{"List", "Select"}},
	{Name: "Versienummer", Base: "long", Min: "0"},
	{Name: "Sortering", Base: "string", Enum: []string{"Werknemer", "Werkgever", "WerknemerEnWerkgever"}},
	{Name: "LoonaangifteVersie", Base: "int", Min: "1", Max: "2"},
	{Name: "Pagina", Base: "int", Min: "1"},
	{Name: "PaginaGrootte", Base: "int", Min: "1", Max: "1000"},
	{Name: "Jaar", Base: "int", Min: "1900", Max: "9999"},
	{Name: "PeriodeNummer", Base: "int", Min: "0", Max: "53"},
	{Name: "Datum", Base: "date", Pattern: `[0-9]{4}-[0-9]{2}-[0-9]{2}`},
	{Name: "Bedrag", Base: "decimal", Decimals: 2, Min: "-9999999999999.99", Max: "9999999999999.99"},
	{Name: "Eenheden", Base: "decimal", Decimals: 2, Min: "0", Max: "999.99"},
	{Name: "Percentage", Base: "decimal", Decimals: 4},
	{Name: "Code", Base: "string", MinLength: 1, MaxLength: 32},
	{Name: "BSN", Base: "string", Pattern: `[0-9]{9}`, test: isBSN},
	{Name: "IBAN", Base: "string", MinLength: 15, MaxLength: 34, Pattern: `[A-Z]{2}[0-9]{2}[A-Z0-9]+`, test: isIBAN},
	{Name: "Loonheffingennummer", Base: "string", Pattern: `[0-9]{9}L[0-9]{2}`},
	{Name: "Berichtkenmerk", Base: "string", MinLength: 1, MaxLength: 32},
	{Name: "LoonaangifteActie", Base: "string", Enum: []string{"Goedkeuren", "Annuleren"}},
	{Name: "SoortGegevens", Base: "string", Enum: []string{"VariabeleGegevens", "Verlof"}},
	{Name: "Formaat", Base: "string", Enum: []string{"XML", "CSV"}},
	{Name: "DossierSoort", Base: "string", Enum: []string{"Werkgever", "Werknemer"}},
	{Name: "SoortStrook", Base: "int", Min: "1", Max: "2"},
	{Name: "Verwerkingswijze", Base: "string", Enum: []string{"Overschrijven", "NietOverschrijven", "Optellen"}},
	{Name: "ImportStatus", Base: "string", Enum: []string{"Verwerkt", "Afgekeurd", "Overgeslagen"}},
	{Name: "OntvangstStatus", Base: "string", Enum: []string{"Ontvangen"}},
}, texts()...)

// texts makes the types Tekst<n> that the tables use.
func texts() []SimpleType {
	lengths := map[int]bool{}
	collect := func(params []Param) {
		for _, p := range params {
			if n, ok := strings.CutPrefix(p.Type, "Tekst"); ok {
				if n, err := strconv.Atoi(n); err == nil {
					lengths[n] = true
				}
			}
		}
	}
	for _, f := range table {
		collect(f.Params)
		collect(f.Result)
	}
	for _, c := range complexes {
		collect(c.Fields)
	}
	var all []SimpleType
	for n := range lengths {
		all = append(all, SimpleType{Name: "Tekst" + strconv.Itoa(n), Base: "string", MaxLength: n})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].MaxLength < all[j].MaxLength })
	return all
}

var simpleByName = func() map[string]*SimpleType {
	m := map[string]*SimpleType{}
	for _, name := range []string{"string", "int", "long", "decimal", "boolean", "date", "dateTime", "base64Binary"} {
		m[name] = &SimpleType{Name: name, Base: name}
	}
	for i := range simples {
		m[simples[i].Name] = &simples[i]
	}
	return m
}()

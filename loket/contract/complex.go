package contract

// Complex is a complex type of the shared namespace: one sequence of elements,
// all in that namespace.
type Complex struct {
	Name   string
	Fields []Param
}

// Complexes are all complex types, in the order of the XSD. List wrappers
// (Entiteiten, Regels) are types of their own.
func Complexes() []Complex { return append([]Complex(nil), complexes...) }

// LookupComplex finds a complex type by name.
func LookupComplex(name string) (*Complex, bool) {
	c, ok := complexByName[name]
	return c, ok
}

// FaultElement is the element inside a fault's detail and its type, in the
// shared namespace.
const FaultElement = "LoketFout"

var complexByName = func() map[string]*Complex {
	m := map[string]*Complex{}
	for i := range complexes {
		m[complexes[i].Name] = &complexes[i]
	}
	return m
}()

var complexes = []Complex{
	{"Melding", []Param{one("Code", "Code"), one("Omschrijving", "Tekst2000"), opt("Veld", "Tekst128")}},
	{"Meldingen", []Param{some("Melding", "Melding")}},
	{"Veld", []Param{one("Naam", "Tekst64"), oneNil("Waarde", "string"), opt("Type", "Tekst32"), opt("Omschrijving", "Tekst255")}},
	{"Velden", []Param{many("Veld", "Veld")}},
	{"Entiteit", []Param{one("EntityName", "EntityName"), one("DataIdentity", "Identity"), opt("ParentDataIdentity", "Identity"),
		opt("Versie", "Versienummer"), one("Velden", "Velden")}},
	{"Entiteiten", []Param{many("Entiteit", "Entiteit")}},
	{"VersieRegel", []Param{one("EntityName", "EntityName"), one("DataIdentity", "Identity"), one("Versie", "Versienummer")}},
	{"Versies", []Param{many("VersieRegel", "VersieRegel")}},
	{"Functies", []Param{many("Functie", "NodeFunctie")}},
	{"ChildNodes", []Param{many("ChildNode", "EntityName")}},
	{"Bestand", []Param{one("Bestandsnaam", "Tekst255"), one("MimeType", "Tekst127"), one("Inhoud", "base64Binary")}},
	{"CodeWaarde", []Param{one("Code", "Code"), one("Omschrijving", "Tekst255"), opt("IsoCode", "Tekst3"),
		opt("GeldigVan", "Datum"), opt("GeldigTot", "Datum")}},
	{"CodeTabel", []Param{many("CodeWaarde", "CodeWaarde")}},
	{"VeldMetaData", []Param{one("Naam", "Tekst64"), one("Type", "Tekst32"), one("Verplicht", "boolean"), one("Wijzigbaar", "boolean"),
		opt("MaxLengte", "int"), opt("CodeTabel", "CodeTabel")}},
	{"MetaData", []Param{many("VeldMetaData", "VeldMetaData")}},
	{"Loonrun", []Param{one("VerloningsRunDataIdentity", "Identity"), one("WerkgeverDataIdentity", "Identity"), opt("Clientnummer", "int"),
		one("Jaar", "Jaar"), one("PeriodeNummer", "PeriodeNummer"), opt("Volgnummerrun", "int"), opt("VolgnummerGoedgekeurd", "int"),
		one("Status", "int"), opt("StatusOmschrijving", "Tekst100"), opt("DatumGoedkeuring", "dateTime")}},
	{"Loonruns", []Param{many("Loonrun", "Loonrun")}},
	{"GoedgekeurdeLoonaangifte", []Param{one("VerloningsRunDataIdentity", "Identity"), one("WerkgeverDataIdentity", "Identity"),
		one("Berichtkenmerk", "Berichtkenmerk"), one("Loonheffingennummer", "Loonheffingennummer"), one("Jaar", "Jaar"),
		one("PeriodeNummer", "PeriodeNummer"), one("Status", "int"), opt("StatusOmschrijving", "Tekst100"),
		opt("BedragTotaal", "Bedrag"), opt("DatumGoedkeuring", "dateTime"), opt("DatumVerzending", "dateTime")}},
	{"Loonaangiftes", []Param{many("GoedgekeurdeLoonaangifte", "GoedgekeurdeLoonaangifte")}},
	{"Werknemer", []Param{one("Persoon", "Entiteit"), one("Dienstverbanden", "Dienstverbanden")}},
	{"Werknemers", []Param{many("Werknemer", "Werknemer")}},
	{"Dienstverbanden", []Param{many("Dienstverband", "Entiteit")}},
	{"Adres", []Param{opt("Straat", "Tekst24"), opt("Huisnummer", "int"), optNil("HuisnummerToevoeging", "Tekst4"),
		optNil("Locatie", "Tekst35"), optNil("Postcode", "Tekst9"), one("Plaats", "Tekst24"), one("Landcode", "Code"),
		optNil("Provincie", "Code"), optNil("NadereAanduiding", "Code")}},
	{"Postadres", []Param{opt("Straat", "Tekst24"), opt("Huisnummer", "int"), optNil("HuisnummerToevoeging", "Tekst4"),
		optNil("Locatie", "Tekst35"), optNil("Postcode", "Tekst9"), one("Plaats", "Tekst24"), one("Landcode", "Code"),
		optNil("NadereAanduiding", "Code"), optNil("Postbus", "int")}},
	{"WerkgeverAlgemeen", []Param{one("Bedrijfsnaam", "Tekst70"), optNil("KvKNummer", "Tekst35"), opt("Rechtsvorm", "Code"),
		opt("Branche", "Code"), opt("SbiCode", "Code"), optNil("Administratienummer", "Tekst15"), optNil("Groepcode", "int")}},
	{"WerkgeverContact", []Param{optNil("Telefoon", "Tekst15"), optNil("Fax", "Tekst15"), optNil("Email", "Tekst255"),
		optNil("Website", "Tekst255"), optNil("ContactNaam", "Tekst50"), optNil("ContactFunctie", "Tekst50"),
		optNil("ContactTelefoon", "Tekst15")}},
	{"DossierMetaData", []Param{one("Omschrijving", "Tekst250"), one("Categorie", "Tekst4000"), optNil("Jaar", "Jaar"),
		optNil("Kenmerk", "Tekst250"), optNil("DatumSignaal", "Datum")}},
	{"ImportRegel", []Param{one("Regelnummer", "int"), one("Status", "ImportStatus"), many("Melding", "Melding")}},
	{"Regels", []Param{many("ImportRegel", "ImportRegel")}},
	{"ConceptPersoon", []Param{one("Achternaam", "Tekst25"), opt("Voorvoegsel", "Tekst10"), opt("Voorletters", "Tekst6"),
		opt("Voornaam", "Tekst28"), opt("AchternaamPartner", "Tekst25"), opt("VoorvoegselPartner", "Tekst10"), opt("Geslacht", "Code"),
		opt("Geboortedatum", "Datum"), opt("Geboorteplaats", "Tekst24"), opt("Nationaliteit", "Code"), opt("BurgerlijkeStaat", "Code"),
		opt("BSN", "BSN"), opt("IBAN", "IBAN"), opt("Adres", "Adres"), opt("AfwijkendPostadres", "Postadres"), opt("Email", "Tekst255"),
		opt("Telefoon", "Tekst15"), opt("Mobiel", "Tekst15"), opt("Persnr", "int")}},
	{"ConceptDienstverband", []Param{opt("DatumInDienst", "Datum"), opt("SoortDienstverband", "Code"), opt("BasisDienstverband", "Code"),
		opt("SoortWerknemer", "Code"), opt("Clientnummer", "int"), opt("AanstellingTot", "Datum"), opt("NaamLoonstrook", "Tekst34"),
		opt("Functie", "Tekst64"), opt("Afdeling", "Tekst64"), opt("BrutoLoon", "Bedrag"), opt("SoortBrutoLoon", "Code"),
		opt("UrenPerWeek", "Eenheden"), opt("LoonheffingskortingToepassen", "boolean")}},
	{FaultElement, []Param{one("Code", "int"), one("Naam", "Tekst64"), one("Omschrijving", "Tekst2000"), opt("Veld", "Tekst128"),
		one("Referentie", "Tekst64"), opt("Meldingen", "Meldingen")}},
}

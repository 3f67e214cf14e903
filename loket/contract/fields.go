package contract

import "strings"

func text(name string, length int) Field { return Field{Name: name, Type: "string", Length: length} }
func num(name string) Field              { return Field{Name: name, Type: "int"} }
func within(name string, least, most int) Field {
	return Field{Name: name, Type: "int", Min: least, Max: most}
}
func code(name, table string) Field { return Field{Name: name, Type: "code", Table: table, Length: 32} }
func date(name string) Field        { return Field{Name: name, Type: "date", Simple: "Datum"} }
func moment(name string) Field      { return Field{Name: name, Type: "dateTime"} }
func flag(name string) Field        { return Field{Name: name, Type: "boolean"} }
func amount(name string) Field      { return Field{Name: name, Type: "decimal", Simple: "Bedrag"} }
func typed(name, simple string, length int) Field {
	return Field{Name: name, Type: "string", Simple: simple, Length: length}
}
func identity(name string) Field { return typed(name, "Identity", 128) }

func (f Field) must() Field    { f.Required = true; return f }
func (f Field) changes() Field { f.Writable = true; return f }
func (f Field) derived() Field { f.Derived = true; return f }

// each makes one field per name of a blank-separated list.
func each(names string, make func(string) Field) []Field {
	var all []Field
	for _, n := range strings.Fields(names) {
		all = append(all, make(n))
	}
	return all
}

func fields(groups ...[]Field) []Field {
	var all []Field
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

// address gives the address fields, each name behind the prefix; wide is with
// Provincie (visiting address) or Postbus (postal address) of an employer.
func address(prefix string, wide bool) []Field {
	all := []Field{
		text(prefix+"Straat", 24), num(prefix + "Huisnummer"), text(prefix+"HuisnummerToevoeging", 4), text(prefix+"Locatie", 35),
	}
	if wide && prefix != "" {
		all = append(all, num("Postbus"))
	}
	all = append(all, text(prefix+"Postcode", 9), text(prefix+"Plaats", 24), code(prefix+"Landcode", "Landcode"))
	if wide && prefix == "" {
		all = append(all, code(prefix+"Provincie", ""))
	}
	all = append(all, code(prefix+"NadereAanduiding", "NadereAanduiding"))
	for i := range all {
		all[i].Writable = true
	}
	return all
}

var werkgeverFields = fields(
	[]Field{
		identity("WerkgeverQuid").must().derived(), num("WerkgeverId").must().derived(),
		text("Bedrijfsnaam", 70).must().changes(), text("Administratienummer", 15).changes(), num("Groepcode").changes(),
		text("KvKNummer", 35).changes(), code("Rechtsvorm", "").changes(), code("Branche", "").changes(), code("SbiCode", "").changes(),
	},
	address("", true), address("Post", true),
	[]Field{
		text("Telefoon", 15).changes(), text("Fax", 15).changes(), text("Email", 255).changes(), text("Website", 255).changes(),
		text("ContactNaam", 50).changes(), text("ContactFunctie", 50).changes(), text("ContactTelefoon", 15).changes(),
	},
)

var persoonFields = fields(
	[]Field{
		identity("PersoonQuid").must().derived(), num("Persnr").must(), typed("BSN", "BSN", 9),
		text("Voorletters", 6), text("Voornaam", 28), text("Voorvoegsel", 10), text("Achternaam", 25).must(),
		text("VoorvoegselPartner", 10), text("AchternaamPartner", 25), text("Naam", 82).derived(),
		code("NaamOpmaak", ""), code("Titel", ""), code("Geslacht", "Geslacht"), code("Nationaliteit", ""),
		code("BurgerlijkeStaat", "BurgerlijkeStaat").changes(),
		date("Geboortedatum"), date("DatumOverlijden").changes(), date("AowDatum").derived(), text("Geboorteplaats", 24),
	},
	address("", false), address("Post", false),
	[]Field{
		text("Email", 255), text("EmailZakelijk", 255), text("Telefoon", 15), text("TelefoonZakelijk", 15),
		text("Mobiel", 15), text("MobielZakelijk", 15), text("Fax", 15),
		code("SoortIdentiteitsbewijs", ""), text("NummerIdentiteitsbewijs", 20), num("ReisafstandWoonWerk"),
	},
)

var dienstverbandFields = fields(
	[]Field{
		identity("DienstverbandQuid").must().derived(), identity("PersoonQuid").must().derived(), num("Persnr").must(),
		num("PersoneelsnummerVerloning").derived(), num("Clientnummer"), within("NummerInkomstenVerhouding", 1, 9999),
		date("DatumInDienst").must(), date("DatumUitDienst").changes(), date("HistorischeDatumInDienst"),
		code("SoortDienstverband", "SoortDienstverband"), code("BasisDienstverband", "BasisDienstverband"), code("SoortWerknemer", ""),
		code("TypeDienstverband", "").derived(),
		code("RedenEindeDienstverband", "RedenEindeDienstverband").changes(),
		code("RedenEindeDienstverbandAangifte", "RedenEindeDienstverbandAangifte").changes(),
		flag("ZiekUitDienst").changes(),
		date("DatumIngangContractOnbepaaldeTijd"), flag("SchriftelijkeArbeidsovereenkomst"),
	},
	each("AanstellingTot AanstellingTot1 AanstellingTot2 AanstellingTot3 AanstellingTot4 AanstellingTot5 AanstellingTot6", date),
	[]Field{
		within("OpzegtermijnWerknemer", 1, 1000), within("OpzegtermijnWerkgever", 1, 1000),
		code("PeriodeOpzegTermijn", "PeriodeOpzegTermijn"), date("DatumOpzegging"), date("AanvangOpzegtermijn"),
	},
	each(`IsOproepkrachtOfInvalkracht SoortOproepkrachtOfInvalkracht IsDirecteurGrootAandeelhouder IsFamilieVanEigenaar
		IsVorigeEigenaar IsAnoniemeWerknemer IsGemoedsbezwaardVolksverzekering IsGemoedsbezwaardWerknemerverzekering
		PremieVrijstellingMarginaleArbeid WerkkostenRegelingUitsluiting WachtgeldOudeRegeling Deelname55Plus EersteDagsMelding
		SalarisschaalSignaleren`, flag),
	each(`CodeUitzondering SpecialeInkomstenVerhouding TijdelijkeHeffingskorting Vakantiebonnen AardDeelnemerschap
		WaardeDeelnemerschap AanleveringExternePartij`, func(n string) Field { return code(n, "") }),
	[]Field{
		within("BeroepUWV", 1, 999), within("CAOUWV", 1, 9999), num("CaoKlantgroepAfwijkend"), within("PeriodeSalarisPeriodiek", 1, 52),
		text("NaamLoonstrook", 34), text("EmailVerlofaanvraag", 255),
		typed("IBAN", "IBAN", 34).derived(), text("TenNameVan", 70).derived(),
	},
)

var verloningFields = []Field{
	num("Clientnummer").must(), text("Administratieomschrijving", 50), text("Naam", 70), text("KorteNaam", 12),
	typed("Loonheffingennummer", "Loonheffingennummer", 12), num("CaoNummer"),
	num("Jaar").must(), num("PeriodeNummer").must(), date("BeginPeriode").must(), date("EindePeriode").must(),
	code("SoortPeriode", "SoortPeriode").must(), flag("Testjaar"),
}

var runFields = fields(
	[]Field{
		num("Volgnummerrun").must(), num("VolgnummerGoedgekeurd"), num("Jaar").must(), num("PeriodeNummer").must(),
		num("Status").must().of("StatusVerloningsRun"), text("StatusOmschrijving", 100),
		num("WijzeVanAanmaak").of("WijzeVanAanmaak"), text("WijzeVanAanmaakOmschrijving", 255),
		identity("GebruikerIdVerzoek"), identity("GebruikerIdAfgehandeld"),
	},
	each("AantalPeriodeStroken AantalBijzondertariefStroken AantalHerrekenStroken", num),
	each("DatumVerzoek DatumVerwerkt DatumGoedkeuring DatumVerwijderd", moment),
	[]Field{
		date("DatumBeschikbaarWerknemer"), text("TekstLoonstrook", 25), text("TekstTariefstrook", 25), text("TekstBetaling", 32),
		flag("HeeftFouten"), flag("HeeftWaarschuwingen"),
	},
)

var betalingFields = []Field{
	text("Omschrijving", 32), code("SoortBetaling", "SoortBetaling").must(), date("GewensteVerwerkingsdatum"),
	typed("IBANOpdrachtgever", "IBAN", 34), text("NaamOpdrachtgever", 70), num("AantalPosten").must(), amount("TotaalBedrag").must(),
}

var loonaangifteFields = fields(
	[]Field{
		typed("Berichtkenmerk", "Berichtkenmerk", 32).must(), typed("Loonheffingennummer", "Loonheffingennummer", 12).must(),
		text("Inhoudingsplichtige", 0), num("Jaar").must(), num("PeriodeNummer").must(), date("BeginPeriode"), date("EindePeriode"),
		code("SoortAangifte", "SoortAangifte"), num("Status").must().changes().of("StatusLoonaangifte"), text("StatusOmschrijving", 100),
		num("Volgnummer"), num("Volgnummerrun"), amount("BedragPeriode"), amount("BedragCorrectie"), amount("BedragTotaal"),
		date("UitersteBetaaldatum"), text("Betalingskenmerk", 16), typed("IBAN", "IBAN", 34), text("TenNameVan", 70),
		text("ExternepartijLoonaangifteIdentificatie", 64).changes(),
		num("WijzeVanAanmaak").of("WijzeVanAanmaak"), text("WijzeVanAanmaakOmschrijving", 255),
		identity("GebruikerIdVerzoek"), identity("GebruikerIdAfgehandeld"),
	},
	each("DatumAanmaak DatumGoedkeuring DatumVerzending DatumAnnulering DatumVerwijderd", moment),
	[]Field{flag("IsCorrectieVoorgaandJaar")},
)

var verlofFields = []Field{
	num("WerkgeverId").must(), num("PersnrVerl"), num("Persnr").must(), text("Naam", 82).derived(),
	date("Ingangsdatum").must(), date("Einddatum"), code("Soort", "Verlofsoort").must(), text("SoortOmschrijving", 255).derived(),
	within("Factor", -1, 1).must(), {Name: "Eenheden", Type: "decimal", Simple: "Eenheden", Required: true},
	code("SoortEenheid", "SoortEenheid"), text("Opmerking", 4000),
}

var journaalFields = []Field{
	num("Volgnummer").must(), num("Status").must().of("StatusJournaal"), text("StatusOmschrijving", 100), num("VolgnummerGoedgekeurd"),
	num("Jaar").must(), num("PeriodeNummer").must(), moment("DatumVerzoek"), moment("DatumVerwerkt"),
}

// One record per component and key; imports write them, so what a line says can
// change.
var variabeleFields = []Field{
	num("Jaar").must(), num("PeriodeNummer").must(), num("SoortStrook").must().of("SoortStrook"), num("Ploeg"),
	text("Kostenplaats", 20), text("Kostendrager", 20), text("Verdeeleenheid", 0), text("StrookTekst", 25).changes(),
	num("Component").must(), Field{Name: "Waarde", Type: "decimal"}.changes(), flag("Aanvulling").changes(),
}

func (f Field) of(table string) Field { f.Table = table; return f }

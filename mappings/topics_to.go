package mappings

// The examples of employees and targets.

var targetExamples = []example{
	{kind: "employee", name: "persnr_verl", sentence: "The number in the payroll."},
	{kind: "employee", name: "email", sentence: "The e-mail address, as Loket has it; the employer may follow from it.",
		columns: "{name: mail, personal: yes}\n{name: periode}\n{name: uren, type: hours, notation: [decimal]}",
		to:      map[string]string{"employer": "{by: employee}", "employee": "{email: {column: mail}}"},
		in:      "mail;periode;uren\nanna.debruin.1001@example.org;2026-10;7,5\n"},
	{kind: "target", name: "variabele-gegevens-csv", sentence: "Hours and amounts per employee, period and component."},
	{kind: "target", name: "variabele-gegevens-xml", sentence: "The same, with kostenplaats and kostendrager.",
		columns: usualColumns + "\n{name: kp}", to: map[string]string{"what": "variabele-gegevens-xml", "kostenplaats": "{column: kp}"},
		in: "nr;periode;uren;kp\n1;2026-10;7,5;100\n", out: "clientnummer 5555, werknemer 1, periode 2026-10, component 1: 7.50, kostenplaats 100\n"},
	{kind: "target", name: "verlof-csv", sentence: "Leave that is taken (-1) or built up (1): every row becomes a record.",
		columns: "{name: nr, type: integer}\n{name: van, type: date, layouts: [dd-MM-yyyy]}\n{name: uren, type: hours, notation: [decimal]}",
		to: without(map[string]string{"what": "verlof-csv", "leave": "\nfrom: {column: van}\nsoort: {constant: 1}\nfactor: {constant: -1}\neenheden: {column: uren}"},
			"mode", "period", "hours", "values"),
		in: "nr;van;uren\n1;01-10-2026;8\n", out: "werkgever 1001, werknemer 1, verlof 2026-10-01 tot en met 2026-10-01, soort 1, factor -1: 8.00\n"},
	{kind: "target", name: "loonaangifte-status", sentence: "Approves or cancels a tax return per row.",
		columns: "{name: kenmerk}\n{name: actie}",
		more:    "tables:\n  acties: {key: [actie], ignore_case: yes, rows: [{actie: akkoord, wordt: Goedkeuren}]}",
		to: without(map[string]string{"what": "loonaangifte-status", "berichtkenmerk": "{column: kenmerk}", "actie": "{table: acties, by: actie, take: wordt}"},
			"mode", "employer", "employee", "period", "hours", "values"),
		in:  "kenmerk;actie\nLOKETETL821267048L0120260909;akkoord\n",
		out: "GoedkeurenAnnulerenLoonaangifte.GoedkeurenAnnulerenLoonaangifte: Actie Goedkeuren, Berichtkenmerk LOKETETL821267048L0120260909\n"},
	{kind: "target", name: "persoon-adres", sentence: "Changes the address of a person per row; so do the other changes with their fields.",
		columns: "{name: nr, type: integer}\n{name: straat, personal: yes}\n{name: huisnr, personal: yes}\n{name: postcode, personal: yes}\n{name: plaats, personal: yes}\n{name: land}",
		to: without(map[string]string{"what": "persoon-adres", "empty": "\"-\"", "fields": "\nStraat: {column: straat}\nHuisnummer: {column: huisnr}\nPostcode: {column: postcode}\nPlaats: {column: plaats}\nLandcode: {column: land}"},
			"mode", "period", "hours", "values"),
		in:  "nr;straat;huisnr;postcode;plaats;land\n1;Lindelaan;12;9401 AB;Assen;NL\n",
		out: "Persoon.WijzigenAdresGegevens: Adres/Huisnummer 12, Adres/Landcode NL, Adres/Plaats Assen, Adres/Postcode 9401 AB, Adres/Straat Lindelaan, DataIdentity P-1001-1\n"},
	{kind: "target", name: "loonaangifte-response", sentence: "Hands a response message of the tax authority on, byte for byte.", ships: true,
		fileName: "response_2026-08.xml", in: `<?xml version="1.0" encoding="UTF-8"?>
<Responsemessage version="2006.1">
  <Identification>
    <MessageId>R-00000000000000000000000000000001</MessageId>
    <RefersToMessageId>LOKETETL821267048L0120260808</RefersToMessageId>
    <MessageIdBd>00000000000000000000000000000001</MessageIdBd>
    <DatumTijdOntvangst>2026-10-19T08:30:00Z</DatumTijdOntvangst>
    <ResponseType>acknowledgement</ResponseType>
  </Identification>
</Responsemessage>
`, out: "AanleverenResponseMessage.AanleverenLoonaangifteResponseMessage: Berichtkenmerk LOKETETL821267048L0120260808, OntvangenOp 2026-10-20 09:00:00 +0000 UTC, ResponseMessage 445 bytes\n"},
	{kind: "target", name: "persoon-burgerlijke-staat", sentence: "The civil status of a person, from a day.", ships: true,
		fileName: "wijzigingen.csv", in: "Clientnummer;Personeelsnummer;Burgerlijke staat;Ingangsdatum\n5555;1;2;01-10-2026\n", out: "Persoon.WijzigenBurgerlijkeStaat: BurgerlijkeStaat 2, DataIdentity P-1001-1, IngangsDatum 2026-10-01\n"},
	{kind: "target", name: "persoon-overlijden", sentence: "The day on which a person died.", ships: true,
		fileName: "wijzigingen.csv", in: "Clientnummer;Personeelsnummer;Datum overlijden\n5555;1;03-10-2026\n", out: "Persoon.WijzigenDatumOverlijden: DataIdentity P-1001-1, DatumOverlijden 2026-10-03\n"},
	{kind: "target", name: "dienstverband-uit-dienst", sentence: "The last day of an employment, with the reason.", ships: true,
		fileName: "wijzigingen.csv", in: "Clientnummer;Personeelsnummer;Datum uit dienst;Reden aangifte;Reden;Ziek uit dienst\n5555;1;31-10-2026;20;8;nee\n", out: "Dienstverband.WijzigenDatumUitDienst: DataIdentity D-1001-1, DatumUitDienst 2026-10-31, RedenEindeDienstverband 8, RedenEindeDienstverbandAangifte 20, ZiekUitDienst false\n"},
	{kind: "target", name: "concept-werknemer", sentence: "A new employee, to be finished in Loket; made once.", ships: true,
		fileName: "wijzigingen.csv", in: "WerkgeverId;Unieke naam;Achternaam;Voorvoegsel;Voorletters;Voornaam;Geslacht;Geboortedatum;BSN;IBAN;Straat;Huisnummer;Postcode;Plaats;Land;E-mail;Datum in dienst;Functie;Bruto loon;Uren per week;Loonheffingskorting\n1001;2026-11-smit;Smit;;J;Jan;1;14-02-1998;;NL20 INGB 0001 2345 67;Lindelaan;3;9401 AB;Assen;NL;jan.smit@example.org;01-11-2026;Monteur;2850,00;38;ja\n", out: "Dienstverband.ToevoegenConceptWerknemer: Dienstverband/BrutoLoon 2850.00, Dienstverband/DatumInDienst 2026-11-01, Dienstverband/Functie Monteur, Dienstverband/LoonheffingskortingToepassen true, Dienstverband/UrenPerWeek 38.00, ParentDataIdentity W-1001, Persoon/Achternaam Smit, Persoon/Adres map[Huisnummer:3 Landcode:NL Plaats:Assen Postcode:9401 AB Straat:Lindelaan], Persoon/Email jan.smit@example.org, Persoon/Geboortedatum 1998-02-14, Persoon/Geslacht 1, Persoon/IBAN NL20INGB0001234567, Persoon/Voorletters J, Persoon/Voornaam Jan, UniekeNaam 2026-11-smit\n"},
	{kind: "target", name: "werkgever-adres", sentence: "The address of an employer, the postal one too.", ships: true,
		fileName: "wijzigingen.csv", in: "WerkgeverId;Straat;Huisnummer;Postcode;Plaats;Land\n1001;Havenkade;7;9401 AB;Assen;NL\n", out: "Werkgever.WijzigenAdresGegevens: Adres/Huisnummer 7, Adres/Landcode NL, Adres/Plaats Assen, Adres/Postcode 9401 AB, Adres/Straat Havenkade, DataIdentity W-1001\n"},
	{kind: "target", name: "werkgever-algemeen", sentence: "Name and numbers of an employer.", ships: true,
		fileName: "wijzigingen.csv", in: "WerkgeverId;Bedrijfsnaam;KvK-nummer\n1001;Bakkerij De Korenaar B.V.;01234567\n", out: "Werkgever.WijzigenAlgemeneGegevens: Algemeen/Bedrijfsnaam Bakkerij De Korenaar B.V., Algemeen/KvKNummer 01234567, DataIdentity W-1001\n"},
	{kind: "target", name: "werkgever-contact", sentence: "How an employer is reached.", ships: true,
		fileName: "wijzigingen.csv", in: "WerkgeverId;Telefoon;E-mail\n1001;0592123456;info@korenaar.example.org\n", out: "Werkgever.WijzigenContactGegevens: Contact/Email info@korenaar.example.org, Contact/Telefoon 0592123456, DataIdentity W-1001\n"},
	{kind: "target", name: "werkgever-toevoegen", sentence: "A new employer; made once.", ships: true,
		fileName: "wijzigingen.csv", in: "Bedrijfsnaam;KvK-nummer;Straat;Huisnummer;Postcode;Plaats;Land;Telefoon\nTimmerbedrijf Eik B.V.;07654321;Havenkade;9;9401 AB;Assen;NL;0592654321\n", out: "Werkgever.ToevoegenWerkgever: Adres/Huisnummer 9, Adres/Landcode NL, Adres/Plaats Assen, Adres/Postcode 9401 AB, Adres/Straat Havenkade, Algemeen/Bedrijfsnaam Timmerbedrijf Eik B.V., Algemeen/KvKNummer 07654321, Contact/Telefoon 0592654321\n"},
	{kind: "target", name: "dossier-metadata", sentence: "Describes a document in a dossier.", ships: true,
		fileName: "wijzigingen.csv", in: "Dossierstuk;Omschrijving;Categorie;Jaar\nW.5ade6cba-0001-81b9-9113-000000000000.1;Arbeidsvoorwaarden 2026;Reglementen;2026\n", out: "Dossiervorming.WijzigenMetadataDossier: DossierDataIdentity W.5ade6cba-0001-81b9-9113-000000000000.1, MetaData/Categorie Reglementen, MetaData/Jaar 2026, MetaData/Omschrijving Arbeidsvoorwaarden 2026\n"},
	{kind: "target", name: "dossier-verwijderen", sentence: "Removes a document from a dossier.", ships: true,
		fileName: "wijzigingen.csv", in: "Dossierstuk\nW.5ade6cba-0001-81b9-9113-000000000000.1\n", out: "Dossiervorming.VerwijderenDossier: DossierDataIdentity W.5ade6cba-0001-81b9-9113-000000000000.1\n"},
}

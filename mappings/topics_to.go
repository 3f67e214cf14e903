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
}

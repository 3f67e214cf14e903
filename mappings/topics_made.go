package mappings

import (
	"strconv"
	"strings"
)

// The examples of what is computed, of wide sheets and of functions.

var wideExamples = []example{
	{kind: "header", name: "header_rows", sentence: "The header has two rows: the lowest filled cell of a column is its name, or with header_join: both the two together.",
		file: "format: csv\nheader_rows: 2\nheader_join: both", columns: "{name: nr, type: integer}\n{name: periode}\n{name: uren gewoon, as: uren, type: hours, notation: [decimal]}",
		in: ";;uren\nnr;periode;gewoon\n1;2026-10;7,5\n"},
	{kind: "wide", name: "headings", sentence: "Every filled cell under these headings becomes a row of its own, with what its heading says and all other cells of its row.",
		file:    "format: csv\nwide:\n  headings: {gewoon: 1, overwerk: 3}\n  heading: {as: component, type: integer}\n  cell: {as: uren, type: hours, notation: [decimal]}",
		columns: "{name: nr, type: integer}\n{name: periode}", to: map[string]string{"values": "[{component: {column: component}, value: {column: uren}}]"},
		in: "nr;periode;gewoon;overwerk\n1;2026-10;7,5;1\n", out: "clientnummer 5555, werknemer 1, periode 2026-10, component 1: 7.50\nclientnummer 5555, werknemer 1, periode 2026-10, component 3: 1.00\n"},
}

var madeExamples = []example{
	{kind: "compute", name: "compute", sentence: "Gives what is computed a name, to use it below like a column.",
		more: "compute:\n  gewoon: {expr: \"min(uren, 8)\"}\n  over: {expr: \"max(uren - 8, 0)\"}",
		to:   map[string]string{"values": "[{component: {constant: 1}, value: {column: gewoon}}, {component: {constant: 3}, value: {column: over}, zero: skip}]"},
		in:   "nr;periode;uren\n1;2026-10;9\n", out: "clientnummer 5555, werknemer 1, periode 2026-10, component 1: 8.00\nclientnummer 5555, werknemer 1, periode 2026-10, component 3: 1.00\n"},
	{kind: "origin", name: "expr", sentence: "What an expression makes of the row; there is a page about each function.",
		to: map[string]string{"values": "[{component: {constant: 1}, value: {expr: \"min(uren, 8)\"}}]"}, in: "nr;periode;uren\n1;2026-10;9\n", out: "clientnummer 5555, werknemer 1, periode 2026-10, component 1: 8.00\n"},
	{kind: "origin", name: "first_of", sentence: "The first of these that is filled.",
		columns: usualColumns + "\n{name: anders, type: hours, notation: [decimal]}", to: map[string]string{"values": "[{component: {constant: 1}, value: {first_of: [{column: anders}, {column: uren}]}}]"},
		in: "nr;periode;uren;anders\n1;2026-10;7,5;\n"},
	{kind: "origin", name: "join", sentence: "Texts in a row, those that are filled, with something between them.",
		columns: usualColumns + "\n{name: afd}\n{name: kp}", to: map[string]string{"what": "variabele-gegevens-xml", "kostenplaats": "{join: [{column: afd}, {column: kp}], with: \"-\"}"},
		in: "nr;periode;uren;afd;kp\n1;2026-10;7,5;A;100\n", out: "clientnummer 5555, werknemer 1, periode 2026-10, component 1: 7.50, kostenplaats A-100\n"},
	{kind: "origin", name: "when", sentence: "One thing when all conditions hold, and another, or nothing, when they do not.",
		columns: usualColumns + "\n{name: soort}", to: map[string]string{"values": "[{component: {when: [{column: soort, like: \"over*\"}], then: {constant: 3}, else: {constant: 1}}, value: {column: uren}}]"},
		in: "nr;periode;uren;soort\n1;2026-10;1;Overwerk\n", out: "clientnummer 5555, werknemer 1, periode 2026-10, component 3: 1.00\n"},
	{kind: "origin", name: "worked", sentence: "The hours between clock times, less a break; an end before the start is on the next day, an equal one is a problem.",
		columns: "{name: nr, type: integer}\n{name: periode}\n{name: van, type: hours, notation: [clock]}\n{name: tot, type: hours, notation: [clock]}\n{name: pauze, type: hours, notation: [clock]}",
		to:      map[string]string{"values": "[{component: {constant: 1}, value: {worked: {start: van, end: tot, break: pauze}}}]"},
		in:      "nr;periode;van;tot;pauze\n1;2026-10;22:00;6:00;0:30\n"},
	{kind: "value", name: "unit", sentence: "Minutes or seconds that become hours.",
		columns: "{name: nr, type: integer}\n{name: periode}\n{name: minuten, type: integer}", to: map[string]string{"values": "[{component: {constant: 1}, value: {column: minuten, unit: minutes}}]"},
		in: "nr;periode;minuten\n1;2026-10;450\n"},
	{kind: "value", name: "times", sentence: "The number times a column, a number or what a table has.",
		columns: "{name: nr, type: integer}\n{name: periode}\n{name: dagen, type: integer}", to: map[string]string{"values": "[{component: {constant: 1}, value: {column: dagen, times: 7.5}}]"},
		in: "nr;periode;dagen\n1;2026-10;1\n"},
	{kind: "value", name: "percent", sentence: "So many percent of the number; round then says how it is rounded before it is added up, and decimals how many are left.",
		to: map[string]string{"values": "[{component: {constant: 1}, value: {column: uren, percent: 125, round: half-up, decimals: 1}}]"}, out: "clientnummer 5555, werknemer 1, periode 2026-10, component 1: 9.40\n"},
	{kind: "condition", name: "like", sentence: "The cell is like one of these, whatever the capitals: * is anything. not_like: like none of them.",
		columns: usualColumns + "\n{name: naam, personal: yes}", more: "skip:\n  - {column: naam, like: \"*totaal*\"}", in: "nr;periode;uren;naam\n1;2026-10;7,5;Anna\n1;2026-10;7,5;Subtotaal\n"},
	{kind: "condition", name: "expr", sentence: "An expression that is yes or no.",
		more: "skip:\n  - {expr: \"uren > 24\"}", in: "nr;periode;uren\n1;2026-10;7,5\n2;2026-10;100\n"},
	{kind: "period", name: "closed", sentence: "What belongs in a period that is closed in Loket is refused, or with open-period added to the first open one after it.",
		to: map[string]string{"mode": "Optellen", "period": "{column: periode, closed: open-period}"}},
}

// functionTopics are the functions of expressions, each with its own example.
func functionTopics() []Topic {
	var all []Topic
	for _, f := range Functions() {
		result, place := f.Result, "{expr: '"+f.Example+"'}"
		text, err := strconv.Unquote(result)
		switch {
		case err == nil:
			result = text
		case result == "yes":
			result, place = "ja", "{when: [{expr: '"+f.Example+"'}], then: {constant: ja}, else: {constant: nee}}"
		default:
			place = "{expr: 'text(" + f.Example + ")'}"
		}
		e := example{kind: "function", name: f.Name, sentence: f.Signature + ": " + f.English + " " + f.Dutch,
			columns: usualColumns + "\n{name: minuten, type: integer}\n{name: begin, type: hours, notation: [clock]}\n{name: einde, type: hours, notation: [clock]}\n{name: pauze, type: hours, notation: [clock]}" +
				"\n{name: code}\n{name: naam}\n{name: datum, type: date, layouts: [dd-MM-yyyy]}\n{name: leeg, type: decimal}",
			to:  map[string]string{"what": "variabele-gegevens-xml", "kostenplaats": place},
			in:  "nr;periode;uren;minuten;begin;einde;pauze;code;naam;datum;leeg\n1;2026-10;7,5;450;22:00;6:30;0:30;N12;Anna;01-10-2026;\n",
			out: strings.TrimSuffix(usualCalls, "\n") + ", kostenplaats " + result + "\n"}
		if f.Name == "file" {
			e.file, e.fileName = "format: csv\nname: \"uren_{year}-{period}*\"", "uren_2026-10.csv"
		}
		all = append(all, e.topic())
	}
	return all
}

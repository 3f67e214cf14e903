package mappings

import "strings"

// Topic is one word of the language of mappings, with an example that a test runs.
type Topic struct {
	Kind     string // format, header, wide, type, target, origin, compute, condition, period, value, table, employer, employee, choice or function
	Name     string
	Sentence string
	Mapping  string // the example: a whole mapping,
	FileName string // a file for it,
	File     string // of a workbook, its rows as CSV,
	Calls    string // and what that becomes
}

// Title is how people ask for the topic: kind and name.
func (t Topic) Title() string { return t.Kind + " " + t.Name }

// Topics is every topic, by kind.
func Topics() []Topic {
	var all []Topic
	for _, group := range [][]example{formatExamples, wideExamples, typeExamples, originExamples, madeExamples, ruleExamples, targetExamples} {
		for _, e := range group {
			all = append(all, e.topic())
		}
	}
	return append(all, functionTopics()...)
}

// example is a topic by what differs from the usual mapping.
type example struct {
	kind, name, sentence string
	ships                bool   // the mapping is the one of this name that ships
	file                 string // lines under file:, instead of format: csv
	columns              string // lines under columns:
	more                 string // keys beside file and to
	to                   map[string]string
	fileName, in, out    string
}

// usual are the keys under to, in their order.
var usual = []struct{ key, value string }{
	{"what", "variabele-gegevens-csv"}, {"mode", "Overschrijven"}, {"employer", "{clientnummer: {constant: 5555}}"}, {"employee", "{persnr_verl: {column: nr}}"},
	{"period", "{column: periode}"}, {"kostenplaats", ""}, {"hours", "all"}, {"round", ""}, {"empty", ""}, {"leave", ""},
	{"berichtkenmerk", ""}, {"actie", ""}, {"fields", ""}, {"values", "[{component: {constant: 1}, value: {column: uren}}]"},
}

const (
	usualColumns = "{name: nr, type: integer}\n{name: periode}\n{name: uren, type: hours, notation: [decimal]}"
	usualFile    = "nr;periode;uren\n1;2026-10;7,5\n"
	usualCalls   = "clientnummer 5555, werknemer 1, periode 2026-10, component 1: 7.50\n"
)

func (e example) topic() Topic {
	t := Topic{Kind: e.kind, Name: e.name, Sentence: e.sentence, FileName: e.fileName, File: e.in, Calls: e.out}
	if t.FileName == "" {
		t.FileName = "uren.csv"
	}
	if t.File == "" {
		t.File = usualFile
	}
	if t.Calls == "" {
		t.Calls = usualCalls
	}
	if e.ships {
		text, _ := shipped.ReadFile(e.name + ".yaml") // a test reads it
		t.Mapping = string(text)
		return t
	}
	var b strings.Builder
	b.WriteString("mapping: voorbeeld\ndescription: an example\nfile:\n")
	file, columns := e.file, e.columns
	if file == "" {
		file = "format: csv"
	}
	if columns == "" {
		columns = usualColumns
	}
	indent(&b, "  ", file)
	if columns != "none" {
		b.WriteString("  columns:\n")
		indent(&b, "    - ", columns)
	}
	indent(&b, "", e.more)
	b.WriteString("to:\n")
	for _, u := range usual {
		value, said := e.to[u.key]
		if !said {
			value = u.value
		}
		switch {
		case value == "" || value == "none":
		case strings.HasPrefix(value, "\n"):
			b.WriteString("  " + u.key + ":\n")
			indent(&b, "    ", value[1:])
		default:
			b.WriteString("  " + u.key + ": " + value + "\n")
		}
	}
	t.Mapping = b.String()
	return t
}

func indent(b *strings.Builder, by, text string) {
	for line := range strings.Lines(text) {
		b.WriteString(by + strings.TrimRight(line, "\n") + "\n")
	}
}

// without leaves keys out of what is usual under to.
func without(to map[string]string, keys ...string) map[string]string {
	for _, k := range keys {
		to[k] = "none"
	}
	return to
}

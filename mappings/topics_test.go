package mappings

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// exampleBook makes a workbook of CSV.
func exampleBook(t *testing.T, csv string) []byte {
	t.Helper()
	x := excelize.NewFile()
	if err := x.SetSheetName("Sheet1", "Uren"); err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(strings.TrimSpace(csv), "\n") {
		cells := strings.Split(line, ";")
		if err := x.SetSheetRow("Uren", fmt.Sprintf("A%d", n+1), &cells); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := x.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// says is what an example becomes, as its page shows it.
func says(t *testing.T, topic Topic) string {
	t.Helper()
	m, err := LoadOne(fstest.MapFS{"voorbeeld.yaml": {Data: []byte(topic.Mapping)}}, "voorbeeld")
	if !strings.HasPrefix(topic.Mapping, "mapping: voorbeeld\n") {
		m, err = LoadOne(shipped, topic.Name)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, topic.Mapping)
	}
	data := []byte(topic.File)
	if strings.HasSuffix(topic.FileName, ".xlsx") {
		data = exampleBook(t, topic.File)
	}
	in := textInput(topic.FileName, data)
	in.Open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	in.Clientnummer = 5555
	var b strings.Builder
	report, err := m.Run(t.Context(), in, func(p Planned) error {
		if p.Call.Function != importFunction {
			writeCall(&b, p)
			return nil
		}
		values, err := Read(p.Call)
		for _, v := range values {
			writeValue(&b, v)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range report.Problems {
		fmt.Fprintln(&b, p)
	}
	return b.String()
}

func writeCall(b *strings.Builder, p Planned) {
	b.WriteString(p.Call.Function + ": ")
	var args []string
	for name, v := range p.Call.Args {
		if group, ok := v.(map[string]any); ok {
			for field, v := range group {
				args = append(args, fmt.Sprintf("%s/%s %v", name, field, v))
			}
			continue
		}
		if data, ok := v.([]byte); ok {
			v = fmt.Sprintf("%d bytes", len(data))
		}
		args = append(args, fmt.Sprintf("%s %v", name, v))
	}
	slices.Sort(args)
	b.WriteString(strings.Join(args, ", ") + "\n")
}

func writeValue(b *strings.Builder, v ImportValue) {
	if l := v.Verlof; l != nil {
		fmt.Fprintf(b, "werkgever %d, werknemer %d, verlof %s tot en met %s, soort %d, factor %d: %s\n", v.WerkgeverID, v.PersnrVerl, l.Ingangsdatum, l.Einddatum, l.Soort, l.Factor, l.Eenheden)
		return
	}
	sign, n := "", v.Value
	if n < 0 {
		sign, n = "-", -n
	}
	fmt.Fprintf(b, "clientnummer %d, werknemer %d, periode %s, component %d: %s%d.%02d", v.Clientnummer, v.PersnrVerl, v.Period, v.Component, sign, n/100, n%100)
	if v.Kostenplaats != "" {
		b.WriteString(", kostenplaats " + v.Kostenplaats)
	}
	b.WriteByte('\n')
}

func TestExamplesBecomeWhatTheirPagesSay(t *testing.T) {
	for _, topic := range Topics() {
		t.Run(topic.Title(), func(t *testing.T) {
			if diff := cmp.Diff(topic.Calls, says(t, topic)); diff != "" {
				t.Errorf("%s\n%s", diff, topic.Mapping)
			}
			if !strings.HasSuffix(topic.Sentence, ".") {
				t.Errorf("%q is no sentence", topic.Sentence)
			}
		})
	}
}

func TestEveryWordOfTheLanguageHasATopic(t *testing.T) {
	has := map[string]bool{}
	for _, topic := range Topics() {
		if has[topic.Title()] {
			t.Errorf("%s stands there twice", topic.Title())
		}
		has[topic.Title()] = true
	}
	for _, title := range []string{
		"format csv", "format xlsx", "format json", "format ndjson", "format xml", "format fixed",
		"type text", "type integer", "type decimal", "type hours", "type date",
		"origin column", "origin constant", "origin table", "origin file_name", "origin pipeline", "origin header",
		"condition is", "condition not", "condition empty",
		"period date", "period column", "period year and number", "period file_name", "period drop_date",
		"value column", "value sum", "value only", "value constant",
		"origin first_of", "origin join", "origin when", "origin worked", "origin expr", "compute compute",
		"condition like", "condition expr", "period closed", "value unit", "value times", "value percent", "header header_rows", "wide headings",
		"target variabele-gegevens-csv", "target variabele-gegevens-xml", "target verlof-csv", "target loonaangifte-status",
	} {
		if !has[title] {
			t.Errorf("there is no page about %s", title)
		}
	}
}

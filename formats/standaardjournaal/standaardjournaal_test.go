package standaardjournaal

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"loket-etl/payroll"
)

func journal() payroll.Journal {
	return payroll.Journal{
		Run: "run-1", WerkgeverID: 1001, Clientnummer: 1, Period: payroll.Period{Year: 2026, Number: 10}, RunNumber: 3, Date: 20261031,
		Lines: []payroll.JournalLine{
			{Number: 1, Component: 900, ComponentName: "Salaris", Account: "4000", Description: "Lonen & salarissen", CostCentre: "100", CostUnit: "A", Debit: 3500_00},
			{Number: 2, Account: "1700", Credit: 593_84},
			{Number: 3, Account: "1710", Credit: 2906_16},
		},
	}
}

func encode(t *testing.T, j payroll.Journal) string {
	t.Helper()
	var out bytes.Buffer
	if err := Encode(&out, j); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGolden(t *testing.T) {
	want, err := os.ReadFile("testdata/journaal.xml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), encode(t, journal())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got, err := Decode(bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(journal(), got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	totals, err := Totals(bytes.NewReader(want))
	if err != nil || totals != (payroll.Totals{Count: 3, Amount: 3500_00}) {
		t.Errorf("totals %+v, %v", totals, err)
	}
}

func TestRefusedWhenWriting(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*payroll.Journal)
		want   string
	}{
		"unbalanced":        {func(j *payroll.Journal) { j.Lines[0].Debit++ }, "journal does not balance: debit 3500.01, credit 3500.00"},
		"negative":          {func(j *payroll.Journal) { j.Lines[1].Credit = -1 }, "regel 2: an amount is negative"},
		"debit and credit":  {func(j *payroll.Journal) { j.Lines[0].Credit = 1 }, "regel 1: it has both"},
		"long name":         {func(j *payroll.Journal) { j.Lines[0].ComponentName = "Veel te lang naam" }, "longer than 14"},
		"long account":      {func(j *payroll.Journal) { j.Lines[0].Account = strings.Repeat("4", 21) }, "longer than 20"},
		"number":            {func(j *payroll.Journal) { j.Lines[1].Number = 3 }, "regel 2: it has Volgnummer 3"},
		"no run":            {func(j *payroll.Journal) { j.Run = "" }, "identity of the run"},
		"no date":           {func(j *payroll.Journal) { j.Date = 0 }, "the date is missing"},
		"no period":         {func(j *payroll.Journal) { j.Period.Number = 0 }, "does not exist"},
		"control character": {func(j *payroll.Journal) { j.Lines[0].Description = "a\x01b" }, "XML cannot carry"},
		"negative number":   {func(j *payroll.Journal) { j.Clientnummer = -1 }, "not within 0 and"},
		"component's name":  {func(j *payroll.Journal) { j.Lines[1].ComponentName = "x" }, "a name but no number"},
	} {
		j := journal()
		c.change(&j)
		err := Encode(io.Discard, j)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
		if name == "unbalanced" && !errors.Is(err, payroll.ErrUnbalanced) {
			t.Error("the error is not ErrUnbalanced")
		}
	}
}

func TestRefusedWhenReading(t *testing.T) {
	good := encode(t, journal())
	for _, c := range []struct{ name, old, new, want string }{
		{"total", "<TotaalDebet>3500.00", "<TotaalDebet>3500.01", "the totals are 3500.01 and 3500.00"},
		{"unbalanced", "<Credit>593.84", "<Credit>593.83", "does not balance"},
		{"namespace", Namespace, "urn:x", `namespace "urn:x"`},
		{"DTD", "<Journaal", "<!DOCTYPE x [<!ENTITY a 'b'>]><Journaal", "a DTD is not allowed"},
		{"processing instruction", "<Journaal", "<?x y?><Journaal", "processing instructions"},
		{"unknown element", "<Regel Volgnummer=\"2\">", "<Regel Volgnummer=\"2\"><Naam>x</Naam>", `"Naam" where Debet is due`},
		{"order", "<Debet>0.00</Debet>\n    <Credit>593.84</Credit>", "<Credit>593.84</Credit><Debet>0.00</Debet>", `"Credit" where Debet is due`},
		{"unknown attribute", "Volgnummer=\"2\"", "Volgnummer=\"2\" Soort=\"x\"", "an attribute is unknown"},
		{"attribute twice", "Clientnummer=\"1\"", "Clientnummer=\"1\" Clientnummer=\"2\"", "stands twice"},
		{"attribute missing", " Clientnummer=\"1\"", "", "attribute Clientnummer is missing"},
		{"three decimals", "593.84", "593.840", "at most two decimals"},
		{"comma", "593.84", "593,84", "at most two decimals"},
		{"exponent", "593.84", "5e2", "at most two decimals"},
		{"text between", "<Regel Volgnummer=\"2\">", "x<Regel Volgnummer=\"2\">", "TotaalDebet is missing"},
		{"after the end", "</Journaal>", "</Journaal><x/>", "something follows the end"},
		{"cut off", "</Journaal>\n", "", "unexpected EOF"},
		{"no component number", "<Nummer>900", "<Nummer>0", "not a number from 1"},
		{"character set", "UTF-8", "UTF-7", "character set"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if text == good {
			t.Errorf("%s: nothing was changed", c.name)
		}
		_, err := Decode(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestWrittenIsReadBack(t *testing.T) {
	text := rapid.StringOf(rapid.RuneFrom([]rune("aé€<&>\"' \tZ9-"))).Filter(func(s string) bool { return len([]rune(s)) <= 14 })
	rapid.Check(t, func(t *rapid.T) {
		j := payroll.Journal{Run: "r", Period: payroll.Period{Year: 2026, Number: 1}, Date: 20260131}
		for i := range rapid.IntRange(0, 5).Draw(t, "lines") {
			amount := payroll.Cents(rapid.Int64Range(0, 1e15).Draw(t, "amount"))
			j.Lines = append(j.Lines,
				payroll.JournalLine{Number: 2*i + 1, Component: 1, ComponentName: text.Draw(t, "name"), Account: text.Draw(t, "account"), Debit: amount},
				payroll.JournalLine{Number: 2*i + 2, Description: text.Draw(t, "text"), CostCentre: text.Draw(t, "centre"), CostUnit: text.Draw(t, "unit"), Credit: amount})
		}
		var out bytes.Buffer
		if err := Encode(&out, j); err != nil {
			t.Fatal(err)
		}
		got, err := Decode(&out)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(j, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func FuzzDecode(f *testing.F) {
	var out bytes.Buffer
	if err := Encode(&out, journal()); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		j, err := Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		if _, err := j.Totals(); err != nil {
			t.Errorf("an unbalanced journal was read: %v", err)
		}
	})
}

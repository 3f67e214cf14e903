package employees

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

func list() payroll.Employees {
	return payroll.Employees{
		{Persnr: 17, PersnrVerl: 1017, Clientnummer: 5555, Name: "P. van Voorbeeld", InService: 20200301, OutOfService: 20261031, Email: "p.voorbeeld@example.nl"},
		{PersnrVerl: 18, Name: "=Zoë; \"de\" Vries", InService: 20261001, Email: "+zoe@example.nl"},
	}
}

func TestGolden(t *testing.T) {
	want, err := os.ReadFile("testdata/werknemers.csv")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Encode(&out, list()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, text := range map[string]string{"as it is": string(want), "LF": strings.ReplaceAll(string(want), "\r\n", "\n"), "mark": "\uFEFF" + string(want)} {
		got, err := Decode(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(list(), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	totals, err := Totals(bytes.NewReader(want))
	if want, _ := list().Totals(); err != nil || totals != want || totals != (payroll.Totals{Count: 2, Hash: "1052"}) {
		t.Errorf("totals %+v, %v", totals, err)
	}
}

func TestRefusedWhenReading(t *testing.T) {
	var out bytes.Buffer
	if err := Encode(&out, list()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"a BSN", "e-mail\r\n", "e-mail;bsn\r\n", "wrong number of fields"},
		{"header", "e-mail\r\n", "email\r\n", "the header is not personeelsnummer;"},
		{"number", ";1017;", ";10 17;", "line 2: personeelsnummer verloning: not a whole number"},
		{"leading zero", ";1017;", ";01017;", "line 2: personeelsnummer verloning: not a whole number"},
		{"date", "01-03-2020", "31-02-2020", "line 2: in dienst: not a date of the form dd-MM-yyyy"},
		{"formula", "'=Zo", "=Zo", "line 3: naam: it is a formula"},
		{"character set", "Zo\u00eb", "Zo\xeb", "line 3: naam: it has a control character"},
		{"end before begin", "31-10-2026", "31-10-2019", "employee 1: the last day lies before the first"},
		{"no first day", "01-10-2026", "", "employee 2: the first day is missing"},
		{"no number", ";18;", ";;", "employee 2: the personnel number is missing"},
		{"no name", "P. van Voorbeeld", "", "employee 1: the name is missing"},
		{"address", "p.voorbeeld@example.nl", "p.voorbeeld", "employee 1: the e-mail address is none"},
		{"two addresses", "p.voorbeeld@example.nl", "p@example.nl,q@example.nl", "employee 1: the e-mail address is none"},
		{"twice", "17;1017;5555", ";18;", "employee 2: the personnel number stands twice"},
	} {
		bad := strings.Replace(out.String(), c.old, c.new, 1)
		if bad == out.String() {
			t.Errorf("%s: nothing was changed", c.name)
		}
		if _, err := Decode(strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := Decode(strings.NewReader("")); err == nil {
		t.Error("an empty file was read")
	}
}

func TestRefusedWhenWriting(t *testing.T) {
	for name, change := range map[string]func(*payroll.Employee){
		"control":  func(e *payroll.Employee) { e.Name = "a\nb" },
		"negative": func(e *payroll.Employee) { e.Persnr = -1 },
		"address":  func(e *payroll.Employee) { e.Email = "a@b" },
		"end":      func(e *payroll.Employee) { e.OutOfService = 20200229 },
	} {
		l := list()
		change(&l[0])
		if err := Encode(io.Discard, l); err == nil {
			t.Errorf("%s: was written", name)
		}
	}
	full := errors.New("full")
	if err := Encode(writer(func([]byte) (int, error) { return 0, full }), list()); !errors.Is(err, full) {
		t.Errorf("a full disk: %v", err)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestWrittenIsReadBack(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("aé€<&>\"' ;,=+-@'Z9")), 1, 20, -1)
	rapid.Check(t, func(t *rapid.T) {
		var want payroll.Employees
		for i := range rapid.IntRange(0, 5).Draw(t, "people") {
			want = append(want, payroll.Employee{Persnr: i + 1, Clientnummer: rapid.IntRange(0, 999_999_999).Draw(t, "client"), Name: text.Draw(t, "name"), InService: 20260101})
		}
		var out bytes.Buffer
		if err := Encode(&out, want); err != nil {
			t.Fatal(err)
		}
		got, err := Decode(&out)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func FuzzDecode(f *testing.F) {
	var out bytes.Buffer
	if err := Encode(&out, list()); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := Encode(&out, got); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := Decode(&out)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, again); diff != "" {
			t.Errorf("(-read +read again):\n%s", diff)
		}
	})
}

func BenchmarkEmployees(b *testing.B) {
	const n = 10_000
	var many payroll.Employees
	for i := range n {
		many = append(many, payroll.Employee{Persnr: i + 1, Clientnummer: 5555, Name: "P. van Voorbeeld", InService: 20200301, Email: "p@example.nl"})
	}
	var out bytes.Buffer
	if err := Encode(&out, many); err != nil {
		b.Fatal(err)
	}
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := Encode(io.Discard, many); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Decode(bytes.NewReader(out.Bytes())); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
	})
}

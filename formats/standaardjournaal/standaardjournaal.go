// Package standaardjournaal writes and reads the payroll journal of a run as XML,
// in the layout of our own contract (urn:loket-etl:journaal:v1). It knows the
// file, no bookkeeping package. A journal that does not balance cannot be written
// nor read.
package standaardjournaal

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"loket-etl/formats/xmldoc"
	"loket-etl/payroll"
)

// Ext is the file name extension, Namespace that of every element.
const (
	Ext       = "xml"
	Namespace = "urn:loket-etl:journaal:v1"
)

// Encode writes j; payroll.ErrUnbalanced when debit is not credit. After an error
// what was written is worthless.
func Encode(w io.Writer, j payroll.Journal) error {
	if err := check(j); err != nil {
		return fmt.Errorf("write standaardjournaal: %w", err)
	}
	x := xmldoc.NewWriter(w)
	x.Start("Journaal", "xmlns", Namespace, "VerloningsRunDataIdentity", j.Run, "WerkgeverId", strconv.Itoa(j.WerkgeverID),
		"Clientnummer", strconv.Itoa(j.Clientnummer), "Jaar", strconv.Itoa(j.Period.Year), "PeriodeNummer", strconv.Itoa(j.Period.Number),
		"Volgnummerrun", strconv.Itoa(j.RunNumber), "Datum", j.Date.String())
	for _, l := range j.Lines {
		x.Start("Regel", "Volgnummer", strconv.Itoa(l.Number))
		if l.Component != 0 {
			x.Start("Component")
			x.Text("Nummer", strconv.Itoa(l.Component))
			x.Text("Omschrijving", l.ComponentName)
			x.End("Component")
		}
		x.Option("Grootboekrekening", l.Account)
		x.Option("Omschrijving", l.Description)
		x.Option("Kostenplaats", l.CostCentre)
		x.Option("Kostendrager", l.CostUnit)
		x.Text("Debet", l.Debit.String())
		x.Text("Credit", l.Credit.String())
		x.End("Regel")
	}
	debit, credit := j.Sums()
	x.Text("TotaalDebet", debit.String())
	x.Text("TotaalCredit", credit.String())
	x.End("Journaal")
	if err := x.Flush(); err != nil {
		return fmt.Errorf("write standaardjournaal: %w", err)
	}
	return nil
}

// Decode reads a whole journal and checks it; payroll.ErrUnbalanced when debit is
// not credit.
func Decode(r io.Reader) (payroll.Journal, error) {
	j, err := read(xmldoc.NewReader(r, Namespace))
	if err != nil {
		return payroll.Journal{}, fmt.Errorf("read standaardjournaal: %w", err)
	}
	return j, nil
}

// Totals reads a whole journal, checks it as Decode does, and adds it up.
func Totals(r io.Reader) (payroll.Totals, error) {
	j, err := Decode(r)
	if err != nil {
		return payroll.Totals{}, err
	}
	return j.Totals()
}

func check(j payroll.Journal) error {
	switch {
	case j.Run == "":
		return fmt.Errorf("the identity of the run is missing")
	case j.Period.Year < 1900 || j.Period.Year > 9999 || j.Period.Number < 1 || j.Period.Number > 53:
		return fmt.Errorf("period %s does not exist", j.Period)
	case j.Date == 0:
		return fmt.Errorf("the date is missing")
	case j.WerkgeverID < 0 || j.Clientnummer < 0 || j.RunNumber < 0 || max(j.WerkgeverID, j.Clientnummer, j.RunNumber) > math.MaxInt32:
		return fmt.Errorf("the number of the Werkgever, the client or the run is not within 0 and %d", math.MaxInt32)
	}
	for i, l := range j.Lines {
		if err := checkLine(l, i+1); err != nil {
			return fmt.Errorf("regel %d: %w", i+1, err)
		}
	}
	_, err := j.Totals()
	return err
}

func checkLine(l payroll.JournalLine, number int) error {
	switch {
	case l.Number != number:
		return fmt.Errorf("it has Volgnummer %d", l.Number)
	case l.Debit < 0 || l.Credit < 0:
		return fmt.Errorf("an amount is negative")
	case l.Debit != 0 && l.Credit != 0:
		return fmt.Errorf("it has both debit and credit")
	case l.Component < 0:
		return fmt.Errorf("component %d is not a number from 1", l.Component)
	case l.Component == 0 && l.ComponentName != "":
		return fmt.Errorf("a component has a name but no number")
	}
	for _, f := range []struct {
		name, value string
		length      int
	}{
		{"Grootboekrekening", l.Account, 20}, {"Omschrijving", l.Description, 50},
		{"Kostenplaats", l.CostCentre, 20}, {"Kostendrager", l.CostUnit, 20}, {"Component/Omschrijving", l.ComponentName, 14},
	} {
		if utf8.RuneCountInString(f.value) > f.length {
			return fmt.Errorf("%s is longer than %d characters", f.name, f.length)
		}
	}
	return nil
}

func read(x *xmldoc.Reader) (payroll.Journal, error) {
	j := payroll.Journal{}
	a, err := x.Open("Journaal", "VerloningsRunDataIdentity", "WerkgeverId", "Clientnummer", "Jaar", "PeriodeNummer", "Volgnummerrun", "Datum")
	if err != nil {
		return j, err
	}
	j.Run = a["VerloningsRunDataIdentity"]
	for name, into := range map[string]*int{
		"WerkgeverId": &j.WerkgeverID, "Clientnummer": &j.Clientnummer, "Jaar": &j.Period.Year, "PeriodeNummer": &j.Period.Number, "Volgnummerrun": &j.RunNumber,
	} {
		if *into, err = whole(a[name]); err != nil {
			return j, x.Fail("%s: %w", name, err)
		}
	}
	if j.Date, err = payroll.ParseDate(a["Datum"]); err != nil {
		return j, x.Fail("Datum: %w", err)
	}
	for x.At("Regel") {
		l, err := readLine(x)
		if err != nil {
			return j, err
		}
		j.Lines = append(j.Lines, l)
	}
	debit, err := amount(x, "TotaalDebet")
	if err != nil {
		return j, err
	}
	credit, err := amount(x, "TotaalCredit")
	if err != nil {
		return j, err
	}
	if err := errors.Join(x.Close(), x.End()); err != nil {
		return j, err
	}
	if err := check(j); err != nil {
		return j, err
	}
	if d, c := j.Sums(); d != debit || c != credit {
		return j, fmt.Errorf("the totals are %s and %s, the lines add up to %s and %s", debit, credit, d, c)
	}
	return j, nil
}

func readLine(x *xmldoc.Reader) (payroll.JournalLine, error) {
	l := payroll.JournalLine{}
	a, err := x.Open("Regel", "Volgnummer")
	if err != nil {
		return l, err
	}
	if l.Number, err = whole(a["Volgnummer"]); err != nil {
		return l, x.Fail("Volgnummer: %w", err)
	}
	if x.At("Component") {
		if err := readComponent(x, &l); err != nil {
			return l, err
		}
	}
	for _, f := range []struct {
		name string
		into *string
	}{{"Grootboekrekening", &l.Account}, {"Omschrijving", &l.Description}, {"Kostenplaats", &l.CostCentre}, {"Kostendrager", &l.CostUnit}} {
		if x.At(f.name) {
			if *f.into, err = x.Text(f.name); err != nil {
				return l, err
			}
		}
	}
	if l.Debit, err = amount(x, "Debet"); err != nil {
		return l, err
	}
	if l.Credit, err = amount(x, "Credit"); err != nil {
		return l, err
	}
	return l, x.Close()
}

func readComponent(x *xmldoc.Reader, l *payroll.JournalLine) error {
	if _, err := x.Open("Component"); err != nil {
		return err
	}
	text, err := x.Text("Nummer")
	if err != nil {
		return err
	}
	if l.Component, err = whole(text); err != nil || l.Component == 0 {
		return x.Fail("Nummer is not a number from 1")
	}
	if l.ComponentName, err = x.Text("Omschrijving"); err != nil {
		return err
	}
	return x.Close()
}

func whole(s string) (int, error) {
	v, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("not a whole number")
	}
	return int(v), nil
}

func amount(x *xmldoc.Reader, name string) (payroll.Cents, error) {
	text, err := x.Text(name)
	if err != nil {
		return 0, err
	}
	v, err := payroll.ParseCents(text)
	if err != nil {
		return 0, x.Fail("%s is not an amount with at most two decimals", name)
	}
	return v, nil
}

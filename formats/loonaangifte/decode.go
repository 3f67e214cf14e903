package loonaangifte

import (
	"io"

	"loket-etl/formats/xmldoc"
	"loket-etl/payroll"
)

// onPerson receives the section (the return first, then the corrections) and a
// person; false stops reading.
type onPerson func(section int, p payroll.TaxPerson) bool

// read goes through the message once.
func read(r io.Reader, person onPerson) (payroll.TaxReturn, error) {
	x := xmldoc.NewReader(r, Namespace)
	t := payroll.TaxReturn{}
	a, err := x.Open("Loonaangifte", "version")
	if err != nil {
		return t, err
	}
	if a["version"] != version {
		return t, x.Fail("version is %.20q instead of %q", a["version"], version)
	}
	if err := readGroup(x, "Bericht", messageFields, &t); err != nil {
		return t, err
	}
	if _, err := x.Open("AdministratieveEenheid"); err != nil {
		return t, err
	}
	if err := readFields(x, employerFields, &t); err != nil {
		return t, err
	}
	if err := readPeriods(x, &t, person); err != nil {
		return t, err
	}
	if err := x.Close(); err != nil {
		return t, err
	}
	if err := x.Close(); err != nil {
		return t, err
	}
	return t, x.End()
}

func readPeriods(x *xmldoc.Reader, t *payroll.TaxReturn, person onPerson) error {
	rules, section := &rules{}, 0
	if x.At("TijdvakAangifte") {
		t.Period = &payroll.TaxPeriod{}
		if err := readReturn(x, t.Period, rules, person); err != nil {
			return err
		}
		section++
	}
	for x.At("TijdvakCorrectie") || section == 0 {
		p := payroll.TaxPeriod{}
		if err := readCorrection(x, &p, rules, section, person); err != nil {
			return err
		}
		section++
		if t.Corrections = append(t.Corrections, p); len(t.Corrections) > maxCorrections {
			return x.Fail("there are more than %d corrections", maxCorrections)
		}
	}
	return nil
}

func readReturn(x *xmldoc.Reader, p *payroll.TaxPeriod, rules *rules, person onPerson) error {
	if _, err := x.Open("TijdvakAangifte"); err != nil {
		return err
	}
	if err := readFields(x, periodFields, p); err != nil {
		return err
	}
	kind := "VolledigeAangifte"
	if x.At("AanvullendeAangifte") {
		kind, p.Additional = "AanvullendeAangifte", true
	}
	if _, err := x.Open(kind); err != nil {
		return err
	}
	if _, err := x.Open("CollectieveAangifte"); err != nil {
		return err
	}
	if err := readFields(x, collectiveFields, &p.Collective); err != nil {
		return err
	}
	for x.At("SaldoCorrectiesVoorgaandTijdvak") {
		b := payroll.CorrectionBalance{}
		if err := readGroup(x, "SaldoCorrectiesVoorgaandTijdvak", balanceFields, &b); err != nil {
			return err
		}
		p.Balances = append(p.Balances, b)
	}
	if err := readFields(x, totalField, p); err != nil {
		return err
	}
	if err := x.Close(); err != nil {
		return err
	}
	if err := readPeople(x, p, rules, false, 0, person); err != nil {
		return err
	}
	if err := x.Close(); err != nil {
		return err
	}
	return x.Close()
}

func readCorrection(x *xmldoc.Reader, p *payroll.TaxPeriod, rules *rules, section int, person onPerson) error {
	if _, err := x.Open("TijdvakCorrectie"); err != nil {
		return err
	}
	if err := readFields(x, periodFields, p); err != nil {
		return err
	}
	if err := readGroup(x, "CollectieveAangifte", collectiveFields, &p.Collective); err != nil {
		return err
	}
	if err := readPeople(x, p, rules, true, section, person); err != nil {
		return err
	}
	return x.Close()
}

// readPeople reads the nominative part of a period and applies the rules to the
// whole of it.
func readPeople(x *xmldoc.Reader, p *payroll.TaxPeriod, rules *rules, correction bool, section int, person onPerson) error {
	people, err := rules.section(p, correction)
	if err != nil {
		return x.Fail("%w", err)
	}
	for x.At("InkomstenverhoudingInitieel") {
		one := payroll.TaxPerson{}
		if err := readPerson(x, &one); err != nil {
			return err
		}
		if err := people.person(&one); err != nil {
			return x.Fail("%w", err)
		}
		if person != nil && !person(section, one) {
			return errStopped
		}
	}
	for (correction || p.Additional) && x.At("InkomstenverhoudingIntrekking") {
		w := payroll.Withdrawal{}
		if err := readGroup(x, "InkomstenverhoudingIntrekking", withdrawalFields, &w); err != nil {
			return err
		}
		p.Withdrawals = append(p.Withdrawals, w)
	}
	if err := people.end(&p.Collective); err != nil {
		return x.Fail("%w", err)
	}
	return nil
}

func readPerson(x *xmldoc.Reader, p *payroll.TaxPerson) error {
	if _, err := x.Open("InkomstenverhoudingInitieel"); err != nil {
		return err
	}
	if err := readFields(x, relationFields, p); err != nil {
		return err
	}
	if _, err := x.Open("NatuurlijkPersoon"); err != nil {
		return err
	}
	if err := readFields(x, personFields, p); err != nil {
		return err
	}
	for name, fields := range map[string][]field[payroll.TaxAddress]{"AdresBinnenland": domesticFields, "AdresBuitenland": foreignFields} {
		if p.Address == nil && x.At(name) {
			p.Address = &payroll.TaxAddress{}
			if err := readGroup(x, name, fields, p.Address); err != nil {
				return err
			}
		}
	}
	if err := x.Close(); err != nil {
		return err
	}
	for x.At("Inkomstenperiode") {
		s := payroll.IncomeStretch{}
		if err := readGroup(x, "Inkomstenperiode", stretchFields, &s); err != nil {
			return err
		}
		p.Stretches = append(p.Stretches, s)
	}
	if err := readGroup(x, "Werknemersgegevens", amountFields, &p.Amounts); err != nil {
		return err
	}
	for x.At("Sector") {
		s := payroll.Sector{}
		if err := readGroup(x, "Sector", sectorFields, &s); err != nil {
			return err
		}
		p.Sectors = append(p.Sectors, s)
	}
	return x.Close()
}

// readGroup reads an element that holds a table of fields.
func readGroup[T any](x *xmldoc.Reader, name string, fields []field[T], v *T) error {
	if _, err := x.Open(name); err != nil {
		return err
	}
	if err := readFields(x, fields, v); err != nil {
		return err
	}
	return x.Close()
}

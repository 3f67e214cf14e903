package loonaangifte

import (
	"fmt"

	"loket-etl/formats/xmldoc"
	"loket-etl/payroll"
)

func encode(x *xmldoc.Writer, t payroll.TaxReturn) error {
	if t.Period == nil && len(t.Corrections) == 0 {
		return fmt.Errorf("there is neither a return nor a correction")
	}
	if len(t.Corrections) > maxCorrections {
		return fmt.Errorf("there are more than %d corrections", maxCorrections)
	}
	x.Start("Loonaangifte", "xmlns", Namespace, "version", version)
	x.Start("Bericht")
	if err := writeFields(x, messageFields, &t); err != nil {
		return err
	}
	x.End("Bericht")
	x.Start("AdministratieveEenheid")
	if err := writeFields(x, employerFields, &t); err != nil {
		return err
	}
	rules := &rules{}
	if t.Period != nil {
		if err := writeReturn(x, t.Period, rules); err != nil {
			return fmt.Errorf("TijdvakAangifte: %w", err)
		}
	}
	for i := range t.Corrections {
		if err := writeCorrection(x, &t.Corrections[i], rules); err != nil {
			return fmt.Errorf("TijdvakCorrectie %d: %w", i+1, err)
		}
	}
	x.End("AdministratieveEenheid")
	x.End("Loonaangifte")
	return nil
}

func writeReturn(x *xmldoc.Writer, p *payroll.TaxPeriod, rules *rules) error {
	people, err := rules.section(p, false)
	if err != nil {
		return err
	}
	kind := "VolledigeAangifte"
	if p.Additional {
		kind = "AanvullendeAangifte"
	} else if len(p.Withdrawals) > 0 {
		return fmt.Errorf("a complete return withdraws nobody")
	}
	x.Start("TijdvakAangifte")
	if err := writeFields(x, periodFields, p); err != nil {
		return err
	}
	x.Start(kind)
	x.Start("CollectieveAangifte")
	if err := writeFields(x, collectiveFields, &p.Collective); err != nil {
		return err
	}
	for i := range p.Balances {
		x.Start("SaldoCorrectiesVoorgaandTijdvak")
		if err := writeFields(x, balanceFields, &p.Balances[i]); err != nil {
			return err
		}
		x.End("SaldoCorrectiesVoorgaandTijdvak")
	}
	if err := writeFields(x, totalField, p); err != nil {
		return err
	}
	x.End("CollectieveAangifte")
	if err := writePeople(x, p, people); err != nil {
		return err
	}
	x.End(kind)
	x.End("TijdvakAangifte")
	return nil
}

var totalField = []field[payroll.TaxPeriod]{euros("TotGen", func(p *payroll.TaxPeriod) *payroll.Cents { return &p.Total })}

func writeCorrection(x *xmldoc.Writer, p *payroll.TaxPeriod, rules *rules) error {
	people, err := rules.section(p, true)
	if err != nil {
		return err
	}
	if p.Additional || p.Total != 0 || len(p.Balances) > 0 {
		return fmt.Errorf("a correction is not additional and has neither TotGen nor balances")
	}
	x.Start("TijdvakCorrectie")
	if err := writeFields(x, periodFields, p); err != nil {
		return err
	}
	x.Start("CollectieveAangifte")
	if err := writeFields(x, collectiveFields, &p.Collective); err != nil {
		return err
	}
	x.End("CollectieveAangifte")
	if err := writePeople(x, p, people); err != nil {
		return err
	}
	x.End("TijdvakCorrectie")
	return nil
}

func writePeople(x *xmldoc.Writer, p *payroll.TaxPeriod, rules *peopleRules) error {
	n := 0
	if p.People != nil {
		for person, err := range p.People {
			n++
			if err == nil {
				err = rules.person(&person)
			}
			if err == nil {
				err = writePerson(x, &person)
			}
			if err != nil {
				return fmt.Errorf("person %d: %w", n, err)
			}
		}
	}
	for i := range p.Withdrawals {
		x.Start("InkomstenverhoudingIntrekking")
		if err := writeFields(x, withdrawalFields, &p.Withdrawals[i]); err != nil {
			return fmt.Errorf("withdrawal %d: %w", i+1, err)
		}
		x.End("InkomstenverhoudingIntrekking")
	}
	return rules.end(&p.Collective)
}

func writePerson(x *xmldoc.Writer, p *payroll.TaxPerson) error {
	x.Start("InkomstenverhoudingInitieel")
	if err := writeFields(x, relationFields, p); err != nil {
		return err
	}
	x.Start("NatuurlijkPersoon")
	if err := writeFields(x, personFields, p); err != nil {
		return err
	}
	if p.Address != nil {
		name, fields := "AdresBinnenland", domesticFields
		if p.Address.Country != "" {
			name, fields = "AdresBuitenland", foreignFields
		}
		x.Start(name)
		if err := writeFields(x, fields, p.Address); err != nil {
			return err
		}
		x.End(name)
	}
	x.End("NatuurlijkPersoon")
	for i := range p.Stretches {
		x.Start("Inkomstenperiode")
		if err := writeFields(x, stretchFields, &p.Stretches[i]); err != nil {
			return err
		}
		x.End("Inkomstenperiode")
	}
	x.Start("Werknemersgegevens")
	if err := writeFields(x, amountFields, &p.Amounts); err != nil {
		return err
	}
	x.End("Werknemersgegevens")
	for i := range p.Sectors {
		x.Start("Sector")
		if err := writeFields(x, sectorFields, &p.Sectors[i]); err != nil {
			return err
		}
		x.End("Sector")
	}
	x.End("InkomstenverhoudingInitieel")
	return nil
}

package loonaangifte

import (
	"fmt"

	"loket-etl/payroll"
)

func encode(x *xmlWriter, t payroll.TaxReturn) error {
	if t.Period == nil && len(t.Corrections) == 0 {
		return fmt.Errorf("there is neither a return nor a correction")
	}
	if len(t.Corrections) > maxCorrections {
		return fmt.Errorf("there are more than %d corrections", maxCorrections)
	}
	x.start("Loonaangifte", "xmlns", Namespace, "version", version)
	x.start("Bericht")
	if err := writeFields(x, messageFields, &t); err != nil {
		return err
	}
	x.end("Bericht")
	x.start("AdministratieveEenheid")
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
	x.end("AdministratieveEenheid")
	x.end("Loonaangifte")
	return nil
}

func writeReturn(x *xmlWriter, p *payroll.TaxPeriod, rules *rules) error {
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
	x.start("TijdvakAangifte")
	if err := writeFields(x, periodFields, p); err != nil {
		return err
	}
	x.start(kind)
	x.start("CollectieveAangifte")
	if err := writeFields(x, collectiveFields, &p.Collective); err != nil {
		return err
	}
	for i := range p.Balances {
		x.start("SaldoCorrectiesVoorgaandTijdvak")
		if err := writeFields(x, balanceFields, &p.Balances[i]); err != nil {
			return err
		}
		x.end("SaldoCorrectiesVoorgaandTijdvak")
	}
	if err := writeFields(x, totalField, p); err != nil {
		return err
	}
	x.end("CollectieveAangifte")
	if err := writePeople(x, p, people); err != nil {
		return err
	}
	x.end(kind)
	x.end("TijdvakAangifte")
	return nil
}

var totalField = []field[payroll.TaxPeriod]{euros("TotGen", func(p *payroll.TaxPeriod) *payroll.Cents { return &p.Total })}

func writeCorrection(x *xmlWriter, p *payroll.TaxPeriod, rules *rules) error {
	people, err := rules.section(p, true)
	if err != nil {
		return err
	}
	if p.Additional || p.Total != 0 || len(p.Balances) > 0 {
		return fmt.Errorf("a correction is not additional and has neither TotGen nor balances")
	}
	x.start("TijdvakCorrectie")
	if err := writeFields(x, periodFields, p); err != nil {
		return err
	}
	x.start("CollectieveAangifte")
	if err := writeFields(x, collectiveFields, &p.Collective); err != nil {
		return err
	}
	x.end("CollectieveAangifte")
	if err := writePeople(x, p, people); err != nil {
		return err
	}
	x.end("TijdvakCorrectie")
	return nil
}

func writePeople(x *xmlWriter, p *payroll.TaxPeriod, rules *peopleRules) error {
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
		x.start("InkomstenverhoudingIntrekking")
		if err := writeFields(x, withdrawalFields, &p.Withdrawals[i]); err != nil {
			return fmt.Errorf("withdrawal %d: %w", i+1, err)
		}
		x.end("InkomstenverhoudingIntrekking")
	}
	return rules.end(&p.Collective)
}

func writePerson(x *xmlWriter, p *payroll.TaxPerson) error {
	x.start("InkomstenverhoudingInitieel")
	if err := writeFields(x, relationFields, p); err != nil {
		return err
	}
	x.start("NatuurlijkPersoon")
	if err := writeFields(x, personFields, p); err != nil {
		return err
	}
	if p.Address != nil {
		name, fields := "AdresBinnenland", domesticFields
		if p.Address.Country != "" {
			name, fields = "AdresBuitenland", foreignFields
		}
		x.start(name)
		if err := writeFields(x, fields, p.Address); err != nil {
			return err
		}
		x.end(name)
	}
	x.end("NatuurlijkPersoon")
	for i := range p.Stretches {
		x.start("Inkomstenperiode")
		if err := writeFields(x, stretchFields, &p.Stretches[i]); err != nil {
			return err
		}
		x.end("Inkomstenperiode")
	}
	x.start("Werknemersgegevens")
	if err := writeFields(x, amountFields, &p.Amounts); err != nil {
		return err
	}
	x.end("Werknemersgegevens")
	for i := range p.Sectors {
		x.start("Sector")
		if err := writeFields(x, sectorFields, &p.Sectors[i]); err != nil {
			return err
		}
		x.end("Sector")
	}
	x.end("InkomstenverhoudingInitieel")
	return nil
}

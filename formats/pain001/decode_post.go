package pain001

import (
	"loket-etl/payroll"
)

// post reads a CdtTrfTxInf.
func (d *reader) post(l levels) (payroll.Post, error) {
	p := payroll.Post{Kind: l.kind}
	if _, err := d.x.Open("CdtTrfTxInf"); err != nil {
		return p, err
	}
	var err error
	if p.EndToEnd, err = d.identification(); err != nil {
		return p, err
	}
	if err := d.beyond("PmtTpInf"); err != nil {
		return p, err
	}
	if p.Amount, err = d.amount(); err != nil {
		return p, err
	}
	if err := d.beyond("XchgRateInf"); err != nil {
		return p, err
	}
	charges, err := d.charges()
	if err != nil {
		return p, err
	}
	if charges && l.charges {
		if err := d.broken("ChrgBr stands in the batch and in the post"); err != nil {
			return p, err
		}
	}
	if err := d.beyond("ChqInstr", "UltmtDbtr", "IntrmyAgt1", "IntrmyAgt1Acct", "IntrmyAgt2", "IntrmyAgt2Acct", "IntrmyAgt3", "IntrmyAgt3Acct"); err != nil {
		return p, err
	}
	if err := d.payee(&p); err != nil {
		return p, err
	}
	if err := d.beyond("UltmtCdtr", "InstrForCdtrAgt", "InstrForDbtrAgt", "Purp", "RgltryRptg", "Tax", "RltdRmtInf"); err != nil {
		return p, err
	}
	if d.x.At("RmtInf") {
		if err := d.remittance(&p); err != nil {
			return p, err
		}
	}
	if err := d.beyond("SplmtryData"); err != nil {
		return p, err
	}
	return p, d.x.Close()
}

func (d *reader) identification() (string, error) {
	if _, err := d.x.Open("PmtId"); err != nil {
		return "", err
	}
	if err := d.beyond("InstrId"); err != nil {
		return "", err
	}
	id, err := d.text("EndToEndId", checkID)
	if err != nil {
		return "", err
	}
	if err := d.beyond("UETR"); err != nil {
		return "", err
	}
	return id, d.x.Close()
}

func (d *reader) amount() (payroll.Cents, error) {
	if _, err := d.x.Open("Amt"); err != nil {
		return 0, err
	}
	text, a, err := d.x.TextWith("InstdAmt", "Ccy")
	if err != nil {
		return 0, err
	}
	if a["Ccy"] != "EUR" {
		if err := d.broken("the amount is not in EUR"); err != nil {
			return 0, err
		}
	}
	amount, err := payroll.ParseCents(text)
	if err != nil {
		return 0, d.x.Fail("InstdAmt is not an amount with at most two decimals")
	}
	if err := checkAmount(amount); err != nil {
		if err := d.broken("%w", err); err != nil {
			return 0, err
		}
	}
	return amount, d.x.Close()
}

func (d *reader) payee(p *payroll.Post) (err error) {
	if d.x.At("CdtrAgt") {
		if p.BIC, err = d.agent("CdtrAgt", false); err != nil {
			return err
		}
	}
	if err := d.beyond("CdtrAgtAcct"); err != nil {
		return err
	}
	if d.x.At("Cdtr") {
		p.Name, err = d.party("Cdtr", true)
	} else {
		err = d.broken("the name of the payee is missing")
	}
	if err != nil {
		return err
	}
	p.Account.IBAN, err = d.account("CdtrAcct", "payee")
	return err
}

// remittance reads one Ustrd, or a betalingskenmerk.
func (d *reader) remittance(p *payroll.Post) error {
	if _, err := d.x.Open("RmtInf"); err != nil {
		return err
	}
	if d.x.At("Ustrd") {
		text, err := d.text("Ustrd", func(s string) error { return checkText(s, maxText) })
		if err != nil {
			return err
		}
		p.Descriptions = []string{text}
	} else if d.x.At("Strd") {
		if err := d.structured(p); err != nil {
			return err
		}
	}
	if next := d.x.Next(); next == "Ustrd" || next == "Strd" {
		if err := d.broken("RmtInf holds more than one thing"); err != nil {
			return err
		}
		for d.x.At("Ustrd") || d.x.At("Strd") {
			if err := d.x.Skip(d.x.Next()); err != nil {
				return err
			}
		}
	}
	return d.x.Close()
}

// structured reads the one structured form that Dutch banks know.
func (d *reader) structured(p *payroll.Post) error {
	for _, name := range []string{"Strd"} {
		if _, err := d.x.Open(name); err != nil {
			return err
		}
	}
	if err := d.beyond("RfrdDocInf", "RfrdDocAmt"); err != nil {
		return err
	}
	if d.x.At("CdtrRefInf") {
		if err := d.reference(p); err != nil {
			return err
		}
	}
	if err := d.beyond("Invcr", "Invcee", "TaxRmt", "GrnshmtRmt", "AddtlRmtInf"); err != nil {
		return err
	}
	return d.x.Close()
}

func (d *reader) reference(p *payroll.Post) error {
	for _, name := range []string{"CdtrRefInf", "Tp"} {
		if _, err := d.x.Open(name); err != nil {
			return err
		}
	}
	if _, _, err := d.code("CdOrPrtry", only("SCOR")); err != nil {
		return err
	}
	issuer := ""
	var err error
	if d.x.At("Issr") {
		if issuer, err = d.x.Text("Issr"); err != nil {
			return err
		}
	}
	if issuer != "CUR" {
		if err := d.uncarried("another reference than a betalingskenmerk"); err != nil {
			return err
		}
	}
	if err := d.x.Close(); err != nil {
		return err
	}
	ref, err := d.x.Text("Ref")
	if err != nil {
		return err
	}
	if issuer == "CUR" {
		if err := d.check("Ref", checkReference(ref)); err != nil {
			return err
		}
		p.Reference = ref
	}
	return d.x.Close()
}

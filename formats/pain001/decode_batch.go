package pain001

import (
	"fmt"
	"strconv"

	"loket-etl/payroll"
)

// levels is where a batch has said what may be said once: in itself or in its posts.
type levels struct {
	charges bool
	kind    payroll.PaymentKind
}

// batch reads a PmtInf.
func (d *reader) batch(post onPost) (payroll.PaymentBatch, error) {
	d.batches++
	d.posts = 0
	b := payroll.PaymentBatch{Number: d.batches}
	said, l, err := d.batchHeader(&b)
	if err != nil {
		return b, err
	}
	read := sums{}
	own, dutch := b.Account.Digits()
	d.foreign = d.foreign || !dutch
	for d.x.At("CdtTrfTxInf") || read.posts == 0 {
		d.posts++
		p, err := d.post(l)
		if err != nil {
			return b, err
		}
		if err := read.add(p.Amount); err != nil {
			return b, d.x.Fail("%w", err)
		}
		if err := d.all.add(p.Amount); err != nil {
			return b, d.x.Fail("%w", err)
		}
		other, dutch := p.Account.Digits()
		d.foreign = d.foreign || !dutch
		d.accounts += number(own) + number(other)
		if post != nil && !post(p) {
			return b, errStopped
		}
	}
	d.posts = 0
	if err := d.x.Close(); err != nil {
		return b, err
	}
	if d.found != nil {
		d.found.Batches = append(d.found.Batches, Batch{PaymentBatch: b, Salary: l.kind == payroll.Salary, Count: read.posts, Amount: read.amount})
	}
	return b, d.compare("PmtInf", said, read)
}

func number(digits string) uint64 {
	v, _ := strconv.ParseUint(digits, 10, 64)
	return v
}

func (d *reader) batchHeader(b *payroll.PaymentBatch) (said stated, l levels, err error) {
	if _, err = d.x.Open("PmtInf"); err != nil {
		return said, l, err
	}
	if b.ID, err = d.text("PmtInfId", checkID); err != nil {
		return said, l, err
	}
	if _, err = d.text("PmtMtd", only("TRF")); err != nil {
		return said, l, err
	}
	if d.x.At("BtchBookg") {
		if b.Booking, err = d.booking(); err != nil {
			return said, l, err
		}
	}
	if said, err = d.stated(false); err != nil {
		return said, l, err
	}
	if l.kind, err = d.paymentType(); err != nil {
		return said, l, err
	}
	if b.Date, err = d.date(); err != nil {
		return said, l, err
	}
	if err = d.beyond("PoolgAdjstmntDt"); err != nil {
		return said, l, err
	}
	if err = d.principal(b); err != nil {
		return said, l, err
	}
	if err = d.beyond("DbtrAgtAcct", "InstrForDbtrAgt", "UltmtDbtr"); err != nil {
		return said, l, err
	}
	if l.charges, err = d.charges(); err != nil {
		return said, l, err
	}
	return said, l, d.beyond("ChrgsAcct", "ChrgsAcctAgt")
}

func (d *reader) principal(b *payroll.PaymentBatch) (err error) {
	if b.Name, err = d.party("Dbtr", true); err != nil {
		return err
	}
	if b.Account.IBAN, err = d.account("DbtrAcct", "principal"); err != nil {
		return err
	}
	b.BIC, err = d.agent("DbtrAgt", true)
	return err
}

func only(want string) func(string) error {
	return func(s string) error {
		if s != want {
			return fmt.Errorf("it is not %s", want)
		}
		return nil
	}
}

func (d *reader) booking() (payroll.Booking, error) {
	switch s, err := d.x.Text("BtchBookg"); {
	case err != nil:
		return 0, err
	case s == "true" || s == "1":
		return payroll.BookingBatch, nil
	case s == "false" || s == "0":
		return payroll.BookingSingle, nil
	}
	return 0, d.broken("BtchBookg is neither true nor false")
}

// paymentType reads PmtTpInf: Salary when its category purpose says so.
func (d *reader) paymentType() (payroll.PaymentKind, error) {
	kind := payroll.Creditor
	if !d.x.At("PmtTpInf") {
		return kind, nil
	}
	if _, err := d.x.Open("PmtTpInf"); err != nil {
		return kind, err
	}
	if err := d.beyond("InstrPrty"); err != nil {
		return kind, err
	}
	if d.x.At("SvcLvl") {
		if _, _, err := d.code("SvcLvl", only("SEPA")); err != nil {
			return kind, err
		}
	}
	if err := d.beyond("LclInstrm"); err != nil {
		return kind, err
	}
	if d.x.At("CtgyPurp") {
		s, ok, err := d.code("CtgyPurp", func(string) error { return nil })
		if err != nil {
			return kind, err
		}
		if ok && s == "SALA" {
			kind = payroll.Salary
		} else if err := d.uncarried("another category purpose than SALA"); err != nil {
			return kind, err
		}
	}
	return kind, d.x.Close()
}

// code reads an element that holds a code; ok is false when it holds another thing.
func (d *reader) code(element string, check func(string) error) (s string, ok bool, err error) {
	if _, err := d.x.Open(element); err != nil {
		return "", false, err
	}
	if d.x.At("Cd") {
		ok = true
		if s, err = d.text("Cd", check); err != nil {
			return "", false, err
		}
	} else if err := d.beyond("Prtry"); err != nil {
		return "", false, err
	}
	return s, ok, d.x.Close()
}

func (d *reader) date() (payroll.Date, error) {
	if d.v == V03 {
		return d.day("ReqdExctnDt")
	}
	if _, err := d.x.Open("ReqdExctnDt"); err != nil {
		return 0, err
	}
	date := payroll.Date(0)
	if !d.x.At("DtTm") {
		var err error
		if date, err = d.day("Dt"); err != nil {
			return 0, err
		}
	} else if err := d.beyond("DtTm"); err != nil {
		return 0, err
	}
	return date, d.x.Close()
}

func (d *reader) day(element string) (payroll.Date, error) {
	s, err := d.x.Text(element)
	if err != nil {
		return 0, err
	}
	date, err := payroll.ParseDate(s)
	if err != nil {
		return 0, d.broken("%s is not a date of the form YYYY-MM-DD", element)
	}
	return date, nil
}

// charges reads ChrgBr if it is there.
func (d *reader) charges() (bool, error) {
	if !d.x.At("ChrgBr") {
		return false, nil
	}
	_, err := d.text("ChrgBr", only("SLEV"))
	return true, err
}

// party reads the name of one.
func (d *reader) party(element string, wanted bool) (string, error) {
	if _, err := d.x.Open(element); err != nil {
		return "", err
	}
	name := ""
	var err error
	switch {
	case d.x.At("Nm"):
		if name, err = d.text("Nm", func(s string) error { return checkText(s, maxName) }); err != nil {
			return "", err
		}
	case wanted || d.found == nil:
		if err := d.broken("the name is missing"); err != nil {
			return "", err
		}
	}
	if err := d.beyond("PstlAdr", "Id", "CtryOfRes", "CtctDtls"); err != nil {
		return "", err
	}
	return name, d.x.Close()
}

// account reads an IBAN.
func (d *reader) account(element, who string) (payroll.IBAN, error) {
	if !d.x.At(element) {
		return "", d.broken("the %s has no IBAN", who)
	}
	if _, err := d.x.Open(element); err != nil {
		return "", err
	}
	if _, err := d.x.Open("Id"); err != nil {
		return "", err
	}
	iban := ""
	var err error
	if d.x.At("Othr") {
		if err := d.broken("the %s has no IBAN", who); err != nil {
			return "", err
		}
		if err := d.x.Skip(d.x.Next()); err != nil {
			return "", err
		}
	} else if iban, err = d.text("IBAN", checkIBAN); err != nil {
		return "", err
	}
	if err := d.x.Close(); err != nil {
		return "", err
	}
	if err := d.beyond("Tp", "Ccy", "Nm", "Prxy"); err != nil {
		return "", err
	}
	return payroll.IBAN(iban), d.x.Close()
}

// agent reads the BIC of a bank; that of the principal may be kept open in V09.
func (d *reader) agent(element string, own bool) (string, error) {
	for _, name := range []string{element, "FinInstnId"} {
		if _, err := d.x.Open(name); err != nil {
			return "", err
		}
	}
	bic := ""
	var err error
	switch {
	case d.x.At(d.v.bic()):
		bic, err = d.text(d.v.bic(), checkBIC)
	case own && d.v == V09 && d.x.At("Othr"):
		if _, err = d.x.Open("Othr"); err == nil {
			if _, err = d.text("Id", only(notProvided)); err == nil {
				err = d.x.Close()
			}
		}
	default:
		err = d.broken("the BIC is missing")
	}
	if err != nil {
		return "", err
	}
	if err := d.beyond("ClrSysMmbId", "LEI", "Nm", "PstlAdr", "Othr"); err != nil {
		return "", err
	}
	if err := d.x.Close(); err != nil {
		return "", err
	}
	if err := d.beyond("BrnchId"); err != nil {
		return "", err
	}
	return bic, d.x.Close()
}

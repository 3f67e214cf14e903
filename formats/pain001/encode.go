package pain001

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"loket-etl/payroll"
)

// Encode writes p, without spaces between elements. It refuses, before the first
// byte, what the file cannot say or the bank would refuse or read otherwise: a
// payee without IBAN or name, a post or batch without identification, a mark that
// pain.001 does not have (test, duplicate), direct debits, salaries and other
// payments in one batch, a betalingskenmerk beside descriptions. Names longer than
// their field are cut, names and descriptions are put in SEPA characters;
// identifications are written as they are or refused. The posts are ranged twice.
// After an error what was written is worthless.
func (v Version) Encode(w io.Writer, p payroll.Payments) error {
	if err := v.encode(w, p); err != nil {
		return fmt.Errorf("write %s: %w", v, err)
	}
	return nil
}

func (v Version) encode(w io.Writer, p payroll.Payments) error {
	if err := checkHeader(p); err != nil {
		return err
	}
	all, batches := sums{}, make([]sums, len(p.Batches))
	ids := map[string]bool{}
	for i, b := range p.Batches {
		var err error
		if batches[i], err = v.count(b, &all); err == nil && ids[b.ID] {
			err = fmt.Errorf("another batch has the same identification")
		}
		if err != nil {
			return fmt.Errorf("batch %d: %w", i+1, err)
		}
		ids[b.ID] = true
	}
	o := &writer{w: bufio.NewWriterSize(w, 64<<10), v: v}
	o.header(p, all)
	for i, b := range p.Batches {
		if err := o.batch(b, batches[i]); err != nil {
			return fmt.Errorf("batch %d: %w", i+1, err)
		}
	}
	o.raw("</CstmrCdtTrfInitn></Document>\n")
	return o.w.Flush()
}

func checkHeader(p payroll.Payments) error {
	if err := checkID(p.MessageID); err != nil {
		return fmt.Errorf("message identification: %w", err)
	}
	switch {
	case p.Created == 0:
		return fmt.Errorf("the file has no date")
	case p.Time < 0 || p.Time >= 24*time.Hour:
		return fmt.Errorf("the time of the file is not within a day")
	case name(p.Initiator) == "":
		return fmt.Errorf("the name of the initiator is missing")
	case p.Duplicate:
		return fmt.Errorf("pain.001 cannot say that a file is a duplicate: a bank would take it as new")
	case len(p.Batches) == 0:
		return fmt.Errorf("there is no batch")
	}
	return nil
}

// checkBatch checks what does not lie in the posts.
func (v Version) checkBatch(b payroll.PaymentBatch) error {
	if err := checkID(b.ID); err != nil {
		return fmt.Errorf("identification: %w", err)
	}
	switch {
	case b.Collect:
		return fmt.Errorf("direct debits are no credit transfers")
	case b.Test:
		return fmt.Errorf("pain.001 cannot say that a batch is a test: a bank would pay it")
	case b.Date == 0:
		return fmt.Errorf("the execution date is missing")
	case name(b.Name) == "":
		return fmt.Errorf("the name of the principal is missing")
	case b.BIC == "" && v == V03:
		return fmt.Errorf("the BIC of the principal's bank is missing")
	case b.Posts == nil:
		return fmt.Errorf("there is no post")
	}
	if _, err := account("principal", b.Account); err != nil {
		return err
	}
	if b.BIC != "" {
		if err := checkBIC(b.BIC); err != nil {
			return fmt.Errorf("principal: %w", err)
		}
	}
	return nil
}

// count checks a batch with all its posts and adds it up.
func (v Version) count(b payroll.PaymentBatch, all *sums) (sums, error) {
	s := sums{}
	if err := v.checkBatch(b); err != nil {
		return s, err
	}
	kind := payroll.Salary
	for post, err := range b.Posts {
		if err != nil {
			return s, err
		}
		if s.posts == 0 {
			kind = post.Kind
		}
		_, err := newPost(b, post)
		if err == nil && post.Kind != kind {
			err = fmt.Errorf("salaries and other payments cannot share a batch")
		}
		if err == nil {
			err = s.add(post.Amount)
		}
		if err == nil {
			err = all.add(post.Amount)
		}
		if err != nil {
			return s, fmt.Errorf("post %d: %w", s.posts+1, err)
		}
	}
	if s.posts == 0 {
		return s, fmt.Errorf("there is no post")
	}
	return s, nil
}

// written is a post as it goes out.
type written struct{ id, amount, bic, name, iban, text, reference string }

func newPost(b payroll.PaymentBatch, p payroll.Post) (written, error) {
	o := written{id: p.EndToEnd, amount: p.Amount.String(), bic: p.BIC, name: name(p.Name), reference: p.Reference}
	if p.Kind == payroll.Debit {
		return o, fmt.Errorf("a direct debit is no credit transfer")
	}
	var err error
	if o.iban, err = account("payee", p.Account); err != nil {
		return o, err
	}
	if err := checkAmount(p.Amount); err != nil {
		return o, err
	}
	if o.name == "" {
		return o, fmt.Errorf("the name of the payee is missing")
	}
	if err := checkID(o.id); err != nil {
		return o, fmt.Errorf("end-to-end identification: %w", err)
	}
	if o.bic != "" {
		if err := checkBIC(o.bic); err != nil {
			return o, fmt.Errorf("payee: %w", err)
		}
	}
	return o, o.describe(b, p)
}

func (o *written) describe(b payroll.PaymentBatch, p payroll.Post) error {
	var lines []string
	for _, all := range [][]string{b.Descriptions, p.Descriptions} {
		for _, line := range all {
			if line = plain(line); line != "" {
				lines = append(lines, line)
			}
		}
	}
	o.text = strings.Join(lines, " ")
	if len(o.text) > maxText {
		return fmt.Errorf("the descriptions have %d characters, more than %d", len(o.text), maxText)
	}
	if o.reference == "" {
		return nil
	}
	if o.text != "" {
		return fmt.Errorf("a post has either a betalingskenmerk or descriptions")
	}
	return checkReference(o.reference)
}

// writer writes what has been checked: SEPA characters, of which none means
// anything in XML.
type writer struct {
	w *bufio.Writer
	v Version
}

// raw writes its parts; a full disk shows at Flush.
func (o *writer) raw(parts ...string) {
	for _, s := range parts {
		o.w.WriteString(s)
	}
}

func (o *writer) header(p payroll.Payments, all sums) {
	o.raw(`<?xml version="1.0" encoding="UTF-8"?>`, "\n", `<Document xmlns="`, o.v.Namespace(), `"><CstmrCdtTrfInitn><GrpHdr><MsgId>`, p.MessageID,
		"</MsgId><CreDtTm>", p.Created.Time().Add(p.Time).Format(dateTime), "</CreDtTm>")
	o.sums(all)
	o.raw("<InitgPty><Nm>", name(p.Initiator), "</Nm></InitgPty></GrpHdr>")
}

const dateTime = "2006-01-02T15:04:05"

func (o *writer) sums(s sums) {
	o.raw("<NbOfTxs>", strconv.Itoa(s.posts), "</NbOfTxs><CtrlSum>", s.amount.String(), "</CtrlSum>")
}

func (o *writer) batch(b payroll.PaymentBatch, want sums) error {
	got := sums{}
	for post, err := range b.Posts {
		if err != nil {
			return err
		}
		out, err := newPost(b, post)
		if err != nil {
			return fmt.Errorf("post %d: %w", got.posts+1, err)
		}
		if got.posts == 0 {
			o.batchHeader(b, want, post.Kind)
		}
		if err := got.add(post.Amount); err != nil {
			return err
		}
		o.post(out)
	}
	if got != want {
		return fmt.Errorf("the posts changed while they were written")
	}
	o.raw("</PmtInf>")
	return nil
}

func (o *writer) batchHeader(b payroll.PaymentBatch, s sums, kind payroll.PaymentKind) {
	o.raw("<PmtInf><PmtInfId>", b.ID, "</PmtInfId><PmtMtd>TRF</PmtMtd>")
	switch b.Booking {
	case payroll.BookingBatch:
		o.raw("<BtchBookg>true</BtchBookg>")
	case payroll.BookingSingle:
		o.raw("<BtchBookg>false</BtchBookg>")
	}
	o.sums(s)
	o.raw("<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl>")
	if kind == payroll.Salary {
		o.raw("<CtgyPurp><Cd>SALA</Cd></CtgyPurp>")
	}
	o.raw("</PmtTpInf><ReqdExctnDt>")
	if o.v == V03 {
		o.raw(b.Date.String())
	} else {
		o.raw("<Dt>", b.Date.String(), "</Dt>")
	}
	o.raw("</ReqdExctnDt><Dbtr><Nm>", name(b.Name), "</Nm></Dbtr><DbtrAcct><Id><IBAN>", b.Account.IBAN.Text(), "</IBAN></Id></DbtrAcct>")
	if b.BIC == "" {
		o.raw("<DbtrAgt><FinInstnId><Othr><Id>", notProvided, "</Id></Othr></FinInstnId></DbtrAgt>")
	} else {
		o.agent("DbtrAgt", b.BIC)
	}
	o.raw("<ChrgBr>SLEV</ChrgBr>")
}

func (o *writer) agent(element, bic string) {
	o.raw("<", element, "><FinInstnId><", o.v.bic(), ">", bic, "</", o.v.bic(), "></FinInstnId></", element, ">")
}

func (o *writer) post(p written) {
	o.raw("<CdtTrfTxInf><PmtId><EndToEndId>", p.id, `</EndToEndId></PmtId><Amt><InstdAmt Ccy="EUR">`, p.amount, "</InstdAmt></Amt>")
	if p.bic != "" {
		o.agent("CdtrAgt", p.bic)
	}
	o.raw("<Cdtr><Nm>", p.name, "</Nm></Cdtr><CdtrAcct><Id><IBAN>", p.iban, "</IBAN></Id></CdtrAcct>")
	switch {
	case p.reference != "":
		o.raw("<RmtInf><Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>CUR</Issr></Tp><Ref>", p.reference, "</Ref></CdtrRefInf></Strd></RmtInf>")
	case p.text != "":
		o.raw("<RmtInf><Ustrd>", p.text, "</Ustrd></RmtInf>")
	}
	o.raw("</CdtTrfTxInf>")
}

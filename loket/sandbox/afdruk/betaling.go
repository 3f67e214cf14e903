package afdruk

import (
	"fmt"
	"io"
	"strconv"

	"loket-etl/payroll"
)

// Betalingsoverzicht lists every post of the payments, with totals.
func Betalingsoverzicht(w io.Writer, k Kop, p payroll.Payments) error {
	s := newSheet(k, "Betalingsoverzicht", "P")
	for _, b := range p.Batches {
		s.heading(fmt.Sprintf("Betaling %d van %s, rekening %s, %s", b.Number, b.Name, account(b.Account), wanneer(b.Date)))
		s.table(column{"Nr", 8, true}, column{"Naam", 50, false}, column{"Rekening", 38, false}, column{"Omschrijving", 46, false}, column{"Bedrag", 24, true})
		count, sum := 0, payroll.Cents(0)
		if b.Posts != nil {
			for post, err := range b.Posts {
				if err != nil {
					return fmt.Errorf("print Betalingsoverzicht: %w", err)
				}
				count++
				sum += post.Amount
				text := ""
				if len(post.Descriptions) > 0 {
					text = post.Descriptions[0]
				}
				s.row(strconv.Itoa(count), post.Name, account(post.Account), text, post.Amount.Dutch())
			}
		}
		s.total("", "Totaal", fmt.Sprintf("%d posten", count), "", sum.Dutch())
	}
	return s.write(w, "Betalingsoverzicht")
}

// Opdrachtbrief is the order to the bank, one sheet part per batch, to be signed.
func Opdrachtbrief(w io.Writer, k Kop, p payroll.Payments) error {
	s := newSheet(k, "Opdrachtbrief", "P")
	for _, b := range p.Batches {
		one := payroll.Payments{Batches: []payroll.PaymentBatch{b}}
		t, err := one.Totals()
		if err != nil {
			return fmt.Errorf("print Opdrachtbrief: %w", err)
		}
		soort := "Salarisbetalingen"
		if b.Collect {
			soort = "Incasso"
		}
		s.heading(fmt.Sprintf("Batch %d", b.Number))
		s.fact("Soort opdracht", soort)
		s.fact("Opdrachtgever", b.Name)
		s.fact("Rekening opdrachtgever", account(b.Account))
		s.fact("Gewenste verwerkingsdatum", wanneer(b.Date))
		s.fact("Bestandsidentificatie", p.FileID)
		s.fact("Aantal posten", strconv.Itoa(t.Count))
		s.fact("Totaalbedrag", "EUR "+t.Amount.Dutch())
		if t.Hash != "" {
			s.fact("Totaal rekeningnummers", t.Hash)
		}
		if b.Test {
			s.fact("Let op", "testbestand: wordt niet uitgevoerd")
		}
		s.room(40)
		s.pdf.SetY(s.pdf.GetY() + 10)
		s.pdf.SetFont("go", "", 9)
		s.pdf.MultiCell(s.width, 5, "Ondergetekende geeft opdracht de posten van dit bestand uit te voeren ten laste van de genoemde rekening.", "", "L", false)
		s.pdf.SetY(s.pdf.GetY() + 16)
		s.pdf.SetDrawColor(rule.r, rule.g, rule.b)
		for i, label := range []string{"Plaats en datum", "Handtekening"} {
			x := margin + float64(i)*(s.width/2)
			s.pdf.Line(x, s.pdf.GetY(), x+s.width/2-10, s.pdf.GetY())
			s.pdf.SetX(x)
			s.paint(quiet)
			s.pdf.CellFormat(s.width/2, 6, label, "", 0, "L", false, 0, "")
			s.paint(ink)
		}
		s.pdf.Ln(12)
	}
	return s.write(w, "Opdrachtbrief")
}

func account(a payroll.Account) string {
	if a.IBAN == "" {
		return a.Number
	}
	text, grouped := a.IBAN.Text(), ""
	for len(text) > 4 {
		grouped += text[:4] + " "
		text = text[4:]
	}
	return grouped + text
}

func wanneer(d payroll.Date) string {
	if d == 0 {
		return "zo spoedig mogelijk"
	}
	return d.Dutch()
}

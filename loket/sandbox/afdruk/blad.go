// Package afdruk prints the documents of a sandbox payroll run as PDF, in Dutch.
// It knows paper and the documents, not how the amounts came about.
//
// The same document printed twice gives the same bytes. Every page says that its
// figures are sandbox figures.
package afdruk

import (
	"fmt"
	"io"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"loket-etl/loket/sandbox/verloning"
	"loket-etl/payroll"
)

// Kop is what stands at the top of every page.
type Kop struct {
	Werkgever                 string
	WerkgeverID, Clientnummer int
	Periode                   payroll.Period
	Begin, Eind               payroll.Date
	Volgnummer                int       // of the run
	Aanmaak                   time.Time // printed, and the date inside the file
}

// KopVan is the head of documents of the run.
func KopVan(run *verloning.Run, aanmaak time.Time) Kop {
	return Kop{
		Werkgever: run.Werkgever.Naam, WerkgeverID: run.Werkgever.ID, Clientnummer: run.Werkgever.Clientnummer,
		Periode: run.Periode, Begin: run.Begin, Eind: run.Eind, Volgnummer: run.Volgnummer, Aanmaak: aanmaak,
	}
}

const (
	margin    = 15.0 // millimetres
	rowHeight = 5.2
	voet      = "Sandboxcijfers: gemaakt om te testen, geen loonadvies."
	pages     = "{pages}"
)

type colour struct{ r, g, b int }

var (
	ink    = colour{33, 37, 41}
	quiet  = colour{108, 117, 125}
	brand  = colour{24, 62, 99}
	stripe = colour{243, 246, 249}
	rule   = colour{206, 212, 218}
)

// column is one column of a table; amounts stand right.
type column struct {
	title string
	width float64
	right bool
}

// sheet is a PDF under construction.
type sheet struct {
	pdf   *fpdf.Fpdf
	width float64 // between the margins
	cols  []column
	odd   bool
}

// newSheet starts a document; orientation is "P" or "L".
func newSheet(k Kop, title, orientation string) *sheet {
	pdf := fpdf.New(orientation, "mm", "A4", "")
	pdf.AddUTF8FontFromBytes("go", "", goregular.TTF)
	pdf.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(k.Aanmaak.UTC())
	pdf.SetModificationDate(k.Aanmaak.UTC())
	pdf.SetTitle(title+" "+k.Periode.String(), true)
	pdf.SetAuthor(k.Werkgever, true)
	pdf.SetCreator("loket-etl sandbox", true)
	pdf.SetProducer("loket-etl sandbox", true)
	pdf.SetLang("nl-NL")
	pdf.SetMargins(margin, margin, margin)
	pdf.SetAutoPageBreak(false, 0)
	pdf.AliasNbPages(pages)
	w, _ := pdf.GetPageSize()
	s := &sheet{pdf: pdf, width: w - 2*margin}
	pdf.SetHeaderFunc(func() { s.header(k, title) })
	pdf.SetFooterFunc(s.footer)
	pdf.AddPage()
	return s
}

func (s *sheet) header(k Kop, title string) {
	pdf := s.pdf
	s.paint(brand)
	pdf.SetFont("go", "B", 15)
	pdf.SetXY(margin, margin-2)
	pdf.CellFormat(s.width/2, 7, title, "", 0, "L", false, 0, "")
	pdf.SetFont("go", "B", 10)
	pdf.CellFormat(s.width/2, 7, fit(pdf, k.Werkgever, s.width/2), "", 1, "R", false, 0, "")
	s.paint(quiet)
	pdf.SetFont("go", "", 8.5)
	left := fmt.Sprintf("Periode %s (%s t/m %s)", k.Periode, k.Begin.Dutch(), k.Eind.Dutch())
	pdf.CellFormat(s.width/2, 5, left, "", 0, "L", false, 0, "")
	right := fmt.Sprintf("Werkgever %d  ·  Clientnummer %d  ·  Run %d", k.WerkgeverID, k.Clientnummer, k.Volgnummer)
	pdf.CellFormat(s.width/2, 5, right, "", 1, "R", false, 0, "")
	pdf.SetDrawColor(brand.r, brand.g, brand.b)
	pdf.SetLineWidth(0.5)
	pdf.Line(margin, pdf.GetY()+1.5, margin+s.width, pdf.GetY()+1.5)
	pdf.SetY(pdf.GetY() + 6)
	s.paint(ink)
	s.tableHead()
}

func (s *sheet) footer() {
	pdf := s.pdf
	_, h := pdf.GetPageSize()
	pdf.SetXY(margin, h-margin+3)
	pdf.SetFont("go", "", 8)
	s.paint(quiet)
	pdf.CellFormat(s.width-25, 5, voet, "", 0, "L", false, 0, "")
	pdf.SetX(margin + s.width - 30)
	pdf.CellFormat(25, 5, fmt.Sprintf("Pagina %d van %s", pdf.PageNo(), pages), "", 0, "L", false, 0, "")
	s.paint(ink)
}

func (s *sheet) paint(c colour) { s.pdf.SetTextColor(c.r, c.g, c.b) }

// room starts a new page unless there is this much left.
func (s *sheet) room(height float64) {
	_, h := s.pdf.GetPageSize()
	if s.pdf.GetY()+height > h-margin-2 {
		s.pdf.AddPage()
	}
}

// heading is a line above a part of the document.
func (s *sheet) heading(text string) {
	s.cols = nil
	s.room(6 * rowHeight)
	s.pdf.SetY(s.pdf.GetY() + 2)
	s.pdf.SetFont("go", "B", 10.5)
	s.paint(brand)
	s.pdf.CellFormat(s.width, 7, text, "", 1, "L", false, 0, "")
	s.paint(ink)
}

// fact is a label and a value.
func (s *sheet) fact(label, value string) {
	s.room(rowHeight)
	s.pdf.SetFont("go", "", 9)
	s.paint(quiet)
	s.pdf.CellFormat(58, rowHeight+0.6, label, "", 0, "L", false, 0, "")
	s.paint(ink)
	s.pdf.CellFormat(s.width-58, rowHeight+0.6, fit(s.pdf, value, s.width-58), "", 1, "L", false, 0, "")
}

// table starts a table; its head returns on every page. Widths are shares.
func (s *sheet) table(cols ...column) {
	s.cols = nil
	s.room(4 * rowHeight)
	total := 0.0
	for _, c := range cols {
		total += c.width
	}
	for _, c := range cols {
		c.width *= s.width / total
		s.cols = append(s.cols, c)
	}
	s.odd = false
	s.tableHead()
}

func (s *sheet) tableHead() {
	if len(s.cols) == 0 {
		return
	}
	s.pdf.SetFont("go", "B", 8)
	s.pdf.SetFillColor(brand.r, brand.g, brand.b)
	s.paint(colour{255, 255, 255})
	for _, c := range s.cols {
		s.pdf.CellFormat(c.width, rowHeight+1, fit(s.pdf, c.title, c.width), "", 0, c.align(), true, 0, "")
	}
	s.pdf.Ln(rowHeight + 1)
	s.paint(ink)
}

func (c column) align() string {
	if c.right {
		return "RM"
	}
	return "LM"
}

func (s *sheet) row(cells ...string) { s.cells("", cells) }

// total is the last row of a table, below a rule.
func (s *sheet) total(cells ...string) {
	s.room(rowHeight + 1)
	s.pdf.SetDrawColor(brand.r, brand.g, brand.b)
	s.pdf.SetLineWidth(0.3)
	s.pdf.Line(margin, s.pdf.GetY(), margin+s.width, s.pdf.GetY())
	s.odd = false
	s.cells("B", cells)
	s.pdf.SetY(s.pdf.GetY() + 2)
}

func (s *sheet) cells(style string, cells []string) {
	s.room(rowHeight)
	s.pdf.SetFont("go", style, 8)
	s.pdf.SetFillColor(stripe.r, stripe.g, stripe.b)
	for i, c := range s.cols {
		s.pdf.CellFormat(c.width, rowHeight, fit(s.pdf, cells[i], c.width), "", 0, c.align(), s.odd, 0, "")
	}
	s.pdf.Ln(rowHeight)
	s.odd = !s.odd
}

// fit cuts a text that is wider than its cell. Amounts are never cut: a table
// whose columns are too narrow for them would show in the tests.
func fit(pdf *fpdf.Fpdf, text string, width float64) string {
	width -= 2 // cell padding
	if pdf.GetStringWidth(text) <= width {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && pdf.GetStringWidth(string(runes)+"…") > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

func (s *sheet) write(w io.Writer, title string) error {
	if err := s.pdf.Output(w); err != nil {
		return fmt.Errorf("print %s: %w", title, err)
	}
	return nil
}

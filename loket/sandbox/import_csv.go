package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// csvRow is a line of cells; line counts from 1, the header included.
type csvRow struct {
	line  int
	cells []string
}

// readCSV reads a whole file: quotes as in RFC 4180, UTF-8 with or without BOM,
// Windows-1252 when the bytes are not UTF-8. separators are what the header may
// use; the one it has counts. Blank lines are no rows.
func readCSV(data []byte, separators string) ([]csvRow, error) {
	text := strings.TrimPrefix(string(data), "\ufeff")
	if !utf8.ValidString(text) {
		decoded, err := charmap.Windows1252.NewDecoder().String(text)
		if err != nil || strings.ContainsRune(decoded, utf8.RuneError) {
			return nil, errors.New("de tekens zijn niet te lezen")
		}
		text = decoded
	}
	if strings.ContainsRune(text, 0) {
		return nil, errors.New("het bestand bevat nultekens")
	}
	first, _, _ := strings.Cut(text, "\n")
	sep := separators[0]
	for i := range len(separators) {
		if strings.IndexByte(first, separators[i]) >= 0 {
			sep = separators[i]
			break
		}
	}
	var rows []csvRow
	for line := 1; text != ""; {
		row := csvRow{line: line}
		var err error
		var used int
		row.cells, text, used, err = readRow(text, sep)
		if err != nil {
			return nil, fmt.Errorf("regel %d: %w", line, err)
		}
		line += used
		if len(row.cells) > 1 || strings.TrimSpace(row.cells[0]) != "" {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// readRow takes one row off the text and says how many lines it took.
func readRow(text string, sep byte) (cells []string, rest string, lines int, err error) {
	lines = 1
	for {
		if !strings.HasPrefix(text, `"`) {
			end := strings.IndexAny(text, string(sep)+"\n")
			if end < 0 {
				return append(cells, strings.TrimSuffix(text, "\r")), "", lines, nil
			}
			if text[end] == '\n' {
				return append(cells, strings.TrimSuffix(text[:end], "\r")), text[end+1:], lines, nil
			}
			cells, text = append(cells, text[:end]), text[end+1:]
			continue
		}
		var cell strings.Builder
		text = text[1:]
		for {
			quote := strings.IndexByte(text, '"')
			if quote < 0 {
				return nil, "", 0, errors.New("een aanhalingsteken wordt niet gesloten")
			}
			cell.WriteString(text[:quote])
			text = text[quote+1:]
			if !strings.HasPrefix(text, `"`) {
				break
			}
			cell.WriteByte('"')
			text = text[1:]
		}
		cells = append(cells, cell.String())
		lines += strings.Count(cell.String(), "\n")
		switch {
		case text == "":
			return cells, "", lines, nil
		case text[0] == sep:
			text = text[1:]
		case text[0] == '\n':
			return cells, text[1:], lines, nil
		case strings.HasPrefix(text, "\r\n"):
			return cells, text[2:], lines, nil
		default:
			return nil, "", 0, errors.New("na een aanhalingsteken volgt tekst")
		}
	}
}

// readValues reads Loket's own import file of variabele gegevens.
func (im *importer) readValues(data []byte) *fault {
	for _, name := range []string{"Jaar", "PeriodeNummer"} {
		if _, given := im.args[name]; !given {
			return missing(name)
		}
	}
	p := payroll.Period{}
	p.Year, _ = im.number("Jaar")
	p.Number, _ = im.number("PeriodeNummer")
	if p.Number < 1 {
		return wrongValue("PeriodeNummer", "moet 1 of meer zijn")
	}
	slip, given := im.number("SoortStrook")
	if !given {
		slip = int(payroll.NormalSlip)
	}
	rows, err := readCSV(data, ";")
	if err != nil {
		return unreadable("Het bestand is niet te lezen: " + err.Error() + ".")
	}
	if len(rows) == 0 {
		return unreadable("Het bestand is leeg.")
	}
	numbers, divided, f := valueHeader(rows[0].cells)
	if f != nil {
		return f
	}
	im.lines = make([]importLine, 0, len(rows)-1)
	for _, row := range rows[1:] {
		l := importLine{number: row.line}
		l.key.slip = slip
		if len(row.cells) != len(rows[0].cells) {
			l.refuse(contract.OngeldigeWaarde, "", "De regel heeft een ander aantal velden dan de kopregel.")
		} else {
			im.valueLine(&l, row.cells, numbers, divided, p)
		}
		im.lines = append(im.lines, l)
	}
	return nil
}

// valueHeader gives the component numbers of the header.
func valueHeader(cells []string) (numbers []int, divided bool, f *fault) {
	if len(cells) < 4 || !slices.Equal(cells[:3], []string{"aanslnr", "persnr", "ploeg"}) {
		return nil, false, unreadable("De kopregel moet beginnen met aanslnr;persnr;ploeg.")
	}
	rest := cells[3:]
	if divided = rest[0] == "verdelingseenheid"; divided {
		rest = rest[1:]
	}
	for _, cell := range rest {
		nr, ok := wholeNumber(cell)
		if !ok || nr == 0 || slices.Contains(numbers, nr) {
			return nil, false, unreadable("De kopregel moet na de vaste kolommen elk looncomponentnummer één keer hebben.")
		}
		numbers = append(numbers, nr)
	}
	if len(numbers) == 0 {
		return nil, false, unreadable("De kopregel heeft geen looncomponenten.")
	}
	return numbers, divided, nil
}

func (im *importer) valueLine(l *importLine, cells []string, numbers []int, divided bool, p payroll.Period) {
	client, ok := wholeNumber(cells[0])
	if !ok {
		l.refuse(contract.OngeldigeWaarde, "aanslnr", "Het aansluitnummer is geen getal.")
		return
	}
	if !im.administration(l, client, "aanslnr") {
		return
	}
	persnr, ok := wholeNumber(cells[1])
	if ok {
		l.job = l.employer.byPayrollNumber(persnr)
	}
	if l.job == nil {
		l.refuse(contract.OnbekendeIdentity, "persnr", "Er is geen werknemer met dit personeelsnummer verloning.")
	}
	im.period(l, p)
	if cells[2] != "" {
		nr, ok := wholeNumber(cells[2])
		if !ok {
			nr = 0 // no shift has it
		}
		im.ploeg(l, nr)
	}
	at := 3
	if divided {
		if l.key.eenheid = cells[3]; cells[3] != "" {
			if _, ok := wholeNumber(cells[3]); !ok {
				l.refuse(contract.OngeldigeWaarde, "verdelingseenheid", "De verdelingseenheid is geen getal.")
			}
		}
		at = 4
	}
	for i, nr := range numbers {
		if cells[at+i] == "" {
			continue
		}
		field := strconv.Itoa(nr)
		value, ok := decimal(cells[at+i], ",")
		if !ok {
			l.refuse(contract.OngeldigeWaarde, field, "De waarde is geen getal met een komma en ten hoogste twee decimalen.")
			continue
		}
		im.cell(l, importCell{component: nr, value: value}, field)
	}
}

var leaveHeader = []string{"WerkgeverId", "PersnrVerl", "Persnr", "Naam", "Ingangsdatum", "Einddatum", "Soort", "Factor", "Eenheden"}

// readLeave reads the leave file.
func (im *importer) readLeave(data []byte) *fault {
	rows, err := readCSV(data, ";,")
	if err != nil {
		return unreadable("Het bestand is niet te lezen: " + err.Error() + ".")
	}
	if len(rows) == 0 || !slices.Equal(rows[0].cells, leaveHeader) {
		return unreadable("De kopregel moet zijn: " + strings.Join(leaveHeader, ";") + ".")
	}
	for _, row := range rows[1:] {
		l := importLine{number: row.line}
		if len(row.cells) != len(leaveHeader) {
			l.refuse(contract.OngeldigeWaarde, "", "De regel heeft een ander aantal velden dan de kopregel.")
		} else {
			im.leaveLine(&l, row.cells)
		}
		im.lines = append(im.lines, l)
	}
	return nil
}

func (im *importer) leaveLine(l *importLine, cells []string) {
	id, ok := wholeNumber(cells[0])
	at := id - 1001
	if !ok || at < 0 || at >= len(im.state.employers) || !im.sees.sees(im.state.employers[at]) {
		l.refuse(contract.OnbekendeIdentity, "WerkgeverId", "Er is geen werkgever met dit nummer.")
		return
	}
	e := im.state.employers[at]
	if im.parent != nil && im.parent != e {
		l.refuse(contract.OngeldigeWaarde, "WerkgeverId", "De werkgever is een andere dan die van het verzoek.")
		return
	}
	e.load()
	l.employer = e
	im.leaver(l, cells[1], cells[2])
	from, okFrom := day(cells[4])
	if !okFrom {
		l.refuse(contract.OngeldigeWaarde, "Ingangsdatum", "De ingangsdatum is geen datum (dd-mm-jjjj).")
	}
	to, okTo := from, true
	if cells[5] != "" {
		if to, okTo = day(cells[5]); !okTo {
			l.refuse(contract.OngeldigeWaarde, "Einddatum", "De einddatum is geen datum (dd-mm-jjjj).")
		}
	}
	if okFrom && okTo && to < from {
		l.refuse(contract.OngeldigeWaarde, "Einddatum", "De einddatum ligt voor de ingangsdatum.")
	}
	kind, ok := contract.LookupCode("Verlofsoort", cells[6], from)
	if !ok {
		l.refuse(contract.OngeldigeCode, "Soort", "Deze verlofsoort bestaat niet.")
	}
	if cells[7] != "1" && cells[7] != "-1" {
		l.refuse(contract.OngeldigeWaarde, "Factor", "De factor moet 1 of -1 zijn.")
	}
	units, ok := decimal(cells[8], ",.")
	if !ok || units < 0 || units > maxHours {
		l.refuse(contract.OngeldigeWaarde, "Eenheden", "De eenheden moeten een getal zijn van 0 tot en met 999,99.")
	}
	if l.job != nil && okFrom && okTo && (l.job.start > to || l.job.end != 0 && l.job.end < from) {
		l.refuse(contract.ConflictMetStatus, "Ingangsdatum", "De werknemer is in deze dagen niet in dienst.")
	}
	if l.status == statusRefused {
		return
	}
	j := l.job
	l.leave = []string{
		"WerkgeverId", strconv.Itoa(e.werkgeverID), "PersnrVerl", strconv.Itoa(j.persnrVerl), "Persnr", strconv.Itoa(j.persnr),
		"Naam", j.person.get("Naam"), "Ingangsdatum", from.String(), "Einddatum", to.String(), "Soort", kind.Code,
		"SoortOmschrijving", kind.Omschrijving, "Factor", cells[7], "Eenheden", payroll.Hours(units).String(), "SoortEenheid", "1",
	}
}

// leaver finds the employment by PersnrVerl, Persnr, or both when they agree.
func (im *importer) leaver(l *importLine, payrollNumber, number string) {
	if payrollNumber == "" && number == "" {
		l.refuse(contract.VerplichtVeldOntbreekt, "PersnrVerl", "PersnrVerl of Persnr moet gevuld zijn.")
		return
	}
	l.job = l.employer.find(payrollNumber, number)
	if l.job == nil {
		l.refuse(contract.OnbekendeIdentity, "PersnrVerl", "Er is geen werknemer met deze nummers.")
	}
}

// find is the employment that all the numbers given name; nil when there is none.
func (e *employer) find(payrollNumber, number string) *job {
	var j *job
	if payrollNumber != "" {
		nr, ok := wholeNumber(payrollNumber)
		if j = e.byPayrollNumber(nr); !ok || j == nil {
			return nil
		}
	}
	if number != "" {
		nr, ok := wholeNumber(number)
		other := e.byPersnr[nr]
		if !ok || other == nil || j != nil && j != other {
			return nil
		}
		j = other
	}
	return j
}

// wholeNumber reads digits only.
func wholeNumber(s string) (int, bool) {
	if s == "" || len(s) > 9 {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// decimal reads a number in hundredths; points are the separators it may use.
func decimal(s, points string) (int64, bool) {
	if at := strings.IndexAny(s, points); at >= 0 {
		s = s[:at] + "." + s[at+1:]
	} else if strings.Contains(s, ".") {
		return 0, false
	}
	v, err := payroll.ParseCents(s)
	return int64(v), err == nil
}

// day reads dd-MM-yyyy or yyyy-MM-dd.
func day(s string) (payroll.Date, bool) {
	if len(s) == 10 && s[2] == '-' && s[5] == '-' {
		s = s[6:] + "-" + s[3:5] + "-" + s[:2]
	}
	d, err := payroll.ParseDate(s)
	return d, err == nil
}

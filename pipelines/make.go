package pipelines

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/outbox"
	"loket-etl/payroll"
)

// made is one file of an export before it is frozen.
type made struct {
	kind, format string
	what         string // for the name of the file: "betalingen"
	ext          string
	pays         string
	encode       func(w io.Writer) error
	payments     bool // published after everything else
}

// maker makes the files of one entry.
type maker struct {
	*Runner
	lease  *ledger.Lease
	x      Exporting
	export *Export
	about  about
	run    fetched // empty when the export is of no run
}

// make fetches what is due, checks it, writes its files and freezes them: one
// commit, and before it nothing exists. A crash on the way is followed by doing it
// all again; the files come out the same.
func (r *Runner) make(ctx context.Context, lease *ledger.Lease) error {
	e := lease.Entry()
	x, export, ok := r.exporting(e.Pipeline)
	if !ok || export == nil {
		return r.park(ctx, lease, fmt.Sprintf("export %s bestaat niet meer; zet haar terug en geef de export vrij", e.Pipeline))
	}
	a, err := aboutOf(e)
	if err != nil {
		return err
	}
	if is, err := r.stillApproved(ctx, export, a); err != nil {
		return fmt.Errorf("look whether it is approved: %w", err)
	} else if !is {
		return r.park(ctx, lease, errWithdrawn.Error())
	}
	m := &maker{Runner: r, lease: lease, x: x, export: export, about: a}
	files, note, reasons, err := m.prepare(ctx)
	defer closeAll(files)
	var w *wrongRun
	switch {
	case asWrong(err, &w): // released, it is fetched and checked again
		return r.park(ctx, lease, w.Error())
	case err != nil:
		return err
	}
	return m.freeze(ctx, files, note, reasons)
}

// prepare fetches the run, writes its files and checks them. The reasons are why a
// person must look first; a *wrongRun says why nothing may ever be published as it
// is. Close the files also after an error.
func (m *maker) prepare(ctx context.Context) (all []written, note exportNote, reasons []string, err error) {
	if m.export.What.ofRun() {
		if m.run, err = m.fetchRun(ctx, m.about); err != nil {
			return nil, note, nil, err
		}
	}
	files, err := m.files(ctx)
	if err != nil {
		return nil, note, nil, err
	}
	for _, f := range files {
		w, err := m.write(f)
		if err != nil {
			return all, note, nil, err
		}
		all = append(all, w)
	}
	if len(all) > 0 {
		list, err := m.manifest(all)
		if err != nil {
			return all, note, nil, err
		}
		all = append(all, list)
	}
	slices.SortStableFunc(all, func(a, b written) int { return a.rank() - b.rank() })
	note, reasons, err = m.judge(ctx, all)
	return all, note, reasons, err
}

func closeAll(files []written) {
	for _, w := range files {
		w.close()
	}
}

// wrongRun says in Dutch why nothing of a run is published.
type wrongRun struct{ reason string }

// Error is the reason.
func (w *wrongRun) Error() string { return w.reason }

func asWrong(err error, w **wrongRun) bool { return errors.As(err, w) }

func wrong(format string, args ...any) error { return &wrongRun{fmt.Sprintf(format, args...)} }

// files says which files there will be, in no order.
func (m *maker) files(ctx context.Context) ([]made, error) {
	switch m.export.What {
	case Payments:
		return m.paymentFiles()
	case Results:
		return m.documents("loonresultaten", m.run.results)
	case ResultsOfPeriod:
		doc, err := m.Loket.ExportLoonresultaten(ctx, m.about.Werkgever, m.about.Period, 0, m.export.Set)
		if err != nil {
			return nil, fmt.Errorf("fetch the wage results of the period: %w", err)
		}
		return m.documents("loonresultaten-periode", doc)
	case Journal:
		return m.journalFiles()
	case Reports:
		var all []made
		for _, name := range m.export.Reports {
			doc, err := m.report(ctx, name, m.export.Order, m.about.Run)
			if err != nil {
				return nil, fmt.Errorf("fetch %s: %w", name, err)
			}
			all = append(all, received("pdf:"+name, "pdf", name, "pdf", doc))
		}
		return all, nil
	case TaxReturns:
		return m.returnFiles(ctx)
	default:
		return m.employeeFiles(ctx)
	}
}

// received is a file as Loket gave it.
func received(kind, format, what, ext string, doc loket.Document) made {
	return made{kind: kind, format: format, what: what, ext: ext, encode: func(w io.Writer) error {
		_, err := w.Write(doc.Content)
		return err
	}}
}

// documents are wage results as Loket gave them, and as tables of them.
func (m *maker) documents(what string, doc loket.Document) ([]made, error) {
	var all []made
	for _, format := range m.export.Formats {
		if format == "loonresultaten" {
			all = append(all, received(format, format, what, "xml", doc))
			continue
		}
		results, err := formats.Results["loonresultaten"].Decode(bytes.NewReader(doc.Content))
		if err != nil {
			return nil, wrong("de loonresultaten van Loket zijn niet goed: %v", err)
		}
		f, err := m.export.results(format)
		if err != nil {
			return nil, err
		}
		all = append(all, made{kind: format, format: format, what: what, ext: f.Ext, encode: func(w io.Writer) error { return f.Encode(w, results) }})
	}
	return all, nil
}

func (m *maker) paymentFiles() ([]made, error) {
	var all []made
	for i, b := range m.run.payments {
		p, err := formats.Payments["clieop03"].Decode(bytes.NewReader(b.Content))
		if err != nil {
			return nil, wrong("betaling %d van Loket is geen geldig Clieop03-bestand: %v", i+1, err)
		}
		for _, format := range m.export.Formats {
			if format == "clieop03" {
				f := received("clieop03", format, "betaling"+strconv.Itoa(i+1), "clieop03", b.Document)
				f.payments = true
				all = append(all, f)
				continue
			}
			files, err := m.transfers(format, i, b, p)
			if err != nil {
				return nil, err
			}
			all = append(all, files...)
		}
	}
	return all, nil
}

// transfers are the SEPA files of one Betaling.
func (m *maker) transfers(format string, i int, b betaling, p payroll.Payments) ([]made, error) {
	if m.x.BIC == "" {
		return nil, wrong("voor %s is de BIC van de bank van de werkgever nodig: zet bic bij export %s in de configuratie en geef de export vrij", format, m.x.Name)
	}
	message := fmt.Sprintf("L%d-%04d%02d-%d-%d-%s", m.about.Clientnummer, m.about.Period.Year, m.about.Period.Number, m.about.Number, i+1, digest(b.Identity)[:6])
	out, err := m.run.sepa(m.x, b, p, message)
	var missing *payroll.Missing
	if errors.As(err, &missing) {
		return nil, wrong("betaling %d kan niet naar de bank: van een begunstigde is de IBAN of de naam niet bekend (%s). Vul die in Loket bij het dienstverband in en geef de export vrij", i+1, strings.ReplaceAll(missing.Error(), "\n", "; "))
	}
	if err != nil {
		return nil, wrong("betaling %d kan geen %s worden: %v", i+1, format, err)
	}
	out.FileID = "" // pain.001 has the MessageID for that, and a day has no more than 99
	f, parts := formats.Payments[format], []payroll.Payments{out}
	if most := (formats.Limits{Posts: m.export.Posts, Bytes: m.export.Bytes}); most != (formats.Limits{}) {
		if parts, err = formats.Split(f, out, most); err != nil {
			return nil, wrong("betaling %d is niet te splitsen: %v", i+1, err)
		}
	}
	var all []made
	for n, part := range parts {
		what := "betaling" + strconv.Itoa(i+1)
		if len(parts) > 1 {
			what = fmt.Sprintf("%s-deel%dvan%d", what, n+1, len(parts))
		}
		// The first part has the same key however many there are.
		pays := fmt.Sprintf("%s#%d", b.Identity, n+1)
		all = append(all, made{kind: "pain.001", format: format, what: what, ext: f.Ext, pays: pays, payments: true,
			encode: func(w io.Writer) error { return f.Encode(w, part) }})
	}
	return all, nil
}

func (m *maker) journalFiles() ([]made, error) {
	j, err := formats.Journals["standaardjournaal"].Decode(bytes.NewReader(m.run.journal.Content))
	if err != nil {
		return nil, wrong("het standaardjournaal van Loket is niet goed: %v", err)
	}
	var all []made
	for _, format := range m.export.Formats {
		if format == "standaardjournaal" {
			all = append(all, received(format, format, format, "xml", m.run.journal))
			continue
		}
		books, ok := m.x.Books[m.about.Clientnummer]
		if !ok {
			return nil, wrong("er is geen boekhouding voor klant %d: maak %d.yaml in de map van files.books en geef de export vrij", m.about.Clientnummer, m.about.Clientnummer)
		}
		booked, err := books.Accounts.Book(j, books.of(j))
		var unknown payroll.UnknownAccounts
		if errors.As(err, &unknown) {
			return nil, wrong("niet in de rekeningtabel van klant %d: %s. Vul de tabel aan en geef de export vrij", m.about.Clientnummer, accountList(unknown))
		}
		if err != nil {
			return nil, wrong("het journaal kan niet geboekt worden: %v", err)
		}
		f, err := m.export.journal(format)
		if err != nil {
			return nil, err
		}
		kind, _, _ := strings.Cut(format, "-")
		if kind == "csv" {
			kind = format
		}
		all = append(all, made{kind: kind, format: format, what: "journaal-" + format, ext: f.Ext, encode: func(w io.Writer) error { return f.Encode(w, booked) }})
	}
	return all, nil
}

func accountList(unknown payroll.UnknownAccounts) string {
	var all []string
	for _, u := range unknown {
		text := "rekening " + u.Account
		if u.Component != 0 {
			text += fmt.Sprintf(" component %d", u.Component)
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func (m *maker) returnFiles(ctx context.Context) ([]made, error) {
	var all []made
	for _, format := range m.export.Formats {
		version := loket.AangifteXML
		f := made{kind: "loonaangifte", format: format, what: "loonaangifte", ext: "xml"}
		if format == "pdf" {
			version, f.kind, f.ext = loket.AangiftePDF, "pdf:loonaangifte", "pdf"
		}
		doc, err := m.Loket.OutputLoonaangifte(ctx, m.about.Run, version)
		if err != nil {
			return nil, fmt.Errorf("fetch the tax return: %w", err)
		}
		all = append(all, received(f.kind, f.format, f.what, f.ext, doc))
	}
	return all, nil
}

func (m *maker) employeeFiles(ctx context.Context) ([]made, error) {
	list, err := m.employees(ctx, m.about)
	if err != nil {
		return nil, err
	}
	f := formats.Employees["werknemers-csv"]
	return []made{{kind: "werknemers", format: "werknemers-csv", what: "werknemers", ext: f.Ext, encode: func(w io.Writer) error { return f.Encode(w, list) }}}, nil
}

// name is how a file is called: after the run and its own bytes, so that it is the
// same each time it is made, and no other's.
func (m *maker) name(f made, sum []byte) (string, error) {
	return outbox.FileName(append(m.about.parts(), f.what, hex.EncodeToString(sum[:4])+"."+f.ext)...)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// written is a file on its way into the ledger: its bytes lie in a temporary file
// that nobody else can read.
type written struct {
	made
	name   string
	sha256 string
	size   int64
	temp   *os.File
	totals payroll.Totals
}

func (w written) close() { _ = errors.Join(w.temp.Close(), os.Remove(w.temp.Name())) }

// write encodes a file and reads it back: what is frozen is what was checked.
func (m *maker) write(f made) (_ written, err error) {
	temp, err := os.CreateTemp("", "etl-*")
	if err != nil {
		return written{}, fmt.Errorf("make room for %s: %w", f.what, err)
	}
	w := written{made: f, temp: temp}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	sum := sha256.New()
	if err := f.encode(io.MultiWriter(temp, sum)); err != nil {
		return w, wrong("%s kan niet geschreven worden: %v", f.what, err)
	}
	in, err := w.rewind()
	if err != nil {
		return w, fmt.Errorf("make %s: %w", f.what, err)
	}
	if w.totals, err = m.export.totals(w.format, in); err != nil {
		return w, wrong("%s is niet goed: %v", f.what, err)
	}
	if w.size, err = temp.Seek(0, io.SeekEnd); err != nil {
		return w, fmt.Errorf("make %s: %w", f.what, err)
	}
	w.sha256 = hex.EncodeToString(sum.Sum(nil))
	w.name, err = m.name(f, sum.Sum(nil))
	return w, err
}

// rewind is the temporary file from its start.
func (w written) rewind() (io.Reader, error) {
	_, err := w.temp.Seek(0, io.SeekStart)
	return w.temp, err
}

// exportNote is what the maker tells the publisher, kept with the entry.
type exportNote struct {
	PublishAt time.Time         `json:"publish_at,omitzero"`
	Findings  []payroll.Finding `json:"findings"`
}

const attachExport = "export" // JSON exportNote

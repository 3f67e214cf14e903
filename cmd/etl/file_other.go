package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"loket-etl/formats"
	"loket-etl/formats/clieop03"
	"loket-etl/outbox"
	"loket-etl/payroll"
)

// starts are the files that are not XML, by their first bytes: the header of a
// table, or what every file of the kind begins with.
var starts = []struct{ first, kind string }{
	{"personeelsnummer;personeelsnummer verloning;", "werknemers-csv"},
	{"Werkgever;Werkgevernummer;Run;", "loonresultaten-csv"},
	{"Code grootboekrekening;Omschrijving grootboekrekening;", "csv-yuki"},
	{"Rekeningnummer,RekeningOmschrijving,", "csv-xcount"},
	{"KAE092", "opdrachtbrief"},
	{"PK\x03\x04", "loonresultaten-xlsx"},
	{"%PDF-", "pdf"},
	{"{", "manifest"},
}

// startOf is the kind of a file that is neither Clieop03 nor XML, "" for none.
func startOf(head []byte) string {
	for _, s := range starts {
		if bytes.HasPrefix(head, []byte(s.first)) {
			return s.kind
		}
	}
	return ""
}

// addOthers adds the kinds that add up to nothing and become nothing else.
func addOthers(all map[string]fileKind) {
	for name, inspect := range map[string]func(io.Reader, *fileReport) error{
		"responsemessage": inspectResponse,
		"manifest":        inspectManifest,
		"opdrachtbrief":   inspectLetters,
		"pdf":             inspectPDF,
	} {
		all[name] = fileKind{
			name: name,
			inspect: func(open opener, r *fileReport) error {
				in, err := open()
				if err != nil {
					return err
				}
				defer in.Close()
				return inspect(in, r)
			},
			convert: func(io.Reader, string, *conversion, io.ReadWriteSeeker) (payroll.Totals, error) {
				return payroll.Totals{}, exitWith(exitUsage, fmt.Errorf("%s cannot become anything else", name))
			},
		}
	}
}

func employeeFacts(list payroll.Employees, r *fileReport) error {
	r.fact("employees", strconv.Itoa(len(list)))
	return nil
}

func inspectResponse(in io.Reader, r *fileReport) error {
	m, err := formats.ReadTaxResponse(in)
	r.check("every element of its identification", err == nil)
	if err != nil {
		r.Problems = append(r.Problems, fileProblem{Message: err.Error()})
		return nil
	}
	r.fact("message", m.MessageID)
	r.fact("about", m.RefersTo)
	r.fact("type", m.Type)
	if !m.Received.IsZero() {
		r.fact("received", m.Received.Format(time.DateTime))
	}
	return nil
}

// inspectLetters looks at the Opdrachtbrief that goes with a Clieop03 file; each
// letter is shown as the batch that it announces.
func inspectLetters(in io.Reader, r *fileReport) error {
	letters, err := clieop03.DecodeLetters(in)
	r.check("every field of every letter", err == nil)
	if err != nil {
		r.Problems = append(r.Problems, fileProblem{Message: err.Error()})
		return nil
	}
	for i, l := range letters {
		kind := l.Transaction
		if l.Test {
			kind += " (test)"
		}
		r.Batches = append(r.Batches, batchReport{
			Number: i + 1, ID: l.ID, Kind: kind, Date: l.Date.String(), Account: l.Account.String(), Posts: l.Posts, Amount: l.Amount.String(),
		})
	}
	return nil
}

// inspectManifest holds the files that lie beside a manifest against it.
func inspectManifest(in io.Reader, r *fileReport) error {
	m, err := outbox.DecodeManifest(in)
	r.check("as this program writes it", err == nil)
	if err != nil {
		r.Problems = append(r.Problems, fileProblem{Message: err.Error()})
		return nil
	}
	r.fact("delivery", m.Delivery)
	r.fact("files", strconv.Itoa(len(m.Files)))
	there := 0
	for _, e := range m.Files {
		switch err := isAsSaid(filepath.Join(r.dir, e.Name), e); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			there++
			r.Problems = append(r.Problems, fileProblem{Message: fmt.Sprintf("%s: %v", e.Name, err)})
		default:
			there++
		}
	}
	r.fact("lie beside it", fmt.Sprintf("%d of %d", there, len(m.Files)))
	r.check("what lies beside it is as it says", len(r.Problems) == 0)
	return nil
}

// isAsSaid reads a file of a delivery.
func isAsSaid(path string, e outbox.Entry) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	switch {
	case err != nil:
		return err
	case n != e.Bytes:
		return fmt.Errorf("it has %d bytes, not %d", n, e.Bytes)
	case hex.EncodeToString(sum.Sum(nil)) != e.SHA256:
		return errors.New("its SHA-256 is another: the bytes were changed")
	}
	return nil
}

// inspectPDF sees only whether the file is whole: what a person reads in it is
// not read here.
func inspectPDF(in io.Reader, r *fileReport) error {
	const tail = 1 << 10 // %%EOF stands in the last KiB, ISO 32000-1 annex H.3 note 18
	var last []byte
	buf := make([]byte, 64<<10)
	for {
		n, err := in.Read(buf)
		last = append(last, buf[:n]...)
		last = last[max(len(last)-tail, 0):]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	whole := bytes.Contains(last, []byte("%%EOF"))
	r.check("a PDF from its first to its last line; what it says is not read", whole)
	if !whole {
		r.Problems = append(r.Problems, fileProblem{Message: "the end of the PDF is missing: fetch it again"})
	}
	return nil
}

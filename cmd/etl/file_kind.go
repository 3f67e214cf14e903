package main

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"loket-etl/formats"
	"loket-etl/formats/pain001"
	"loket-etl/payroll"
)

// document is what the documents of all tables of formats can do.
type document interface {
	Totals() (payroll.Totals, error)
}

// fileKind is a kind of file that is known by its first bytes.
type fileKind struct {
	name    string
	inspect func(open opener, r *fileReport) error
	convert func(in io.Reader, to string, c *conversion, out io.ReadWriteSeeker) (payroll.Totals, error)
}

type opener func() (io.ReadCloser, error)

// roots are the XML documents by the start of their namespace and their root.
var roots = []struct{ space, root, kind string }{
	{pain001.V03.Namespace(), "Document", string(pain001.V03)},
	{pain001.V09.Namespace(), "Document", string(pain001.V09)},
	{"urn:loket-etl:loonresultaten:", "Loonresultaten", "loonresultaten"},
	{"urn:loket-etl:journaal:", "Journaal", "standaardjournaal"},
	{"http://xml.belastingdienst.nl/schemas/Loonaangifte/", "Loonaangifte", "loonaangifte-2026"},
	{"http://www.auditfiles.nl/XAF/", "auditfile", "xaf-3.2"},
	{"http://www.odb.belastingdienst.nl/", "auditfile", "xaf-4.0"},
	{"", "Responsemessage", "responsemessage"},
	{"", "eExact", "exact"},
	{"", "transactions", "twinfield"},
}

// kindOf looks at the first bytes of a file; the error says what it is instead.
func kindOf(r io.Reader) (fileKind, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	head, err := b.Peek(64 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return fileKind{}, err
	}
	head = bytes.TrimPrefix(head, []byte("\uFEFF"))
	switch {
	case len(head) == 0:
		return fileKind{}, unknownKind("the file is empty")
	case bytes.HasPrefix(head, []byte("0001A")) && bytes.HasPrefix(head[min(11, len(head)):], []byte("CLIEOP03")):
		return kinds()["clieop03"], nil
	case startOf(head) != "":
		return kinds()[startOf(head)], nil
	case !bytes.HasPrefix(bytes.TrimSpace(head), []byte("<")):
		return fileKind{}, unknownKind("the file is no payroll document known here: not Clieop03, XML, PDF, a manifest, or a table with a header that this program writes")
	}
	name, err := rootOf(head)
	if err != nil {
		return fileKind{}, err
	}
	for _, known := range roots {
		if name.Local == known.root && strings.HasPrefix(name.Space, known.space) && (known.space != "" || name.Space == "") {
			return kinds()[known.kind], nil
		}
	}
	return fileKind{}, unknownKind(fmt.Sprintf("XML with root %.60q of namespace %.120q is not read here", name.Local, name.Space))
}

// unknownKind is what is wrong with a file that is of no kind.
type unknownKind string

func (u unknownKind) Error() string { return string(u) }

func rootOf(head []byte) (xml.Name, error) {
	d := xml.NewDecoder(bytes.NewReader(head))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	for {
		token, err := d.Token()
		if err != nil {
			return xml.Name{}, unknownKind("the file begins like XML, but no element can be read")
		}
		if start, ok := token.(xml.StartElement); ok {
			return start.Name, nil
		}
	}
}

// kinds are the files that can be recognised, by the names of formats.
func kinds() map[string]fileKind {
	all := map[string]fileKind{}
	addKinds(all, formats.Payments, paymentFacts, (*conversion).payments)
	addKinds(all, formats.Journals, journalFacts, nil)
	addKinds(all, formats.Results, resultFacts, nil)
	addKinds(all, formats.TaxReturns, taxFacts, nil)
	addKinds(all, formats.Employees, employeeFacts, nil)
	addOthers(all)
	for _, v := range []pain001.Version{pain001.V03, pain001.V09} {
		k := all[string(v)]
		k.inspect = inspectPain001(v)
		all[string(v)] = k
	}
	return all
}

func addKinds[D document](all map[string]fileKind, table map[string]formats.Format[D], facts func(D, *fileReport) error, change func(*conversion, string, D) (D, error)) {
	for name, f := range table {
		all[name] = fileKind{
			name:    name,
			inspect: func(open opener, r *fileReport) error { return inspect(f, facts, open, r) },
			convert: func(in io.Reader, to string, c *conversion, out io.ReadWriteSeeker) (payroll.Totals, error) {
				target, ok := table[to]
				if !ok {
					return payroll.Totals{}, exitWith(exitUsage, hint(fmt.Errorf("%s cannot become %.40q", name, to), "it can become "+others(table, name)))
				}
				doc, err := f.Decode(in)
				if err != nil {
					return payroll.Totals{}, exitWith(exitRefused, err)
				}
				want, err := doc.Totals()
				if err != nil {
					return want, exitWith(exitRefused, err)
				}
				if change != nil {
					if doc, err = change(c, name, doc); err != nil {
						return want, err
					}
				}
				return want, rewrite(doc, target, want, out)
			},
		}
	}
}

// rewrite writes a document, reads back what was written, and leaves it ready to
// be read from the start.
func rewrite[D document](doc D, to formats.Format[D], want payroll.Totals, out io.ReadWriteSeeker) error {
	if err := to.Encode(out, doc); err != nil {
		return exitWith(exitRefused, err)
	}
	if _, err := out.Seek(0, io.SeekStart); err != nil {
		return err
	}
	got, err := to.Totals(out)
	if err == nil && got != want {
		err = errors.New("what was written does not add up to what was read")
	}
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	_, err = out.Seek(0, io.SeekStart)
	return err
}

// others are the formats of a table but for one.
func others[D any](table map[string]formats.Format[D], one string) string {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(table)), func(name string) bool { return name == one })
	if len(names) == 0 {
		return "nothing else"
	}
	return strings.Join(names, ", ")
}

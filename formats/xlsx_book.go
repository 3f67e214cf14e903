package formats

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// find reads what is about the workbook as a whole and gives the part of the
// sheet.
func (d *xlsxReader) find() (string, error) {
	top, err := d.book.related("")
	if err != nil {
		return "", err
	}
	main := top["type:officeDocument"]
	if main == "" || !strings.HasSuffix(strings.ToLower(main), ".xml") {
		return "", brokenWorkbook("")
	}
	links, err := d.book.related(main)
	if err != nil {
		return "", err
	}
	sheets, err := d.sheets(main)
	if err != nil {
		return "", err
	}
	sheet, err := d.choose(sheets)
	if err != nil {
		return "", err
	}
	if d.texts, err = d.book.shared(links["type:sharedStrings"]); err != nil {
		return "", err
	}
	if d.style, err = d.book.styles(links["type:styles"]); err != nil {
		return "", err
	}
	d.sheet, d.book.sheet = sheet.name, sheet.name
	name := links[sheet.id]
	if d.book.parts[strings.ToLower(name)] == nil {
		return "", brokenWorkbook(sheet.name)
	}
	return name, nil
}

func (d *xlsxReader) sheets(main string) ([]sheetEntry, error) {
	p, err := d.book.open(main)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, brokenWorkbook("")
	}
	var all []sheetEntry
	for {
		t, err := p.next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		e, ok := t.(xml.StartElement)
		switch {
		case !ok:
		case e.Name.Local == "workbookPr":
			d.is1904 = isOn(attribute(&e, "date1904"))
		case e.Name.Local == "sheet" && len(all) < 10_000:
			s := sheetEntry{name: attribute(&e, "name"), hidden: attribute(&e, "state") != "" && attribute(&e, "state") != "visible"}
			for _, a := range e.Attr {
				if a.Name.Local == "id" && a.Name.Space != "" {
					s.id = a.Value
				}
			}
			all = append(all, s)
		}
	}
}

// choose is the sheet that the options mean.
func (d *xlsxReader) choose(all []sheetEntry) (sheetEntry, error) {
	var names []string
	for _, s := range all {
		names = append(names, strconv.Quote(s.name))
	}
	fail := func(message string) (sheetEntry, error) {
		return sheetEntry{}, &FileError{Problem{Code: "blad", Message: message + " De werkmap heeft: " + strings.Join(names[:min(len(names), 10)], ", ") + ".",
			Repair: "Geef het blad de afgesproken naam en plaats, of laat de andere bladen weg."}}
	}
	at := 0
	switch {
	case len(all) == 0:
		return sheetEntry{}, brokenWorkbook("")
	case d.o.Sheet != "":
		at = slices.IndexFunc(all, func(s sheetEntry) bool { return fold(clean(s.name)) == fold(d.o.Sheet) })
		if at < 0 {
			return fail(fmt.Sprintf("Het blad %q ontbreekt.", d.o.Sheet))
		}
	case d.o.SheetNumber > len(all):
		return fail(fmt.Sprintf("Er is geen blad %d.", d.o.SheetNumber))
	case d.o.SheetNumber > 0:
		at = d.o.SheetNumber - 1
	case len(all) > 1:
		return fail("Er is meer dan één blad, en niet afgesproken welk er gelezen wordt.")
	}
	if all[at].hidden && d.refuses() {
		return fail(fmt.Sprintf("Het blad %q is verborgen.", all[at].name))
	}
	return all[at], nil
}

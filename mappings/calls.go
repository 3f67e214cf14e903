package mappings

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"

	"loket-etl/loket/contract"
)

// calls hands over the import files, one per employer, period and slip, cut
// between employees when they grow too long.
func (p *planner) calls(ctx context.Context, call func(Planned) error) error {
	if p.j.in.PerEmployee {
		p.entries = slices.DeleteFunc(p.entries, func(e entry) bool { return p.emps.all[e.employee].bad })
	}
	for from := 0; from < len(p.entries); {
		to := from + 1
		for to < len(p.entries) && p.sameFile(&p.entries[from], &p.entries[to]) {
			to++
		}
		if err := p.files(ctx, p.entries[from:to], call); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// sameFile reports whether two entries go into one import file. A row of CSV
// names its Clientnummer; XML names it once.
func (p *planner) sameFile(a, b *entry) bool {
	if p.j.m.yard {
		return true
	}
	x, y := p.address(a), p.address(b)
	k, l := &p.groups.keys[a.group], &p.groups.keys[b.group]
	return x.werkgever == y.werkgever && a.period == b.period && k.dims[slip] == l.dims[slip] &&
		(x.clientnummer == y.clientnummer || x.werkgever != "" && p.j.m.to.what == csvTarget)
}

// importFile is an import file in the making.
type importFile interface {
	begin()
	// person appends the entries of one employee.
	person(es []entry)
	// end is the finished file.
	end() []byte
	// size is how long the file would be now.
	size() int
	// undo takes the last employee out again.
	undo()
}

func (p *planner) files(ctx context.Context, es []entry, call func(Planned) error) error {
	most := p.j.in.MaxCallBytes
	if most <= 0 {
		most = defaultCallBytes
	}
	var f importFile
	if p.j.m.to.what == xmlTarget {
		f = &xmlFile{p: p}
	} else {
		f = newCSVFile(p, es)
	}
	pieces, rows, open := 0, 0, 0
	flush := func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		pieces++
		planned := p.planned(&es[0], bytes.Clone(f.end()), pieces)
		planned.Rows = rows
		rows, open = 0, 0
		return call(planned)
	}
	for from := 0; from < len(es); {
		to := from + 1
		for to < len(es) && p.address(&es[to]) == p.address(&es[from]) {
			to++
		}
		if open == 0 {
			f.begin()
		}
		f.person(es[from:to])
		if open > 0 && f.size() > most {
			f.undo()
			if err := flush(); err != nil {
				return err
			}
			continue
		}
		open++
		for i := range es[from:to] {
			rows += int(p.groups.rows[es[from+i].group])
		}
		from = to
	}
	return flush()
}

// planned is the call that sends an import file.
func (p *planner) planned(e *entry, content []byte, piece int) Planned {
	t := &p.j.m.to
	a, k := p.address(e), &p.groups.keys[e.group]
	year, number := int(e.period)/100, int(e.period)%100
	format, mime, ext := "CSV", "text/csv", "csv"
	if t.what == xmlTarget {
		format, mime, ext = "XML", "application/xml", "xml"
	}
	who, subject := strconv.Itoa(a.werkgeverID), fmt.Sprintf("werkgever %d, periode %04d-%02d", a.werkgeverID, year, number)
	if a.werkgever == "" {
		who, subject = strconv.Itoa(a.clientnummer), fmt.Sprintf("clientnummer %d, periode %04d-%02d", a.clientnummer, year, number)
	}
	name := fmt.Sprintf("variabele-gegevens-%s-%04d-%02d", who, year, number)
	args := map[string]any{
		"SoortGegevens":    "VariabeleGegevens",
		"Formaat":          format,
		"Jaar":             year,
		"PeriodeNummer":    number,
		"SoortStrook":      max(int(k.dims[slip]), 1),
		"Verwerkingswijze": t.mode,
	}
	if a.werkgever != "" {
		args["ParentDataIdentity"] = a.werkgever
	}
	if s := k.dims[slip]; s > 1 {
		name += fmt.Sprintf("-strook%d", s)
		subject += fmt.Sprintf(", strook %d", s)
	}
	if t.what == xmlTarget && a.werkgever != "" {
		name += fmt.Sprintf("-%d", a.clientnummer)
	}
	if piece > 1 {
		name += fmt.Sprintf("-deel%d", piece)
		subject += fmt.Sprintf(", deel %d", piece)
	}
	args["Bestand"] = contract.File{Name: name + "." + ext, MimeType: mime, Content: content}
	return Planned{Call: contract.Call{Function: importFunction, Args: args}, Subject: subject}
}

const importFunction = "ImporteerGegevens.ImporteerGegevens"

package propose

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"loket-etl/formats"
	"loket-etl/mappings/evidence"
)

// sample reads the first rows with the decoder that the mapping will use.
func (s *sniffer) sample() error {
	p := s.p
	o := p.Options
	if o.NoHeader {
		width, err := s.width()
		if err != nil {
			return err
		}
		for i := range width {
			p.Columns = append(p.Columns, Column{Header: "kolom " + strconv.Itoa(i+1)})
			o.Columns = append(o.Columns, formats.Column{Name: p.Columns[i].Header})
		}
	}
	for _, c := range p.Columns {
		if !o.NoHeader {
			o.Columns = append(o.Columns, formats.Column{Name: c.Header, Optional: true, Paths: c.paths()})
		}
	}
	if p.Format != "csv" && p.Format != "xlsx" {
		o.Extra = "ignore"
	}
	in, err := s.src.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	wrong := 0
	p.All = true
	for b, err := range formats.Decode(p.Format, in, o) {
		if err != nil {
			if p.Rows > 0 {
				p.doubt("na %d rijen is het bestand niet verder te lezen: %v", p.Rows, asText(err))
				break
			}
			return asText(err)
		}
		b.Cut()
		if len(p.Columns) == 0 {
			for _, name := range b.Header {
				p.Columns = append(p.Columns, Column{Header: name})
			}
			p.unfold()
		}
		s.observe(b)
		wrong += len(b.Problems)
		b.Release()
		if p.Rows >= MaxRows {
			p.All = false
			break
		}
	}
	if len(p.Columns) == 0 {
		return errors.New("no columns were found")
	}
	if wrong > 0 {
		p.doubt("%d van de rijen die zijn bekeken, passen niet bij de kopregel (een cel te veel of te weinig, of een aanhalingsteken te veel)", wrong)
	}
	return nil
}

// observe adds the cells of a batch to the evidence.
func (s *sniffer) observe(b *formats.Batch) {
	p := s.p
	for i := range p.Columns {
		if p.Columns[i].seen == nil {
			p.Columns[i].seen = &evidence.Column{}
		}
	}
	for k := range b.Records {
		r := &b.Records[k]
		p.Rows++
		if s.isTotals(r) {
			continue
		}
		p.last = p.last[:0]
		for i := range p.Columns {
			at := p.Columns[i].at
			if len(b.Columns) > 0 {
				at = b.Columns[i]
			}
			has := at >= 0 && at < len(r.Cells)
			if has {
				p.Columns[i].add(r.Cells[at], r.Line)
			}
			p.last = append(p.last, has && len(bytes.TrimSpace(r.Cells[at])) > 0)
		}
		s.unfolded(r)
	}
}

// unfolded looks at the cells of a row that are rows of their own.
func (s *sniffer) unfolded(r *formats.Record) {
	if s.p.wide == nil {
		return
	}
	for _, at := range s.p.wide.at {
		if at < len(r.Cells) && len(bytes.TrimSpace(r.Cells[at])) > 0 {
			s.p.wide.cell.seen.Add(r.Cells[at])
		}
	}
}

// width is how many cells the rows of a file without a header have.
func (s *sniffer) width() (int, error) {
	rows := cut(s.head, s.p.Options.Delimiter, 200)
	if len(rows) == 0 {
		return 0, errors.New("the file has no rows")
	}
	return len(rows[0]), nil
}

func (c *Column) paths() []string {
	if c.Path == "" {
		return nil
	}
	return []string{c.Path}
}

// isComponent reports whether the name of a column is the number of a component.
func (c *Column) isComponent() bool {
	n, err := strconv.Atoi(c.Header)
	return err == nil && n > 0 && n <= 9999 && strings.Trim(c.Header, "0123456789") == ""
}

// slug is a name that is easy to write, after that in the file.
func slug(header string, taken map[string]bool) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(header[strings.LastIndexAny(header, "/")+1:]) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			b.WriteRune(r)
			gap = false
		case r == 'é' || r == 'è' || r == 'ë' || r == 'ê':
			b.WriteByte('e')
		default:
			gap = true
		}
	}
	name := b.String()
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "k" + name
	}
	for n := 2; taken[name]; n++ {
		name = fmt.Sprintf("%s_%d", strings.TrimRight(name, "_0123456789"), n)
	}
	taken[name] = true
	return name
}

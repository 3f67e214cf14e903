package formats

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"loket-etl/formats/xmldoc"
)

// maxHeld is how many bytes of records may wait for a value of an element around
// them.
const maxHeld = 32 << 20

// XML decodes the elements at Options.Records ("TimeCard/ReportedTime/Interval").
// A column is the text or attribute at its path from there (see ParseXMLPath); an
// element that stands there twice, or that is not there for a column that is not
// Optional, is a problem. Values of elements around the record may stand before
// or after it: records that use them wait until the outermost of those ends, and
// may have 32 MiB together. Otherwise one record is held, of at most MaxRow
// bytes, with the batch. The file is UTF-8 or ISO-8859-1, without a DTD and at
// most 64 levels deep. It reads, beside its own, the CSV of refused records.
func XML(r io.Reader, o Options) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		_, refused, r, err := unread(r, "<")
		switch {
		case err != nil:
			yield(nil, err)
			return
		case refused:
			asCSV(r, o, yield)
			return
		}
		d := &xmlReader{gatherer: newGatherer(o, yield)}
		if err := d.plan(o); err != nil {
			yield(nil, err)
			return
		}
		d.declared()
		d.begun()
		d.guard = newGuard(r, d.maxRow)
		d.x = xmldoc.NewReader(d.guard, "")
		d.finish(d.read())
	}
}

type xmlReader struct {
	*gatherer
	guard  *guard
	x      *xmldoc.Reader
	root   *xmlNode
	slots  []xmlSlot
	first  []int // the first slot of each column, and one past the last
	levels int   // elements to a record
	outer  int   // level of the outermost scope, 0 when records need nothing around them

	frames []xmlFrame
	nodes  []*xmlNode
	record *xmlRecord
	held   []*xmlRecord
	bytes  int       // of the records that wait
	around []xmlText // of the slots with a scope
	starts []int     // by level: how many records were held when it began
	spare  []*xmlRecord
}

// xmlSlot is one path of a column; scope is the level of the element around the
// record that it starts from, 0 for the record itself.
type xmlSlot struct{ column, scope int }

type xmlText struct {
	text        string
	there, more bool
}

type xmlRecord struct {
	line   int
	offset int64
	values []xmlText
	mixed  int // slot whose element holds more than text, -1
}

// xmlFrame is an open element: where its nodes begin, and its text so far when
// somebody wants it.
type xmlFrame struct {
	nodes  int
	wanted bool
	text   []byte
}

// plan makes a tree of the paths. A column has a slot for each path from each
// kind of record.
func (d *xmlReader) plan(o Options) error {
	d.root = &xmlNode{}
	var chains [][]*xmlNode
	for _, text := range o.Records {
		record, err := ParseXMLPath(text, o.Namespaces)
		if err != nil || record.Up > 0 || record.Attr != "" || len(record.Steps) == 0 {
			return errors.Join(fmt.Errorf("xml: records %q is no path to elements", text), err)
		}
		at := d.root
		chain := []*xmlNode{at}
		for _, s := range record.Steps {
			at = at.child(s)
			chain = append(chain, at)
		}
		at.record = true
		chains = append(chains, chain)
		if d.levels = len(record.Steps); len(chain) != len(chains[0]) {
			return errors.New("xml: the records are not at one level")
		}
	}
	if len(chains) == 0 {
		return errors.New("xml: no path to records")
	}
	for i, c := range o.Columns {
		d.first = append(d.first, len(d.slots))
		paths := c.Paths
		if len(paths) == 0 {
			paths = []string{c.Name}
		}
		for _, text := range paths {
			p, err := ParseXMLPath(text, o.Namespaces)
			if err == nil && p.Up >= d.levels {
				err = fmt.Errorf("path %q goes up out of the file", text)
			}
			if err != nil {
				return fmt.Errorf("xml: column %q: %w", c.Name, err)
			}
			var from []*xmlNode // each place once: records may have the same elements around them
			for _, chain := range chains {
				if p.Self.Local != "" && chain[d.levels].step.Name != p.Self {
					continue
				}
				if n := chain[d.levels-p.Up]; !slices.Contains(from, n) {
					from = append(from, n)
					d.slot(i, n, p)
				}
			}
		}
	}
	d.first = append(d.first, len(d.slots))
	d.around = make([]xmlText, len(d.slots))
	d.starts = make([]int, d.levels+1)
	return nil
}

// slot makes room for what stands at a path of a column.
func (d *xmlReader) slot(column int, at *xmlNode, p XMLPath) {
	slot := xmlSlot{column: column}
	if p.Up > 0 {
		slot.scope = d.levels - p.Up
		at.scope = slot.scope
		if d.outer == 0 || slot.scope < d.outer {
			d.outer = slot.scope
		}
	}
	for _, s := range p.Steps {
		at = at.child(s)
	}
	if p.Attr != "" {
		at.attrs = append(at.attrs, xmlAttr{p.Attr, len(d.slots)})
	} else {
		at.text = append(at.text, len(d.slots))
	}
	d.slots = append(d.slots, slot)
}

func (d *xmlReader) read() error {
	d.nodes = append(d.nodes, d.root)
	d.frames = append(d.frames, xmlFrame{})
	for {
		if d.record == nil {
			d.guard.next(d.x.Input())
		}
		token, err := d.x.Event()
		if errors.Is(err, io.EOF) {
			return d.guard.or(nil)
		}
		if err != nil {
			return d.wrong(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			d.start(&token)
		case xml.CharData:
			if f := &d.frames[len(d.frames)-1]; f.wanted {
				f.text = append(f.text, token...)
			}
		case xml.EndElement:
			if !d.end() {
				return nil
			}
			if d.bytes > maxHeld {
				return &FileError{Problem{Line: d.x.Line(), Code: "te-veel-bij-elkaar",
					Message: "In één element staan meer gegevens dan er tegelijk onthouden worden.", Repair: "Lever het bestand in delen aan."}}
			}
		}
	}
}

func (d *xmlReader) wrong(err error) error {
	message := "Dit is geen geldige XML: het bestand is beschadigd, afgekapt of in een andere vorm."
	if text := err.Error(); strings.Contains(text, "DTD") || strings.Contains(text, "levels") || strings.Contains(text, "instructions") {
		message = "Deze XML heeft een DTD, een verwerkingsopdracht of veel te diepe nesting; zulke bestanden worden niet gelezen."
	}
	return d.guard.fail(err, Problem{Line: d.x.Line(), Code: "xml", Message: message,
		Repair: "Exporteer het bestand opnieuw, of controleer of de juiste invoer is gekozen."})
}

// start opens an element.
func (d *xmlReader) start(e *xml.StartElement) {
	above := d.frames[len(d.frames)-1]
	if above.wanted && d.record != nil && d.record.mixed < 0 {
		for _, n := range d.nodes[above.nodes:] {
			for _, slot := range n.text {
				d.record.mixed = slot
			}
		}
	}
	f := xmlFrame{nodes: len(d.nodes)}
	if len(d.frames) < cap(d.frames) {
		f.text = d.frames[:len(d.frames)+1][len(d.frames)].text[:0]
	}
	for _, n := range d.nodes[above.nodes:f.nodes] {
		for _, c := range n.children {
			if !c.step.matches(e) {
				continue
			}
			d.nodes = append(d.nodes, c)
			d.enter(c)
			for _, a := range c.attrs {
				for _, have := range e.Attr {
					if have.Name.Local == a.name && have.Name.Space == "" {
						d.fill(a.slot, have.Value)
					}
				}
			}
			f.wanted = f.wanted || len(c.text) > 0
		}
	}
	d.frames = append(d.frames, f)
}

// enter begins a record, or an element that records need values of.
func (d *xmlReader) enter(n *xmlNode) {
	if n.scope > 0 {
		d.starts[n.scope] = len(d.held)
		for i := range d.around {
			if d.slots[i].scope == n.scope {
				d.around[i] = xmlText{}
			}
		}
	}
	if !n.record {
		return
	}
	if last := len(d.spare) - 1; last >= 0 {
		d.record, d.spare = d.spare[last], d.spare[:last]
		clear(d.record.values)
	} else {
		d.record = &xmlRecord{values: make([]xmlText, len(d.slots))}
	}
	d.record.line, d.record.offset, d.record.mixed = d.x.Line(), d.x.Input(), -1
}

func (d *xmlReader) fill(slot int, text string) {
	v := &d.around[slot]
	if d.slots[slot].scope == 0 {
		if d.record == nil {
			return
		}
		v = &d.record.values[slot]
	}
	v.more = v.there
	v.there = true
	if v.text == "" {
		v.text = strings.TrimSpace(text)
		d.bytes += len(text)
	}
}

// end closes an element; false when no more batches are wanted.
func (d *xmlReader) end() bool {
	f := d.frames[len(d.frames)-1]
	d.frames = d.frames[:len(d.frames)-1]
	on := true
	for _, n := range d.nodes[f.nodes:] {
		for _, slot := range n.text {
			d.fill(slot, string(f.text))
		}
		if n.record {
			d.bytes += 64 * len(d.slots)
			d.held = append(d.held, d.record)
			d.record = nil
		}
		if n.scope > 0 {
			for _, r := range d.held[d.starts[n.scope]:] {
				for i, s := range d.slots {
					if s.scope == n.scope {
						r.values[i] = d.around[i]
					}
				}
			}
		}
		if n.record && d.outer == 0 || n.scope > 0 && n.scope == d.outer {
			on = d.emit() && on
		}
	}
	d.nodes = d.nodes[:f.nodes]
	return on
}

// emit makes rows of the records that waited.
func (d *xmlReader) emit() bool {
	on := true
	for _, r := range d.held {
		if on {
			d.open(r.line, r.offset)
			for i := range d.columns {
				d.cell(i, r)
			}
			on = d.close(nil)
		}
		d.spare = append(d.spare, r)
	}
	d.held, d.bytes = d.held[:0], 0
	return on
}

func (d *xmlReader) cell(column int, r *xmlRecord) {
	c := &d.columns[column]
	text, there := "", false
	for slot := d.first[column]; slot < d.first[column+1]; slot++ {
		v := &r.values[slot]
		there = there || v.there
		if text != "" {
			continue
		}
		text = v.text
		if v.more {
			d.refuse(column+1, nil, "element-dubbel", "Dit gegeven staat er meer dan één keer.", "Laat het één keer staan.")
		}
		if r.mixed == slot {
			d.refuse(column+1, nil, "element-inhoud", "Hier staan andere elementen in plaats van alleen tekst.", "Controleer de export.")
		}
	}
	if !there && !c.Optional {
		d.refuse(column+1, nil, "veld-ontbreekt", fmt.Sprintf("Het gegeven %q ontbreekt.", c.Name), "Exporteer het bestand met dit gegeven; leeg mag het met een leeg element.")
	}
	cell := []byte(text)
	if c.DateOnly {
		cell = dateOnly(cell)
	}
	if c.Kind == Date {
		cell = relayout(cell, c.Layout)
	}
	d.put(cell)
}

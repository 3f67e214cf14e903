package mappings

import (
	"slices"
	"strconv"
)

// csvFile writes Loket's public import file of variabele gegevens.
type csvFile struct {
	p       *planner
	places  []int // cells in the order of the header
	header  []byte
	divided bool // has the column verdelingseenheid
	buf     []byte
	last    int
}

// newCSVFile settles the header: the components that have a value in es.
func newCSVFile(p *planner, es []entry) *csvFile {
	f := &csvFile{p: p}
	used := make([]bool, len(p.comps.numbers))
	for i := range es {
		f.divided = f.divided || p.groups.keys[es[i].group].dims[verdeeleenheid] != 0
		for n, c := range p.groups.cells(es[i].group)[:len(used)] {
			used[n] = used[n] || c != noValue || p.j.m.yard
		}
	}
	for n, u := range used {
		if u {
			f.places = append(f.places, n)
		}
	}
	slices.SortFunc(f.places, func(a, b int) int { return p.comps.numbers[a] - p.comps.numbers[b] })
	f.header = append(f.header, "aanslnr;persnr;ploeg"...)
	if f.divided {
		f.header = append(f.header, ";verdelingseenheid"...)
	}
	for _, n := range f.places {
		f.header = append(f.header, ';')
		f.header = strconv.AppendInt(f.header, int64(p.comps.numbers[n]), 10)
	}
	f.header = f.lineEnd(f.header)
	return f
}

func (f *csvFile) begin()      { f.buf = append(f.buf[:0], f.header...) }
func (f *csvFile) end() []byte { return f.buf }
func (f *csvFile) size() int   { return len(f.buf) }
func (f *csvFile) undo()       { f.buf = f.buf[:f.last] }

func (f *csvFile) person(es []entry) {
	f.last = len(f.buf)
	b := f.buf
	for i := range es {
		e := &es[i]
		a, k := f.p.address(e), &f.p.groups.keys[e.group]
		b = strconv.AppendInt(b, int64(a.clientnummer), 10)
		b = append(b, ';')
		b = strconv.AppendInt(b, int64(a.persnr), 10)
		b = append(b, ';')
		if k.dims[ploeg] != 0 {
			b = strconv.AppendInt(b, int64(k.dims[ploeg]), 10)
		}
		if f.divided {
			b = append(b, ';')
			if k.dims[verdeeleenheid] != 0 {
				b = strconv.AppendInt(b, int64(k.dims[verdeeleenheid]), 10)
			}
		}
		cells := f.p.groups.cells(e.group)
		for _, n := range f.places {
			b = append(b, ';')
			if v := cells[n]; v != noValue {
				b = appendHundredths(b, v, ',')
			} else if f.p.j.m.yard {
				b = appendHundredths(b, 0, ',')
			}
		}
		b = f.lineEnd(b)
	}
	f.buf = b
}

func (f *csvFile) lineEnd(b []byte) []byte {
	if f.p.j.m.yard {
		return append(b, '\n')
	}
	return append(b, '\r', '\n')
}

// appendHundredths writes a number with always two decimals.
func appendHundredths(b []byte, v int64, point byte) []byte {
	u := uint64(v)
	if v < 0 {
		b = append(b, '-')
		u = -u
	}
	b = strconv.AppendUint(b, u/100, 10)
	return append(b, point, byte('0'+u%100/10), byte('0'+u%10))
}

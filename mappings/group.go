package mappings

import (
	"math/bits"
)

// interner gives texts small numbers; 0 is the empty text.
type interner struct {
	ids   map[string]int32
	texts []string
}

func newInterner() interner {
	return interner{ids: map[string]int32{"": 0}, texts: []string{""}}
}

func (in *interner) id(text []byte) int32 {
	if len(text) == 0 {
		return 0
	}
	if id, ok := in.ids[string(text)]; ok {
		return id
	}
	id := int32(len(in.texts))
	s := string(text)
	in.texts = append(in.texts, s)
	in.ids[s] = id
	return id
}

// employeeKey is the employee as the file names him: by numbers, or by a text
// (an e-mail address).
type employeeKey struct {
	employer int32
	mail     int32
	number   int64
}

func (k *employeeKey) hash() uint64 {
	return mix(uint64(uint32(k.employer))|uint64(uint32(k.mail))<<32, uint64(k.number))
}

// groupKey is a row of the import file: an employee in a period with the
// dimensions that tell his rows apart.
type groupKey struct {
	employee int32
	period   int32 // year * 100 + number
	dims     [dimensions]int32
}

func (k *groupKey) hash() uint64 {
	h := mix(uint64(uint32(k.employee))|uint64(uint32(k.period))<<32,
		uint64(uint32(k.dims[slip]))|uint64(uint32(k.dims[ploeg]))<<32)
	if k.dims[verdeeleenheid]|k.dims[kostenplaats]|k.dims[kostendrager] != 0 {
		h = mix(h^uint64(uint32(k.dims[verdeeleenheid])), uint64(uint32(k.dims[kostenplaats]))|uint64(uint32(k.dims[kostendrager]))<<32)
	}
	return h
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9E3779B97F4A7C15, b^0xD6E8FEB86659FD93)
	return hi ^ lo
}

// hashTable finds the number of a key among keys kept elsewhere.
type hashTable struct {
	slots []hashSlot
	mask  uint64
	n     int
}

type hashSlot struct {
	tag uint32
	id  int32 // +1, 0 is free
}

func newHashTable() hashTable {
	return hashTable{slots: make([]hashSlot, 1<<10), mask: 1<<10 - 1}
}

func (t *hashTable) grow() {
	old := t.slots
	t.slots = make([]hashSlot, 2*len(old))
	t.mask = uint64(len(t.slots) - 1)
	for _, s := range old {
		if s.id != 0 {
			t.put(s)
		}
	}
}

// put places a slot; its tag holds the low bits of the hash, which is all that
// 2^31 keys need.
func (t *hashTable) put(s hashSlot) {
	i := uint64(s.tag) & t.mask
	for t.slots[i].id != 0 {
		i = (i + 1) & t.mask
	}
	t.slots[i] = s
}

func (t *hashTable) add(tag uint32, id int32) {
	if t.n++; 4*t.n > 3*len(t.slots) {
		t.grow()
	}
	t.put(hashSlot{tag, id + 1})
}

// reset takes all keys out and keeps the memory.
func (t *hashTable) reset() {
	clear(t.slots)
	t.n = 0
}

// employees is everybody who occurs in the file.
type employees struct {
	table hashTable
	all   []employee
}

type employee struct {
	key     employeeKey
	bad     bool  // has a problem
	unknown bool  // to Loket
	kind    int8  // of his periods
	period  int32 // of the group before
	group   int32 // the one before +1, while nothing but the period tells his rows apart
	rows    int32 // of the file, good and bad, but for those of group that are not counted in yet
	recent  int32 // good rows of group, not counted in yet
}

func (e *employees) reset() {
	e.table.reset()
	e.all = e.all[:0]
}

func (e *employees) find(k employeeKey) (int32, bool) {
	tag := uint32(k.hash())
	t := &e.table
	for i := uint64(tag) & t.mask; ; i = (i + 1) & t.mask {
		s := t.slots[i]
		if s.id == 0 {
			break
		}
		if s.tag == tag && e.all[s.id-1].key == k {
			return s.id - 1, false
		}
	}
	id := int32(len(e.all))
	e.all = append(e.all, employee{key: k})
	t.add(tag, id)
	return id, true
}

// noValue is a cell without a value; a cell with one is its sum in ticks.
const noValue = -1 << 63

// add is c + v; it stops at the ends of the range, far over Loket's limits.
func add(c, v int64) int64 {
	if c == noValue {
		return v
	}
	s := c + v
	if (s^c)&(s^v) < 0 || s == noValue {
		if v < 0 {
			return noValue + 1
		}
		return 1<<63 - 1
	}
	return s
}

const pageGroups = 256

// groups are the rows of the import file with a cell per component, all of
// one width, in pages that stay where they are.
type groups struct {
	table hashTable
	keys  []groupKey
	rows  []int32 // of the file
	pages [][]int64
	width int
}

func (g *groups) reset() {
	g.table.reset()
	g.keys, g.rows = g.keys[:0], g.rows[:0]
	for _, page := range g.pages {
		empty(page)
	}
}

func (g *groups) find(k groupKey) int32 {
	tag := uint32(k.hash())
	t := &g.table
	for i := uint64(tag) & t.mask; ; i = (i + 1) & t.mask {
		s := t.slots[i]
		if s.id == 0 {
			break
		}
		if s.tag == tag && g.keys[s.id-1] == k {
			return s.id - 1
		}
	}
	id := int32(len(g.keys))
	g.keys = append(g.keys, k)
	g.rows = append(g.rows, 0)
	if int(id) == len(g.pages)*pageGroups {
		g.pages = append(g.pages, empty(make([]int64, pageGroups*g.width)))
	}
	t.add(tag, id)
	return id
}

func empty(page []int64) []int64 {
	for i := range page {
		page[i] = noValue
	}
	return page
}

// cells are those of group id.
func (g *groups) cells(id int32) []int64 {
	at := int(id) % pageGroups * g.width
	return g.pages[int(id)/pageGroups][at : at+g.width]
}

// sum adds to one cell.
func (g *groups) sum(id, component int32, ticks int64) {
	c := &g.pages[id/pageGroups][int(id)%pageGroups*g.width+int(component)]
	*c = add(*c, ticks)
}

// widen makes room for n components.
func (g *groups) widen(n int) {
	if n <= g.width {
		return
	}
	wide := max(n, 2*g.width, 4)
	for p, old := range g.pages {
		page := empty(make([]int64, pageGroups*wide))
		for i := range pageGroups {
			copy(page[i*wide:], old[i*g.width:(i+1)*g.width])
		}
		g.pages[p] = page
	}
	g.width = wide
}

// components gives component numbers a place in the cells.
type components struct {
	place   [maxComponent + 1]int16 // +1, 0 is none
	numbers []int
}

func (c *components) index(number int) int {
	if i := c.place[number]; i != 0 {
		return int(i) - 1
	}
	c.numbers = append(c.numbers, number)
	c.place[number] = int16(len(c.numbers))
	return len(c.numbers) - 1
}

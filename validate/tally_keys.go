package validate

import (
	"hash/maphash"
	"math"
	"sync"
)

const (
	shardCount = 16
	shardShift = 28

	maxEmployees = 1<<24 - 1
	maxCodes     = 1<<16 - 1
	maxTicks     = int64(1) << 61
)

// names gives texts a number, from 1, the same for every worker.
type names struct {
	ids  map[string]uint32
	text []string
}

// cache is what one worker knows of names, so that it seldom needs the lock.
type cache struct {
	all   *names
	mu    *sync.Mutex
	seed  maphash.Seed
	slots []cached
	used  int
}

type cached struct {
	hash uint64
	text string
	id   uint32
}

func (c *cache) init(all *names, mu *sync.Mutex) {
	c.all, c.mu, c.seed = all, mu, maphash.MakeSeed()
	c.slots = make([]cached, 64)
}

// id is the number of a text. Two texts with the same hash are told apart.
func (c *cache) id(b []byte) uint32 {
	h := maphash.Bytes(c.seed, b)
	mask := uint64(len(c.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := &c.slots[i]
		if s.id == 0 {
			break
		}
		if s.hash == h && s.text == string(b) {
			return s.id
		}
	}
	return c.add(h, b)
}

func (c *cache) add(h uint64, b []byte) uint32 {
	c.mu.Lock()
	id, ok := c.all.ids[string(b)]
	if !ok {
		c.all.text = append(c.all.text, string(b))
		id = uint32(len(c.all.text))
		c.all.ids[c.all.text[id-1]] = id
	}
	text := c.all.text[id-1]
	c.mu.Unlock()
	if c.used++; 2*c.used > len(c.slots) {
		old := c.slots
		c.slots = make([]cached, 4*len(old))
		for _, s := range old {
			if s.id != 0 {
				c.put(s)
			}
		}
	}
	c.put(cached{h, text, id})
	return id
}

func (c *cache) put(s cached) {
	mask := uint64(len(c.slots) - 1)
	i := s.hash & mask
	for c.slots[i].id != 0 {
		i = (i + 1) & mask
	}
	c.slots[i] = s
}

// seen is a row on its way to its shard. Key holds employee (24 bits), code (16)
// and day (24): no two keys of different rows are the same.
type seen struct {
	key   uint64
	ticks int64
	line  int32
}

// shard is the part of the keys that belongs to some of the employees.
type shard struct {
	mu    sync.Mutex
	rows  table  // employee, code, day
	days  table  // employee, day
	again []seen // rows whose key was there already
}

// table maps keys to the first line they were seen on and, when it has sums, to
// a sum. A key of 0 is a free slot.
type table struct {
	keys  []uint64
	lines []int32
	sums  []int64
	used  int
}

// get is the slot of a key; its line is 0 when the key is new.
func (t *table) get(key uint64, withSums bool) int {
	if 4*t.used >= 3*len(t.keys) {
		t.grow(withSums)
	}
	i := t.slot(key)
	if t.keys[i] == 0 {
		t.keys[i] = key
		t.used++
	}
	return i
}

func (t *table) grow(withSums bool) {
	old := *t
	n := max(64, 2*len(old.keys))
	t.keys, t.lines = make([]uint64, n), make([]int32, n)
	if withSums {
		t.sums = make([]int64, n)
	}
	for j, key := range old.keys {
		if key == 0 {
			continue
		}
		i := t.slot(key)
		t.keys[i], t.lines[i] = key, old.lines[j]
		if withSums {
			t.sums[i] = old.sums[j]
		}
	}
}

func (t *table) slot(key uint64) int {
	mask := uint64(len(t.keys) - 1)
	i := key * 0x9E3779B97F4A7C15 >> 20 & mask
	for t.keys[i] != key && t.keys[i] != 0 {
		i = (i + 1) & mask
	}
	return int(i)
}

const codeBits = uint64(maxCodes) << 24

// take counts rows in.
func (s *shard) take(t *Tally, rows []seen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.left.Load() < 0 {
		return
	}
	before := s.rows.used + s.days.used + len(s.again)
	for _, r := range rows {
		if t.rules.Duplicates != "" {
			first := &s.rows.lines[s.rows.get(r.key, false)]
			switch {
			case *first == 0:
				*first = r.line
			case *first > r.line:
				s.again = append(s.again, seen{key: r.key, line: *first})
				*first = r.line
			default:
				s.again = append(s.again, seen{key: r.key, line: r.line})
			}
		}
		if t.rules.HoursPerDay != 0 {
			i := s.days.get(r.key&^codeBits, true)
			if line := &s.days.lines[i]; *line == 0 || *line > r.line {
				*line = r.line
			}
			s.days.sums[i] = max(-maxTicks, min(maxTicks, s.days.sums[i]+r.ticks))
		}
	}
	if n := s.rows.used + s.days.used + len(s.again) - before; n > 0 {
		t.left.Add(int64(-n))
	}
}

// roundTicks is ticks in hundredths of an hour, half away from zero.
func roundTicks(v int64) int64 {
	const hundredth = TicksPerHour / 100
	half := int64(hundredth / 2)
	if v < 0 {
		half = -half
	}
	if v > math.MaxInt64-hundredth || v < math.MinInt64+hundredth {
		half = 0
	}
	return (v + half) / hundredth
}

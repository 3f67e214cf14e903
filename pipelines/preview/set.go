package preview

import (
	"errors"
	"fmt"

	"loket-etl/payroll"
)

// What a preview holds in memory at most; a file beyond it is for etl check, which
// streams. A hundred thousand employees are more than any employer has, and a
// million values take some 200 MiB.
const (
	MaxEmployees = 100_000
	MaxValues    = 1_000_000
)

// ErrTooMuch: the file, or what Loket has, is more than a preview holds.
var ErrTooMuch = errors.New("too much for a preview")

// Mode is what an import does with a value that stands already.
type Mode string

// The modes, by the names of the contract.
const (
	Overwrite Mode = "Overschrijven"
	Keep      Mode = "NietOverschrijven"
	Add       Mode = "Optellen"
)

// FileValue is a value that the file brings.
type FileValue struct {
	Key
	Value   int64
	None    bool // what stands is taken away
	Mode    Mode
	Blocked bool // Loket will not take it: its period is closed or does not exist
}

// Person is an employment, to tell who should be in the file.
type Person struct {
	Clientnummer, Employee int
	InDienst, UitDienst    payroll.Date // UitDienst 0: still there
}

// who is somebody by the number that is paid on.
type who struct{ client, employee int }

// when is a period of an employer.
type when struct {
	client int
	period payroll.Period
}

// Set collects what a preview is made of: first the values of the file, then what
// stands in Loket, then Report.
type Set struct {
	hours     func(component int) bool
	periods   int
	kinds     map[int]payroll.PeriodKind
	file      []FileValue
	now       map[Key]int64
	target    map[when][]payroll.Period // of the file, to the earlier ones
	looked    map[when]bool             // all of those
	employees map[who]bool
	persons   map[who][]Person
	refused   bool
}

// New is an empty set that looks back so many periods; hours tells hours from
// amounts, kinds how long the periods of a Clientnummer are.
func New(hours func(component int) bool, periods int, kinds map[int]payroll.PeriodKind) *Set {
	return &Set{
		hours: hours, periods: periods, kinds: kinds, now: map[Key]int64{}, target: map[when][]payroll.Period{},
		looked: map[when]bool{}, employees: map[who]bool{}, persons: map[who][]Person{},
	}
}

// File adds a value of the file; ErrTooMuch when there are too many.
func (s *Set) File(v FileValue) error {
	s.employees[who{v.Clientnummer, v.Employee}] = true
	if len(s.employees) > MaxEmployees {
		return fmt.Errorf("more than %d employees: %w", MaxEmployees, ErrTooMuch)
	}
	if s.file = append(s.file, v); len(s.file) > MaxValues {
		return fmt.Errorf("more than %d values: %w", MaxValues, ErrTooMuch)
	}
	at := when{v.Clientnummer, v.Period}
	if _, known := s.target[at]; !known {
		s.target[at] = s.before(at)
		s.looked[at] = true
		for _, p := range s.target[at] {
			s.looked[when{at.client, p}] = true
		}
	}
	return nil
}

// before are the periods before one, the latest first.
func (s *Set) before(at when) []payroll.Period {
	kind, p := s.kinds[at.client], at.period
	all := make([]payroll.Period, 0, s.periods)
	for len(all) < s.periods {
		if p.Number--; p.Number < 1 {
			p = lastOf(p.Year-1, kind)
		}
		if p.Number < 1 {
			break // nobody knows how many the year before had
		}
		all = append(all, p)
	}
	return all
}

// lastOf is the last period of a year, number 0 when the kind is not known.
func lastOf(year int, kind payroll.PeriodKind) payroll.Period {
	p := payroll.Period{Year: year}
	for n := 1; ; n++ {
		if _, _, err := (payroll.Period{Year: year, Number: n}).Bounds(kind); err != nil {
			return p
		}
		p.Number = n
	}
}

// Wants reports whether a preview looks at what stands in a period.
func (s *Set) Wants(client int, p payroll.Period) bool { return s.looked[when{client, p}] }

// Stands adds a value that Loket has; ErrTooMuch when there are too many.
func (s *Set) Stands(k Key, value int64) error {
	if !s.Wants(k.Clientnummer, k.Period) {
		return nil
	}
	if s.now[k] += value; len(s.now) > MaxValues {
		return fmt.Errorf("more than %d values in Loket in the periods to compare with: %w", MaxValues, ErrTooMuch)
	}
	return nil
}

// Person adds an employment of an employer in the file.
func (s *Set) Person(p Person) {
	id := who{p.Clientnummer, p.Employee}
	s.persons[id] = append(s.persons[id], p)
}

// Refuse says that nothing of the file will be sent, so that all stays as it is.
func (s *Set) Refuse() { s.refused = true }

// after is what will stand: the file's values on top of what stands now, in their
// order.
func (s *Set) after() (after map[Key]Amount) {
	after = make(map[Key]Amount, len(s.file))
	for _, v := range s.file {
		stands, seen := after[v.Key]
		if !seen {
			if now, there := s.now[v.Key]; there {
				stands = Of(now)
			}
		}
		switch {
		case v.Blocked || s.refused:
		case v.None:
			stands = Amount{}
		case v.Mode == Keep && stands.Set:
		case v.Mode == Add:
			stands = Of(stands.Value + v.Value)
		default:
			stands = Of(v.Value)
		}
		after[v.Key] = stands
	}
	return after
}

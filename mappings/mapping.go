package mappings

import (
	"loket-etl/formats"
	"loket-etl/payroll"
	"loket-etl/validate"
)

// Mapping is one loaded mapping. It does not change after Load and may be used
// by many goroutines.
type Mapping struct {
	name, version, description string

	format     string // key of formats.Decoders
	options    formats.Options
	columns    []validate.Column // Index is set per file, by its header; from inFile on, those that are computed
	inFile     int
	computed   []computed
	needs      []int // computed columns that every row needs
	asks       int   // conditions that are expressions
	schemaName string
	schema     []byte
	checker    *validate.Checker
	skip, keep []condition
	filePat    *namePattern
	late       bool  // skip or keep asks an expression
	wide       *wide // nil: a row of the file is a row
	to         target

	index  string // pattern of the index in a zip with documents, "" for other files
	single bool   // the file is one document, and its columns are the parts of its name

	yard bool // the yardstick's job: see Bench
}

// Name is the name of the mapping and of its file.
func (m *Mapping) Name() string { return m.name }

// Version is twelve hexadecimal digits that follow from the mapping, its schema
// and its tables: equal versions plan equal calls.
func (m *Mapping) Version() string { return m.version }

// Description is what the mapping says of itself.
func (m *Mapping) Description() string { return m.description }

// NeedsPeople reports whether Run must be given People: who somebody is, or how
// long an employer's periods last, stands only in Loket.
func (m *Mapping) NeedsPeople() bool { return m.PeopleFor() != "" }

// PeopleFor says what Run must be given People for, "" when it can do without.
func (m *Mapping) PeopleFor() string {
	t := &m.to
	switch {
	case m.NeedsReturns(), t.change != nil && t.change.about == aboutNothing:
		return ""
	case t.change != nil:
		return "whose data they are"
	case t.period.openPeriod:
		return "which periods of their employers are closed"
	case t.employeeBy != byPersnrVerl, t.employerBy != byClientnummer, t.what != csvTarget:
		return "who the employees are"
	case (t.period.by == byDate || t.period.by == byDropDate) && t.period.kind == 0:
		return "how long the periods of the employers are"
	}
	return ""
}

// NeedsReturns reports whether Run wants the Returns of Loket instead of its
// People: the file is about tax returns.
func (m *Mapping) NeedsReturns() bool { return m.to.what == statusTarget || m.IsDocument() }

// IsDocument reports whether a file is one document that becomes one call, so
// that it has no rows.
func (m *Mapping) IsDocument() bool { return m.to.what == responseTarget }

// NeedsClientnummer reports whether Input.Clientnummer must say which employer a
// file is of.
func (m *Mapping) NeedsClientnummer() bool { return m.to.employer.kind == fromPipeline }

// IsChange reports whether every row is a change that becomes a call of its own, so
// that rules about employees and hours mean nothing.
func (m *Mapping) IsChange() bool { return m.to.what == changeTarget }

type what int

const (
	csvTarget what = iota
	xmlTarget
	leaveTarget
	statusTarget
	responseTarget
	changeTarget
)

type employerBy int

const (
	byClientnummer employerBy = iota
	byWerkgeverID
	byTheEmployee
)

type employeeBy int

const (
	byPersnrVerl employeeBy = iota
	byPersnr
	byEmail
	byBSN
	byName      // with the date of birth
	byReference // a text that names a tax return, or what a change is about
	byEmployer  // the row is about the employer himself
)

type dimension int

const (
	slip dimension = iota
	ploeg
	verdeeleenheid
	kostenplaats
	kostendrager
	dimensions
)

var dimensionName = [dimensions]string{"slip", "ploeg", "verdeeleenheid", "kostenplaats", "kostendrager"}

func (d dimension) isText() bool { return d >= kostenplaats }

type rounding int

const (
	refuseRounding rounding = iota
	halfUp
	halfEven
)

// target is what becomes of the rows.
type target struct {
	what       what
	mode       string
	employerBy employerBy
	employer   origin
	employeeBy employeeBy
	employee   origin
	period     periodRule
	dims       [dimensions]origin
	allHours   bool
	hours      map[int]bool
	round      rounding
	once       bool // the same key twice is a problem, not a sum
	values     []valueRule
	leave      leaveRule
	args       []argument // of a status or a change
	change     *change    // nil for all else
	document   int        // column with the name of the document that goes along
	born       int        // column, where the employee is told by name
	empty      string     // a cell that says so empties its field; "" when none does
}

func (t *target) isHours(component int) bool { return t.allHours || t.hours[component] }

type originKind int

const (
	absent originKind = iota
	constant
	fromColumn
	fromTable
	fromFileName
	fromPipeline
	fromHeader
)

// origin is where a value comes from.
type origin struct {
	kind   originKind
	column int
	num    int64
	text   string
	lookup *lookup
}

// lookup is a question to a table.
type lookup struct {
	table     *table
	by        []int // columns of the file, one per key column of the table
	on        int   // date column for tables with a validity, -1 if none
	take      int   // column of the table
	otherwise bool  // an unmatched value gives the numbers below
	nums      []int64
	texts     []string
	num       int64
	text      string
}

type periodBy int

const (
	byDate periodBy = iota
	byPeriodColumn
	byYearAndNumber
	byFileName
	byDropDate
)

type periodRule struct {
	by     periodBy
	column int
	number int
	kind   payroll.PeriodKind // 0: what Loket has for the employer
	offset int

	openPeriod bool // what belongs in a closed period is booked in the open one
}

// valueRule makes a value of a component out of a row.
type valueRule struct {
	component origin
	columns   []int // their sum
	only      bool  // at most one of the columns is filled and not 0
	constant  int64 // in ticks, when there are no columns
	skipZero  bool
	when      []condition
	needs     []int // computed columns of the value
	also      []int // and of the component
}

type leaveRule struct {
	from, until   int
	soort, factor origin
	eenheden      int
}

// condition is a test on the text of a cell, before the row is checked.
type condition struct {
	column int
	values []string
	like   [][]byte // patterns in lower case, with * for anything
	not    bool     // none of the values or patterns
	empty  int      // 1 must be empty, -1 must not, 0 not asked
	number bool     // leading zeros do not count
	ask    *asked
}

// Package preview says what an import would change before it is sent: what
// stands in Loket now, what will stand after, how that compares with earlier
// periods, and what is strange about it. It works on what it is given; it reads
// no file, asks Loket nothing and sends nothing.
package preview

import (
	"encoding/json"
	"time"

	"loket-etl/formats"
	"loket-etl/payroll"
)

// Preview is what an import would change. People are in it by number only.
type Preview struct {
	File      string            `json:"file"`
	Entry     int64             `json:"entry,omitempty"` // of the ledger, when it waits there
	Pipeline  string            `json:"pipeline"`
	Mapping   string            `json:"mapping"` // name@version
	Made      time.Time         `json:"made"`
	Outcome   string            `json:"outcome"` // imported, partly, refused or held, if Loket takes every line
	Reason    string            `json:"reason,omitempty"`
	Approval  bool              `json:"approval"` // a person must approve it before it is sent
	Rows      int               `json:"rows"`
	Accepted  int               `json:"accepted"`
	Refused   int               `json:"refused"`
	Skipped   int               `json:"skipped"`
	Standing  string            `json:"standing"` // differs when what stands in Loket under the file does
	Strange   []Finding         `json:"strange"`  // the strangest first
	Totals    []Total           `json:"totals"`
	Employees []Employee        `json:"employees"`
	Leave     []Leave           `json:"leave,omitempty"`
	Records   []Record          `json:"records,omitempty"` // of a file with changes
	Problems  []formats.Problem `json:"problems"`
	More      int               `json:"more_problems"`
	Notes     []formats.Problem `json:"notes,omitempty"`
}

// Amount is hours or euros in hundredths, or nothing at all.
type Amount struct {
	Value int64
	Set   bool
}

// Of is an amount that is there.
func Of(v int64) Amount { return Amount{v, true} }

// MarshalJSON writes "8.00", or null when there is nothing.
func (a Amount) MarshalJSON() ([]byte, error) {
	if !a.Set {
		return []byte("null"), nil
	}
	return json.Marshal(payroll.Cents(a.Value).String())
}

// String is the Dutch form for people, "-" when there is nothing.
func (a Amount) String() string {
	if !a.Set {
		return "-"
	}
	return payroll.Cents(a.Value).Dutch()
}

// Key is what a value is about: whose, when and what.
type Key struct {
	Clientnummer, Employee        int
	Period                        payroll.Period
	Strook, Ploeg, Verdeeleenheid int
	Kostenplaats, Kostendrager    string
	Component                     int
}

// Line is one value: as the file has it, and as it stands in Loket.
type Line struct {
	Key
	Hours   bool   // else euros
	InFile  bool   // else it stands beside what the file brings, and stays
	File    Amount // not set: the file takes the value away, or does not have it
	Now     Amount
	After   Amount
	Earlier []Amount // the same in earlier periods, the latest first
	// Whole is, where Earlier has nothing, what the employee had of the component in
	// those periods over all cost centres and the like; nil when that is nothing too.
	Whole []Amount
}

// Difference is what changes.
func (l Line) Difference() int64 { return l.After.Value - l.Now.Value }

// MarshalJSON leaves out what does not apply.
func (l Line) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Strook         int      `json:"strook"`
		Ploeg          int      `json:"ploeg,omitempty"`
		Verdeeleenheid int      `json:"verdeeleenheid,omitempty"`
		Kostenplaats   string   `json:"kostenplaats,omitempty"`
		Kostendrager   string   `json:"kostendrager,omitempty"`
		Component      int      `json:"component"`
		Unit           string   `json:"unit"`
		InFile         bool     `json:"in_file"`
		File           Amount   `json:"file"`
		Now            Amount   `json:"now"`
		After          Amount   `json:"after"`
		Difference     Amount   `json:"difference"`
		Earlier        []Amount `json:"earlier"`
		Whole          []Amount `json:"earlier_of_component,omitempty"`
	}{
		l.Strook, l.Ploeg, l.Verdeeleenheid, l.Kostenplaats, l.Kostendrager, l.Component, unit(l.Hours),
		l.InFile, l.File, l.Now, l.After, Of(l.Difference()), l.Earlier, l.Whole,
	})
}

func unit(hours bool) string {
	if hours {
		return "hours"
	}
	return "euros"
}

// Employee is somebody in a period.
type Employee struct {
	Clientnummer int
	Number       int
	Period       payroll.Period
	Strange      int // findings about him
	Hours        int64
	Euros        int64 // the differences added up
	Lines        []Line
}

// MarshalJSON writes the period as "2026-10".
func (e Employee) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Clientnummer int    `json:"clientnummer"`
		Employee     int    `json:"employee"`
		Period       string `json:"period"`
		Strange      int    `json:"strange"`
		Hours        Amount `json:"difference_hours"`
		Euros        Amount `json:"difference_euros"`
		Lines        []Line `json:"lines"`
	}{e.Clientnummer, e.Number, e.Period.String(), e.Strange, Of(e.Hours), Of(e.Euros), e.Lines})
}

// Total adds a component up over everybody of an employer in a period.
type Total struct {
	Clientnummer int
	Period       payroll.Period
	Component    int
	Hours        bool
	Employees    int // in the file
	File         Amount
	Now, After   Amount
	Earlier      []Amount         // the latest first
	Periods      []payroll.Period // of Earlier
}

// MarshalJSON writes periods as "2026-10".
func (t Total) MarshalJSON() ([]byte, error) {
	periods := []string{}
	for _, p := range t.Periods {
		periods = append(periods, p.String())
	}
	return json.Marshal(struct {
		Clientnummer int      `json:"clientnummer"`
		Period       string   `json:"period"`
		Component    int      `json:"component"`
		Unit         string   `json:"unit"`
		Employees    int      `json:"employees"`
		File         Amount   `json:"file"`
		Now          Amount   `json:"now"`
		After        Amount   `json:"after"`
		Earlier      []Amount `json:"earlier"`
		Periods      []string `json:"earlier_periods"`
	}{t.Clientnummer, t.Period.String(), t.Component, unit(t.Hours), t.Employees, t.File, t.Now, t.After, t.Earlier, periods})
}

// Leave is what an employee has of a kind of leave in a year: what was added less
// what was taken, as records in Loket have it.
type Leave struct {
	WerkgeverID int    `json:"werkgever_id"`
	Employee    int    `json:"employee"`
	Year        int    `json:"year"`
	Soort       int    `json:"soort"`
	Lines       int    `json:"lines"` // in the file
	Now         Amount `json:"now"`
	After       Amount `json:"after"`
}

// Record is one record that a file changes, or something that it has done.
type Record struct {
	Subject string  `json:"subject"`
	Fields  []Field `json:"fields"`
}

// Field is one field of a record; what is personal is masked.
type Field struct {
	Name  string `json:"name"`
	Now   string `json:"now"`
	After string `json:"after"`
}

// Finding is something strange, in a Dutch sentence with its numbers.
type Finding struct {
	Code         string `json:"code"`
	Message      string `json:"message"`
	Clientnummer int    `json:"clientnummer,omitempty"`
	Employee     int    `json:"employee,omitempty"`
	Period       string `json:"period,omitempty"`
	Component    int    `json:"component,omitempty"`
	size         int64  // of two with the same code, the larger goes first
}

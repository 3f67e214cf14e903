package validate

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"loket-etl/formats"
	"loket-etl/payroll"
)

// Rules are the rules over a whole file. The zero value has all of them off.
type Rules struct {
	Duplicates   string        `yaml:"duplicates"`         // "refuse": the same employee, date and code twice is a problem
	HoursPerDay  payroll.Hours `yaml:"hours_per_day"`      // more for one employee on one day is a problem; 0 is off
	Period       string        `yaml:"period"`             // "single": all rows lie in one period
	ControlTotal *ControlTotal `yaml:"control_total"`      // nil: the file carries no totals row
	Overlap      *Overlap      `yaml:"overlap"`            // nil: times may overlap
	Sums         *Sums         `yaml:"sums"`               // nil: no sums are held against their total
	MaxKeys      int           `yaml:"max_keys" least:"1"` // distinct (employee, date, code) and (employee, date) that are remembered, default 2,000,000
}

// ControlTotal describes the row of a file that carries its totals. The row is
// no data: where Column equals Marker (without regard to case), Rows is the cell
// with the number of data rows and Sum the cell with the sum of that column.
// Columns are named by Column.Name. A file without the row has a problem.
type ControlTotal struct {
	Column string `yaml:"column" must:"yes"`
	Marker string `yaml:"marker" must:"yes"`
	Rows   string `yaml:"rows"` // "": not given
	Sum    string `yaml:"sum"`  // "": not given; else an Integer, Decimal or Hours column
}

const hoursOfDay payroll.Hours = 24_00

// UnmarshalYAML reads rules as a pipeline has them: duplicates, hours_per_day (in
// hours, "10" or "10.5", at most 24), period, control_total, overlap, sums and
// max_keys.
func (r *Rules) UnmarshalYAML(unmarshal func(any) error) error {
	var y struct {
		Duplicates   string        `yaml:"duplicates"`
		HoursPerDay  string        `yaml:"hours_per_day"`
		Period       string        `yaml:"period"`
		ControlTotal *ControlTotal `yaml:"control_total"`
		Overlap      *Overlap      `yaml:"overlap"`
		Sums         *Sums         `yaml:"sums"`
		MaxKeys      int           `yaml:"max_keys"`
	}
	if err := unmarshal(&y); err != nil {
		return err
	}
	*r = Rules{Duplicates: y.Duplicates, Period: y.Period, ControlTotal: y.ControlTotal, Overlap: y.Overlap, Sums: y.Sums, MaxKeys: y.MaxKeys}
	if y.HoursPerDay != "" {
		var err error
		if r.HoursPerDay, err = payroll.ParseHours(y.HoursPerDay); err != nil {
			return fmt.Errorf("hours_per_day: %w", err)
		}
		if r.HoursPerDay <= 0 || r.HoursPerDay > hoursOfDay {
			return errors.New("hours_per_day: want more than 0 and at most 24")
		}
	}
	return r.Check()
}

// Check says what is wrong with the rules themselves.
func (r Rules) Check() error {
	var errs []error
	if r.Duplicates != "" && r.Duplicates != "refuse" {
		errs = append(errs, fmt.Errorf("duplicates: %q: want refuse", r.Duplicates))
	}
	if r.Period != "" && r.Period != "single" {
		errs = append(errs, fmt.Errorf("period: %q: want single", r.Period))
	}
	if r.HoursPerDay < 0 {
		errs = append(errs, errors.New("hours_per_day: want more than 0"))
	}
	if r.MaxKeys < 0 || r.MaxKeys > 10_000_000 {
		errs = append(errs, errors.New("max_keys: want 1 to 10,000,000"))
	}
	if t := r.ControlTotal; t != nil && (t.Column == "" || t.Marker == "" || t.Rows == "" && t.Sum == "") {
		errs = append(errs, errors.New("control_total: want column, marker, and rows or sum"))
	}
	if r.Overlap != nil && (r.Overlap.Start == "" || r.Overlap.End == "") {
		errs = append(errs, errors.New("overlap: want start and end"))
	}
	if r.Sums != nil {
		for i := range *r.Sums {
			errs = append(errs, (*r.Sums)[i].check())
		}
	}
	return errors.Join(errs...)
}

// RuleKey is what the rules look at in an accepted row. Employee and Code are
// compared whole; they need to live during Observe only.
type RuleKey struct {
	Employee []byte
	Code     []byte
	Date     payroll.Date
	Period   payroll.Period
	Ticks    int64 // hours of the row, 0 when it has none
	Line     int
}

// Tally is what the rules remember of one file. Its workers fill it side by
// side; it is read once, by Finish.
type Tally struct {
	rules   Rules
	control control
	row     rowRules
	left    atomic.Int64 // keys that may still be remembered
	shards  [shardCount]shard

	mu        sync.Mutex
	employees names
	codes     names
	workers   []*TallyWorker
}

// TallyWorker observes rows for one goroutine.
type TallyWorker struct {
	t         *Tally
	employees cache
	codes     cache
	buffers   [shardCount][]seen
	periods   []periodSeen
	rows      int64 // data rows, also refused ones; counted only with a control total
	observed  int64
	sum       int64
	overflow  bool
	spans     []span
	wrong     []wrongSum
}

type periodSeen struct {
	period payroll.Period
	line   int
}

// Tally starts the rules for one file. Columns are those of the Checker; they
// matter to a ControlTotal, Overlap and Sums only.
func (r Rules) Tally(cols []Column) (*Tally, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	if r.MaxKeys == 0 {
		r.MaxKeys = 2_000_000
	}
	t := &Tally{rules: r}
	t.left.Store(int64(r.MaxKeys))
	t.employees.ids, t.codes.ids = map[string]uint32{}, map[string]uint32{}
	if err := t.row.prepare(&r, cols); err != nil {
		return nil, err
	}
	if r.ControlTotal == nil {
		return t, nil
	}
	return t, t.control.prepare(*r.ControlTotal, cols)
}

// Worker is a new TallyWorker. A file may have several.
func (t *Tally) Worker() *TallyWorker {
	w := &TallyWorker{t: t}
	w.employees.init(&t.employees, &t.mu)
	w.codes.init(&t.codes, &t.mu)
	t.mu.Lock()
	t.workers = append(t.workers, w)
	t.mu.Unlock()
	return w
}

// Total says whether r is the totals row of the file: then it is no data and
// must not be checked or mapped. Call it for every record when the rules have a
// ControlTotal; without one it is always false.
func (w *TallyWorker) Total(r *formats.Record, report func(formats.Problem)) bool {
	if w.t.rules.ControlTotal == nil {
		return false
	}
	if !w.t.control.marks(r) {
		w.rows++
		return false
	}
	w.t.mu.Lock()
	defer w.t.mu.Unlock()
	w.t.control.read(r, report)
	return true
}

// Columns are the columns that the rules about times and sums look at.
func (t *Tally) Columns() []int { return t.row.columns() }

// Observe remembers an accepted row. Values are those of Record; they matter to
// a ControlTotal, Overlap and Sums only.
func (w *TallyWorker) Observe(k *RuleKey, values []Value) {
	r := &w.t.rules
	if r.ControlTotal != nil {
		w.observed++
		w.addUp(values)
	}
	if r.Period != "" {
		w.period(k)
	}
	if w.t.row.cols != nil {
		w.row(k, values)
	}
	if r.Duplicates == "" && r.HoursPerDay == 0 || k.Date == 0 {
		return
	}
	employee, code := w.employees.id(k.Employee), uint32(0)
	if r.Duplicates != "" {
		code = w.codes.id(k.Code)
	}
	if employee > maxEmployees || code > maxCodes {
		w.t.left.Store(-1)
		return
	}
	d := k.Date
	day := uint64(d.Year()*372 + (d.Month()-1)*31 + d.Day() - 1)
	s := uint32(employee*2654435761) >> shardShift
	b := w.buffers[s]
	if b == nil {
		b = make([]seen, 0, 256)
	}
	b = append(b, seen{key: uint64(employee)<<40 | uint64(code)<<24 | day, ticks: k.Ticks, line: int32(k.Line)})
	if len(b) == cap(b) {
		w.t.shards[s].take(w.t, b)
		b = b[:0]
	}
	w.buffers[s] = b
}

// period remembers the first line of each period, of a good many.
func (w *TallyWorker) period(k *RuleKey) {
	for i := range w.periods {
		if p := &w.periods[i]; p.period == k.Period {
			p.line = min(p.line, k.Line)
			return
		}
	}
	if len(w.periods) < 64 {
		w.periods = append(w.periods, periodSeen{k.Period, k.Line})
	}
}

func (w *TallyWorker) addUp(values []Value) {
	i := w.t.control.sum
	if i < 0 || !values[i].Set {
		return
	}
	v := values[i].Num
	next := w.sum + v
	w.overflow = w.overflow || (next > w.sum) != (v > 0) && v != 0
	w.sum = next
}

// control is a ControlTotal made ready.
type control struct {
	marker            []byte
	column, rows, sum int // index in the columns; -1: not given
	cols              []column

	found     int // line of the totals row
	wantRows  int64
	wantSum   int64
	unread    bool
	duplicate bool
}

func (c *control) prepare(t ControlTotal, cols []Column) error {
	c.marker = []byte(strings.TrimSpace(t.Marker))
	c.cols = make([]column, len(cols))
	find := func(name string) (int, error) {
		for i := range cols {
			if cols[i].Name == name {
				return i, c.cols[i].notation(cols[i])
			}
		}
		return -1, fmt.Errorf("control_total: there is no column %q", name)
	}
	var errs [3]error
	c.rows, c.sum = -1, -1
	c.column, errs[0] = find(t.Column)
	if t.Rows != "" {
		c.rows, errs[1] = find(t.Rows)
	}
	if t.Sum != "" {
		if c.sum, errs[2] = find(t.Sum); errs[2] == nil && (cols[c.sum].Type == Text || cols[c.sum].Type == Date) {
			errs[2] = fmt.Errorf("control_total: column %q cannot be added up", t.Sum)
		}
	}
	return errors.Join(errs[:]...)
}

func (c *control) cell(r *formats.Record, i int) []byte {
	if at := c.cols[i].Index; at >= 0 && at < len(r.Cells) {
		return bytes.TrimSpace(r.Cells[at])
	}
	return nil
}

func (c *control) marks(r *formats.Record) bool {
	cell := c.cell(r, c.column)
	return len(cell) == len(c.marker) && bytes.EqualFold(cell, c.marker)
}

// read takes the totals out of their row.
func (c *control) read(r *formats.Record, report func(formats.Problem)) {
	if c.found > 0 {
		c.duplicate = true
		report(c.cols[c.column].problem(r.Line, nil, "controletotaal-dubbel",
			"Dit is een tweede regel met totalen.", "Laat één regel met totalen staan, of haal de samengevoegde bestanden uit elkaar."))
		return
	}
	c.found = r.Line
	if c.rows >= 0 {
		cell := c.cell(r, c.rows)
		v, ok := int64(0), false
		if len(cell) > 0 {
			v, ok = wholeNumber.read(cell)
		}
		if c.wantRows = v; !ok {
			c.unread = true
			report(c.cols[c.rows].problem(r.Line, cell, "controletotaal", "Het aantal rijen in de regel met totalen is geen getal.", "Vul het aantal in."))
		}
	}
	if c.sum >= 0 {
		k := &c.cols[c.sum]
		cell := c.cell(r, c.sum)
		ok := false
		if len(cell) > 0 {
			if k.Type == Hours {
				c.wantSum, ok = k.hours.read(cell)
			} else {
				c.wantSum, ok = k.number.read(cell)
			}
		}
		if !ok {
			c.unread = true
			report(k.problem(r.Line, cell, "controletotaal", "Het totaal in de regel met totalen is geen getal zoals afgesproken.", "Verbeter het totaal."))
		}
	}
}

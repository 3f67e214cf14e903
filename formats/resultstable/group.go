package resultstable

import (
	"errors"
	"fmt"
	"iter"

	"loket-etl/payroll"
)

// Shown is r as a table of the layout shows it, which is what the table is read
// back as: without fields that have no column. In a table per period a slip is the
// sum of the slips, with the components that have a column. The table adds up to
// what Shown adds up to. Periods run from that of r.
func (l Layout) Shown(r payroll.Results) payroll.Results {
	out := payroll.Results{From: r.From, To: r.To}
	one := row{head: r}
	seen := l.see(one)
	out.Run, out.ExportSet, out.WerkgeverID, out.Werkgever = seen.head.Run, seen.head.ExportSet, seen.head.WerkgeverID, seen.head.Werkgever
	if l.has("year") {
		out.Year = r.Year
	}
	out.Employments = func(yield func(payroll.EmploymentResults, error) bool) {
		g := newGrouper(l)
		for r, err := range l.rows(r) {
			if err == nil {
				err = g.add(l.see(r))
			}
			if err != nil {
				yield(payroll.EmploymentResults{}, err)
				return
			}
			if e, ok := g.taken(); ok && !yield(e, nil) {
				return
			}
		}
		if e, ok := g.last(); ok {
			yield(e, nil)
		}
	}
	return out
}

// see is the row with nothing but what the columns show.
func (l Layout) see(from row) row {
	to := row{}
	for _, c := range l.Columns {
		switch {
		case c.Field == "text":
			continue
		case c.isAmount():
			l.seeAmount(&to, &from, c)
			continue
		}
		at := fields[c.Field].at
		switch into := at(&to).(type) {
		case *string:
			*into = *at(&from).(*string)
		case *int:
			*into = *at(&from).(*int)
		case *bool:
			*into = *at(&from).(*bool)
		case *payroll.Date:
			*into = *at(&from).(*payroll.Date)
		}
	}
	return to
}

func (l Layout) seeAmount(to, from *row, c Column) {
	v, there := from.amount(c)
	if !there {
		return
	}
	into := &to.component
	if c.Component != 0 {
		if into = to.result(c); into == nil {
			to.values = append(to.values, payroll.ComponentResult{Number: c.Component})
			into = &to.values[len(to.values)-1]
		}
	}
	if c.Field == "special" {
		into.Special, into.HasSpecial = v, true
	} else {
		into.Value = v
	}
}

// grouper makes results of the rows of a table, one by one.
type grouper struct {
	l    Layout
	head *payroll.Results // of the first row
	seen map[string]bool
	open *payroll.EmploymentResults // being put together
	done *payroll.EmploymentResults // put together, not taken yet
	from int
	to   int
}

func newGrouper(l Layout) *grouper { return &grouper{l: l, seen: map[string]bool{}} }

func (g *grouper) taken() (e payroll.EmploymentResults, ok bool) {
	if g.done == nil {
		return e, false
	}
	e, g.done = *g.done, nil
	return e, true
}

func (g *grouper) last() (e payroll.EmploymentResults, ok bool) {
	g.done, g.open = g.open, nil
	return g.taken()
}

// key tells employments apart.
func (g *grouper) key(e payroll.EmploymentResults) string {
	switch {
	case g.l.has("dienstverband"):
		return e.Dienstverband
	case e.Persnr == 0 && e.PersnrVerl == 0:
		return ""
	}
	return fmt.Sprint(e.Persnr, " ", e.PersnrVerl)
}

func (g *grouper) add(r row) error {
	if err := g.addHead(r); err != nil {
		return err
	}
	key := g.key(r.employment)
	switch {
	case key == "":
		return errors.New("it does not say of which employment it is")
	case g.open != nil && key == g.key(*g.open):
		if err := sameEmployment(*g.open, r.employment); err != nil {
			return err
		}
	case g.seen[key]:
		return errors.New("the employment stands before with others in between, or cannot be told from another")
	default:
		g.seen[key] = true
		e := r.employment
		g.done, g.open = g.open, &e
	}
	return g.addPeriod(r)
}

func (g *grouper) addHead(r row) error {
	h := payroll.Results{Year: r.period.Period.Year, Run: r.head.Run, ExportSet: r.head.ExportSet, WerkgeverID: r.head.WerkgeverID, Werkgever: r.head.Werkgever}
	if g.head == nil {
		g.head = &h
		g.from, g.to = r.period.Period.Number, r.period.Period.Number
	}
	f := g.head
	if h.Year != f.Year || h.Run != f.Run || h.ExportSet != f.ExportSet || h.WerkgeverID != f.WerkgeverID || h.Werkgever != f.Werkgever {
		return errors.New("it is of another year, run, export set or Werkgever than the first row")
	}
	if n := r.period.Period.Number; n < 1 || n > 53 {
		return fmt.Errorf("period %d does not exist", n)
	}
	g.from, g.to = min(g.from, r.period.Period.Number), max(g.to, r.period.Period.Number)
	return nil
}

func sameEmployment(a, b payroll.EmploymentResults) error {
	if a.Dienstverband != b.Dienstverband || a.Persoon != b.Persoon || a.Persnr != b.Persnr || a.PersnrVerl != b.PersnrVerl || a.Name != b.Name {
		return errors.New("it says something else of the employment than the row before")
	}
	return nil
}

func (g *grouper) addPeriod(r row) error {
	e := g.open
	n := len(e.Periods)
	same := n > 0 && e.Periods[n-1].Period == r.period.Period
	for i := range e.Periods {
		if e.Periods[i].Period == r.period.Period && (i < n-1 || g.l.Rows == PerPeriod) {
			return fmt.Errorf("period %d of the employment stands before", r.period.Period.Number)
		}
	}
	if !same {
		e.Periods = append(e.Periods, r.period)
		n++
	}
	p := &e.Periods[n-1]
	if p.Begin != r.period.Begin || p.End != r.period.End || p.TestYear != r.period.TestYear {
		return errors.New("it says something else of the period than the row before")
	}
	if g.l.Rows == PerPeriod {
		p.Slips = []payroll.Slip{{Kind: payroll.NormalSlip, Components: r.values}}
		return nil
	}
	return g.addComponent(p, r)
}

func (g *grouper) addComponent(p *payroll.PeriodResults, r row) error {
	kind := payroll.NormalSlip
	if g.l.has("slip") {
		kind = payroll.SlipKind(r.slip)
		if kind != payroll.NormalSlip && kind != payroll.SpecialSlip {
			return fmt.Errorf("slip %d is neither 1 nor 2", r.slip)
		}
	}
	n := len(p.Slips)
	if n == 0 || p.Slips[n-1].Kind != kind {
		if n > 1 || n == 1 && !g.l.has("slip") {
			return errors.New("the slip stands before with another in between")
		}
		p.Slips = append(p.Slips, payroll.Slip{Kind: kind})
		n++
	} else if g.l.has("slip") && (r.component.Number == 0 || len(p.Slips[n-1].Components) == 0) {
		return errors.New("a slip without components has one row")
	}
	s := &p.Slips[n-1]
	if r.component.Number == 0 {
		return nil
	}
	if g.l.has("slip") {
		for _, c := range s.Components {
			if c.Number == r.component.Number {
				return fmt.Errorf("component %d of the slip stands before", c.Number)
			}
		}
	}
	s.Components = append(s.Components, r.component)
	return nil
}

// group is what the rows of a file hold, read as far as there is somebody to take
// it; false stops it.
func (l Layout) group(rows iter.Seq2[row, error], take func(payroll.EmploymentResults) bool) (payroll.Results, error) {
	g := newGrouper(l)
	line := 1
	for r, err := range rows {
		line++
		if err == nil {
			if err = g.add(r); err != nil {
				err = fmt.Errorf("line %d: %w", line, err)
			}
		}
		if err != nil {
			return payroll.Results{}, err
		}
		if e, ok := g.taken(); ok && !take(e) {
			return payroll.Results{}, errStopped
		}
	}
	if e, ok := g.last(); ok && !take(e) {
		return payroll.Results{}, errStopped
	}
	if g.head == nil {
		return payroll.Results{}, nil
	}
	g.head.From, g.head.To = g.from, g.to
	return *g.head, nil
}

var errStopped = errors.New("stopped")

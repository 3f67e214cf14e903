package mappings

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"sync"

	"loket-etl/formats"
	"loket-etl/payroll"
	"loket-etl/validate"
)

// job is one mapping at work on one file.
type job struct {
	m         *Mapping
	in        *Input
	columns   []validate.Column
	sheet     string // that the rows stand on, of a workbook
	check     *validate.Checker
	tally     *validate.Tally // nil when no rule over the file is on
	plain     bool            // nothing but employee and period tells rows apart
	dates     int             // column with the date of a row, -1 if none
	values    []valueRule
	needs     []int // computed columns that every row needs
	known     []int // components that can occur
	fields    map[string]int
	unfolds   *unfolding     // nil: a row of the file is a row
	employer  int32          // of every row, when it is not in the rows
	period    payroll.Period // of every row, when it is the file's
	maxIssues int

	bundle *formats.Bundle           // of a file with documents
	listed map[*formats.Document]int // on which line of the index each stands

	mu     sync.Mutex
	shared *worker // holds the groups that workers handed over
}

// newJob settles what follows from the file as a whole. A problem means that
// the file cannot be mapped, an error that the mapping was called wrongly.
func (m *Mapping) newJob(in *Input) (*job, *formats.Problem, error) {
	j := &job{m: m, in: in, maxIssues: in.MaxProblems}
	if j.maxIssues <= 0 {
		j.maxIssues = defaultProblems
	}
	if m.NeedsPeople() && in.People == nil {
		return nil, nil, fmt.Errorf("mapping %s needs to know the people in Loket", m.name)
	}
	if m.filePat != nil {
		fields, ok := m.filePat.match(in.FileName)
		if !ok {
			return nil, &formats.Problem{
				Code: "bestandsnaam", Value: cut(in.FileName),
				Message: "De naam van het bestand heeft niet de afgesproken vorm " + m.filePat.text + ".",
				Repair:  "Hernoem het bestand en lever het opnieuw aan.",
			}, nil
		}
		j.fields = fields
	}
	t := &m.to
	switch t.employer.kind {
	case constant:
		j.employer = int32(t.employer.num)
	case fromFileName:
		name := "clientnummer"
		if t.employerBy == byWerkgeverID {
			name = "werkgever_id"
		}
		j.employer = int32(j.fields[name])
	case fromPipeline:
		c, err := j.pipelineClient()
		if err != nil {
			return nil, nil, err
		}
		j.employer = c
	}
	if t.period.by == byFileName {
		j.period = payroll.Period{Year: j.fields["year"], Number: j.fields["period"]}
	}
	if m.hasDocuments() {
		issue, err := j.openBundle()
		return j, issue, err
	}
	return j, nil, nil
}

// ErrNoClientnummer says that a mapping takes the employer from the pipeline, and
// Input.Clientnummer does not name it.
var ErrNoClientnummer = errors.New("the clientnummer is that of the pipeline, which names none")

// pipelineClient is the Clientnummer that the pipeline named, or the only one
// there is.
func (j *job) pipelineClient() (int32, error) {
	if j.in.Clientnummer != 0 {
		return int32(j.in.Clientnummer), nil
	}
	if j.in.People != nil && len(j.in.People.clients) == 1 {
		for c := range j.in.People.clients {
			return int32(c), nil
		}
	}
	return 0, fmt.Errorf("mapping %s: %w", j.m.name, ErrNoClientnummer)
}

// open settles what follows from the header of the file, on the first reading.
func (j *job) open(b *formats.Batch) error {
	if j.check != nil {
		return nil
	}
	m := j.m
	j.sheet = b.Sheet
	j.columns = slices.Clone(m.columns)
	for i := range m.inFile {
		if m.wide == nil || i != m.wide.heading && i != m.wide.cell {
			j.columns[i].Index = b.Columns[i]
		}
	}
	if m.wide != nil {
		if err := j.unfold(b); err != nil {
			return err
		}
	}
	var extra []valueRule
	if m.options.Extra == "components" {
		point := byte(',')
		if len(j.columns) > 0 {
			point = j.columns[0].Point
		}
		for _, at := range b.Extra {
			number, err := strconv.Atoi(b.Header[at])
			if err != nil || number < 1 || number > maxComponent {
				return &formats.FileError{Problem: formats.Problem{
					Line: 1, Column: at + 1, Field: b.Header[at], Code: "component-onbekend",
					Message: "Deze kolom is geen componentnummer van 1 tot en met " + strconv.Itoa(maxComponent) + ".",
					Repair:  "Verwijder de kolom of zet het juiste componentnummer in de kopregel.",
				}}
			}
			extra = append(extra, valueRule{
				component: origin{kind: constant, num: int64(number)},
				columns:   []int{len(j.columns)},
			})
			j.columns = append(j.columns, validate.Column{
				Name: b.Header[at], Header: b.Header[at], Index: at, Type: validate.Decimal, Point: point,
			})
		}
	}
	for _, r := range m.to.values {
		if r.component.kind != fromHeader {
			j.values = append(j.values, r)
			continue
		}
		for _, e := range extra {
			e.skipZero, e.when = r.skipZero, r.when
			j.values = append(j.values, e)
		}
	}
	j.known, j.needs = j.components(), m.needs
	var err error
	if len(extra) == 0 {
		j.check = m.checker.At(j.cells()[:m.inFile])
	} else if j.check, err = validate.Compile(m.schemaName, m.schema, j.read()); err != nil {
		return fmt.Errorf("mapping %s: %w", m.name, err)
	}
	j.dates = m.dateColumn()
	j.plain = true
	for _, o := range m.to.dims {
		j.plain = j.plain && (o.kind == absent || o.kind == constant)
	}
	if err := m.CheckRules(j.in.Rules); err != nil {
		return fmt.Errorf("mapping %s: %w", m.name, err)
	}
	if j.in.Rules != (validate.Rules{}) {
		if j.tally, err = j.in.Rules.Tally(j.columns); err != nil {
			return fmt.Errorf("rules over the file: %w", err)
		}
		for _, c := range j.tally.Columns() {
			if c >= m.inFile && c < m.inFile+len(m.computed) {
				j.needs = append(j.needs[:len(j.needs):len(j.needs)], c)
			}
		}
	}
	return nil
}

// cells is where each column stands in a row, -1 for one that is absent.
func (j *job) cells() []int {
	cells := make([]int, len(j.columns))
	for i := range j.columns {
		cells[i] = j.columns[i].Index
	}
	return cells
}

// read is the columns as the file has them: those that are computed have no cell, and
// a name that nothing asks for.
func (j *job) read() []validate.Column {
	out := slices.Clone(j.columns)
	for k := range j.m.computed {
		c := &out[j.m.inFile+k]
		*c = validate.Column{Name: "=" + strconv.Itoa(k), Index: -1}
	}
	return out
}

// dateColumn is the column that says on which day a row is, -1 without one.
func (m *Mapping) dateColumn() int {
	switch t := &m.to; {
	case t.what == statusTarget, t.what == changeTarget:
		return -1
	case t.what == leaveTarget:
		return t.leave.from
	case t.period.by == byDate:
		return t.period.column
	}
	return slices.IndexFunc(m.columns[:m.inFile], func(c validate.Column) bool { return c.Type == validate.Date })
}

// components are those that constants and tables name.
func (j *job) components() []int {
	var known []int
	for _, r := range j.values {
		switch r.component.kind {
		case constant:
			known = append(known, int(r.component.num))
		case fromTable:
			for _, n := range r.component.lookup.nums {
				known = append(known, int(n))
			}
			if r.component.lookup.otherwise {
				known = append(known, int(r.component.lookup.num))
			}
		}
	}
	slices.Sort(known)
	known = slices.Compact(known)
	return slices.DeleteFunc(known, func(n int) bool { return n == 0 }) // a choice that is open
}

// scan decodes the file on this goroutine and gives its batches to workers. The
// workers are returned also when the file turns out unreadable half-way: then
// with a FileError.
func scan[W any](ctx context.Context, j *job, start func(int) W, do func(context.Context, W, *formats.Batch) error) ([]W, error) {
	in, err := j.in.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	n := j.in.Workers
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	batches := make(chan *formats.Batch, 1)
	var workers []W
	var wg sync.WaitGroup
	work := func(w W) {
		defer wg.Done()
		defer func() {
			if p := recover(); p != nil {
				cancel(&formats.FileError{Problem: formats.Problem{
					Code:    "onverwacht",
					Message: fmt.Sprintf("Dit bestand brengt het programma van slag (%T); er is niets van verwerkt.", p),
					Repair:  "Geef het bestand aan de beheerder van het programma.",
				}})
			}
		}()
		for b := range batches {
			if ctx.Err() == nil {
				if err := do(ctx, w, b); err != nil {
					cancel(err)
				}
			}
			b.Release()
		}
	}
	err = func() error {
		defer wg.Wait()
		defer close(batches)
		for b, err := range formats.Decode(j.m.format, contextReader{ctx, in}, j.m.options) {
			if err != nil {
				return err
			}
			if workers == nil {
				if err := j.open(b); err != nil {
					return err
				}
				for i := range n {
					workers = append(workers, start(i))
					wg.Add(1)
					go work(workers[i])
				}
			}
			select {
			case batches <- b:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	}()
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return workers, err
}

// contextReader stops reading when the context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := context.Cause(c.ctx); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// asProblem turns an error about the file as a whole into a problem.
func asProblem(err error) (formats.Problem, bool) {
	var fe *formats.FileError
	if errors.As(err, &fe) {
		return fe.Problem, true
	}
	return formats.Problem{}, false
}

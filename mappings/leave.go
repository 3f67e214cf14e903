package mappings

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"

	"loket-etl/formats"
	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

const leaveHeader = "WerkgeverId;PersnrVerl;Persnr;Naam;Ingangsdatum;Einddatum;Soort;Factor;Eenheden\r\n"

// runLeave reads the file twice: once to find every problem, once to write the
// rows in the order of the file, since every row is a leave record of its own.
func (j *job) runLeave(ctx context.Context, call func(Planned) error) (Report, error) {
	ws, err := scan(ctx, j, func(int) *worker { return newWorker(j) }, func(_ context.Context, w *worker, b *formats.Batch) error {
		w.batch(b, func(emp int32, good bool) {
			r, ok := w.leave(emp)
			if !ok || !good {
				w.refuse(emp)
				return
			}
			w.emps.all[emp].rows++
			if w.tally != nil {
				w.amounts = w.amounts[:0]
				w.observe(emp, 0, &[dimensions]int32{slip: int32(r.soort), ploeg: int32(r.factor)})
			}
		})
		return nil
	})
	if r, stop, err := j.unreadable(ws, err); stop {
		return r, err
	}
	p := &planner{worker: merge(j, ws)}
	p.rules()
	report, open := p.report()
	if !open {
		return report, nil
	}
	out := &leaveWriter{j: j, report: &report, call: call, files: map[int32]*leaveFile{}}
	out.turn.L = &out.mu
	_, err = scan(ctx, j, func(int) *leaveEncoder { return &leaveEncoder{worker: newWorker(j), out: out} },
		func(ctx context.Context, e *leaveEncoder, b *formats.Batch) error { return e.batch(ctx, b) })
	if err != nil {
		return report, err
	}
	if out.rows != report.Accepted {
		return report, errChanged
	}
	return report, out.finish()
}

// leaveRecord is a row of the leave file.
type leaveRecord struct {
	person      int32
	from, until payroll.Date
	soort       int64
	factor      int64
	eenheden    int64 // hundredths
}

// leave reads the row as a leave record; false with a problem noted.
func (w *worker) leave(emp int32) (r leaveRecord, ok bool) {
	l := &w.j.m.to.leave
	ok = !w.failed && emp >= 0
	if r.from = payroll.Date(w.out[l.from].Num); !w.bad[l.from] && !w.out[l.from].Set {
		ok = false
		w.problem(l.from, "datum-leeg", func() (string, string) {
			return "Er staat geen datum waarop het verlof ingaat.", "Vul de datum in."
		})
	}
	r.until = r.from
	if l.until >= 0 && w.out[l.until].Set {
		r.until = payroll.Date(w.out[l.until].Num)
		if r.until < r.from && !w.bad[l.from] && !w.bad[l.until] {
			ok = false
			w.problem(l.until, "datum-volgorde", func() (string, string) {
				return "Het verlof eindigt voordat het begint.", "Verbeter een van de datums."
			})
		}
	}
	var good bool
	if r.soort, good = w.number(&l.soort); good && r.soort <= 0 {
		good = false
		w.problem(l.soort.column, "verlofsoort", func() (string, string) {
			return "Dit is geen nummer van een verlofsoort.", "Gebruik het nummer dat Loket voor de verlofsoort heeft."
		})
	}
	ok = ok && good
	if r.factor, good = w.number(&l.factor); good && r.factor != 1 && r.factor != -1 {
		good = false
		w.problem(l.factor.column, "factor", func() (string, string) {
			return "De factor zegt of er verlof bijkomt of af gaat.", "Gebruik 1 voor opbouw en -1 voor opname."
		})
	}
	ok = ok && good
	if r.eenheden, good = w.units(l.eenheden); !good {
		ok = false
	}
	if emp >= 0 && !w.bad[l.from] && !w.bad[w.j.m.to.employee.column] {
		if r.person = w.onLeave(emp, r.from); r.person < 0 {
			ok = false
		}
	}
	return r, ok
}

// units is the number of hours or days of a leave row, rounded.
func (w *worker) units(column int) (int64, bool) {
	ticks, set, ok := w.ticks([]int{column})
	if !ok {
		return 0, false
	}
	v, exact := round(ticks, w.j.m.to.round)
	switch {
	case !set:
		w.problem(column, "eenheden-leeg", func() (string, string) {
			return "Er staat niet hoeveel verlof het is.", "Vul het aantal in."
		})
	case !exact:
		w.problem(column, "afronding", func() (string, string) {
			return "Dit aantal heeft meer dan twee decimalen.", "Gebruik ten hoogste twee decimalen."
		})
	case v < 0 || v > 999_99:
		w.problem(column, "eenheden", func() (string, string) {
			return "Loket neemt 0 tot en met 999,99 eenheden aan.", "Controleer het aantal; of verlof erbij komt of af gaat zegt de factor."
		})
	default:
		return v, true
	}
	return 0, false
}

// onLeave is the employment that takes leave on a day, -1 with a problem when
// there is not exactly one.
func (w *worker) onLeave(emp int32, day payroll.Date) int32 {
	t, people, k := &w.j.m.to, w.j.in.People, &w.emps.all[emp].key
	mail := w.texts.texts[k.mail]
	found := people.candidates(t, k, mail)
	first := int32(-1)
	n := 0
	for _, i := range found {
		x := &people.all[i]
		if x.InDienst <= day && (x.UitDienst == 0 || x.UitDienst >= day) {
			if n++; n == 1 {
				first = i
			}
		}
	}
	if n == 1 {
		return first
	}
	w.problem(t.employee.column, "werknemer-onbekend", func() (string, string) {
		switch {
		case len(found) == 0:
			issue := people.unknown(t, k, mail)
			return issue.Message, issue.Repair
		case n == 0:
			return "De werknemer is op " + day.Dutch() + " niet in dienst.", "Controleer het nummer en de datum."
		}
		return fmt.Sprintf("De werknemer heeft op %s %d dienstverbanden: %s.", day.Dutch(), n, people.numbers(found)),
			"Lever deze regel aan met het nummer van één werkgever."
	})
	return -1
}

// leaveEncoder writes the rows of a batch, per Werkgever, and waits for its
// turn to hand them on.
type leaveEncoder struct {
	*worker
	out     *leaveWriter
	refused map[int32]bool
	rows    []leaveRow
	text    []byte
}

type leaveRow struct {
	person   int32
	line     int // of the dropped file
	from, to int
}

func (e *leaveEncoder) batch(ctx context.Context, b *formats.Batch) error {
	e.rows, e.text = e.rows[:0], e.text[:0]
	if e.refused == nil {
		e.refused = map[int32]bool{}
	}
	e.worker.batch(b, func(emp int32, good bool) {
		r, ok := e.leave(emp)
		if !ok || !good || len(e.out.report.RefusedEmployees) > 0 && e.isRefused(emp) {
			return
		}
		x := &e.j.in.People.all[r.person]
		start := len(e.text)
		t := strconv.AppendInt(e.text, int64(x.WerkgeverID), 10)
		t = strconv.AppendInt(append(t, ';'), int64(x.PersnrVerl), 10)
		t = append(t, ';')
		if x.Persnr != 0 {
			t = strconv.AppendInt(t, int64(x.Persnr), 10)
		}
		t = appendDate(append(t, ";;"...), r.from)
		t = appendDate(append(t, ';'), r.until)
		t = strconv.AppendInt(append(t, ';'), r.soort, 10)
		t = strconv.AppendInt(append(t, ';'), r.factor, 10)
		t = appendHundredths(append(t, ';'), r.eenheden, ',')
		e.text = append(t, "\r\n"...)
		e.rows = append(e.rows, leaveRow{r.person, e.rec.Line, start, len(e.text)})
	})
	return e.out.take(ctx, b.Index, e)
}

func (e *leaveEncoder) isRefused(emp int32) bool {
	refused, known := e.refused[emp]
	if !known {
		c := e.canonical(emp)
		refused = e.out.report.IsRefused(c.Clientnummer, c.Number)
		e.refused[emp] = refused
	}
	return refused
}

func appendDate(b []byte, d payroll.Date) []byte {
	two := func(n int) { b = append(b, byte('0'+n/10), byte('0'+n%10)) }
	two(d.Day())
	b = append(b, '-')
	two(d.Month())
	b = append(b, '-')
	two(d.Year() / 100)
	two(d.Year() % 100)
	return b
}

// leaveWriter gathers the rows in the order of the file and hands over a call
// whenever an import file is full.
type leaveWriter struct {
	j      *job
	report *Report
	call   func(Planned) error

	mu    sync.Mutex
	turn  sync.Cond
	next  int
	rows  int
	total int
	files map[int32]*leaveFile // by WerkgeverId
}

type leaveFile struct {
	werkgever string
	id        int
	buf       []byte
	lines     []int
	piece     int
}

// take waits until all earlier batches are in.
func (o *leaveWriter) take(ctx context.Context, index int, e *leaveEncoder) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.next != index {
		stop := context.AfterFunc(ctx, func() {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.turn.Broadcast()
		})
		defer stop()
		for o.next != index && ctx.Err() == nil {
			o.turn.Wait()
		}
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	defer o.turn.Broadcast()
	for _, r := range e.rows {
		if err := o.row(r, e.text[r.from:r.to]); err != nil {
			return err
		}
	}
	o.next++
	return nil
}

func (o *leaveWriter) row(r leaveRow, text []byte) error {
	x := &o.j.in.People.all[r.person]
	f := o.files[int32(x.WerkgeverID)]
	if f == nil {
		f = &leaveFile{werkgever: x.Werkgever, id: x.WerkgeverID}
		o.files[int32(x.WerkgeverID)] = f
	}
	most := o.j.in.MaxCallBytes
	if most <= 0 {
		most = defaultCallBytes
	}
	if len(f.lines) > 0 && len(f.buf)+len(text) > most {
		if err := o.flush(f); err != nil {
			return err
		}
	}
	if o.total > 2*max(most, defaultCallBytes) {
		if err := o.flush(o.largest()); err != nil {
			return err
		}
	}
	if len(f.lines) == 0 {
		f.buf = append(f.buf[:0], leaveHeader...)
		o.total += len(f.buf)
	}
	f.buf = append(f.buf, text...)
	f.lines = append(f.lines, r.line)
	o.rows++
	o.total += len(text)
	return nil
}

func (o *leaveWriter) largest() *leaveFile {
	return slices.MaxFunc(o.sorted(), func(a, b *leaveFile) int { return len(a.buf) - len(b.buf) })
}

func (o *leaveWriter) sorted() []*leaveFile {
	return slices.SortedFunc(maps.Values(o.files), func(a, b *leaveFile) int { return cmp.Compare(a.id, b.id) })
}

func (o *leaveWriter) finish() error {
	for _, f := range o.sorted() {
		if len(f.lines) > 0 {
			if err := o.flush(f); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *leaveWriter) flush(f *leaveFile) error {
	f.piece++
	name, subject := fmt.Sprintf("verlof-%d", f.id), fmt.Sprintf("werkgever %d, verlof", f.id)
	if f.piece > 1 {
		name, subject = fmt.Sprintf("%s-deel%d", name, f.piece), fmt.Sprintf("%s, deel %d", subject, f.piece)
	}
	planned := Planned{Subject: subject, Rows: len(f.lines), Lines: f.lines, Call: contract.Call{Function: importFunction, Args: map[string]any{
		"ParentDataIdentity": f.werkgever,
		"SoortGegevens":      "Verlof",
		"Formaat":            "CSV",
		"Bestand":            contract.File{Name: name + ".csv", MimeType: "text/csv", Content: f.buf},
	}}}
	o.total -= len(f.buf)
	f.buf, f.lines = nil, nil
	return o.call(planned)
}

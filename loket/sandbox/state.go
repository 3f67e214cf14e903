package sandbox

import (
	"slices"
	"strconv"
	"sync"

	"loket-etl/payroll"
)

// state is everything the sandbox remembers. Reading needs the read lock, and
// changing the write lock; people of an employer are made at first sight, which
// either lock allows.
type state struct {
	mu        sync.RWMutex
	employers []*employer
	byClient  map[int]*employer
	generated int   // the first employers are of the office
	version   int64 // the highest version number given out
	imports   int   // imports so far
	receipts  int   // response messages so far
	returns   map[string]*taxReturn
	dossiers  map[string]*dossier

	dossierSerial int // dossiers ever made
}

func newState(o Office) *state {
	st := &state{
		employers: o.newEmployers(), byClient: map[int]*employer{}, version: 1,
		returns: map[string]*taxReturn{}, dossiers: map[string]*dossier{},
	}
	st.generated = len(st.employers)
	for _, e := range st.employers {
		st.byClient[e.firm.clientnummer] = e
		e.history()
		for _, t := range e.returns {
			st.returns[t.reference] = t
		}
	}
	return st
}

// employer is a Werkgever with all below it. One that was added later has no
// administration (clientnummer 0) and no people.
type employer struct {
	index       int
	id          string
	firm        firm
	first       int // number of its first person over the whole office
	werkgeverID int
	generated   bool
	record      *record
	taxNumber   string
	iban        payroll.IBAN

	once     sync.Once
	people   []*record
	jobs     []*job
	byPersnr map[int]*job

	leave    []*record
	values   map[int]*periodValue // by index of the identity
	order    []*periodValue
	serial   int // index of the last period value
	runs     []*run
	returns  []*taxReturn
	concepts []*concept
}

// job is a Dienstverband with what payroll needs of it.
type job struct {
	index      int
	persnrVerl int
	persnr     int
	record     *record
	person     *record
	start, end payroll.Date
	salary     payroll.Cents // per period; 0: paid by the hour
	wage       payroll.Cents // per hour; 0: paid a salary
	weekly     payroll.Hours
	credit     bool // loonheffingskorting
	indefinite bool

	leave  []*record
	values map[valueKey]*periodValue
	order  []*periodValue
}

// valueKey is what tells one period value of an employment from another.
type valueKey struct {
	period    payroll.Period
	slip      int
	ploeg     int
	plaats    string // kostenplaats
	drager    string // kostendrager
	eenheid   string // verdeeleenheid
	component int
}

// periodValue is one VariabeleGegevens: hundredths of an hour or cents.
type periodValue struct {
	key        valueKey
	job        *job
	id         string
	index      int
	version    int64
	value      int64
	text       string // StrookTekst
	supplement bool
}

type dossier struct {
	id       string
	employer *employer
	owner    string
	meta     map[string]any
	name     string
	size     int
}

type concept struct {
	id   string
	name string
	args map[string]any
}

// load makes the people. It may be called under the read lock.
func (e *employer) load() {
	e.once.Do(func() {
		if !e.generated {
			return
		}
		e.byPersnr, e.values = make(map[int]*job, e.firm.size), map[int]*periodValue{}
		e.people, e.jobs = make([]*record, 0, e.firm.size), make([]*job, 0, e.firm.size)
		for nr := 1; nr <= e.firm.size; nr++ {
			p, j := newPerson(e, nr)
			e.people, e.jobs = append(e.people, p), append(e.jobs, j)
			e.byPersnr[j.persnr] = j
		}
		e.pastHours()
	})
}

// byPayrollNumber is the employment with a PersnrVerl.
func (e *employer) byPayrollNumber(nr int) *job {
	e.load()
	if nr < 1 || nr > len(e.jobs) {
		return nil
	}
	return e.jobs[nr-1]
}

// setValue writes one period value and reports whether it is new.
func (e *employer) setValue(j *job, k valueKey, version, amount int64, text string, supplement bool) {
	v := j.values[k]
	if v == nil {
		e.serial++
		v = &periodValue{key: k, job: j, index: e.serial, id: place{aVariabele, e.index, e.serial}.identity()}
		j.values[k], e.values[v.index] = v, v
		j.order, e.order = append(j.order, v), append(e.order, v)
	}
	v.value, v.text, v.supplement, v.version = amount, text, supplement, version
}

func (e *employer) removeValue(j *job, v *periodValue) {
	delete(j.values, v.key)
	delete(e.values, v.index)
	same := func(o *periodValue) bool { return o == v }
	j.order, e.order = slices.DeleteFunc(j.order, same), slices.DeleteFunc(e.order, same)
}

// record is the VariabeleGegevens record of a value.
func (v *periodValue) record() *record {
	r := newRecord("VariabeleGegevens", v.id, v.job.record.id)
	r.version = v.version
	r.fill("Jaar", strconv.Itoa(v.key.period.Year), "PeriodeNummer", strconv.Itoa(v.key.period.Number),
		"SoortStrook", strconv.Itoa(v.key.slip), "Kostenplaats", v.key.plaats, "Kostendrager", v.key.drager,
		"Verdeeleenheid", v.key.eenheid, "StrookTekst", v.text, "Component", strconv.Itoa(v.key.component),
		"Waarde", payroll.Cents(v.value).String(), "Aanvulling", strconv.FormatBool(v.supplement))
	if v.key.ploeg != 0 {
		r.fill("Ploeg", strconv.Itoa(v.key.ploeg))
	}
	return r
}

// touch gives the record, and what stands above it, the next version number.
func (st *state) touch(records ...*record) {
	st.version++
	for _, r := range records {
		r.version = st.version
	}
}

package validate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"loket-etl/formats"
	"loket-etl/payroll"

	"github.com/xeipuuv/gojsonschema"
)

// A Worker checks records for one goroutine.
type Worker struct {
	c      *Checker
	checks []check
	date   [10]byte
}

// Worker is a new worker of the Checker.
func (c *Checker) Worker() *Worker {
	w := &Worker{c: c, checks: make([]check, len(c.cols))}
	for i := range c.cols {
		w.checks[i] = c.cols[i].check()
	}
	return w
}

// Record reads and checks r. It fills out, one Value per column in the order
// given to Compile, and reports every problem of the record. The result is
// false when there is one; out is then of no use but for the texts in it.
// Nothing is allocated for a record without problems, unless its schema has
// keywords that only the general validator knows.
func (w *Worker) Record(r *formats.Record, out []Value, report func(formats.Problem)) bool {
	good := true
	cells := r.Cells
	checks := w.checks
	out = out[:len(checks)]
	for i := range checks {
		c, v := &checks[i], &out[i]
		var cell []byte
		if uint(c.index) < uint(len(cells)) {
			cell = cells[c.index]
			if n := len(cell); n > 0 && (cell[0]-'!' > '~'-'!' || cell[n-1]-'!' > '~'-'!') {
				cell = bytes.TrimSpace(cell)
			}
		}
		v.Text, v.Num, v.Set = cell, 0, len(cell) > 0
		if len(cell) == 0 {
			if c.required {
				good = false
				report(c.k.problem(r.Line, nil, "leeg", "De cel is leeg, maar moet gevuld zijn.", "Vul de cel in."))
			}
			continue
		}
		ok := false
		switch c.typ {
		case Text:
			ok = len(cell) <= c.quick || c.k.text.ok(cell)
		case Integer, Decimal:
			v.Num, ok = c.number.read(cell)
			ok = ok && (v.Num >= c.lo && v.Num <= c.hi || c.k.nums.ok(v.Num))
		case Hours:
			v.Num, ok = c.k.hours.read(cell)
			ok = ok && (v.Num >= c.lo && v.Num <= c.hi || c.k.nums.ok(hundredMillionths(v.Num)))
		case Date:
			v.Num, ok = c.day(cell)
			ok = ok && (c.quick >= 10 || c.k.text.ok(w.iso(v.Num, cell)))
		}
		if !ok {
			good = false
			w.explain(c.k, r.Line, cell, report)
		} else if c.slow && !w.ask(c.k, r.Line, v, report) {
			good = false
		}
	}
	if good && w.c.whole != nil {
		return w.askWhole(r.Line, out, report)
	}
	return good
}

// iso is a date as JSON has it, until the next call; cell is how it was written.
func (w *Worker) iso(v int64, cell []byte) []byte {
	if len(cell) == 10 && cell[4] == '-' { // no other layout has it there
		return cell
	}
	y, m, d := v/10000, v/100%100, v%100
	w.date = [10]byte{
		byte('0' + y/1000), byte('0' + y/100%10), byte('0' + y/10%10), byte('0' + y%10), '-',
		byte('0' + m/10), byte('0' + m%10), '-', byte('0' + d/10), byte('0' + d%10),
	}
	return w.date[:]
}

// problem is a problem of one cell. The value is masked when it is personal.
func (k *column) problem(line int, cell []byte, code, message, repair string) formats.Problem {
	return formats.Problem{
		Line: line, Column: k.Index + 1, Field: k.Header, Value: k.show(cell), Code: code, Message: message, Repair: repair,
	}
}

// show is a cell as it may be shown.
func (k *column) show(cell []byte) string {
	s := string(cell)
	if k.Personal {
		s = payroll.Mask(s)
	}
	if r := []rune(s); len(r) > 60 {
		s = string(r[:59]) + "…"
	}
	return s
}

// json is a value as the general validator sees it.
func (k *column) json(v *Value) any {
	switch k.Type {
	case Integer:
		return json.Number(strconv.FormatInt(v.Num, 10))
	case Decimal:
		return json.Number(fraction(v.Num, unitDigits))
	case Hours:
		return json.Number(fraction(hundredMillionths(v.Num), 8))
	case Date:
		return payroll.Date(v.Num).String()
	}
	return string(v.Text)
}

// fraction writes v with n digits behind the point, without zeros at the end.
func fraction(v int64, n int) string {
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	s := strconv.FormatInt(v, 10)
	if len(s) <= n {
		s = strings.Repeat("0", n+1-len(s)) + s
	}
	return sign + strings.TrimRight(strings.TrimRight(s[:len(s)-n]+"."+s[len(s)-n:], "0"), ".")
}

// ask puts one value to the general validator.
func (w *Worker) ask(k *column, line int, v *Value, report func(formats.Problem)) bool {
	return w.judge(k.slow, line, map[string]any{k.Name: k.json(v)}, report)
}

// askWhole puts the record to the general validator, for the keywords that look
// at more than one column.
func (w *Worker) askWhole(line int, out []Value, report func(formats.Problem)) bool {
	doc := make(map[string]any, len(out))
	for i := range out {
		if out[i].Set {
			doc[w.c.cols[i].Name] = w.c.cols[i].json(&out[i])
		}
	}
	return w.judge(w.c.whole, line, doc, report)
}

// judge never panics: a record on which the general validator does is a problem.
func (w *Worker) judge(s *gojsonschema.Schema, line int, doc map[string]any, report func(formats.Problem)) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			ok = false
			report(formats.Problem{Line: line, Code: "niet-te-controleren",
				Message: "Deze rij kon niet worden gecontroleerd.", Repair: "Controleer of er geen buitensporig lange waarden in staan."})
		}
	}()
	result, err := s.Validate(gojsonschema.NewRawLoader(doc))
	if err != nil {
		panic(fmt.Sprint("validate: ", err))
	}
	if result.Valid() {
		return true
	}
	w.translate(line, result.Errors(), report)
	return false
}

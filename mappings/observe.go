package mappings

import (
	"encoding/binary"
	"strconv"

	"loket-etl/formats"
	"loket-etl/payroll"
	"loket-etl/validate"
)

// total notes a problem of the row with the totals of the file.
func (w *worker) total(p formats.Problem) {
	w.wrongTotal = true
	w.add(p)
}

// observe tells the rules over the file of a good row.
func (w *worker) observe(emp, period int32, dims *[dimensions]int32) {
	k := &w.rule
	*k = validate.RuleKey{Line: w.rec.Line, Period: payroll.Period{Year: int(period) / 100, Number: int(period) % 100}}
	w.who = w.nameRule(w.who[:0], emp)
	b := w.about[:0]
	for _, a := range w.amounts {
		number := w.comps.numbers[a.component]
		b = binary.LittleEndian.AppendUint32(b, uint32(number))
		if w.j.m.to.isHours(number) {
			k.Ticks += a.ticks
		}
	}
	for d, v := range dims {
		if v == 0 {
			continue
		}
		b = append(b, byte(d))
		if dimension(d).isText() {
			b = append(append(b, w.texts.texts[v]...), keyMark)
		} else {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
	}
	if w.j.dates >= 0 && w.out[w.j.dates].Set {
		k.Date = payroll.Date(w.out[w.j.dates].Num)
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(period))
		k.Ticks = 0
	}
	w.about = b
	k.Employee, k.Code = w.who, b
	w.tally.Observe(k, w.out)
}

// nameRule is the same bytes for the same employee in every worker.
func (w *worker) nameRule(b []byte, emp int32) []byte {
	k := &w.emps.all[emp].key
	b = append(strconv.AppendInt(b, int64(k.employer), 10), '/')
	if k.mail != 0 {
		return append(b, w.texts.texts[k.mail]...)
	}
	return strconv.AppendInt(b, k.number, 10)
}

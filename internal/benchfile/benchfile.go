// Package benchfile writes a large time-registration export for measurements. It
// knows the layout of one invented supplier and nothing of who reads it.
package benchfile

import (
	"bufio"
	"io"
	"math/rand/v2"
	"strconv"
	"unicode/utf8"
)

// Header is the first row of every file.
const Header = "aansluitnummer;personeelsnummer;naam;datum;uurcode;uren;kostenplaats;opmerking"

// Codes are the hour codes that occur, by the number of their component.
var Codes = map[string]int{
	"NORM": 1, "OVW125": 201, "OVW150": 202, "OVW200": 203, "ZIEK": 310, "VAK": 320,
	"TVT": 330, "FEEST": 340, "ONR25": 411, "ONR50": 412, "CONS": 420, "REIS": 500,
}

// Options make the file harder to read, or wrong.
type Options struct {
	Employees   int  // default 5,000
	Bad         int  // about one row in this many is refused; 0: none
	CRLF        bool // line ends
	Windows1252 bool // instead of UTF-8
	Newlines    bool // a few remarks of two lines
}

var (
	// codeOrder fixes which code a number draws; normal hours are the most common.
	codeOrder = []string{
		"NORM", "NORM", "NORM", "NORM", "NORM", "NORM", "NORM", "NORM", "NORM", "NORM", "NORM", "OVW125",
		"OVW150", "OVW200", "ZIEK", "VAK", "TVT", "FEEST", "ONR25", "ONR50", "CONS", "REIS",
	}
	surnames = []string{"Jansen", "Bakker", "Visser", "Smit", "Mulder", "Dekker", "Brouwer", "Öztürk", "Müller", "André", "Koç"}
	initials = []string{"A.", "B.J.", "C.M.", "D.", "E.", "F.H.", "P.", "T.W."}
	prefixes = []string{"", "", "", " de", " van", " van den"}
	remarks  = []string{"", "", "", "", "", "", "avonddienst", "ploeg 3", "ruil", "akkoord van de teamleider"}
	quoted   = []string{`"ruil; zie bericht"`, `"project ""Noord"" deel 2"`, `"café; lunch"`}
	wrong    = []func(*row){
		func(r *row) { r.date = "2026-09-30" },
		func(r *row) { r.date = "2026-10-32" },
		func(r *row) { r.hours = 2401 },
		func(r *row) { r.hours = -100 },
		func(r *row) { r.code = "XYZ9" },
		func(r *row) { r.number = 0 },
		func(r *row) { r.number = 1_000_000 },
	}
)

type row struct {
	client, number int
	name, date     string
	code           string
	hours          int // hundredths
	form           int // how the hours are written
}

// Write writes the header and rows rows, always the same ones for the same
// arguments, and says how many of them are refused.
func Write(w io.Writer, rows int, o Options) (refused int, err error) {
	if o.Employees == 0 {
		o.Employees = 5000
	}
	r := rand.New(rand.NewPCG(2026, 10))
	eol := "\n"
	if o.CRLF {
		eol = "\r\n"
	}
	people := make([]row, o.Employees)
	number := 1000
	for i := range people {
		number += 1 + r.IntN(150)
		people[i] = row{
			client: 5555 + i*3/o.Employees, number: number,
			name: pick(r, surnames) + ", " + pick(r, initials) + pick(r, prefixes),
		}
	}
	out := bufio.NewWriterSize(w, 1<<18)
	out.WriteString(Header + eol)
	buf := make([]byte, 0, 256)
	for range rows {
		x := people[r.IntN(len(people))]
		x.date = "2026-10-" + two(1+r.IntN(31))
		x.code = pick(r, codeOrder)
		x.hours, x.form = 25*(1+r.IntN(40)), r.IntN(4)
		if r.IntN(5) == 0 {
			x.hours = 1 + r.IntN(1200)
		}
		if o.Bad > 0 && r.IntN(o.Bad) == 0 {
			pick(r, wrong)(&x)
			refused++
		}
		remark := pick(r, remarks)
		if n := r.IntN(500); n == 0 && o.Newlines {
			remark = `"eerste regel` + eol + `tweede; klaar"`
		} else if n < 10 {
			remark = pick(r, quoted)
		}
		buf = x.append(buf[:0])
		buf = append(buf, ";K"...)
		buf = strconv.AppendInt(buf, int64(100+10*r.IntN(40)), 10)
		buf = append(append(append(buf, ';'), remark...), eol...)
		if o.Windows1252 {
			buf = latin(buf)
		}
		out.Write(buf)
	}
	return refused, out.Flush()
}

func (x *row) append(b []byte) []byte {
	b = strconv.AppendInt(b, int64(x.client), 10)
	n := strconv.Itoa(1_000_000 + x.number)[1:]
	if x.number >= 1_000_000 {
		n = strconv.Itoa(x.number)
	}
	b = append(append(append(b, ';'), n...), `;"`...)
	b = append(append(b, x.name...), `";`...)
	b = append(append(append(b, x.date...), ';'), x.code...)
	b = append(b, ';')
	h := x.hours
	if h < 0 {
		b, h = append(b, '-'), -h
	}
	b = strconv.AppendInt(b, int64(h/100), 10)
	switch {
	case h%100 == 0 && x.form == 0: // "8"
		return b
	case h%10 == 0 && x.form < 2: // "7,5"
		return append(b, ',', byte('0'+h%100/10))
	}
	return append(append(b, ','), two(h%100)...)
}

// latin rewrites b in Windows-1252, in place; every name here has its letters
// below U+0100 but for a few that become a question mark.
func latin(b []byte) []byte {
	out := b[:0]
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		i += n
		if r > 0xFF {
			r = '?'
		}
		out = append(out, byte(r))
	}
	return out
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func two(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }

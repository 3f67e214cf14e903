package formats

import (
	"errors"
	"fmt"
	"io"
)

// guard gives no more bytes than the record in hand may have, so that nothing
// that reads a record as a whole can be made to hold a whole file. It knows the
// line of every byte that was read last.
type guard struct {
	source
	most   int64 // bytes that a record may have
	from   int64 // where the record begins
	ends   []int64
	passed int // line ends before from
}

// slackBytes is how far a reader of records may look ahead.
const slackBytes = 64 << 10

func newGuard(r io.Reader, most int) *guard {
	return &guard{source: source{r: r}, most: int64(most)}
}

// Read reads on, at most to where the record must have ended.
func (g *guard) Read(p []byte) (int, error) {
	room := g.from + g.most + slackBytes - g.n
	if room <= 0 {
		return 0, g.tooLong()
	}
	at := g.n
	n, err := g.source.Read(p[:min(int64(len(p)), room)])
	for i, c := range p[:n] {
		if c == '\n' {
			g.ends = append(g.ends, at+int64(i))
		}
	}
	return n, err
}

func (g *guard) tooLong() error {
	return &FileError{Problem{
		Line: g.line(g.from), Code: "rij-te-lang",
		Message: fmt.Sprintf("Het gegeven dat hier begint is langer dan %s.", size(int(g.most))),
		Repair:  "Controleer of dit het juiste bestand is.",
	}}
}

// next tells where the record in hand begins; places only move on.
func (g *guard) next(at int64) {
	g.from = at
	g.line(at)
}

// line is the line of a byte at or after the one asked for last.
func (g *guard) line(at int64) int {
	n := 0
	for n < len(g.ends) && g.ends[n] < at {
		n++
	}
	g.ends = g.ends[:copy(g.ends, g.ends[n:])]
	g.passed += n
	return g.passed + 1
}

// fail is what a reader met: an error of the file's source or of its size as it
// is, else this problem.
func (g *guard) fail(err error, p Problem) error {
	var known *FileError
	if g.err != nil {
		return g.err
	}
	if errors.As(err, &known) {
		return known
	}
	return &FileError{p}
}

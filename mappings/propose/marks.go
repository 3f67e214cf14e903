package propose

import (
	"bytes"
	"strings"

	"loket-etl/mappings"
)

// Mark is a place in a proposal that a person must look at.
type Mark struct {
	In   int    `json:"file"` // which of the files, from 0
	Line int    `json:"line"`
	Open bool   `json:"open"` // a choice to make; else a doubt
	Text string `json:"text"` // Dutch
}

const doubtMark = "TWIJFEL: "

// Marks are the doubts and choices of a proposal, in the order of its files. All
// choices of a table are one mark.
func (p *Proposal) Marks() (all []Mark) {
	told := make([]bool, len(p.Doubts))
	for in, f := range p.Files {
		if strings.HasSuffix(f.Name, ".csv") {
			if n := bytes.Count(f.Data, []byte(";"+mappings.OpenChoice+"\n")); n > 0 {
				all = append(all, Mark{in, 2, true, "zet achter elke soort het nummer van de component"})
			}
			continue
		}
		head := headLines(f)
		for i, line := range strings.Split(string(f.Data), "\n") {
			if _, text, found := strings.Cut(line, doubtMark); found && i >= head {
				all = append(all, Mark{in, i + 1, false, p.withAbout(text, told)})
			} else if _, text, found := strings.Cut(line, "# "+mappings.OpenChoice); found && !strings.Contains(text, ".csv") && i >= head {
				text = strings.TrimPrefix(text, ": ")
				if text == "" {
					text = "kies hier de juiste kolom"
				}
				all = append(all, Mark{in, i + 1, true, text})
			}
		}
	}
	return all
}

// headLines is how many lines of a file say what the marks mean.
func headLines(f File) int {
	at := bytes.Index(f.Data, []byte("mapping: "))
	return bytes.Count(f.Data[:max(at, 0)], []byte("\n"))
}

// withAbout is a doubt with what it is about, where that is known; told are those
// that were given before, as two columns may have the same doubt.
func (p *Proposal) withAbout(text string, told []bool) string {
	for i, d := range p.Doubts {
		if !told[i] && strings.HasSuffix(d, ": "+text) {
			told[i] = true
			return d
		}
	}
	return text
}

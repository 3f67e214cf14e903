package formats

import "bytes"

// lastRowEnd is the end of the last whole row in b, which starts at a row; 0 when
// there is none. Counting quotes is enough where quotes are used well; where they
// are not, or lines end in CR, it walks the rows.
func lastRowEnd(b []byte, delim byte) int {
	odd := bytes.Count(b, quote)&1 == 1
	for end := len(b); ; {
		i := bytes.LastIndexByte(b[:end], '\n')
		if i < 0 {
			break
		}
		if bytes.Count(b[i:end], quote)&1 == 1 {
			odd = !odd
		}
		if !odd {
			return i + 1
		}
		end = i
	}
	end, _, _ := scanRows(b, delim)
	if end == len(b) && end > 0 && b[end-1] == '\r' { // its LF may be still to come
		end, _, _ = scanRows(b[:end-1], delim)
	}
	return end
}

// scanRows walks the rows of b as the cutter does: end is where the last one
// with a line end stops; open says that a quote opened after it, openLine lines
// into b, and never closed.
func scanRows(b []byte, delim byte) (end int, open bool, openLine int) {
	line := 0
	for p := 0; p < len(b); {
		switch c := b[p]; {
		case c == '"' && (p == end || b[p-1] == delim): // opens a cell
			from := line
			i := p + 1
			for {
				j := bytes.IndexByte(b[i:], '"')
				if j < 0 {
					return end, true, from
				}
				line += countAll(b[i : i+j])
				i += j + 1
				if i >= len(b) || b[i] != '"' {
					break
				}
				i++
			}
			p = i
			if p < len(b) && b[p] != delim && b[p] != '\r' && b[p] != '\n' {
				next := nextLine(b, p)
				if next == len(b) && b[next-1] != '\n' {
					return end, false, 0
				}
				end, p = next, next
				line++
			}
		case c == '"': // bare: the cutter goes on at the next line
			next := nextLine(b, p)
			if next == len(b) && b[next-1] != '\n' {
				return end, false, 0
			}
			end, p = next, next
			line++
		case c == '\n', c == '\r' && (p+1 == len(b) || b[p+1] != '\n'):
			p++
			end = p
			line++
		default:
			p++
		}
	}
	return end, false, 0
}

// nextLine is the start of the physical line after p.
func nextLine(b []byte, p int) int {
	i := bytes.IndexByte(b[p:], '\n')
	r := bytes.IndexByte(b[p:], '\r')
	switch {
	case i < 0 && r < 0:
		return len(b)
	case r >= 0 && (i < 0 || r < i-1):
		return p + r + 1
	}
	return p + i + 1
}

// countLines counts the physical lines that end in b; lone says whether one of
// them ends in a CR without LF.
func countLines(b []byte) (lines int, lone bool) {
	lines = bytes.Count(b, []byte{'\n'})
	for rest := b; ; {
		i := bytes.IndexByte(rest, '\r')
		if i < 0 {
			return lines, lone
		}
		if i+1 == len(rest) || rest[i+1] != '\n' {
			lines++
			lone = true
		}
		rest = rest[i+1:]
	}
}

func countAll(b []byte) int {
	n, _ := countLines(b)
	return n
}

// hasContent says whether anything but delimiters, quotes and white space stands in b.
func hasContent(b []byte, delim byte) bool {
	for _, c := range b {
		switch c {
		case delim, '"', ' ', '\t', '\r', '\n':
		default:
			return true
		}
	}
	return false
}

// nextRow is the end of the first row of b.
func nextRow(b []byte, delim byte) int {
	quoted, opens := false, true
	for p := 0; p < len(b); p++ {
		switch c := b[p]; {
		case c == '"' && (quoted || opens):
			quoted = !quoted
			opens = !quoted // a doubled quote goes on
		case quoted:
		case c == '\n':
			return p + 1
		case c == '\r' && (p+1 == len(b) || b[p+1] != '\n'):
			return p + 1
		default:
			opens = c == delim
		}
	}
	return len(b)
}

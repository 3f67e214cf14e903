package formats

import "bytes"

// lastRowEnd is the end of the last whole row in b, which starts at a row; 0 when
// there is none. Counting quotes is enough where quotes are used well; where they
// are not it walks the rows.
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
				line += bytes.Count(b[i:i+j], lineEnd)
				i += j + 1
				if i >= len(b) || b[i] != '"' {
					break
				}
				i++
			}
			p = i
			if p < len(b) && b[p] != delim && b[p] != '\n' && !bytes.HasPrefix(b[p:], crlf) && (b[p] != '\r' || p+1 < len(b)) {
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
		case c == '\n':
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
	if i < 0 {
		return len(b)
	}
	return p + i + 1
}

// unifyLines makes a line feed of every carriage return that has none behind it,
// from byte from on. The last byte waits for the next, unless the file ends.
func unifyLines(b []byte, from int, ended bool) {
	for from = max(from, 0); ; {
		i := bytes.IndexByte(b[from:], '\r')
		if i < 0 {
			return
		}
		from += i + 1
		if from < len(b) && b[from] != '\n' || from == len(b) && ended {
			b[from-1] = '\n'
		}
	}
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
		default:
			opens = c == delim
		}
	}
	return len(b)
}

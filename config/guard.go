package config

import (
	"bytes"
	"fmt"
)

// What is refused before the parser sees it: some inputs of a few hundred
// kilobytes (nested brackets above all) keep it busy for half a minute.
const (
	maxFile   = 256 << 10
	maxLine   = 4 << 10
	maxNested = 32
	maxIndent = 128
)

// tooMuch finds what no configuration looks like, without parsing.
func tooMuch(data []byte) (message string, at position, hint string) {
	if len(data) > maxFile {
		return fmt.Sprintf("the file is larger than %d KiB", maxFile>>10), position{}, "is it the right file?"
	}
	nested, number := 0, 0
	for line := range bytes.Lines(data) {
		number++
		indent := len(line) - len(bytes.TrimLeft(line, " "))
		switch {
		case len(line) > maxLine:
			return fmt.Sprintf("the line is longer than %d bytes", maxLine), position{number, 1}, "break it up"
		case indent > maxIndent:
			return fmt.Sprintf("the line starts with more than %d spaces", maxIndent), position{number, 1}, ""
		}
		dashes := bytes.Count(line, []byte("- "))
		for i, c := range line {
			switch c {
			case '[', '{':
				nested++
			case ']', '}':
				nested = max(0, nested-1)
			}
			if nested > maxNested || dashes > maxLine/16 {
				return "nested too deeply", position{number, i + 1}, "brackets and braces may be nested 32 deep"
			}
		}
	}
	return "", position{}, ""
}

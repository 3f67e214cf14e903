package outbox

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// MaxName is the length in bytes of the longest name that FileName gives.
const MaxName = 120

var (
	tempSuffixes   = []string{tempSuffix, ".filepart", ".tmp", ".crdownload"}
	ackSuffixes    = []string{".ack", ".ok", ".done"}
	windowsDevices = regexp.MustCompile(`^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)
)

// isTemp says whether partners take a name for one that is still being written.
func isTemp(name string) bool { return hasSuffix(name, tempSuffixes) }

func hasSuffix(name string, suffixes []string) bool {
	lower := strings.ToLower(name)
	return slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(lower, s) })
}

// FileName joins parts with dashes to a name that every system takes: lower-case
// ASCII letters, digits, '-', '_' and '.', at most MaxName bytes, such as
// "5555-2026-09-1-betalingen.xml". Give it what the run is and what the file
// holds, never the time: the same file must get the same name at every try, and
// no two files the same.
//
// A part that SafeName has to change may meet another one that becomes the same.
// Nothing is cut off to make a name fit. A part without a letter or a digit, a
// name that is too long, and one that looks temporary or like an
// acknowledgement, are errors that match fs.ErrInvalid.
func FileName(parts ...string) (string, error) {
	safe := make([]string, len(parts))
	for i, p := range parts {
		var err error
		if safe[i], err = SafeName(p); err != nil {
			return "", err
		}
	}
	name := strings.Join(safe, "-")
	switch {
	case name == "":
		return "", fmt.Errorf("a file name of no parts: %w", fs.ErrInvalid)
	case len(name) > MaxName:
		return "", fmt.Errorf("file name %s is longer than %d bytes: %w", name, MaxName, fs.ErrInvalid)
	case isTemp(name), hasSuffix(name, ackSuffixes), hasSuffix(name, []string{sidecarSuffix}), windowsDevices.MatchString(name):
		return "", fmt.Errorf("file name %s has a meaning of its own for partners: %w", name, fs.ErrInvalid)
	}
	return name, nil
}

// SafeName is one text as part of a file name: in lower case, accents dropped, a
// dash for each run of anything else. It begins and ends with a letter or a
// digit. A text without any is an error that matches fs.ErrInvalid.
func SafeName(text string) (string, error) {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFD.String(strings.ToLower(text)) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_', r == '.', r == '-':
			if gap {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case r >= 0x300 && r < 0x370: // an accent on the letter before
		default:
			gap = true
		}
	}
	name := strings.Trim(b.String(), "-_.")
	if name == "" {
		return "", fmt.Errorf("%q gives no file name: %w", text, fs.ErrInvalid)
	}
	return name, nil
}

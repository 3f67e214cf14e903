package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"loket-etl/mappings/propose"
)

// firstConfig is an etl.yaml to begin with: nothing reaches Loket.
const firstConfig = `# A first configuration, by etl mapping new. The sandbox of this program stands in
# for Loket: it knows clientnummer 5555 and 5556. etl config check looks it over.
loket:
  url: sandbox
inboxes:
  - name: uren
    local: inbox
files:
  mappings: mappings
  pipelines: pipelines
`

// startsHere reports whether there is no configuration yet, and where one is to be:
// so a proposal can be tried in an empty folder.
func (a *app) startsHere(dir string) (string, bool) {
	if dir == "" {
		dir = "."
	}
	at := filepath.Join(dir, defaultConfig)
	for _, path := range []string{a.configPath, at} {
		if _, err := os.Lstat(path); a.configPath != defaultConfig || !errors.Is(err, fs.ErrNotExist) {
			return "", false
		}
	}
	return at, true
}

// begin writes a first configuration with the pipeline of a proposal.
func begin(at, snippet string) error {
	if err := os.MkdirAll(filepath.Join(filepath.Dir(at), "inbox"), 0o755); err != nil {
		return err
	}
	head, rest, _ := strings.Cut(snippet, "    inbox: uren")
	_, rest, _ = strings.Cut(rest, "\n") // it is the one above, no choice
	return os.WriteFile(at, []byte(firstConfig+head+"    inbox: uren\n"+rest), 0o644)
}

// marks prints what a person must look at, as file:line.
func (p proposalJSON) marks(w io.Writer) {
	open := 0
	for _, m := range p.Marks {
		if m.Open {
			open++
		}
	}
	if len(p.Marks) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s to make (KIES) and %s (TWIJFEL):\n", count(open, "choice"), count(len(p.Marks)-open, "doubt"))
	for _, wantOpen := range []bool{true, false} {
		for _, m := range p.Marks {
			if m.Open == wantOpen {
				fmt.Fprintf(w, "  %s:%d: %s%s\n", p.pathOf(m), m.Line, map[bool]string{true: "KIES: "}[m.Open], printable(m.Text))
			}
		}
	}
}

// pathOf is where the file of a mark was written.
func (p proposalJSON) pathOf(m propose.Mark) string {
	return p.Files[m.In]
}

// next prints the commands to type now.
func (p proposalJSON) next(w io.Writer) error {
	etl := "etl"
	if p.config != "" && p.config != defaultConfig {
		etl += " -c " + shellWord(p.config)
	}
	file := shellWord(printable(p.file))
	fmt.Fprintf(w, "\nnext: write a number for every KIES, look at every TWIJFEL, and type\n")
	fmt.Fprintf(w, "  %s mapping lint %s\n", etl, p.Name)
	fmt.Fprintf(w, "  %s check %s --pipeline %s\n", etl, file, p.Name)
	_, err := fmt.Fprintf(w, "  %s preview %s --pipeline %s\n", etl, file, p.Name)
	return err
}

// shellWord is a word as a shell reads it.
func shellWord(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return strings.ContainsRune(" '\"$&;()<>|*?\\`!", r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

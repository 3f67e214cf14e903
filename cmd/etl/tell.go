package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"

	"loket-etl/config"
)

// How etl talks:
//
//   - results go to standard output, everything else to standard error;
//   - messages are lower case, start with "etl: " and have no full stop;
//   - an error says what was being done and to what, a hint what to do now;
//   - with --json standard output is one JSON document, and an error one line of
//     JSON on standard error;
//   - text that others made (file names, answers) is printed without control
//     characters.

// The exit codes. They are part of what users build on.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitRefused     = 3
	exitHeld        = 4
	exitInterrupted = 130
)

// failure is an error with what belongs to it at the end of the program.
type failure struct {
	err   error
	code  int // 0: not said
	hints []string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// hint adds what to do about an error.
func hint(err error, hints ...string) error {
	if err == nil {
		return nil
	}
	return &failure{err: err, hints: hints}
}

// exitWith sets the exit code of an error.
func exitWith(code int, err error) error { return &failure{err: err, code: code} }

// errTold is a failure whose report is already on standard output.
var errTold = errors.New("reported")

// each calls f for the failures in the chain of err, the outermost first.
func each(err error, f func(*failure)) {
	var fail *failure
	for errors.As(err, &fail) {
		f(fail)
		err = fail.err
	}
}

func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	code := 0
	each(err, func(f *failure) {
		if code == 0 {
			code = f.code
		}
	})
	if code == 0 {
		code = exitFailed
	}
	return code
}

// tell writes an error to standard error. Nothing is written for nil and errTold.
func (a *app) tell(err error) {
	if err == nil || errors.Is(err, errTold) {
		return
	}
	var hints []string
	each(err, func(f *failure) { hints = append(hints, f.hints...) })
	if a.json {
		_ = printJSON(a.stderr, false, struct {
			Error string   `json:"error"`
			Hints []string `json:"hints,omitempty"`
			Exit  int      `json:"exit"`
		}{err.Error(), hints, exitCode(err)})
		return
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(a.stderr, "etl: %s\n", printable(strings.TrimRight(line, "\n")))
	}
	for _, h := range hints {
		fmt.Fprintf(a.stderr, "etl: hint: %s\n", h)
	}
}

// warn writes what works and had better not stay so.
func (a *app) warn(p config.Problems) {
	for _, w := range p {
		fmt.Fprintf(a.stderr, "etl: warning: %s\n", printable(w.String()))
	}
}

// print writes a result: v with --json, else what people writes.
func (a *app) print(v any, people func(w io.Writer) error) error {
	if a.json {
		return printJSON(a.stdout, true, v)
	}
	return people(a.stdout)
}

func printJSON(w io.Writer, indent bool, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if indent {
		e.SetIndent("", "  ")
	}
	return e.Encode(v)
}

// table writes rows in columns. Without rows it writes nothing, not even the
// header.
func table(w io.Writer, header []string, rows [][]string) error {
	if len(rows) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{header}, rows...) {
		for i, cell := range row {
			if i > 0 {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprint(t, printable(cell))
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

// printable replaces what could steer a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, s)
}

package formats

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// decoded is a file as text: a line per record with its cells, then the problems,
// and what is wrong with the file as a whole.
func decoded(t testing.TB, format string, data []byte, o Options) string {
	t.Helper()
	var b strings.Builder
	for batch, err := range Decode(format, bytes.NewReader(data), o) {
		if err != nil {
			var wrong *FileError
			if !errors.As(err, &wrong) {
				t.Fatalf("%v is no *FileError", err)
			}
			p := wrong.Problem
			if p.Message == "" || p.Repair == "" {
				t.Errorf("%+v does not say what to do", p)
			}
			fmt.Fprintf(&b, "FILE %s: %s\n", p.Code, p)
			break
		}
		batch.Cut()
		for _, r := range batch.Records {
			fmt.Fprintf(&b, "%d: %s\n", r.Line, bytes.Join(r.Cells, []byte("|")))
		}
		for i, p := range batch.Problems {
			if p.Message == "" || p.Repair == "" || p.Line == 0 || len(batch.Unread[i]) == 0 {
				t.Errorf("%+v (%q) does not say where and what to do", p, batch.Unread[i])
			}
			fmt.Fprintf(&b, "%s: %s\n", p.Code, p)
		}
		batch.Release()
	}
	return b.String()
}

// wants compares the start of every line, so that a case can name a problem by
// its code and place.
func wants(t *testing.T, got string, want ...string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	for i := range max(len(lines), len(want)) {
		switch {
		case i >= len(want) || i >= len(lines) || !strings.HasPrefix(lines[i], want[i]):
			t.Fatalf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
		}
	}
}

// refusedPart is what a person gets back of all rows, as the CSV it is.
func refusedPart(t *testing.T, format string, data []byte, o Options) []byte {
	t.Helper()
	out := []byte("\uFEFF")
	for b, err := range Decode(format, bytes.NewReader(data), o) {
		if err != nil {
			t.Fatal(err)
		}
		b.Cut()
		if b.Index == 0 {
			out = append(out, b.Preamble...)
		}
		for _, r := range b.Records {
			out = append(out, r.Raw...)
		}
		b.Release()
	}
	return out
}

var people = []Column{{Name: "nr", Kind: Number}, {Name: "naam", Personal: true}, {Name: "datum", Kind: Date, Layout: "dd-MM-yyyy"}, {Name: "uren", Kind: Hours}}

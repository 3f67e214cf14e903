package pipelines

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"path"
	"slices"
	"strings"
	"time"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/pipelines/schedule"
)

// Receipt is what the sender of a file gets back, beside the file: what came
// in, what became of it, and what to do about the rest. It follows from the
// ledger alone, so that writing it again after a crash gives the same bytes. It
// names people by number only, as the sender's own file does.
type Receipt struct {
	File        string            `json:"file"`
	Pipeline    string            `json:"pipeline"`
	Mapping     string            `json:"mapping,omitempty"` // name@version
	Entry       int64             `json:"entry"`
	SHA256      string            `json:"sha256"`
	Bytes       int64             `json:"bytes"`
	Received    time.Time         `json:"received"` // UTC
	Outcome     string            `json:"outcome"`  // imported, partly, refused, duplicate, held, dismissed
	Reason      string            `json:"reason,omitempty"`
	DuplicateOf int64             `json:"duplicate_of,omitempty"` // entry
	Undoes      int64             `json:"undoes,omitempty"`       // entry that this one takes back
	UndoneBy    int64             `json:"undone_by,omitempty"`    // entry that took this one back
	Earlier     *Earlier          `json:"earlier,omitempty"`      // of which it is a duplicate
	Rows        int               `json:"rows"`
	Accepted    int               `json:"accepted"`
	Refused     int               `json:"refused"`
	RefusedFile string            `json:"refused_file,omitempty"` // repair and drop this one again
	Calls       []ReceiptCall     `json:"calls"`
	Problems    []formats.Problem `json:"problems"`
	More        int               `json:"more_problems,omitempty"` // problems over the limit, not listed
	Notes       []formats.Problem `json:"notes,omitempty"`         // about what was accepted
}

// Earlier is the delivery that a duplicate repeats.
type Earlier struct {
	File     string    `json:"file"`
	Received time.Time `json:"received"`
	Outcome  string    `json:"outcome"`
}

// ReceiptCall is one call to Loket on a receipt.
type ReceiptCall struct {
	Function  string    `json:"function"`
	Subject   string    `json:"subject"` // werkgever and period
	Rows      int       `json:"rows"`
	Mapping   string    `json:"mapping,omitempty"` // name@version that made the call
	State     string    `json:"state"`
	Sent      time.Time `json:"sent,omitzero"`
	Confirmed time.Time `json:"confirmed,omitzero"`
	Import    string    `json:"import,omitempty"` // Loket's ImportNummer
	Read      bool      `json:"read_back,omitempty"`
	Accepted  int       `json:"lines_accepted"`
	Refused   int       `json:"lines_refused"`
	Skipped   int       `json:"lines_skipped,omitempty"` // Loket left what stood there
	Fault     string    `json:"fault,omitempty"`
	Answer    string    `json:"answer,omitempty"` // what Loket said, of a call that is no import
}

// imports reports whether the call carries an import file.
func (c ReceiptCall) imports() bool { return ways[c.Function].imports }

// ReceiptOf is the receipt of an entry as the ledger has it now. After the
// retention it has no calls and problems any more.
func ReceiptOf(ctx context.Context, l *ledger.Ledger, id ledger.ID) (Receipt, error) {
	e, err := l.Get(ctx, id)
	if err != nil {
		return Receipt{}, err
	}
	rec := Receipt{
		File: e.Name, Pipeline: e.Pipeline, Mapping: e.Mapping, Entry: int64(e.ID), SHA256: e.SHA256, Bytes: e.Size,
		Received: e.Received, Outcome: string(e.Outcome), Reason: e.Verdict,
		Rows: e.Rows, Accepted: e.Accepted, Refused: e.Refused,
	}
	rec.Undoes = int64(e.Undoes)
	if err := rec.nameUndoing(ctx, l, e); err != nil {
		return rec, err
	}
	if e.State == ledger.Held {
		rec.Reason = e.Reason
	}
	if e.Outcome == ledger.Duplicate {
		if err := rec.nameEarlier(ctx, l, e.DuplicateOf); err != nil {
			return rec, err
		}
	}
	kept, err := l.Attachments(ctx, id)
	if err != nil {
		return rec, err
	}
	for _, a := range kept { // problems before refusals, as their names go
		switch {
		case (a.Kind == attachRefused || a.Kind == attachBack) && a.Size > 0 && e.Outcome == ledger.Partly && e.Target != "":
			rec.RefusedFile = path.Base(refusedName(e.Target, a.Kind))
		case a.Kind == attachProblems && !a.Purged, a.Kind == attachRefusals && !a.Purged:
			var list problemList
			if err := readAttached(ctx, l, id, a.Kind, &list); err != nil {
				return rec, err
			}
			rec.Problems, rec.More = append(rec.Problems, list.Problems...), rec.More+list.More
		case (a.Kind == attachNotes || a.Kind == attachReplaced) && !a.Purged:
			var list problemList
			if err := readAttached(ctx, l, id, a.Kind, &list); err != nil {
				return rec, err
			}
			rec.Notes = append(rec.Notes, list.Problems...)
		}
	}
	if e.Purged {
		return rec, nil
	}
	for line, err := range l.Lines(ctx, id) {
		if err != nil {
			return rec, fmt.Errorf("read the plan: %w", err)
		}
		c := ReceiptCall{Function: line.Function, Subject: line.Subject, Rows: line.Rows, Mapping: line.Mapping, State: string(line.State), Sent: line.Sent, Confirmed: line.Settled}
		if line.State == ledger.LinePlanned {
			c.Sent = time.Time{} // it was, and is known not to have been carried out
		}
		note, err := readNote(line)
		if err != nil {
			return rec, err
		}
		if note.Unsent {
			c.Sent = time.Time{}
		}
		c.Import, c.Read, c.Accepted, c.Refused, c.Skipped, c.Fault, c.Answer = note.Import, note.ReadBack, note.Accepted, note.Refused, note.Skipped, note.Fault, note.Answer
		rec.Calls = append(rec.Calls, c)
	}
	return rec, nil
}

// nameUndoing says which entry took this one back; only what is settled can be.
func (r *Receipt) nameUndoing(ctx context.Context, l *ledger.Ledger, e ledger.Entry) error {
	if e.State != ledger.Settled {
		return nil
	}
	by, err := l.UndoneBy(ctx, e.ID)
	if err == nil && (by.Outcome == ledger.Imported || by.Outcome == ledger.Partly) {
		r.UndoneBy = int64(by.ID)
	} else if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	return nil
}

// nameEarlier says of which delivery this is a duplicate.
func (r *Receipt) nameEarlier(ctx context.Context, l *ledger.Ledger, id ledger.ID) error {
	before, err := l.Get(ctx, id)
	if err != nil {
		return fmt.Errorf("look at the earlier delivery: %w", err)
	}
	r.DuplicateOf, r.Earlier = int64(id), &Earlier{File: Discreet(before.Name), Received: before.Received, Outcome: string(before.Outcome)}
	return nil
}

//go:embed receipt.html
var receiptHTML string

var receiptPage = template.Must(template.New("receipt").Funcs(template.FuncMap{
	"when":    amsterdamTime,
	"outcome": outcomeDutch,
	"state":   stateDutch,
	"size":    sizeDutch,
	"lower":   strings.ToLower,
	"verdict": Receipt.verdict,
}).Parse(receiptHTML))

// JSON is the receipt for machines, indented, with a final newline.
func (r Receipt) JSON() ([]byte, error) {
	if r.Calls == nil {
		r.Calls = []ReceiptCall{}
	}
	if r.Problems == nil {
		r.Problems = []formats.Problem{}
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode receipt of %s: %w", r.File, err)
	}
	return append(data, '\n'), nil
}

// Sent reports whether a call was made that is, or may have been, carried out.
func (r Receipt) Sent() bool {
	return slices.ContainsFunc(r.Calls, func(c ReceiptCall) bool {
		return c.State != string(ledger.LineRefused) && c.State != string(ledger.LinePlanned)
	})
}

// Unclear reports whether a call was made of which nobody knows the outcome.
func (r Receipt) Unclear() bool {
	return slices.ContainsFunc(r.Calls, func(c ReceiptCall) bool { return isOut(ledger.LineState(c.State)) })
}

// Imports reports whether the file went to Loket as values to stand there; else
// it asked something to be done. A file without calls was to be imported.
func (r Receipt) Imports() bool {
	return !slices.ContainsFunc(r.Calls, func(c ReceiptCall) bool { return !c.imports() })
}

// HTML is the receipt for people: one page in Dutch without outside parts.
func (r Receipt) HTML() ([]byte, error) {
	var b bytes.Buffer
	if err := receiptPage.Execute(&b, r); err != nil {
		return nil, fmt.Errorf("write receipt of %s: %w", r.File, err)
	}
	return b.Bytes(), nil
}

var amsterdam = schedule.Amsterdam

func amsterdamTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(amsterdam).Format("02-01-2006 15:04:05")
}

// verdict is the outcome in the words of a receipt.
func (r Receipt) verdict() string {
	switch {
	case r.Undoes != 0 && r.Outcome == string(ledger.Imported):
		return "Teruggedraaid"
	case r.Undoes != 0 && r.Outcome == string(ledger.Partly):
		return "Gedeeltelijk teruggedraaid"
	case r.Undoes != 0 && r.Outcome == string(ledger.RefusedOutcome):
		return "Niet teruggedraaid"
	}
	return outcomeDutch(r.Outcome)
}

func outcomeDutch(o string) string {
	switch o {
	case "imported":
		return "Verwerkt"
	case "partly":
		return "Gedeeltelijk verwerkt"
	case "refused":
		return "Geweigerd"
	case "duplicate":
		return "Geweigerd: al eerder ontvangen"
	case "held":
		return "Aangehouden"
	case "dismissed":
		return "Terzijde gelegd"
	}
	return o
}

func stateDutch(s string) string {
	switch s {
	case "done":
		return "bevestigd door Loket"
	case "refused":
		return "geweigerd door Loket"
	case "planned":
		return "niet verzonden"
	case "sending", "unknown":
		return "uitkomst onbekend"
	}
	return s
}

func sizeDutch(n int64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d bytes", n)
	case n < 10_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	}
	return fmt.Sprintf("%d MB", n/1_000_000)
}

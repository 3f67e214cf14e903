package pipelines

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/payroll"
)

// A frozen journal that someone rewrote, hash and all, is held by its totals: nothing
// else looks at a journal once more.
func TestAFrozenJournalThatWasRewrittenIsNeverPublished(t *testing.T) {
	x := newExportWorld(t, use("standaardjournaal"))
	x.approve()
	place := x.runner.Outboxes["out"]
	x.runner.Outboxes["out"] = fullDisk{place}
	x.tick()
	if _, err := x.runner.Work(t.Context()); err != nil { // frozen, and not out
		t.Fatal(err)
	}
	outputs, err := x.ledger.Outputs(t.Context(), x.entry("standaardjournaal").ID)
	if err != nil || len(outputs) != 2 || outputs[0].Format != "standaardjournaal" {
		t.Fatalf("%+v, %v", outputs, err)
	}
	in, err := x.ledger.OpenOutput(t.Context(), outputs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	f := formats.Journals["standaardjournaal"]
	j, err := f.Decode(in)
	if err != nil {
		t.Fatal(err)
	}
	for i := range j.Lines {
		j.Lines[i].Debit *= 2
		j.Lines[i].Credit *= 2
	}
	var forged bytes.Buffer
	if err := f.Encode(&forged, j); err != nil {
		t.Fatal(err)
	}
	x.rewrite(outputs[0], forged.Bytes(), true, payroll.Totals{Amount: payroll.Cents(outputs[0].Amount), Hash: outputs[0].Hash})
	x.runner.Outboxes["out"] = place
	x.settle()
	if e := x.entry("standaardjournaal"); e.State != ledger.Held || !strings.Contains(e.Reason, "telt niet meer op tot wat is vastgelegd; er is niets verzonden") || len(x.published()) != 0 {
		t.Errorf("%s %q, published %s", e.State, e.Reason, x.published())
	}
}

// Banks refuse, or execute once, what they have seen the MsgId of: every payment file
// has its own, the same when it is made again.
func TestEveryPaymentFileHasAMessageIDOfItsOwn(t *testing.T) {
	made := func() map[string]string {
		x := newExportWorld(t, use("sepa-betalingen", func(x *Exporting) { x.Employers, x.From.Number = []int{5555, 5556}, 8 }))
		x.tick()
		x.settle()
		ids := map[string]string{}
		all, err := x.ledger.List(t.Context(), ledger.Filter{Exports: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			outputs, err := x.ledger.Outputs(t.Context(), e.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range outputs {
				if o.Pays == "" {
					continue
				}
				in, err := x.ledger.OpenOutput(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				defer in.Close()
				doc, err := formats.Payments[o.Format].Decode(in)
				if err != nil {
					t.Fatal(err)
				}
				if before := ids[doc.MessageID]; before != "" || doc.MessageID == "" {
					t.Errorf("%s and %s both have the MsgId %q", before, o.Name, doc.MessageID)
				}
				ids[doc.MessageID] = o.Name
			}
		}
		return ids
	}
	first := made()
	if len(first) != 4 {
		t.Fatalf("%d files, want those of two employers and two periods: %v", len(first), first)
	}
	if diff := cmp.Diff(first, made()); diff != "" {
		t.Error("made again, they have others:", diff)
	}
}

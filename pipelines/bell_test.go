package pipelines

import (
	"testing"

	"loket-etl/ledger"
)

func TestABellIsHeardByThoseWhoWaitForThatEntry(t *testing.T) {
	for name, c := range map[string]struct {
		before, after []ledger.ID // what rings before and after it is said for what we wait
		want          bool
	}{
		"nothing rang":         {nil, nil, false},
		"another rang":         {[]ledger.ID{1}, []ledger.ID{3}, false},
		"it rang before":       {[]ledger.ID{1, 2}, nil, true},
		"it rings after":       {nil, []ledger.ID{2}, true},
		"it rings again":       {[]ledger.ID{2}, []ledger.ID{2, 2}, true},
		"another and it after": {[]ledger.ID{3}, []ledger.ID{3, 2}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var b bell
			ear, gone := b.listen(), b.listen()
			gone.close()
			for _, id := range c.before {
				b.ring(id)
			}
			rang := ear.to(2)
			for _, id := range c.after {
				b.ring(id)
			}
			select {
			case <-rang:
				if !c.want {
					t.Error("it was heard")
				}
			default:
				if c.want {
					t.Error("it was not heard")
				}
			}
			ear.close()
			if len(b.ears) != 0 {
				t.Errorf("%d still listen", len(b.ears))
			}
		})
	}
}

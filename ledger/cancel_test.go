package ledger

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A write that is cut off at any moment, also while its transaction begins, leaves
// nothing behind that the next one meets.
func TestAWriteThatIsCutOffLeavesNoTransaction(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{})
		s := scoped(t, l, "uren", "1", "x")
		times := 300
		if !strings.HasPrefix(dsn, "sqlite") {
			times = 10 // each makes a new connection
		}
		for spins := range times {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				for range spins * 20 {
					runtime.Gosched()
				}
				cancel()
			}()
			_ = s.Renew(ctx, time.Minute)
			<-done
			if err := s.Renew(t.Context(), time.Minute); err != nil {
				t.Fatalf("cut off after %d: %v", spins, err)
			}
		}
	})
}

package loket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/loket/contract"
)

func TestTheTokenIsKeptAndAskedForOnce(t *testing.T) {
	f, url := serve(t, func(w http.ResponseWriter, _ *http.Request, _ int) { good(w, "read") })
	var now atomic.Int64
	now.Store(testNow.Unix())
	client := newClient(t, url, func(o *Options) { o.Now = func() time.Time { return time.Unix(now.Load(), 0) } })
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := client.Do(context.Background(), readCall); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if f.logins.Load() != 1 {
		t.Errorf("%d logins for 20 calls", f.logins.Load())
	}
	for _, step := range []struct {
		after  time.Duration
		logins int32
	}{{58 * time.Minute, 1}, {59 * time.Minute, 2}} { // an hour less a minute
		now.Store(testNow.Add(step.after).Unix())
		if _, err := client.Do(context.Background(), readCall); err != nil {
			t.Fatal(err)
		}
		if f.logins.Load() != step.logins {
			t.Errorf("%d logins after %s, want %d", f.logins.Load(), step.after, step.logins)
		}
	}
}

func TestARefusedTokenIsRenewedOnce(t *testing.T) {
	for _, code := range []int{contract.OngeldigUserToken, contract.VerlopenUserToken} {
		for _, refusals := range []int{1, 2} {
			f, url := serve(t, func(w http.ResponseWriter, r *http.Request, call int) {
				body, _ := io.ReadAll(r.Body)
				if !strings.Contains(string(body), fmt.Sprintf("%s-%d<", testToken, call)) {
					t.Errorf("call %d does not carry the newest token", call)
				}
				if call <= refusals {
					sendFault(w, code, "Uw token is niet geldig.")
					return
				}
				good(w, "write")
			})
			_, err := newClient(t, url, nil).Do(context.Background(), writeCall)
			want := "done"
			if refusals == 2 {
				want = fmt.Sprintf("fault %d", code)
			}
			if kind(err) != want || f.logins.Load() != 2 || f.calls.Load() != 2 {
				t.Errorf("%d refused %d times: %d logins, %d calls, %v", code, refusals, f.logins.Load(), f.calls.Load(), err)
			}
		}
	}
}

func TestAWrongPasswordIsNotTriedAgainAndAgain(t *testing.T) {
	f, url := serve(t, func(w http.ResponseWriter, _ *http.Request, _ int) { good(w, "read") })
	f.loginFault.Store(contract.AanmeldingMislukt)
	now, password := testNow, "wrong-password"
	client := newClient(t, url, func(o *Options) {
		o.Now = func() time.Time { return now }
		o.Password = func() string { return password }
	})
	try := func(want string, logins int32) {
		t.Helper()
		_, err := client.Do(context.Background(), readCall)
		if kind(err) != want || f.logins.Load() != logins {
			t.Errorf("%d logins, %v; want %d, %s", f.logins.Load(), err, logins, want)
		}
		if err != nil && !errors.Is(err, ErrNotSent) {
			t.Errorf("the call itself was not sent: %v", err)
		}
	}
	try("fault 1001", 1)
	try("fault 1001", 1)
	now = now.Add(61 * time.Second)
	try("fault 1001", 2)
	f.loginFault.Store(0)
	try("fault 1001", 2)
	password = "right-password"
	try("done", 3)
}

func TestOnlyReadsAreRepeated(t *testing.T) {
	tests := []struct {
		name         string
		call         contract.Call
		code         int
		retryAfter   string
		fails, calls int
		waits        []time.Duration
		want         string
		after        time.Duration
	}{
		{name: "internal error once", call: readCall, code: 9001, fails: 1, calls: 2, want: "done"},
		{name: "internal error twice", call: readCall, code: 9001, fails: 2, calls: 2, want: "fault 9001"},
		{name: "busy twice", call: readCall, code: 9002, fails: 2, calls: 3, waits: []time.Duration{pauses[0], pauses[1]}, want: "done"},
		{name: "busy thrice", call: readCall, code: 9002, fails: 3, calls: 3, waits: []time.Duration{pauses[0], pauses[1]}, want: "fault 9002"},
		{name: "busy, and says how long", call: readCall, code: 9002, retryAfter: "3", fails: 1, calls: 2, waits: []time.Duration{3 * time.Second}, want: "done"},
		{name: "busy for long", call: readCall, code: 9002, retryAfter: "60", fails: 1, calls: 1, want: "fault 9002", after: time.Minute},
		{name: "busy until a moment", call: readCall, code: 9002, retryAfter: "Mon, 05 Oct 2026 08:05:00 GMT", fails: 1, calls: 1, want: "fault 9002", after: 5 * time.Minute},
		{name: "refused", call: readCall, code: 2002, fails: 1, calls: 1, want: "fault 2002"},
		{name: "internal error on a write", call: writeCall, code: 9001, fails: 1, calls: 1, want: "unknown"},
		{name: "busy on a write", call: writeCall, code: 9002, retryAfter: "7", fails: 1, calls: 1, want: "fault 9002", after: 7 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, url := serve(t, func(w http.ResponseWriter, _ *http.Request, call int) {
				if call > tt.fails {
					good(w, "read")
					return
				}
				if tt.retryAfter != "" {
					w.Header().Set("Retry-After", tt.retryAfter)
				}
				sendFault(w, tt.code, "Nu niet.")
			})
			var waits []time.Duration
			client := newClient(t, url, func(o *Options) {
				o.Wait = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
			})
			_, err := client.Do(context.Background(), tt.call)
			if kind(err) != tt.want || int(f.calls.Load()) != tt.calls {
				t.Errorf("%d calls, %v; want %d, %s", f.calls.Load(), err, tt.calls, tt.want)
			}
			if diff := cmp.Diff(tt.waits, waits); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
			var fault *Fault
			if errors.As(err, &fault) && fault.RetryAfter != tt.after {
				t.Errorf("RetryAfter = %s, want %s", fault.RetryAfter, tt.after)
			}
		})
	}
}

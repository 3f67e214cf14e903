package pipelines

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/inbox"
	"loket-etl/internal/folder"
	"loket-etl/internal/partner"
	"loket-etl/ledger"
	"loket-etl/ledger/ledgertest"
	"loket-etl/loket/sandbox"
)

// The child of the crash tests is this test binary, started again.
const crashChild = "ETL_TEST_CRASH_CHILD"

func TestMain(m *testing.M) {
	for name, life := range map[string]func() error{crashChild: child, tickChild: ticks, exportChild: exportingChild} {
		if os.Getenv(name) == "" {
			continue
		}
		if err := life(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(ledgertest.Main(m))
}

// stepper kills the process, as a power cut would, when it comes to the n-th
// step; a step is a moment just before or just after something durable.
type stepper struct{ left atomic.Int64 }

func (s *stepper) step(string) {
	if s.left.Add(-1) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // not one instruction more
	}
}

type stepFolder struct {
	folder.Folder
	step func(string)
}

func (f stepFolder) Put(ctx context.Context, name string, data io.Reader) error {
	f.step("before put")
	defer f.step("after put")
	return f.Folder.Put(ctx, name, data)
}

func (f stepFolder) Move(ctx context.Context, name, to string) error {
	f.step("before move")
	defer f.step("after move")
	return f.Folder.Move(ctx, name, to)
}

func (f stepFolder) Remove(ctx context.Context, name string) error {
	f.step("before remove")
	defer f.step("after remove")
	return folder.Remove(ctx, f.Folder, name)
}

type stepTransport struct{ step func(string) }

func (s stepTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	s.step("before call")
	defer s.step("after call")
	return http.DefaultTransport.RoundTrip(r)
}

// child imports what lies in the inbox, until everything is settled or the
// stepper ends it. Its clock runs an hour ahead for each earlier life, so that
// no lease and no quiet time of a dead process is waited for.
func child() error {
	ctx := context.Background()
	dir, dsn, loketURL := os.Getenv("ETL_TEST_DIR"), os.Getenv("ETL_TEST_DSN"), os.Getenv("ETL_TEST_LOKET")
	at, err := strconv.Atoi(os.Getenv("ETL_TEST_STEP"))
	if err != nil {
		return err
	}
	life, err := strconv.Atoi(os.Getenv("ETL_TEST_LIFE"))
	if err != nil {
		return err
	}
	steps := &stepper{}
	steps.left.Store(int64(at))
	clock := newClock()
	clock.advance(clock.t.Add(time.Duration(life) * 10 * time.Minute))
	l, err := ledger.Open(ctx, dsn, ledger.Options{Now: clock.Now, Step: steps.step})
	if err != nil {
		return err
	}
	defer l.Close()
	spec := folder.Spec{Kind: "local", Dir: filepath.Join(dir, "in")}
	if host := os.Getenv("ETL_TEST_SFTP"); host != "" {
		spec = folder.Spec{Kind: "sftp", Dir: "/in", Host: host, User: "partner", Password: "geheim", HostKeys: []string{os.Getenv("ETL_TEST_HOSTKEY")}}
	}
	place, err := folder.Open(spec)
	if err != nil {
		return err
	}
	defer folder.Close(place)
	t := &childTB{}
	o := options(l, newClient(t, loketURL, clock.Now, callTimeout, stepTransport{steps.step}), stepFolder{place, steps.step}, clock.Now)
	o.Holder = fmt.Sprintf("life %d", life)
	if os.Getenv(approvalChild) != "" {
		o.Bindings[0].Approval, o.Bindings[0].Policy = ApprovalRequired, PerEmployee
	}
	if os.Getenv("ETL_TEST_CLEAR") != "" {
		clearing(&o)
	}
	plans, err := loadedOnce()
	if err != nil {
		return err
	}
	r := NewRunner(o, plans)
	w := &watcher{r: r, inbox: "in", place: o.Inboxes["in"], seen: map[string]taken{}}
	for range 50 {
		infos, err := place.List(ctx)
		if err != nil {
			return err
		}
		for _, info := range infos {
			if err := w.found(ctx, inbox.Found{Name: info.Name, Info: info}); err != nil {
				return err
			}
		}
		next, err := r.Work(ctx)
		if err != nil {
			return err
		}
		waiting, err := l.List(ctx, ledger.Filter{States: []ledger.State{ledger.Held}})
		if err != nil {
			return err
		}
		if next.IsZero() && len(infos) == len(waiting) { // what a person must look at stays
			fmt.Println("settled; steps left", steps.left.Load())
			return nil
		}
		clock.advance(next)
	}
	all, err := l.List(ctx, ledger.Filter{Unsettled: true})
	for _, e := range all {
		err = errors.Join(err, fmt.Errorf("%s %s: %s", e.State, e.Outcome, e.Reason))
	}
	return fmt.Errorf("not settled after 50 rounds: %w", err)
}

// childTB lets the child use the helpers of the tests.
type childTB struct{ testing.TB }

func (*childTB) Helper() {}
func (*childTB) Fatal(args ...any) {
	fmt.Fprintln(os.Stderr, args...)
	os.Exit(1)
}

// crashWorld is the outside of a child: a sandbox that survives it, an inbox
// and a database.
type crashWorld struct {
	t     *testing.T
	child string // which life the children lead
	dir   string
	dsn   string
	url   string
	clock *clock
	loket *sandbox.Server
	sftp  *partner.Server
	env   []string     // more for the children
	after func() error // what must be true once everything is settled
	clear bool         // the pipelines clear what a later file leaves out
}

func newCrashWorld(t *testing.T, dsn string, sftp bool) *crashWorld {
	t.Helper()
	w := &crashWorld{t: t, child: crashChild, dir: t.TempDir(), clock: newClock(), dsn: dsn}
	if dsn == "" {
		w.dsn = "sqlite:" + filepath.Join(w.dir, "etl.db")
	}
	var err error
	if w.loket, err = sandbox.New(sandbox.Options{Now: w.clock.Now}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.loket)
	w.url = server.URL
	t.Cleanup(func() {
		server.Close()
		w.loket.Close()
	})
	if err := os.Mkdir(filepath.Join(w.dir, "in"), 0o755); err != nil {
		t.Fatal(err)
	}
	if sftp {
		if w.sftp, err = partner.Start(partner.Options{Dir: w.dir, User: "partner", Password: "geheim"}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { w.sftp.Close() })
	}
	w.after = w.afterwards
	w.put("uren_5555_oktober.csv", hoursFile)
	w.put("verlof.csv", leaveFile)
	return w
}

func (w *crashWorld) put(name, content string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, "in", name), []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// live starts a child that dies at a step (0: never) and tells whether it ran
// to its end, and how many steps it made.
func (w *crashWorld) live(life, step int) (ended bool, steps int) {
	w.t.Helper()
	if step == 0 {
		step = 1 << 30
	}
	cmd := exec.CommandContext(w.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), w.child+"=1", "ETL_TEST_DIR="+w.dir, "ETL_TEST_DSN="+w.dsn, "ETL_TEST_LOKET="+w.url,
		"ETL_TEST_STEP="+strconv.Itoa(step), "ETL_TEST_LIFE="+strconv.Itoa(life))
	cmd.Env = append(cmd.Env, w.env...)
	if w.clear {
		cmd.Env = append(cmd.Env, "ETL_TEST_CLEAR=1")
	}
	if w.sftp != nil {
		cmd.Env = append(cmd.Env, "ETL_TEST_SFTP="+w.sftp.Addr(), "ETL_TEST_HOSTKEY="+w.sftp.HostKey())
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
		return false, step
	}
	if err != nil {
		w.t.Fatalf("child: %v\n%s", err, errs.String())
	}
	for s := bufio.NewScanner(&out); s.Scan(); {
		if _, left, ok := strings.Cut(s.Text(), "steps left "); ok {
			n, err := strconv.Atoi(left)
			if err != nil {
				w.t.Fatal(err)
			}
			return true, step - n
		}
	}
	w.t.Fatalf("child said nothing:\n%s", errs.String())
	return false, 0
}

// afterwards is what must be true once everything is settled, however often
// the process died on the way.
func (w *crashWorld) afterwards() error {
	want := map[string]string{"1 kp100 1": "15.50", "2 kp 4": "1.25", "1 verlof": "2"}
	if diff := cmp.Diff(want, stands(w.t, w.url, w.clock.Now)); diff != "" {
		return fmt.Errorf("what stands in Loket (-want +got):\n%s", diff)
	}
	var names []string
	err := filepath.WalkDir(filepath.Join(w.dir, "in"), func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(w.dir, p)
			names = append(names, rel)
		}
		return err
	})
	if err != nil {
		return err
	}
	wantNames := []string{
		"in/done/uren_5555_oktober.csv", "in/done/uren_5555_oktober.csv.receipt.html", "in/done/uren_5555_oktober.csv.receipt.json",
		"in/done/verlof.csv", "in/done/verlof.csv.receipt.html", "in/done/verlof.csv.receipt.json",
	}
	if diff := cmp.Diff(wantNames, names); diff != "" {
		return fmt.Errorf("files (-want +got):\n%s", diff)
	}
	l, err := ledger.Open(w.t.Context(), w.dsn, ledger.Options{})
	if err != nil {
		return err
	}
	defer l.Close()
	all, err := l.List(w.t.Context(), ledger.Filter{})
	if err != nil {
		return err
	}
	if len(all) != 2 {
		return fmt.Errorf("%d entries in the ledger, want 2", len(all))
	}
	for _, e := range all {
		if e.State != ledger.Settled || e.Outcome != ledger.Imported {
			return fmt.Errorf("entry %d is %s %s %q", e.ID, e.State, e.Outcome, e.Reason)
		}
	}
	return nil
}

// everyStep kills a child at each step in turn, lets the next life finish it
// and looks at the result. stride skips steps, for the slower variants.
func everyStep(t *testing.T, make func(t *testing.T) *crashWorld, stride int) {
	whole := make(t)
	ended, steps := whole.live(0, 0)
	if !ended || steps < 30 {
		t.Fatalf("an undisturbed life made %d steps, ended %v", steps, ended)
	}
	if err := whole.after(); err != nil {
		t.Fatalf("undisturbed: %v", err)
	}
	for at := 1; at <= steps; at += stride * thin {
		t.Run(fmt.Sprintf("step %d of %d", at, steps), func(t *testing.T) {
			t.Parallel()
			w := make(t)
			// Two lives are not equal to the step: what is asked of Loket again depends on
			// the moment.
			if ended, _ := w.live(0, at); ended && at < steps-3 {
				t.Fatalf("the child was not killed")
			}
			if ended, _ := w.live(1, 0); !ended {
				t.Fatalf("the next life did not finish")
			}
			if err := w.after(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestKilledAtEveryStepNothingIsDoubledOrLost(t *testing.T) {
	everyStep(t, func(t *testing.T) *crashWorld { return newCrashWorld(t, "", false) }, 1)
}

func TestKilledAtEveryStepWithAnSFTPInbox(t *testing.T) {
	everyStep(t, func(t *testing.T) *crashWorld { return newCrashWorld(t, "", true) }, 2)
}

func TestKilledAtStepsOnPostgreSQL(t *testing.T) {
	everyStep(t, func(t *testing.T) *crashWorld { return newCrashWorld(t, ledgertest.Postgres(t), false) }, 5)
}

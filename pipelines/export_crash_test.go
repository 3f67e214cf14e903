package pipelines

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/internal/folder"
	"loket-etl/ledger"
	"loket-etl/ledger/ledgertest"
	"loket-etl/outbox"
	"loket-etl/payroll"
)

// exportChild exports what is approved to an outbox, until everything is settled
// or held, or the stepper ends it.
const exportChild = "ETL_TEST_EXPORT_CHILD"

func exportingChild() error {
	ctx := context.Background()
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
	l, err := ledger.Open(ctx, os.Getenv("ETL_TEST_DSN"), ledger.Options{Now: clock.Now, Step: steps.step})
	if err != nil {
		return err
	}
	defer l.Close()
	spec := folder.Spec{Kind: "local", Dir: filepath.Join(os.Getenv("ETL_TEST_DIR"), "out")}
	if host := os.Getenv("ETL_TEST_SFTP"); host != "" {
		spec = folder.Spec{Kind: "sftp", Dir: "/out", Host: host, User: "partner", Password: "geheim", HostKeys: []string{os.Getenv("ETL_TEST_HOSTKEY")}}
	}
	place, err := folder.Open(spec)
	if err != nil {
		return err
	}
	defer folder.Close(place)
	o := options(l, newClient(&childTB{}, os.Getenv("ETL_TEST_LOKET"), clock.Now, time.Minute, stepTransport{steps.step}), nil, clock.Now)
	o.Holder, o.CallTimeout = fmt.Sprintf("life %d", life), time.Minute
	o.Outboxes = map[string]outbox.Folder{"out": stepFolder{place, steps.step}}
	o.Exports = []Exporting{use("sepa-betalingen"), use("standaardjournaal")}
	plans, err := loadedOnce()
	if err != nil {
		return err
	}
	r := NewRunner(o, plans)
	for range 50 {
		for _, x := range o.Exports {
			if _, err := r.Expect(ctx, x.Name); err != nil {
				return err
			}
		}
		next, err := r.Work(ctx)
		if err != nil {
			return err
		}
		if next.IsZero() {
			fmt.Println("settled; steps left", steps.left.Load())
			return nil
		}
		clock.advance(next)
	}
	return errors.New("not settled after 50 rounds")
}

// exportCrash is the outside of such a child: a sandbox with an approved run, a
// database, an outbox, and a partner who looks at it all the time.
type exportCrash struct {
	*crashWorld
	partner *watchfulPartner
}

func newExportCrash(t *testing.T, dsn string, sftp bool) *crashWorld {
	t.Helper()
	w := newCrashWorld(t, dsn, sftp)
	run, err := w.loket.Verloon(5555, payroll.Period{Year: 2026, Number: 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.loket.Goedkeuren(run.Identity); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(w.dir, "out")
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	p := &watchfulPartner{t: t, dir: out, seen: map[string]string{}}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		often := time.NewTicker(5 * time.Millisecond) // what he reads stands in the log of the test
		defer often.Stop()
		for {
			select {
			case <-stop:
				return
			case <-often.C:
				p.look()
			}
		}
	})
	t.Cleanup(func() { close(stop); wg.Wait() })
	w.child, w.after = exportChild, (&exportCrash{w, p}).afterwards
	return w
}

// watchfulPartner reads every file as soon as it shows: it must be whole from the
// first moment on, and stay as it is.
type watchfulPartner struct {
	t    *testing.T
	dir  string
	mu   sync.Mutex
	seen map[string]string // SHA-256 by name
}

func (p *watchfulPartner) look() {
	all, err := os.ReadDir(p.dir)
	if err != nil {
		p.t.Error(err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range all {
		name := e.Name()
		if strings.HasSuffix(name, ".part") || strings.HasPrefix(name, ".") {
			continue // temporary names, which partners leave alone
		}
		data, err := os.ReadFile(filepath.Join(p.dir, name))
		if err != nil {
			p.t.Errorf("%s went away: %v", name, err)
			continue
		}
		sum := sha256.Sum256(data)
		hash := hex.EncodeToString(sum[:])
		if before, ok := p.seen[name]; ok && before != hash {
			p.t.Errorf("%s changed under the eyes of the partner", name)
		}
		p.seen[name] = hash
	}
}

// afterwards is what must be true in the end: every file there once, whole, and as
// the ledger has it.
func (w *exportCrash) afterwards() error {
	w.partner.look()
	l, err := ledger.Open(w.t.Context(), w.dsn, ledger.Options{})
	if err != nil {
		return err
	}
	defer l.Close()
	all, err := l.List(w.t.Context(), ledger.Filter{})
	if err != nil {
		return err
	}
	want := map[string]string{}
	for _, e := range all {
		if e.State != ledger.Settled || e.Outcome != ledger.Exported {
			return fmt.Errorf("entry %d is %s %s %q", e.ID, e.State, e.Outcome, e.Reason)
		}
		outputs, err := l.Outputs(w.t.Context(), e.ID)
		if err != nil {
			return err
		}
		for _, o := range outputs {
			if o.State != ledger.OutputPublished {
				return fmt.Errorf("%s is %s", o.Name, o.State)
			}
			want[o.Name] = o.SHA256
			sum := sha256.Sum256([]byte(o.SHA256 + "  " + o.Name + "\n"))
			want[o.Name+".sha256"] = hex.EncodeToString(sum[:])
		}
	}
	if len(want) != 8 {
		return fmt.Errorf("%d files and sidecars in the ledger, want 8", len(want))
	}
	w.partner.mu.Lock()
	defer w.partner.mu.Unlock()
	if diff := cmp.Diff(want, w.partner.seen); diff != "" {
		return fmt.Errorf("what the partner saw (-want +got):\n%s", diff)
	}
	left, err := os.ReadDir(filepath.Join(w.dir, "out"))
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(left, func(e os.DirEntry) bool {
		return strings.HasSuffix(e.Name(), ".part") && !strings.HasPrefix(e.Name(), ".etl-") && !strings.HasPrefix(e.Name(), "etl-outbox-")
	}); i >= 0 {
		return fmt.Errorf("%s is left behind", left[i].Name())
	}
	return nil
}

func TestExportKilledAtEveryStep(t *testing.T) {
	everyStep(t, func(t *testing.T) *crashWorld { return newExportCrash(t, "", false) }, 1)
}

func TestExportKilledAtEveryStepOverSFTP(t *testing.T) {
	everyStep(t, func(t *testing.T) *crashWorld { return newExportCrash(t, "", true) }, 2)
}

func TestExportKilledAtStepsOnPostgreSQL(t *testing.T) {
	everyStep(t, func(t *testing.T) *crashWorld { return newExportCrash(t, ledgertest.Postgres(t), false) }, 5)
}

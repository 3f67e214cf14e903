package outbox_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"loket-etl/internal/folder"
	"loket-etl/internal/partner"
	"loket-etl/outbox"
)

// moods are the ways in which each single request is spoiled.
var moods = map[string]partner.Kind{
	"refused": partner.Refused, "refused after": partner.RefusedAfter, "slow": partner.Slow, "slow after": partner.SlowAfter,
	"lost before": partner.LostBefore, "lost after": partner.LostAfter,
}

// A file goes out with each of its requests spoiled in each way, once with a
// partner who lets it lie and once with one who takes it as soon as it has its
// name. The partner looks before every request has an effect.
func TestPublishWithEachRequestSpoiled(t *testing.T) {
	for name, kind := range moods {
		for _, takes := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, taken %v", name, takes), func(t *testing.T) {
				t.Parallel() // most of the time is spent waiting for deadlines
				var now atomic.Pointer[eye]
				var heard, shown atomic.Int64 // requests, and those up to the last rename
				s, root := start(t, partner.Options{Hear: func(r partner.Request) {
					now.Load().look()
					if k := heard.Add(1); r.Kind == "rename" {
						shown.Store(k)
					}
				}})
				t.Cleanup(s.Release)
				newEye := func(n int) *eye {
					e := &eye{dir: mkdir(t, root, fmt.Sprint("uit", n)), want: pain(40_000), takes: takes}
					now.Store(e)
					return e
				}
				if b := spoil(t, s, newEye(-1), partner.Fine, 0); b.step != "published" || b.steps != 1 {
					t.Fatalf("in a good mood it is %s after %d tries", b.step, b.steps)
				}
				first, count, asked := 0, total(s), 0
				if takes {
					first = int(shown.Load()) - 4 // before that there was nothing to take
				}
				if count < 30 || first > count-5 {
					t.Fatalf("only %d requests, and %d before the name is given", count, first)
				}
				for n := first; n < count; n++ {
					if b := spoil(t, s, newEye(n), kind, n); b.step == "asked" {
						asked++
					}
					if t.Failed() {
						t.Fatalf("request %d of %d spoiled", n, count)
					}
				}
				if asked > 0 && !takes {
					t.Errorf("a person was asked %d times, though everything could be seen", asked)
				}
			})
		}
	}
}

// spoil publishes the file with one request spoiled, and then in a good mood.
func spoil(t *testing.T, s *partner.Server, e *eye, kind partner.Kind, n int) *book {
	t.Helper()
	sp := spec(s)
	sp.Dir = filepath.Base(e.dir)
	slow := kind == partner.Slow || kind == partner.SlowAfter
	if slow {
		sp.Timeout = 150 * time.Millisecond
	}
	b, f := &book{}, file(e.want)
	place := open(t, sp)
	s.SetMood(partner.Mood{Kind: kind, Skip: n, Count: 1})
	err := b.advance(t.Context(), place, f)
	s.SetMood(partner.Mood{})
	e.look()
	if (err == nil) != b.settled() {
		t.Errorf("%s with %v", b.step, err)
	}
	if b.step == "asked" {
		t.Error("a person was asked at the first try")
	}
	sp.Timeout = 20 * time.Second // from here on slowness is the machine's
	place = open(t, sp)
	for !b.settled() {
		if again := b.advance(t.Context(), place, f); again != nil {
			t.Errorf("%v, and then again: %v", err, again)
			return b
		}
	}
	e.wantOnce(t)
	if b.step == "asked" && e.taken != 1 {
		t.Error("a person was asked about a file that was not taken")
	}
	if !e.takes && !slow { // when all is slow, so is tidying up; a later Put does it
		wantDisk(t, e.dir, payment)
	}
	return b
}

func total(s *partner.Server) (n int) {
	for _, k := range s.Requests() {
		n += k
	}
	return n
}

// A rename that the server does long after we gave up waiting, with the partner
// taking the file or not, is not done twice.
func TestARenameThatIsDoneLate(t *testing.T) {
	for _, takes := range []bool{false, true} {
		s, dir := start(t, partner.Options{})
		t.Cleanup(s.Release)
		place, f := open(t, spec(s)), file(pain(500))
		if err := outbox.Prepare(t.Context(), place, f); err != nil {
			t.Fatal(err)
		}
		b, sp := &book{step: "prepared"}, spec(s)
		sp.Timeout = 300 * time.Millisecond
		s.SetMood(partner.Mood{Request: "rename", Count: 1, Kind: partner.Slow})
		if err := b.advance(t.Context(), open(t, sp), f); !errors.Is(err, os.ErrDeadlineExceeded) || b.step != "prepared" {
			t.Fatalf("%s, %v", b.step, err)
		}
		wantSight(t, place, f, outbox.Prepared)
		if err := os.Rename(filepath.Join(dir, payment+".part"), filepath.Join(dir, payment)); err != nil {
			t.Fatal(err)
		}
		want := "published"
		if takes {
			want = "asked"
			if err := os.Remove(filepath.Join(dir, payment)); err != nil {
				t.Fatal(err)
			}
			wantErr(t, outbox.Reveal(t.Context(), place, f), outbox.ErrGone)
		} else if err := outbox.Reveal(t.Context(), place, f); err != nil {
			t.Error(err)
		}
		if err := b.advance(t.Context(), place, f); err != nil || b.step != want {
			t.Errorf("%s, %v, want %s", b.step, err, want)
		}
	}
}

// Whoever puts a file there while ours gets its name keeps it.
func TestTheNameIsTakenAtTheLastMoment(t *testing.T) {
	for _, theirs := range [][]byte{[]byte("theirs"), pain(500)} {
		var dir string
		renames := 0
		s, root := start(t, partner.Options{Hear: func(r partner.Request) {
			if r.Kind != "rename" {
				return
			}
			if renames++; renames == 2 { // the first gives NAME.part its name
				if err := os.WriteFile(filepath.Join(dir, payment), theirs, 0o644); err != nil {
					t.Error(err)
				}
			}
		}})
		dir = root
		place, f := open(t, spec(s)), file(pain(500))
		if err := outbox.Prepare(t.Context(), place, f); err != nil {
			t.Fatal(err)
		}
		err := outbox.Reveal(t.Context(), place, f)
		wantBytes(t, filepath.Join(dir, payment), theirs)
		if same := len(theirs) == 500; same && err != nil || !same && !errors.Is(err, outbox.ErrOther) {
			t.Errorf("%d bytes of theirs: %v", len(theirs), err)
		} else if same {
			wantDisk(t, dir, payment)
		}
	}
}

func TestServersThatTakeNothing(t *testing.T) {
	for _, c := range []struct {
		name string
		o    partner.Options
		want error // nil: any
	}{
		{"full", partner.Options{Full: true}, nil},
		{"full after some bytes", partner.Options{Quota: 400}, nil},
		{"full in the last packet", partner.Options{Quota: 33_000}, nil},
		{"read-only", partner.Options{ReadOnly: true}, fs.ErrPermission},
		{"says yes and stores nothing", partner.Options{Forgets: true}, nil},
		{"says yes and stores zeros", partner.Options{Garbles: true}, nil},
	} {
		for _, size := range []int{500, 5_000, 40_000} {
			if int64(size) <= c.o.Quota {
				continue
			}
			t.Run(fmt.Sprintf("%s, %d bytes", c.name, size), func(t *testing.T) {
				s, dir := start(t, c.o)
				place, f, b := open(t, spec(s)), file(pain(size)), &book{}
				for range 2 {
					err := b.advance(t.Context(), place, f)
					if err == nil || c.want != nil && !errors.Is(err, c.want) || b.step != "preparing" {
						t.Errorf("%s: %v", b.step, err)
					}
					wantDisk(t, dir)
				}
				if a, err := outbox.Probe(t.Context(), place); c.o.Quota == 0 && (a.Publishes() || err == nil) {
					t.Errorf("probe says %+v, %v", a, err)
				}
				wantDisk(t, dir)
			})
		}
	}
}

func TestAnotherHostKeyMakesNothingVisible(t *testing.T) {
	s, dir := start(t, partner.Options{})
	place, f, b := open(t, spec(s)), file(pain(500)), &book{}
	if err := outbox.Prepare(t.Context(), place, f); err != nil {
		t.Fatal(err)
	}
	next, err := partner.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	s.SetHostKey(next)
	s.Drop()
	b.step = "prepared"
	for range 2 {
		var e *folder.HostKeyError
		if err := b.advance(t.Context(), place, f); !errors.As(err, &e) || b.step != "prepared" {
			t.Errorf("%s: %v", b.step, err)
		}
		if _, err := outbox.Collected(t.Context(), place, []outbox.Expected{{Name: payment}}); !errors.As(err, &e) {
			t.Errorf("collected: %v", err)
		}
	}
	wantDisk(t, dir, payment+".part")
	if err := b.advance(t.Context(), open(t, spec(s)), f); err != nil || b.step != "published" {
		t.Errorf("with the new key: %s, %v", b.step, err)
	}
}

func TestASilentServerMeetsTheDeadline(t *testing.T) {
	s, _ := start(t, partner.Options{Silent: true})
	sp := spec(s)
	sp.Timeout = 100 * time.Millisecond
	place, f := open(t, sp), file(pain(500))
	_, lerr := outbox.Look(t.Context(), place, f)
	_, perr := outbox.Probe(t.Context(), place)
	for _, err := range []error{lerr, perr, outbox.Prepare(t.Context(), place, f), outbox.Reveal(t.Context(), place, f)} {
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	}
}

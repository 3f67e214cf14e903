package ledger

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBytesComeOutAsTheyWentIn(t *testing.T) {
	sizes := map[string]int{"empty": 0, "one": 1, "chunk": chunkSize, "chunk and one": chunkSize + 1, "two chunks": 2 * chunkSize, "more": 3*chunkSize + 17}
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{Now: newClock().Now})
		for name, size := range sizes {
			data := noise(uint64(size), size)
			id, isNew, err := l.Stage(t.Context(), Entry{Pipeline: "p", Name: name}, iotest.HalfReader(bytes.NewReader(data)))
			if err != nil || !isNew {
				t.Fatalf("%s: new %v, %v", name, isNew, err)
			}
			s := take(t, l, id)
			for range 2 {
				r, err := s.Open(t.Context())
				if got := all(t, r, err); !bytes.Equal(got, data) {
					t.Errorf("%s: %d bytes came out, want %d", name, len(got), size)
				}
			}
			ok(t, s.Attach(t.Context(), "copy", bytes.NewReader(data)))
			r, err := s.Attachment(t.Context(), "copy")
			if got := all(t, r, err); !bytes.Equal(got, data) {
				t.Errorf("%s: attachment of %d bytes, want %d", name, len(got), size)
			}
			if s.Entry().Size != int64(size) {
				t.Errorf("%s: size %d", name, s.Entry().Size)
			}
		}
	})
}

func TestEntryKeepsWhatStageWasTold(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		mod := time.Date(2026, 9, 30, 17, 5, 1, 123456789, time.FixedZone("", 7200))
		id, _, err := l.Stage(t.Context(), Entry{Pipeline: "uren", Inbox: "kantoor", Name: "uren é.csv", ModTime: mod}, strings.NewReader("abc"))
		ok(t, err)
		want := Entry{ID: id, Pipeline: "uren", Inbox: "kantoor", Name: "uren é.csv", Size: 3, ModTime: mod.UTC(), State: Staged,
			SHA256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Received: c.Now(), Due: c.Now()}
		got := must(l.Get(t.Context(), id))(t)
		got.content = 0
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Entry{})); diff != "" {
			t.Error(diff)
		}
		if _, err := l.Get(t.Context(), id+1); !errors.Is(err, ErrNotFound) {
			t.Errorf("an entry that is not there: %v", err)
		}
	})
}

func TestSameBytesAreOneEntryUntilSettled(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{Now: newClock().Now})
		again := func(e Entry) (Entry, bool) {
			t.Helper()
			id, isNew, err := l.Stage(t.Context(), e, strings.NewReader("x"))
			ok(t, err)
			return must(l.Get(t.Context(), id))(t), isNew
		}
		first := planned(t, l, "x", 1)
		if e, isNew := again(Entry{Pipeline: "uren", Name: "other name.csv"}); isNew || e.ID != first.Entry().ID {
			t.Errorf("unsettled: entry %d, new %v", e.ID, isNew)
		}
		if e, isNew := again(Entry{Pipeline: "uren", Forced: true}); isNew || e.Forced {
			t.Errorf("unsettled and forced: new %v, forced %v", isNew, e.Forced)
		}
		if e, isNew := again(Entry{Pipeline: "verlof"}); !isNew || e.DuplicateOf != 0 {
			t.Errorf("another pipeline: new %v, duplicate of %d", isNew, e.DuplicateOf)
		}
		settle(t, first)
		dup, isNew := again(Entry{Pipeline: "uren"})
		if !isNew || dup.DuplicateOf != first.Entry().ID || dup.Generation != 1 || dup.State != Staged {
			t.Errorf("settled: new %v, %+v", isNew, dup)
		}
		if e, isNew := again(Entry{Pipeline: "uren"}); isNew || e.ID != dup.ID {
			t.Errorf("the duplicate again: entry %d, new %v", e.ID, isNew)
		}
		s := take(t, l, dup.ID)
		ok(t, s.Move(t.Context(), Staged, Refused, func(e *Entry) { e.Outcome = Duplicate }))
		ok(t, s.Move(t.Context(), Refused, Settled, nil))
		forced, isNew := again(Entry{Pipeline: "uren", Forced: true})
		if !isNew || forced.DuplicateOf != 0 || !forced.Forced || forced.Generation != 2 {
			t.Errorf("forced: new %v, %+v", isNew, forced)
		}
		s = take(t, l, forced.ID)
		ok(t, s.Move(t.Context(), Staged, Refused, nil))
		ok(t, s.Move(t.Context(), Refused, Settled, nil))
		if e, _ := again(Entry{Pipeline: "uren"}); e.DuplicateOf != first.Entry().ID {
			t.Errorf("duplicate of %d, want the one that was imported, %d", e.DuplicateOf, first.Entry().ID)
		}
	})
}

// TestStagedAtTheSameMoment opens the database several times, as processes do.
func TestStagedAtTheSameMoment(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		var ledgers []*Ledger
		for range 4 {
			ledgers = append(ledgers, open(t, dsn, Options{}))
		}
		for _, size := range []int{10, 2*chunkSize + 5} {
			data := noise(1, size)
			var wg sync.WaitGroup
			var mu sync.Mutex
			ids, fresh := map[ID]bool{}, 0
			for _, l := range append(ledgers, ledgers...) {
				wg.Go(func() {
					id, isNew, err := l.Stage(t.Context(), Entry{Pipeline: "p"}, bytes.NewReader(data))
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						t.Error(err)
					}
					if ids[id] = true; isNew {
						fresh++
					}
				})
			}
			wg.Wait()
			if len(ids) != 1 || fresh != 1 {
				t.Errorf("%d bytes: %d entries, %d times new", size, len(ids), fresh)
			}
		}
		if n := count(t, ledgers[0], "SELECT count(*) FROM contents"); n != 2 {
			t.Errorf("%d contents stay, want 2", n)
		}
	})
}

// TestNoDuplicateSlipsThroughWhileSettling stages the same bytes over and over
// while they are settled: every entry but the first must name one before it.
func TestNoDuplicateSlipsThroughWhileSettling(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		a, b := open(t, dsn, Options{}), open(t, dsn, Options{})
		const rounds = 15
		var wg sync.WaitGroup
		stop := make(chan struct{})
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, _, err := a.Stage(t.Context(), Entry{Pipeline: "p"}, strings.NewReader("same")); err != nil {
					t.Error(err)
					return
				}
			}
		})
		for done := 0; done < rounds; {
			s, err := b.Take(t.Context(), "w", time.Minute)
			if errors.Is(err, ErrNothingDue) {
				continue
			}
			ok(t, err)
			ok(t, s.Move(t.Context(), Staged, Refused, nil))
			ok(t, s.Move(t.Context(), Refused, Settled, nil))
			done++
		}
		close(stop)
		wg.Wait()
		if n := count(t, a, "SELECT count(*) FROM entries WHERE duplicate_of = 0"); n != 1 {
			t.Errorf("%d entries think they are the first", n)
		}
	})
}

func TestTooBigIsRecordedWithoutBytes(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{Now: newClock().Now, MaxBytes: chunkSize + 10})
		for _, over := range []int{chunkSize + 11, 4 * chunkSize} {
			data := noise(uint64(over), over)
			id, isNew, err := l.Stage(t.Context(), Entry{Pipeline: "p", Name: "groot.csv"}, bytes.NewReader(data))
			if !errors.Is(err, ErrTooBig) || !isNew {
				t.Fatalf("new %v, %v", isNew, err)
			}
			e := must(l.Get(t.Context(), id))(t)
			if e.State != Refused || e.Outcome != RefusedOutcome || !strings.Contains(e.Reason, "de grens is 1048586 bytes") || e.Size != int64(over) {
				t.Errorf("%+v", e)
			}
			if _, err := l.Bytes(t.Context(), id); !errors.Is(err, ErrNotFound) {
				t.Errorf("bytes of a refused file: %v", err)
			}
			if _, isNew, err := l.Stage(t.Context(), Entry{Pipeline: "p"}, bytes.NewReader(data)); isNew || err != nil {
				t.Errorf("the next scan: new %v, %v", isNew, err)
			}
			s := take(t, l, id)
			ok(t, s.Move(t.Context(), Refused, Settled, nil))
		}
		if n := count(t, l, "SELECT count(*) FROM chunks"); n != 0 {
			t.Errorf("%d chunks stay", n)
		}
		data := noise(7, chunkSize+10)
		if _, _, err := l.Stage(t.Context(), Entry{Pipeline: "p"}, bytes.NewReader(data)); err != nil {
			t.Errorf("exactly the limit: %v", err)
		}
	})
}

func TestStageThatFailsLeavesNothing(t *testing.T) {
	broken := errors.New("line dropped")
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{Now: newClock().Now})
		data := noise(1, 3*chunkSize)
		for name, test := range map[string]struct {
			entry Entry
			data  io.Reader
			want  error
		}{
			"source breaks early":     {Entry{Pipeline: "p"}, iotest.ErrReader(broken), broken},
			"source breaks late":      {Entry{Pipeline: "p"}, io.MultiReader(bytes.NewReader(data), iotest.ErrReader(broken)), broken},
			"other than announced":    {Entry{Pipeline: "p", SHA256: strings.Repeat("0", 64)}, bytes.NewReader(data), ErrChecksum},
			"small, other than said":  {Entry{Pipeline: "p", SHA256: strings.Repeat("0", 64)}, strings.NewReader("x"), ErrChecksum},
			"context ends on the way": {Entry{Pipeline: "p"}, &canceller{data: bytes.NewReader(data)}, context.Canceled},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			if c, isOne := test.data.(*canceller); isOne {
				c.cancel = cancel
			}
			id, isNew, err := l.Stage(ctx, test.entry, test.data)
			cancel()
			if !errors.Is(err, test.want) || isNew || id != 0 {
				t.Errorf("%s: %d, %v, %v", name, id, isNew, err)
			}
		}
		for _, table := range []string{"entries", "contents", "chunks", "audit"} {
			if n := count(t, l, "SELECT count(*) FROM "+table); n != 0 {
				t.Errorf("%d %s stay", n, table)
			}
		}
	})
}

type canceller struct {
	data   io.Reader
	read   int
	cancel func()
}

func (c *canceller) Read(p []byte) (int, error) {
	n, err := c.data.Read(p)
	if c.read += n; c.read > 2*chunkSize {
		c.cancel()
	}
	return n, err
}

func count(t testing.TB, l *Ledger, query string) (n int) {
	t.Helper()
	ok(t, l.store.QueryRow(t.Context(), query).Scan(&n))
	return n
}

package payroll

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// batches are of these lengths; every post has an amount and identification of its own.
func batches(lengths ...int) Payments {
	p := Payments{Created: 20261021, FileID: "2101", MessageID: "LOON-2026-10", Initiator: "Voorbeeld BV"}
	at := 0
	for i, n := range lengths {
		var posts []Post
		for range n {
			at++
			posts = append(posts, Post{Amount: Cents(at), Account: Account{Number: "1112223339"}, EndToEnd: fmt.Sprint("e-", at)})
		}
		p.Batches = append(p.Batches, PaymentBatch{Number: i + 1, ID: fmt.Sprintf("LOON-2026-10-%d", i+1), Account: Account{Number: "0123456789"}, Posts: All(posts)})
	}
	return p
}

// shape is how many posts each batch of each file has, with its identifications.
func shape(t *testing.T, files []Payments) (out []string) {
	t.Helper()
	for _, f := range files {
		line := f.MessageID + " " + f.FileID
		for _, b := range f.Batches {
			posts, err := Collect(b.Posts)
			if err != nil {
				t.Fatal(err)
			}
			line += fmt.Sprintf(", %d %s: %d", b.Number, b.ID, len(posts))
		}
		out = append(out, line)
	}
	return out
}

func TestSplitCutsOnlyBatchesThatAreTooLong(t *testing.T) {
	files, err := Split(batches(2, 3, 7, 1, 2), 4)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"LOON-2026-10-1 2101, 1 LOON-2026-10-1: 2",
		"LOON-2026-10-2 2102, 2 LOON-2026-10-2: 3, 3 LOON-2026-10-3-1: 1",
		"LOON-2026-10-3 2103, 4 LOON-2026-10-3-2: 4",
		"LOON-2026-10-4 2104, 5 LOON-2026-10-3-3: 2, 6 LOON-2026-10-4: 1",
		"LOON-2026-10-5 2105, 7 LOON-2026-10-5: 2",
	}
	if diff := cmp.Diff(want, shape(t, files)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestShortPaymentsStayAsTheyAre(t *testing.T) {
	p := batches(2, 3)
	files, err := Split(p, 5)
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	if diff := cmp.Diff(shape(t, []Payments{p}), shape(t, files)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNumbersThatAreTakenAndLongIdentifications(t *testing.T) {
	p := batches(3, 1)
	p.Batches[0].ID, p.Batches[1].ID = "L", "L-2"
	p.MessageID = strings.Repeat("m", 34)
	files, err := Split(p, 2)
	if err != nil {
		t.Fatal(err)
	}
	hash := "-507d0001"
	want := []string{
		strings.Repeat("m", 24) + hash + "-1 2101, 1 L-1: 2",
		strings.Repeat("m", 24) + hash + "-2 2102, 2 L-3: 1, 3 L-2: 1",
	}
	if diff := cmp.Diff(want, shape(t, files)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSplitRefuses(t *testing.T) {
	late := batches(3)
	late.FileID = "2198"
	odd := batches(3)
	odd.FileID = "X"
	same := batches(3, 3)
	same.Batches[1].ID = same.Batches[0].ID
	failing := batches(3)
	failing.Batches[0].Posts = func(yield func(Post, error) bool) { yield(Post{}, io.ErrUnexpectedEOF) }
	bare := batches(3)
	bare.Batches[0].Posts = nil
	for name, c := range map[string]struct {
		p    Payments
		most int
		want string
	}{
		"nothing":        {batches(3), 0, "at least 1"},
		"serial":         {late, 1, "file 3 of 3: the day has no serial left"},
		"identification": {odd, 1, "not a day and a serial"},
		"same batch":     {same, 2, "batch 2 has the identification of another"},
		"posts fail":     {failing, 2, "batch 1: unexpected EOF"},
		"no post":        {batches(3, 0), 2, "batch 2: there is no post"},
		"no posts":       {bare, 2, "batch 1: there is no post"},
	} {
		if _, err := Split(c.p, c.most); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestPostsThatBecomeFewerAreNoticed(t *testing.T) {
	n := 4
	p := batches(1)
	p.Batches[0].Posts = func(yield func(Post, error) bool) {
		for range n {
			if !yield(Post{Amount: 1}, nil) {
				return
			}
		}
	}
	files, err := Split(p, 3)
	if err != nil {
		t.Fatal(err)
	}
	n = 3
	if _, err := Collect(files[1].Batches[0].Posts); err == nil || !strings.Contains(err.Error(), "became fewer") {
		t.Errorf("got %v", err)
	}
	late := errors.New("late")
	n = 4
	p.Batches[0].Posts = func(yield func(Post, error) bool) {
		for i := range n {
			if i == 3 && n > 4 {
				yield(Post{}, late)
				return
			}
			if !yield(Post{Amount: 1}, nil) {
				return
			}
		}
	}
	if files, err = Split(p, 3); err != nil {
		t.Fatal(err)
	}
	n = 5
	if _, err := Collect(files[1].Batches[0].Posts); !errors.Is(err, late) {
		t.Errorf("got %v", err)
	}
	if posts, err := Collect(files[0].Batches[0].Posts); err != nil || len(posts) != 3 {
		t.Errorf("the first file: %d posts, %v", len(posts), err)
	}
}

// Together the files are what they were made of.
func TestSplitLosesAndChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := batches(rapid.SliceOfN(rapid.IntRange(1, 20), 1, 6).Draw(t, "lengths")...)
		p.FileID = ""
		p.MessageID = rapid.StringMatching(`[A-Z]{1,35}`).Draw(t, "message")
		for i := range p.Batches {
			p.Batches[i].ID = fmt.Sprint(rapid.SampledFrom([]string{"L", "L-1", strings.Repeat("x", 33)}).Draw(t, "batch"), []string{"", "-1", "-2", "-3", "-4", "-5"}[i])
		}
		most := rapid.IntRange(1, 25).Draw(t, "most")
		files, err := Split(p, most)
		if err != nil {
			if strings.Contains(err.Error(), "identification of another") {
				return
			}
			t.Fatal(err)
		}
		again, err := Split(p, most)
		if err != nil {
			t.Fatal(err)
		}
		var want, got []Post
		for _, b := range p.Batches {
			posts, _ := Collect(b.Posts)
			want = append(want, posts...)
		}
		sum, number := Totals{}, 0
		ids := map[string]bool{}
		distinct := func(id string) {
			if ids[id] || len(id) > 35 {
				t.Errorf("identification %q stands twice or is too long", id)
			}
			ids[id] = true
		}
		for i, f := range files {
			distinct("m" + f.MessageID[1:]) // not among those of batches
			if f.MessageID != again[i].MessageID {
				t.Errorf("another time %q is %q", f.MessageID, again[i].MessageID)
			}
			totals, err := f.Totals()
			if err != nil || totals.Count > most || totals.Count == 0 {
				t.Errorf("file %d: %+v, %v", i+1, totals, err)
			}
			sum.Count += totals.Count
			sum.Amount += totals.Amount
			for k, b := range slices.Backward(f.Batches) { // in any order, and more than once
				posts, err := Collect(b.Posts)
				if err != nil || len(posts) == 0 {
					t.Errorf("file %d, batch %d: %d posts, %v", i+1, k+1, len(posts), err)
				}
			}
			for k, b := range f.Batches {
				if number++; b.Number != number {
					t.Errorf("batch %d is %d", b.Number, number)
				}
				distinct(b.ID)
				if b.ID != again[i].Batches[k].ID {
					t.Errorf("another time %q is %q", b.ID, again[i].Batches[k].ID)
				}
				posts, _ := Collect(b.Posts)
				got = append(got, posts...)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("posts (-want +got):\n%s", diff)
		}
		seen := map[string]bool{}
		for _, post := range got {
			if seen[post.EndToEnd] {
				t.Errorf("%s stands twice", post.EndToEnd)
			}
			seen[post.EndToEnd] = true
		}
		whole, err := p.Totals()
		if err != nil || whole.Count != sum.Count || whole.Amount != sum.Amount {
			t.Errorf("the files add up to %+v, the whole to %+v, %v", sum, whole, err)
		}
	})
}

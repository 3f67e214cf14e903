package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"loket-etl/internal/folder"
)

// Sight is what lies at the partner of a file to publish.
type Sight int

// The sights. A temporary name with other bytes counts as nothing.
const (
	Absent   Sight = iota // neither NAME nor NAME.part
	Prepared              // NAME.part, whole, and no NAME
	Visible               // NAME, with the bytes of the file
	Other                 // NAME, with other bytes or as something that is no file
)

// String is the sight in a word.
func (s Sight) String() string {
	return word(int(s), "absent", "prepared", "visible", "other")
}

func word(n int, words ...string) string {
	if n < 0 || n >= len(words) {
		return fmt.Sprint(n)
	}
	return words[n]
}

// Look says what is there now; it changes nothing. It reads the bytes, so a name
// alone is never taken for the file. Absent is said only of a place that can be
// listed: a place that is away is an error.
func Look(ctx context.Context, place Folder, f File) (Sight, error) {
	if err := f.check(); err != nil {
		return Absent, err
	}
	v, err := see(ctx, place, f)
	if err == nil && v.final == none && v.part != same {
		_, err = place.List(ctx)
	}
	switch {
	case err != nil:
		return Absent, fmt.Errorf("look for %s: %w", f.Name, err)
	case v.final == other:
		return Other, nil
	case v.final == same:
		return Visible, nil
	case v.part == same:
		return Prepared, nil
	}
	return Absent, nil
}

// Step is what must be done to go on with a file after a crash or an error.
type Step int

// The steps.
const (
	StartOver Step = iota // Prepare, commit "prepared", Reveal
	GoOn                  // Reveal
	Done                  // nothing but to commit "published"
	AskPerson             // hold it; nothing may be done on a guess
)

// String is the step in words.
func (s Step) String() string {
	return word(int(s), "start over", "go on", "done", "ask a person")
}

// Resume is the rule of recovery. mayHaveRevealed says that the ledger has the
// file as prepared, so that the rename may have been asked for.
//
//	                   absent      prepared    visible  other
//	not yet prepared   start over  start over  done     ask a person
//	prepared           ask         go on       done     ask a person
//
// Absent after "prepared" is the row that matters: the partner probably has
// collected the file, and a second one would be paid twice. Someone removing
// NAME.part looks the same. Only the partner can tell them apart.
//
// Starting over with NAME.part in place costs one comparison, and goes through
// the commit that was missed.
func Resume(mayHaveRevealed bool, s Sight) Step {
	switch {
	case s == Visible:
		return Done
	case s == Absent && !mayHaveRevealed, s == Prepared && !mayHaveRevealed:
		return StartOver
	case s == Prepared:
		return GoOn
	}
	return AskPerson
}

// content is what a name holds, compared with a file.
type content int

const (
	none  content = iota // nothing has the name
	same                 // the bytes of the file
	other                // other bytes, or no file at all
)

type view struct{ part, final content }

// see looks under both names, the temporary one first: a rename that is under way
// meanwhile then shows under at least one of them.
func see(ctx context.Context, place Folder, f File) (v view, err error) {
	if v.part, err = compare(ctx, place, f.temp(), f); err == nil {
		v.final, err = compare(ctx, place, f.Name, f)
	}
	return v, err
}

// compare reads what a name holds. It opens the name instead of looking for it in
// a listing: some servers hide temporary names there.
func compare(ctx context.Context, place Folder, name string, f File) (content, error) {
	r, err := place.Open(ctx, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return none, nil
	case errors.Is(err, folder.ErrNotFile):
		return other, nil
	case err != nil:
		return none, err
	}
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(r, f.Size+1))
	err = errors.Join(err, r.Close())
	is := n == f.Size && hex.EncodeToString(sum.Sum(nil)) == f.SHA256
	switch {
	case errors.Is(err, fs.ErrNotExist) && !is:
		return none, nil // taken away or renamed while it was read
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return none, err
	case !is:
		return other, nil
	}
	return same, nil // perhaps taken just now, but it was there, whole
}

package outbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"loket-etl/internal/folder"
)

// Expected is a file that was published.
type Expected struct {
	Name string
	Size int64
}

// Fate is what became of a published file. Where is the name that shows it, and
// "" when only the absence does.
type Fate struct {
	Name  string
	Is    Whereabouts
	Where string
}

// Whereabouts is where a published file went.
type Whereabouts int

// The whereabouts.
const (
	Lying        Whereabouts = iota // it lies there as it was published
	Acknowledged                    // NAME.ack, NAME.ok or NAME.done lies there, with the file or without
	Moved                           // it lies in a subfolder where the partner keeps what it has had
	Fetched                         // it is gone
	Replaced                        // a file of another size has its name: someone must look
)

// String is the whereabouts in a word.
func (w Whereabouts) String() string {
	return word(int(w), "lying", "acknowledged", "moved", "fetched", "replaced")
}

// Subfolders are where partners keep what they have had.
func Subfolders() []string { return []string{"archive", "done", "verwerkt", "opgehaald"} }

// Collected says what became of published files, in the order of names. It looks
// in the subfolders given, or in the usual Subfolders, for a file of that name and
// size; one that may not be entered is passed over. It changes nothing.
//
// A file counts as gone only in a place that could be listed, and only when it
// cannot be opened under its name either. Any error means that nothing is known.
func Collected(ctx context.Context, place Folder, names []Expected, subfolders ...string) ([]Fate, error) {
	if len(subfolders) == 0 {
		subfolders = Subfolders()
	}
	all, err := place.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("see what was collected: %w", err)
	}
	lying := make(map[string]Info, len(all))
	acks := map[string]string{} // by the lower-case name of what they acknowledge
	for _, i := range all {
		lying[i.Name] = i
		if hasSuffix(i.Name, ackSuffixes) {
			acks[strings.ToLower(i.Name[:strings.LastIndexByte(i.Name, '.')])] = i.Name
		}
	}
	out := make([]Fate, len(names))
	for i, e := range names {
		f := &out[i]
		f.Name = e.Name
		if f.Where = acks[strings.ToLower(e.Name)]; f.Where != "" {
			f.Is = Acknowledged
		} else if info, there := lying[e.Name]; there {
			f.Is, f.Where = lies(e, info.Size), e.Name
		} else if f.Is, f.Where, err = search(ctx, place, e, subfolders); err != nil {
			return nil, fmt.Errorf("see what became of %s: %w", e.Name, err)
		}
	}
	return out, nil
}

func lies(e Expected, size int64) Whereabouts {
	if size != e.Size {
		return Replaced
	}
	return Lying
}

// search looks for a file that was not listed.
func search(ctx context.Context, place Folder, e Expected, subfolders []string) (Whereabouts, string, error) {
	size, there, err := sizeOf(ctx, place, e.Name, e.Size)
	if err != nil {
		return 0, "", err
	}
	if there {
		return lies(e, size), e.Name, nil // come since, or hidden from listings
	}
	for _, dir := range subfolders {
		name := dir + "/" + e.Name
		size, there, err := sizeOf(ctx, place, name, e.Size)
		switch {
		case errors.Is(err, fs.ErrPermission), errors.Is(err, folder.ErrNotFile):
		case err != nil:
			return 0, "", err
		case there && size == e.Size:
			return Moved, name, nil
		}
	}
	return Fetched, "", nil
}

// sizeOf is the size of a file. Where only reading shows it, no more is read than
// tells it from the size that is wanted.
func sizeOf(ctx context.Context, place Folder, name string, want int64) (size int64, there bool, err error) {
	if s, ok := place.(folder.Stater); ok {
		i, err := s.Stat(ctx, name)
		return i.Size, err == nil, unlessGone(err)
	}
	r, err := place.Open(ctx, name)
	if err != nil {
		return 0, false, unlessGone(err)
	}
	n, err := io.Copy(io.Discard, io.LimitReader(r, want+1))
	err = errors.Join(err, r.Close())
	return n, err == nil, unlessGone(err)
}

func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

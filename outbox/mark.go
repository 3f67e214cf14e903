package outbox

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"loket-etl/internal/folder"
)

const (
	markPrefix = "etl-outbox-"
	markText   = "etl knows this place by this file; please leave it here\n"
)

// NewMark is a mark for a place that no other place has.
func NewMark() string { return strings.ToLower(rand.Text()) }

// PutMark puts a mark at a place: a file that partners leave alone
// (etl-outbox-MARK.part). It may be called again.
func PutMark(ctx context.Context, place Folder, mark string) error {
	if err := place.Put(ctx, markPrefix+mark+tempSuffix, strings.NewReader(markText)); err != nil {
		return fmt.Errorf("mark the place: %w", err)
	}
	return nil
}

// RemoveMark takes a mark away that does not count. It may be called again.
func RemoveMark(ctx context.Context, place Folder, mark string) error {
	return folder.Remove(ctx, place, markPrefix+mark+tempSuffix)
}

// HasMark says whether a place has the mark that it got. Another directory that is
// there instead, such as that under a share that is not mounted, does not.
func HasMark(ctx context.Context, place Folder, mark string) (bool, error) {
	if mark == "" {
		return false, nil
	}
	_, there, err := sizeOf(ctx, place, markPrefix+mark+tempSuffix, int64(len(markText)))
	if err != nil {
		return false, fmt.Errorf("look for the mark of the place: %w", err)
	}
	return there, nil
}

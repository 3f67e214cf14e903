package outbox

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"loket-etl/internal/folder"
)

// Abilities are what can be done at a place. Files can be published there when
// Publishes says so.
type Abilities struct {
	Lists       bool  // what lies there can be seen; else nobody learns what was collected
	Creates     bool  // a file can be brought there
	ReadsBack   bool  // and read again, with the same bytes
	Renames     bool  // and get another name
	KeepsOthers bool  // a rename onto a name that is taken is refused, and both files stay
	Removes     bool  // a temporary file can be taken away; else an earlier try that went wrong needs a person
	ServerKeeps bool  // the place itself never replaces on rename; else we only look just before
	ServerSyncs bool  // the place writes to its disk when asked to
	Free        int64 // bytes that still fit; -1 when the place does not say
}

// Publishes says whether files may be published at the place. Without any of
// these a part of a file could be seen, or the file of another be lost.
func (a Abilities) Publishes() bool { return a.Creates && a.ReadsBack && a.Renames && a.KeepsOthers }

const (
	probePrefix = "etl-probe-"
	probeText   = "etl was here to try this place; this file may be removed\n"
	probeOld    = 24 * time.Hour
)

// Probe tries a place, with two files that partners leave alone (etl-probe-*.part).
// It leaves nothing behind, also not what an earlier one that was killed left there
// a day ago, unless files cannot be removed there. The error says what does
// not work, and the abilities hold all the same; what was not tried after a
// failure is false.
func Probe(ctx context.Context, place Folder) (Abilities, error) {
	a := Abilities{Free: -1}
	var id [8]byte
	rand.Read(id[:])
	one := probePrefix + hex.EncodeToString(id[:])
	two := one + "-2" + tempSuffix
	one += tempSuffix
	lying, err := place.List(ctx)
	a.Lists = err == nil
	err = errors.Join(err, a.try(ctx, place, one, two))
	if a.Creates {
		err = errors.Join(err, a.clean(ctx, place, one, two, lying))
	}
	if a.Removes {
		t, serr := folder.Survey(ctx, place)
		if errors.Is(serr, errors.ErrUnsupported) {
			serr = nil
		} else if serr == nil {
			a.ServerKeeps, a.ServerSyncs = !t.Replaces, t.Durable
		}
		a.Free, err = t.Free, errors.Join(err, serr)
	}
	if err != nil {
		return a, fmt.Errorf("probe: %w", err)
	}
	return a, nil
}

func (a *Abilities) try(ctx context.Context, place Folder, one, two string) error {
	err := place.Put(ctx, one, strings.NewReader(probeText))
	if a.Creates = err == nil; err != nil {
		return err
	}
	err = holds(ctx, place, one, probeText)
	if a.ReadsBack = err == nil; err != nil {
		return err
	}
	err = place.Move(ctx, one, two)
	if err == nil {
		err = holds(ctx, place, two, probeText)
	}
	if a.Renames = err == nil; err != nil {
		return err
	}
	const second = probeText + probeText
	if err := place.Put(ctx, one, strings.NewReader(second)); err != nil {
		return err
	}
	err = place.Move(ctx, one, two)
	if err == nil {
		return errors.New("a rename replaced another file")
	}
	if errors.Is(err, fs.ErrExist) {
		err = errors.Join(holds(ctx, place, one, second), holds(ctx, place, two, probeText))
	}
	a.KeepsOthers = err == nil
	return err
}

func holds(ctx context.Context, place Folder, name, text string) error {
	r, err := place.Open(ctx, name)
	if err != nil {
		return err
	}
	have, err := io.ReadAll(io.LimitReader(r, int64(len(text))+1))
	if err := errors.Join(err, r.Close()); err != nil {
		return err
	}
	if string(have) != text {
		return fmt.Errorf("%s: %w", name, ErrDamaged)
	}
	return nil
}

// clean takes the files of this probe away, also when ctx has ended, and those of
// earlier ones that are old by the clock of the place.
func (a *Abilities) clean(ctx context.Context, place Folder, one, two string, lying []Info) error {
	ctx = context.WithoutCancel(ctx)
	now, nerr := folder.Stat(ctx, place, one)
	if nerr != nil {
		now, nerr = folder.Stat(ctx, place, two)
	}
	err := errors.Join(folder.Remove(ctx, place, one), folder.Remove(ctx, place, two))
	a.Removes = err == nil
	for _, i := range lying {
		old := nerr == nil && now.ModTime.Sub(i.ModTime) > probeOld
		if a.Removes && old && strings.HasPrefix(i.Name, probePrefix) && isTemp(i.Name) {
			err = errors.Join(err, folder.Remove(ctx, place, i.Name))
		}
	}
	return err
}

// Package outbox is the door through which files go out: how a file appears at a
// partner whole, and never twice. It does not know what is in a file, and it
// remembers nothing: who calls it commits every step to the ledger.
//
// A file goes out in two steps. Prepare brings all of it to the place, under a
// temporary name that partners leave alone (NAME.part), and reads it back. Reveal
// gives it its name with one rename that never replaces anything. Between them
// the caller commits that the file is prepared: from then on the partner may have
// it. After a crash Look says what is there, and Resume what must be done.
//
//	commit "preparing"   a crash here, or in Prepare: nothing was visible, start over
//	Prepare
//	commit "prepared"    a crash here, or in Reveal: look; nobody guesses
//	Reveal
//	commit "published"
//
// A sidecar is put between Prepare and "prepared", so that it lies there before
// its file does and is not put again after the partner took both.
package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"strings"

	"loket-etl/internal/folder"
)

// Folder is a place with files, and Info one of them, as those see it who have
// no business with places themselves.
type (
	Folder = folder.Folder
	Info   = folder.Info
)

// File is one file to publish. Name is what the partner sees: no subfolder, not
// hidden and not temporary; FileName makes good ones. Open may be called again at
// every try and must give the same bytes: those of SHA256 (lower-case hex) and
// Size.
type File struct {
	Name   string
	SHA256 string
	Size   int64
	Open   func(ctx context.Context) (io.ReadCloser, error)
}

var (
	// ErrOther says that something else has the name of the file at the partner. It
	// is never replaced or removed; a person must find out what it is.
	ErrOther = errors.New("something else has that name")

	// ErrGone says that there is nothing to reveal: the file lies at the partner
	// under neither of its names. It was never prepared, or the partner took it.
	ErrGone = errors.New("the file is there under neither of its names")

	// ErrSource says that Open gave other bytes than SHA256 and Size promise. Nothing
	// of them was published.
	ErrSource = errors.New("the bytes to publish are not those that were promised")

	// ErrDamaged says that the place took the file and gave back other bytes. It is
	// not visible under its name.
	ErrDamaged = errors.New("the place gives back other bytes than it got")
)

const (
	tempSuffix    = ".part"
	sidecarSuffix = ".sha256"
	longestName   = 240 // bytes; with a suffix every file system takes it
)

func (f File) temp() string { return f.Name + tempSuffix }

func (f File) check() error {
	sum, err := hex.DecodeString(f.SHA256)
	switch {
	case f.Name == "" || len(f.Name) > longestName || strings.ContainsAny(f.Name, "/\\\x00") || f.Name[0] == '.' || isTemp(f.Name):
		return fmt.Errorf("name %q of a file to publish: %w", f.Name, fs.ErrInvalid)
	case err != nil || len(sum) != sha256.Size || f.SHA256 != strings.ToLower(f.SHA256):
		return fmt.Errorf("publish %s: %q is no SHA-256 in lower-case hex: %w", f.Name, f.SHA256, fs.ErrInvalid)
	case f.Size < 0:
		return fmt.Errorf("publish %s: %d bytes: %w", f.Name, f.Size, fs.ErrInvalid)
	}
	return nil
}

// Prepare brings the whole file to the place under NAME.part and reads it back;
// NAME stays as it is. It may be called again after any error and after a crash:
// what is there already is kept, other bytes under NAME.part are an earlier try
// and are replaced. When the file itself is there under NAME nothing is written.
// When other bytes are, the error matches ErrOther.
//
// A crash here leaves nothing, or NAME.part whole.
func Prepare(ctx context.Context, place Folder, f File) error {
	if err := f.check(); err != nil {
		return err
	}
	if err := prepare(ctx, place, f); err != nil {
		return fmt.Errorf("prepare %s: %w", f.Name, err)
	}
	return nil
}

func prepare(ctx context.Context, place Folder, f File) error {
	switch final, err := compare(ctx, place, f.Name, f); {
	case err != nil:
		return err
	case final == other:
		return ErrOther
	case final == same:
		return nil
	}
	err := upload(ctx, place, f)
	if errors.Is(err, fs.ErrExist) {
		if err := folder.Remove(ctx, place, f.temp()); err != nil {
			return fmt.Errorf("an earlier try is in the way: %w", err)
		}
		err = upload(ctx, place, f)
	}
	if err != nil {
		return err
	}
	switch part, err := compare(ctx, place, f.temp(), f); {
	case err != nil:
		return err
	case part == none:
		return fmt.Errorf("%w: %s cannot be read back", ErrDamaged, f.temp())
	case part == other:
		return errors.Join(ErrDamaged, folder.Remove(ctx, place, f.temp()))
	}
	return nil
}

// upload puts the bytes of the file under its temporary name. Bytes that turn out
// to be others than promised leave nothing there.
func upload(ctx context.Context, place Folder, f File) error {
	r, err := f.Open(ctx)
	if err != nil {
		return err
	}
	err = place.Put(ctx, f.temp(), &source{r: r, f: f, sum: sha256.New()})
	return errors.Join(err, r.Close())
}

// source gives the bytes of a file; its end is io.EOF only when they are the
// promised ones.
type source struct {
	r   io.Reader
	f   File
	sum hash.Hash
	n   int64
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.sum.Write(p[:n])
	s.n += int64(n)
	switch {
	case s.n > s.f.Size:
		return n, fmt.Errorf("%w: more than %d bytes", ErrSource, s.f.Size)
	case err != io.EOF:
		return n, err
	case s.n < s.f.Size:
		return n, fmt.Errorf("%w: %d of %d bytes", ErrSource, s.n, s.f.Size)
	case hex.EncodeToString(s.sum.Sum(nil)) != s.f.SHA256:
		return n, fmt.Errorf("%w: another SHA-256", ErrSource)
	}
	return n, io.EOF
}

// Reveal gives a prepared file its name, and reads it back under that name. It
// never replaces a file: other bytes there are an error that matches ErrOther. A
// file that is revealed already is fine, and one the partner takes while it is
// read back is too: the place did confirm the rename. When neither name is there
// the error matches ErrGone.
//
// After any other error nobody knows yet whether the partner has the file: ask
// Look and Resume. A crash here leaves one of the two names.
func Reveal(ctx context.Context, place Folder, f File) error {
	if err := f.check(); err != nil {
		return err
	}
	if err := reveal(ctx, place, f); err != nil {
		return fmt.Errorf("reveal %s: %w", f.Name, err)
	}
	return nil
}

func reveal(ctx context.Context, place Folder, f File) error {
	v, err := see(ctx, place, f)
	switch {
	case err != nil:
		return err
	case v.final == other:
		return ErrOther
	case v.final == same:
		return tidy(ctx, place, f, v)
	case v.part == other:
		return fmt.Errorf("%w: %s holds other bytes", ErrGone, f.temp())
	case v.part == none:
		return ErrGone
	}
	err = place.Move(ctx, f.temp(), f.Name)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	taken := err != nil // by someone, since we looked
	if v, err = see(ctx, place, f); err != nil {
		return err
	}
	switch {
	case v.final == other && taken:
		return ErrOther
	case v.final == other:
		return fmt.Errorf("%w, after the rename: %w", ErrOther, ErrDamaged)
	case v.final == none && v.part == same:
		return errors.New("the rename was not done") // and if it was: the next try sees that
	case v.final == none && taken:
		return ErrGone
	}
	return tidy(ctx, place, f, v)
}

// tidy removes a second copy under the temporary name beside the visible file. It
// must go before the file counts as published: once the partner has taken the
// visible one, the copy would look like a file that waits for its name.
func tidy(ctx context.Context, place Folder, f File, v view) error {
	if v.part == none {
		return nil
	}
	return folder.Remove(ctx, place, f.temp())
}

// PutSidecar puts NAME.sha256 beside the file, as sha256sum writes and checks it.
// It may be called again. Another text under that name is an error that matches
// ErrOther.
func PutSidecar(ctx context.Context, place Folder, f File) error {
	if err := f.check(); err != nil {
		return err
	}
	err := place.Put(ctx, f.Name+sidecarSuffix, strings.NewReader(f.sidecar()))
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("sidecar of %s: %w: %w", f.Name, ErrOther, err)
	}
	if err != nil {
		return fmt.Errorf("sidecar of %s: %w", f.Name, err)
	}
	return nil
}

// SidecarIs says whether NAME.sha256 lies beside the file as PutSidecar put it.
func SidecarIs(ctx context.Context, place Folder, f File) (bool, error) {
	text := f.sidecar()
	sum := sha256.Sum256([]byte(text))
	is, err := compare(ctx, place, f.Name+sidecarSuffix, File{Size: int64(len(text)), SHA256: hex.EncodeToString(sum[:])})
	return is == same, err
}

func (f File) sidecar() string { return f.SHA256 + "  " + f.Name + "\n" }

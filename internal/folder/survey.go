package folder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Remover is a folder that can take a temporary file away; see Remove.
type Remover interface {
	Remove(ctx context.Context, name string) error
}

// Remove takes a temporary file away that its maker does not need any more. Only
// a name that ends in ".part" can be removed, any other is an error that matches
// fs.ErrInvalid. A file that is gone is fine. For folders that are no Remover the
// error matches errors.ErrUnsupported.
func Remove(ctx context.Context, f Folder, name string) error {
	if r, ok := f.(Remover); ok {
		return r.Remove(ctx, name)
	}
	return fmt.Errorf("remove %s: %w", name, errors.ErrUnsupported)
}

// checkPart refuses names that may not be removed.
func checkPart(name string) error {
	if err := check(name); err != nil {
		return err
	}
	if base := path.Base(name); !strings.HasSuffix(base, tempSuffix) || base == tempSuffix {
		return fmt.Errorf("name %q is not that of a temporary file: %w", name, fs.ErrInvalid)
	}
	return nil
}

// Traits are what a place is like, beyond what its files show.
type Traits struct {
	Replaces bool  // the place itself replaces a file on rename; that Move does not is then only a look just before
	Durable  bool  // the place writes to its disk when asked to
	Free     int64 // bytes that still fit; -1 when the place does not say
}

// Surveyor is a folder that can tell its traits; see Survey.
type Surveyor interface {
	Survey(ctx context.Context) (Traits, error)
}

// Survey finds out the traits of a place. It makes two temporary files, which are
// gone when it returns; what a crash leaves is never listed and a later Put
// removes it. For folders that are no Surveyor the error matches
// errors.ErrUnsupported.
func Survey(ctx context.Context, f Folder) (Traits, error) {
	if s, ok := f.(Surveyor); ok {
		return s.Survey(ctx)
	}
	return Traits{Free: -1}, fmt.Errorf("survey: %w", errors.ErrUnsupported)
}

// Remove takes a temporary file away; see Remove of the package.
func (l *Local) Remove(ctx context.Context, name string) error {
	root, err := l.enter(ctx, name)
	if err == nil {
		defer root.Close()
		err = removeLocal(root, name)
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	return nil
}

func removeLocal(root *os.Root, name string) error {
	if err := checkPart(name); err != nil {
		return err
	}
	i, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !i.Mode().IsRegular() {
		err = ErrNotFile
	}
	if err == nil {
		err = root.Remove(name)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(root, path.Dir(name))
}

// Survey finds out the traits; see Survey of the package.
func (l *Local) Survey(ctx context.Context) (Traits, error) {
	t := Traits{Durable: true, Free: -1}
	root, err := l.enter(ctx)
	if err != nil {
		return t, fmt.Errorf("survey: %w", err)
	}
	defer root.Close()
	a, b := tempName(), tempName()
	defer root.Remove(a)
	defer root.Remove(b)
	for _, name := range []string{a, b} {
		f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
		if err != nil {
			return t, fmt.Errorf("survey: %w", err)
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return t, fmt.Errorf("survey: %w", err)
		}
	}
	err = rename(root, a, b)
	t.Replaces = err == nil
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return t, fmt.Errorf("survey: %w", err)
	}
	t.Free = free(l.dir)
	return t, nil
}

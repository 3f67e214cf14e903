package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"loket-etl/internal/folder"
)

// target is where a document goes.
type target struct {
	file  string // "": under the name that Loket gives, in the current directory; "-": standard output
	force bool
}

func (t *target) flags(c *cobra.Command) {
	c.Flags().StringVarP(&t.file, "output", "o", "", "`file` to write, - for standard output (default: the name that Loket gives)")
	c.Flags().BoolVar(&t.force, "force", false, "replace the file when it is there")
}

// write writes the file whole or not at all and gives its path. Without force a
// file that is there with other contents stays as it is.
func (t target) write(ctx context.Context, name string, data []byte) (string, error) {
	return t.copy(ctx, name, bytes.NewReader(data))
}

// copy is write for what does not lie in memory.
func (t target) copy(ctx context.Context, name string, data io.Reader) (string, error) {
	path := t.file
	if path == "" {
		if path = name; !plain(name) {
			return "", hint(fmt.Errorf("%q is no name for a file here", name), "give one with -o")
		}
	}
	var err error
	if t.force {
		err = replace(path, data)
	} else {
		err = create(ctx, path, data)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return "", hint(err, "give another name with -o, or --force to replace it")
	case err != nil:
		return "", err
	}
	return path, nil
}

// plain tells whether a name that came from outside stays in the directory.
func plain(name string) bool {
	return name != "" && !strings.HasPrefix(name, ".") && !strings.ContainsAny(name, `/\:`) &&
		!strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}

func create(ctx context.Context, path string, data io.Reader) error {
	dir, name := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	door, err := folder.NewLocal(dir)
	if err != nil {
		return err
	}
	return door.Put(ctx, name, data)
}

// replace leaves the old file or the new one, whole, wherever it is cut off; and
// perhaps a temporary file beside it.
func replace(path string, data io.Reader) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".etl-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = io.Copy(f, data)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(f.Name()))
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return errors.Join(d.Sync(), d.Close())
}

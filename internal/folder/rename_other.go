//go:build !linux

package folder

import (
	"errors"
	"io/fs"
	"os"
)

// rename gives a file a second name, which fails with fs.ErrExist when that name
// is taken, and then removes the first: a crash between leaves both.
func rename(root *os.Root, from, to string) error {
	err := root.Link(from, to)
	if errors.Is(err, fs.ErrExist) {
		return fs.ErrExist
	}
	if err != nil {
		return err
	}
	return root.Remove(from)
}

// links is unknown here; two names of one file are then two files.
func links(fs.FileInfo) uint64 { return 0 }

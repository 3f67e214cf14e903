package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"syscall"

	"golang.org/x/sys/unix"
)

// rename gives a file another name and fails with fs.ErrExist when that name is
// taken, in one step. File systems that cannot do so get a second name and lose
// the first: a crash between leaves both.
func rename(root *os.Root, from, to string) error {
	d, err := root.Open(path.Dir(from))
	if err != nil {
		return err
	}
	defer d.Close()
	e, err := root.Open(path.Dir(to))
	if err != nil {
		return err
	}
	defer e.Close()
	err = unix.Renameat2(int(d.Fd()), path.Base(from), int(e.Fd()), path.Base(to), unix.RENAME_NOREPLACE)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return fs.ErrExist
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.ENOTSUP):
		return linkRename(root, from, to)
	}
	return err
}

func linkRename(root *os.Root, from, to string) error {
	err := root.Link(from, to)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOTSUP) {
		return fmt.Errorf("this file system can neither rename without replacing nor make hard links; use another one: %w", err)
	}
	if errors.Is(err, fs.ErrExist) {
		return fs.ErrExist
	}
	if err != nil {
		return err
	}
	return root.Remove(from)
}

func links(i fs.FileInfo) uint64 {
	if s, ok := i.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink)
	}
	return 0
}

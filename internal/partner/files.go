package partner

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/pkg/sftp"
)

// files answers the SFTP requests of one connection from the served directory.
type files struct{ c *conn }

func local(p string) string {
	p = strings.TrimPrefix(path.Clean("/"+p), "/")
	if p == "" {
		return "."
	}
	return p
}

func (h *files) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	var f *os.File
	err := h.c.meet("open", r.Filepath, func() (err error) {
		f, err = h.c.s.root.Open(local(r.Filepath))
		return err
	})
	if err != nil {
		return nil, err
	}
	return &handle{c: h.c, f: f, path: r.Filepath}, nil
}

func (h *files) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	flags, want := os.O_WRONLY, r.Pflags()
	if want.Creat {
		flags |= os.O_CREATE
	}
	if want.Trunc {
		flags |= os.O_TRUNC
	}
	if want.Excl {
		flags |= os.O_EXCL
	}
	var f *os.File
	err := h.c.meet("create", r.Filepath, func() (err error) {
		if h.c.s.o.ReadOnly {
			return sftp.ErrSSHFxPermissionDenied
		}
		f, err = h.c.s.root.OpenFile(local(r.Filepath), flags, 0o640)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &handle{c: h.c, f: f, path: r.Filepath}, nil
}

func (h *files) Filecmd(r *sftp.Request) error {
	root := h.c.s.root
	var kind string
	var effect func() error
	from := local(r.Filepath)
	switch r.Method {
	case "Rename":
		kind, effect = "rename", func() error { return h.rename(from, local(r.Target)) }
	case "Remove":
		kind, effect = "remove", func() error { return h.remove(from, false) }
	case "Rmdir":
		kind, effect = "remove", func() error { return h.remove(from, true) }
	case "Mkdir":
		kind, effect = "mkdir", func() error { return root.Mkdir(from, 0o750) }
	case "Setstat":
		return nil
	default:
		return sftp.ErrSSHFxOpUnsupported
	}
	return h.c.meet(kind, r.Filepath, func() error {
		if h.c.s.o.ReadOnly {
			return sftp.ErrSSHFxPermissionDenied
		}
		return effect()
	})
}

// PosixRename replaces the target, as the extension says.
func (h *files) PosixRename(r *sftp.Request) error {
	return h.c.meet("rename", r.Filepath, func() error {
		if h.c.s.o.NoPosixRename {
			return sftp.ErrSSHFxOpUnsupported
		}
		return h.c.s.root.Rename(local(r.Filepath), local(r.Target))
	})
}

func (h *files) rename(from, to string) error {
	root := h.c.s.root
	info, err := root.Lstat(from)
	if err != nil {
		return err
	}
	if h.c.s.o.RenameReplaces || info.IsDir() {
		return root.Rename(from, to)
	}
	if err := root.Link(from, to); err != nil {
		return err
	}
	return root.Remove(from)
}

// remove takes a file away, or a directory; clients try the one after the other.
func (h *files) remove(name string, dir bool) error {
	info, err := h.c.s.root.Lstat(name)
	if err != nil {
		return err
	}
	if h.c.s.o.NoRemove {
		return sftp.ErrSSHFxPermissionDenied
	}
	if info.IsDir() != dir {
		return sftp.ErrSSHFxFailure
	}
	if err := h.c.s.root.Remove(name); err != nil {
		return err
	}
	if !dir {
		h.c.s.mu.Lock()
		h.c.s.used = max(0, h.c.s.used-info.Size())
		h.c.s.mu.Unlock()
	}
	return nil
}

func (h *files) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	switch r.Method {
	case "List":
		return h.list(r.Filepath)
	case "Stat":
		return h.stat(r.Filepath, h.c.s.root.Stat)
	}
	return nil, sftp.ErrSSHFxOpUnsupported
}

func (h *files) Lstat(r *sftp.Request) (sftp.ListerAt, error) {
	return h.stat(r.Filepath, h.c.s.root.Lstat)
}

func (h *files) stat(p string, of func(string) (fs.FileInfo, error)) (l lister, err error) {
	err = h.c.meet("stat", p, func() error {
		info, err := of(local(p))
		l = lister{info}
		return err
	})
	return l, err
}

func (h *files) list(p string) (l lister, err error) {
	err = h.c.meet("list", p, func() error {
		d, err := h.c.s.root.Open(local(p))
		if err != nil {
			return err
		}
		defer d.Close()
		l, err = d.Readdir(-1)
		if hides := h.c.s.o.Hides; hides != "" {
			l = slices.DeleteFunc(l, func(i fs.FileInfo) bool { return strings.HasSuffix(i.Name(), hides) })
		}
		return err
	})
	return l, err
}

// StatVFS says what is left of the quota; without one it is not offered.
func (h *files) StatVFS(r *sftp.Request) (out *sftp.StatVFS, err error) {
	err = h.c.meet("statvfs", r.Filepath, func() error {
		if h.c.s.o.Quota == 0 {
			return sftp.ErrSSHFxOpUnsupported
		}
		h.c.s.mu.Lock()
		defer h.c.s.mu.Unlock()
		left := uint64(h.c.s.o.Quota - h.c.s.used)
		out = &sftp.StatVFS{Bsize: 1, Frsize: 1, Blocks: uint64(h.c.s.o.Quota), Bfree: left, Bavail: left}
		return nil
	})
	return out, err
}

type lister []fs.FileInfo

func (l lister) ListAt(to []fs.FileInfo, off int64) (int, error) {
	if off >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(to, l[off:])
	if n < len(to) {
		return n, io.EOF
	}
	return n, nil
}

// handle is an open file of a client.
type handle struct {
	c    *conn
	f    *os.File
	path string
	cut  bool // the connection ended with the file open
}

func (h *handle) ReadAt(b []byte, off int64) (n int, err error) {
	if limit := h.c.s.o.MaxRead; limit > 0 && len(b) > limit {
		b = b[:limit]
	}
	err = h.c.meet("read", h.path, func() error {
		n, err = h.f.ReadAt(b, off)
		return err
	})
	return n, err
}

func (h *handle) WriteAt(b []byte, off int64) (n int, err error) {
	err = h.c.meet("write", h.path, func() error {
		if err := h.c.s.take(int64(len(b))); err != nil {
			return err
		}
		if h.c.s.o.Forgets {
			return nil
		}
		if h.c.s.o.Garbles {
			b = make([]byte, len(b))
		}
		n, err = h.f.WriteAt(b, off)
		return err
	})
	return n, err
}

func (s *Server) take(n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.o.Full {
		return errors.New("no space left on device")
	}
	if s.o.Quota > 0 && s.used+n > s.o.Quota {
		return errors.New("quota exceeded")
	}
	s.used += n
	return nil
}

// TransferError is called when the connection ends with the file open.
func (h *handle) TransferError(error) { h.cut = true }

func (h *handle) Close() error {
	if h.cut {
		return h.f.Close()
	}
	err := h.c.meet("close", h.path, func() error { return nil })
	return errors.Join(err, h.f.Close())
}

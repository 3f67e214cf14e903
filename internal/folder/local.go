package folder

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"
	"syscall"
	"time"
)

// Local is a directory on this machine, or on a share that is mounted here. It
// never follows a symbolic link out of the directory and never replaces a file.
type Local struct {
	dir   string
	mu    sync.Mutex
	swept map[string]time.Time // subfolders looked through for old temporary files
}

// NewLocal makes the folder of a directory. The directory need not be there yet.
func NewLocal(dir string) (*Local, error) {
	if dir == "" {
		return nil, errors.New("a local folder needs a directory")
	}
	return &Local{dir: dir, swept: map[string]time.Time{}}, nil
}

// Path is the directory on this machine, for those who want to watch it.
func (l *Local) Path() string { return l.dir }

// List returns the regular files; see Folder.
func (l *Local) List(ctx context.Context) ([]Info, error) {
	d, err := os.Open(l.dir)
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	defer d.Close()
	var out []Info
	for {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("list: %w", err)
		}
		entries, err := d.ReadDir(1000)
		for _, e := range entries {
			if !e.Type().IsRegular() || isTemp(e.Name()) {
				continue
			}
			i, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue // gone since
			}
			if err != nil {
				return nil, fmt.Errorf("list: %w", err)
			}
			if i.Mode().IsRegular() {
				out = append(out, Info{Name: e.Name(), Size: i.Size(), ModTime: i.ModTime()})
			}
		}
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list: %w", err)
		}
	}
}

// Stat describes one regular file; see Stat of the package.
func (l *Local) Stat(ctx context.Context, name string) (Info, error) {
	root, err := l.enter(ctx, name)
	if err != nil {
		return Info{}, fmt.Errorf("stat %s: %w", name, err)
	}
	defer root.Close()
	i, err := root.Lstat(name)
	if err == nil && !i.Mode().IsRegular() {
		err = ErrNotFile
	}
	if err != nil {
		return Info{}, fmt.Errorf("stat %s: %w", name, err)
	}
	return Info{Name: name, Size: i.Size(), ModTime: i.ModTime()}, nil
}

// enter checks the names and opens the directory, anew each time: it may have
// been replaced.
func (l *Local) enter(ctx context.Context, names ...string) (*os.Root, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, n := range names {
		if err := check(n); err != nil {
			return nil, err
		}
	}
	return os.OpenRoot(l.dir)
}

// Open reads a file; see Folder. The reader ends with ErrChanged when the file
// changed meanwhile.
func (l *Local) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	root, err := l.enter(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	defer root.Close()
	r, err := openLocal(ctx, root, name)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return r, nil
}

func openLocal(ctx context.Context, root *os.Root, name string) (*localReader, error) {
	before, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, ErrNotFile
	}
	// Someone may put a pipe in its place just now; opening that must not wait.
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	i, err := f.Stat()
	if err == nil && !os.SameFile(i, before) {
		err = ErrNotFile
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &localReader{ctx: ctx, f: f, before: i}, nil
}

type localReader struct {
	ctx    context.Context
	f      *os.File
	before fs.FileInfo
	n      int64
}

func (r *localReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.f.Read(p)
	r.n += int64(n)
	if err == io.EOF {
		now, serr := r.f.Stat()
		if serr != nil {
			return n, serr
		}
		if r.n != now.Size() || now.Size() != r.before.Size() || !now.ModTime().Equal(r.before.ModTime()) {
			return n, ErrChanged
		}
	}
	return n, err
}

func (r *localReader) Close() error { return r.f.Close() }

// Put writes a file; see Folder. A crash before the rename leaves a temporary
// file that List does not show and a later Put removes; after it, the whole file.
func (l *Local) Put(ctx context.Context, name string, data io.Reader) error {
	root, err := l.enter(ctx, name)
	if err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	defer root.Close()
	if err := l.put(ctx, root, name, data); err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	return nil
}

func (l *Local) put(ctx context.Context, root *os.Root, name string, data io.Reader) (err error) {
	dir := path.Dir(name)
	if err := makeDir(root, dir); err != nil {
		return err
	}
	temp := path.Join(dir, tempName())
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	defer func() {
		f.Close()
		if err != nil {
			root.Remove(temp)
		}
	}()
	l.sweep(root, dir, f)
	sum := sha256.New()
	n, err := feed(ctx, data, func(b []byte) error {
		sum.Write(b)
		_, err := f.Write(b)
		return err
	})
	if err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	i, err := f.Stat()
	if err != nil {
		return err
	}
	if i.Size() != n {
		return fmt.Errorf("%d bytes written, %d are there", n, i.Size())
	}
	if err := f.Close(); err != nil {
		return err
	}
	err = rename(root, temp, name)
	if errors.Is(err, fs.ErrExist) {
		if err := sameLocal(ctx, root, name, n, sum.Sum(nil)); err != nil {
			return err
		}
		root.Remove(temp)
		return syncDir(root, dir)
	}
	if err != nil {
		return err
	}
	return syncDir(root, dir)
}

// sameLocal is nil when the file has just this content, and makes it durable:
// who put it may have been killed before that.
func sameLocal(ctx context.Context, root *os.Root, name string, n int64, sum []byte) error {
	r, err := openLocal(ctx, root, name)
	if errors.Is(err, ErrNotFile) {
		return fmt.Errorf("%w as something that is not a file", fs.ErrExist)
	}
	if err != nil {
		return err
	}
	defer r.Close()
	have := sha256.New()
	k, err := io.Copy(have, r)
	if err != nil {
		return err
	}
	if k != n || string(have.Sum(nil)) != string(sum) {
		return fmt.Errorf("%w with other content", fs.ErrExist)
	}
	return r.f.Sync()
}

// sweep removes what a killed process left in a subfolder: at our first Put there,
// and a day later again, for what was not old enough then.
func (l *Local) sweep(root *os.Root, dir string, now *os.File) {
	l.mu.Lock()
	wanted := due(l.swept, dir, time.Now())
	l.mu.Unlock()
	ref, err := now.Stat()
	if !wanted || err != nil {
		return
	}
	d, err := root.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	entries, _ := d.ReadDir(-1)
	for _, e := range entries {
		if !isTemp(e.Name()) {
			continue
		}
		if i, err := e.Info(); err == nil && stale(e.Name(), i.ModTime(), ref.ModTime()) {
			root.Remove(path.Join(dir, e.Name()))
		}
	}
}

// makeDir makes a subfolder durable; the folder itself must be there.
func makeDir(root *os.Root, dir string) error {
	if dir == "." {
		return nil
	}
	if i, err := root.Stat(dir); err == nil && i.IsDir() {
		return nil
	}
	if err := root.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	for dir != "." {
		dir = path.Dir(dir)
		if err := syncDir(root, dir); err != nil {
			return err
		}
	}
	return nil
}

func syncDir(root *os.Root, dir string) error {
	d, err := root.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil // some shares cannot, and promise names at once
	}
	return errors.Join(err, d.Close())
}

// Move renames a file; see Folder.
func (l *Local) Move(ctx context.Context, name, to string) error {
	root, err := l.enter(ctx, name, to)
	if err != nil {
		return fmt.Errorf("move %s to %s: %w", name, to, err)
	}
	defer root.Close()
	if err := moveLocal(root, name, to); err != nil {
		return fmt.Errorf("move %s to %s: %w", name, to, err)
	}
	return nil
}

func moveLocal(root *os.Root, name, to string) error {
	from, ferr := root.Lstat(name)
	there, terr := root.Lstat(to)
	switch {
	case ferr != nil && !errors.Is(ferr, fs.ErrNotExist):
		return ferr
	case ferr != nil && terr == nil:
		return syncDir(root, path.Dir(to)) // done before, perhaps not yet durable
	case ferr != nil:
		return ferr
	case name == to:
		return nil
	case !from.Mode().IsRegular():
		return ErrNotFile
	case terr == nil && os.SameFile(from, there) && links(from) > 1:
		return root.Remove(name) // rename by link and unlink was cut in the middle
	case terr == nil:
		return fs.ErrExist
	}
	if err := makeDir(root, path.Dir(to)); err != nil {
		return err
	}
	if err := rename(root, name, to); err != nil {
		if _, ferr := root.Lstat(name); errors.Is(ferr, fs.ErrNotExist) {
			if _, terr := root.Lstat(to); terr == nil {
				return nil // someone else did it at the same moment
			}
		}
		return err
	}
	// The new place first: a crash between leaves the file under both names, never
	// under none.
	return errors.Join(syncDir(root, path.Dir(to)), syncDir(root, path.Dir(name)))
}

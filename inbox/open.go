package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"loket-etl/internal/folder"
)

// ErrChanged says that a file is not the one that was found any more. Leave it: it
// is found again when it is complete.
var ErrChanged = folder.ErrChanged

// ErrLater is what found returns for a file that must wait for another one: it is
// offered again at the next scan, and that is no failure.
var ErrLater = errors.New("later")

// Open reads a found file. Its end is io.EOF only when the file is still the one
// that was found and, where a hash was promised and right, has that hash; else the
// reader ends with ErrChanged. So who reads to the end has the whole file.
func Open(ctx context.Context, f folder.Folder, fd Found) (io.ReadCloser, error) {
	r, err := f.Open(ctx, fd.Name)
	if err != nil {
		return nil, err
	}
	if err := unchanged(ctx, f, fd.Info); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	out := &reader{ReadCloser: r, ctx: ctx, f: f, fd: fd}
	if fd.SHA256 != "" && fd.Refuse == "" {
		out.sum = sha256.New()
	}
	return out, nil
}

func unchanged(ctx context.Context, f folder.Folder, want folder.Info) error {
	now, err := folder.Stat(ctx, f, want.Name)
	if err != nil {
		return err
	}
	if !same(now, want) {
		return fmt.Errorf("%s: %w", want.Name, ErrChanged)
	}
	return nil
}

type reader struct {
	io.ReadCloser
	ctx context.Context
	f   folder.Folder
	fd  Found
	sum hash.Hash // nil when no hash was promised
	n   int64
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.n += int64(n)
	if r.sum != nil {
		r.sum.Write(p[:n])
	}
	if err != io.EOF {
		return n, err
	}
	if cerr := unchanged(r.ctx, r.f, r.fd.Info); cerr != nil {
		return n, cerr
	}
	if r.n != r.fd.Info.Size || (r.sum != nil && hex.EncodeToString(r.sum.Sum(nil)) != r.fd.SHA256) {
		return n, fmt.Errorf("%s: %w", r.fd.Name, ErrChanged)
	}
	return n, io.EOF
}

// Unchanged says whether a file has the size and the time that it had. It does not
// read the file. A missing file is an error that matches fs.ErrNotExist.
func Unchanged(ctx context.Context, f folder.Folder, was folder.Info) (bool, error) {
	err := unchanged(ctx, f, was)
	if errors.Is(err, ErrChanged) {
		return false, nil
	}
	return err == nil, err
}

// Holds says whether a file has these bytes, whatever its time; not, when it
// changes while it is read. A missing file is an error that matches
// fs.ErrNotExist.
func Holds(ctx context.Context, f folder.Folder, name, sha256hex string) (bool, error) {
	got, err := Sum(ctx, f, name)
	if errors.Is(err, ErrChanged) {
		return false, nil
	}
	return err == nil && got == sha256hex, err
}

// Sum is the SHA-256 of a file in lower-case hex; ErrChanged when it changes while
// it is read. A missing file is an error that matches fs.ErrNotExist.
func Sum(ctx context.Context, f folder.Folder, name string) (string, error) {
	now, err := folder.Stat(ctx, f, name)
	if err != nil {
		return "", err
	}
	sum, err := sumOf(ctx, f, now)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return sum, nil
}

// Package folder is the doorstep of every place where files come from or go to:
// a directory on this machine or on an SFTP server. It moves whole files and
// knows nothing of what is in them.
package folder

import (
	"context"
	"io"
	"time"
)

// Info describes a file in a folder.
type Info struct {
	Name    string // relative to the folder, with forward slashes
	Size    int64  // bytes
	ModTime time.Time
}

// Folder is a place with files. Names are relative, with forward slashes; a
// subfolder ("done/uren.csv") is made when needed. Every implementation passes
// the suite in foldertest.
type Folder interface {
	// List returns the regular files directly in the folder, in no order. A
	// folder that does not exist is an error that matches fs.ErrNotExist.
	List(ctx context.Context) ([]Info, error)

	// Open reads a file. A missing file is an error that matches fs.ErrNotExist.
	Open(ctx context.Context, name string) (io.ReadCloser, error)

	// Put writes a file whole or not at all: no reader ever sees a part of it,
	// and after success it survives a power cut. The same bytes under the same
	// name again succeed; other bytes under a name that exists are an error that
	// matches fs.ErrExist, and the old file stays.
	Put(ctx context.Context, name string, data io.Reader) error

	// Move renames a file and never replaces one. If name is gone and to is
	// there, it succeeds: it was done before. If both are there the error
	// matches fs.ErrExist, if neither is fs.ErrNotExist.
	Move(ctx context.Context, name, to string) error
}

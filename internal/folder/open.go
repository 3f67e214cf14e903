package folder

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// Spec says where a folder is and how to get in.
type Spec struct {
	Kind string // "local" or "sftp"
	Dir  string // the directory; for sftp absolute or relative to where the login lands

	// The rest is for sftp.

	Host       string // "sftp.example.nl" or "sftp.example.nl:2222"
	User       string
	Password   Secret // also given where the server asks questions instead
	Key        Secret // private key in PEM or OpenSSH form
	Passphrase Secret // of Key
	Agent      string // path of an SSH agent's socket

	// HostKeys are the keys the server may show, as lines of a known_hosts file or
	// as plain public keys ("ssh-ed25519 AAAA..."). Several are fine: that is how a
	// key is rotated. KnownHosts is a file with such lines, read again at every new
	// connection. Without any the folder does not open.
	HostKeys   []string
	KnownHosts string

	Timeout     time.Duration // longest silence of the server in any operation; 0: 30 s
	Keepalive   time.Duration // between signs of life on an idle connection; 0: 30 s
	Connections int           // at the same time, at least 2; 0: 4. An open reader holds one
}

// Secret is text that is never printed.
type Secret string

const masked = "***"

// String hides the secret.
func (Secret) String() string { return masked }

// GoString hides the secret.
func (Secret) GoString() string { return masked }

// MarshalText hides the secret.
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// Open makes the folder of a kind. It says what is wrong with the Spec, but does
// not look at the place yet: a folder that is away now may come back. Close the
// folder with Close.
func Open(s Spec) (Folder, error) {
	switch s.Kind {
	case "local":
		return NewLocal(s.Dir)
	case "sftp":
		return NewSFTP(s)
	default:
		return nil, fmt.Errorf("kind %q of folder is not known; known are local and sftp", s.Kind)
	}
}

// Close ends what the folder holds open, such as connections. It may be called
// twice, and on folders that hold nothing.
func Close(f Folder) error {
	if c, ok := f.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Stater is a folder that can describe one file without listing all.
type Stater interface {
	Stat(ctx context.Context, name string) (Info, error)
}

// Stat describes one regular file. A missing one is an error that matches
// fs.ErrNotExist. Folders that are no Stater are listed for it.
func Stat(ctx context.Context, f Folder, name string) (Info, error) {
	if s, ok := f.(Stater); ok {
		return s.Stat(ctx, name)
	}
	all, err := f.List(ctx)
	if err != nil {
		return Info{}, err
	}
	for _, i := range all {
		if i.Name == name {
			return i, nil
		}
	}
	return Info{}, fmt.Errorf("stat %s: %w", name, fs.ErrNotExist)
}

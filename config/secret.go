package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

const hidden = "***"

// Secret is a value that must not be seen: it prints as *** in every way a value
// can be printed, logged or encoded. Only Reveal gives it away. The zero Secret
// is not set.
type Secret struct {
	// A pointer: fmt does not ask methods of unexported fields, and shows an
	// address where a string would show itself.
	value *string
}

// NewSecret hides a value.
func NewSecret(value string) Secret { return Secret{value: &value} }

// Reveal gives the value, "" when it is not set.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet tells whether there is a value.
func (s Secret) IsSet() bool { return s.value != nil }

// String is ***.
func (s Secret) String() string { return hidden }

// GoString is ***.
func (s Secret) GoString() string { return hidden }

// Format writes *** for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText is ***; JSON map keys, YAML, XML and loggers ask for it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON is "***".
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalYAML is ***.
func (s Secret) MarshalYAML() (any, error) { return hidden, nil }

const maxSecret = 64 << 10

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// decode reads env:NAME and file:/path. No message repeats text: it may be a
// password that stands in the wrong place.
func (s *Secret) decode(text string, d *decoder) (problem, hint string) {
	kind, rest, _ := strings.Cut(text, ":")
	var value string
	switch kind {
	case "env":
		if !envName.MatchString(rest) {
			return "env: must be followed by the name of an environment variable", "for example env:LOKET_PASSWORD"
		}
		if d.leavesAlone() {
			return "", ""
		}
		v, ok := d.getenv(rest)
		if !ok {
			return fmt.Sprintf("environment variable %s is not set", rest), "set it where the program is started, or use file:/path"
		}
		value = v
		if value == "" {
			return fmt.Sprintf("environment variable %s is empty", rest), ""
		}
	case "file":
		if rest == "" {
			return "file: must be followed by a path", "for example file:/etc/loket-etl/password"
		}
		if d.leavesAlone() {
			return "", ""
		}
		path := d.absolute(rest)
		v, mode, err := readSecret(path)
		if err != nil {
			return fmt.Sprintf("secret file %s: %s", rest, short(err)), "it must be a file that the user of this program can read"
		}
		if mode&0o077 != 0 && runtime.GOOS != "windows" {
			d.warn(fmt.Sprintf("secret file %s can be read by other users (mode %04o)", rest, mode), "chmod 600 "+rest)
		}
		value = v
	default:
		return "a secret must not stand in this file", "write env:NAME or file:/path"
	}
	*s = NewSecret(value)
	return "", ""
}

// leavesAlone tells whether the secret being decoded is not asked for.
func (d *decoder) leavesAlone() bool {
	return d.ledgerOnly && !strings.HasPrefix(d.path, "database.")
}

// readSecret reads a small file without its last line end.
func readSecret(path string) (string, fs.FileMode, error) {
	info, err := os.Stat(path) // before Open, which waits for ever on a pipe
	if err != nil {
		return "", 0, err
	}
	if !info.Mode().IsRegular() {
		return "", 0, errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", 0, err
	}
	if len(b) > maxSecret {
		return "", 0, errors.New("larger than 64 KiB")
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if text == "" {
		return "", 0, errors.New("is empty")
	}
	return text, info.Mode().Perm(), nil
}

// short is the cause without the operation and the path, which the message has.
func short(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// absolute resolves a path against the directory of the file that names it.
func (d *decoder) absolute(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(d.dir, path)
}

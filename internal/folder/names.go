package folder

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"
)

// ErrChanged is returned by the reader of Open, instead of io.EOF, when the size
// or the time of the file changed while it was read: what was read is not a file.
var ErrChanged = errors.New("the file changed while it was read")

// ErrUnknown is returned by Put and Move when the last step was asked for, but no
// answer came and it could not be found out whether it was done. Doing it again
// is safe as long as nobody takes the file away at the other side.
var ErrUnknown = errors.New("nobody knows whether the file is there")

// ErrNotFile is matched by the errors of Open, Stat and Move when a directory, a
// link or something else that is no regular file has the name.
var ErrNotFile = errors.New("not a regular file")

// chunk is the most that goes out or comes in with one request; every SFTP
// server takes 32 KiB.
const chunk = 32 << 10

const (
	tempPrefix = ".etl-"
	tempSuffix = ".part"
	staleAfter = 24 * time.Hour
)

// tempName is a name no one else has; its length does not depend on the file's.
func tempName() string {
	var b [8]byte
	rand.Read(b[:])
	return tempPrefix + hex.EncodeToString(b[:]) + tempSuffix
}

func isTemp(base string) bool {
	return len(base) == len(tempPrefix)+16+len(tempSuffix) &&
		strings.HasPrefix(base, tempPrefix) && strings.HasSuffix(base, tempSuffix)
}

// stale says whether a temporary name is what a killed process left behind. Both
// times come from the clock of the place.
func stale(base string, t, now time.Time) bool {
	return isTemp(base) && now.Sub(t) > staleAfter
}

// due says whether a subfolder is to be looked through, and notes that it is.
func due(swept map[string]time.Time, dir string, now time.Time) bool {
	last, done := swept[dir]
	if done && now.Sub(last) <= staleAfter {
		return false
	}
	swept[dir] = now
	return true
}

// check refuses names that are not below the folder. Bytes that are not UTF-8
// are fine: old programs still make such names.
func check(name string) error {
	bad := name == "" || strings.HasPrefix(name, "/") || strings.ContainsRune(name, 0) || isTemp(path.Base(name))
	for part := range strings.SplitSeq(name, "/") {
		bad = bad || part == "" || part == "." || part == ".."
	}
	if bad {
		return fmt.Errorf("name %q: %w", name, fs.ErrInvalid)
	}
	return nil
}

// feed hands data to write in whole chunks, and looks at ctx between them.
// io.ReadFull would turn a source that ends too early (io.ErrUnexpectedEOF) into
// a good end, so the loop is ours.
func feed(ctx context.Context, data io.Reader, write func([]byte) error) (n int64, err error) {
	buf := make([]byte, chunk)
	for err == nil {
		k := 0
		for k < len(buf) && err == nil {
			if cerr := ctx.Err(); cerr != nil {
				return n, cerr
			}
			var m int
			m, err = data.Read(buf[k:])
			k += m
		}
		if cerr := ctx.Err(); cerr != nil {
			return n, cerr
		}
		if err != nil && err != io.EOF {
			return n, err
		}
		if k > 0 {
			if werr := write(buf[:k]); werr != nil {
				return n, werr
			}
			n += int64(k)
		}
	}
	return n, nil
}

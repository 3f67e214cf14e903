package formats

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// AgeSeal opens files that are encrypted with age, armored or not, for one of the
// identities: lines as age-keygen writes them. Age says that a file is whole and
// unchanged, not who made it.
func AgeSeal(identities string) (*Seal, error) {
	keys, err := age.ParseIdentities(strings.NewReader(identities))
	if err != nil {
		return nil, errors.New("not an age identity: it is a line that begins with AGE-SECRET-KEY-1") // the error shows it
	}
	return &Seal{open: func(r *bufio.Reader, _ time.Time) (*opened, error) {
		var in io.Reader = r
		head, _ := r.Peek(len(armor.Header))
		switch {
		case bytes.Equal(head, []byte(armor.Header)):
			in = armor.NewReader(r)
		case !bytes.HasPrefix(head, []byte("age-encryption.org/")):
			return nil, sealAbsent("age")
		}
		plain, err := age.Decrypt(in, keys...)
		var other *age.NoIdentityMatchError
		switch {
		case errors.As(err, &other):
			return nil, sealOtherKey()
		case err != nil:
			return nil, sealBroken()
		}
		return &opened{plain, func() error { return nil }}, nil
	}}, nil
}

// String names what it is and nothing of its keys.
func (s *Seal) String() string { return "seal" }

// GoString names what it is and nothing of its keys.
func (s *Seal) GoString() string { return "seal" }

// Format writes what it is for every verb.
func (s *Seal) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "seal") }

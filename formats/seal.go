package formats

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
)

// maxUnsealed is how much may come out of what arrives encrypted.
const maxUnsealed = 4 << 30

// Seal opens files that arrive encrypted or signed, by the keys that it was made
// with. It may be used by many goroutines, and prints no key.
type Seal struct {
	open func(r *bufio.Reader, at time.Time) (*opened, error)
}

// opened is the plain text of a file; genuine says, once all of it was read, why it
// may not be used.
type opened struct {
	r       io.Reader
	genuine func() error
}

// Open reads the plain text of a file that came in at a moment. Nothing of it may be
// used before all of it was read: only io.EOF at its end says that it is whole and,
// where that is asked, signed by who may sign. Another error is one of r, or a
// *FileError that says in Dutch what is wrong and what to do: not encrypted, for
// another key, damaged, signed by somebody else or not at all, or larger than 4 GiB
// or than 250 times itself.
func (s *Seal) Open(r io.Reader, at time.Time) (io.Reader, error) {
	in := &source{r: r}
	o, err := s.open(bufio.NewReaderSize(in, 64<<10), at)
	if err != nil {
		return nil, in.or(err)
	}
	return &unsealed{opened: o, source: in, budget: &budget{most: maxUnsealed, in: func() int64 { return in.n }}}, nil
}

// OpenedName is the name of a file as it is called once it is open: without the
// extension that says it is encrypted or signed.
func OpenedName(name string) string {
	switch ext := strings.ToLower(path.Ext(name)); ext {
	case ".age", ".pgp", ".gpg", ".asc":
		return name[:len(name)-len(ext)]
	}
	return name
}

// unsealed is the plain text as far as its budget goes.
type unsealed struct {
	*opened
	source *source
	budget *budget
	end    error
}

// Read reads on.
func (u *unsealed) Read(p []byte) (int, error) {
	if u.end != nil {
		return 0, u.end
	}
	n, err := u.r.Read(p)
	if wrong := u.budget.spend(n); wrong != nil {
		u.end = wrong
		return 0, wrong
	}
	var known *FileError
	switch {
	case errors.Is(err, io.EOF):
		if wrong := u.genuine(); wrong != nil {
			err = wrong
		}
	case err != nil && !errors.As(err, &known):
		err = u.source.or(sealBroken())
	}
	u.end = err
	return n, err
}

// Problems of what arrives encrypted.
func sealWrong(code, message, repair string) error {
	return &FileError{Problem{Code: code, Message: message, Repair: repair}}
}

func sealBroken() error {
	return sealWrong("versleuteling-beschadigd", "Dit versleutelde bestand is beschadigd, veranderd of niet helemaal aangekomen; er is niets van gebruikt.",
		"Versleutel het opnieuw en lever het opnieuw aan.")
}

func sealAbsent(how string) error {
	return sealWrong("niet-versleuteld", fmt.Sprintf("Dit bestand is niet met %s versleuteld, terwijl dat is afgesproken.", how),
		"Versleutel het met de publieke sleutel van de ontvanger en lever het opnieuw aan; wijzig een wachtwoord dat er leesbaar in stond.")
}

func sealOtherKey() error {
	return sealWrong("andere-sleutel", "Dit bestand is voor een andere sleutel versleuteld en is hier niet te openen.",
		"Versleutel het met de publieke sleutel die u van de ontvanger kreeg; is die verlopen of kwijt, vraag dan de nieuwe.")
}

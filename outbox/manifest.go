package outbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Manifest says what a delivery consists of, so that a partner can see that all
// of it came, before the payment file does.
type Manifest struct {
	Delivery string  // which delivery, such as "5555-2026-09-1"
	Files    []Entry // all but the manifest itself
}

// Entry is one file of a delivery.
type Entry struct {
	Kind   string `json:"kind"`             // what it is, in a word, such as "betalingen"
	Name   string `json:"name"`             // as it is published
	Bytes  int64  `json:"bytes"`            // its length
	SHA256 string `json:"sha256"`           // in lower-case hex
	Count  int64  `json:"count"`            // of what it holds: payments, rows, pages
	Amount string `json:"amount,omitempty"` // what it adds up to, exactly, such as "1234.56"; "" where that means nothing
}

// manifestVersion changes when a reader of the old one would be wrong.
const manifestVersion = 1

// longestManifest bounds what is read, in bytes.
const longestManifest = 16 << 20

// document is the manifest as it stands in the file.
type document struct {
	Manifest int     `json:"manifest"`
	Delivery string  `json:"delivery"`
	Files    []Entry `json:"files"`
}

var (
	exactAmount = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,15})\.[0-9]{2}$`)
	plainWord   = regexp.MustCompile(`^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$`)
)

func (m Manifest) check() error {
	var problems []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	wrong(!plainWord.MatchString(m.Delivery), "delivery %q is not in lower-case letters and digits", m.Delivery)
	wrong(len(m.Files) == 0, "a manifest of no files")
	seen := map[string]bool{}
	for _, e := range m.Files {
		f := File{Name: e.Name, SHA256: e.SHA256, Size: e.Bytes}
		problems = append(problems, f.check())
		wrong(!plainWord.MatchString(e.Kind), "%s: kind %q is not in lower-case letters and digits", e.Name, e.Kind)
		wrong(e.Count < 0, "%s: count %d", e.Name, e.Count)
		wrong(e.Amount != "" && (!exactAmount.MatchString(e.Amount) || e.Amount == "-0.00"), "%s: the amount is not written like 1234.56", e.Name)
		wrong(seen[strings.ToLower(e.Name)], "%s stands there twice", e.Name)
		seen[strings.ToLower(e.Name)] = true
	}
	return errors.Join(problems...)
}

// Encode gives the bytes of a manifest, the same for the same files in any order.
// All that is wrong with it is said at once.
func (m Manifest) Encode() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	files := slices.SortedFunc(slices.Values(m.Files), func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(document{manifestVersion, m.Delivery, files}); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return b.Bytes(), nil
}

// DecodeManifest reads what Encode wrote, and nothing else: a key that is unknown
// or there twice, an amount in another notation, files in another order or a
// byte after the end are errors.
func DecodeManifest(r io.Reader) (Manifest, error) {
	text, err := io.ReadAll(io.LimitReader(r, longestManifest+1))
	if err != nil {
		return Manifest{}, fmt.Errorf("manifest: %w", err)
	}
	if len(text) > longestManifest {
		return Manifest{}, fmt.Errorf("manifest: longer than %d bytes", longestManifest)
	}
	var d document
	j := json.NewDecoder(bytes.NewReader(text))
	j.DisallowUnknownFields()
	if err := j.Decode(&d); err != nil {
		return Manifest{}, fmt.Errorf("manifest: %w", err)
	}
	if d.Manifest != manifestVersion {
		return Manifest{}, fmt.Errorf("manifest: version %d is not known; known is %d", d.Manifest, manifestVersion)
	}
	m := Manifest{Delivery: d.Delivery, Files: d.Files}
	again, err := m.Encode()
	if err != nil {
		return Manifest{}, err
	}
	if !bytes.Equal(again, text) {
		return Manifest{}, errors.New("manifest: not the bytes that this program writes")
	}
	return m, nil
}

// InMemory is the File of bytes that are in memory, such as a manifest.
func InMemory(name string, data []byte) File {
	sum := sha256.Sum256(data)
	return File{
		Name: name, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(data)),
		Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
	}
}

// Role is the part of a file in its delivery.
type Role int

// The roles, in the order in which they are published: a partner who pays on
// sight of the payment file has everything else by then, and can check it.
const (
	Document Role = iota
	Summary       // the manifest
	Payment
)

// Part is a file with its role.
type Part struct {
	File
	Role Role
}

// Order is the order in which a delivery is published: documents, the manifest,
// payment files, each by name. It does not change its argument.
func Order(parts []Part) []Part {
	return slices.SortedStableFunc(slices.Values(parts), func(a, b Part) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Name, b.Name))
	})
}

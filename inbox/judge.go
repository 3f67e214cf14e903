package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"loket-etl/internal/folder"
)

// verdict is what becomes of a file at one look, and why.
type verdict struct {
	complete bool
	reason   string
	found    Found
	marker   folder.Info // that decided; zero for none
}

func wait(format string, a ...any) verdict { return verdict{reason: fmt.Sprintf(format, a...)} }

// judge decides about a file that note has seen.
func (b *Inbox) judge(ctx context.Context, v *view, name string) verdict {
	s := b.known[name]
	if !b.wanted(name) {
		return wait("its name matches none of the patterns %s", strings.Join(b.o.Patterns, ", "))
	}
	lain := b.o.Now().Sub(s.since)
	quiet := s.looks > 1 && lain >= b.o.Quiet
	fd := Found{Name: name, Info: s.info}
	m, ofStem, ok := v.marker(name)
	if ok {
		return b.marked(ctx, s, fd, m, ofStem, quiet)
	}
	s.sum = sumCheck{}
	switch {
	case b.o.RequireMarker:
		return wait("it waits for a marker such as %s.ok", name)
	case s.renamed == certain, s.renamed == likely && s.looks > 1:
		return verdict{complete: true, reason: "it was renamed out of a temporary name", found: fd}
	case quiet:
		return verdict{complete: true, reason: "it lay unchanged for " + b.o.Quiet.String(), found: fd}
	}
	return wait("it lies unchanged for %s; after %s it is complete", lain.Round(time.Millisecond), b.o.Quiet)
}

func (b *Inbox) wanted(name string) bool {
	return len(b.o.Patterns) == 0 || slices.ContainsFunc(b.o.Patterns, func(p string) bool {
		ok, _ := path.Match(p, strings.ToLower(name)) // patterns were checked by New
		return ok
	})
}

// marked decides about a file beside which a marker lies. The marker of last month
// may still be there while this month's file is written, so one that is older than
// the file, or that the file was handed over with before it changed, is not enough.
func (b *Inbox) marked(ctx context.Context, s *state, fd Found, m folder.Info, ofStem, quiet bool) verdict {
	siblings := len(b.stems[strings.ToLower(stem(fd.Name))])
	if !ofStem || siblings < 2 {
		fd.Marker = m.Name
	}
	doubt := ""
	switch {
	case fd.Marker == "":
		doubt = fmt.Sprintf("marker %s may belong to any of %d files", m.Name, siblings)
	case m.ModTime.Before(s.info.ModTime):
		doubt = fmt.Sprintf("marker %s is older than the file", m.Name)
	case s.handed.IsZero() && same(s.used, m):
		doubt = fmt.Sprintf("the file changed after it was handed over with marker %s", m.Name)
	}
	// A hash that is right leaves no doubt; one look more saves reading a file that grows.
	if strings.HasSuffix(strings.ToLower(m.Name), ".sha256") && (doubt == "" || s.looks > 1) {
		return b.hashed(ctx, s, fd, m, quiet)
	}
	if doubt != "" && !quiet {
		return wait("%s, so it must lie unchanged for %s", doubt, b.o.Quiet)
	}
	return verdict{true, "marker " + m.Name + " is there", fd, m}
}

// sumCheck remembers a comparison, so that a file that lies there is read once.
type sumCheck struct {
	marker folder.Info
	done   bool
	want   string // hash in the marker, "" if it has none
	got    string
}

// hashed compares the file with its .sha256. As long as things may still be on
// their way a difference means nothing; after the quiet period it is refused.
func (b *Inbox) hashed(ctx context.Context, s *state, fd Found, m folder.Info, quiet bool) verdict {
	if !s.sum.done || !same(s.sum.marker, m) {
		c, err := b.compare(ctx, fd, m)
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, ErrChanged) && !errors.Is(err, fs.ErrNotExist) {
				b.o.Failed(fd.Name, fmt.Errorf("compare with %s: %w", m.Name, err))
			}
			return wait("it cannot be compared with %s: %v", m.Name, err)
		}
		s.sum = c
	}
	fd.SHA256 = s.sum.want
	switch {
	case s.sum.want != "" && s.sum.want == s.sum.got:
		return verdict{true, "marker " + m.Name + " has its hash", fd, m}
	case !quiet && s.sum.want == "":
		return wait("marker %s has no hash of it (yet)", m.Name)
	case !quiet:
		return wait("marker %s has another hash; the file may be on its way", m.Name)
	case s.sum.want == "":
		fd.Refuse = fmt.Sprintf("In %s staat geen SHA-256-controlesom van dit bestand. "+
			"Maak de controlesom opnieuw (64 tekens 0-9 en a-f) en lever het bestand daarna opnieuw aan.", m.Name)
		return verdict{true, "marker " + m.Name + " has no hash of it", fd, m}
	}
	fd.Refuse = fmt.Sprintf("De controlesom in %s hoort niet bij dit bestand: daar staat %s, het bestand heeft %s. "+
		"Het bestand is onderweg veranderd of de controlesom is van een ander bestand. Lever beide opnieuw aan.", m.Name, s.sum.want, s.sum.got)
	return verdict{true, "marker " + m.Name + " has another hash", fd, m}
}

func (b *Inbox) compare(ctx context.Context, fd Found, m folder.Info) (sumCheck, error) {
	c := sumCheck{marker: m, done: true}
	if m.Size > 1<<20 {
		return c, nil
	}
	text, err := read(ctx, b.f, m)
	if err != nil {
		return c, err
	}
	if c.want = hashOf(string(text), fd.Name); c.want == "" {
		return c, nil
	}
	c.got, err = sumOf(ctx, b.f, fd.Info)
	return c, err
}

func read(ctx context.Context, f folder.Folder, i folder.Info) ([]byte, error) {
	r, err := Open(ctx, f, Found{Name: i.Name, Info: i})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func sumOf(ctx context.Context, f folder.Folder, i folder.Info) (string, error) {
	r, err := Open(ctx, f, Found{Name: i.Name, Info: i})
	if err != nil {
		return "", err
	}
	defer r.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// hashOf finds the hash for a name in what sha256sum writes ("<hash>  name",
// "<hash> *name"), what BSD writes ("SHA256 (name) = <hash>"), or a bare hash.
func hashOf(text, name string) string {
	text = strings.TrimPrefix(text, "\ufeff")
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		sum, of, _ := strings.Cut(line, " ")
		of = strings.TrimPrefix(strings.TrimSpace(of), "*")
		if rest, ok := strings.CutPrefix(line, "SHA256 ("); ok {
			of, sum, _ = strings.Cut(rest, ") = ")
		}
		if b, err := hex.DecodeString(sum); err != nil || len(b) != sha256.Size {
			continue
		}
		base := path.Base(strings.ReplaceAll(of, `\`, "/"))
		if of == "" || strings.EqualFold(base, name) {
			return strings.ToLower(sum)
		}
	}
	return ""
}

// Look is what a person is told about a name in the inbox.
type Look struct {
	Name     string
	Info     folder.Info
	Complete bool
	Reason   string // in English, why it is complete or why it is passed over
}

// Explain looks at an inbox once and says of every name what Watch thinks of it,
// in order of name. It hands nothing over. What only time can tell, it says so.
func Explain(ctx context.Context, f folder.Folder, o Options) ([]Look, error) {
	o.Stats, o.Failed = nil, nil
	b, err := New(f, o)
	if err != nil {
		return nil, err
	}
	all, err := f.List(ctx)
	if err != nil {
		return nil, err
	}
	v := newView(all)
	b.remember(v)
	owners := map[string]string{}
	var out []Look
	for name, info := range v.files {
		d := b.judge(ctx, v, name)
		out = append(out, Look{name, info, d.complete, d.reason})
		if m, _, ok := v.marker(name); ok {
			owners[m.Name] = name
		}
	}
	for name, info := range v.temps {
		out = append(out, Look{name, info, false, "a temporary name: someone may still be writing it"})
	}
	for name, info := range v.receipts {
		out = append(out, Look{name, info, false, "a receipt of ours"})
	}
	for _, of := range v.markers {
		for _, m := range of {
			reason := "a marker whose file is not there"
			if owner := owners[m.Name]; owner != "" {
				reason = "the marker of " + owner
			}
			out = append(out, Look{m.Name, m, false, reason})
		}
	}
	slices.SortFunc(out, func(a, b Look) int { return strings.Compare(a.Name, b.Name) })
	return out, ctx.Err()
}

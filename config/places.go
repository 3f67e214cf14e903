package config

import (
	"fmt"
	"maps"
	"net"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

var placeName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func (c *checker) places() {
	names, where := map[string]position{}, map[string]area{}
	one := func(at, name string, p *Place) {
		if name != "" {
			if !placeName.MatchString(name) {
				c.say(at+".name", fmt.Sprintf("%q is not a name", name), `use a-z, 0-9 and "-", at most 40`)
			} else if first, double := names[name]; double {
				c.say(at+".name", fmt.Sprintf("the name %q is taken", name), fmt.Sprintf("by line %d", first.line))
			} else {
				names[name] = c.position(at + ".name")
			}
		}
		c.place(at, p)
		if p.Local == "" && (p.SFTP == nil || p.SFTP.Address == "") {
			return
		}
		mine := areaOf(p)
		for _, other := range slices.Sorted(maps.Keys(where)) {
			switch theirs := where[other]; {
			case mine == theirs:
				c.say(at, fmt.Sprintf("%s is the same place as %s", at, other), shareHint(at, other))
				return
			case theirs.holds(mine):
				c.say(at, fmt.Sprintf("%s lies inside %s", at, other), apartHint)
				return
			case mine.holds(theirs):
				c.say(at, fmt.Sprintf("%s lies around %s", at, other), apartHint)
				return
			}
		}
		where[at] = mine
	}
	for i := range c.c.Inboxes {
		in := &c.c.Inboxes[i]
		at := fmt.Sprintf("inboxes[%d]", i)
		one(at, in.Name, &in.Place)
		if in.Marker == "" {
			continue // this inbox is not a mapping: said already
		}
		c.between(at+".every", in.Every, 100*time.Millisecond, 24*time.Hour)
		c.between(at+".quiet", in.Quiet, 100*time.Millisecond, 24*time.Hour)
		c.patterns(at+".files", in.Files)
	}
	for i := range c.c.Outboxes {
		one(fmt.Sprintf("outboxes[%d]", i), c.c.Outboxes[i].Name, &c.c.Outboxes[i].Place)
	}
}

const apartHint = "what is tidied away or published in one could be taken in by the other: put them beside each other"

// shareHint says what to do about two entries of etl.yaml that are one place.
func shareHint(a, b string) string {
	switch in, among := strings.HasPrefix(a, "inboxes"), strings.HasPrefix(b, "inboxes"); {
	case in && among:
		return "bind two pipelines to one inbox instead"
	case in || among:
		return apartHint
	}
	return "let several exports use one outbox"
}

// area is a directory and where it is: what one place puts in its subfolders must
// not be another place.
type area struct{ server, dir string }

func areaOf(p *Place) area {
	if s := p.SFTP; s != nil {
		dir := s.Path
		if !path.IsAbs(dir) {
			dir = path.Join("/~", dir)
		}
		return area{s.User + "@" + strings.ToLower(s.Address), dir}
	}
	return area{"", resolved(p.Local)}
}

// holds tells whether b lies inside a. The home directory counts as inside the root.
func (a area) holds(b area) bool {
	return a.server == b.server && strings.HasPrefix(filepath.ToSlash(b.dir), strings.TrimSuffix(filepath.ToSlash(a.dir), "/")+"/")
}

// resolved is a directory without the symbolic links on the way to it, as far as it
// is there.
func resolved(dir string) string {
	for head, rest := dir, ""; ; head, rest = filepath.Dir(head), filepath.Join(filepath.Base(head), rest) {
		if found, err := filepath.EvalSymlinks(head); err == nil {
			return filepath.Join(found, rest)
		}
		if filepath.Dir(head) == head {
			return dir
		}
	}
}

func (c *checker) place(at string, p *Place) {
	local, sftp := c.mentioned(at+".local"), c.mentioned(at+".sftp")
	switch {
	case c.bad[at]:
	case local && sftp:
		c.say(at, at+" has both local and sftp", "keep one")
	case !local && !sftp:
		c.say(at, at+" has neither local nor sftp", "say where it is")
	}
	if p.Local != "" {
		p.Local = c.absolute(p.Local)
	}
	if p.SFTP != nil && c.given(at+".sftp") {
		c.sftp(at+".sftp", p.SFTP)
	}
}

func (c *checker) sftp(at string, s *SFTP) {
	if c.given(at + ".address") {
		host, port, err := net.SplitHostPort(s.Address)
		if err != nil {
			host, port = strings.Trim(s.Address, "[]"), "22"
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || host == "" || strings.ContainsAny(host, "/@ ") {
			c.say(at+".address", at+".address is not an address", "write host or host:port; user and path have keys of their own")
		} else {
			s.Address = net.JoinHostPort(host, port)
		}
	}
	if s.Path != "" {
		s.Path = path.Clean(s.Path)
		if s.Path == ".." || strings.HasPrefix(s.Path, "../") {
			c.say(at+".path", at+".path leaves the home directory", `start it with "/"`)
		}
	}
	if !c.mentioned(at+".password") && !c.mentioned(at+".key") && !s.Agent && !c.bad[at+".agent"] {
		c.say(at, at+" has no way to log in", "give password, key or agent: true")
	}
	if c.mentioned(at+".passphrase") && !c.mentioned(at+".key") {
		c.say(at+".passphrase", at+".passphrase has no key to open", "give key, or leave it out")
	}
	if s.Agent && !c.ledgerOnly {
		if socket, _ := c.getenv("SSH_AUTH_SOCK"); socket == "" {
			c.say(at+".agent", "there is no SSH agent: SSH_AUTH_SOCK is not set", "start one, or give key")
		}
	}
	if s.Key.IsSet() && !c.bad[at+".passphrase"] {
		c.key(at, s)
	}
}

func (c *checker) key(at string, s *SFTP) {
	var err error
	if s.Passphrase.IsSet() {
		_, err = ssh.ParseRawPrivateKeyWithPassphrase([]byte(s.Key.Reveal()), []byte(s.Passphrase.Reveal()))
	} else {
		_, err = ssh.ParseRawPrivateKey([]byte(s.Key.Reveal()))
	}
	if err == nil {
		return
	}
	if _, locked := err.(*ssh.PassphraseMissingError); locked {
		c.say(at+".key", at+".key is locked", "give passphrase")
	} else if s.Passphrase.IsSet() {
		c.say(at+".key", at+".key cannot be opened", "the passphrase is wrong, or it is not a private key in OpenSSH or PEM form")
	} else {
		c.say(at+".key", at+".key is not a private key", "it must be in OpenSSH or PEM form")
	}
}

func (c *checker) patterns(at string, patterns []string) {
	if c.given(at) && len(patterns) == 0 {
		c.say(at, at+" is empty", "leave it out to take every name")
	}
	for i, p := range patterns {
		sub := fmt.Sprintf("%s[%d]", at, i)
		if p != "" && strings.ContainsAny(p, `/\[]{}`) {
			c.say(sub, fmt.Sprintf("%q is not a pattern for names", p), "use letters, * and ?; folders and [...] are not known")
		}
	}
}

// overlap tells whether some name matches both patterns of letters, * and ?.
func overlap(p, q string) bool {
	a, b := []rune(strings.ToLower(p)), []rune(strings.ToLower(q))
	seen := map[[2]int]bool{}
	var walk func(i, j int) bool
	walk = func(i, j int) bool {
		if seen[[2]int{i, j}] {
			return false
		}
		seen[[2]int{i, j}] = true
		switch {
		case i < len(a) && a[i] == '*':
			return walk(i+1, j) || j < len(b) && walk(i, j+1)
		case j < len(b) && b[j] == '*':
			return walk(i, j+1) || i < len(a) && walk(i+1, j)
		case i == len(a) || j == len(b):
			return i == len(a) && j == len(b)
		}
		return (a[i] == b[j] || a[i] == '?' || b[j] == '?') && walk(i+1, j+1)
	}
	return walk(0, 0)
}

package config

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// checker looks at what the decoder could read: values on their own, and against
// each other. A value that could not be read causes no second problem.
type checker struct {
	*decoder
	c *Config
}

// given tells whether the key stands in the file and could be read.
func (c *checker) given(path string) bool {
	_, ok := c.at[path]
	return ok && !c.bad[path]
}

// mentioned tells whether the key stands in the file, right or wrong.
func (c *checker) mentioned(path string) bool {
	_, ok := c.at[path]
	return ok || c.bad[path]
}

// say reports a problem where path stands, or what surrounds it.
func (c *checker) say(path, message, hint string) {
	c.bad[path] = true
	c.problem(c.position(path), message, hint)
}

func (c *checker) position(path string) position {
	for {
		if at, ok := c.at[path]; ok {
			return at
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return position{1, 1}
		}
		path = path[:i]
	}
}

func (c *checker) loket(services []string) {
	l := &c.c.Loket
	if !c.given("loket") {
		return
	}
	sandbox := l.URL == Sandbox
	if c.given("loket.url") && !sandbox {
		c.url("loket.url", l.URL)
	}
	l.URL = strings.TrimRight(l.URL, "/")
	for _, key := range []string{"user", "password", "omgevingscode"} {
		switch at := "loket." + key; {
		case !sandbox && !c.mentioned(at):
			c.say(at, at+" is missing", "only the sandbox needs no account")
		case sandbox && c.mentioned(at):
			c.say(at, at+" has no meaning with the sandbox", "leave it out")
		}
	}
	switch {
	case sandbox && c.mentioned("loket.services"):
		c.say("loket.services", "loket.services has no meaning with the sandbox", "leave it out")
	case !sandbox && c.mentioned("loket.sandbox_dir"):
		c.say("loket.sandbox_dir", "loket.sandbox_dir has no meaning here", "it goes with url: sandbox")
	case l.SandboxDir != "":
		l.SandboxDir = c.absolute(l.SandboxDir)
	}
	c.intBetween("loket.calls_per_second", l.CallsPerSecond, 1, 10_000)
	if sandbox && !c.mentioned("loket.calls_per_second") {
		l.CallsPerSecond = 0
	}
	c.between("loket.timeout", l.Timeout, time.Second, 30*time.Minute)
	c.sizeBetween("loket.max_response", l.MaxResponse, 64*KiB, 4*GiB)
	for name, s := range l.Services {
		at := "loket.services." + name
		if services != nil && !slices.Contains(services, name) {
			c.say(at, fmt.Sprintf("there is no service %q", name), suggest(name, services))
		}
		if s.Address != "" {
			c.url(at+".address", s.Address)
		}
	}
}

// url checks an address that passwords are sent to.
func (c *checker) url(at, text string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		c.say(at, at+" is not a web address", `write https://... , or "sandbox" for loket.url`)
	case u.User != nil:
		c.say(at, at+" holds a user or password", "give them as loket.user and loket.password")
	case u.RawQuery != "" || u.Fragment != "":
		c.say(at, at+" has a part after ? or #", "leave it out")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		c.say(at, at+" would send the password unencrypted", "use https")
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c *checker) database() {
	db := &c.c.Database
	switch {
	case c.mentioned("database.sqlite") && c.mentioned("database.postgres"):
		c.say("database", "database has both sqlite and postgres", "keep one")
	case !c.mentioned("database.sqlite") && !c.mentioned("database.postgres"):
		if c.given("database") && len(c.c.Database.SQLite) == 0 {
			c.say("database", "database has neither sqlite nor postgres", "give one, or leave the key out")
		}
		db.SQLite = c.absolute("etl.db")
	case db.SQLite != "":
		db.SQLite = c.absolute(db.SQLite)
	case db.Postgres.IsSet():
		u, err := url.Parse(db.Postgres.Reveal())
		if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") || u.Host == "" {
			c.say("database.postgres", "database.postgres is not a PostgreSQL address", "it looks like postgres://user:password@host/database?sslmode=verify-full")
			return
		}
		mode := u.Query().Get("sslmode")
		if !loopback(u.Hostname()) && mode != "verify-full" && mode != "verify-ca" {
			c.here = c.position("database.postgres")
			c.warn("the connection to PostgreSQL does not check who answers", "add sslmode=verify-full to the address")
		}
	}
}

func (c *checker) files() {
	for at, dir := range map[string]*string{"files.pipelines": &c.c.Files.Pipelines, "files.mappings": &c.c.Files.Mappings, "files.books": &c.c.Files.Books} {
		if *dir == "" {
			continue
		}
		shown := *dir
		*dir = c.absolute(*dir)
		if info, err := os.Stat(*dir); err != nil {
			c.say(at, fmt.Sprintf("directory %s: %s", shown, short(err)), "make it, or leave the key out")
		} else if !info.IsDir() {
			c.say(at, shown+" is not a directory", "")
		}
	}
}

func (c *checker) pipelines(list func(Files) (Known, error)) error {
	var all Known
	var err error
	if list != nil && !c.bad["files.pipelines"] && !c.bad["files.mappings"] && !c.bad["files.books"] {
		all, err = list(c.c.Files)
	}
	c.exports(all.Export, all.Exports)
	c.bind(all.Pipelines)
	return err
}

// bind checks the uses of pipelines against what there is; nil: nobody knows.
func (c *checker) bind(known map[string]PipelineKind) {
	inboxes := make([]string, len(c.c.Inboxes))
	for i := range inboxes {
		inboxes[i] = c.c.Inboxes[i].Name
	}
	for i := range c.c.Pipelines {
		p := &c.c.Pipelines[i]
		at := fmt.Sprintf("pipelines[%d]", i)
		own, exists := known[p.Use]
		if p.Use != "" && known != nil && !exists {
			c.say(at+".use", fmt.Sprintf("there is no pipeline %q", p.Use), suggest(p.Use, slices.Collect(maps.Keys(known))))
		}
		if p.Inbox != "" && !slices.Contains(inboxes, p.Inbox) {
			c.say(at+".inbox", fmt.Sprintf("there is no inbox %q", p.Inbox), suggest(p.Inbox, inboxes))
		}
		c.patterns(at+".files", p.Files)
		c.intBetween(at+".clientnummer", p.Clientnummer, 1, 999_999_999)
		if exists {
			c.employer(at, p, own.Clientnummer)
			if p.LeftOut == "clear" && own.Keeps {
				c.say(at+".left_out", fmt.Sprintf("pipeline %s cannot clear what is left out", p.Use), "that needs a mapping with mode Overschrijven or Optellen, or for verlof")
			}
		}
		c.decrypt(at+".decrypt", p.Decrypt)
		p.Own = own.Files
		if !exists && len(p.Files) == 0 {
			continue // which names it takes is not known
		}
		for j := range i {
			if q := &c.c.Pipelines[j]; len(q.Files) > 0 || isKnown(known, q.Use) {
				c.apart(at, p, q, j)
			}
		}
	}
}

func isKnown(known map[string]PipelineKind, use string) bool {
	_, ok := known[use]
	return ok
}

// employer wants a Clientnummer where the mapping takes it from here, and there
// only.
func (c *checker) employer(at string, p *Pipeline, needs bool) {
	switch key := at + ".clientnummer"; {
	case needs && p.Clientnummer == 0 && !c.bad[key]:
		c.say(key, key+" is missing", fmt.Sprintf("the mapping of %s takes the employer from here", p.Use))
	case !needs && p.Clientnummer != 0:
		c.here = c.position(key)
		c.warn(key+" has no meaning", fmt.Sprintf("the mapping of %s finds the employer in another way: leave it out", p.Use))
	}
}

// unused warns of inboxes that nothing is done with.
func (c *checker) unused() {
	for i, in := range c.c.Inboxes {
		if !slices.ContainsFunc(c.c.Pipelines, func(p Pipeline) bool { return p.Inbox == in.Name }) {
			c.here = c.position(fmt.Sprintf("inboxes[%d]", i))
			c.warn(fmt.Sprintf("no pipeline takes the files of inbox %q: they stay there", in.Name), "bind one to it under pipelines, or leave the inbox out")
		}
	}
}

// apart refuses two pipelines that could want the same file.
func (c *checker) apart(at string, p, q *Pipeline, j int) {
	if p.Inbox == "" || p.Inbox != q.Inbox {
		return
	}
	all := []string{"*"}
	mine, theirs := p.dropped(), q.dropped()
	if len(mine) == 0 {
		mine = all
	}
	if len(theirs) == 0 {
		theirs = all
	}
	for _, a := range mine {
		for _, b := range theirs {
			if overlap(a, b) {
				c.say(at, fmt.Sprintf("%s and pipelines[%d] can both want a file of inbox %q (%s and %s)", at, j, p.Inbox, a, b), "give each its own files patterns, or its own inbox")
				return
			}
		}
	}
}

func (c *checker) rest() {
	l := &c.c.Limits
	c.sizeBetween("limits.file_size", l.FileSize, KiB, TiB)
	c.sizeBetween("limits.call_bytes", l.CallBytes, 16*KiB, 25*MiB)
	c.intBetween("limits.problems", l.Problems, 1, 100_000)
	c.between("limits.retention", l.Retention, time.Hour, 3650*24*time.Hour)
	c.intBetween("workers", c.c.Workers, 1, 64)
	if c.c.Listen == "off" || !c.given("listen") {
		return
	}
	host, port, err := net.SplitHostPort(c.c.Listen)
	if n, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || n == 0 {
		c.say("listen", fmt.Sprintf("%q is not an address to listen on", c.c.Listen), `write host:port, or "off"`)
	} else if !loopback(host) {
		c.here = c.position("listen")
		c.warn("metrics and health can be read by everyone who reaches "+c.c.Listen, "127.0.0.1 keeps them on this machine")
	}
}

func (c *checker) between(at string, v, low, high time.Duration) {
	if c.given(at) && (v < low || v > high) {
		c.say(at, fmt.Sprintf("%s must be from %s to %s", at, days(low), days(high)), "")
	}
}

// days shows a bound as it is written in the file.
func days(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
	return strings.ReplaceAll(strings.ReplaceAll(d.String(), "m0s", "m"), "h0m", "h")
}

func (c *checker) sizeBetween(at string, v, low, high Size) {
	if c.given(at) && (v < low || v > high) {
		c.say(at, fmt.Sprintf("%s must be from %s to %s", at, low, high), "")
	}
}

func (c *checker) intBetween(at string, v, low, high int) {
	if c.given(at) && (v < low || v > high) {
		c.say(at, fmt.Sprintf("%s must be from %d to %d", at, low, high), "")
	}
}

// Package config is what an operator may say: one etl.yaml, read strictly and
// checked whole. It knows no other room: names that live elsewhere (pipelines,
// services) are handed in.
package config

import (
	"path"
	"slices"
	"strings"
	"time"
)

// Config is the whole of etl.yaml. Relative paths in it are relative to the
// directory of the file; after Load they are absolute.
type Config struct {
	// Loket says where Loket is and who we are there.
	Loket Loket `yaml:"loket,required"`
	// Database is the memory of the program. Default: sqlite, etl.db beside this file.
	Database Database `yaml:"database"`
	// Inboxes are the places where files are dropped.
	Inboxes []Inbox `yaml:"inboxes"`
	// Outboxes are the places where files are published.
	Outboxes []Outbox `yaml:"outboxes"`
	// Pipelines says which pipelines are on, and which inbox feeds them.
	Pipelines []Pipeline `yaml:"pipelines"`
	// Exports says which exports of approved payroll are on, and where they go.
	Exports []Export `yaml:"exports"`
	// Files says where the operator's own pipelines and mappings lie.
	Files Files `yaml:"files"`
	// Alerts says whom to tell when something needs people. Default: nobody.
	Alerts *Alerts `yaml:"alerts"`
	// Limits bounds what one file and one call may cost.
	Limits Limits `yaml:"limits"`
	// Log says what is written to standard error while the program runs.
	Log Log `yaml:"log"`
	// Listen is the address of /metrics, /healthz and /readyz, or "off".
	// Default: 127.0.0.1:9464, reachable from this machine only.
	Listen string `yaml:"listen"`
	// Workers is how many files are worked on at the same time: small ones share the
	// waits for the disk, large ones take up to 100 MiB each. Default: 8.
	Workers int `yaml:"workers"`
}

// Sandbox is the value of loket.url that stands for the Loket inside the program.
const Sandbox = "sandbox"

// Loket is the connection to Loket's SOAP services.
type Loket struct {
	// URL is the address before /soap/..., https unless on this machine; or
	// "sandbox" for the Loket inside the program, which needs no account.
	URL string `yaml:"url,required"`
	// SandboxDir is where the sandbox keeps its state. Default: memory only.
	SandboxDir string `yaml:"sandbox_dir"`
	// User is the name of the webservice account.
	User string `yaml:"user"`
	// Password of the account: env:NAME or file:/path.
	Password Secret `yaml:"password"`
	// Omgevingscode is the code of the environment at Loket.
	Omgevingscode string `yaml:"omgevingscode"`
	// Timeout bounds one call, from connecting to the last byte. Default: 2m.
	Timeout time.Duration `yaml:"timeout"`
	// CallsPerSecond is the most requests to Loket in a second, over all that goes on.
	// Default: 20; the sandbox takes what comes.
	CallsPerSecond int `yaml:"calls_per_second"`
	// MaxResponse bounds one answer. Default: 64MiB.
	MaxResponse Size `yaml:"max_response"`
	// Services overrides the contract for one service, by its name.
	Services map[string]Service `yaml:"services"`
}

// Service is what differs from the contract for one SOAP service.
type Service struct {
	// Address is the full address. Default: URL + /soap/ + name.
	Address string `yaml:"address"`
	// Namespace of the service's elements.
	Namespace string `yaml:"namespace"`
	// SOAPAction is the text before the operation in the SOAPAction header.
	SOAPAction string `yaml:"soap_action"`
}

// Database is where entries, calls and staged bytes are kept: one of the two.
type Database struct {
	// SQLite is the path of the database file.
	SQLite string `yaml:"sqlite"`
	// Postgres is a connection string, postgres://..., as env:NAME or file:/path.
	Postgres Secret `yaml:"postgres"`
}

// DSN is the address ledger.Open takes. It may hold a password: never log it.
func (d Database) DSN() string {
	if d.Postgres.IsSet() {
		return d.Postgres.Reveal()
	}
	return "sqlite:" + d.SQLite
}

// Place is a directory on this machine or on an SFTP server: one of the two.
type Place struct {
	// Local is a directory on this machine. That of an inbox need not exist yet; that
	// of an outbox must, for an absent one may be a share that is not mounted.
	Local string `yaml:"local"`
	// SFTP is a directory on a server.
	SFTP *SFTP `yaml:"sftp"`
}

// String names the place for people; there is no secret in it.
func (p Place) String() string {
	if p.SFTP == nil {
		return p.Local
	}
	dir := p.SFTP.Path
	if !path.IsAbs(dir) {
		dir = path.Join("/~", dir) // as curl writes "from the home directory"
	}
	return "sftp://" + p.SFTP.User + "@" + p.SFTP.Address + dir
}

// SFTP is a directory on an SFTP server and how to get in.
type SFTP struct {
	// Address is host:port. Default port: 22.
	Address string `yaml:"address,required"`
	// User is the name of the account.
	User string `yaml:"user,required"`
	// Path is the directory, from the home directory unless it starts with "/".
	// Default: the home directory.
	Path string `yaml:"path"`
	// KnownHosts are the host keys the server may show; there is no way without.
	KnownHosts KnownHosts `yaml:"known_hosts,required"`
	// Password of the account: env:NAME or file:/path.
	Password Secret `yaml:"password"`
	// Key is a private key in OpenSSH or PEM form: env:NAME or file:/path.
	Key Secret `yaml:"key"`
	// Passphrase opens Key: env:NAME or file:/path.
	Passphrase Secret `yaml:"passphrase"`
	// Agent signs with the keys of the SSH agent at SSH_AUTH_SOCK. Default: false.
	Agent bool `yaml:"agent"`
}

// Inbox is a place where files are dropped.
type Inbox struct {
	// Name is how pipelines, logs and receipts call it: a-z, 0-9 and "-".
	Name string `yaml:"name,required"`
	// Place is where the files are.
	Place Place `yaml:",inline"`
	// Every is the time between two full scans. Default: 5s.
	Every time.Duration `yaml:"every"`
	// Quiet is how long size and time must stand still before a file without a
	// done marker counts as complete. Default: 10s.
	Quiet time.Duration `yaml:"quiet"`
	// Marker says whether a done marker (.ok, .done, .sha256) is "required", or
	// "optional". Default: optional.
	Marker string `yaml:"marker" oneof:"optional required"`
	// Files are the names to look at, with * and ?, capitals or not; all others
	// are left alone.
	// Default: every name.
	Files []string `yaml:"files"`
}

// Outbox is a place where files are published.
type Outbox struct {
	// Name is how pipelines and logs call it: a-z, 0-9 and "-".
	Name string `yaml:"name,required"`
	// Place is where the files go.
	Place Place `yaml:",inline"`
}

// The policies of a pipeline.
const (
	AllOrNothing = "all-or-nothing"
	PerEmployee  = "per-employee"
)

// Pipeline turns a pipeline on and binds it to an inbox.
type Pipeline struct {
	// Use is the name of a shipped pipeline or of one in files.pipelines.
	Use string `yaml:"use,required"`
	// Inbox is the name of the inbox that feeds it.
	Inbox string `yaml:"inbox,required"`
	// Files are the names it takes from the inbox, with * and ?. No name may be
	// wanted by two pipelines of one inbox. Default: what the pipeline says.
	Files []string `yaml:"files"`
	// Policy replaces the pipeline's own: "all-or-nothing" or "per-employee".
	// Default: what the pipeline says.
	Policy string `yaml:"policy" oneof:"all-or-nothing per-employee"`
	// Approval replaces the pipeline's own: "required" lets every file wait until a
	// person approves it, "none" does not. Default: what the pipeline says.
	Approval string `yaml:"approval" oneof:"none required"`
	// LeftOut replaces the pipeline's own left_out: "keep" or "clear" what an
	// earlier file brought and a later one for the same employer and period does
	// not have. Default: what the pipeline says.
	LeftOut string `yaml:"left_out" oneof:"keep clear"`
	// Clientnummer is that of the employer in Loket, for mappings that say
	// "clientnummer: {from: pipeline}": files that do not name their employer.
	// They need it; for others it means nothing. Default: none.
	Clientnummer int `yaml:"clientnummer"`
	// Decrypt says how the files arrive encrypted; names are then looked at without
	// .age, .pgp, .gpg or .asc. Default: they are not encrypted.
	Decrypt *Decrypt `yaml:"decrypt"`
	// Own are the names that the pipeline itself takes, as far as Load could find
	// out; they hold where Files is empty.
	Own []string `yaml:"-"`
}

// Names are the names it takes from the inbox; none: every name.
func (p Pipeline) Names() []string {
	if len(p.Files) > 0 {
		return p.Files
	}
	return p.Own
}

// Wants tells whether the pipeline takes a file of that name from its inbox.
// Capitals make no difference.
func (p Pipeline) Wants(name string) bool {
	if p.Decrypt != nil {
		name = openedName(name)
	}
	return len(p.Names()) == 0 || slices.ContainsFunc(p.Names(), func(pattern string) bool {
		ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(name))
		return ok && err == nil
	})
}

// Files says where the operator's own files lie. A file there replaces a shipped
// one of the same name whole.
type Files struct {
	// Pipelines is a directory with pipelines (*.yaml). Default: none.
	Pipelines string `yaml:"pipelines"`
	// Mappings is a directory with mappings, schemas and tables. Default: none.
	Mappings string `yaml:"mappings"`
	// Books is a directory with a file for each employer, 5555.yaml: where its
	// journals go in its bookkeeping package. Default: none.
	Books string `yaml:"books"`
	// Replay says what a changed mapping needs before it plans files: "required" (etl
	// mapping replay --accept) or "off". Default: off.
	Replay string `yaml:"replay" oneof:"off required"`
}

// The kinds of alerts.
const (
	AlertHeld        = "held"
	AlertFailed      = "failed"
	AlertLate        = "late"
	AlertUncollected = "uncollected"
)

// Alerts says what is told to whom, once for as long as it lasts: by mail, by
// webhook or both.
type Alerts struct {
	// Mail sends a letter to people.
	Mail *Mail `yaml:"mail"`
	// Webhook posts JSON to a program.
	Webhook *Webhook `yaml:"webhook"`
	// Kinds are what is told: "held" (waits until a person decides), "late"
	// (nothing happens to it for long), "failed" (did not succeed) and
	// "uncollected" (put ready, and not fetched). Default: all.
	Kinds []string `yaml:"kinds"`
	// After says how long it must last before it is told.
	After After `yaml:"after"`
}

// After says of a kind of alert how long the cause must last first.
type After struct {
	// Held is how long a file must be held. Default: 0s, at once.
	Held time.Duration `yaml:"held"`
	// Late is how long nothing must have happened to a file. Default: 1h.
	Late time.Duration `yaml:"late"`
}

// The ways to protect the connection to a mail server.
const (
	TLSStart    = "starttls"
	TLSImplicit = "implicit"
	TLSOff      = "off"
)

// Mail is a mail server (SMTP) and who gets letters by it.
type Mail struct {
	// Server is host:port. Default port: 587; 465 with tls implicit, 25 with off.
	Server string `yaml:"server,required"`
	// TLS is "starttls", "implicit" (TLS from the first byte) or "off", only for a
	// server on this machine. Default: starttls, and nothing is sent without it.
	TLS string `yaml:"tls" oneof:"starttls implicit off"`
	// CA is a file with the certificates (PEM) that may vouch for the server.
	// Default: those this machine trusts.
	CA Authorities `yaml:"ca"`
	// From is the address letters come from, with or without a name before it.
	From string `yaml:"from,required"`
	// To are the addresses they go to.
	To []string `yaml:"to,required"`
	// User is the name of the account. Default: the server asks for none.
	User string `yaml:"user"`
	// Password of the account: env:NAME or file:/path.
	Password Secret `yaml:"password"`
}

// Webhook is a program that takes messages as JSON.
type Webhook struct {
	// URL is where they are posted, https unless on this machine; env:NAME or
	// file:/path where the address itself is a secret.
	URL Address `yaml:"url,required"`
	// CA is a file with the certificates (PEM) that may vouch for the server.
	// Default: those this machine trusts.
	CA Authorities `yaml:"ca"`
	// Token is sent as "Authorization: Bearer": env:NAME or file:/path. Default: none.
	Token Secret `yaml:"token"`
	// Secret signs every message (X-Etl-Signature, HMAC-SHA256 of the body):
	// env:NAME or file:/path. Default: no signature.
	Secret Secret `yaml:"secret"`
}

// Limits bounds what the program takes on. What is over a limit is refused with a
// reason, never dropped.
type Limits struct {
	// FileSize is the largest file that is taken in. Default: 2GiB.
	FileSize Size `yaml:"file_size"`
	// Problems is how many problems of one file are written out. Default: 1000.
	Problems int `yaml:"problems"`
	// CallBytes is the largest import file in one call; Loket refuses more than
	// 25MiB. Default: 20MiB.
	CallBytes Size `yaml:"call_bytes"`
	// Retention is how long the bytes of a settled file are kept. The entry and
	// its audit trail stay. Default: 90d.
	Retention time.Duration `yaml:"retention"`
}

// Log says what is logged. There are no personal data and no amounts in it.
type Log struct {
	// Level is the least that is written: debug, info, warn or error. Default: info.
	Level string `yaml:"level" oneof:"debug info warn error"`
	// Format is "console" for people or "json" for machines. Default: console.
	Format string `yaml:"format" oneof:"console json"`
}

// setDefaults gives the values that hold when a key is absent.
func (c *Config) setDefaults() {
	c.Loket.Timeout = 2 * time.Minute
	c.Loket.CallsPerSecond = 20
	c.Loket.MaxResponse = 64 * MiB
	c.Limits = Limits{FileSize: 2 * GiB, Problems: 1000, CallBytes: 20 * MiB, Retention: 90 * 24 * time.Hour}
	c.Log = Log{Level: "info", Format: "console"}
	c.Listen = "127.0.0.1:9464"
	c.Workers = 8
	c.Files.Replay = "off"
}

func (a *Alerts) setDefaults() { a.After.Late = time.Hour }

func (m *Mail) setDefaults() { m.TLS = TLSStart }

func (i *Inbox) setDefaults() {
	i.Every, i.Quiet, i.Marker = 5*time.Second, 10*time.Second, "optional"
}

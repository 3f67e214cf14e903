package config

import (
	"path"
	"slices"
	"strings"
)

// Decrypt says how the files of a pipeline arrive: with age or with OpenPGP, one of
// the two. A file that arrives otherwise is refused.
type Decrypt struct {
	// Age is for files that are encrypted with age.
	Age *Age `yaml:"age"`
	// OpenPGP is for files that are encrypted or signed with OpenPGP (GnuPG).
	OpenPGP *OpenPGP `yaml:"openpgp"`
}

// Age opens files that are encrypted with age. It does not say who made them.
type Age struct {
	// Identity is what age-keygen wrote: env:NAME or file:/path.
	Identity Secret `yaml:"identity,required"`
}

// The ways in which OpenPGP wants a signature.
const (
	SignatureRequired = "required"
	SignatureOptional = "optional"
)

// OpenPGP opens files and checks who signed them, when they were encrypted.
type OpenPGP struct {
	// Key is the private key that files are encrypted for, armored or not: env:NAME or
	// file:/path. Default: files are signed and not encrypted.
	Key Secret `yaml:"key"`
	// Passphrase opens Key: env:NAME or file:/path. Default: it needs none.
	Passphrase Secret `yaml:"passphrase"`
	// SignedBy are the public keys of those who may sign, armored: file:/path.
	SignedBy []PublicKey `yaml:"signed_by"`
	// Signature is "required", or "optional": then a file without one will do. One by
	// anybody else, or that is wrong, never does. Default: required.
	Signature string `yaml:"signature" oneof:"required optional"`
}

func (o *OpenPGP) setDefaults() { o.Signature = SignatureRequired }

// sealedExtensions are what the name of an encrypted or signed file may end in.
var sealedExtensions = []string{".age", ".pgp", ".gpg", ".asc"}

// openedName is the name of a file once it is open.
func openedName(name string) string {
	if ext := path.Ext(name); slices.Contains(sealedExtensions, strings.ToLower(ext)) {
		return strings.TrimSuffix(name, ext)
	}
	return name
}

// dropped are the names as they lie in the inbox.
func (p Pipeline) dropped() []string {
	all := slices.Clone(p.Names())
	if p.Decrypt != nil {
		for _, name := range p.Names() {
			for _, ext := range sealedExtensions {
				all = append(all, name+ext)
			}
		}
	}
	return all
}

// decrypt checks how files of a pipeline arrive; whether the keys are keys is for
// who uses them.
func (c *checker) decrypt(at string, d *Decrypt) {
	if d == nil || !c.given(at) {
		return
	}
	switch age, pgp := c.mentioned(at+".age"), c.mentioned(at+".openpgp"); {
	case age && pgp:
		c.say(at, at+" has both age and openpgp", "keep one")
	case !age && !pgp:
		c.say(at, at+" has neither age nor openpgp", "give one, or leave the key out")
	}
	o, at := d.OpenPGP, at+".openpgp"
	if o == nil {
		return
	}
	signed := c.mentioned(at + ".signed_by")
	if !c.mentioned(at+".key") && (!signed || o.Signature == SignatureOptional) {
		c.say(at, at+" opens nothing and checks nothing", "give key, or signed_by with signature: required")
	}
	if !c.mentioned(at+".key") && c.mentioned(at+".passphrase") {
		c.say(at+".passphrase", at+".passphrase has no meaning", "it opens key, which is not given")
	}
	if o.Signature == SignatureRequired && len(o.SignedBy) == 0 && !c.bad[at+".signed_by"] {
		c.say(at, at+".signed_by is missing", "name the public keys of those who may sign, or say signature: optional")
	}
	if o.Signature == SignatureOptional {
		c.here = c.position(at + ".signature")
		c.warn("a file without a signature is taken from whoever can reach the inbox", "signature: required")
	}
}

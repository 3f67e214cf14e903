package config

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"golang.org/x/crypto/ssh"
)

// KnownHosts are the host keys that a server may show: lines of a known_hosts
// file, with or without the host in front. Several stand for a key that is being
// replaced. In the file it is a list of lines, or the path of a known_hosts file.
type KnownHosts struct {
	// File is the known_hosts file, "" when the lines stand in etl.yaml.
	File string
	// Lines are the keys, never empty after Load.
	Lines []string
}

func (k *KnownHosts) decodeNode(n ast.Node, path string, d *decoder) {
	const keyscan = "ask the owner of the server for its keys, or compare with: ssh-keyscan HOST"
	at := d.here
	if list, ok := n.(*ast.SequenceNode); ok {
		d.slice(list, reflect.ValueOf(&k.Lines).Elem(), path)
		for i, line := range k.Lines {
			sub := fmt.Sprintf("%s[%d]", path, i)
			if !d.bad[sub] && !isHostKey(line) {
				d.bad[sub] = true
				d.problem(d.at[sub], "not a host key", `write it as in known_hosts: "ssh-ed25519 AAAA..."`)
			}
		}
		if len(k.Lines) == 0 {
			d.here = at
			d.refuse(path, path+" is empty", keyscan)
		}
		return
	}
	text, ok := n.(*ast.StringNode)
	switch {
	case !ok:
		d.mismatch(n, path, "a list of host keys or the path of a known_hosts file")
		return
	case isHostKey(text.Value):
		d.refuse(path, path+" must be a list", `put "- " before the key`)
		return
	}
	k.File = d.absolute(text.Value)
	data, err := os.ReadFile(k.File)
	if err != nil {
		d.refuse(path, fmt.Sprintf("known_hosts file %s: %s", text.Value, short(err)), keyscan)
		return
	}
	for number, line := range bytes.Split(data, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if !isHostKey(string(line)) {
			d.refuse(path, fmt.Sprintf("known_hosts file %s: line %d is not a host key", text.Value, number+1), "")
			return
		}
		k.Lines = append(k.Lines, string(line))
	}
	if len(k.Lines) == 0 {
		d.refuse(path, fmt.Sprintf("known_hosts file %s holds no keys", text.Value), keyscan)
	}
}

// isHostKey accepts a line of known_hosts, and one without the host names.
func isHostKey(line string) bool {
	if strings.ContainsAny(line, "\r\n") {
		return false
	}
	if _, _, _, _, rest, err := ssh.ParseKnownHosts([]byte(line)); err == nil && len(rest) == 0 {
		return true
	}
	_, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(line))
	return err == nil && len(options) == 0 && len(rest) == 0
}

package config

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// PublicKey is a public key, read from a file.
type PublicKey struct {
	// File it came from.
	File string
	// Text is what the file holds.
	Text string
}

func (k *PublicKey) decode(text string, d *decoder) (problem, hint string) {
	name, ok := strings.CutPrefix(text, "file:")
	if !ok || name == "" {
		return "a public key is read from a file", "write file:/path"
	}
	k.File = d.absolute(name)
	info, err := os.Stat(k.File)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "read", Path: k.File, Err: fs.ErrInvalid}
	}
	var data []byte
	if err == nil && info.Size() <= maxSecret {
		data, err = os.ReadFile(k.File)
	}
	switch {
	case err != nil:
		return fmt.Sprintf("public key file %s: %s", name, short(err)), ""
	case len(data) == 0:
		return fmt.Sprintf("public key file %s is empty or larger than 64 KiB", name), ""
	}
	k.Text = string(data)
	return "", ""
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"loket-etl/loket/contract"
)

// argFlags are the arguments of a call as flags.
type argFlags struct {
	args  string   // file with a JSON object, - for standard input
	set   []string // Path.To.Element=value
	empty []string // Path.To.Element
	file  []string // Element=path
}

func (g *argFlags) flags(c *cobra.Command) {
	c.Flags().StringVar(&g.args, "args", "", "`file` with the elements as a JSON object, - for standard input")
	c.Flags().StringArrayVar(&g.set, "set", nil, "`element=value`, such as Adres.Plaats=Zandwijk; again for the next")
	c.Flags().StringArrayVar(&g.empty, "empty", nil, "`element` to make empty at Loket")
	c.Flags().StringArrayVar(&g.file, "file", nil, "`element=path` of a file to send")
}

// mostInput bounds what is read into memory; Loket itself takes less.
const mostInput = 256 << 20

// call makes the call of a function: what --args has, what fixed and positional
// say, and the flags. An element that is given twice is a mistake.
func (g argFlags) call(f *contract.Function, stdin io.Reader, fixed []given, positional []given) (contract.Call, error) {
	tree := map[string]any{}
	if g.args != "" {
		if err := readTree(g.args, stdin, &tree); err != nil {
			return contract.Call{}, err
		}
	}
	all := append(append([]given{}, fixed...), positional...)
	for _, s := range g.set {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return contract.Call{}, usage(fmt.Sprintf("--set %s: wanted element=value", s))
		}
		all = append(all, given{name, value})
	}
	for _, name := range g.empty {
		all = append(all, given{name, nil})
	}
	for _, s := range g.file {
		name, path, ok := strings.Cut(s, "=")
		if !ok {
			return contract.Call{}, usage(fmt.Sprintf("--file %s: wanted element=path", s))
		}
		all = append(all, given{"@" + name, path})
	}
	for _, v := range all {
		if err := v.into(tree, f); err != nil {
			return contract.Call{}, err
		}
	}
	data, err := json.Marshal(tree)
	if err != nil {
		return contract.Call{}, err
	}
	call, err := contract.UnmarshalArgs(f.FullName(), data)
	if err != nil {
		return contract.Call{}, exitWith(exitUsage, hint(err, "etl loket call "+f.FullName()+" --describe lists the elements"))
	}
	return call, nil
}

func readTree(path string, stdin io.Reader, tree *map[string]any) error {
	in := stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("read arguments: %w", err)
		}
		defer f.Close()
		in = f
	}
	d := json.NewDecoder(io.LimitReader(in, mostInput))
	d.UseNumber()
	err := d.Decode(tree)
	if err == nil && *tree == nil {
		err = errors.New("not a JSON object")
	}
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("text after the object")
		}
	}
	if err != nil {
		return fmt.Errorf("read arguments %s: %w", path, err)
	}
	return nil
}

// given is one element and its value: text, or nil to make it empty. A name
// that begins with @ is a file, the value its path.
type given struct {
	name  string
	value any
}

func (g given) into(tree map[string]any, f *contract.Function) error {
	name, value := g.name, g.value
	if file, ok := strings.CutPrefix(name, "@"); ok {
		name = file
		p, _ := f.Param(name)
		var err error
		if value, err = sendFile(fmt.Sprint(value), p); err != nil {
			return err
		}
	}
	parts := strings.Split(name, ".")
	for _, part := range parts[:len(parts)-1] {
		below, there := tree[part]
		if !there {
			below = map[string]any{}
			tree[part] = below
		}
		group, ok := below.(map[string]any)
		if !ok {
			return usage(name + ": " + part + " is no group of elements")
		}
		tree = group
	}
	last := parts[len(parts)-1]
	if _, there := tree[last]; there {
		return usage(name + " is given twice")
	}
	tree[last] = value
	return nil
}

// sendFile is a file as the argument of an element: its bytes, or a Bestand.
func sendFile(path string, p contract.Param) (any, error) {
	data, err := readLocal(path)
	if err != nil {
		return nil, err
	}
	if p.Type != "Bestand" {
		return data, nil // JSON writes it in base64
	}
	return map[string]any{"Bestandsnaam": filepath.Base(path), "MimeType": mimeType(path), "Inhoud": data}, nil
}

func readLocal(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostInput+1))
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if len(data) > mostInput {
		return nil, fmt.Errorf("read file %s: larger than %d MiB", path, mostInput>>20)
	}
	return data, nil
}

// mimeType goes by the name; the tables of a machine would differ.
func mimeType(path string) string {
	types := map[string]string{
		".csv": "text/csv", ".jpg": "image/jpeg", ".pdf": "application/pdf", ".png": "image/png", ".txt": "text/plain", ".xml": "application/xml",
		".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	}
	if t, ok := types[strings.ToLower(filepath.Ext(path))]; ok {
		return t
	}
	return "application/octet-stream"
}

// elements are the arguments of a function with their types, one row each.
func elements(prefix string, params []contract.Param) [][]string {
	var rows [][]string
	for _, p := range params {
		need := "optional"
		if p.Min > 0 {
			need = "required"
		}
		if p.Nillable {
			need += ", may be empty"
		}
		c, group := contract.LookupComplex(p.Type)
		switch {
		case p.Type == "Bestand":
			rows = append(rows, []string{prefix + p.Name, "file, with --file", need})
		case group:
			rows = append(rows, []string{prefix + p.Name, "group", need})
			rows = append(rows, elements(prefix+p.Name+".", c.Fields)...)
		default:
			rows = append(rows, []string{prefix + p.Name, typeText(p), need})
		}
	}
	return rows
}

func typeText(p contract.Param) string {
	t, ok := contract.LookupType(p.Type)
	if !ok {
		return p.Type
	}
	text := t.Base
	switch {
	case t.Base == "base64Binary":
		text = "bytes, with --file"
	case len(t.Enum) > 0:
		text = strings.Join(t.Enum, " or ")
	case t.Base == "decimal":
		text = fmt.Sprintf("number with %d decimals", t.Decimals)
	case t.Base == "date":
		text = "date, yyyy-mm-dd"
	case t.Base == "string" && t.MaxLength > 0:
		text = fmt.Sprintf("text of at most %d", t.MaxLength)
	case t.Base == "string":
		text = "text"
	}
	if p.Default != "" {
		text += ", default " + p.Default
	}
	return text
}

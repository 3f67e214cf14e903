package arch

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/loket/contract"
)

var update = flag.Bool("update", false, "write what is generated in the pages anew")

// same wants a piece of a page to be what the code says, or makes it so.
func same(t *testing.T, page, from, to, want string) {
	t.Helper()
	text := read(t, page)
	head, rest, ok := strings.Cut(text, from)
	got, tail, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("%s: %q to %q is missing", page, from, to)
	}
	if got == want {
		return
	}
	if *update {
		if err := os.WriteFile(page, []byte(head+from+want+to+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s is not what the code says; go test -run %s . -update\n%s", page, t.Name(), cmp.Diff(got, want))
}

const end = "<!-- end -->"

func TestThePageHasTheGrammarOfMappings(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "mappings/doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	_, grammar, ok := strings.Cut(f.Doc.Text(), "# The grammar\n\n")
	if !ok {
		t.Fatal("mappings/doc.go has no grammar")
	}
	_, grammar, _ = strings.Cut(grammar, "\n\n") // the words before it
	same(t, "docs/mappings.md", "```text\n", "```\n", strings.ReplaceAll("\n"+grammar, "\n\t", "\n")[1:])
}

func TestThePageHasTheFunctionsAndFaults(t *testing.T) {
	var b strings.Builder
	b.WriteString("\n\n| function | class | probe |\n|---|---|---|\n")
	for _, f := range contract.Functions() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", f.FullName(), f.Class, f.Probe)
	}
	same(t, "docs/contract.md", "<!-- functions -->", end, b.String()+"\n")
	b.Reset()
	b.WriteString("\n\n| code | name | when | again |\n|---|---|---|---|\n")
	for _, f := range contract.Faults() {
		fmt.Fprintf(&b, "| %d | %s | %s | %s |\n", f.Code, f.Name, f.When, f.Retry)
	}
	same(t, "docs/contract.md", "<!-- faults -->", end, b.String()+"\n")
}

func TestThePageHasTheKeysOfConfig(t *testing.T) {
	k := keys{types: map[string]*ast.StructType{}}
	for _, name := range []string{"config/config.go", "config/decrypt.go", "config/exports.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		k.read(f)
	}
	k.section("", "Config")
	same(t, "docs/configuration.md", "<!-- keys -->", end, "\n"+k.b.String()+"\n")
}

// keys writes a table for each struct of the configuration.
type keys struct {
	types map[string]*ast.StructType
	b     strings.Builder
	later []func()
}

func (k *keys) read(f *ast.File) {
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.TYPE {
			for _, s := range g.Specs {
				if st, ok := s.(*ast.TypeSpec).Type.(*ast.StructType); ok {
					k.types[s.(*ast.TypeSpec).Name.Name] = st
				}
			}
		}
	}
}

func (k *keys) section(at, name string) {
	if at == "" {
		k.b.WriteString("\n## At the top\n")
	} else {
		fmt.Fprintf(&k.b, "\n## %s\n", at)
	}
	k.b.WriteString("\n| key | | |\n|---|---|---|\n")
	k.rows(at, name)
	later := k.later
	k.later = nil
	for _, f := range later {
		f()
	}
}

func (k *keys) rows(at, name string) {
	for _, field := range k.types[name].Fields.List {
		raw, _ := strconv.Unquote(field.Tag.Value)
		key, option, _ := strings.Cut(reflect.StructTag(raw).Get("yaml"), ",")
		kind, of := kindOf(field.Type)
		if key == "-" {
			continue
		}
		if option == "inline" {
			k.rows(at, of)
			continue
		}
		if k.types[of] != nil {
			path := strings.TrimPrefix(at+"."+key, ".")
			switch kind {
			case "list":
				path += "[]"
			case "names":
				path += ".NAME"
			}
			k.later = append(k.later, func() { k.section(path, of) })
		}
		if option == "required" {
			kind += ", required"
		}
		doc := strings.Join(strings.Fields(field.Doc.Text()), " ")
		fmt.Fprintf(&k.b, "| `%s` | %s | %s |\n", key, kind, strings.ReplaceAll(doc, "|", "\\|"))
	}
}

// kindOf names a type for an operator, and the struct in it.
func kindOf(e ast.Expr) (kind, of string) {
	switch e := e.(type) {
	case *ast.StarExpr:
		return kindOf(e.X)
	case *ast.ArrayType:
		_, of := kindOf(e.Elt)
		return "list", of
	case *ast.MapType:
		_, of := kindOf(e.Value)
		return "names", of
	case *ast.SelectorExpr:
		return strings.ToLower(e.Sel.Name), ""
	case *ast.Ident:
		switch e.Name {
		case "string":
			return "text", ""
		case "int":
			return "number", ""
		case "bool":
			return "true or false", ""
		case "Secret", "Size":
			return strings.ToLower(e.Name), ""
		case "KnownHosts":
			return "list, or a path", ""
		case "Address":
			return "text, or a secret", ""
		case "Authorities":
			return "path", ""
		}
		return "keys", e.Name
	}
	return "?", ""
}

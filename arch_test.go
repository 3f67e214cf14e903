// Package arch keeps the rules of the house that a compiler does not: who may
// import whom, and what may not be written where.
package arch

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "loket-etl"

// rooms is the import table: what each room may import of ours, beside its own
// subfolders. A key or value that ends in "/*" is each subfolder on its own.
var rooms = map[string][]string{
	".":              {"*"}, // tests only: they hold the pages against everything
	"cmd/etl":        {"*"},
	"console":        {"ledger"},
	"pipelines":      {"alerts", "formats", "inbox", "ledger", "loket", "loket/contract", "mappings", "outbox", "payroll", "validate"},
	"mappings":       {"formats", "loket/contract", "payroll", "validate"},
	"validate":       {"formats", "payroll"},
	"loket":          {"loket/contract", "payroll"},
	"loket/sandbox":  {"loket/contract", "payroll", "formats/clieop03", "formats/loonaangifte", "formats/loonresultaten", "formats/standaardjournaal"},
	"loket/contract": {"payroll"}, // arguments are exact dates and amounts
	"formats":        {"payroll", "formats/*"},
	"formats/*":      {"payroll", "formats/xmldoc", "formats/cells"},
	"inbox":          {"internal/folder"},
	"outbox":         {"internal/folder"},
	"alerts":         {},
	"payroll":        {},
	"config":         {},
	"ledger":         {},
	"internal/*":     {},
}

// forTests is what test files may import on top of that.
var forTests = []string{"loket/sandbox", "internal/partner", "internal/folder", "internal/folder/foldertest", "internal/benchfile", "internal/schematest", "ledger/ledgertest"}

// exact rooms have no floats: money and hours are whole hundredths there.
var exact = []string{"payroll", "formats", "mappings", "validate", "ledger", "pipelines"}

// floats are the files of exact rooms that may have them, with the reason.
var floats = map[string]string{
	"pipelines/metrics.go": "a gauge is a float; counts and seconds only",
}

type source struct {
	name string // from the root, with forward slashes
	dir  string
	test bool
	*ast.File
	fset *token.FileSet
}

func (s source) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.name, s.fset.Position(n.Pos()).Line)
}

func (s source) imports(t *testing.T) []string {
	var out []string
	for _, i := range s.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// sources parses every Go file; go list would be answered from a cache.
func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() && name != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules" || base == "bin") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(base, ".go") || name == "arch_test.go" {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		out = append(out, source{name, path.Dir(name), strings.HasSuffix(base, "_test.go"), f, fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		t.Fatal("no sources found")
	}
	return out
}

// room is the room a folder belongs to, and what that room may import.
func room(dir string) (name string, allowed []string, ok bool) {
	if dir == "." {
		return dir, rooms[dir], true
	}
	for d := dir; d != "."; d = path.Dir(d) {
		if a, ok := rooms[d]; ok {
			return d, a, true
		}
		if a, ok := rooms[path.Dir(d)+"/*"]; ok {
			return d, a, true
		}
	}
	return "", nil, false
}

// may tells whether the list allows a package; subfolders of a room stay its own.
func may(allowed []string, pkg string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool {
		parent, each := strings.CutSuffix(a, "/*")
		return a == "*" || a == pkg || each && path.Dir(pkg) == parent
	})
}

func TestImportsGoDownOnly(t *testing.T) {
	for _, s := range sources(t) {
		name, allowed, ok := room(s.dir)
		if !ok || s.dir == "." && !s.test {
			t.Errorf("%s: the folder %s is no room of the house", s.name, s.dir)
			continue
		}
		for _, imported := range s.imports(t) {
			pkg, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			other, _, known := room(pkg)
			own := known && other == name // a room and its subfolders
			forTest := slices.Contains(forTests, pkg)
			switch {
			case s.test && forTest, may(allowed, pkg) && (s.test || pkg != "internal/folder/foldertest"):
			case own && (s.test || s.dir == "internal/folder/foldertest" || !forTest || pkg == other):
			default:
				t.Errorf("%s: %s may not import %s", s.name, name, pkg)
			}
		}
	}
}

func TestTheTableRefusesWhatItShould(t *testing.T) {
	for _, tt := range []struct {
		dir, pkg string
		want     bool
	}{
		{"mappings", "ledger", false}, {"mappings", "validate", true}, {"pipelines", "loket", true}, {"pipelines", "loket/sandbox", false},
		{"formats/clieop03", "payroll", true}, {"formats/clieop03", "formats", false}, {"formats", "formats/clieop03", true},
		{"loket", "loket/sandbox", false}, {"loket/sandbox/verloning", "formats/clieop03", true}, {"loket/sandbox", "formats/xaf", false},
		{"cmd/etl", "internal/partner", true}, {"internal/folder", "payroll", false}, {"config", "payroll", false},
	} {
		_, allowed, ok := room(tt.dir)
		if !ok || may(allowed, tt.pkg) != tt.want {
			t.Errorf("%s -> %s: allowed is %v, want %v", tt.dir, tt.pkg, !tt.want, tt.want)
		}
	}
	if _, _, ok := room("util"); ok {
		t.Error("util is a room")
	}
}

// pkg/sftp's ReadFrom, and io.Copy which calls it, have reported writes that the
// server refused as a success, and reads that came up short.
func TestNothingIsCopiedToSFTP(t *testing.T) {
	all := sources(t)
	near := map[string]bool{}
	for _, s := range all {
		if slices.Contains(s.imports(t), "github.com/pkg/sftp") && !s.test {
			near[s.dir] = true
		}
	}
	for _, s := range all {
		if !near[s.dir] || s.test {
			continue
		}
		for _, decl := range s.Decls {
			harmless := hashes(decl)
			ast.Inspect(decl, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				sel, ok := call.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				on, _ := sel.X.(*ast.Ident)
				copies := on != nil && on.Name == "io" && strings.HasPrefix(sel.Sel.Name, "Copy")
				if copies && harmless(call.Args[0]) {
					return true
				}
				if copies || sel.Sel.Name == "ReadFrom" || sel.Sel.Name == "WriteTo" {
					t.Errorf("%s: %s next to SFTP: write with File.Write in chunks", s.at(n), sel.Sel.Name)
				}
				return true
			})
		}
	}
}

// hashes tells of an expression whether it is io.Discard, or a variable of this
// declaration made by sha256.New: what is copied there goes to no server.
func hashes(decl ast.Decl) func(ast.Expr) bool {
	isCall := func(e ast.Expr, pkg, name string) bool {
		if c, ok := e.(*ast.CallExpr); ok {
			e = c.Fun
		}
		sel, ok := e.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		on, ok := sel.X.(*ast.Ident)
		return ok && on.Name == pkg && sel.Sel.Name == name
	}
	made := map[string]bool{}
	ast.Inspect(decl, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok && len(a.Lhs) == len(a.Rhs) {
			for i, v := range a.Lhs {
				if id, ok := v.(*ast.Ident); ok && isCall(a.Rhs[i], "sha256", "New") {
					made[id.Name] = true
				}
			}
		}
		return true
	})
	return func(e ast.Expr) bool {
		id, ok := e.(*ast.Ident)
		return ok && made[id.Name] || isCall(e, "io", "Discard")
	}
}

func TestMoneyAndHoursAreNeverFloats(t *testing.T) {
	for _, s := range sources(t) {
		top, _, _ := strings.Cut(s.dir, "/")
		if s.test || !slices.Contains(exact, top) || floats[s.name] != "" {
			continue
		}
		ast.Inspect(s.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if n.Name == "float32" || n.Name == "float64" || n.Name == "ParseFloat" || n.Name == "FormatFloat" {
					t.Errorf("%s: %s", s.at(n), n.Name)
				}
			case *ast.BasicLit:
				if n.Kind == token.FLOAT && constant.ToInt(constant.MakeFromLiteral(n.Value, n.Kind, 0)).Kind() != constant.Int {
					t.Errorf("%s: the constant %s", s.at(n), n.Value)
				}
			}
			return true
		})
	}
}

// calls reports every use of pkg.name.
func calls(s source, pkg, name string, report func(n ast.Node)) {
	ast.Inspect(s.File, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == name {
			if on, ok := sel.X.(*ast.Ident); ok && on.Name == pkg {
				report(n)
			}
		}
		return true
	})
}

func TestNothingSleeps(t *testing.T) {
	for _, s := range sources(t) {
		calls(s, "time", "Sleep", func(n ast.Node) {
			t.Errorf("%s: time.Sleep: wait for the event, or make the next try a time in the ledger", s.at(n))
		})
	}
}

func TestOnlyMainExits(t *testing.T) {
	for _, s := range sources(t) {
		if s.name == "cmd/etl/main.go" || s.Name.Name == "main" && s.dir != "cmd/etl" { // generators are mains too
			continue
		}
		calls(s, "os", "Exit", func(n ast.Node) {
			if !s.test {
				t.Errorf("%s: os.Exit skips what is deferred; return an error", s.at(n))
			}
		})
		if slices.Contains(s.imports(t), "log") && !s.test {
			for _, name := range []string{"Print", "Printf", "Println", "Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln"} {
				calls(s, "log", name, func(n ast.Node) {
					t.Errorf("%s: log.%s: return an error, and let cmd/etl log it", s.at(n), name)
				})
			}
		}
		for _, decl := range s.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Name.Name == "init" && fn.Recv == nil && !s.test {
				t.Errorf("%s: init: write it in a visible table", s.at(fn))
			}
		}
	}
}

// TestSkipsFailInCI wants CI looked at in the function that skips.
func TestSkipsFailInCI(t *testing.T) {
	for _, s := range sources(t) {
		for _, decl := range s.Decls {
			var skip ast.Node
			guarded := false
			ast.Inspect(decl, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					if strings.HasPrefix(n.Sel.Name, "Skip") && s.test || n.Sel.Name == "SkipNow" {
						if on, ok := n.X.(*ast.Ident); ok && (on.Name == "t" || on.Name == "b" || on.Name == "tb") {
							skip = n
						}
					}
				case *ast.BasicLit:
					guarded = guarded || n.Value == `"CI"`
				}
				return true
			})
			if skip != nil && !guarded {
				t.Errorf("%s: a skip that CI does not see: fail when CI is true", s.at(skip))
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	said, where := map[string]bool{}, map[string]string{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		where[s.dir] = s.Name.Name
		want := "Package " + s.Name.Name + " "
		if s.Name.Name == "main" {
			want = "Command " + path.Base(s.dir) + " "
		}
		said[s.dir] = said[s.dir] || strings.HasPrefix(s.Doc.Text(), want)
	}
	for dir, name := range where {
		if !said[dir] {
			t.Errorf("%s: no file starts with a comment on package %s", dir, name)
		}
	}
}

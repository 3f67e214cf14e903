package mappings

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"loket-etl/formats"
	"loket-etl/validate"
)

func (g *grammar) readFile(f *object) {
	o := &g.m.options
	g.m.format = f.choice("format", "csv", "xlsx", "json", "ndjson", "xml", "fixed", "document", "responsemessage")
	if g.m.format == "responsemessage" {
		g.document = true
		f.done()
		return
	}
	switch v := f.choice("packed", "no", "gzip", "zip", "documents"); v {
	case "no":
	case "documents":
		g.readBundle(f)
	default:
		o.Packed = v
	}
	o.Point = map[string]byte{"comma": ',', "point": '.'}[f.choice("decimal", "comma", "point")]
	thousands := map[string]byte{"none": 0, "point": '.', "comma": ',', "space": ' '}[f.choice("thousands", "none", "point", "comma", "space")]
	if o.Point == thousands {
		g.fail(f.nodes["thousands"].Value, "", "the decimal and the thousands separator are the same")
	}
	g.readLayout(f)
	if v := f.text("name"); v != "" {
		p, err := parsePattern(v)
		if err != nil {
			g.fail(f.nodes["name"].Value, `for instance "uren_{clientnummer}_{year}-{period}*.csv"`, "%v", err)
		}
		g.m.filePat = p
	}
	if g.m.format == "document" {
		g.readSingle(f)
	}
	nodes := g.some(f.need("columns", "the columns of the file, in order when it has no header"), "columns")
	for _, n := range nodes {
		if c := g.object(n, "a column"); c != nil {
			g.readColumn(c, o.Point, thousands)
		}
	}
	if (g.m.format == "csv" || g.m.format == "xlsx") && !g.m.single {
		g.readHeaderRows(f)
		g.readWide(f, o.Point, thousands)
	}
	f.done()
}

// readLayout reads what is said of one format only.
func (g *grammar) readLayout(f *object) {
	o := &g.m.options
	switch g.m.format {
	case "csv":
		o.Charset = f.choice("charset", "utf-8", "windows-1252", "utf-16le", "utf-16be")
		o.Delimiter = map[string]byte{";": ';', ",": ',', "tab": '\t', "|": '|'}[f.choice("delimiter", ";", ",", "tab", "|")]
		o.NoHeader = !f.yes("header", true)
		o.Extra = f.choice("extra_columns", "refuse", "ignore", "components")
	case "xlsx":
		g.readSheet(f)
		o.NoHeader = !f.yes("header", true)
		o.Extra = f.choice("extra_columns", "refuse", "ignore", "components")
		for _, key := range []string{"header_row", "header_within"} {
			if o.NoHeader && f.has(key) {
				g.fail(f.nodes[key].Key, "leave it out", "a file without a header has no %q", key)
			}
		}
	case "json":
		o.Records = f.texts("records")
		o.Extra = f.choice("extra_columns", "refuse", "ignore")
		for _, path := range o.Records {
			if _, err := formats.JSONPath(path); err != nil || len(o.Records) > 1 {
				g.fail(f.nodes["records"].Value, "for instance data.rows", "records must be one path to an array: %q", path)
			}
		}
	case "ndjson":
		o.Extra = f.choice("extra_columns", "refuse", "ignore")
	case "xml":
		g.readElements(f)
	case "fixed":
		o.Charset = f.choice("charset", "utf-8", "windows-1252", "utf-16le", "utf-16be")
	}
	if o.NoHeader && o.Extra == "components" {
		g.fail(f.nodes["extra_columns"].Value, "", "a file without a header has no component columns")
	}
}

// readSheet reads where the rows of a workbook stand.
func (g *grammar) readSheet(f *object) {
	o := &g.m.options
	if n := f.get("sheet"); n != nil {
		o.Sheet = g.text(n, "sheet")
	}
	if n := f.get("sheet_number"); n != nil {
		o.SheetNumber, _ = g.number(n, "sheet_number", 1, 1000)
	}
	if n := f.get("header_row"); n != nil {
		o.HeaderRow, _ = g.number(n, "header_row", 1, 1000)
	}
	if n := f.get("header_within"); n != nil {
		o.HeaderWithin, _ = g.number(n, "header_within", 1, 1000)
	}
	o.Hidden = f.choice("hidden", "refuse", "read", "skip")
	if f.has("sheet") && f.has("sheet_number") {
		g.fail(f.nodes["sheet_number"].Key, "choose one", "sheet and sheet_number both say which sheet it is")
	}
	if f.has("header_row") && f.has("header_within") {
		g.fail(f.nodes["header_within"].Key, "choose one", "header_row and header_within both say where the header is")
	}
}

// readElements reads where the records of XML stand.
func (g *grammar) readElements(f *object) {
	o := &g.m.options
	o.Namespaces = map[string]string{"": f.text("namespace")}
	if n := f.child("namespaces"); n != nil {
		for _, prefix := range n.keys {
			o.Namespaces[prefix] = n.text(prefix)
		}
	}
	n := f.need("records", "the paths to the elements that are rows, for instance TimeCard/ReportedTime/TimeInterval")
	if n == nil {
		return
	}
	for _, path := range g.some(n, "records") {
		text := g.text(path, "records")
		p, err := formats.ParseXMLPath(text, o.Namespaces)
		if err == nil && (p.Up > 0 || p.Attr != "" || len(p.Steps) == 0) {
			err = errors.New("it must lead from the root down to elements")
		}
		o.Records = append(o.Records, text)
		if err == nil && strings.Count(text, "/") != strings.Count(o.Records[0], "/") {
			err = errors.New("all records must be at one level")
		}
		if err != nil {
			g.fail(path, "for instance TimeCard/ReportedTime/TimeInterval", "records: %v", err)
		}
	}
}

var layouts = []string{"dd-MM-yyyy", "yyyy-MM-dd", "dd/MM/yyyy", "MM/dd/yyyy", "dd.MM.yyyy", "yyyyMMdd", "excel"}

func (g *grammar) readColumn(c *object, point, thousands byte) {
	node := c.need("name", "the name in the header of the file")
	if node == nil {
		return
	}
	name := g.filled(node, "name")
	vc := validate.Column{Header: name, Name: name, Index: -1, Point: point, Thousands: thousands}
	if as := c.text("as"); as != "" {
		vc.Name = as
		if strings.Contains(as, ";") {
			g.fail(c.nodes["as"].Value, "write , instead of ;", "a comma is missing")
		}
	}
	g.readType(c, &vc)
	vc.Required = c.yes("required", false)
	vc.Personal = c.yes("personal", false)
	fc := formats.Column{Name: name, Optional: c.yes("optional", false), Personal: vc.Personal}
	g.readPlace(c, &vc, &fc)
	c.done()
	g.checkColumn(c, &vc, fc)
	if _, twice := g.column[vc.Name]; twice {
		g.fail(node, "give one of them another name with as:", "two columns are called %q", vc.Name)
		return
	}
	if !g.m.options.NoHeader && (g.m.format == "csv" || g.m.format == "xlsx") {
		g.oneHeader(node, fc)
	}
	g.column[vc.Name] = len(g.m.columns)
	g.m.columns = append(g.m.columns, vc)
	g.m.options.Columns = append(g.m.options.Columns, fc)
}

// readType reads how the cells of a column are written.
func (g *grammar) readType(c *object, vc *validate.Column) {
	switch c.choice("type", "text", "integer", "decimal", "hours", "date") {
	case "integer":
		vc.Type = validate.Integer
	case "decimal":
		vc.Type = validate.Decimal
	case "hours":
		vc.Type = validate.Hours
	case "date":
		vc.Type = validate.Date
	}
	vc.Notation = c.texts("notation", "decimal", "clock", "minutes")
	vc.Layouts = c.texts("layouts", layouts...)
	if n := c.get("decimals"); n != nil {
		vc.MaxDecimals, _ = g.number(n, "decimals", 1, 4)
	}
}

// oneHeader refuses a name in the header that would stand for two columns; capitals
// make no difference there.
func (g *grammar) oneHeader(node ast.Node, c formats.Column) {
	for _, name := range append([]string{c.Name}, c.Aliases...) {
		for _, other := range g.m.options.Columns {
			if slices.ContainsFunc(append([]string{other.Name}, other.Aliases...), func(n string) bool {
				return strings.EqualFold(strings.TrimSpace(n), strings.TrimSpace(name))
			}) {
				g.fail(node, "capitals make no difference in a header", "column %q would also be found as %q", name, other.Name)
				return
			}
		}
	}
}

// kinds are the types as a decoder knows them.
var kinds = map[validate.Type]formats.Kind{validate.Integer: formats.Number, validate.Decimal: formats.Number, validate.Hours: formats.Hours, validate.Date: formats.Date}

// readPlace reads where a column stands in the file, and as what.
func (g *grammar) readPlace(c *object, vc *validate.Column, fc *formats.Column) {
	fc.Kind = kinds[vc.Type]
	if len(vc.Layouts) > 0 {
		fc.Layout = vc.Layouts[0]
	}
	switch g.m.format {
	case "csv", "xlsx":
		if !g.m.single {
			fc.Aliases = c.texts("aliases")
		}
	case "json", "ndjson":
		fc.Paths = c.texts("path")
		g.checkPaths(c, fc, func(path string) error { _, err := formats.JSONPath(path); return err })
	case "xml":
		fc.Paths = c.texts("path")
		g.checkPaths(c, fc, func(path string) error {
			p, err := formats.ParseXMLPath(path, g.m.options.Namespaces)
			if records := g.m.options.Records; err == nil && len(records) > 0 && p.Up > strings.Count(records[0], "/") {
				err = fmt.Errorf("path %q goes up out of the file", path)
			}
			return err
		})
	case "fixed":
		if n := c.need("start", "its first character, from 1"); n != nil {
			fc.Start, _ = g.number(n, "start", 1, 10_000)
		}
		if n := c.need("length", "how many characters it has"); n != nil {
			fc.Length, _ = g.number(n, "length", 1, 10_000)
		}
	}
	if g.m.format != "csv" && g.m.format != "fixed" {
		if fc.DateOnly = c.choice("take", "all", "date") == "date"; fc.DateOnly && vc.Type != validate.Date {
			g.fail(c.nodes["take"].Value, "", "only of a date the date is taken")
		}
	}
}

func (g *grammar) checkPaths(c *object, fc *formats.Column, check func(string) error) {
	paths := fc.Paths
	if len(paths) == 0 {
		paths = []string{fc.Name}
	}
	for _, p := range paths {
		if err := check(p); err != nil {
			g.fail(c.node, "say where it stands with path:", "column %q: %v", fc.Name, err)
		}
	}
}

func (g *grammar) checkColumn(c *object, vc *validate.Column, fc formats.Column) {
	if vc.Type == validate.Date && len(vc.Layouts) == 0 {
		g.fail(c.node, "for instance layouts: [dd-MM-yyyy]; the order of day and month is never guessed", "date column %q has no layouts", vc.Name)
	}
	if vc.Type == validate.Hours && len(vc.Notation) == 0 {
		g.fail(c.node, "for instance notation: [decimal]", "hours column %q has no notation", vc.Name)
	}
	if vc.Type == validate.Hours && slices.Contains(vc.Notation, "minutes") && slices.Contains(vc.Notation, "decimal") {
		g.fail(c.nodes["notation"].Value, "choose one", "a whole number cannot be both minutes and hours")
	}
	if slices.Contains(vc.Layouts, "dd/MM/yyyy") && slices.Contains(vc.Layouts, "MM/dd/yyyy") {
		g.fail(c.nodes["layouts"].Value, "declare one of them", "dd/MM/yyyy and MM/dd/yyyy cannot be told apart")
	}
	if vc.Type != validate.Date && len(vc.Layouts) > 0 {
		g.fail(c.nodes["layouts"].Value, "", "only a date has layouts")
	}
	if vc.Type != validate.Hours && len(vc.Notation) > 0 {
		g.fail(c.nodes["notation"].Value, "", "only hours have a notation")
	}
	if vc.MaxDecimals != 0 && vc.Type != validate.Decimal && vc.Type != validate.Hours {
		g.fail(c.nodes["decimals"].Value, "", "only a decimal or hours have decimals")
	}
	if fc.Optional && vc.Required {
		g.fail(c.node, "required: a cell must be filled; optional: the column may be absent", "column %q is both required and optional", vc.Name)
	}
	if g.m.options.NoHeader && (fc.Optional || len(fc.Aliases) > 0) {
		g.fail(c.node, "", "column %q: without a header no column is optional or has aliases", vc.Name)
	}
}

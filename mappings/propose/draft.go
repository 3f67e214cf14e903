package propose

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"loket-etl/mappings"
	"loket-etl/payroll"
)

// unsure notes a doubt about the column. It must hold no cell of the file.
func (c *Column) unsure(format string, args ...any) {
	c.doubt = append(c.doubt, fmt.Sprintf(format, args...))
}

// discreet reports whether none of the values reads as the number of a person.
func (c *Column) discreet() bool {
	values, _ := c.seen.Values()
	for _, v := range values {
		if payroll.Discreet(v) != v || strings.Contains(v, "@") {
			return false
		}
	}
	return !c.Personal
}

// draft writes the files of a proposal.
type draft struct {
	*Proposal
	file      string // the name of the export
	pattern   string // name: of the mapping, "" for none
	named     bool   // the employer stands in the name
	dated     bool   // the period stands in the name
	unsaid    string // what stands there for a period, when no pattern can say it
	fromThere bool   // the employer is that of the pipeline
	b         strings.Builder
}

func newDraft(p *Proposal, file string) *draft {
	d := &draft{Proposal: p, file: path.Base(file)}
	d.readName()
	d.fromThere = !d.named && d.find(employer) == nil && d.find(werkgeverID) == nil && !(d.find(employee) == nil && d.find(mail) != nil)
	return d
}

// files are in the order in which they may be put in place: what one needs stands
// before it.
func (d *draft) files() (all []File) {
	if c := d.find(code); c != nil {
		all = append(all, File{"mappings", d.tableFile(), d.table(c)})
	}
	return append(all, File{"mappings", d.Name + ".yaml", d.mapping()}, File{"pipelines", d.Name + ".yaml", d.pipeline()})
}

func (d *draft) tableFile() string { return d.Name + "-soorten.csv" }

// table has a row for every code that was seen, with the choice open.
func (d *draft) table(c *Column) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = ';'
	rows := [][]string{{c.Name, "component"}}
	values, _ := c.seen.Values()
	if c.seen.Filled < c.seen.Cells {
		values = append(values, "") // what is a row without one?
	}
	met := map[string]bool{}
	for _, v := range values {
		if key := strings.ToLower(v); !met[key] {
			met[key] = true
			rows = append(rows, []string{v, mappings.OpenChoice})
		}
	}
	if err := w.WriteAll(rows); err != nil {
		return nil // a buffer takes all
	}
	return b.Bytes()
}

func (d *draft) line(format string, args ...any) { fmt.Fprintf(&d.b, format+"\n", args...) }

// doubts writes what is unsure above the line it is about, and keeps it for the
// person who asked.
func (d *draft) doubts(indent, about string, all ...string) {
	for _, text := range all {
		d.line("%s# TWIJFEL: %s", indent, text)
		if about != "" {
			text = about + ": " + text
			d.Doubts = append(d.Doubts, text)
		}
	}
}

func (d *draft) mapping() []byte {
	rows := fmt.Sprintf("de eerste %d rijen", d.Rows)
	if d.All {
		rows = fmt.Sprintf("alle %d rijen", d.Rows)
	}
	d.line("# Een voorstel van etl mapping new, gemaakt uit %s van een export.", rows)
	d.line("# TWIJFEL: een vermoeden dat u moet nalopen. %s: wat u nog moet kiezen; tot die tijd", mappings.OpenChoice)
	d.line("# wordt wat ervan afhangt, geweigerd. etl mapping lint %s zegt wat er nog openstaat.", d.Name)
	d.line("mapping: %s", d.Name)
	d.line("description: voorstel, nog na te lopen")
	d.line("file:")
	d.doubts("  ", "", d.Doubts...)
	d.layout()
	d.line("  columns:")
	for i := range d.Columns {
		d.column(&d.Columns[i])
	}
	d.wideSheet()
	if c := d.find(code); c != nil {
		d.line("tables:")
		d.line("  soorten:                # %s: in %s, achter elke soort de component", mappings.OpenChoice, d.tableFile())
		d.line("    file: %s", quote(d.tableFile()))
		d.line("    key: [%s]", c.Name)
		d.line("    ignore_case: yes")
	}
	d.compute()
	d.skips()
	d.target()
	return []byte(d.b.String())
}

// layout writes what the file is.
func (d *draft) layout() {
	o := &d.Options
	d.line("  format: %s", d.Format)
	if o.Packed != "" {
		d.line("  packed: %s", o.Packed)
	}
	if d.pattern != "" {
		d.line("  name: %s", quote(d.pattern))
	}
	if d.Format == "csv" {
		if o.Charset != "utf-8" {
			d.line("  charset: %-14s# het bestand is geen UTF-8", o.Charset)
		}
		d.line("  delimiter: %s", map[byte]string{';': `";"`, ',': `","`, '|': `"|"`, '\t': "tab"}[o.Delimiter])
		if o.NoHeader {
			d.line("  header: no")
		}
	}
	if o.Sheet != "" {
		d.line("  sheet: %s", quote(o.Sheet))
	}
	d.headerRows()
	if len(o.Records) > 0 && d.Format == "xml" {
		d.line("  records: [%s]", quote(o.Records[0]))
	} else if len(o.Records) > 0 {
		d.line("  records: %s", quote(o.Records[0]))
	}
	if ns := o.Namespaces[""]; ns != "" {
		d.line("  namespace: %s", quote(ns))
	}
	d.line("  decimal: %s", map[byte]string{',': "comma", '.': "point"}[o.Point])
	if t := d.thousands(); t != "" {
		d.line("  thousands: %s", t)
	}
	switch {
	case d.hasComponents():
		d.line("  extra_columns: components   # de kolommen met een nummer als naam zijn componenten")
	case d.Format == "json" || d.Format == "ndjson":
		d.line("  extra_columns: ignore")
	}
}

// headerRows writes where the header of a workbook is.
func (d *draft) headerRows() {
	o := &d.Options
	switch {
	case o.HeaderRow > 0 && o.HeaderRows < 2 && o.HeaderRow <= withinRows:
		d.line("  header_within: %-10d# boven de kopregel staan titels; zo mag hij ook een rij verschuiven", withinRows)
	case o.HeaderRow > 0:
		d.line("  header_row: %d", o.HeaderRow)
	}
	if o.HeaderRows == 2 {
		d.line("  header_rows: 2")
		d.line("  header_join: %s", o.HeaderJoin)
	}
	if o.Hidden != "" {
		d.line("  hidden: %s", o.Hidden)
	}
}

// hasComponents reports whether names of columns are components, beside others.
func (d *draft) hasComponents() bool {
	if d.wide != nil || d.Options.NoHeader || d.Format != "csv" && d.Format != "xlsx" {
		return false
	}
	n := 0
	for i := range d.Columns {
		if d.Columns[i].isComponent() {
			n++
		}
	}
	return n > 0 && n < len(d.Columns)
}

func (d *draft) column(c *Column) {
	if d.hasComponents() && c.isComponent() {
		return
	}
	d.doubts("    ", "kolom "+strconv.Quote(c.Header), c.doubt...)
	text := fmt.Sprintf("    - {name: %s, as: %s", quote(c.Header), c.Name)
	if c.Path != "" {
		text += ", path: " + quote(c.Path)
	}
	if c.Type != "text" {
		text += ", type: " + c.Type
	}
	if len(c.Notation) > 0 {
		text += ", notation: [" + strings.Join(c.Notation, ", ") + "]"
	}
	if len(c.Layouts) > 0 {
		text += ", layouts: [" + strings.Join(c.Layouts, ", ") + "]"
		if c.seen.Moments > 0 && d.Format != "csv" {
			text += ", take: date"
		}
	}
	if c.Decimals > 2 {
		text += ", decimals: " + strconv.Itoa(c.Decimals)
	}
	if c.Required {
		text += ", required: yes"
	}
	if c.Optional {
		text += ", optional: yes"
	}
	if c.Personal {
		text += ", personal: yes"
	}
	d.line("%s}", text)
}

func (d *draft) pipeline() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Een voorstel van etl mapping new.\npipeline: %s\ndescription: voorstel, nog na te lopen\nmapping: %s\n", d.Name, d.Name)
	fmt.Fprintf(&b, "files: [%s]   # TWIJFEL: welke namen hebben de bestanden?\n", quote(d.glob()))
	b.WriteString("policy: all-or-nothing   # of per-employee: wie een fout heeft, wordt weggelaten\n")
	if rules := d.rules(); len(rules) > 0 {
		b.WriteString("rules:\n  " + strings.Join(rules, "\n  ") + "\n")
	}
	return []byte(b.String())
}

// rules are those over the whole file that mean something in it. Of times, two blocks
// on a day are no duplicates, and the same one twice overlaps.
func (d *draft) rules() (all []string) {
	each := d.wide != nil && d.wide.heading.Type == "date"
	dated := d.wide == nil && d.find(day) != nil
	switch {
	case !each && !dated:
		return nil
	case d.worked != nil:
		all = append(all, "overlap: {start: "+d.worked.start.Name+", end: "+d.worked.end.Name+"}")
	default:
		all = append(all, "duplicates: refuse   # dezelfde medewerker, dag en soort nog eens")
	}
	if each || d.worked != nil || d.find(hours) != nil {
		all = append(all, "hours_per_day: 16")
	}
	return all
}

// glob is the pattern of names that the pipeline takes.
func (d *draft) glob() string {
	ext := path.Ext(d.file)
	from := d.file
	if when, ok := periodIn(d.file); d.pattern != "" {
		from = d.pattern
	} else if ok {
		from = d.file[:when.from] + "*"
	}
	if i := strings.IndexAny(from, "{0123456789*"); i >= 0 {
		from = from[:i]
	} else {
		from = strings.TrimSuffix(from, ext)
	}
	if payroll.Discreet(from) != from {
		from = ""
	}
	for _, c := range []string{"[", "]", "?", "\\"} {
		from = strings.ReplaceAll(from, c, "?")
	}
	return from + "*" + ext
}

func (d *draft) snippet() string { return snippet(d.Name, d.fromThere) }

// snippet is what puts the pipeline to work.
func snippet(name string, client bool) string {
	text := "pipelines:\n  - use: " + name + "\n    inbox: uren            # " + mappings.OpenChoice + ": de naam van een van uw inboxes\n"
	if client {
		text += "    clientnummer: 5555     # " + mappings.OpenChoice + ": het bestand zegt niet van welke werkgever het is\n"
	}
	return text
}

var plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 _-]*[A-Za-z0-9]$`)

// quote is a text as YAML, between quotes when it must.
func quote(s string) string {
	switch strings.ToLower(s) {
	case "yes", "no", "true", "false", "null", "on", "off", "y", "n":
		return strconv.Quote(s)
	}
	if plain.MatchString(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}

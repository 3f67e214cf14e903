package mappings

import (
	"path"
	"strings"

	"loket-etl/validate"
)

// readBundle reads which file of a zip is the index of the documents in it.
func (g *grammar) readBundle(f *object) {
	n := f.need("index", `the name of the index in the zip, for instance index.csv or "*.csv"`)
	if n == nil {
		g.m.index = "*"
		return
	}
	g.m.index = g.text(n, "index")
	if _, err := path.Match(g.m.index, "x"); err != nil || g.m.index == "" || strings.Contains(g.m.index, "/") {
		g.fail(n, `for instance index.csv or "*.csv"`, "index must be the name of a file, without folders")
	}
}

// readSingle reads a file that is one document: its columns are the parts of its
// name, which are read as a row.
func (g *grammar) readSingle(f *object) {
	g.m.single, g.m.format, g.m.options.Delimiter, g.m.options.Extra = true, "csv", ';', "ignore"
	if g.m.index != "" || g.m.options.Packed != "" {
		g.fail(f.nodes["packed"].Value, "leave it out", "a document by itself is not packed")
		g.m.index = ""
	}
	if g.m.filePat == nil && !f.has("name") {
		g.fail(f.node, `for instance "dossier_{clientnummer}_{persnr}_*.pdf"`, "the name of the document must say whose it is")
	}
	if g.m.filePat != nil && len(g.m.filePat.fields) == 0 {
		g.fail(f.nodes["name"].Value, `for instance "dossier_{clientnummer}_{persnr}_*.pdf"`, "the name of the document says nothing")
	}
}

// bundled reads which column names the document, and wants a file with documents.
func (g *grammar) bundled(t *target, o *object) {
	t.document = -1
	if g.m.single {
		return
	}
	if g.m.index == "" {
		g.fail(o.nodes["what"].Value, "file: {packed: documents, index: index.csv} or file: {format: document}", "a dossier needs documents")
		return
	}
	n := o.need("document", "document: {column: ...}: the name of the document in the zip")
	if n == nil {
		return
	}
	x := g.origin(n, "document", anyText)
	if x.kind != fromColumn || g.m.columns[x.column].Type != validate.Text {
		g.fail(n, "", "document comes from a text column of the index")
		return
	}
	t.document = x.column
}

package formats

// Options say how a file is written. Nothing in them is guessed: what a mapping
// does not declare has the default named here.
type Options struct {
	Charset   string   // "utf-8" (default), "windows-1252", "utf-16le", "utf-16be"; a BOM outranks it
	Delimiter byte     // between cells, default ';'; a "sep=" line in the file outranks it
	NoHeader  bool     // the first row is data; Columns name the cells in order
	Columns   []Column // the header contract; none: any names, each once
	Extra     string   // columns that Columns does not name: "refuse" (default), "ignore", "components" (numbers only)
	MaxCell   int      // bytes in one cell, default 64 KiB
	MaxRow    int      // bytes in one row, default 1 MiB
}

// Column is a column that the file must or may have.
type Column struct {
	Name     string   // as in the header; compared without regard to case and outer spaces
	Aliases  []string // other names it may have
	Optional bool     // may be absent
}

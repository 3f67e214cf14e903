package formats

// Options say how a file is written. Nothing in them is guessed: what a mapping
// does not declare has the default named here.
type Options struct {
	Charset   string   // of text: "utf-8" (default), "windows-1252", "utf-16le", "utf-16be"; a BOM outranks it
	Delimiter byte     // of CSV, between cells, default ';'; a "sep=" line in the file outranks it
	NoHeader  bool     // the first row is data; Columns name the cells in order
	Columns   []Column // the header contract; none: any names, each once
	Extra     string   // columns that Columns does not name: "refuse" (default), "ignore", "components" (numbers only), "wide" (cells that count)
	Wide      Column   // how a cell of a "wide" column is read; Name and Paths mean nothing
	MaxCell   int      // bytes in one cell, default 64 KiB
	MaxRow    int      // bytes in one row, default 1 MiB

	HeaderRows int    // of CSV and XLSX: 2 when the header has two rows, right below each other; default 1
	HeaderJoin string // of two rows: "lowest" (default), the lowest filled cell is the name; "both", they are joined by a space and the upper one holds to the right too

	Packed      string // the file is the only one in a "gzip" or "zip"; default not packed
	MaxUnpacked int64  // bytes that come out of what is packed, workbooks too, default 1 GiB

	Point byte // the decimal sign that numbers of XLSX and JSON get, which have none of their own; default ','

	Sheet        string // of XLSX: the name of the sheet
	SheetNumber  int    // or its place, from 1; neither: the workbook has one sheet
	HeaderRow    int    // of XLSX: the row of the header, from 1
	HeaderWithin int    // or it is the first of so many rows that has all names; neither: the first row with something in it
	Hidden       string // rows, columns and sheets that are hidden: "refuse" (default), "read", "skip" (rows are left out, the others read)

	Records    []string          // of JSON: the path to the array of records; of XML: those of the elements that are records, all at one level
	Namespaces map[string]string // of XML: the namespace of each prefix in a path, "" for names without one
}

// Kind is what a column holds, as far as a decoder must know.
type Kind int

// A date, hours or number of a file with types becomes the text that the column
// is to hold; text is left as it stands.
const (
	Text Kind = iota
	Number
	Hours
	Date
)

// Column is a column that the file must or may have.
type Column struct {
	Name     string   // as in the header; compared without regard to case and outer spaces
	Aliases  []string // other names it may have
	Optional bool     // may be absent
	Personal bool     // its cells are masked in problems

	Kind     Kind
	Layout   string   // how a date is to be written, as in a mapping; default yyyy-MM-dd
	DateOnly bool     // of a date with a time of day, only the date
	Paths    []string // of JSON and XML: where it stands; the first that is filled counts
	Start    int      // of fixed width: its first character, from 1
	Length   int      // and how many it has
}

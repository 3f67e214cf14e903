// Package formats turns bytes into records and payroll documents into bytes and
// back. It knows how a file is written, never what it means: no mapping, no
// Loket, no database.
package formats

import (
	"io"
	"iter"
)

// A Record is one row of a file. Line and Offset say where it starts: Line
// counts physical lines from 1 (rows, in a workbook), Offset bytes from 0 of the
// decoded stream. Cells are text, unquoted and in UTF-8. Raw is the row as it
// stood in the file with its line end, in UTF-8; where rows are no lines (XLSX,
// JSON, XML), it is a line of CSV that fits Preamble, and the decoder of that
// format reads a file of those, too.
type Record struct {
	Line   int
	Offset int64
	Raw    []byte
	Cells  [][]byte
}

// A Batch is a run of whole records. A decoder cuts the file into batches on one
// goroutine; the records of a batch are found by Cut, which may run on another,
// so that several workers share the work. After Release nothing of the batch may
// be used. Batches come in file order, Index counts them from 0.
type Batch struct {
	Index    int
	Sheet    string    // of a workbook, where lines are rows and columns as in the sheet
	Header   []string  // names as in the file, or the declared ones when it has no header
	Columns  []int     // cell index of each of Options.Columns, -1 when the column is absent
	Extra    []int     // cell indexes of the columns that Options.Columns does not name
	Preamble []byte    // all that stands before the first row (sep= line, header), in UTF-8 without a mark
	Records  []Record  // filled by Cut
	Problems []Problem // rows that could not be cut: not in Records; filled by Cut
	Unread   [][]byte  // the rows of Problems as they stood in the file, in the same order
	Blank    int       // rows without anything in them, skipped; filled by Cut

	cut     func(*Batch)
	release func(*Batch)
}

// Cut fills Records and Problems. Calling it twice does nothing more.
func (b *Batch) Cut() {
	if b.cut != nil {
		cut := b.cut
		b.cut = nil
		cut(b)
	}
}

// Release gives the memory of the batch back to the decoder.
func (b *Batch) Release() {
	if b.release != nil {
		release := b.release
		b.release = nil
		release(b)
	}
}

// A Decoder reads r as a sequence of batches. An error ends the sequence: the
// file as a whole cannot be read (wrong header, wrong character set, a quote that
// is never closed); it is a *FileError, or an error of r itself.
type Decoder func(r io.Reader, o Options) iter.Seq2[*Batch, error]

// Decoders are the input formats by the name a mapping uses.
var Decoders = map[string]Decoder{
	"csv":    CSV,
	"xlsx":   XLSX,
	"json":   JSON,
	"ndjson": NDJSON,
	"xml":    XML,
	"fixed":  Fixed,
}

// Problem is something wrong with a file, told to the person who sent it: where
// it stands, what stands there, and what to do. Texts are Dutch.
type Problem struct {
	Sheet   string `json:"sheet,omitempty"`  // of a workbook; then Line is the row
	Line    int    `json:"line,omitempty"`   // physical line, from 1; 0: the whole file
	Column  int    `json:"column,omitempty"` // cell in the row, from 1; 0: the whole row
	Field   string `json:"field,omitempty"`  // column name as in the file
	Value   string `json:"value,omitempty"`  // as read, masked when personal, cut at 60 characters
	Code    string `json:"code"`             // stable short name: "getal-dubbelzinnig"
	Message string `json:"message"`          // one sentence: what is wrong
	Repair  string `json:"repair,omitempty"` // one sentence: what to do
}

// FileError is an error about the file as a whole.
type FileError struct{ Problem Problem }

func (e *FileError) Error() string { return e.Problem.String() }

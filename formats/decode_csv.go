package formats

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
)

// blockSize is how many bytes are read for a batch: small enough for a batch and
// its cells to stay in a core's own cache, large enough to make the work per
// batch disappear.
const blockSize = 256 << 10

// slack is how many bytes may be read after the last one of a block.
const slack = 16

// CSV decodes rows of cells between delimiters, quoted as RFC 4180 has it. It
// reads r once, in blocks that it cuts at row ends, holds a few blocks and never
// the whole file, and starts no goroutine. Rows without anything in them are
// skipped. A file without rows is a *FileError too.
func CSV(r io.Reader, o Options) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		d, err := newCSV(r, o)
		if err != nil {
			yield(nil, err)
			return
		}
		for {
			k, err := d.next()
			if err != nil {
				yield(nil, err)
				return
			}
			if k == nil || !yield(&k.Batch, nil) {
				return
			}
		}
	}
}

// csvReader is the sequential half of the decoder.
type csvReader struct {
	layout
	contract
	text     *sniffer
	noHeader bool
	twoRows  string // how the two rows of the header are joined, "" for one row
	size     int    // of a block

	preamble []byte

	tail   []byte // what was read after the last row end
	line   int    // physical line that tail begins on
	offset int64
	blocks int
	seen   bool // a row with something in it
	ended  error

	mu   sync.Mutex
	free []*block
}

// layout is what both halves know; it does not change after the header.
type layout struct {
	delim   byte
	width   int // cells in a row, 0 before the first row
	named   int // cells that have a name; the others must be empty
	maxCell int
	maxRow  int
}

var (
	errEnd   = errors.New("end of file")
	errBlank = errors.New("nothing but blank rows")
)

func newCSV(r io.Reader, o Options) (*csvReader, error) {
	d := &csvReader{
		layout:   layout{delim: o.Delimiter, maxCell: o.MaxCell, maxRow: o.MaxRow},
		contract: contract{columns: o.Columns, extra: o.Extra},
		noHeader: o.NoHeader,
		twoRows:  o.twoRows(),
		size:     blockSize,
		line:     1,
	}
	if d.delim == 0 {
		d.delim = ';'
	}
	if d.maxCell == 0 {
		d.maxCell = 64 << 10
	}
	if d.maxRow == 0 {
		d.maxRow = 1 << 20
	}
	switch {
	case d.delim == '"' || d.delim == '\r' || d.delim == '\n' || d.delim >= 0x80:
		return nil, fmt.Errorf("csv: %q cannot be a delimiter", o.Delimiter)
	case o.NoHeader && len(o.Columns) == 0:
		return nil, errors.New("csv: a file without a header needs declared columns")
	}
	switch o.Extra {
	case "", "refuse", "ignore", "components", "wide":
	default:
		return nil, fmt.Errorf("csv: extra columns %q: want refuse, ignore, components or wide", o.Extra)
	}
	var err error
	d.text, err = newText(r, o.Charset)
	return d, err
}

// next is the next block of whole rows, or nil at the end.
func (d *csvReader) next() (*block, error) {
	if d.ended != nil {
		return nil, d.finish()
	}
	k := d.take()
	n := copy(k.buf, d.tail)
	for {
		had := n
		var err error
		n, err = d.fill(k, n)
		unifyLines(k.buf[:n], had-1, err != nil)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		k.n = n
		if err != nil {
			d.ended = errEnd
			k.n = d.lastRows(k.buf[:n])
		} else {
			k.n = lastRowEnd(k.buf[:n], d.delim)
		}
		if k.n > 0 || d.ended != nil {
			break
		}
		if n > d.maxRow {
			return nil, d.tooLong(k.buf[:n])
		}
		k.buf = append(k.buf, make([]byte, len(k.buf))...)
	}
	if k.n == 0 {
		return nil, d.finish()
	}
	d.tail = append(d.tail[:0], k.buf[k.n:n]...)
	return d.start(k)
}

// start takes what stands before the first row out of the block and gives the
// block its place in the file.
func (d *csvReader) start(k *block) (*block, error) {
	data := k.buf[:k.n]
	from, err := 0, error(nil)
	if d.blocks == 0 {
		from, err = d.begin(data)
	}
	if bad := d.check(data); bad != nil {
		return nil, bad
	}
	if errors.Is(err, errBlank) {
		d.line += bytes.Count(data, lineEnd)
		d.offset += int64(k.n)
		k.releasing(&k.Batch)
		return d.next()
	}
	if err != nil {
		return nil, err
	}
	d.seen = d.seen || hasContent(data[from:], d.delim)
	k.layout = d.layout
	k.from = from
	k.line, k.offset = d.line+bytes.Count(data[:from], lineEnd), d.offset
	d.line = k.line + bytes.Count(data[from:], lineEnd)
	d.offset += int64(k.n)
	k.Batch = Batch{
		Index: d.blocks, Header: d.header, Columns: d.at, Extra: d.extras, Preamble: d.preamble,
		cut: k.cutting, release: k.releasing,
	}
	d.blocks++
	return k, nil
}

// lastRows is where the rows end that can be read at the end of the file: all of
// it, or what stands before a quote that is never closed.
func (d *csvReader) lastRows(b []byte) int {
	if bytes.Count(b, quote)&1 == 0 {
		return len(b)
	}
	end, open, openLine := scanRows(b, d.delim)
	if !open {
		return len(b)
	}
	d.ended = &FileError{Problem{
		Line:    d.line + openLine,
		Code:    "aanhalingsteken-open",
		Message: "Op deze regel opent een aanhalingsteken dat nergens wordt gesloten.",
		Repair:  "Zet het sluitende aanhalingsteken erbij of haal het openende weg, en lever het bestand opnieuw aan.",
	}}
	return end
}

func (d *csvReader) tooLong(b []byte) error {
	p := Problem{
		Line:    d.line,
		Code:    "rij-te-lang",
		Message: fmt.Sprintf("De rij die hier begint is langer dan %s.", size(d.maxRow)),
		Repair:  "Controleer of dit het juiste bestand is en of alle regeleinden er nog in staan.",
	}
	if _, open, openLine := scanRows(b, d.delim); open {
		p.Line += openLine
		p.Code = "aanhalingsteken-open"
		p.Message = fmt.Sprintf("Op deze regel opent een aanhalingsteken dat %s verder nog niet is gesloten.", size(d.maxRow))
		p.Repair = "Zet het sluitende aanhalingsteken erbij of haal het openende weg, en lever het bestand opnieuw aan."
	}
	return &FileError{p}
}

// finish is what is wrong with a file that was read to its end, or nil.
func (d *csvReader) finish() error {
	if !errors.Is(d.ended, errEnd) {
		return d.ended
	}
	if err := d.text.verdict(); err != nil {
		return err
	}
	if d.seen {
		return nil
	}
	if d.header == nil || d.noHeader {
		return emptyFile()
	}
	return &FileError{Problem{
		Code:    "geen-rijen",
		Message: "Het bestand heeft alleen een kopregel: er staan geen gegevens in.",
		Repair:  "Controleer of de export van de juiste periode is en of er uren zijn geboekt, en exporteer opnieuw.",
	}}
}

func emptyFile() error {
	return &FileError{Problem{
		Code:    "leeg-bestand",
		Message: "Het bestand is leeg.",
		Repair:  "Exporteer het opnieuw en controleer of het bestand inhoud heeft voordat u het aanlevert.",
	}}
}

// fill reads until the block is full or the file ends.
func (d *csvReader) fill(k *block, n int) (int, error) {
	room := len(k.buf) - slack
	for idle := 0; n < room-minRoom; {
		m, err := d.text.read(k.buf[n:room])
		n += m
		if err != nil {
			return n, err
		}
		if m > 0 {
			idle = 0
		} else if idle++; idle > 100 {
			return n, io.ErrNoProgress
		}
	}
	return n, nil
}

func (d *csvReader) take() *block {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.free); n > 0 {
		k := d.free[n-1]
		d.free = d.free[:n-1]
		if len(k.buf) >= len(d.tail)+slack+minRoom {
			return k
		}
	}
	k := &block{buf: make([]byte, max(d.size, 2*len(d.tail))+slack+minRoom)}
	k.cutting = func(*Batch) { k.cutRows() }
	k.releasing = func(*Batch) {
		d.mu.Lock()
		d.free = append(d.free, k)
		d.mu.Unlock()
	}
	return k
}

func size(n int) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	if n >= 1<<10 && n%(1<<10) == 0 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

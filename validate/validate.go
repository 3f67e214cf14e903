// Package validate turns records into problems: each cell against its declared
// notation and its JSON schema, and the file as a whole against rules. It reads
// no file and knows no Loket.
package validate

// Type is how the text of a column is read.
type Type int

// Text stays as it is, without outer spaces. The others become Value.Num.
const (
	Text    Type = iota
	Integer      // whole number
	Decimal      // ten-thousandths
	Hours        // ticks
	Date         // payroll.Date
)

// TicksPerHour is the number of ticks in an hour. A tick is small enough for a
// second and for 0.0001 hour to be whole, so that sums stay exact before the
// one rounding at the end.
const TicksPerHour = 36_000_000

// DecimalUnit is how many units of a Decimal make 1.
const DecimalUnit = 10_000

// Column says how one column is read.
type Column struct {
	Name        string   // property in the JSON schema ("uren")
	Header      string   // as in the file ("Uren"), for problems
	Index       int      // cell in the record, -1 when the column is absent
	Type        Type     // what the text is
	Point       byte     // decimal separator, ',' (default) or '.'
	Thousands   byte     // 0 none, '.', ',' or ' '
	Notation    []string // Hours: "decimal" (default), "clock" (7:30, 07:30:00), "minutes"
	Layouts     []string // Date: "dd-MM-yyyy", "yyyy-MM-dd", "dd/MM/yyyy", "MM/dd/yyyy", "dd.MM.yyyy", "yyyyMMdd", "excel"
	Required    bool     // an empty cell is a problem
	Personal    bool     // mask the value in problems
	MaxDecimals int      // of Decimal and of Hours as decimal, at most 4; 0 means 2
}

// Value is what was read of a cell. Set is false for an empty cell and for an
// absent column. Text is the cell without outer spaces; it lives as long as the
// record.
type Value struct {
	Set  bool
	Num  int64
	Text []byte
}

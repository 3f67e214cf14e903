package validate

import "loket-etl/payroll"

// Rules are the rules over a whole file. The zero value has all of them off.
type Rules struct {
	Duplicates   string        // "refuse": the same employee, date and code twice is a problem
	HoursPerDay  payroll.Hours // more for one employee on one day is a problem; 0 is off
	Period       string        // "single": all rows lie in one period
	ControlTotal *ControlTotal // nil: the file carries no totals row
	MaxKeys      int           // distinct (employee, date, code) and (employee, date) that are remembered, default 2,000,000
}

// ControlTotal describes the row of a file that carries its totals. The row is
// no data: where Column equals Marker (without regard to case), Rows is the cell
// with the number of data rows and Sum the cell with the sum of that column.
// Columns are named by Column.Name. A file without the row has a problem.
type ControlTotal struct {
	Column string `yaml:"column"`
	Marker string `yaml:"marker"`
	Rows   string `yaml:"rows"` // "": not given
	Sum    string `yaml:"sum"`  // "": not given; else an Integer, Decimal or Hours column
}

// RuleKey is what the rules look at in an accepted row. Employee and Code are
// compared whole; they need to live during Observe only.
type RuleKey struct {
	Employee []byte
	Code     []byte
	Date     payroll.Date
	Period   payroll.Period
	Ticks    int64 // hours of the row, 0 when it has none
	Line     int
}

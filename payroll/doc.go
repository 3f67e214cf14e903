// Package payroll holds the nouns of Dutch payroll: money, hours, dates,
// periods, people's numbers and the documents of a payroll run.
//
// Every number is exact: money is whole cents, hours are whole hundredths, both
// in an int64. The package knows no file format, no database and no Loket; it
// imports the standard library only.
package payroll

package contract

import (
	"embed"
	"encoding/csv"
	"fmt"
	"sort"
	"strings"
	"sync"

	"loket-etl/payroll"
)

// CodeValue is one row of a code table, as CodeWaarde carries it. GeldigVan and
// GeldigTot are inclusive; 0 means open.
type CodeValue struct {
	Code, Omschrijving, IsoCode string
	GeldigVan, GeldigTot        payroll.Date
}

// ValidOn reports whether the code is valid on the day.
func (c CodeValue) ValidOn(day payroll.Date) bool {
	return (c.GeldigVan == 0 || c.GeldigVan <= day) && (c.GeldigTot == 0 || day <= c.GeldigTot)
}

//go:embed codes/*.csv
var codeFiles embed.FS

var codeTables = sync.OnceValue(func() map[string][]CodeValue {
	entries, err := codeFiles.ReadDir("codes")
	if err != nil {
		panic(err)
	}
	tables := map[string][]CodeValue{}
	for _, e := range entries {
		data, err := codeFiles.ReadFile("codes/" + e.Name())
		if err != nil {
			panic(err)
		}
		rows, err := readCodes(string(data))
		if err != nil {
			panic(fmt.Errorf("code table %s: %w", e.Name(), err)) // embedded: a test reads every table
		}
		tables[strings.TrimSuffix(e.Name(), ".csv")] = rows
	}
	return tables
})

func readCodes(data string) ([]CodeValue, error) {
	r := csv.NewReader(strings.NewReader(data))
	r.Comma, r.Comment, r.FieldsPerRecord = ';', '#', 5
	rows, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	var values []CodeValue
	for _, row := range rows[1:] {
		v := CodeValue{Code: row[0], Omschrijving: row[1], IsoCode: row[2]}
		for i, at := range []*payroll.Date{&v.GeldigVan, &v.GeldigTot} {
			if row[3+i] == "" {
				continue
			}
			if *at, err = payroll.ParseDate(row[3+i]); err != nil {
				return nil, err
			}
		}
		values = append(values, v)
	}
	return values, nil
}

// CodeTables are the names of all tables, sorted.
func CodeTables() []string {
	var names []string
	for n := range codeTables() {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// Codes are the rows of a table, expired ones included, or nil when there is no
// such table. The slice is shared and not to be changed.
func Codes(table string) []CodeValue { return codeTables()[table] }

// LookupCode finds the row of a code that is valid on the day. A table that is
// not known has no codes.
func LookupCode(table, code string, day payroll.Date) (CodeValue, bool) {
	for _, v := range codeTables()[table] {
		if v.Code == code && v.ValidOn(day) {
			return v, true
		}
	}
	return CodeValue{}, false
}

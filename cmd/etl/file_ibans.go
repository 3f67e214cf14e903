package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"loket-etl/payroll"
)

// readIBANs reads a table of account numbers with their IBANs and, where known, the
// names of their holders. All that is wrong with it is one error.
func readIBANs(path string) (map[string]payroll.Payee, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, exitWith(exitUsage, err)
	}
	defer f.Close()
	b := bufio.NewReader(f)
	if mark, _ := b.Peek(3); string(mark) == "\uFEFF" {
		if _, err := b.Discard(3); err != nil {
			return nil, err
		}
	}
	in := csv.NewReader(b)
	in.Comma, in.ReuseRecord = ';', true
	header, err := in.Read()
	if h := strings.ToLower(strings.Join(header, ";")); err != nil || h != "account;iban" && h != "account;iban;name" {
		return nil, exitWith(exitRefused, hint(fmt.Errorf("%s: the first line is not a header of a table of IBANs", filepath.Base(path)), "it is account;iban or account;iban;name"))
	}
	table := map[string]payroll.Payee{}
	var problems []string
	for {
		row, err := in.Read()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = addIBAN(table, row)
		}
		if err != nil {
			line := 0
			if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
				line, err = parse.Line, parse.Err
			} else {
				line, _ = in.FieldPos(0)
			}
			if problems = append(problems, fmt.Sprintf("%s: line %d: %v", filepath.Base(path), line, err)); len(problems) == 20 {
				break
			}
		}
	}
	if len(problems) > 0 {
		return nil, exitWith(exitRefused, errors.New(strings.Join(problems, "\n")))
	}
	return table, nil
}

func addIBAN(table map[string]payroll.Payee, row []string) error {
	number := strings.NewReplacer(" ", "", ".", "").Replace(row[0])
	if number == "" || len(number) > 10 || strings.Trim(number, "0123456789") != "" {
		return errors.New("the account is not a number of at most ten digits")
	}
	number = strings.Repeat("0", 10-len(number)) + number
	iban, err := payroll.ParseIBAN(row[1])
	if err != nil {
		return err
	}
	if own, _ := iban.Account(); own != number {
		return errors.New("the last ten digits of the IBAN are not the account")
	}
	payee := payroll.Payee{IBAN: iban}
	if len(row) > 2 {
		payee.Name = strings.TrimSpace(row[2])
	}
	if other, twice := table[number]; twice && other != payee {
		return errors.New("the account stands twice, and not with the same")
	}
	table[number] = payee
	return nil
}

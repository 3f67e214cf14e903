package validate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// readJSON reads one JSON value strictly: nothing behind it, no name twice in an
// object, no number that costs more to read than its length says.
func readJSON(data []byte) (any, error) {
	if len(data) > 1<<20 {
		return nil, errors.New("the schema is larger than 1 MiB")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := readValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is text behind the schema")
	}
	return v, nil
}

func readValue(d *json.Decoder, depth int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	if depth > 64 {
		return nil, errors.New("nested more than 64 deep")
	}
	switch t := t.(type) {
	case json.Number:
		return t, checkNumber(string(t))
	case json.Delim:
		if t == '[' {
			return readList(d, depth)
		}
		return readObject(d, depth)
	}
	return t, nil
}

func readList(d *json.Decoder, depth int) (any, error) {
	list := []any{}
	for d.More() {
		v, err := readValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.Token()
	return list, err
}

func readObject(d *json.Decoder, depth int) (any, error) {
	m := map[string]any{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string)
		if _, twice := m[name]; twice {
			return nil, fmt.Errorf("%q occurs twice", name)
		}
		if m[name], err = readValue(d, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return m, err
}

// checkNumber bounds the text of a number: 40 characters, exponent 30. Beyond
// that the libraries below take seconds, or panic.
func checkNumber(s string) error {
	_, exp, has := strings.Cut(strings.ToLower(s), "e")
	exp = strings.TrimLeft(strings.TrimLeft(exp, "+-"), "0")
	if len(s) > 40 || has && (len(exp) > 2 || len(exp) == 2 && exp > "30") {
		return fmt.Errorf("the number %.45s is too long: at most 40 characters and exponent 30", s)
	}
	return nil
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

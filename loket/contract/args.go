package contract

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ErrArgs is in every error about arguments that do not fit their function.
var ErrArgs = errors.New("the arguments do not fit the function")

// Check says whether the arguments fit the function: no unknown names, all
// required ones there, every value of its type, at least one where the contract
// asks for one. The error wraps ErrArgs and names the element, never its value.
func (f Function) Check(args map[string]any) error {
	if err := checkSequence("", f.Params, args); err != nil {
		return fmt.Errorf("%s: %w: %w", f.FullName(), ErrArgs, err)
	}
	for i, name := range f.AtLeastOne {
		if _, there := args[name]; there {
			break
		}
		if i == len(f.AtLeastOne)-1 {
			return fmt.Errorf("%s: %w: one of %v must be given", f.FullName(), ErrArgs, f.AtLeastOne)
		}
	}
	return nil
}

func checkSequence(path string, params []Param, args map[string]any) error {
	found := 0
	for _, p := range params {
		v, there := args[p.Name]
		if !there {
			if p.Min > 0 {
				return fmt.Errorf("%s%s is missing", path, p.Name)
			}
			continue
		}
		found++
		if err := checkParam(path+p.Name, p, v); err != nil {
			return err
		}
	}
	if found < len(args) {
		return unknownName(path, params, args)
	}
	return nil
}

func unknownName(path string, params []Param, args map[string]any) error {
	known := map[string]bool{}
	for _, p := range params {
		known[p.Name] = true
	}
	first := ""
	for name := range args {
		if !known[name] && (first == "" || name < first) {
			first = name
		}
	}
	return fmt.Errorf("there is no element %s%s", path, first)
}

func checkParam(path string, p Param, v any) error {
	if !p.Repeats() {
		return checkValue(path, p, v)
	}
	list, ok := v.([]any)
	if !ok || len(list) < p.Min {
		return fmt.Errorf("%s must be a list of %d or more", path, p.Min)
	}
	for i, item := range list {
		if err := checkValue(fmt.Sprintf("%s[%d]", path, i), p, item); err != nil {
			return err
		}
	}
	return nil
}

func checkValue(path string, p Param, v any) error {
	if _, empty := v.(Nil); empty {
		if !p.Nillable {
			return fmt.Errorf("%s cannot be nil", path)
		}
		return nil
	}
	if t, ok := LookupType(p.Type); ok {
		if _, raw := v.([]byte); raw && t.Base == "base64Binary" {
			return nil // nothing to check, and no need to encode it
		}
		if _, err := t.Text(v); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	}
	c, ok := LookupComplex(p.Type)
	if !ok {
		return fmt.Errorf("%s has the unknown type %s", path, p.Type)
	}
	if p.Type == "Bestand" {
		file, ok := v.(File)
		if !ok {
			return fmt.Errorf("%s must be a file", path)
		}
		v = map[string]any{"Bestandsnaam": file.Name, "MimeType": file.MimeType, "Inhoud": file.Content}
	}
	args, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%s must be a group of elements", path)
	}
	return checkSequence(path+".", c.Fields, args)
}

// MarshalArgs writes the arguments of a call as JSON: elements in the contract's
// order, numbers and booleans as such, everything else as text in its lexical
// form, Nil as null, files with their content in base64. The same arguments give
// the same bytes. Arguments that Check refuses are refused.
func MarshalArgs(call Call) ([]byte, error) {
	f, ok := Lookup(call.Function)
	if !ok {
		return nil, fmt.Errorf("there is no function %q", call.Function)
	}
	if err := f.Check(call.Args); err != nil {
		return nil, err
	}
	size := 256
	if file, ok := call.Args["Bestand"].(File); ok {
		size += base64.StdEncoding.EncodedLen(len(file.Content))
	}
	return appendObject(make([]byte, 0, size), f.Params, call.Args)
}

func appendObject(b []byte, params []Param, args map[string]any) ([]byte, error) {
	b = append(b, '{')
	first := true
	for _, p := range params {
		v, there := args[p.Name]
		if !there {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(append(append(b, '"'), p.Name...), `":`...) // element names need no escaping
		var err error
		if b, err = appendArg(b, p, v); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func appendArg(b []byte, p Param, v any) ([]byte, error) {
	list, ok := v.([]any)
	if !ok {
		return appendValue(b, p, v)
	}
	b = append(b, '[')
	for i, item := range list {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendValue(b, p, item); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func appendValue(b []byte, p Param, v any) ([]byte, error) {
	switch v := v.(type) {
	case Nil:
		return append(b, "null"...), nil
	case []byte:
		return append(base64.StdEncoding.AppendEncode(append(b, '"'), v), '"'), nil
	case File:
		c, _ := LookupComplex("Bestand")
		return appendObject(b, c.Fields, map[string]any{"Bestandsnaam": v.Name, "MimeType": v.MimeType, "Inhoud": v.Content})
	case map[string]any:
		c, _ := LookupComplex(p.Type)
		return appendObject(b, c.Fields, v)
	}
	t, _ := LookupType(p.Type)
	typed, err := canonical(t, v)
	if err != nil {
		return nil, err
	}
	var quoted []byte
	switch typed.(type) {
	case int, int64, bool:
		quoted, err = json.Marshal(typed)
	default:
		var s string
		if s, err = t.Text(typed); err == nil {
			quoted, err = json.Marshal(s)
		}
	}
	return append(b, quoted...), err
}

// canonical is the value as UnmarshalArgs gives it: strings that stand for
// something else become that.
func canonical(t *SimpleType, v any) (any, error) {
	s, err := t.text(v)
	if err != nil {
		return nil, err
	}
	return t.Value(s)
}

// UnmarshalArgs reads what MarshalArgs wrote. The call equals the one that was
// written, except that int and int64 take the kind of their type (int, and int64
// for long), times are UTC, and a string given for another type has become that
// type. Unknown elements and values that do not fit are errors.
func UnmarshalArgs(function string, data []byte) (Call, error) {
	f, ok := Lookup(function)
	if !ok {
		return Call{}, fmt.Errorf("there is no function %q", function)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var raw map[string]any
	if err := d.Decode(&raw); err != nil {
		return Call{}, fmt.Errorf("read the arguments of %s: %w", function, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Call{}, fmt.Errorf("read the arguments of %s: text after the object", function)
	}
	args, err := typedSequence("", f.Params, raw)
	if err == nil {
		err = f.Check(args)
	}
	if err != nil {
		return Call{}, fmt.Errorf("read the arguments of %s: %w", function, err)
	}
	return Call{Function: function, Args: args}, nil
}

func typedSequence(path string, params []Param, raw map[string]any) (map[string]any, error) {
	args := make(map[string]any, len(raw))
	for _, p := range params {
		v, there := raw[p.Name]
		if !there {
			continue
		}
		typed, err := typedArg(path+p.Name, p, v)
		if err != nil {
			return nil, err
		}
		args[p.Name] = typed
	}
	if len(args) < len(raw) {
		return nil, unknownName(path, params, raw)
	}
	return args, nil
}

func typedArg(path string, p Param, v any) (any, error) {
	if !p.Repeats() {
		return typedValue(path, p, v)
	}
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("%s must be a list", path)
	}
	for i := range list {
		var err error
		if list[i], err = typedValue(path, p, list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func typedValue(path string, p Param, v any) (any, error) {
	if v == nil {
		return Nil{}, nil
	}
	t, simple := LookupType(p.Type)
	if !simple {
		object, ok := v.(map[string]any)
		c, known := LookupComplex(p.Type)
		if !ok || !known {
			return nil, fmt.Errorf("%s must be an object", path)
		}
		args, err := typedSequence(path+".", c.Fields, object)
		if err != nil || p.Type != "Bestand" {
			return args, err
		}
		name, _ := args["Bestandsnaam"].(string)
		mime, _ := args["MimeType"].(string)
		content, _ := args["Inhoud"].([]byte)
		return File{Name: name, MimeType: mime, Content: content}, nil
	}
	var s string
	switch v := v.(type) {
	case string:
		s = v
	case json.Number:
		s = v.String()
	case bool:
		s = fmt.Sprint(v)
	default:
		return nil, fmt.Errorf("%s must be one value", path)
	}
	typed, err := t.Value(s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return typed, nil
}

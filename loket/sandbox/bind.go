package sandbox

import (
	"errors"
	"strings"

	"loket-etl/loket/contract"
)

// binder turns request elements into arguments, as the contract's table says.
type binder struct{ maxFile int64 }

// request binds the whole request element.
func (b binder) request(fn *contract.Function, e *element) (map[string]any, *fault) {
	args, f := b.sequence(fn.Request(), e, fn.Namespace, "")
	if f != nil || len(fn.AtLeastOne) == 0 {
		return args, f
	}
	for _, name := range fn.AtLeastOne {
		if _, ok := args[name]; ok {
			return args, nil
		}
	}
	return nil, missing(fn.AtLeastOne[0])
}

func (b binder) sequence(params []contract.Param, e *element, space, path string) (map[string]any, *fault) {
	if !e.blank() {
		return nil, wrongValue(pathOr(path, e.local), "bevat losse tekst")
	}
	if f := plainAttributes(e, path); f != nil {
		return nil, f
	}
	args := map[string]any{}
	next := 0
	for _, p := range params {
		var all []any
		for next < len(e.kids) && is(e.kids[next], space, p.Name) && (p.Max == contract.Unbounded || len(all) < p.Max) {
			v, f := b.value(p, e.kids[next], path+p.Name)
			if f != nil {
				return nil, f
			}
			all = append(all, v)
			next++
		}
		if len(all) < p.Min {
			return nil, absent(p, e, space, path)
		}
		switch {
		case len(all) == 0:
		case p.Repeats():
			args[p.Name] = all
		default:
			args[p.Name] = all[0]
		}
	}
	if next < len(e.kids) {
		return nil, surplus(params, e.kids[next], space, path)
	}
	return args, nil
}

func is(e *element, space, local string) bool { return e.local == local && e.space == space }

func pathOr(path, local string) string {
	if path == "" {
		return local
	}
	return strings.TrimSuffix(path, "/")
}

// absent tells a required element that is missing from one in the wrong place.
func absent(p contract.Param, e *element, space, path string) *fault {
	for _, kid := range e.kids {
		if is(kid, space, p.Name) {
			return wrongValue(path+p.Name, "staat niet op de juiste plaats")
		}
	}
	return missing(path + p.Name)
}

func surplus(params []contract.Param, kid *element, space, path string) *fault {
	for _, p := range params {
		if is(kid, space, p.Name) {
			return wrongValue(path+p.Name, "staat dubbel of niet op de juiste plaats")
		}
	}
	return wrongValue(pathOr(path, "het bericht"), "bevat een onbekend element")
}

// plainAttributes refuses attributes the contract does not have; those of other
// namespaces (xsi:type, encodingStyle) mean nothing here.
func plainAttributes(e *element, path string) *fault {
	for _, a := range e.attrs {
		if a.space == "" {
			return wrongValue(pathOr(path, e.local), "heeft een onbekend attribuut")
		}
	}
	return nil
}

func (b binder) value(p contract.Param, e *element, path string) (any, *fault) {
	if nilled, ok := e.attr(nsInstance, "nil"); ok {
		switch strings.TrimSpace(nilled) {
		case "1", "true":
			if !p.Nillable || len(e.kids) > 0 || e.text != "" {
				return nil, wrongValue(path, "mag niet leeggemaakt (nil) worden")
			}
			return contract.Nil{}, nil
		case "0", "false":
		default:
			return nil, wrongValue(path, "heeft een ongeldig nil-attribuut")
		}
	}
	if complex, ok := contract.LookupComplex(p.Type); ok {
		args, f := b.sequence(complex.Fields, e, contract.TypesNamespace, path+"/")
		if f != nil || p.Type != "Bestand" {
			return args, f
		}
		name, _ := args["Bestandsnaam"].(string)
		kind, _ := args["MimeType"].(string)
		content, _ := args["Inhoud"].([]byte)
		return contract.File{Name: name, MimeType: kind, Content: content}, nil
	}
	return b.simple(p, e, path)
}

func (b binder) simple(p contract.Param, e *element, path string) (any, *fault) {
	if len(e.kids) > 0 {
		return nil, wrongValue(path, "bevat elementen")
	}
	if f := plainAttributes(e, path); f != nil {
		return nil, f
	}
	if p.Type == "UserToken" {
		if e.blank() {
			return nil, refuse(contract.OngeldigUserToken, p.Name, "Het UserToken is onbekend.")
		}
		return e.text, nil
	}
	if p.Type == "base64Binary" && int64(len(e.text))/4*3 > b.maxFile+b.maxFile/8+1024 {
		return nil, tooLarge()
	}
	t, ok := contract.LookupType(p.Type)
	if !ok {
		return nil, refuse(contract.InterneFout, "", "Het type van "+path+" is onbekend.")
	}
	v, err := t.Value(e.text)
	if err != nil {
		reason := "is ongeldig"
		var wrong *contract.ValueError
		if errors.As(err, &wrong) {
			reason = wrong.Dutch
		}
		return nil, wrongValue(path, reason)
	}
	if content, ok := v.([]byte); ok && int64(len(content)) > b.maxFile {
		return nil, tooLarge()
	}
	if s, ok := v.(string); ok && p.Min > 0 && strings.HasPrefix(p.Type, "Tekst") && strings.TrimSpace(s) == "" {
		return nil, missing(path)
	}
	return v, nil
}

func tooLarge() *fault {
	return refuse(contract.BestandTeGroot, "Bestand", "Het bestand is te groot.")
}

package loket

import (
	"encoding/base64"
	"fmt"
	"unicode/utf8"

	"loket-etl/loket/contract"
)

const (
	soapNamespace = "http://schemas.xmlsoap.org/soap/envelope/"
	xsiNamespace  = "http://www.w3.org/2001/XMLSchema-instance"
)

// encode writes the envelope of a call that passed Function.Check. Prefixes are
// fixed: l for the service's namespace, t for the shared types.
func encode(f *contract.Function, namespace, token string, args map[string]any) ([]byte, error) {
	size := 1024
	if file, ok := args["Bestand"].(contract.File); ok {
		size += base64.StdEncoding.EncodedLen(len(file.Content))
	}
	b := make([]byte, 0, size)
	b = append(b, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+
		`<soap:Envelope xmlns:soap="`+soapNamespace+`" xmlns:xsi="`+xsiNamespace+`" xmlns:t="`+contract.TypesNamespace+`" xmlns:l="`...)
	b = appendText(b, namespace)
	b = append(b, `"><soap:Body><l:`...)
	b = append(b, f.Name...)
	b = append(b, '>')
	if f.NeedsToken {
		b = append(b, "<l:UserToken>"...)
		b = appendText(b, token)
		b = append(b, "</l:UserToken>"...)
	}
	b, err := appendSequence(b, 'l', f.Params, args)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", f.FullName(), err)
	}
	b = append(b, "</l:"...)
	b = append(b, f.Name...)
	return append(b, "></soap:Body></soap:Envelope>"...), nil
}

func appendSequence(b []byte, prefix byte, params []contract.Param, args map[string]any) ([]byte, error) {
	var err error
	for _, p := range params {
		v, there := args[p.Name]
		if !there {
			continue
		}
		list, repeats := v.([]any)
		if !repeats {
			if b, err = appendElement(b, prefix, p, v); err != nil {
				return nil, err
			}
		}
		for _, item := range list {
			if b, err = appendElement(b, prefix, p, item); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

func appendElement(b []byte, prefix byte, p contract.Param, v any) ([]byte, error) {
	b = append(b, '<', prefix, ':')
	b = append(b, p.Name...)
	if _, empty := v.(contract.Nil); empty {
		return append(b, ` xsi:nil="true"/>`...), nil
	}
	b = append(b, '>')
	var err error
	switch v := v.(type) {
	case contract.File:
		b = append(b, "<t:Bestandsnaam>"...)
		b = appendText(b, v.Name)
		b = append(b, "</t:Bestandsnaam><t:MimeType>"...)
		b = appendText(b, v.MimeType)
		b = append(b, "</t:MimeType><t:Inhoud>"...)
		b = appendBase64(b, v.Content)
		b = append(b, "</t:Inhoud>"...)
	case []byte:
		b = appendBase64(b, v)
	case map[string]any:
		c, ok := contract.LookupComplex(p.Type)
		if !ok {
			return nil, fmt.Errorf("%s has the unknown type %s", p.Name, p.Type)
		}
		b, err = appendSequence(b, 't', c.Fields, v)
	default:
		t, ok := contract.LookupType(p.Type)
		if !ok {
			return nil, fmt.Errorf("%s has the unknown type %s", p.Name, p.Type)
		}
		var s string
		if s, err = t.Text(v); err == nil {
			b = appendText(b, s)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	b = append(b, '<', '/', prefix, ':')
	return append(append(b, p.Name...), '>'), nil
}

// appendText escapes as encoding/xml does: a carriage return must survive the
// other side's line end rules. The text is valid XML characters already.
func appendText(b []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf || !special[c] {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '<':
			b = append(b, "&lt;"...)
		case '>':
			b = append(b, "&gt;"...)
		case '&':
			b = append(b, "&amp;"...)
		case '"':
			b = append(b, "&#34;"...)
		case '\'':
			b = append(b, "&#39;"...)
		case '\t':
			b = append(b, "&#x9;"...)
		case '\n':
			b = append(b, "&#xA;"...)
		case '\r':
			b = append(b, "&#xD;"...)
		}
	}
	return append(b, s[from:]...)
}

var special = [utf8.RuneSelf]bool{'<': true, '>': true, '&': true, '"': true, '\'': true, '\t': true, '\n': true, '\r': true}

// Package responsemessage reads response messages of the tax authority, its
// answer to a tax return. It knows the layout that Loket shows as an example:
// no namespace, one Identification, and whatever follows that.
package responsemessage

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"loket-etl/formats/xmldoc"
	"loket-etl/payroll"
)

// Ext is the extension of such files.
const Ext = ".xml"

// ErrNoReference: the message is whole but does not say which return it is about.
var ErrNoReference = errors.New("the message names no return")

// Decode reads one message to its end, in UTF-8 or ISO-8859-1. What stands in
// the Identification is known and refused when it is anything else; what comes
// after that, such as the reasons of an error, is passed over. Errors name the
// line and never a value.
func Decode(r io.Reader) (payroll.TaxResponse, error) {
	x := xmldoc.NewReader(r, "")
	m := payroll.TaxResponse{}
	if _, err := x.Open("Responsemessage", "version"); err != nil {
		return m, err
	}
	if _, err := x.Open("Identification"); err != nil {
		return m, err
	}
	received := ""
	if err := x.Fields(
		xmldoc.Field{Name: "MessageId", Into: &m.MessageID}, xmldoc.Field{Name: "RefersToMessageId", Into: &m.RefersTo},
		xmldoc.Field{Name: "MessageIdBd?", Into: &m.AtTaxID}, xmldoc.Field{Name: "DatumTijdOntvangst?", Into: &received},
		xmldoc.Field{Name: "ResponseType", Into: &m.Type},
	); err != nil {
		return m, err
	}
	if received != "" {
		var err error
		if m.Received, err = moment(received); err != nil {
			return m, x.Fail("DatumTijdOntvangst is no date and time")
		}
	}
	if err := x.Close(); err != nil {
		return m, err
	}
	for name := x.Next(); name != ""; name = x.Next() {
		if name == "Identification" {
			return m, x.Fail("a message has one Identification")
		}
		if err := x.Skip(name); err != nil {
			return m, err
		}
	}
	if err := x.Close(); err != nil {
		return m, err
	}
	if err := x.End(); err != nil {
		return m, err
	}
	if m.RefersTo = strings.TrimSpace(m.RefersTo); m.RefersTo == "" {
		return m, ErrNoReference
	}
	return m, xmldoc.Limits(
		xmldoc.Limit{Name: "MessageId", Value: m.MessageID, Min: 1, Max: 64}, xmldoc.Limit{Name: "RefersToMessageId", Value: m.RefersTo, Min: 1, Max: 32},
		xmldoc.Limit{Name: "MessageIdBd", Value: m.AtTaxID, Max: 64}, xmldoc.Limit{Name: "ResponseType", Value: m.Type, Min: 1, Max: 32},
	)
}

// moment is a date and time with or without a zone, UTC when it has none.
func moment(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%d characters are no date and time", len(text))
}

package mappings

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"loket-etl/formats"
	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// runResponse makes the one call that hands a response message on, byte for byte.
func (j *job) runResponse(ctx context.Context, call func(Planned) error) (Report, error) {
	most := j.in.MaxCallBytes
	if most <= 0 {
		most = defaultCallBytes
	}
	data, err := j.wholeFile(ctx, most)
	if err != nil {
		return Report{}, err
	}
	refuse := func(p formats.Problem) (Report, error) {
		return Report{Rows: 1, Refused: 1, Problems: []formats.Problem{p}}, nil
	}
	if len(data) > most {
		return refuse(formats.Problem{
			Code: "te-groot", Message: fmt.Sprintf("Dit bestand is groter dan %d bytes: dat is geen responsemessage.", most),
			Repair: "Controleer of het juiste bestand is aangeleverd.",
		})
	}
	m, issue := readResponse(data)
	if issue == nil && j.in.Returns != nil {
		issue = j.in.Returns.answer(m.RefersTo)
	}
	if issue != nil {
		return refuse(*issue)
	}
	args := map[string]any{"Berichtkenmerk": m.RefersTo, "ResponseMessage": data}
	if !j.in.Dropped.IsZero() {
		args["OntvangenOp"] = j.in.Dropped.UTC()
	}
	kind := ""
	if !strings.ContainsFunc(m.Type, func(r rune) bool { return !unicode.IsLetter(r) }) {
		kind = " (" + m.Type + ")"
	}
	return Report{Rows: 1, Accepted: 1}, call(Planned{
		Call:    contract.Call{Function: answerFunction, Args: args},
		Subject: fmt.Sprintf("responsemessage%s bij loonaangifte %s", kind, m.RefersTo), Rows: 1,
	})
}

// wholeFile is the file, one byte longer than most when it is longer.
func (j *job) wholeFile(ctx context.Context, most int) ([]byte, error) {
	in, err := j.in.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(contextReader{ctx, in}, int64(most)+1))
}

// readResponse reads what must be known of a response message.
func readResponse(data []byte) (payroll.TaxResponse, *formats.Problem) {
	m, err := formats.ReadTaxResponse(bytes.NewReader(data))
	const again = "Lever het XML-bestand aan zoals het van de Belastingdienst kwam."
	switch {
	case errors.Is(err, formats.ErrNoReference):
		return m, &formats.Problem{
			Code: "berichtkenmerk-leeg", Message: "In deze responsemessage staat niet bij welke loonaangifte zij hoort (RefersToMessageId).", Repair: again,
		}
	case err != nil:
		return m, &formats.Problem{
			Code: "responsemessage", Message: "Dit bestand is geen leesbare responsemessage van de Belastingdienst.", Repair: again,
		}
	}
	return m, nil
}

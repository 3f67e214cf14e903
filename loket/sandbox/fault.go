package sandbox

import (
	"fmt"
	"time"

	"loket-etl/loket/contract"
)

// fault is a refusal. Its texts are Dutch, as Loket's are, and hold no personal
// data: never the value that was wrong.
type fault struct {
	code       int    // of the contract; 0: the request was no SOAP, so there is no detail
	side       string // faultcode without prefix, when code is 0
	text       string
	field      string
	reference  string
	retryAfter time.Duration
}

func (f *fault) Error() string { return fmt.Sprintf("fault %d: %s", f.code, f.text) }

// refuse is a fault of the contract.
func refuse(code int, field, text string) *fault {
	return &fault{code: code, field: field, text: text}
}

// notSOAP is the fault without detail for what is no well-formed request.
func notSOAP(text string) *fault { return &fault{side: "Client", text: text} }

// unknown is the answer to an identity that does not exist and, word for word
// the same, to one that the user may not see.
func unknown(field string) *fault {
	return refuse(contract.OnbekendeIdentity, field, "Er is geen gegeven met deze identity.")
}

func missing(field string) *fault {
	return refuse(contract.VerplichtVeldOntbreekt, field, "Het verplichte veld "+field+" ontbreekt.")
}

func wrongValue(field, reason string) *fault {
	return refuse(contract.OngeldigeWaarde, field, "De waarde van "+field+" "+reason+".")
}

func wrongCode(field string) *fault {
	return refuse(contract.OngeldigeCode, field, "De code van "+field+" staat niet in de codetabel.")
}

func conflict(field, text string) *fault {
	return refuse(contract.ConflictMetStatus, field, text)
}

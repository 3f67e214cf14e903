package payroll

import "time"

// TaxResponse is what the tax authority answers to a tax return: a response
// message, as far as it says which return it is about and what kind it is.
type TaxResponse struct {
	MessageID string    // of the response
	RefersTo  string    // berichtkenmerk of the return, 1 to 32 characters
	AtTaxID   string    // MessageIdBd, the number that the tax authority gave the return; may be ""
	Received  time.Time // when the tax authority got the return; zero: not said
	Type      string    // "acknowledgement", "error"
}

package sandbox

import (
	"io"
	"mime"
	"strings"

	"loket-etl/loket/contract"
)

const (
	nsSOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
	nsSOAP12 = "http://www.w3.org/2003/05/soap-envelope"
	actNext  = "http://schemas.xmlsoap.org/soap/actor/next"
)

// maxRequestElements bounds an envelope; the largest request of the contract has
// some eighty.
const maxRequestElements = 1000

// checkContentType accepts text/xml in UTF-8 and nothing else.
func checkContentType(header string) *fault {
	kind, params, err := mime.ParseMediaType(header)
	switch {
	case err != nil:
		return notSOAP("Het Content-Type ontbreekt of is onleesbaar; verwacht wordt text/xml; charset=utf-8.")
	case kind == "application/soap+xml":
		return versionMismatch()
	case kind != "text/xml":
		return notSOAP("Het Content-Type moet text/xml zijn.")
	}
	if c := params["charset"]; c != "" && !strings.EqualFold(c, "utf-8") && !strings.EqualFold(c, "us-ascii") {
		return notSOAP("De tekenset moet UTF-8 zijn.")
	}
	return nil
}

func versionMismatch() *fault {
	return &fault{side: "VersionMismatch", text: "Dit adres spreekt SOAP 1.1."}
}

// readEnvelope reads a SOAP 1.1 envelope and gives the one element in its body.
func readEnvelope(r io.Reader) (*element, *fault) {
	root, err := newScanner(r, maxRequestElements).document()
	if err != nil {
		return nil, notSOAP("Het bericht is geen geldige SOAP: " + err.Error() + ".")
	}
	if root.local != "Envelope" {
		return nil, notSOAP("Het hoofdelement is geen Envelope.")
	}
	if root.space != nsSOAP11 {
		return nil, versionMismatch()
	}
	kids := root.kids
	if len(kids) > 0 && kids[0].space == nsSOAP11 && kids[0].local == "Header" {
		if f := checkHeader(kids[0]); f != nil {
			return nil, f
		}
		kids = kids[1:]
	}
	if len(kids) != 1 || kids[0].space != nsSOAP11 || kids[0].local != "Body" || !root.blank() {
		return nil, notSOAP("De Envelope moet na een eventuele Header precies één Body hebben.")
	}
	body := kids[0]
	if len(body.kids) != 1 || !body.blank() {
		return nil, notSOAP("De Body moet precies één element hebben.")
	}
	return body.kids[0], nil
}

// checkHeader refuses blocks that must be understood: there are none we do.
func checkHeader(h *element) *fault {
	if !h.blank() {
		return notSOAP("De Header bevat losse tekst.")
	}
	for _, block := range h.kids {
		if block.space == "" {
			return notSOAP("Een headerblok heeft geen namespace.")
		}
		must, _ := block.attr(nsSOAP11, "mustUnderstand")
		actor, _ := block.attr(nsSOAP11, "actor")
		switch strings.TrimSpace(must) {
		case "", "0", "false":
		case "1", "true":
			if actor == "" || actor == actNext {
				return &fault{side: "MustUnderstand", text: "Een verplicht headerblok wordt niet ondersteund."}
			}
		default:
			return notSOAP("mustUnderstand moet 0 of 1 zijn.")
		}
	}
	return nil
}

// findFunction is the operation a request element asks of a service.
func findFunction(service string, e *element, soapAction string) (*contract.Function, *fault) {
	fn, ok := contract.Operation(service, e.local)
	if !ok || e.space != fn.Namespace {
		return nil, notSOAP("De service " + service + " heeft deze operatie niet in deze namespace.")
	}
	action := strings.TrimSpace(soapAction)
	if len(action) >= 2 && action[0] == '"' && action[len(action)-1] == '"' {
		action = action[1 : len(action)-1]
	}
	if action != "" && action != fn.Action && action != fn.Namespace+"#"+e.local {
		return nil, notSOAP("De SOAPAction past niet bij het bericht.")
	}
	return fn, nil
}

package contract

// The codes of the contract's faults.
const (
	AanmeldingMislukt           = 1001
	OngeldigUserToken           = 1002
	VerlopenUserToken           = 1003
	GeenRechten                 = 1004
	OnbekendeEntiteit           = 2001
	OnbekendeIdentity           = 2002
	FunctieNietOndersteund      = 2003
	ParentDataIdentityOntbreekt = 2004
	VerplichtVeldOntbreekt      = 3001
	OngeldigeWaarde             = 3002
	OngeldigeCode               = 3003
	ConflictMetStatus           = 3004
	BestandOngeldig             = 4001
	BestandTeGroot              = 4002
	Uitgefaseerd                = 5001
	NietBeschikbaar             = 5002
	InterneFout                 = 9001
	TijdelijkNietBeschikbaar    = 9002
)

// Retry says when the same request may be sent again after a fault.
type Retry string

const (
	Never      Retry = "no"
	AfterLogin Retry = "after new login"
	Once       Retry = "once" // on reads; for a write the outcome is unknown
	BackOff    Retry = "back off"
)

// FaultKind is one row of the fault table.
type FaultKind struct {
	Code  int
	Name  string
	When  string
	Side  string // "Client" or "Server": the faultcode without its prefix
	Retry Retry
}

// DefaultMaxFile is the default limit for a decoded file in a request, in
// bytes (fault 4002).
const DefaultMaxFile = 25 << 20

var faults = []FaultKind{
	{AanmeldingMislukt, "AanmeldingMislukt", "wrong user name, password or environment code", "Client", Never},
	{OngeldigUserToken, "OngeldigUserToken", "token unknown", "Client", AfterLogin},
	{VerlopenUserToken, "VerlopenUserToken", "token too old", "Client", AfterLogin},
	{GeenRechten, "GeenRechten", "the user may not call this function", "Client", Never},
	{OnbekendeEntiteit, "OnbekendeEntiteit", "EntityName not known", "Client", Never},
	{OnbekendeIdentity, "OnbekendeIdentity", "no such record, or not visible to the user", "Client", Never},
	{FunctieNietOndersteund, "FunctieNietOndersteund", "the entity has not that function", "Client", Never},
	{ParentDataIdentityOntbreekt, "ParentDataIdentityOntbreekt", "needed and absent", "Client", Never},
	{VerplichtVeldOntbreekt, "VerplichtVeldOntbreekt", "a required element is absent", "Client", Never},
	{OngeldigeWaarde, "OngeldigeWaarde", "type, length, range or pattern", "Client", Never},
	{OngeldigeCode, "OngeldigeCode", "not in the code table", "Client", Never},
	{ConflictMetStatus, "ConflictMetStatus", "the state forbids it", "Client", Never},
	{BestandOngeldig, "BestandOngeldig", "file unreadable or wrong header", "Client", Never},
	{BestandTeGroot, "BestandTeGroot", "decoded file over the limit", "Client", Never},
	{Uitgefaseerd, "Uitgefaseerd", "service 5", "Client", Never},
	{NietBeschikbaar, "NietBeschikbaar", "the backend has no counterpart", "Client", Never},
	{InterneFout, "InterneFout", "internal error", "Server", Once},
	{TijdelijkNietBeschikbaar, "TijdelijkNietBeschikbaar", "maintenance or overload; nothing was done", "Server", BackOff},
}

// Faults are all faults, by rising code.
func Faults() []FaultKind { return append([]FaultKind(nil), faults...) }

// LookupFault finds a fault by code.
func LookupFault(code int) (FaultKind, bool) {
	for _, f := range faults {
		if f.Code == code {
			return f, true
		}
	}
	return FaultKind{}, false
}

// Package contract is the SOAP contract between loket-etl and Loket: the
// services, their functions with parameters, classes and probes, the entity
// tree, the code tables and the faults. The contract is this project's own; the
// WSDL and XSD files beside it say the same and a test holds them together.
//
// It holds no envelope code: client and sandbox each have their own.
package contract

// Class says what a second execution of the same call would do, and so how an
// unknown outcome may be settled.
type Class string

const (
	Read        Class = "read"        // changes nothing
	Overwrite   Class = "overwrite"   // twice is the same as once
	Additive    Class = "additive"    // twice counts double
	CreateOnce  Class = "create-once" // twice makes two
	Destructive Class = "destructive" // takes away; twice finds nothing
)

// Call is one request: a function by its full name, "Service.Operation"
// ("Persoon.WijzigenAdresGegevens"), or its bare operation name where that is
// unique ("List"), and its arguments without UserToken, keyed by element name.
// The values follow from the types of the table: string, int (int64 for long),
// bool, payroll.Date, payroll.Cents (Bedrag), payroll.Hours (Eenheden),
// time.Time, []byte (base64Binary), File (Bestand), Nil, nested map[string]any,
// and []any for elements that repeat. A string also does for any simple type but
// base64Binary. Args survive a round trip through MarshalArgs and UnmarshalArgs.
type Call struct {
	Function string
	Args     map[string]any
}

// File is the complex type Bestand: a name, a MIME type and the bytes (not yet
// in base64).
type File struct {
	Name     string
	MimeType string
	Content  []byte
}

// Nil is the argument that is sent as xsi:nil: it empties the field.
type Nil struct{}

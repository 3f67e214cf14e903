package contract

// Entity is one kind of record in Loket's tree. All support List and Select.
type Entity struct {
	Name   string
	Parent string // direct parent; "" for Werkgever
	Fields []Field
}

// Field is one field of an entity, as Veld/Naam carries it.
type Field struct {
	Name   string
	Type   string // as Veld/Type: string, int, decimal, boolean, date, dateTime or code
	Simple string // simple type with further rules (BSN, IBAN, Identity, Bedrag ...); "" for none
	Length int    // most characters of a string; 0 when nothing is said
	Table  string // code table of a code, "" when the table is of an environment and not known
	// Min and Max bound an int where both are not 0.
	Min, Max int
	Required bool // always filled
	// Writable says that an operation of services 4 and 6 to 9 can change it.
	Writable bool
	// Derived says that Loket fills it itself ("read-only").
	Derived bool
}

// Entities is the tree, parents before children, siblings in the contract's order.
func Entities() []Entity { return append([]Entity(nil), entities...) }

// LookupEntity finds an entity by name.
func LookupEntity(name string) (*Entity, bool) {
	for i := range entities {
		if entities[i].Name == name {
			return &entities[i], true
		}
	}
	return nil, false
}

// Children are the names of the entities directly below; "" asks for the top.
func Children(entity string) []string {
	var names []string
	for _, e := range entities {
		if e.Parent == entity {
			names = append(names, e.Name)
		}
	}
	return names
}

// Field finds a field by name.
func (e *Entity) Field(name string) (*Field, bool) {
	for i := range e.Fields {
		if e.Fields[i].Name == name {
			return &e.Fields[i], true
		}
	}
	return nil, false
}

// Functions are the node functions that the entity supports.
func (e *Entity) Functions() []string { return []string{"List", "Select"} }

var entities = []Entity{
	{"Werkgever", "", werkgeverFields},
	{"Persoon", "Werkgever", persoonFields},
	{"Dienstverband", "Werkgever", dienstverbandFields},
	{"Verlof", "Dienstverband", verlofFields},
	{"VariabeleGegevens", "Dienstverband", variabeleFields},
	{"Verloning", "Werkgever", verloningFields},
	{"VerloningsRun", "Verloning", runFields},
	{"Betaling", "VerloningsRun", betalingFields},
	{"Journaal", "VerloningsRun", journaalFields},
	{"Loonaangifte", "Verloning", loonaangifteFields},
}

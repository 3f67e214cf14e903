package mappings

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"loket-etl/loket/contract"
)

//go:embed mapping.schema.json
var schema string

// Schema is the JSON Schema (draft-07) of a mapping, for editors: what it refuses Load
// refuses too, and what Load refuses beyond it is about names, and values in tables.
// A new key of the grammar needs a line in mapping.schema.json; kinds of changes and
// their fields come from the contract, and stand there as words that begin with @; so do the forms of origins that are
// computed.
func Schema() []byte {
	var whats, branches, fields []string
	for i := range changes {
		c := &changes[i]
		f, ok := contract.Lookup(c.function)
		if !ok {
			continue // Load says so
		}
		whats = append(whats, fmt.Sprintf("%q", c.what))
		branches = append(branches, fmt.Sprintf(`{"if": {"properties": {"what": {"const": %q}}, "required": ["what"]}, "then": {"allOf": [{"$ref": "#/definitions/%s"}, {"properties": {"fields": {"$ref": "#/definitions/fields-%s"}}}]}}`,
			c.what, c.definition(), c.what))
		fields = append(fields, fmt.Sprintf(`"fields-%s": %s`, c.what, c.schema(f)))
	}
	text := strings.NewReplacer(made...).Replace(schema)
	text = strings.NewReplacer(`"@whats"`, strings.Join(whats, ", "), `"@changes"`, strings.Join(branches, ",\n"), `"@fields": {}`, strings.Join(fields, ",\n")).Replace(text)
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(text), "", "  "); err != nil {
		panic("mappings: schema: " + err.Error()) // a test makes it
	}
	return out.Bytes()
}

// made are the keys of what is computed, of texts and dates (part), of numbers and of
// whole numbers.
var made = []string{
	`"@part": 0`, madeOf("part"),
	`"@amount": 0`, madeOf("amountPart") + ", " + workedKey,
	`"@number": 0`, `"column": {"$ref": "#/definitions/numberColumn"},
        "constant": {"$ref": "#/definitions/aNumber"},
        "table": {"$ref": "#/definitions/tableName"}, "by": {"$ref": "#/definitions/by"}, "on": {"$ref": "#/definitions/on"}, "take": {"$ref": "#/definitions/tableColumn"},
        "otherwise": {"$ref": "#/definitions/aNumber"},
        "sum": {"description": "These columns added up.", "allOf": [{"$ref": "#/definitions/numberColumns"}]},
        ` + madeOf("amountPart") + ", " + workedKey,
	`"@whole": 0`, madeOf("wholePart") + ", " + workedKey,
	`"@worked": 0`, workedKey,
	`"@join": 0`, `"join": {"description": "These texts in a row, those that are filled.", "type": "array", "minItems": 1, "items": {"$ref": "#/definitions/part"}},
        "with": {"description": "What stands between the texts of join.", "type": ["string", "number", "boolean"], "minLength": 1, "examples": ["-"]}`,
	`"@convert": 0`, `"unit": {"$ref": "#/definitions/unit"}, "times": {"$ref": "#/definitions/times"}, "percent": {"$ref": "#/definitions/percent"}, "round": {"$ref": "#/definitions/roundValue"}, "decimals": {"$ref": "#/definitions/roundDecimals"}`,
}

const workedKey = `"worked": {"$ref": "#/definitions/worked"}`

func madeOf(part string) string {
	return fmt.Sprintf(`"first_of": {"description": "The first of these that is filled.", "type": "array", "minItems": 2, "items": {"$ref": "#/definitions/%[1]s"}},
        "when": {"description": "Conditions that must all hold for then.", "allOf": [{"$ref": "#/definitions/conditions"}]},
        "then": {"description": "What it is when the conditions hold.", "allOf": [{"$ref": "#/definitions/%[1]s"}]},
        "else": {"description": "What it is when they do not. Default: nothing.", "allOf": [{"$ref": "#/definitions/%[1]s"}]},
        "expr": {"$ref": "#/definitions/expression"}`, part)
}

// definition is that of to with a change.
func (c *change) definition() string {
	switch {
	case c.adds():
		return "toDossier"
	case c.about == aboutEmployer:
		return "toEmployer"
	case c.about == aboutNothing:
		return "toNobody"
	}
	return "toPerson"
}

// schema is that of the fields of a change. What a group cannot do without must be
// there as soon as something of the group is.
func (c *change) schema(f *contract.Function) string {
	var properties, required, together []string
	needs := map[string][]string{}
	for _, l := range c.fields(f) {
		if name := fmt.Sprintf("%q", l.Field); l.Needed() {
			required = append(required, name)
		} else if l.Min > 0 {
			needs[groupName(l)] = append(needs[groupName(l)], name)
		}
	}
	for _, l := range c.fields(f) {
		typ, _ := contract.LookupType(l.Type)
		kind := "field_" + typ.Base
		if l.Field == c.key {
			kind = "ofText"
		}
		properties = append(properties, fmt.Sprintf(`%q: {"$ref": "#/definitions/%s"}`, l.Field, kind))
		if all := needs[groupName(l)]; len(all) > 0 {
			together = append(together, fmt.Sprintf(`%q: [%s]`, l.Field, strings.Join(all, ", ")))
		}
	}
	return fmt.Sprintf(`{"description": "The fields, by the names of the contract.", "type": "object", "additionalProperties": false, "minProperties": 1, "required": [%s], "properties": {%s}, "dependencies": {%s}}`,
		strings.Join(required, ", "), strings.Join(properties, ", "), strings.Join(together, ", "))
}

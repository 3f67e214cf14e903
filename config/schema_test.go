package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const schemaHead = `"$schema":"http://json-schema.org/draft-07/schema#","title":"etl.yaml","description":"What an operator may say: where Loket is, what comes in and goes out. See docs/configuration.md."`

// kinds are the values that read themselves, as the schema has them.
var kinds = map[reflect.Type]string{
	reflect.TypeFor[time.Duration](): `"type":"string","pattern":"^([0-9]+d|([0-9]+([.][0-9]+)?(ms|s|m|h))+)$","examples":["30s"]`,
	reflect.TypeFor[Size]():          `"type":"string","pattern":"^[0-9]+ *(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$","examples":["20MiB"]`,
	reflect.TypeFor[Secret]():        `"type":"string","pattern":"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$","examples":["env:LOKET_PASSWORD"]`,
	reflect.TypeFor[Address]():       `"type":"string","pattern":"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|https?://[^/].*)$","examples":["https://meldingen.example/etl","env:HOOK"]`,
	reflect.TypeFor[Authorities]():   `"type":"string","pattern":"\\S","examples":["ca.pem"]`,
	reflect.TypeFor[KnownHosts](): `"anyOf":[` +
		`{"type":"array","minItems":1,"items":{"type":"string","pattern":"(ssh|ecdsa)-\\S+ +AAAA","examples":["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOXjG9l4kdR0TqHbgUhoZ7SqFAyjccaTeygz6CZwPJ1F"]}},` +
		`{"type":"string","pattern":"^/?[^\\s]+$","examples":["known_hosts"]}]`,
	reflect.TypeFor[PublicKey](): `"type":"string","pattern":"^file:.+$","examples":["file:ca.pem"]`,
	reflect.TypeFor[string]():    `"type":"string","pattern":"\\S"`,
	reflect.TypeFor[int]():       `"type":"integer"`,
	reflect.TypeFor[bool]():      `"type":"boolean"`,
}

const (
	nameRule    = `"pattern":"^[a-z0-9][a-z0-9-]{0,39}$"`
	clientRule  = `"minimum":1,"maximum":999999999`
	webRule     = `"pattern":"^https?://[^/@?#]+(/[^?#]*)?$"`
	patternRule = `"minItems":1,"items":{"type":"string","pattern":"^[^/\\\\\\[\\]{}]*[^/\\\\\\[\\]{}\\s][^/\\\\\\[\\]{}]*$","examples":["uren-*.csv"]}`
	oneOfPlaces = `"oneOf":[{"required":["local"]},{"required":["sftp"]}]`
)

// keyRules are what a type does not say of a key, by struct and key. A member that
// stands here replaces that of the type.
var keyRules = map[string]string{
	"Config.workers":         `"minimum":1,"maximum":64`,
	"Config.listen":          `"pattern":"^(off|.*:[0-9]+)$","examples":["127.0.0.1:9464","off"]`,
	"Loket.url":              `"pattern":"^(sandbox|https?://[^/@?#]+(/[^?#]*)?)$","examples":["https://webservices.loket.example","sandbox"]`,
	"Loket.sandbox_dir":      `"examples":["sandbox"]`,
	"Loket.user":             `"examples":["ws-bakkerij"]`,
	"Loket.omgevingscode":    `"examples":["BAKKERIJ"]`,
	"Loket.calls_per_second": `"minimum":1,"maximum":10000`,
	"Loket.services":         `"examples":[{"LoketWebservice":{"address":"https://webservices.loket.example/v2/LoketWebservice"}}]`,
	"Service.address":        webRule + `,"examples":["https://webservices.loket.example/v2/LoketWebservice"]`,
	"Service.namespace":      `"examples":["urn:example:loket"]`,
	"Service.soap_action":    `"examples":["urn:example:loket#"]`,
	"Database.sqlite":        `"examples":["etl.db"]`,
	"Database.postgres":      `"examples":["env:ETL_DATABASE"]`,
	"Place.local":            `"examples":["/srv/uren"]`,
	"SFTP.address":           `"pattern":"^[^/@\\s]+$","examples":["sftp.planning.example:22"]`,
	"SFTP.user":              `"examples":["zorg"]`,
	"SFTP.path":              `"pattern":"\\S","examples":["uit/uren"]`,
	"SFTP.key":               `"examples":["env:KEY"]`,
	"SFTP.passphrase":        `"examples":["env:PLANNING_PASSPHRASE"]`,
	"Inbox.name":             nameRule + `,"examples":["uren"]`,
	"Inbox.files":            patternRule,
	"Outbox.name":            nameRule + `,"examples":["bank"]`,
	"Pipeline.use":           `"examples":["urenregistratie"]`,
	"Pipeline.inbox":         `"examples":["uren"]`,
	"Pipeline.files":         patternRule,
	"Pipeline.clientnummer":  clientRule,
	"Export.use":             `"examples":["overzichten"]`,
	"Export.outbox":          `"examples":["bank"]`,
	"Export.from":            `"pattern":"^(19|[2-9][0-9])[0-9]{2}-(0[1-9]|[1-4][0-9]|5[0-3])$","examples":["2026-10"]`,
	"Export.name":            nameRule + `,"examples":["sepa-rabobank"]`,
	"Export.employers":       `"minItems":1,"uniqueItems":true,"items":{"type":"integer",` + clientRule + `}`,
	"Export.schedule":        `"pattern":"^\\s*\\S+(\\s+\\S+){4}\\s*$","examples":["0 7 * * MON-FRI"]`,
	"Export.bic":             `"pattern":"^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$","examples":["INGBNL2A"]`,
	"Export.ibans":           `"examples":["ibans.csv"]`,
	"Export.collected":       `"items":{"type":"string","pattern":"^[^/\\s]","not":{"pattern":"[.][.]"},"examples":["archive"]}`,
	"Files.pipelines":        `"examples":["pipelines"]`,
	"Files.mappings":         `"examples":["mappings"]`,
	"Files.books":            `"examples":["books"]`,
	"After.held":             `"examples":["10m"]`,
	"After.late":             `"examples":["1h"]`,
	"Alerts.kinds":           `"minItems":1,"items":{"enum":["held","failed","late","uncollected"]}`,
	"Mail.server":            `"pattern":"^[^/@\\s]+$","examples":["smtp.example.nl:587"]`,
	"Mail.from":              `"pattern":"[^@\\s]@[^@\\s]","examples":["loket-etl <etl@example.nl>"]`,
	"Mail.to":                `"minItems":1,"items":{"type":"string","pattern":"[^@\\s]@[^@\\s]","examples":["salaris@example.nl"]}`,
	"Mail.user":              `"examples":["etl@example.nl"]`,
	"Limits.problems":        `"minimum":1,"maximum":100000`,
	"Limits.retention":       `"examples":["90d"]`,
}

// structRules are what goes together, by struct.
var structRules = map[string]string{
	"Loket": `"if":{"properties":{"url":{"const":"sandbox"}},"required":["url"]},` +
		`"then":{"properties":{"user":false,"password":false,"omgevingscode":false,"services":false}},` +
		`"else":{"required":["user","password","omgevingscode"],"properties":{"sandbox_dir":false}}`,
	"Database": `"oneOf":[{"required":["sqlite"]},{"required":["postgres"]}]`,
	"Inbox":    oneOfPlaces,
	"Outbox":   oneOfPlaces,
	"SFTP": `"anyOf":[{"required":["password"]},{"required":["key"]},{"properties":{"agent":{"const":true}},"required":["agent"]}],` +
		`"dependencies":{"passphrase":["key"]}`,
	"Decrypt": `"oneOf":[{"required":["age"]},{"required":["openpgp"]}]`,
	"OpenPGP": `"dependencies":{"passphrase":["key"]},` +
		`"if":{"properties":{"signature":{"const":"optional"}},"required":["signature"]},` +
		`"then":{"required":["key"]},"else":{"required":["signed_by"],"properties":{"signed_by":{"minItems":1}}}`,
	"Alerts": `"anyOf":[{"required":["mail"]},{"required":["webhook"]}]`,
	"Mail": `"dependencies":{"user":["password"],"password":["user"]},` +
		`"if":{"properties":{"tls":{"const":"off"}},"required":["tls"]},"then":{"properties":{"user":false,"ca":false}}`,
}

func TestTheSchemaIsWhatTheCodeSays(t *testing.T) {
	w := writer{docs: docs(t), defs: map[string]string{}, unused: map[string]bool{}}
	for key := range keyRules {
		w.unused[key] = true
	}
	for key := range structRules {
		w.unused[key] = true
	}
	c := Config{}
	c.setDefaults()
	root := w.object(reflect.ValueOf(c))
	text := "{" + schemaHead + "," + root + `,"definitions":{` + w.definitions() + "}}"
	var want bytes.Buffer
	if err := json.Indent(&want, []byte(text), "", "  "); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	want.WriteByte('\n')
	for key := range w.unused {
		t.Errorf("schema_test.go has a rule for %s, and there is no such key", key)
	}
	if bytes.Equal(want.Bytes(), schema) {
		return
	}
	if *update {
		if err := os.WriteFile("etl.schema.json", want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("etl.schema.json is not what the structs of config say; go test -run %s ./config -update\n%s", t.Name(), cmp.Diff(strings.Split(string(schema), "\n"), strings.Split(want.String(), "\n")))
}

// writer writes structs as schemas, in the order of their fields.
type writer struct {
	docs   map[string]string // Struct or Struct.Field -> comment
	names  []string
	defs   map[string]string
	unused map[string]bool
}

func (w *writer) definitions() string {
	var all []string
	for _, name := range w.names {
		all = append(all, fmt.Sprintf("%q:{%s}", strings.ToLower(name), w.defs[name]))
	}
	return strings.Join(all, ",")
}

// object is the members of the schema of a struct, whose values are the defaults.
func (w *writer) object(v reflect.Value) string {
	name := v.Type().Name()
	var properties, required []string
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		for i := range v.NumField() {
			f := v.Type().Field(i)
			key, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			switch {
			case key == "-":
			case option == "inline":
				walk(v.Field(i))
			default:
				if option == "required" {
					required = append(required, fmt.Sprintf("%q", key))
				}
				properties = append(properties, fmt.Sprintf("%q:{%s}", key, w.property(v.Type().Name(), key, f, v.Field(i))))
			}
		}
	}
	walk(v)
	text := `"type":"object","additionalProperties":false`
	if len(required) > 0 {
		text += `,"required":[` + strings.Join(required, ",") + "]"
	}
	text += `,"properties":{` + strings.Join(properties, ",") + "}"
	if more := structRules[name]; more != "" {
		delete(w.unused, name)
		text += "," + more
	}
	return text
}

func (w *writer) property(owner, key string, f reflect.StructField, v reflect.Value) string {
	at := owner + "." + key
	delete(w.unused, at)
	doc, _ := json.Marshal(w.docs[owner+"."+f.Name])
	text := `"description":` + string(doc)
	if oneof := strings.Fields(f.Tag.Get("oneof")); len(oneof) > 0 {
		all, _ := json.Marshal(oneof)
		text += `,"enum":` + string(all)
	} else if body := w.value(v); strings.HasPrefix(body, `"$ref"`) {
		text += `,"allOf":[{` + body + "}]" // draft-07 looks at nothing beside a $ref
	} else {
		text = over(text+","+body, keyRules[at])
	}
	if !v.IsZero() && kinds[v.Type()] != "" {
		text += `,"default":` + standard(v)
	}
	return text
}

// value is the members of the schema of a value.
func (w *writer) value(v reflect.Value) string {
	if text, ok := kinds[v.Type()]; ok {
		return text
	}
	fresh := func(t reflect.Type) reflect.Value {
		e := reflect.New(t)
		if d, ok := e.Interface().(defaulter); ok {
			d.setDefaults()
		}
		return e.Elem()
	}
	switch v.Kind() {
	case reflect.Pointer:
		return w.value(fresh(v.Type().Elem()))
	case reflect.Slice:
		return `"type":"array","items":{` + w.value(fresh(v.Type().Elem())) + "}"
	case reflect.Map:
		return `"type":"object","additionalProperties":{` + w.value(fresh(v.Type().Elem())) + "}"
	case reflect.Struct:
		name := v.Type().Name()
		if !slices.Contains(w.names, name) {
			w.names = append(w.names, name)
			w.defs[name] = w.object(v)
		}
		return fmt.Sprintf(`"$ref":"#/definitions/%s"`, strings.ToLower(name))
	}
	panic("schema: no way to say " + v.Type().String())
}

// over is members of an object, where those of more replace those of text.
func over(text, more string) string {
	if more == "" {
		return text
	}
	var keep []string
	for _, m := range members(text) {
		if !slices.ContainsFunc(members(more), func(n [2]string) bool { return n[0] == m[0] }) {
			keep = append(keep, fmt.Sprintf("%q:%s", m[0], m[1]))
		}
	}
	return strings.Join(append(keep, more), ",")
}

// members are the keys and values of an object, in order.
func members(text string) (all [][2]string) {
	d := json.NewDecoder(strings.NewReader("{" + text + "}"))
	_, _ = d.Token()
	for d.More() {
		key, err := d.Token()
		var value json.RawMessage
		if err == nil {
			err = d.Decode(&value)
		}
		if err != nil {
			panic(fmt.Sprintf("%v in %s", err, text))
		}
		all = append(all, [2]string{key.(string), string(value)})
	}
	return all
}

// standard is a default as it is written in the file.
func standard(v reflect.Value) string {
	var shown any = v.Interface()
	switch s := shown.(type) {
	case time.Duration:
		shown = days(s)
	case Size:
		shown = s.String()
	}
	text, _ := json.Marshal(shown)
	return string(text)
}

// docs are the comments of structs and their fields.
func docs(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range []string{"config.go", "exports.go", "decrypt.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, field := range s.Fields.List {
					for _, id := range field.Names {
						all[spec.Name.Name+"."+id.Name] = strings.Join(strings.Fields(field.Doc.Text()), " ")
					}
				}
			}
			return true
		})
	}
	return all
}

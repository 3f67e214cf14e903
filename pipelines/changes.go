package pipelines

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/loket/contract"
)

// What is said of a change that Loket had already.
const (
	asItWas = "stond al zo in Loket; er is niets verzonden"
	isGone  = "Loket heeft dit dossierstuk niet (meer); kijk het nummer na als het er nog had moeten zijn"
)

// ofRecord is the way of a function that overwrites fields of one record, which
// Loket shows.
func ofRecord(after func(*Runner)) way {
	return way{look: lookAtRecord, done: recordDone, narrow: onlyWhatDiffers, after: after}
}

func forgetPeople(r *Runner) { r.directory.forget() }

// values are what a call writes, by the fields of its record that are probed.
func values(call contract.Call) (fn *contract.Function, entity *contract.Entity, all []contract.Leaf, err error) {
	fn, ok := contract.Lookup(call.Function)
	if !ok {
		return nil, nil, nil, fmt.Errorf("the contract has no function %s", call.Function)
	}
	entity, ok = contract.LookupEntity(strings.TrimPrefix(fn.Probe, "Select "))
	if !ok {
		return nil, nil, nil, fmt.Errorf("%s cannot be read back", call.Function)
	}
	for _, l := range fn.Leaves() {
		v, there := l.In(call.Args)
		if !there || l.Field == "DataIdentity" {
			continue
		}
		if _, empties := v.(contract.Nil); empties && l.Needed() {
			return fn, entity, []contract.Leaf{l}, nil // taken back: what goes with it does not count
		}
		all = append(all, l)
	}
	return fn, entity, all, nil
}

// lookAtRecord reads the fields of a record that the function can write.
func lookAtRecord(ctx context.Context, r *Runner, call contract.Call) ([]byte, error) {
	fn, entity, _, err := values(call)
	if err != nil {
		return nil, err
	}
	id, _ := call.Args["DataIdentity"].(string)
	record, err := r.Loket.Select(ctx, entity.Name, id)
	if err != nil {
		return nil, fmt.Errorf("select %s %s: %w", entity.Name, id, err)
	}
	stands := map[string]string{}
	for _, l := range fn.Leaves() {
		if _, ok := entity.Field(l.Field); ok {
			stands[l.Field] = record.Text(l.Field)
		}
	}
	return json.Marshal(stands)
}

// same reports whether a record has the value of a call already.
func same(l contract.Leaf, call contract.Call, stands map[string]string) (bool, error) {
	v, _ := l.In(call.Args)
	if _, empties := v.(contract.Nil); empties {
		return stands[l.Field] == "", nil
	}
	typ, ok := contract.LookupType(l.Type)
	if !ok {
		return false, fmt.Errorf("%s has the unknown type %s", l.Field, l.Type)
	}
	text, err := typ.Text(v)
	return text == stands[l.Field] || text == l.Default && stands[l.Field] == "", err
}

// recordDone reports whether a record has all that the call writes, as far as
// Loket shows it.
func recordDone(_ context.Context, _ *Runner, line ledger.Line, call contract.Call, _, now []byte) (lineNote, bool, error) {
	_, _, all, err := values(call)
	if err != nil {
		return lineNote{}, false, err
	}
	stands, err := fieldsOf(now)
	if err != nil {
		return lineNote{}, false, err
	}
	for _, l := range all {
		if _, shown := stands[l.Field]; !shown {
			continue
		}
		if is, err := same(l, call, stands); !is || err != nil {
			return lineNote{}, false, err
		}
	}
	return lineNote{ReadBack: true, Accepted: line.Rows}, true, nil
}

func fieldsOf(now []byte) (map[string]string, error) {
	stands := map[string]string{}
	if err := json.Unmarshal(now, &stands); err != nil {
		return nil, fmt.Errorf("read what stands in Loket: %w", err)
	}
	return stands, nil
}

// onlyWhatDiffers leaves out of a call what the record has already, but for what
// the contract wants along; some is false when nothing is left. A value that
// Loket would fill in itself when it is absent is sent as it stands.
func onlyWhatDiffers(call contract.Call, now []byte) (less contract.Call, some bool, err error) {
	fn, _, all, err := values(call)
	if err != nil {
		return call, false, err
	}
	stands, err := fieldsOf(now)
	if err != nil {
		return call, false, err
	}
	differs := map[string]bool{} // groups, "" for the request itself
	less = contract.Call{Function: call.Function, Args: map[string]any{"DataIdentity": call.Args["DataIdentity"]}}
	put := func(l contract.Leaf) {
		if len(l.Groups) > 0 {
			if _, empties := call.Args[l.Groups[0].Name].(contract.Nil); empties {
				less.Args[l.Groups[0].Name] = contract.Nil{}
				return
			}
		}
		v, _ := l.In(call.Args)
		l.Put(less.Args, v)
	}
	for _, l := range all {
		if _, shown := stands[l.Field]; !shown && len(l.Groups) == 0 {
			continue // says from when on: it goes along with the rest
		}
		is, err := same(l, call, stands)
		if err != nil {
			return call, false, err
		}
		if !is {
			differs[groupOf(l)] = true
			put(l)
		}
	}
	if len(differs) == 0 {
		return call, false, nil
	}
	for _, l := range all {
		_, shown := stands[l.Field]
		goesAlong := l.Min > 0 || l.Default != "" || !shown
		if goesAlong && (differs[groupOf(l)] || len(l.Groups) > 0 && l.Groups[0].Min > 0) {
			put(l)
		}
	}
	for _, l := range fn.Leaves() {
		if _, given := l.In(call.Args); !given && l.Default != "" && stands[l.Field] != "" && differs[""] && !takesBack(all, call) {
			l.Put(less.Args, stands[l.Field])
		}
	}
	return less, true, nil
}

// groupOf is the name of the group of a value, "" for the request itself.
func groupOf(l contract.Leaf) string {
	if len(l.Groups) == 0 {
		return ""
	}
	return l.Groups[0].Name
}

// takesBack reports whether a call takes back what its function sets.
func takesBack(all []contract.Leaf, call contract.Call) bool {
	v, _ := all[0].In(call.Args)
	_, empties := v.(contract.Nil)
	return empties && all[0].Needed()
}

// newConcept names a concept employee without naming anybody.
func newConcept(call contract.Call) string {
	return fmt.Sprintf("concept %s of %v", veiled(call.Args["UniekeNaam"]), call.Args["ParentDataIdentity"])
}

// newEmployer names an employer to be added.
func newEmployer(call contract.Call) string {
	general, _ := call.Args["Algemeen"].(map[string]any)
	return "new Werkgever " + veiled(general["Bedrijfsnaam"])
}

// newDocument names a document to be added to a dossier: by its bytes, whatever it
// is called, and whose dossier it is.
func newDocument(call contract.Call) string {
	file, _ := call.Args["Bestand"].(contract.File)
	sum := sha256.Sum256(file.Content)
	return fmt.Sprintf("document %s of %v", hex.EncodeToString(sum[:16]), call.Args["DataIdentity"])
}

// veiled tells texts apart without showing them; upper and lower case are the same.
func veiled(v any) string {
	sum := sha256.Sum256([]byte(strings.ToLower(fmt.Sprint(v))))
	return hex.EncodeToString(sum[:8])
}

// workingAlready says that a concept employee works for the employer as it is.
func workingAlready(ctx context.Context, r *Runner, call contract.Call) (string, error) {
	person, _ := call.Args["Persoon"].(map[string]any)
	bsn, _ := person["BSN"].(string)
	owner, _ := call.Args["ParentDataIdentity"].(string)
	if bsn == "" {
		return "", nil
	}
	known := map[string]bool{}
	for p, err := range r.Loket.List(ctx, "Persoon", owner) {
		if err != nil {
			return "", fmt.Errorf("list Persoon of %s: %w", owner, err)
		}
		if p.Text("BSN") == bsn {
			known[p.Identity] = true
		}
	}
	if len(known) == 0 {
		return "", nil
	}
	for e, err := range r.Loket.List(ctx, "Dienstverband", owner) {
		if err != nil {
			return "", fmt.Errorf("list Dienstverband of %s: %w", owner, err)
		}
		if known[e.Text("PersoonQuid")] && e.Text("DatumUitDienst") == "" {
			return fmt.Sprintf("deze persoon werkt in Loket al bij deze werkgever (personeelsnummer %s); leg het bestand terzijde, of geef het vrij als er een concept-werknemer bij moet komen",
				e.Text("PersoneelsnummerVerloning")), nil
		}
	}
	return "", nil
}

// employerAlready says that an employer like the new one is in Loket.
func employerAlready(ctx context.Context, r *Runner, call contract.Call) (string, error) {
	general, _ := call.Args["Algemeen"].(map[string]any)
	name, _ := general["Bedrijfsnaam"].(string)
	kvk, _ := general["KvKNummer"].(string)
	for w, err := range r.Loket.List(ctx, "Werkgever", "") {
		if err != nil {
			return "", fmt.Errorf("list Werkgever: %w", err)
		}
		if strings.EqualFold(w.Text("Bedrijfsnaam"), name) || kvk != "" && w.Text("KvKNummer") == kvk {
			return fmt.Sprintf("werkgever %s in Loket heeft dezelfde naam of hetzelfde KvK-nummer; leg het bestand terzijde, of geef het vrij als er toch een werkgever bij moet komen",
				w.Text("WerkgeverId")), nil
		}
	}
	return "", nil
}

// leaveAsItIs records a call that would change nothing as done, without making it.
// A crash on the way leaves a call of which it must be read back whether it was
// made; what it would have changed stands there.
func (r *Runner) leaveAsItIs(ctx context.Context, lease *ledger.Lease, line ledger.Line, stands []byte, why string) error {
	if err := lease.Send(ctx, line.No, stands); err != nil {
		return fmt.Errorf("mark call %d as sending: %w", line.No, err)
	}
	return r.record(context.WithoutCancel(ctx), lease, line, lineNote{Accepted: line.Rows, Unsent: true, Answer: why})
}

func identityAnswer(what, field string) func(loket.Reply) lineNote {
	return func(r loket.Reply) lineNote { return lineNote{Answer: what + " " + r.Root.Text(field)} }
}

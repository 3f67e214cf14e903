package contract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryValueOfARequestHasANameOfItsOwn(t *testing.T) {
	for _, f := range Functions() {
		seen := map[string]bool{}
		for _, l := range f.Leaves() {
			if seen[l.Field] {
				t.Errorf("%s has two values called %s", f.FullName(), l.Field)
			}
			seen[l.Field] = true
			if _, ok := LookupType(l.Type); !ok {
				t.Errorf("%s: %s is no simple type", f.FullName(), l.Field)
			}
		}
	}
}

// What a change writes is read back under the same name.
func TestValuesOfAChangeAreFieldsOfItsRecord(t *testing.T) {
	without := map[string]bool{}
	for _, f := range Functions() {
		name, ok := strings.CutPrefix(f.Probe, "Select ")
		if !ok {
			continue
		}
		e, ok := LookupEntity(name)
		if !ok {
			t.Fatalf("there is no entity %q", name)
		}
		for _, l := range f.Leaves() {
			if field, ok := e.Field(l.Field); l.Field == "DataIdentity" {
				continue
			} else if !ok {
				without[f.FullName()+" "+l.Field] = true
			} else if !field.Writable {
				t.Errorf("%s: field %s cannot be written", f.FullName(), l.Field)
			}
		}
	}
	want := map[string]bool{
		"Persoon.WijzigenAdresGegevens Provincie": true, "Persoon.WijzigenAdresGegevens Postbus": true,
		"Persoon.WijzigenBurgerlijkeStaat IngangsDatum": true,
	}
	if diff := cmp.Diff(want, without); diff != "" {
		t.Errorf("values without a field (-want +got):\n%s", diff)
	}
}

func TestAValueIsPutAndFoundInItsGroup(t *testing.T) {
	f, _ := Lookup("Persoon.WijzigenAdresGegevens")
	plaats, ok := f.Leaf("PostPlaats")
	if !ok || plaats.Needed() || plaats.Table != "" || plaats.Min != 1 {
		t.Fatalf("PostPlaats is %+v", plaats)
	}
	args := map[string]any{}
	if v, there := plaats.In(args); there {
		t.Errorf("found %v in nothing", v)
	}
	plaats.Put(args, "Assen")
	if diff := cmp.Diff(map[string]any{"AfwijkendPostadres": map[string]any{"Plaats": "Assen"}}, args); diff != "" {
		t.Error(diff)
	}
	if v, there := plaats.In(args); !there || v != "Assen" {
		t.Errorf("found %v", v)
	}
	if v, _ := plaats.In(map[string]any{"AfwijkendPostadres": Nil{}}); v != (Nil{}) {
		t.Errorf("found %v in a group that is emptied", v)
	}
	if land, _ := f.Leaf("PostLandcode"); land.Table != "Landcode" {
		t.Errorf("PostLandcode has table %q", land.Table)
	}
	if concept, _ := Lookup("ToevoegenConceptWerknemer"); concept != nil {
		if l, ok := concept.Leaf("Achternaam"); !ok || !l.Needed() {
			t.Errorf("Achternaam is %+v", l)
		}
	}
}

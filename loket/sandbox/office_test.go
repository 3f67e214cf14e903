package sandbox

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
)

// TestDefaultOfficeNeverChanges pins the people that examples and journals of
// earlier releases refer to. When it fails, the office changed for everybody.
func TestDefaultOfficeNeverChanges(t *testing.T) {
	b := newBench(t, Options{})
	e := b.state.byClient[5555]
	for nr, want := range map[int]string{
		1: "1001 Anna de Bruin anna.debruin.1001@example.org",
		2: "1002 Bram  Kuipers bram.kuipers.1002@example.org",
		9: "1009 Ivo  Timmer ivo.timmer.1009@example.org",
	} {
		p := e.byPayrollNumber(nr).person
		got := fmt.Sprintf("%s %s %s %s %s", p.get("Persnr"), p.get("Voornaam"), p.get("Voorvoegsel"), p.get("Achternaam"), p.get("Email"))
		if got != want {
			t.Errorf("number %d is %s, want %s", nr, got, want)
		}
	}
	h := sha256.New()
	for _, e := range b.state.employers {
		for _, entity := range []string{"Persoon", "Dienstverband", "VariabeleGegevens"} {
			for _, r := range b.list(entity, e.id) {
				fmt.Fprintln(h, r.text("DataIdentity"), r.text("ParentDataIdentity"))
				for _, f := range r.find("Velden").Kids {
					fmt.Fprintln(h, f.text("Naam"), f.text("Waarde"))
				}
			}
		}
	}
	if got := fmt.Sprintf("%x", h.Sum(nil))[:16]; got != officeSum {
		t.Errorf("the default office is %s, was %s", got, officeSum)
	}
}

const officeSum = "0257e496e20f4438"

func TestNoTwoPeopleOfAnOfficeShareAnAddress(t *testing.T) {
	st := newState(Office{Employers: 5, Employees: 3000})
	seen := map[string]bool{}
	for _, e := range st.employers {
		e.load()
		for i, p := range e.people {
			for _, mail := range []string{p.get("Email"), p.get("EmailZakelijk")} {
				if seen[mail] || strings.ContainsAny(mail, " ") {
					t.Fatalf("%s is there twice, or no address", mail)
				}
				seen[mail] = true
			}
			if e.jobs[i].record.get("PersoonQuid") != p.id {
				t.Fatal("an employment belongs to someone else")
			}
		}
	}
}

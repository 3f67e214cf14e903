package sandbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

var large = Office{Employers: 1000, Employees: 100_000}

func TestLargeOfficeIsWhole(t *testing.T) {
	b := newBench(t, Options{Office: large})
	list := func(entity, parent, rest string) *node {
		content := el("EntityName", entity)
		if parent != "" {
			content += el("ParentDataIdentity", parent)
		}
		return b.call("LoketWebservice.List", content+rest).ok()
	}
	r := list("Werkgever", "", el("Pagina", "4")+el("PaginaGrootte", "250"))
	if r.text("TotaalAantal") != "1000" || len(r.find("Entiteiten").Kids) != 250 {
		t.Fatalf("%s employers, %d on the page", r.text("TotaalAantal"), len(r.find("Entiteiten").Kids))
	}
	last := r.find("Entiteiten").Kids[249].text("DataIdentity")
	if n := list("Persoon", last, el("PaginaGrootte", "10")).text("TotaalAantal"); n != "100" {
		t.Errorf("the last employer has %s people", n)
	}
	seen := map[string]bool{}
	for _, e := range []int{0, 1, 500, 999} {
		employer := b.state.employers[e]
		employer.load()
		for i, p := range employer.people {
			for _, number := range []string{p.get("BSN"), employer.jobs[i].record.get("IBAN")} {
				if seen[number] {
					t.Fatal("a number is given out twice")
				}
				seen[number] = true
			}
			if _, err := payroll.ParseBSN(p.get("BSN")); err != nil {
				t.Fatal(err)
			}
			iban, err := payroll.ParseIBAN(employer.jobs[i].record.get("IBAN"))
			if account, ok := iban.Account(); err != nil || !ok || !payroll.ElevenTest(account) {
				t.Fatalf("account of person %d: %v", i, err)
			}
			if !strings.HasSuffix(p.get("Email"), "@example.org") {
				t.Fatal("an address outside example.org")
			}
		}
	}
}

func BenchmarkStartLargeOffice(b *testing.B) {
	for b.Loop() {
		s, err := New(Options{Office: large})
		if err != nil {
			b.Fatal(err)
		}
		_ = s
	}
}

// BenchmarkLoadLargeOffice makes all 100,000 people.
func BenchmarkLoadLargeOffice(b *testing.B) {
	for b.Loop() {
		s, err := New(Options{Office: large})
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range s.state.employers {
			e.load()
		}
	}
}

// BenchmarkListPage asks for a page of 250 out of 100,000 people of one employer,
// over HTTP.
func BenchmarkListPage(b *testing.B) {
	for _, size := range []int{25, 250, 1000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := newBench(b, Options{Office: Office{Employers: 1, Employees: 100_000}})
			parent := s.state.employers[0].id
			s.state.employers[0].load()
			page := 0
			fn, _ := contract.Lookup("LoketWebservice.List")
			for b.Loop() {
				page = page%(100_000/size) + 1
				res, err := httpClient(time.Minute).Post(s.url+"/soap/LoketWebservice", "text/xml", strings.NewReader(envelope(fn, el("UserToken", s.token)+
					el("EntityName", "Persoon")+el("ParentDataIdentity", parent)+el("Pagina", fmt.Sprint(page))+el("PaginaGrootte", fmt.Sprint(size)))))
				if err != nil || res.StatusCode != 200 {
					b.Fatal(err)
				}
				drain(res)
			}
		})
	}
}

// BenchmarkRun5000 runs the payroll of 5,000 people.
func BenchmarkRun5000(b *testing.B) {
	s, err := New(Options{Office: Office{Employers: 1, Employees: 5000}})
	if err != nil {
		b.Fatal(err)
	}
	s.state.employers[0].freeze()
	for b.Loop() {
		if _, err := s.Verloon(5555, payroll.Period{Year: 2026, Number: 10}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkImport carries out a file of 5,000 lines and ten components.
func BenchmarkImport(b *testing.B) {
	s := newBench(b, Options{Office: Office{Employers: 1, Employees: 5000}})
	var file strings.Builder
	file.WriteString("aanslnr;persnr;ploeg;1;2;3;4;5;6;10;11;12;28\r\n")
	for i := range 5000 {
		fmt.Fprintf(&file, "5555;%d;;1,25;2;3;4;5;6;7;8;9;10,5\r\n", i+1)
	}
	for b.Loop() {
		r := s.importing("VariabeleGegevens", "CSV", file.String(), period10).ok()
		if r.text("AantalVerwerkt") == "0" {
			b.Fatal("nothing was done")
		}
	}
}

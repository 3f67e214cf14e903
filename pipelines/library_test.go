package pipelines

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"loket-etl/ledger"
)

// What a shipped mapping makes of its good samples, Loket takes: components, ploegen
// and kostenplaatsen are such as there are.
func TestGoodSamplesOfHoursAndExpensesAreTakenByLoket(t *testing.T) {
	for _, name := range []string{
		"easyflex", "eitje", "l1nda", "loket-variabel", "nedap-ons", "nepton", "ploegendienst", "roosterplanning",
		"setu-timecard", "setu-timecard-2", "shiftbase", "uren-json", "urenregistratie", "urenstaat", "visma-expense",
	} {
		paths, err := filepath.Glob("../mappings/samples/" + name + "/good/*")
		if err != nil || len(paths) == 0 {
			t.Fatalf("samples of %s: %v", name, err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, ".expect.yaml") || strings.Contains(path, "uren_7001") { // that one has a closed period
				continue
			}
			t.Run(name+"/"+filepath.Base(path), func(t *testing.T) {
				data, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				w := newWorld(t, func(o *Options) {
					o.Bindings = []Binding{{Pipeline: name, Inbox: "in", Files: []string{"*"}, Clientnummer: 5555}}
				})
				file := filepath.Base(path)
				w.drop(file, string(data))
				w.settle()
				e := w.only(file)
				if e.Outcome != ledger.Imported {
					t.Errorf("outcome %s, %s %s: %+v", e.Outcome, e.Reason, e.Verdict, w.receipt(e.Target))
				}
			})
		}
	}
}

package sandbox

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// picture is everything of the default office that a caller can see.
func (b *bench) picture() []string {
	b.t.Helper()
	var all []string
	for _, e := range b.state.employers[:b.state.generated] {
		for _, entity := range contract.Entities() {
			parent := ""
			if entity.Parent != "" {
				parent = el("ParentDataIdentity", e.id)
			}
			r := b.call("LoketWebservice.List", el("EntityName", entity.Name)+parent)
			r.ok()
			all = append(all, strings.ReplaceAll(r.raw, "<t:Entiteit>", "\n<t:Entiteit>"))
		}
	}
	return all
}

// everyChange makes every kind of change there is, refusals included.
func (b *bench) everyChange() {
	b.t.Helper()
	everyAnswer(b)
	b.importing("VariabeleGegevens", "CSV", "aanslnr;persnr;ploeg;1\n5555;2;;100\n", period10+el("Verwerkingswijze", "Optellen")).ok()
	b.importing("VariabeleGegevens", "XML", xmlImport(`<Werknemer PersnrVerl="2"><Periode Jaar="2026" PeriodeNummer="10"><Component Nummer="1" Waarde="2" Aanvulling="true"/></Periode></Werknemer>`), "").ok()
	b.importing("Verlof", "CSV", strings.Join(leaveHeader, ";")+"\n1001;2;;x;05-10-2026;;1;1;8\n", "").ok()
	b.importing("Verlof", "CSV", "x", "").fault(contract.BestandOngeldig, "Bestand")
	info, err := b.Verloon(5555, payroll.Period{Year: 2026, Number: 10})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.Goedkeuren(info.Identity); err != nil {
		b.t.Fatal(err)
	}
}

func TestStateSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, Options{Data: dir})
	b.everyChange()
	want, state := b.picture(), b.State()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b.call("Persoon.WijzigenBurgerlijkeStaat", el("DataIdentity", b.state.byClient[5555].people[0].id)+el("BurgerlijkeStaat", "3")).fault(contract.InterneFout, "")

	again := newBench(t, Options{Data: dir})
	if diff := cmp.Diff(want, again.picture()); diff != "" {
		t.Errorf("after the restart:\n%s", diff)
	}
	if diff := cmp.Diff(state, again.State()); diff != "" {
		t.Errorf("after the restart:\n%s", diff)
	}
	if _, err := New(Options{Data: dir}); err == nil {
		t.Error("two sandboxes have one directory")
	}
}

func TestTornJournalIsCutOffAndDamageIsNot(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sandbox.journal")
	b := newBench(t, Options{Data: dir})
	one := "aanslnr;persnr;ploeg;1\n5555;1;;8\n"
	b.importing("VariabeleGegevens", "CSV", one, period10+el("Verwerkingswijze", "Optellen")).ok()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b.importing("VariabeleGegevens", "CSV", one, period10+el("Verwerkingswijze", "Optellen")).ok()
	_ = b.Close()
	both, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(both)
	damaged[len(whole)-20] ^= 1
	zeros := append(bytes.Clone(whole), append(make([]byte, 64), '\n')...)
	for name, c := range map[string]struct {
		content []byte
		want    string // "" when it must not open
	}{
		"whole": {both, "1=16.00"}, "one line": {whole, "1=8.00"}, "torn by one": {both[:len(both)-1], "1=8.00"},
		"torn at once": {both[:len(whole)+1], "1=8.00"}, "torn halfway": {both[:(len(whole)+len(both))/2], "1=8.00"},
		"torn to zeros": {zeros, "1=8.00"}, "damaged before the end": {damaged, ""},
	} {
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := New(Options{Data: dir})
		if (err != nil) != (c.want == "") {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			continue
		}
		_ = s.Close()
		again := newBench(t, Options{Data: dir})
		if got := again.standing(5555, 1); got != c.want {
			t.Errorf("%s: stands %s, want %s", name, got, c.want)
		}
		again.importing("VariabeleGegevens", "CSV", one, period10).ok() // and it goes on
		_ = again.Close()
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Data: dir, Office: Office{Employers: 3, Employees: 60}}); err == nil {
		t.Error("a journal of another office was opened")
	}
}

func TestFailedJournalStopsChanges(t *testing.T) {
	b := newBench(t, Options{Data: t.TempDir()})
	_ = b.journal.file.Close() // the disk is gone
	id := b.state.byClient[5555].byPayrollNumber(1).person.id
	for range 2 {
		b.call("Persoon.WijzigenBurgerlijkeStaat", el("DataIdentity", id)+el("BurgerlijkeStaat", "7")).fault(contract.InterneFout, "")
	}
	if got := b.selectOne("Persoon", id).field("BurgerlijkeStaat"); got == "7" {
		t.Error("what was not kept was done")
	}
}

// TestMain runs the sandbox of TestKill in a process of its own.
func TestMain(m *testing.M) {
	if dir := os.Getenv("SANDBOX_KILL_TEST"); dir != "" {
		s, err := New(Options{Data: dir})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(httptest.NewServer(s).URL)
		select {}
	}
	os.Exit(m.Run())
}

// TestKill kills the process (kill -9) while imports come in: all that was
// answered is there afterwards, and at most one more.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	answered := 0
	for round := range 3 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "SANDBOX_KILL_TEST="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "http") {
			t.Fatalf("child said %q, %v", line, err)
		}
		b := &bench{t: t, url: strings.TrimSpace(line)}
		b.token = b.login(DemoUser, DemoPassword, DemoOmgevingscode)
		done := make(chan int)
		go func() {
			n := 0
			for b.tryImport() {
				n++
				if n == 20+round {
					_ = child.Process.Kill()
				}
			}
			done <- n
		}()
		answered += <-done
		_ = child.Wait()
		again := newBench(t, Options{Data: dir})
		standing := again.standing(5555, 1)
		hours, err := payroll.ParseHours(strings.TrimPrefix(standing, "1="))
		if err != nil {
			t.Fatal(err)
		}
		if got := int(hours / 100); got < answered || got > answered+1 {
			t.Errorf("round %d: %d imports answered, %d there", round, answered, got)
		} else {
			answered = got
		}
		_ = again.Close()
	}
}

// tryImport adds one hour and reports whether that was answered.
func (b *bench) tryImport() bool {
	fn, _ := contract.Lookup("ImporteerGegevens.ImporteerGegevens")
	message := envelope(fn, el("UserToken", b.token)+el("SoortGegevens", "VariabeleGegevens")+el("Formaat", "CSV")+
		file("x", []byte("aanslnr;persnr;ploeg;1\n5555;1;;1\n"))+period10+el("Verwerkingswijze", "Optellen"))
	client := httpClient(5 * time.Second)
	res, err := client.Post(b.url+"/soap/"+fn.Service, "text/xml", strings.NewReader(message))
	if err != nil {
		return false
	}
	defer func() { _ = res.Body.Close() }()
	var answer bytes.Buffer
	_, err = answer.ReadFrom(res.Body)
	return err == nil && strings.Contains(answer.String(), "AantalVerwerkt>1<")
}

package sandbox

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"loket-etl/loket/contract"
)

// foreignClients are SOAP clients that others made, from Debian's packages. Each
// knows of the contract only what it reads in the WSDLs of the running sandbox.
// A typed one also makes numbers and booleans of what the schema says they are.
var foreignClients = []struct {
	name    string
	probe   []string // succeeds when the client is there
	command []string
	typed   bool
}{
	{"php-soap", []string{"php", "-r", "new SoapFault('a', 'b');"}, []string{"php", "client.php"}, true},
	{"SOAP-Lite", []string{"/usr/bin/perl", "-MSOAP::Lite", "-e", "1"}, []string{"/usr/bin/perl", "client.pl"}, false},
	{"zeep", []string{"/usr/bin/python3", "-c", "import zeep"}, []string{"/usr/bin/python3", "client.py"}, true},
}

// foreign is a foreign client at work on a sandbox of its own; the bench reads
// the same sandbox in raw SOAP, to compare.
type foreign struct {
	*bench
	test   *testing.T
	typed  bool
	in     io.Writer
	out    *bufio.Reader
	called map[string]bool
}

// in are arguments as the clients take them: names and values in turn, in the
// order of the contract. A value may be such a list, nil is xsi:nil.
type in []any

// narrow is a user with less than the demo user has.
const narrow = "ws-smal"

func newForeign(t *testing.T, command []string, typed bool) *foreign {
	t.Helper()
	f := &foreign{test: t, typed: typed, called: map[string]bool{}, bench: newBench(t, Options{MaxFile: 100_000, Users: []User{
		{Name: DemoUser, PasswordHash: cheapHash(), Omgevingscode: DemoOmgevingscode},
		{Name: narrow, PasswordHash: cheapHash(), Omgevingscode: DemoOmgevingscode, Werkgevers: []int{5556},
			Functions: []string{"LoketWebservice.List", "LoketWebservice.Select"}, Nodes: map[string][]string{"Persoon": {"List"}}},
	}})}
	script := filepath.Join("testdata", "foreign", command[1])
	cmd := exec.Command(command[0], script, f.url)
	cmd.Env = append(os.Environ(), "no_proxy=127.0.0.1", "NO_PROXY=127.0.0.1")
	stderr := &strings.Builder{}
	cmd.Stderr = stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f.in, f.out = stdin, bufio.NewReader(stdout)
	t.Cleanup(func() {
		_ = stdin.Close()
		_, _ = io.Copy(io.Discard, stdout)
		if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
			t.Errorf("%s: %v\n%s", script, err, stderr)
		}
	})
	return f
}

// heard is something in an answer of a foreign client.
type heard struct {
	f *foreign
	v any
}

// at is what stands at the path; nothing, when the client left it away.
func (v heard) at(path string) heard {
	for _, name := range strings.Split(path, "/") {
		m, _ := v.v.(map[string]any)
		v.v = m[name]
	}
	return v
}

// all is what stands at the path as a list: clients give a lone element without
// a list around it.
func (v heard) all(path string) []heard {
	var list []heard
	switch x := v.at(path).v.(type) {
	case nil:
	case []any:
		for _, one := range x {
			list = append(list, heard{v.f, one})
		}
	default:
		list = append(list, heard{v.f, x})
	}
	return list
}

func (v heard) text(path string) string {
	x := v.at(path).v
	if x == nil {
		return ""
	}
	return fmt.Sprint(x)
}

// number is as text, of what a typed client has to give as a number.
func (v heard) number(path string) string {
	v.f.t.Helper()
	x := v.at(path).v
	if _, ok := x.(json.Number); !ok && v.f.typed {
		v.f.t.Errorf("%s is %T, not a number", path, x)
	}
	return fmt.Sprint(x)
}

// ask has the client carry out one request.
func (f *foreign) ask(request map[string]any) heard {
	f.t.Helper()
	line, err := json.Marshal(request)
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.in.Write(append(line, '\n')); err != nil {
		f.t.Fatal(err)
	}
	answer, err := f.out.ReadBytes('\n')
	if err != nil {
		f.t.Fatalf("%v: no answer: %v", request["operation"], err)
	}
	d := json.NewDecoder(strings.NewReader(string(answer)))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		f.t.Fatalf("%v: %v: %s", request["operation"], err, answer)
	}
	return heard{f, m}
}

// send calls a function of the contract, with the token where it takes one.
func (f *foreign) send(name string, args in) heard {
	f.t.Helper()
	fn, ok := contract.Lookup(name)
	if !ok {
		f.t.Fatalf("no function %s", name)
	}
	if fn.NeedsToken {
		args = append(in{"UserToken", f.token}, args...)
	}
	return f.ask(map[string]any{"service": fn.Service, "operation": fn.Name, "args": args})
}

// do is the answer of a call that must succeed.
func (f *foreign) do(name string, args ...any) heard {
	f.t.Helper()
	answer := f.send(name, args)
	if m, _ := answer.v.(map[string]any); m["ok"] == nil {
		f.t.Fatalf("%s: %v", name, answer.v)
	}
	f.called[name] = true
	return answer.at("ok")
}

// refused makes a call that must give the fault, and looks whether the client
// understands all of it.
func (f *foreign) refused(code int, field, name string, args ...any) {
	f.t.Helper()
	f.checkFault(f.send(name, args), code, field)
}

func (f *foreign) checkFault(answer heard, code int, field string) {
	f.t.Helper()
	want, _ := contract.LookupFault(code)
	fault, detail := answer.at("fault"), answer.at("fault/detail/LoketFout")
	if detail.text("Code") != fmt.Sprint(code) || detail.text("Naam") != want.Name || detail.text("Veld") != field {
		f.t.Errorf("want fault %d of %q: %v", code, field, answer.v)
		return
	}
	if !strings.HasSuffix(fault.text("faultcode"), ":"+want.Side) && fault.text("faultcode") != want.Side {
		f.t.Errorf("%d has faultcode %q", code, fault.text("faultcode"))
	}
	if fault.text("faultstring") == "" || fault.text("faultstring") != detail.text("Omschrijving") || detail.text("Referentie") == "" {
		f.t.Errorf("%d: %v", code, fault.v)
	}
}

func TestForeignClientsCallEveryOperation(t *testing.T) {
	for _, c := range foreignClients {
		t.Run(c.name, func(t *testing.T) {
			if out, err := exec.Command(c.probe[0], c.probe[1:]...).CombinedOutput(); err != nil {
				if os.Getenv("CI") == "true" {
					t.Fatalf("%s is not there: %v %s", c.name, err, out)
				}
				t.Skipf("NOT CHECKED with the foreign client %s, which is not there: %v %s", c.name, err, out)
			}
			f := newForeign(t, c.command, c.typed)
			f.login()
			f.readsWSDLs()
			f.walksTheTree()
			f.readsRecords()
			f.readsVersions()
			f.changesEmployers()
			f.changesPeople()
			f.changesEmployments()
			f.keepsDossiers()
			f.importsAndReadsBack()
			f.readsARun()
			f.settlesReturns()
			f.phasedOut()
			f.provokesFaults()
			for _, fn := range contract.Functions() {
				if !f.called[fn.FullName()] {
					t.Errorf("%s was not called", fn.FullName())
				}
			}
		})
	}
}

// readsWSDLs wants the client to find exactly the functions of the contract.
func (f *foreign) readsWSDLs() {
	f.t.Helper()
	want := map[string][]string{}
	for _, fn := range contract.Functions() {
		want[fn.Service] = append(want[fn.Service], fn.Name)
	}
	found := 0
	for service, names := range want {
		var got []string
		for _, n := range f.ask(map[string]any{"service": service}).all("ok") {
			got = append(got, fmt.Sprint(n.v))
		}
		slices.Sort(got)
		slices.Sort(names)
		if !slices.Equal(got, names) {
			f.t.Errorf("%s: the client reads %v, want %v", service, got, names)
		}
		found += len(got)
	}
	if found != 37 {
		f.t.Errorf("%d operations", found)
	}
}

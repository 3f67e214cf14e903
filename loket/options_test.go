package loket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/loket/contract"
)

func TestNoErrorHoldsASecretOrAPerson(t *testing.T) {
	concept := contract.Call{Function: "ToevoegenConceptWerknemer", Args: map[string]any{
		"ParentDataIdentity": "W-1", "UniekeNaam": "x", "Persoon": map[string]any{"Achternaam": "Jansen", "BSN": testBSN, "IBAN": testIBAN},
	}}
	echo := func(how func(w http.ResponseWriter, secrets string)) func(http.ResponseWriter, *http.Request, int) {
		return func(w http.ResponseWriter, r *http.Request, _ int) {
			_, _ = io.Copy(io.Discard, r.Body)
			how(w, testToken+"-1 demo "+testBSN+" NL91 ABNA 0417 1643 00 "+testIBAN)
		}
	}
	answers := map[string]func(http.ResponseWriter, *http.Request, int){
		"fault":    echo(func(w http.ResponseWriter, s string) { sendFault(w, 3002, "Onjuist: "+s) }),
		"internal": echo(func(w http.ResponseWriter, s string) { sendFault(w, 9001, "Fout: "+s) }),
		"bare fault": echo(func(w http.ResponseWriter, s string) {
			sendXML(w, 500, envelope("<s:Fault><faultcode>s:Client</faultcode><faultstring>"+s+"</faultstring></s:Fault>"))
		}),
		"page": echo(func(w http.ResponseWriter, s string) { http.Error(w, s, http.StatusBadGateway) }),
		"wrong value": echo(func(w http.ResponseWriter, s string) {
			sendXML(w, 200, response("Dienstverband", "ToevoegenConceptWerknemer", "<DataIdentity>"+s+"</DataIdentity>"))
		}),
		"wrong element": echo(func(w http.ResponseWriter, s string) {
			sendXML(w, 200, response("Dienstverband", "ToevoegenConceptWerknemer", "<A"+testBSN+"/>"))
		}),
		"broken XML":   echo(func(w http.ResponseWriter, s string) { sendXML(w, 200, "<a>&"+s+";") }),
		"not HTTP":     echo(func(w http.ResponseWriter, s string) { hijack(w, s+"\r\n\r\n") }),
		"wrong status": echo(func(w http.ResponseWriter, s string) { hijack(w, "HTTP/1.1 "+s+"\r\n\r\n") }),
		"closed":       echo(func(w http.ResponseWriter, s string) { hijack(w, "") }),
	}
	check := func(t *testing.T, err error) {
		t.Helper()
		if err == nil {
			t.Fatal("no error")
		}
		text := fmt.Sprintf("%v %+v", err, err)
		var fault *Fault
		if errors.As(err, &fault) {
			text += fmt.Sprintf("%+v", *fault)
		}
		for _, secret := range []string{testToken, testPassword, testBSN, testIBAN, "0417164300", "0417 1643", "Jansen"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q stands in %s", secret, text)
			}
		}
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			_, url := serve(t, answer)
			_, err := newClient(t, url, nil).Do(context.Background(), concept)
			check(t, err)
		})
	}
	t.Run("login", func(t *testing.T) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			sendXML(w, 500, strings.ReplaceAll(faultXML(1001, "WW"), "WW", "Wachtwoord demo-wachtwoord &lt;&amp;&gt; é is fout"))
		}))
		defer server.Close()
		_, err := newClient(t, server.URL, nil).Do(context.Background(), concept)
		check(t, err)
	})
	t.Run("arguments", func(t *testing.T) {
		args := map[string]any{"ParentDataIdentity": "W-1", "UniekeNaam": "x", "Persoon": map[string]any{"Achternaam": "Jansen", "BSN": testBSN + "0"}}
		_, err := newClient(t, "http://127.0.0.1:1", nil).Do(context.Background(), contract.Call{Function: concept.Function, Args: args})
		check(t, err)
	})
	if got := fmt.Sprintf("%v %+v %#v", Token{secret: testToken}, Token{secret: testToken}, Token{secret: testToken}); strings.Contains(got, testToken) {
		t.Error(got)
	}
}

func TestAServiceCanBeElsewhere(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		lines := outline(t, body)
		got = append(got, r.URL.Path, r.Header.Get("SOAPAction"), lines[2])
		if strings.Contains(r.Header.Get("SOAPAction"), "GetUserToken") {
			sendXML(w, 200, strings.Replace(string(golden(t, "LoketWebservice.GetUserToken.reply.xml")), "urn:loket-etl:soap:loketwebservice:v1", "http://loket.example/ws", 1))
			return
		}
		good(w, "write")
	}))
	defer server.Close()
	client := newClient(t, server.URL, func(o *Options) {
		o.Services = map[string]Service{
			"LoketWebservice": {Address: server.URL + "/ws/Loket.asmx", Namespace: "http://loket.example/ws"},
			"Persoon":         {SOAPAction: "http://loket.example/persoon/"},
		}
	})
	if _, err := client.Do(context.Background(), writeCall); err != nil {
		t.Fatal(err)
	}
	env := "{" + soapNamespace + "}Envelope/{" + soapNamespace + "}Body/"
	want := []string{
		"/ws/Loket.asmx", `"http://loket.example/ws#GetUserToken"`, env + "{http://loket.example/ws}GetUserToken",
		"/soap/Persoon", `"http://loket.example/persoon/WijzigenBurgerlijkeStaat"`, env + "{urn:loket-etl:soap:persoon:v1}WijzigenBurgerlijkeStaat",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUnsafeOptionsAreRefused(t *testing.T) {
	secret := func() string { return "x" }
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"no password", Options{URL: "https://loket.example", User: "u", Omgevingscode: "D"}, "loket: user, password and omgevingscode are required"},
		{"plain http", Options{URL: "http://loket.example", User: "u", Password: secret, Omgevingscode: "D"}, "loket: address of LoketWebservice: http is for this machine only, as password and data would travel in the clear"},
		{"user in the address", Options{URL: "https://u:p@loket.example", User: "u", Password: secret, Omgevingscode: "D"}, "loket: address of LoketWebservice: it holds a user or password"},
		{"no address", Options{URL: "loket.example", User: "u", Password: secret, Omgevingscode: "D"}, "loket: address of LoketWebservice: not a web address"},
		{"unknown service", Options{URL: "https://loket.example", User: "u", Password: secret, Omgevingscode: "D", Services: map[string]Service{"Loon": {}}}, `loket: there is no service "Loon"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := New(tt.o); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

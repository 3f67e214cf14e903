package responsemessage

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/payroll"
)

func decodeFile(t *testing.T, path string) (payroll.TaxResponse, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return Decode(f)
}

func TestMessagesSayWhichReturnTheyAreAbout(t *testing.T) {
	for name, want := range map[string]payroll.TaxResponse{
		"acknowledgement.xml": {
			MessageID: "R-00000000000000000000000000000001", RefersTo: "LOKETETL000000012L0120260901", AtTaxID: "00000000000000000000000000000001",
			Received: time.Date(2026, 10, 19, 8, 30, 0, 0, time.UTC), Type: "acknowledgement",
		},
		"more-after-the-identification.xml": {MessageID: "R-2", RefersTo: "KENMERK-2", Type: "error"},
	} {
		got, err := decodeFile(t, filepath.Join("testdata/valid", name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The example that Loket publishes is not ours to ship; where it is at hand, it
// is read.
func TestThePublishedExampleIsRead(t *testing.T) {
	path := "../../../shared/standards/loonaangifte/responsemessage/acknowledgement-2006.1.xml"
	if _, err := os.Stat(path); err != nil {
		t.Logf("not compared with the published example: %v", err)
		return
	}
	got, err := decodeFile(t, path)
	if err != nil || len(got.RefersTo) != 30 || got.Type != "acknowledgement" || got.Received.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhatIsNoMessageIsRefused(t *testing.T) {
	for name, want := range map[string]string{
		"a-dtd.xml":                     "line 1: a DTD is not allowed",
		"a-namespace.xml":               `line 1: Responsemessage has namespace "urn:x" instead of ""`,
		"another-root.xml":              `line 1: "Loonaangifte" where Responsemessage is due`,
		"cut-off.xml":                   "XML syntax error on line 7: unexpected EOF",
		"no-moment.xml":                 "line 6: Responsemessage/Identification: DatumTijdOntvangst is no date and time",
		"no-reference.xml":              "the message names no return",
		"reference-too-long.xml":        "RefersToMessageId is longer than 32 characters",
		"something-after.xml":           "line 8: something follows the end",
		"two-identifications-mixed.xml": `line 5: Responsemessage/Identification: "RefersToMessageId" where ResponseType is due`,
		"two-in-one.xml":                "line 7: Responsemessage: a message has one Identification",
	} {
		_, err := decodeFile(t, filepath.Join("testdata/invalid", name))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
		if (name == "no-reference.xml") != errors.Is(err, ErrNoReference) {
			t.Errorf("%s: %v", name, err)
		}
	}
	all, err := filepath.Glob("testdata/invalid/*.xml")
	if err != nil || len(all) != 10 {
		t.Errorf("%d invalid samples, %v", len(all), err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, dir := range []string{"valid", "invalid"} {
		all, err := filepath.Glob(filepath.Join("testdata", dir, "*.xml"))
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range all {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(data))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Decode(strings.NewReader(text))
		if err == nil && (m.RefersTo == "" || len([]rune(m.RefersTo)) > 32) {
			t.Errorf("a message about %q", m.RefersTo)
		}
	})
}

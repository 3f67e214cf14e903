package mappings

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNearestNamesWhatWasProbablyMeant(t *testing.T) {
	kinds := []string{"Normaal", "Overwerk 100%", "Overwerk 150%", "Ziek", "Verlof"}
	for in, want := range map[string][]string{
		"Nomraal":        {"Normaal"},
		"Overwrk":        {"Overwerk 100%", "Overwerk 150%"},
		"overwerk 150":   {"Overwerk 150%", "Overwerk 100%"},
		"zeik":           {"Ziek"},
		"Thuiswerkdag":   nil,
		"1":              nil,
		"Verlof betaald": nil,
	} {
		if diff := cmp.Diff(want, nearest(in, kinds, 3)); diff != "" {
			t.Errorf("nearest to %q (-want +got):\n%s", in, diff)
		}
	}
}

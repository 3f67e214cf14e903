package outbox_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/outbox"
)

func TestAListingHasWhatAPartnerWouldTake(t *testing.T) {
	everywhere(t, func(t *testing.T, place outbox.Folder, dir string) {
		mkdir(t, dir, "done")
		for _, name := range []string{"b.xml", "a.pdf", "a.pdf.sha256", "b.xml.ACK", "c.xml.part", "d.tmp", ".verborgen", "done/oud.xml", "e.done"} {
			write(t, filepath.Join(dir, name), []byte("x"))
		}
		all, err := outbox.Listing(t.Context(), place)
		var names []string
		for _, i := range all {
			names = append(names, i.Name)
		}
		if diff := cmp.Diff([]string{"a.pdf", "b.xml"}, names); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

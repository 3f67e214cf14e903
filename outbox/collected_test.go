package outbox_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/sftp"

	"loket-etl/internal/partner"
	"loket-etl/outbox"
)

func TestWhatBecameOfPublishedFiles(t *testing.T) {
	everywhere(t, func(t *testing.T, place outbox.Folder, dir string) {
		for _, sub := range []string{"done", "Verwerkt", "opgehaald", "archive"} {
			mkdir(t, dir, sub)
		}
		for name, size := range map[string]int{
			"ligt.xml": 5, "half.xml": 3, "groter.xml": 6,
			"bevestigd.xml": 5, "bevestigd.xml.ack": 0, "weg.xml.OK": 0, "Klaar.XML.done": 0, "ligt.xml.sha256": 10,
			"done/verplaatst.xml": 5, "opgehaald/verplaatst2.xml": 5, "archive/ander.xml": 6, "archive/twee.xml": 4, "done/twee.xml": 5,
			"Verwerkt/eigen.xml": 5,
		} {
			write(t, filepath.Join(dir, name), make([]byte, size))
		}
		mkdir(t, filepath.Join(dir, "done"), "map.xml")
		names := []outbox.Expected{
			{Name: "ligt.xml", Size: 5}, {Name: "half.xml", Size: 5}, {Name: "groter.xml", Size: 5}, {Name: "bevestigd.xml", Size: 5},
			{Name: "weg.xml", Size: 5}, {Name: "klaar.xml", Size: 5}, {Name: "verplaatst.xml", Size: 5}, {Name: "verplaatst2.xml", Size: 5},
			{Name: "ander.xml", Size: 5}, {Name: "twee.xml", Size: 5}, {Name: "map.xml", Size: 5}, {Name: "eigen.xml", Size: 5}, {Name: "x.xml", Size: 5},
		}
		want := []outbox.Fate{
			{Name: "ligt.xml", Is: outbox.Lying, Where: "ligt.xml"}, {Name: "half.xml", Is: outbox.Replaced, Where: "half.xml"},
			{Name: "groter.xml", Is: outbox.Replaced, Where: "groter.xml"}, {Name: "bevestigd.xml", Is: outbox.Acknowledged, Where: "bevestigd.xml.ack"},
			{Name: "weg.xml", Is: outbox.Acknowledged, Where: "weg.xml.OK"}, {Name: "klaar.xml", Is: outbox.Acknowledged, Where: "Klaar.XML.done"},
			{Name: "verplaatst.xml", Is: outbox.Moved, Where: "done/verplaatst.xml"},
			{Name: "verplaatst2.xml", Is: outbox.Moved, Where: "opgehaald/verplaatst2.xml"},
			{Name: "ander.xml", Is: outbox.Fetched}, {Name: "twee.xml", Is: outbox.Moved, Where: "done/twee.xml"},
			{Name: "map.xml", Is: outbox.Fetched}, {Name: "eigen.xml", Is: outbox.Fetched}, {Name: "x.xml", Is: outbox.Fetched},
		}
		for name, p := range map[string]outbox.Folder{"place": place, "without abilities": bare{place}} {
			got, err := outbox.Collected(t.Context(), p, names)
			if d := cmp.Diff(want, got); err != nil || d != "" {
				t.Errorf("%s: %v\n%s", name, err, d)
			}
		}
		got, err := outbox.Collected(t.Context(), place, []outbox.Expected{{Name: "eigen.xml", Size: 5}, {Name: "verplaatst.xml", Size: 5}}, "Verwerkt")
		want = []outbox.Fate{{Name: "eigen.xml", Is: outbox.Moved, Where: "Verwerkt/eigen.xml"}, {Name: "verplaatst.xml", Is: outbox.Fetched}}
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("own subfolder: %v\n%s", err, d)
		}
	})
}

// A name that a listing leaves out is not gone, and a question without an answer
// is no absence.
func TestNothingIsFetchedOnAGuess(t *testing.T) {
	s, dir := start(t, partner.Options{Hides: ".xml"})
	place := open(t, spec(s))
	write(t, filepath.Join(dir, payment), pain(8))
	names := []outbox.Expected{{Name: payment, Size: 8}}
	got, err := outbox.Collected(t.Context(), place, names)
	if want := []outbox.Fate{{Name: payment, Is: outbox.Lying, Where: payment}}; err != nil || !cmp.Equal(want, got) {
		t.Errorf("hidden: %v, %v", got, err)
	}
	if err := os.Remove(filepath.Join(dir, payment)); err != nil {
		t.Fatal(err)
	}
	for _, request := range []string{"list", "stat"} {
		for _, kind := range []partner.Kind{partner.Refused, partner.LostBefore, partner.LostAfter} {
			s.SetMood(partner.Mood{Request: request, Kind: kind})
			if got, err := outbox.Collected(t.Context(), place, names); err == nil {
				t.Errorf("%s in mood %d: %v", request, kind, got)
			}
			s.SetMood(partner.Mood{})
		}
	}
	s.SetMood(partner.Mood{Request: "list", Kind: partner.Refused, Err: sftp.ErrSSHFxPermissionDenied})
	if got, err := outbox.Collected(t.Context(), place, names); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v, %v", got, err)
	}
	// An archive that is closed to us hides only where the file went.
	s.SetMood(partner.Mood{Request: "stat", Skip: 1, Kind: partner.Refused, Err: sftp.ErrSSHFxPermissionDenied})
	got, err = outbox.Collected(t.Context(), place, names)
	if want := []outbox.Fate{{Name: payment, Is: outbox.Fetched}}; err != nil || !cmp.Equal(want, got) {
		t.Errorf("closed archive: %v, %v", got, err)
	}
}

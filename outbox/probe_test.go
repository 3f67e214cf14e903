package outbox_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pkg/sftp"

	"loket-etl/internal/folder"
	"loket-etl/internal/folder/foldertest"
	"loket-etl/internal/partner"
	"loket-etl/outbox"
)

func TestProbe(t *testing.T) {
	all := outbox.Abilities{Lists: true, Creates: true, ReadsBack: true, Renames: true, KeepsOthers: true, Removes: true, ServerKeeps: true, Free: -1}
	with := func(change func(a *outbox.Abilities)) outbox.Abilities {
		a := all
		change(&a)
		return a
	}
	ssh := foldertest.StartOpenSSH(t)
	ssh.Dir = t.TempDir()
	local := folder.Spec{Kind: "local", Dir: t.TempDir()}
	sure := with(func(a *outbox.Abilities) { a.ServerSyncs = true })
	for _, c := range []struct {
		name string
		o    partner.Options
		mood partner.Mood
		spec *folder.Spec
		bare bool
		want outbox.Abilities
		err  string
	}{
		{name: "local", spec: &local, want: sure},
		{name: "openssh", spec: &ssh, want: sure},
		{name: "partner", want: all},
		{name: "hides temporary", o: partner.Options{Hides: ".part"}, want: all},
		{name: "replaces", o: partner.Options{RenameReplaces: true}, want: with(func(a *outbox.Abilities) { a.ServerKeeps = false })},
		{name: "quota", o: partner.Options{Quota: 10_000}, want: with(func(a *outbox.Abilities) { a.Free = 10_000 })},
		{name: "without abilities", bare: true, want: with(func(a *outbox.Abilities) { a.ServerKeeps, a.Removes = false, false }), err: "unsupported"},
		{name: "no removing", o: partner.Options{NoRemove: true}, want: with(func(a *outbox.Abilities) { a.ServerKeeps, a.Removes = false, false }), err: "permission denied"},
		{name: "read-only", o: partner.Options{ReadOnly: true}, want: outbox.Abilities{Lists: true, Free: -1}, err: "permission denied"},
		{name: "no listing", mood: partner.Mood{Request: "list", Kind: partner.Refused, Err: sftp.ErrSSHFxPermissionDenied},
			want: with(func(a *outbox.Abilities) { a.Lists = false }), err: "list"},
		{name: "no renaming", mood: partner.Mood{Request: "rename", Skip: 1, Kind: partner.Refused},
			want: outbox.Abilities{Lists: true, Creates: true, ReadsBack: true, Removes: true, ServerKeeps: true, Free: -1}, err: "move"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, dir := start(t, c.o)
			place := open(t, spec(s))
			if c.spec != nil {
				place, dir = open(t, *c.spec), c.spec.Dir
			}
			if c.bare {
				place = bare{place}
			}
			for range 2 {
				s.SetMood(c.mood)
				a, err := outbox.Probe(t.Context(), place)
				if c.spec != nil && a.Free > 0 {
					a.Free = -1
				}
				if a != c.want || (c.err == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.err) {
					t.Errorf("%+v, %v\nwant %+v", a, err, c.want)
				}
			}
			if c.want.Removes || !c.want.Creates {
				wantDisk(t, dir)
			}
		})
	}
}

func TestWhatAKilledProbeLeftGoesAfterADay(t *testing.T) {
	everywhere(t, func(t *testing.T, place outbox.Folder, dir string) {
		for name, age := range map[string]time.Duration{
			"etl-probe-0123456789abcdef.part": 48 * time.Hour, "etl-probe-fedcba9876543210.part": time.Hour,
			"etl-probe-theirs.xml": 48 * time.Hour, "theirs.part": 48 * time.Hour,
		} {
			name = filepath.Join(dir, name)
			write(t, name, nil)
			i, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(name, time.Time{}, i.ModTime().Add(-age)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := outbox.Probe(t.Context(), place); err != nil {
			t.Error(err)
		}
		_, err := os.Stat(filepath.Join(dir, "etl-probe-0123456789abcdef.part"))
		if hidden := strings.Contains(t.Name(), "hides"); errors.Is(err, os.ErrNotExist) == hidden {
			t.Errorf("after a day: %v", err)
		}
		for _, name := range []string{"etl-probe-fedcba9876543210.part", "etl-probe-theirs.xml", "theirs.part"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestProbeWithEachRequestLost(t *testing.T) {
	s, root := start(t, partner.Options{})
	for _, kind := range []partner.Kind{partner.RefusedAfter, partner.LostBefore, partner.LostAfter} {
		for n := range 35 {
			sp := spec(s)
			sp.Dir = fmt.Sprintf("%d-%d", kind, n)
			dir := mkdir(t, root, sp.Dir)
			place := open(t, sp)
			s.SetMood(partner.Mood{Skip: n, Count: 1, Kind: kind})
			outbox.Probe(t.Context(), place)
			s.SetMood(partner.Mood{})
			left, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range left {
				if filepath.Ext(e.Name()) != ".part" {
					t.Errorf("%s is left", e.Name())
				}
			}
			if a, err := outbox.Probe(t.Context(), place); err != nil || !a.Publishes() {
				t.Errorf("and then again: %+v, %v", a, err)
			}
		}
	}
}

package folder_test

import (
	"testing"

	"loket-etl/internal/folder"
	"loket-etl/internal/folder/foldertest"
	"loket-etl/internal/partner"
)

// bare is a folder around another, with no more than the interface asks.
type bare struct{ folder.Folder }

func TestAWrapperWithoutMoreAbilities(t *testing.T) {
	foldertest.Run(t, func(t *testing.T) (folder.Folder, string) {
		dir := t.TempDir()
		f, err := folder.NewLocal(dir)
		if err != nil {
			t.Fatal(err)
		}
		return bare{f}, dir
	})
}

func TestTraits(t *testing.T) {
	ssh := foldertest.StartOpenSSH(t)
	ssh.Dir = t.TempDir()
	good, _ := start(t, partner.Options{})
	replacing, _ := start(t, partner.Options{RenameReplaces: true, Quota: 1000})
	for _, c := range []struct {
		name      string
		spec      folder.Spec
		want      folder.Traits
		freeKnown bool
	}{
		{"local", folder.Spec{Kind: "local", Dir: t.TempDir()}, folder.Traits{Durable: true}, true},
		{"openssh", ssh, folder.Traits{Durable: true}, true},
		{"partner", spec(good), folder.Traits{Free: -1}, false},
		{"partner that replaces", spec(replacing), folder.Traits{Replaces: true, Free: 1000}, false},
	} {
		got, err := folder.Survey(t.Context(), open(t, c.spec))
		if c.freeKnown {
			if got.Free <= 0 {
				t.Errorf("%s: free %d", c.name, got.Free)
			}
			got.Free = 0
		}
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}

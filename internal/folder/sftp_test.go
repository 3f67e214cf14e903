package folder_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"loket-etl/internal/folder"
	"loket-etl/internal/folder/foldertest"
	"loket-etl/internal/partner"
)

const login, password = "loonbureau", "geheim-genoeg"

// start runs a partner on an empty directory.
func start(t *testing.T, o partner.Options) (*partner.Server, string) {
	t.Helper()
	o.Dir = t.TempDir()
	o.User = login
	if len(o.Keys) == 0 {
		o.Password = password
	}
	s, err := partner.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, o.Dir
}

func spec(s *partner.Server) folder.Spec {
	return folder.Spec{
		Kind: "sftp", Host: s.Addr(), Dir: "/", User: login, Password: password,
		HostKeys: []string{s.HostKey()}, Timeout: 20 * time.Second,
	}
}

func open(t *testing.T, s folder.Spec) folder.Folder {
	t.Helper()
	f, err := folder.Open(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := folder.Close(f); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestSFTP(t *testing.T) {
	for _, c := range []struct {
		name string
		o    partner.Options
	}{
		{"good server", partner.Options{}},
		{"no posix-rename", partner.Options{NoPosixRename: true}},
		{"rename replaces", partner.Options{RenameReplaces: true}},
		{"short reads", partner.Options{MaxRead: 10_000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			foldertest.Run(t, func(t *testing.T) (folder.Folder, string) {
				s, root := start(t, c.o)
				sub := spec(s)
				sub.Dir = "in"
				f := open(t, sub)
				return f, mkdir(t, root, "in")
			})
		})
	}
}

// The same listing, by the three kinds of folder.
func TestFiftyThousandFiles(t *testing.T) {
	s, dir := start(t, partner.Options{})
	const n = 50_000
	write(t, filepath.Join(dir, "uren.csv"), "data")
	for i := range n - 1 { // a second name is made much faster than a file
		if err := os.Link(filepath.Join(dir, "uren.csv"), filepath.Join(dir, strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
	host := foldertest.StartOpenSSH(t)
	host.Dir = dir
	for name, sp := range map[string]folder.Spec{
		"local": {Kind: "local", Dir: dir}, "partner": spec(s), "openssh": host,
	} {
		t.Run(name, func(t *testing.T) {
			all, err := open(t, sp).List(t.Context())
			if err != nil || len(all) != n {
				t.Errorf("%d files, %v", len(all), err)
			}
		})
	}
}

package folder_test

import (
	"strings"
	"testing"
	"time"

	"loket-etl/internal/folder"
	"loket-etl/internal/folder/foldertest"
	"loket-etl/internal/partner"
)

const user, password = "loonbureau", "geheim-genoeg"

// start runs a partner on an empty directory.
func start(t *testing.T, o partner.Options) (*partner.Server, string) {
	t.Helper()
	o.Dir = t.TempDir()
	o.User = user
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
		Kind: "sftp", Host: s.Addr(), Dir: "/", User: user, Password: password,
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
				dir := t.TempDir()
				o := c.o
				s, root := start(t, o)
				_ = dir
				sub := spec(s)
				sub.Dir = "in"
				f := open(t, sub)
				return f, mkdir(t, root, "in")
			})
		})
	}
}

var _ = strings.NewReader

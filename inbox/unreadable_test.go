package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"loket-etl/inbox"
	"loket-etl/internal/folder"
)

// A file that may not be read is told of at every try, and does not stop the
// others. Root may read everything, so another user looks.
func TestAnUnreadableFile(t *testing.T) {
	if os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("this test must run as root, to become another user")
		}
		t.Skip("this test must run as root, to become another user")
	}
	dir, err := os.MkdirTemp("", "inbox") // the parents of t.TempDir are closed to others
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	in := filepath.Join(dir, "in")
	if err := errors.Join(
		os.Chmod(dir, 0o755), os.Mkdir(in, 0o755), os.Mkdir(filepath.Join(dir, "closed"), 0o700),
		os.WriteFile(filepath.Join(dir, "test"), program, 0o755),
		os.WriteFile(filepath.Join(in, "closed.csv"), []byte("data"), 0o600),
		os.WriteFile(filepath.Join(in, "hashed.csv"), []byte("data"), 0o600),
		os.WriteFile(filepath.Join(in, "hashed.csv.sha256"), []byte(hexSum("data")), 0o644),
		os.WriteFile(filepath.Join(in, "open.csv"), []byte("data"), 0o644),
	); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(dir, "test"), "scan-as-nobody", in)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"failed hashed.csv true", "found closed.csv", "failed closed.csv true", "found open.csv", "read data"} {
		if n := strings.Count(string(out), want+"\n"); n == 0 {
			t.Errorf("%q is not said in\n%s", want, out)
		}
	}
	if n := strings.Count(string(out), "no events: no events, only scans: permission denied"); n != 1 || !strings.Contains(string(out), "third scan found") {
		t.Errorf("told %d times that there are no events:\n%s", n, out)
	}
}

// scanAsNobody is the main of the child process.
func scanAsNobody(dir string) {
	f, err := folder.NewLocal(dir)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	now := time.Now()
	b, err := inbox.New(f, inbox.Options{Now: func() time.Time { return now }, Failed: func(name string, err error) {
		fmt.Println("failed", name, errors.Is(err, fs.ErrPermission))
	}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for range 2 {
		if err := b.Scan(context.Background(), func(ctx context.Context, fd inbox.Found) error {
			fmt.Println("found", fd.Name)
			r, err := inbox.Open(ctx, f, fd)
			if err != nil {
				return err
			}
			defer r.Close()
			data := make([]byte, 4)
			_, err = r.Read(data)
			fmt.Println("read", string(data))
			return err
		}); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		now = now.Add(time.Minute)
	}
	watchClosed(f, filepath.Dir(dir)+"/closed")
	os.Exit(0)
}

// elsewhere is a folder whose directory the system will not watch.
type elsewhere struct {
	folder.Folder
	path string
}

func (e elsewhere) Path() string { return e.path }

// watchClosed says that there are no events, and scans all the same.
func watchClosed(f folder.Folder, closed string) {
	ctx, cancel := context.WithCancel(context.Background())
	ticks := make(chan time.Time, 3)
	for range 3 {
		ticks <- time.Time{}
	}
	var stats inbox.Stats
	inbox.Watch(ctx, elsewhere{f, closed}, inbox.Options{Quiet: 1, Ticks: ticks, Stats: &stats, Failed: func(name string, err error) {
		if name == "" {
			fmt.Println("no events:", err)
		}
	}}, func(_ context.Context, fd inbox.Found) error {
		if stats.Scans.Load() == 2 {
			fmt.Println("third scan found", fd.Name)
			cancel()
		}
		return nil
	})
}

package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"loket-etl/internal/folder"
	"loket-etl/outbox"
)

// A disk that is full takes nothing, and a file that waits for its name there can
// still get it.
func TestAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Logf("no file system can be mounted here (%v); TestFilesThatMayNotGrow has the same fault by other means", err)
		return
	}
	defer syscall.Unmount(dir, 0)
	place := open(t, folder.Spec{Kind: "local", Dir: dir})
	small, big := outbox.InMemory("klein.xml", pain(20_000)), file(pain(50_000))
	if err := outbox.Prepare(t.Context(), place, small); err != nil {
		t.Fatal(err)
	}
	b := &book{}
	for range 2 {
		if err := b.advance(t.Context(), place, big); !errors.Is(err, syscall.ENOSPC) || b.step != "preparing" {
			t.Errorf("%s: %v", b.step, err)
		}
		wantDisk(t, dir, "klein.xml.part")
	}
	write(t, filepath.Join(dir, "ballast"), pain(40_000)) // now it is full to the last byte
	if err := outbox.Reveal(t.Context(), place, small); err != nil {
		t.Error(err)
	}
	if a, err := outbox.Probe(t.Context(), place); !errors.Is(err, syscall.ENOSPC) || a.Publishes() {
		t.Errorf("probe says %+v, %v", a, err)
	}
	wantDisk(t, dir, "ballast", "klein.xml")
	if err := os.Remove(filepath.Join(dir, "ballast")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "klein.xml")); err != nil {
		t.Fatal(err)
	}
	if err := b.advance(t.Context(), place, big); err != nil || b.step != "published" {
		t.Errorf("with space: %s, %v", b.step, err)
	}
	if a, err := outbox.Probe(t.Context(), place); err != nil || !a.Publishes() || a.Free <= 0 || a.Free > 64<<10 {
		t.Errorf("probe says %+v, %v", a, err)
	}
	wantDisk(t, dir, payment)
}

// child runs this test program again as another one, with its working directory
// where others may read.
func child(t *testing.T, attr *syscall.SysProcAttr, mode, dir string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(filepath.Dir(dir), "test")
	if err := os.WriteFile(copied, program, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(copied, mode, dir)
	cmd.SysProcAttr = attr
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// A quota cuts a file off in the middle: the kernel stops this process at 30,000
// bytes.
func TestFilesThatMayNotGrow(t *testing.T) {
	dir := mkdir(t, t.TempDir(), "uit")
	out := child(t, nil, "publish-short-files", dir)
	for _, want := range []string{"50000 bytes: too large true, preparing", "20000 bytes: too large false, published"} {
		if !strings.Contains(out, want+"\n") {
			t.Errorf("%q is not said in\n%s", want, out)
		}
	}
	wantDisk(t, dir, payment)
	wantBytes(t, filepath.Join(dir, payment), pain(20_000))
}

// publishShortFiles is the main of the child process.
func publishShortFiles(dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	place, err := folder.NewLocal(dir)
	if err == nil {
		err = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 30_000, Max: 30_000})
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for _, size := range []int{50_000, 50_000, 20_000} {
		b := &book{}
		err := b.advance(context.Background(), place, file(pain(size)))
		fmt.Printf("%d bytes: too large %v, %s\n", size, errors.Is(err, syscall.EFBIG), b.step)
	}
	os.Exit(0)
}

// In a directory where nothing may be written nothing is, and a file that waits
// for its name goes on waiting. Root may write everywhere, so another user tries.
func TestAReadOnlyDirectory(t *testing.T) {
	if os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("this test must run as root, to become another user")
		}
		t.Skip("this test must run as root, to become another user")
	}
	parent, err := os.MkdirTemp("", "outbox") // the parents of t.TempDir are closed to others
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(parent)
	dir := mkdir(t, parent, "uit")
	if err := errors.Join(os.Chmod(parent, 0o755), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "wacht.xml.part"), pain(500))
	write(t, filepath.Join(dir, "oud.xml.part"), pain(100))
	out := child(t, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}, "publish-as-nobody", dir)
	for _, want := range []string{
		"nieuw.xml: absent, preparing, permission true, absent", "oud.xml: absent, preparing, permission true, absent",
		"wacht.xml: prepared, prepared, permission true, prepared", "probe: lists true, publishes false, permission true",
	} {
		if !strings.Contains(out, want+"\n") {
			t.Errorf("%q is not said in\n%s", want, out)
		}
	}
	wantDisk(t, dir, "oud.xml.part", "wacht.xml.part")
}

// publishAsNobody is the main of the child process.
func publishAsNobody(dir string) {
	ctx := context.Background()
	place, err := folder.NewLocal(dir)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for _, name := range []string{"nieuw.xml", "oud.xml", "wacht.xml"} {
		f, b := outbox.InMemory(name, pain(500)), &book{}
		before, lerr := outbox.Look(ctx, place, f)
		if before == outbox.Prepared {
			b.step = "prepared"
		}
		err := b.advance(ctx, place, f)
		after, kerr := outbox.Look(ctx, place, f)
		if err := errors.Join(lerr, kerr); err != nil {
			fmt.Println(err)
		}
		fmt.Printf("%s: %s, %s, permission %v, %s\n", name, before, b.step, errors.Is(err, fs.ErrPermission), after)
	}
	a, err := outbox.Probe(ctx, place)
	fmt.Printf("probe: lists %v, publishes %v, permission %v\n", a.Lists, a.Publishes(), errors.Is(err, fs.ErrPermission))
	os.Exit(0)
}

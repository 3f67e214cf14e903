package outbox_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"loket-etl/internal/folder"
	"loket-etl/internal/partner"
	"loket-etl/outbox"
)

func TestAFileGoesOutInTwoSteps(t *testing.T) {
	everywhere(t, func(t *testing.T, place outbox.Folder, dir string) {
		for _, size := range []int{0, 1, 500, 40_000, 200_001} {
			f := file(pain(size))
			wantSight(t, place, f, outbox.Absent)
			for range 2 {
				if err := outbox.Prepare(t.Context(), place, f); err != nil {
					t.Fatal(err)
				}
				wantDisk(t, dir, payment+".part")
				wantBytes(t, filepath.Join(dir, payment+".part"), pain(size))
				wantSight(t, place, f, outbox.Prepared)
			}
			for range 2 {
				if err := outbox.Reveal(t.Context(), place, f); err != nil {
					t.Fatal(err)
				}
				wantDisk(t, dir, payment)
				wantBytes(t, filepath.Join(dir, payment), pain(size))
				wantSight(t, place, f, outbox.Visible)
			}
			if err := outbox.Prepare(t.Context(), place, f); err != nil {
				t.Error(err)
			}
			wantDisk(t, dir, payment)
			if err := os.Remove(filepath.Join(dir, payment)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestWhatAnotherHasPutThereStays(t *testing.T) {
	everywhere(t, func(t *testing.T, place outbox.Folder, dir string) {
		f, name := file(pain(500)), filepath.Join(dir, payment)
		elsewhere := filepath.Join(t.TempDir(), "secret")
		write(t, elsewhere, pain(500))
		for what, c := range map[string]struct {
			put   func() error
			still func() bool
		}{
			"other bytes": {
				func() error { return os.WriteFile(name, []byte("theirs"), 0o644) },
				func() bool { b, err := os.ReadFile(name); return err == nil && string(b) == "theirs" },
			},
			"a longer file": {
				func() error { return os.WriteFile(name, pain(508), 0o644) },
				func() bool { b, err := os.ReadFile(name); return err == nil && len(b) == 508 },
			},
			"a directory": {
				func() error { return os.Mkdir(name, 0o755) },
				func() bool { i, err := os.Lstat(name); return err == nil && i.IsDir() },
			},
			"a link to the same bytes": {
				func() error { return os.Symlink(elsewhere, name) },
				func() bool { i, err := os.Lstat(name); return err == nil && i.Mode()&fs.ModeSymlink != 0 },
			},
		} {
			for _, prepared := range []bool{false, true} {
				if prepared {
					if err := outbox.Prepare(t.Context(), place, f); err != nil {
						t.Fatal(err)
					}
				}
				if err := c.put(); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					wantErr(t, outbox.Prepare(t.Context(), place, f), outbox.ErrOther)
					wantErr(t, outbox.Reveal(t.Context(), place, f), outbox.ErrOther)
					wantSight(t, place, f, outbox.Other)
				}
				if !c.still() {
					t.Errorf("%s, prepared %v: it was touched", what, prepared)
				}
				want := []string{payment, payment + ".part"}
				if !prepared {
					want = want[:1]
				}
				wantDisk(t, dir, want...)
				for _, n := range want {
					if err := os.Remove(filepath.Join(dir, n)); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	})
}

func TestAnEarlierTryIsReplaced(t *testing.T) {
	everywhere(t, func(t *testing.T, place outbox.Folder, dir string) {
		f := file(pain(40_000))
		for _, old := range [][]byte{nil, []byte("half"), pain(39_999), pain(40_001), make([]byte, 40_000)} {
			write(t, filepath.Join(dir, payment+".part"), old)
			wantSight(t, place, f, outbox.Absent)
			wantErr(t, outbox.Reveal(t.Context(), place, f), outbox.ErrGone)
			wantDisk(t, dir, payment+".part")
			if err := outbox.Prepare(t.Context(), place, f); err != nil {
				t.Fatal(err)
			}
			wantSight(t, place, f, outbox.Prepared)
			wantDisk(t, dir, payment+".part")
		}
	})
}

// A second copy under the temporary name would look, once the partner has taken
// the first, like a file that waits for its name.
func TestACopyBesideTheVisibleFileGoes(t *testing.T) {
	everywhere(t, func(t *testing.T, place outbox.Folder, dir string) {
		f := file(pain(500))
		for _, part := range [][]byte{pain(500), []byte("half")} {
			write(t, filepath.Join(dir, payment), pain(500))
			write(t, filepath.Join(dir, payment+".part"), part)
			wantSight(t, place, f, outbox.Visible)
			if err := outbox.Reveal(t.Context(), place, f); err != nil {
				t.Error(err)
			}
			wantDisk(t, dir, payment)
		}
		write(t, filepath.Join(dir, payment+".part"), pain(500))
		wantErr(t, outbox.Reveal(t.Context(), bare{place}, f), errors.ErrUnsupported)
	})
}

func TestACollectedFileIsNotRevealedAgain(t *testing.T) {
	everywhere(t, func(t *testing.T, place outbox.Folder, dir string) {
		f := file(pain(500))
		if err := errors.Join(outbox.Prepare(t.Context(), place, f), outbox.Reveal(t.Context(), place, f)); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, payment)); err != nil {
			t.Fatal(err)
		}
		wantErr(t, outbox.Reveal(t.Context(), place, f), outbox.ErrGone)
		wantSight(t, place, f, outbox.Absent)
		wantDisk(t, dir)
	})
}

func TestBytesThatWereNotPromisedLeaveNothing(t *testing.T) {
	broken := errors.New("the ledger is away")
	everywhere(t, func(t *testing.T, place outbox.Folder, dir string) {
		for _, size := range []int{8, 40_000} {
			good := pain(size)
			bad := append([]byte(nil), good...)
			bad[size-1]++
			for name, c := range map[string]struct {
				r    io.Reader
				want error
			}{
				"too short": {strings.NewReader(string(good[1:])), outbox.ErrSource},
				"too long":  {strings.NewReader(string(good) + "x"), outbox.ErrSource},
				"others":    {iotest.DataErrReader(strings.NewReader(string(bad))), outbox.ErrSource},
				"breaks":    {io.MultiReader(strings.NewReader(string(good[1:])), iotest.ErrReader(broken)), broken},
			} {
				f := file(good)
				f.Open = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(c.r), nil }
				if err := outbox.Prepare(t.Context(), place, f); !errors.Is(err, c.want) {
					t.Errorf("%s: %v", name, err)
				}
				wantDisk(t, dir)
			}
			f := file(good)
			f.Open = func(context.Context) (io.ReadCloser, error) { return nil, broken }
			wantErr(t, outbox.Prepare(t.Context(), place, f), broken)
		}
	})
}

// sha256sum itself must be content with the sidecar.
func TestSidecar(t *testing.T) {
	everywhere(t, func(t *testing.T, place outbox.Folder, dir string) {
		f := file(pain(500))
		for range 2 {
			if err := outbox.PutSidecar(t.Context(), place, f); err != nil {
				t.Fatal(err)
			}
		}
		wantBytes(t, filepath.Join(dir, payment+".sha256"), []byte(hexSum(pain(500))+"  "+payment+"\n"))
		wantErr(t, outbox.PutSidecar(t.Context(), place, file(pain(501))), outbox.ErrOther)
		if err := errors.Join(outbox.Prepare(t.Context(), place, f), outbox.Reveal(t.Context(), place, f)); err != nil {
			t.Fatal(err)
		}
		check := exec.Command("sha256sum", "--check", "--strict", payment+".sha256")
		check.Dir = dir
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
}

func TestFilesThatNoPartnerCouldTakeAreRefused(t *testing.T) {
	dir := t.TempDir()
	place := open(t, folder.Spec{Kind: "local", Dir: dir})
	good := file(pain(8))
	var bad []outbox.File
	for _, name := range []string{"", ".", "..", ".hidden", "a/b", `a\b`, "a.part", "A.PART", "a.tmp", "a.filepart", "a\x00b", strings.Repeat("n", 241)} {
		f := good
		f.Name = name
		bad = append(bad, f)
	}
	for _, sum := range []string{"", "abc", strings.ToUpper(good.SHA256), good.SHA256[2:], good.SHA256 + "00", strings.Repeat("g", 64)} {
		f := good
		f.SHA256 = sum
		bad = append(bad, f)
	}
	negative := good
	negative.Size = -1
	for _, f := range append(bad, negative) {
		_, err := outbox.Look(t.Context(), place, f)
		for _, err := range []error{
			err, outbox.Prepare(t.Context(), place, f), outbox.Reveal(t.Context(), place, f), outbox.PutSidecar(t.Context(), place, f),
		} {
			wantErr(t, err, fs.ErrInvalid)
		}
	}
	wantDisk(t, dir)
}

// A place that is away says nothing about who took what.
func TestAPlaceThatIsAwayIsAnError(t *testing.T) {
	everywhere(t, func(t *testing.T, place outbox.Folder, dir string) {
		if err := os.Rename(dir, dir+".away"); err != nil {
			t.Fatal(err)
		}
		defer os.Rename(dir+".away", dir)
		if s, err := outbox.Look(t.Context(), place, file(pain(8))); err == nil {
			t.Errorf("looked and saw %s", s)
		}
		if f, err := outbox.Collected(t.Context(), place, []outbox.Expected{{Name: payment, Size: 8}}); err == nil {
			t.Errorf("collected says %v", f)
		}
		if err := outbox.Prepare(t.Context(), place, file(pain(8))); err == nil {
			t.Error("prepared in a place that is away")
		}
		if a, err := outbox.Probe(t.Context(), place); err == nil || a.Publishes() {
			t.Errorf("probe says %+v", a)
		}
	})
}

func TestCancelStops(t *testing.T) {
	everywhere(t, func(t *testing.T, place outbox.Folder, dir string) {
		f := file(pain(500))
		if err := outbox.Prepare(t.Context(), place, f); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, lerr := outbox.Look(ctx, place, f)
		_, cerr := outbox.Collected(ctx, place, nil)
		_, perr := outbox.Probe(ctx, place)
		for _, err := range []error{lerr, cerr, perr, outbox.Prepare(ctx, place, f), outbox.Reveal(ctx, place, f), outbox.PutSidecar(ctx, place, f)} {
			wantErr(t, err, context.Canceled)
		}
		wantDisk(t, dir, payment+".part")
	})
}

// Many partners let a file be made and renamed, but not removed.
func TestAPlaceWhereNothingCanBeRemoved(t *testing.T) {
	s, dir := start(t, partner.Options{NoRemove: true})
	place, f := open(t, spec(s)), file(pain(500))
	if err := errors.Join(outbox.Prepare(t.Context(), place, f), outbox.Reveal(t.Context(), place, f)); err != nil {
		t.Fatal(err)
	}
	wantDisk(t, dir, payment)
	second := outbox.InMemory("2.xml", pain(500))
	write(t, filepath.Join(dir, "2.xml.part"), []byte("half"))
	wantErr(t, outbox.Prepare(t.Context(), place, second), fs.ErrPermission)
	wantSight(t, place, second, outbox.Absent)
}

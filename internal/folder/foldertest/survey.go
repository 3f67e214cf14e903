package foldertest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"loket-etl/internal/folder"
)

func remove(t *testing.T, f folder.Folder, dir string) {
	put(t, f, "uren.csv", "x")
	put(t, f, "uren.csv.part", "half")
	put(t, f, "out/uren.csv.part", "half")
	if _, ok := f.(folder.Remover); !ok {
		wantErr(t, folder.Remove(t.Context(), f, "uren.csv.part"), errors.ErrUnsupported)
		return
	}
	for _, name := range []string{"", "uren.csv", "uren.csv.part/", ".part", "../x.part", ".etl-0123456789abcdef.part", "out"} {
		wantErr(t, folder.Remove(t.Context(), f, name), fs.ErrInvalid)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantErr(t, folder.Remove(ctx, f, "uren.csv.part"), context.Canceled)
	wantDisk(t, dir, "out", "uren.csv", "uren.csv.part")
	for range 2 {
		for _, name := range []string{"uren.csv.part", "out/uren.csv.part", "no/such.part"} {
			if err := folder.Remove(t.Context(), f, name); err != nil {
				t.Error(err)
			}
		}
	}
	if err := errors.Join(
		os.Mkdir(filepath.Join(dir, "dir.part"), 0o755), os.Symlink("uren.csv", filepath.Join(dir, "link.part")),
	); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"dir.part", "link.part"} {
		wantErr(t, folder.Remove(t.Context(), f, name), folder.ErrNotFile)
	}
	wantDisk(t, dir, "dir.part", "link.part", "out", "uren.csv")
	wantDisk(t, filepath.Join(dir, "out"))
}

func survey(t *testing.T, f folder.Folder, dir string) {
	traits, err := folder.Survey(t.Context(), f)
	if _, ok := f.(folder.Surveyor); !ok {
		wantErr(t, err, errors.ErrUnsupported)
		if traits.Free != -1 {
			t.Errorf("%+v", traits)
		}
		return
	}
	if err != nil || traits.Free < -1 {
		t.Errorf("%+v, %v", traits, err)
	}
	wantDisk(t, dir)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	_, err = folder.Survey(t.Context(), f)
	wantErr(t, err, fs.ErrNotExist)
}

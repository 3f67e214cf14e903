package folder_test

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"loket-etl/internal/folder"
	"loket-etl/internal/folder/foldertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLocal(t *testing.T) {
	foldertest.Run(t, func(t *testing.T) (folder.Folder, string) {
		dir := t.TempDir()
		f, err := folder.Open(folder.Spec{Kind: "local", Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return f, dir
	})
}

func mkdir(t *testing.T, parent, name string) string {
	t.Helper()
	dir := filepath.Join(parent, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

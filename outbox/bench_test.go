package outbox_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"loket-etl/internal/folder"
	"loket-etl/internal/folder/foldertest"
	"loket-etl/internal/partner"
	"loket-etl/outbox"
)

// A thousand payment files of 4 KiB, one after the other, from nothing to read
// back under their names.
func BenchmarkPublishThousand(b *testing.B) {
	for _, c := range []struct {
		name string
		open func(b *testing.B) (outbox.Folder, string)
	}{
		{"local", func(b *testing.B) (outbox.Folder, string) {
			dir := b.TempDir()
			return open(b, folder.Spec{Kind: "local", Dir: dir}), dir
		}},
		{"partner", func(b *testing.B) (outbox.Folder, string) {
			s, dir := start(b, partner.Options{})
			return open(b, spec(s)), dir
		}},
		{"openssh", func(b *testing.B) (outbox.Folder, string) {
			s := foldertest.StartOpenSSH(b)
			s.Dir = b.TempDir()
			return open(b, s), s.Dir
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			place, dir := c.open(b)
			data := pain(4 << 10)
			b.ReportAllocs()
			for b.Loop() {
				for i := range 1000 {
					f := outbox.InMemory(fmt.Sprintf("5555-2026-09-%d.xml", i), data)
					if err := (&book{}).advance(b.Context(), place, f); err != nil {
						b.Fatal(err)
					}
				}
				b.StopTimer()
				entries, err := os.ReadDir(dir)
				if err != nil || len(entries) != 1000 {
					b.Fatal(len(entries), err)
				}
				for _, e := range entries {
					os.Remove(filepath.Join(dir, e.Name()))
				}
				b.StartTimer()
			}
		})
	}
}

package mappings

import (
	"archive/zip"
	"fmt"
	"io"
	"path"

	"loket-etl/formats"
)

// handBack notes that the document of the row goes back with it.
func (w *worker) handBack(back map[*formats.Document]bool) {
	if w.j.bundle == nil {
		return
	}
	if d := w.documentOf(w.j.m.to.document); d != nil {
		back[d] = true
	}
}

// packBack writes rows of the index as a zip with their documents, and those that no
// row names, each a row for the count.
func (j *job) packBack(index []byte, rows int, back map[*formats.Document]bool, w io.Writer) (int, error) {
	for _, d := range j.bundle.Documents {
		if _, listed := j.listed[d]; !listed {
			back[d] = true
			rows++
		}
	}
	if rows == 0 {
		return 0, nil
	}
	z := zip.NewWriter(w)
	put := func(name string, data []byte) error {
		f, err := z.Create(name)
		if err == nil {
			_, err = f.Write(data)
		}
		if err != nil {
			return fmt.Errorf("write refused documents: %w", err)
		}
		return nil
	}
	if err := put(j.bundle.IndexName(), index); err != nil {
		return 0, err
	}
	err := j.bundle.Each(func(d *formats.Document) bool { return back[d] && !d.Unread() }, func(d *formats.Document, data []byte) error {
		return put(path.Clean(d.Name), data)
	})
	if err == nil {
		err = z.Close()
	}
	return rows, err
}

package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io"

	"loket-etl/ledger"
	"loket-etl/payroll"
)

// ExportPreview is what an export would publish of one run, and what is to be said
// about it.
type ExportPreview struct {
	Key      string // the run; see Expect
	About    string
	Files    []PreviewFile
	Findings []payroll.Finding
	Refused  string // why nothing would be published, "" when it would be
	Held     string // why it would wait for a person, "" when it would not
}

// FindingsOf are what was to be said about an export when its files were made.
func FindingsOf(ctx context.Context, l *ledger.Ledger, id ledger.ID) ([]payroll.Finding, error) {
	var note exportNote
	err := readAttached(ctx, l, id, attachExport, &note)
	if errors.Is(err, ledger.ErrPurged) {
		err = nil
	}
	return note.Findings, err
}

// PreviewFile is one file of a preview.
type PreviewFile struct {
	Kind, Format, Name string
	Bytes              int64
	SHA256             string
	Totals             payroll.Totals
}

// PreviewExport makes the files of every run that the export is for, or of the one
// with the key, as if nothing was exported yet, and hands each to keep (nil:
// nobody). Nothing is written to the ledger or an outbox; what was paid before is
// not looked at, for only the ledger of an entry knows it.
func (r *Runner) PreviewExport(ctx context.Context, name, key string, keep func(PreviewFile, io.Reader) error) ([]ExportPreview, error) {
	x, export, ok := r.exporting(name)
	if !ok || export == nil {
		return nil, fmt.Errorf("there is no export %s", name)
	}
	var all []ExportPreview
	err := r.expecting(ctx, x, export, func(a about) error {
		if key != "" && a.key() != key {
			return nil
		}
		p, err := r.previewOne(ctx, &maker{Runner: r, x: x, export: export, about: a}, keep)
		all = append(all, p)
		return err
	})
	return all, err
}

func (r *Runner) previewOne(ctx context.Context, m *maker, keep func(PreviewFile, io.Reader) error) (p ExportPreview, err error) {
	p = ExportPreview{Key: m.about.key(), About: m.about.label(), Files: []PreviewFile{}, Findings: []payroll.Finding{}}
	files, note, reasons, err := m.prepare(ctx)
	defer closeAll(files)
	if w := (*wrongRun)(nil); asWrong(err, &w) {
		p.Refused = w.Error()
		return p, nil
	}
	if err != nil {
		return p, err
	}
	p.Findings, p.Held = note.Findings, joinReasons(reasons)
	for _, w := range files {
		f := PreviewFile{Kind: w.kind, Format: w.format, Name: w.name, Bytes: w.size, SHA256: w.sha256, Totals: w.totals}
		p.Files = append(p.Files, f)
		if keep == nil {
			continue
		}
		in, err := w.rewind()
		if err == nil {
			err = keep(f, in)
		}
		if err != nil {
			return p, fmt.Errorf("keep %s: %w", f.Name, err)
		}
	}
	return p, nil
}

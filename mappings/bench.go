package mappings

import (
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"

	"loket-etl/loket/contract"
)

//go:embed yardstick
var yardstick embed.FS

// Bench does the yardstick's job: decode, validate, look up, add up, pivot and
// write the import file to out. It differs from a mapping in use where the
// yardstick does: bad rows are dropped one by one, Loket's limits are off, an
// absent value is written as 0,00 and lines end in LF.
func Bench(ctx context.Context, open func() (io.ReadCloser, error), out io.Writer, workers int) (Report, error) {
	dir, err := fs.Sub(yardstick, "yardstick")
	if err != nil {
		return Report{}, err
	}
	m, errs, err := loadFile(dir, "yardstick.yaml")
	if err != nil || len(errs) > 0 {
		return Report{}, fmt.Errorf("load yardstick: %w", firstOf(err, errs))
	}
	m.yard = true
	in := Input{Open: open, FileName: "yardstick.csv", Workers: workers, MaxCallBytes: 1 << 30}
	return m.Run(ctx, in, func(p Planned) error {
		_, err := out.Write(p.Call.Args["Bestand"].(contract.File).Content)
		return err
	})
}

func firstOf(err error, errs LoadErrors) error {
	if err != nil {
		return err
	}
	return errs
}

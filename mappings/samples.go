package mappings

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"loket-etl/formats"
	"loket-etl/validate"
)

//go:embed samples
var shippedSamples embed.FS

const (
	samplesDir    = "samples"
	worldName     = "loket.yaml"
	expectSuffix  = ".expect.yaml"
	maxSampleSize = 16 << 20
)

// Sample is a file beside a mapping, as it could be dropped, with what must come
// of it. It stands in samples/MAPPING/good or samples/MAPPING/bad of the folder of
// the mapping, what is expected of it in NAME.expect.yaml beside it, and what there
// is in Loket in loket.yaml of samples/MAPPING, else of samples, else that of the
// samples that ship.
type Sample struct {
	Mapping string
	Path    string // from the folder of the mapping, with slashes
	Good    bool
	Shipped bool
	Want    *Outcome // nil: nobody said yet

	world *World
	data  []byte
}

// Name is the name that the file would be dropped under.
func (s *Sample) Name() string { return path.Base(s.Path) }

// Expectation is where what is expected of the sample stands, as Path.
func (s *Sample) Expectation() string { return s.Path + expectSuffix }

// Samples are those of a mapping, sorted: what stands in the operator's folder (nil
// for none), and what ships when the mapping itself does, so when the operator's
// folder has no mapping of that name.
func Samples(operator fs.FS, mapping string) ([]*Sample, error) {
	world, err := worldOf(shippedSamples, samplesDir, nil)
	if err != nil {
		return nil, err
	}
	own := false
	var all []*Sample
	if operator != nil {
		for _, ext := range []string{".yaml", ".yml"} {
			if _, err := fs.Stat(operator, mapping+ext); err == nil {
				own = true
			}
		}
		theirs, err := worldOf(operator, samplesDir, world)
		if err != nil {
			return nil, err
		}
		if all, err = samplesIn(operator, mapping, theirs); err != nil {
			return nil, err
		}
	}
	if !own {
		shipping, err := samplesIn(shippedSamples, mapping, world)
		if err != nil {
			return nil, err
		}
		for _, s := range shipping {
			s.Shipped = true
			if !slices.ContainsFunc(all, func(o *Sample) bool { return o.Path == s.Path }) {
				all = append(all, s)
			}
		}
	}
	return all, nil
}

// worldOf is loket.yaml of a folder, or otherwise when there is none.
func worldOf(dir fs.FS, folder string, otherwise *World) (*World, error) {
	name := path.Join(folder, worldName)
	data, err := fs.ReadFile(dir, name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && otherwise != nil:
		return otherwise, nil
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return readWorld(name, data)
}

func samplesIn(dir fs.FS, mapping string, world *World) ([]*Sample, error) {
	folder := path.Join(samplesDir, mapping)
	if _, err := fs.Stat(dir, folder); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	world, err := worldOf(dir, folder, world)
	if err != nil {
		return nil, err
	}
	var all []*Sample
	var errs []error
	for _, kind := range []string{"good", "bad"} {
		entries, err := fs.ReadDir(dir, path.Join(folder, kind))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("list samples of %s: %w", mapping, err)
		}
		for _, e := range entries {
			if e.IsDir() || strings.HasSuffix(e.Name(), expectSuffix) || strings.HasPrefix(e.Name(), ".") {
				continue
			}
			s := &Sample{Mapping: mapping, Path: path.Join(folder, kind, e.Name()), Good: kind == "good", world: world}
			errs = append(errs, s.read(dir))
			all = append(all, s)
		}
	}
	return all, errors.Join(errs...)
}

// read takes the bytes of the sample and what is expected of it.
func (s *Sample) read(dir fs.FS) error {
	info, err := fs.Stat(dir, s.Path)
	if err != nil {
		return fmt.Errorf("read sample: %w", err)
	}
	if info.Size() > maxSampleSize {
		return fmt.Errorf("read sample %s: it has %d bytes, a sample at most %d", s.Path, info.Size(), maxSampleSize)
	}
	if s.data, err = fs.ReadFile(dir, s.Path); err != nil {
		return fmt.Errorf("read sample: %w", err)
	}
	data, err := fs.ReadFile(dir, s.Expectation())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read expectation: %w", err)
	}
	s.Want, err = readOutcome(s.Expectation(), data)
	return err
}

// Run is what comes of the sample with a mapping, with the policy that is expected.
// The error is a mistake in the mapping or a context that ended, never the sample.
func (s *Sample) Run(ctx context.Context, m *Mapping) (Outcome, error) {
	return s.run(ctx, m, s.data, s.Want != nil && s.Want.PerEmployee)
}

func (s *Sample) input(data []byte, perEmployee bool) Input {
	return Input{
		Open:     func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
		FileName: s.Name(), Dropped: s.world.Dropped, Clientnummer: s.world.Clientnummer,
		People: s.world.People, Returns: s.world.Returns, PerEmployee: perEmployee, Workers: 1,
	}
}

func (s *Sample) run(ctx context.Context, m *Mapping, data []byte, perEmployee bool) (Outcome, error) {
	return s.runWith(ctx, m, data, perEmployee, validate.Rules{})
}

func (s *Sample) runWith(ctx context.Context, m *Mapping, data []byte, perEmployee bool, rules validate.Rules) (Outcome, error) {
	o := Outcome{PerEmployee: perEmployee}
	in := s.input(data, perEmployee)
	in.Rules = rules
	r, err := m.Run(ctx, in, func(p Planned) error {
		all, err := Figures(p.Call, p.Subject)
		o.Figures = append(o.Figures, all...)
		return err
	})
	var file *formats.FileError
	if errors.As(err, &file) {
		r.Problems, err = append(r.Problems, file.Problem), nil
	}
	o.Counts = map[string]int{"rows": r.Rows, "accepted": r.Accepted, "refused": r.Refused, "passed_over": r.Skipped}
	o.Problems, o.LeftOut = r.Problems, r.RefusedEmployees
	return o, err
}

// Verdict says in plain words what is wrong with the outcome of the sample: what is
// not as expected, and a good file that is refused or a bad one in which nothing
// is found. Without an expectation there is only the latter.
func (s *Sample) Verdict(got *Outcome) []string {
	var all []string
	switch {
	case s.Good && len(got.Problems) > 0 && (s.Want == nil || len(s.Want.Problems) == 0):
		all = append(all, "it lies among the good samples and problems are found in it")
	case s.Good && got.Refused():
		all = append(all, "it lies among the good samples and nothing of it goes to Loket")
	case !s.Good && len(got.Problems) == 0:
		all = append(all, "it lies among the bad samples and no problem is found in it")
	}
	if s.Want == nil {
		return append(all, "nobody said what must come of it: write "+s.Expectation())
	}
	return append(all, got.Against(s.Want)...)
}

// Strays are the folders of samples in the operator's folder (nil: none) that are
// called as no mapping is, so that nothing would ever run them.
func Strays(operator fs.FS, known func(mapping string) bool) ([]string, error) {
	if operator == nil {
		return nil, nil
	}
	entries, err := fs.ReadDir(operator, samplesDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list samples: %w", err)
	}
	var all []string
	for _, e := range entries {
		if e.IsDir() && !known(e.Name()) {
			all = append(all, path.Join(samplesDir, e.Name()))
		}
	}
	return all, nil
}

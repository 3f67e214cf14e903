package main

import (
	"fmt"
	"io/fs"
	"os"

	"loket-etl/config"
	"loket-etl/mappings"
	"loket-etl/pipelines"
)

// loadPlans reads the shipped pipelines and mappings and those of the operator.
// All that is wrong with them is in the error.
func loadPlans(f config.Files) (pipelines.Plans, error) {
	m, err := mappings.Load(directory(f.Mappings))
	if err != nil {
		return pipelines.Plans{}, fmt.Errorf("load mappings: %w", err)
	}
	p, err := pipelines.Load(directory(f.Pipelines), m.Get)
	if err != nil {
		return pipelines.Plans{}, fmt.Errorf("load pipelines: %w", err)
	}
	return pipelines.Plans{Pipelines: p, Mappings: m}, nil
}

// directory is nil when there is none.
func directory(path string) fs.FS {
	if path == "" {
		return nil
	}
	return os.DirFS(path)
}

// pipelineNames is what config wants to know of the pipelines.
func pipelineNames(f config.Files) (map[string][]string, error) {
	plans, err := loadPlans(f)
	if err != nil {
		return nil, err
	}
	names := map[string][]string{}
	for name, p := range plans.Pipelines {
		names[name] = p.Files
	}
	return names, nil
}

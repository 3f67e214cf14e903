package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"loket-etl/config"
	"loket-etl/mappings"
	"loket-etl/pipelines"
	"loket-etl/pipelines/schedule"
)

// loadPlans reads the shipped pipelines and mappings and those of the operator.
// All that is wrong with them is in the error.
func loadPlans(f config.Files) (pipelines.Plans, error) {
	m, err := mappings.Load(directory(f.Mappings))
	if err != nil {
		return pipelines.Plans{}, fmt.Errorf("load mappings: %w", err)
	}
	p, x, err := pipelines.Load(directory(f.Pipelines), m.Get)
	if err != nil {
		return pipelines.Plans{}, fmt.Errorf("load pipelines: %w", err)
	}
	return pipelines.Plans{Pipelines: p, Exports: x, Mappings: m}, nil
}

// directory is nil when there is none.
func directory(path string) fs.FS {
	if path == "" {
		return nil
	}
	return os.DirFS(path)
}

// pipelineNames is what config wants to know of the pipelines.
func pipelineNames(f config.Files) (config.Known, error) {
	plans, err := loadPlans(f)
	if err != nil {
		return config.Known{}, err
	}
	if _, err := pipelines.LoadBooks(directory(f.Books)); err != nil {
		return config.Known{}, fmt.Errorf("load books: %w", err)
	}
	return knownOf(plans), nil
}

// knownOf is what config wants to know of these plans.
func knownOf(plans pipelines.Plans) config.Known {
	known := config.Known{Pipelines: map[string]config.PipelineKind{}, Exports: slices.Sorted(maps.Keys(plans.Exports))}
	for name, p := range plans.Pipelines {
		m, ok := plans.Mappings.Get(p.Mapping)
		known.Pipelines[name] = config.PipelineKind{Files: p.Files, Clientnummer: ok && m.NeedsClientnummer(), Keeps: ok && !pipelines.Clears(m)}
	}
	known.Export = func(use, cron string) (k config.ExportKind, ok bool) {
		x, ok := plans.Exports[use]
		if ok && cron != "" {
			_, k.Cron = schedule.ParseCron(cron)
		}
		k.Pays = ok && x.Pays()
		return k, ok
	}
	return known
}

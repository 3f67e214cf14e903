package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Options is what Load needs from outside.
type Options struct {
	// Getenv looks up an environment variable. Nil: os.LookupEnv.
	Getenv func(string) (string, bool)
	// Pipelines gives what pipelines and exports there are, given the operator's
	// directories. Nil: the names are not checked.
	Pipelines func(Files) (Known, error)
	// LedgerOnly leaves every secret alone but that of the database: for who needs
	// no more than the ledger, and may not have the others. They are not set then.
	LedgerOnly bool
	// Services names the SOAP services there are. Nil: the names are not checked.
	Services []string
}

// Known is what a configuration may use.
type Known struct {
	Pipelines map[string]PipelineKind
	Exports   []string // names
	Export    func(use, schedule string) (ExportKind, bool)
}

// PipelineKind is what config wants to know of a pipeline.
type PipelineKind struct {
	Files        []string // the names it takes by itself
	Keeps        bool     // what it brings cannot be cleared: its mapping adds no values, or leaves what stands
	Clientnummer bool     // its mapping takes the Clientnummer from the configuration
}

// Load reads and checks the file. The error holds all that is wrong with it as
// Problems; beside them there may be the error of Options.Pipelines. The warnings
// are about things that work and had better not stay so; they come also with an
// error. Nothing is connected to, and no directory is made.
func Load(path string, o Options) (*Config, Problems, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read config: %w", err)
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, nil, fmt.Errorf("read config: %w", err)
	}
	if o.Getenv == nil {
		o.Getenv = os.LookupEnv
	}
	d := &decoder{file: path, dir: dir, getenv: o.Getenv, ledgerOnly: o.LedgerOnly, at: map[string]position{}, bad: map[string]bool{}}
	c := &Config{}
	d.read(data, c)
	if len(d.at) == 0 { // not even parsed: everything else would be a consequence
		return nil, nil, d.problems
	}
	ck := &checker{decoder: d, c: c}
	ck.loket(o.Services)
	ck.database()
	ck.files()
	ck.places()
	err = ck.pipelines(o.Pipelines)
	ck.alerts()
	ck.rest()
	if err == nil && len(d.problems) == 0 { // else it may well be a consequence
		ck.unused()
	}
	warnings := d.warnings.sorted()
	if len(d.problems) > 0 {
		err = errors.Join(d.problems.sorted(), err)
	}
	if err != nil {
		return nil, warnings, err
	}
	return c, warnings, nil
}

// Fits checks the pipelines and exports that are on against what there is now, as
// Load did against what there was then: they may change while the program runs.
// The error is Problems, of the file as a whole. c stays as it is.
func (c *Config) Fits(file string, known Known) error {
	now := *c
	now.Pipelines, now.Exports = slices.Clone(c.Pipelines), slices.Clone(c.Exports)
	whole := map[string]position{"pipelines": {}, "exports": {}}
	ck := &checker{decoder: &decoder{file: file, at: whole, bad: map[string]bool{}}, c: &now}
	ck.exports(known.Export, known.Exports)
	ck.bind(known.Pipelines)
	if len(ck.problems) > 0 {
		return ck.problems
	}
	return nil
}

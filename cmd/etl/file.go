package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"loket-etl/config"
	"loket-etl/pipelines"
)

// fileFlags are those of the commands that are given a file.
type fileFlags struct {
	pipeline string
	inbox    string
	name     string
}

func (f *fileFlags) add(c *cobra.Command) {
	c.Flags().StringVarP(&f.pipeline, "pipeline", "p", "", "the `pipeline` that the file is for (default: the only one that is on and takes its name)")
	c.Flags().StringVar(&f.inbox, "inbox", "", "treat the file as one of this `inbox`")
	c.Flags().StringVar(&f.name, "name", "", "the `name` of the file, for pipelines that read the name (default: its own)")
}

// check finds mistakes on the command line, and gives the file its name and, when
// that is clear, its pipeline.
func (f *fileFlags) check(c *config.Config, plans pipelines.Plans, path string) error {
	if f.name == "" {
		f.name = filepath.Base(path)
	}
	if path == "-" && f.name == "-" {
		return exitWith(exitUsage, hint(errors.New("what comes from standard input has no name"), "say --name NAME"))
	}
	if f.pipeline == "" {
		if err := f.pick(c); err != nil {
			return err
		}
	}
	if _, ok := plans.Pipelines[f.pipeline]; !ok {
		return exitWith(exitUsage, hint(fmt.Errorf("there is no pipeline %q", f.pipeline),
			"there are: "+strings.Join(slices.Sorted(maps.Keys(plans.Pipelines)), ", ")))
	}
	if f.inbox != "" && !slices.ContainsFunc(c.Inboxes, func(in config.Inbox) bool { return in.Name == f.inbox }) {
		return exitWith(exitUsage, hint(fmt.Errorf("there is no inbox %q", f.inbox), "etl config check shows those there are"))
	}
	return f.oneBinding(c)
}

// pick finds the pipeline that would take the file if it were dropped.
func (f *fileFlags) pick(c *config.Config) error {
	var takes []string
	for _, p := range c.Pipelines {
		if (f.inbox == "" || f.inbox == p.Inbox) && p.Wants(f.name) && !slices.Contains(takes, p.Use) {
			takes = append(takes, p.Use)
		}
	}
	switch len(takes) {
	case 0:
		return exitWith(exitUsage, hint(fmt.Errorf("no pipeline that is on takes the name %q", f.name), "say --pipeline; etl pipelines lists them"))
	case 1:
		f.pipeline = takes[0]
		return nil
	}
	return exitWith(exitUsage, hint(fmt.Errorf("more than one pipeline takes the name %q", f.name), "say --pipeline "+strings.Join(takes, " or --pipeline ")))
}

// oneBinding refuses a pipeline that is bound in several ways when it is not
// said which one is meant.
func (f *fileFlags) oneBinding(c *config.Config) error {
	var bound []config.Pipeline
	var inboxes []string
	for _, p := range c.Pipelines {
		if p.Use == f.pipeline && (f.inbox == "" || f.inbox == p.Inbox) {
			bound, inboxes = append(bound, p), append(inboxes, p.Inbox)
		}
	}
	differ := slices.ContainsFunc(bound, func(p config.Pipeline) bool {
		return p.Policy != bound[0].Policy || p.Approval != bound[0].Approval || p.LeftOut != bound[0].LeftOut || p.Clientnummer != bound[0].Clientnummer ||
			(p.Decrypt != nil) != (bound[0].Decrypt != nil)
	})
	if f.inbox != "" || !differ {
		return nil
	}
	return exitWith(exitUsage, hint(fmt.Errorf("pipeline %q is bound in more than one way", f.pipeline),
		"say --inbox "+strings.Join(slices.Compact(inboxes), " or --inbox ")))
}

// source opens the file as often as asked; "-" is standard input, kept in a
// temporary file meanwhile. Call done at the end.
func (a *app) source(path string) (open func() (io.ReadCloser, error), size int64, done func(), err error) {
	done = func() {}
	if path == "-" {
		temp, err := os.CreateTemp("", "etl-*")
		if err != nil {
			return nil, 0, nil, err
		}
		path = temp.Name()
		done = func() { _ = os.Remove(path) }
		_, err = io.Copy(temp, a.stdin)
		if err := errors.Join(err, temp.Close()); err != nil {
			done()
			return nil, 0, nil, fmt.Errorf("read standard input: %w", err)
		}
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = hint(err, "the path is from the directory that the terminal is in")
	}
	if err != nil {
		done()
		return nil, 0, nil, exitWith(exitUsage, err)
	}
	return func() (io.ReadCloser, error) { return os.Open(path) }, info.Size(), done, nil
}

// configOrNone is the configuration, or an empty one when nobody named a file
// and there is no etl.yaml: enough for what needs no connection.
func (a *app) configOrNone() (*config.Config, error) {
	if _, err := os.Stat(a.configPath); a.configPath == defaultConfig && errors.Is(err, fs.ErrNotExist) {
		return &config.Config{}, nil
	}
	return a.loadConfig()
}

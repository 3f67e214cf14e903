package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"loket-etl/pipelines"
)

type pipelineJSON struct {
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Mapping     string           `json:"mapping,omitempty"` // name@version; of those that bring files in
	Policy      pipelines.Policy `json:"policy,omitempty"`
	Approval    string           `json:"approval,omitempty"` // required, of those that wait for it
	Files       []string         `json:"files,omitempty"`
	Export      pipelines.What   `json:"export,omitempty"` // of those that bring files out
	Formats     []string         `json:"formats,omitempty"`
	Schedule    string           `json:"schedule,omitempty"`
	From        string           `json:"from"` // "shipped", or the operator's file
}

type mappingJSON struct {
	Name        string `json:"name"`
	Version     string `json:"version"`
	Description string `json:"description"`
	Offline     bool   `json:"offline"` // can do without knowing the people in Loket
	From        string `json:"from"`
}

func (a *app) pipelinesCommand() *cobra.Command {
	return &cobra.Command{
		Use: "pipelines", Short: "List the pipelines and exports there are", Args: cobra.NoArgs,
		Long: "Lists the pipelines that ship and the operator's own: those that bring files to\nLoket, and exports of approved payroll. etl config check shows which\nof them are on.",
		RunE: a.do(func(context.Context, []string) error {
			c, err := a.configOrNone()
			if err != nil {
				return err
			}
			plans, err := loadPlans(c.Files)
			if err != nil {
				return err
			}
			out := []pipelineJSON{}
			var rows [][]string
			for _, name := range slices.Sorted(maps.Keys(plans.Pipelines)) {
				p := plans.Pipelines[name]
				mapping := p.Mapping
				if m, ok := plans.Mappings.Get(mapping); ok {
					mapping += "@" + m.Version()
				}
				j := pipelineJSON{Name: name, Description: p.Description, Mapping: mapping, Policy: p.Policy, Files: append([]string{}, p.Files...), From: from(c.Files.Pipelines, name)}
				policy := string(j.Policy)
				if p.Approval == pipelines.ApprovalRequired {
					j.Approval = string(p.Approval)
					policy += ", approval"
				}
				out = append(out, j)
				rows = append(rows, []string{j.Name, j.Mapping, policy, strings.Join(j.Files, " "), j.From, j.Description})
			}
			var exports [][]string
			for _, name := range slices.Sorted(maps.Keys(plans.Exports)) {
				x := plans.Exports[name]
				j := pipelineJSON{Name: name, Description: x.Description, Export: x.What, Formats: x.Formats, Schedule: x.Schedule, From: from(c.Files.Pipelines, name)}
				out = append(out, j)
				exports = append(exports, []string{j.Name, string(j.Export), strings.Join(j.Formats, " "), j.Schedule, j.From, j.Description})
			}
			return a.print(out, func(w io.Writer) error {
				if err := table(w, []string{"PIPELINE", "MAPPING", "POLICY", "FILES", "FROM", "DESCRIPTION"}, rows); err != nil {
					return err
				}
				fmt.Fprintln(w)
				return table(w, []string{"EXPORT", "OF", "FORMATS", "SCHEDULE", "FROM", "DESCRIPTION"}, exports)
			})
		}),
	}
}

func (a *app) mappingsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "mappings", Short: "List the mappings there are", Args: cobra.NoArgs,
		RunE: a.do(func(context.Context, []string) error {
			c, err := a.configOrNone()
			if err != nil {
				return err
			}
			plans, err := loadPlans(c.Files)
			if err != nil {
				return err
			}
			out := []mappingJSON{}
			var rows [][]string
			for _, name := range plans.Mappings.Names() {
				m, _ := plans.Mappings.Get(name)
				j := mappingJSON{name, m.Version(), m.Description(), !m.NeedsPeople(), from(c.Files.Mappings, name)}
				out = append(out, j)
				rows = append(rows, []string{j.Name, j.Version, j.From, j.Description})
			}
			return a.print(out, func(w io.Writer) error {
				return table(w, []string{"MAPPING", "VERSION", "FROM", "DESCRIPTION"}, rows)
			})
		}),
	}
}

// from says where a pipeline or mapping comes from: an operator's file replaces
// a shipped one.
func from(dir, name string) string {
	for _, ext := range []string{".yaml", ".yml"} {
		if dir == "" {
			break
		}
		file := filepath.Join(dir, name+ext)
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	return "shipped"
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"loket-etl/loket"
)

type versionRow struct {
	Identity string `json:"identity"`
	Versie   int64  `json:"versie"`
}

// versionReport is what "etl loket versions --json" writes and --since reads.
type versionReport struct {
	Entity   string       `json:"entity"`
	Parent   string       `json:"parent,omitempty"`
	Versions []versionRow `json:"versions"`
	New      []string     `json:"new,omitempty"`
	Changed  []string     `json:"changed,omitempty"`
	Gone     []string     `json:"gone,omitempty"`
}

func (l *loketShell) versionsCommand() *cobra.Command {
	var parent, since string
	c := &cobra.Command{
		Use: "versions ENTITY", Short: "List version numbers, or what changed since", Args: cobra.ExactArgs(1),
		Example: "  etl loket versions Persoon --parent ID --json > noted.json\n  etl loket versions Persoon --parent ID --since noted.json",
		RunE: l.do(func(ctx context.Context, args []string) error {
			report := versionReport{Entity: args[0], Parent: parent}
			var rows [][]string
			if since == "" {
				all, err := l.client.ListVersion(ctx, args[0], parent)
				if err != nil {
					return err
				}
				report.Versions = []versionRow{}
				for _, v := range all {
					report.Versions = append(report.Versions, versionRow{v.DataIdentity, v.Versie})
					rows = append(rows, []string{v.DataIdentity, strconv.FormatInt(v.Versie, 10)})
				}
				return l.found(report, []string{"IDENTITY", "VERSIE"}, rows)
			}
			noted, err := readVersions(since, report)
			if err != nil {
				return err
			}
			changes, err := l.client.Changes(ctx, args[0], parent, noted)
			if err != nil {
				return err
			}
			return l.found(report.since(noted, changes), []string{"WHAT", "IDENTITY", "VERSIE"}, changeRows(changes))
		}),
	}
	c.Flags().StringVar(&parent, "parent", "", "`identity` of the record above")
	c.Flags().StringVar(&since, "since", "", "`file` with the versions of before, written with --json")
	return c
}

// readVersions reads the versions that were noted, of the same list.
func readVersions(file string, of versionReport) (map[string]int64, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	var before versionReport
	if err := json.Unmarshal(data, &before); err != nil {
		return nil, fmt.Errorf("read versions %s: %w", file, err)
	}
	if before.Entity != of.Entity || before.Parent != of.Parent {
		return nil, usage(fmt.Sprintf("%s has the versions of %s %s", file, before.Entity, before.Parent))
	}
	noted := map[string]int64{}
	for _, v := range before.Versions {
		noted[v.Identity] = v.Versie
	}
	return noted, nil
}

// since is the report of changes; its versions are those of now.
func (r versionReport) since(noted map[string]int64, c loket.Changes) versionReport {
	for _, v := range c.New {
		noted[v.DataIdentity] = v.Versie
		r.New = append(r.New, v.DataIdentity)
	}
	for _, v := range c.Changed {
		noted[v.DataIdentity] = v.Versie
		r.Changed = append(r.Changed, v.DataIdentity)
	}
	for _, id := range c.Gone {
		delete(noted, id)
	}
	r.Gone, r.Versions = c.Gone, []versionRow{}
	for id, versie := range noted {
		r.Versions = append(r.Versions, versionRow{id, versie})
	}
	slices.SortFunc(r.Versions, func(a, b versionRow) int { return strings.Compare(a.Identity, b.Identity) })
	return r
}

func changeRows(c loket.Changes) [][]string {
	var rows [][]string
	for _, v := range c.New {
		rows = append(rows, []string{"new", v.DataIdentity, strconv.FormatInt(v.Versie, 10)})
	}
	for _, v := range c.Changed {
		rows = append(rows, []string{"changed", v.DataIdentity, strconv.FormatInt(v.Versie, 10)})
	}
	for _, id := range c.Gone {
		rows = append(rows, []string{"gone", id, ""})
	}
	return rows
}

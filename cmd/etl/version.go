package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// buildVersion is set by the Makefile.
var buildVersion string

func version() string {
	if buildVersion != "" {
		return buildVersion
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Show which etl this is", Args: cobra.NoArgs,
		RunE: a.do(func(context.Context, []string) error {
			v := struct {
				Version string `json:"version"`
				Go      string `json:"go"`
			}{version(), runtime.Version()}
			return a.print(v, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "etl %s (%s %s/%s)\n", v.Version, v.Go, runtime.GOOS, runtime.GOARCH)
				return err
			})
		}),
	}
}

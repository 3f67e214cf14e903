package main

import "github.com/spf13/cobra"

// mappingCommand helps whoever writes mappings.
func (a *app) mappingCommand() *cobra.Command {
	return a.group("mapping", "Write, check, try and look up mappings",
		a.mappingNewCommand(),
		a.mappingSamplesCommand(),
		a.mappingLintCommand(),
		a.mappingDocsCommand(),
		a.mappingReplayCommand(),
	)
}

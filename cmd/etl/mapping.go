package main

import "github.com/spf13/cobra"

func (a *app) mappingCommand() *cobra.Command {
	return a.group("mapping", "Try mappings before they are put in force",
		a.mappingSamplesCommand(),
	)
}

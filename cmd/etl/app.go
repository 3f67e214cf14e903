package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
)

// app is what the subcommands share: the world outside, and the flags that all
// of them know.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	terminal       bool // stderr is one
	getenv         func(string) (string, bool)
	now            func() time.Time

	configPath string // --config
	json       bool   // --json
	started    bool   // a subcommand runs: errors before are mistakes on the command line
}

// run does what the arguments say and gives the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && !a.started {
		a.json = a.json || asksJSON(args) // the mistake may have come before the flag was read
		err = exitWith(exitUsage, hint(err, "etl --help lists what there is"))
	}
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = exitWith(exitInterrupted, errors.New("interrupted"))
	}
	a.tell(err)
	return exitCode(err)
}

// asksJSON reports whether --json stands among the arguments.
func asksJSON(args []string) bool {
	for _, arg := range args {
		switch arg {
		case "--":
			return false
		case "--json", "--json=true":
			return true
		}
	}
	return false
}

// defaultConfig is where the configuration is looked for.
const defaultConfig = "etl.yaml"

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "etl",
		Short: "Time registration into Loket, approved payroll out to outboxes, exactly once",
		Long: `etl takes time-registration files from inboxes, checks every row, sends the
hours to Loket exactly once, and puts a receipt beside the file. What is approved
there it exports: payments, journals and documents, checked, to outboxes, once.

Exit codes:
  0  done
  1  something failed: configuration, connection, database, disk
  2  a mistake on the command line
  3  the file is refused, or partly: its report says why; an export may not be published;
     etl mapping lint found something
  4  held: a person must look
  130  interrupted`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Version:           version(),
	}
	root.SetVersionTemplate("etl {{.Version}}\n")
	root.PersistentFlags().StringVarP(&a.configPath, "config", "c", defaultConfig, "configuration `file`")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "answer in JSON on standard output, errors in JSON on standard error")
	for _, c := range a.commands() {
		root.AddCommand(c)
	}
	return root
}

// commands is every subcommand, in a file of its own each.
func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{
		a.runCommand(),
		a.demoCommand(),
		a.checkCommand(),
		a.previewCommand(),
		a.importCommand(),
		a.fileCommand(),
		a.listCommand(),
		a.showCommand(),
		a.retryCommand(),
		a.undoCommand(),
		a.holdCommand(),
		a.releaseCommand(),
		a.approveCommand(),
		a.dismissCommand(),
		a.resolveCommand(),
		a.exportCommand(),
		a.scheduleCommand(),
		a.verifyCommand(),
		a.deliveredCommand(),
		a.republishCommand(),
		a.pipelinesCommand(),
		a.mappingsCommand(),
		a.mappingCommand(),
		a.configCommand(),
		a.schemaCommand(),
		a.doctorCommand(),
		a.alertsCommand(),
		a.loketCommand(),
		a.sandboxCommand(),
		a.benchCommand(),
		a.versionCommand(),
	}
}

// do makes the RunE of a subcommand.
func (a *app) do(run func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.started = true
		return run(cmd.Context(), args)
	}
}

// group makes a command that only holds others.
func (a *app) group(use, short string, sub ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return fmt.Errorf("%s needs a subcommand: %s", cmd.CommandPath(), names(sub))
	}}
	c.AddCommand(sub...)
	return c
}

func names(all []*cobra.Command) string {
	text := ""
	for i, c := range all {
		if i > 0 {
			text += ", "
		}
		text += c.Name()
	}
	return text
}

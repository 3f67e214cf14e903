// Command etl takes time registration from inboxes to Loket and tells the sender
// what became of it. This package holds flags, signals and exit codes, and wires
// the rooms together; it knows nothing about files or payroll itself.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"
)

func main() { os.Exit(command(time.Now)) }

// command runs etl with the world of this process, and this clock. The first signal ends the
// context, for a tidy end; the second ends the process.
func command(now func() time.Time) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	a := &app{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		terminal: term.IsTerminal(int(os.Stderr.Fd())),
		getenv:   os.LookupEnv,
		now:      now,
	}
	return a.run(ctx, os.Args[1:])
}

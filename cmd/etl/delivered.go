package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"loket-etl/ledger"
)

func (a *app) deliveredCommand() *cobra.Command {
	var (
		no        int
		sum, from string
	)
	c := a.actCommand(&cobra.Command{
		Use: "delivered ID", Short: "Say that a file of an export was delivered by hand",
		Long: `When a partner cannot be reached and time presses, take the file out, deliver it
by hand, and say so: it is never published after that. Hold the export first, so
that nobody is publishing it meanwhile. The file that you delivered proves it: give
it with --delivered, or its SHA-256.`,
		Example: "  etl hold 12 --reason \"the bank does not answer\"\n  etl show 12 --file 2 > salaris.xml\n" +
			"  etl delivered 12 --file 2 --delivered salaris.xml --reason \"uploaded in the portal\"\n  etl release 12 --reason \"delivered\"",
	}, true, "has a file that was delivered by hand", func(ctx context.Context, l *ledger.Ledger, id ledger.ID, x act) (ledger.ID, error) {
		if from != "" {
			var err error
			if sum, err = sumOf(from); err != nil {
				return id, exitWith(exitUsage, err)
			}
		}
		err := l.ByHand(ctx, id, no, sum, x.who, x.reason)
		if errors.Is(err, ledger.ErrChecksum) {
			return id, exitWith(exitRefused, hint(err, "it is not the file of the export: look at etl show, and find out what was delivered"))
		}
		return id, err
	})
	fileFlag(c, &no)
	c.Flags().StringVar(&sum, "sha256", "", "the `SHA-256` of what was delivered")
	c.Flags().StringVar(&from, "delivered", "", "the `file` that was delivered")
	c.MarkFlagsMutuallyExclusive("sha256", "delivered")
	c.MarkFlagsOneRequired("sha256", "delivered")
	return c
}

func (a *app) republishCommand() *cobra.Command {
	var no int
	c := a.actCommand(&cobra.Command{
		Use: "republish ID", Short: "Say that a file of an export never reached its partner",
		Long: `When a file stood ready at a partner and is not to be seen any more, the partner
probably has it, and the export is held. Ask the partner. Only when he says that he
does not have it, say so here, and release the export: then it is published again.`,
		Example: "  etl republish 12 --file 2 --reason \"the bank has nothing, says Ans\"\n  etl release 12 --reason \"see above\"",
	}, true, "has a file that is published again", func(ctx context.Context, l *ledger.Ledger, id ledger.ID, x act) (ledger.ID, error) {
		return id, l.Republish(ctx, id, no, x.who, x.reason)
	})
	fileFlag(c, &no)
	return c
}

func fileFlag(c *cobra.Command, no *int) {
	c.Flags().IntVar(no, "file", 0, "the `number` of the file, as etl show has it")
	if err := c.MarkFlagRequired("file"); err != nil {
		panic(err)
	}
}

func sumOf(path string) (_ string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

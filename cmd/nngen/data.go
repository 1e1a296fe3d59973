package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/scaffold"
)

func dataCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "data SPEC",
		Short: "Print what the data of a spec holds, and what is wrong with it",
		Long: `Print the columns of the data of a spec, what becomes of them, and what an audit finds: rows that come twice,
rows for training and testing alike, columns that give the label away, that do not vary or are another in nearly every row,
rare classes, numbers beyond 10 deviations, and columns that differ between training and testing. It exits with 1 if results
would mean nothing; remarks are for you to judge.`,
		Args: cobra.ExactArgs(1),
	}
	out := outFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		p, err := open(c, args[0], *out)
		if err != nil {
			return err
		}
		network, err := p.Network()
		if err != nil {
			return err
		}
		wrong, err := scaffold.Inspect(p.Spec, p.Base, network, legible{c.OutOrStdout()})
		if err != nil {
			return err
		}
		if wrong > 0 {
			fmt.Fprintf(c.ErrOrStderr(), "nngen: %s: %d wrong\n", args[0], wrong)
			return errFailed
		}
		return nil
	}
	return c
}

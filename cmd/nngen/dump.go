package main

import "github.com/spf13/cobra"

func dumpCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "dump SPEC",
		Short: "Print the graphs of primitives after a pass",
		Long:  "Print the graphs of primitives of a prediction, an evaluation and a training step after a pass, as text.",
		Args:  cobra.ExactArgs(1),
	}
	pass := c.Flags().StringP("pass", "p", "all", "name of the pass: see nngen help debug")
	if err := c.RegisterFlagCompletionFunc("pass", completePasses); err != nil {
		panic("BUG: " + err.Error())
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := checkPass(*pass); err != nil {
			return err
		}
		p, err := open(c, args[0], "")
		if err != nil {
			return err
		}
		_, err = p.Generate(c.OutOrStdout(), *pass)
		return err
	}
	return c
}

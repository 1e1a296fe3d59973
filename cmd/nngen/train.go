package main

import (
	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/train"
)

func trainCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "train SPEC",
		Short: "Train a network, and embed the weights in its package",
		Long: `Compile a network, build its training package with your Go, train it on the data of the spec, and
write weights, history and curves beside the inference package, which then embeds the weights. At the
end the generated code is held against the reference, and measured on the test set.

An interrupt (ctrl-C) ends the training after the step in progress and keeps the weights.`,
		Args: cobra.ExactArgs(1),
	}
	out := outFlag(c)
	seed := c.Flags().Uint64("seed", 0, "seed of weights, shuffles and dropout, in place of the spec's; the test set stays the same")
	epochs := c.Flags().Int("epochs", 0, "most epochs, in place of the spec's")
	skip := c.Flags().Bool("skip-bad-rows", false, "leave bad rows of the data out instead of stopping")
	noVerify := c.Flags().Bool("no-verify", false, "do not compare with the reference at the end")
	c.RunE = func(c *cobra.Command, args []string) error {
		p, err := open(c, args[0], *out)
		if err != nil {
			return err
		}
		show := train.NewProgress(c.ErrOrStderr())
		o := train.Options{Epochs: *epochs, SkipBadRows: *skip, Verify: !*noVerify, OnStart: show.Start, OnEvent: show.Event, Log: c.ErrOrStderr()}
		if c.Flags().Changed("seed") {
			o.Seed = seed
		}
		r, err := train.Run(c.Context(), p, o)
		if err != nil {
			return err
		}
		warn(c, p)
		if err := r.Report(c.OutOrStdout(), p.Dir); err != nil {
			return err
		}
		if r.Verified != nil && !r.Verified.OK() {
			return errFailed
		}
		return nil
	}
	return c
}

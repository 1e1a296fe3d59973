package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/train"
)

func trainVerb() *cobra.Command {
	var o train.Options
	var out string
	var noVerify bool
	c := &cobra.Command{
		Use:   "train SPEC",
		Short: "Train a network and embed its weights",
		Long: "train writes the packages of a spec, trains on its data, and leaves in their folder weights.safetensors,\n" +
			"history.jsonl and curves of loss and metrics (SVG). The weights are embedded into the inference package, and\n" +
			"the packages verified. An interrupt ends the training in order: the best weights so far are kept.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := project.Open(args[0], out)
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			o.HasSeed = cmd.Flags().Changed("seed")
			show := train.NewProgress(w)
			o.OnEvent, o.Log = show.Event, cmd.ErrOrStderr()
			fmt.Fprintf(w, "%s: compiling\n", p.Spec.Name)
			r, err := train.Run(cmd.Context(), p, o)
			if err != nil {
				return err
			}
			warn(p)
			r.Summary(w, p)
			if noVerify {
				return nil
			}
			return verified(w, p)
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "folder of the inference package")
	c.Flags().Uint64Var(&o.Seed, "seed", 0, "seed in place of the spec's")
	c.Flags().IntVar(&o.Epochs, "epochs", 0, "epochs in place of the spec's")
	c.Flags().BoolVar(&o.SkipBadRows, "skip-bad-rows", false, "leave bad rows of the data out instead of stopping")
	c.Flags().BoolVar(&noVerify, "no-verify", false, "do not hold the packages against the reference")
	return c
}

// verified verifies a project after a training, printing only what fails.
func verified(w io.Writer, p *project.Project) error {
	ok, err := verifyProject(io.Discard, p, p.Spec.Training.Seed, 1, 3)
	switch {
	case err != nil:
		return err
	case !ok:
		fmt.Fprintf(w, "verification fails; see: nngen verify %s\n", p.Spec.File)
		return errFails
	}
	fmt.Fprintln(w, "verified against the float64 reference: every tensor within its bound, shipped code bit for bit as the plain one")
	return nil
}

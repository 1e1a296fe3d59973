package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/train"
)

func evalVerb() *cobra.Command {
	var o train.Options
	var out, csv string
	c := &cobra.Command{
		Use:   "eval SPEC",
		Short: "Measure the trained weights on the test set",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := project.Open(args[0], out)
			if err != nil {
				return err
			}
			compiled, err := p.Generate(nil, "")
			if err != nil {
				return err
			}
			set, err := data.Test(p.Spec, p.Base, csv, compiled.Net, data.Options{SkipBadRows: o.SkipBadRows})
			if err != nil {
				return err
			}
			if set.N == 0 {
				return errors.New("the spec has no test set: write data: {test: {csv: …}} or test_split, or name one by --csv")
			}
			o.Log = cmd.ErrOrStderr()
			r, err := train.Evaluate(cmd.Context(), p, compiled.Net, set, o)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d examples\n", p.Spec.Name, set.N)
			r.Metrics(cmd.OutOrStdout())
			return nil
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "folder of the inference package")
	c.Flags().StringVar(&csv, "csv", "", "table to measure on, in place of the spec's test set")
	c.Flags().BoolVar(&o.SkipBadRows, "skip-bad-rows", false, "leave bad rows of the data out instead of stopping")
	return c
}

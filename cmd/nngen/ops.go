package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

func opsVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "ops",
		Short: "List the kinds of layers, losses, optimizers, …",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			schema := op.Schema()
			for _, f := range []spec.Family{spec.LayerFamily, spec.ActivationFamily, spec.InitializerFamily, spec.RegularizerFamily,
				spec.SparsityFamily, spec.PreprocessFamily, spec.LossFamily, spec.OptimizerFamily, spec.ScheduleFamily} {
				fmt.Fprintf(w, "%s\n", f)
				for _, k := range schema[f] {
					fmt.Fprintf(w, "  %s\t%s\n", k.Name, k.Doc)
				}
			}
			return w.Flush()
		},
	}
}

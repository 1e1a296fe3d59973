package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/verify"
)

func verifyVerb() *cobra.Command {
	var seed uint64
	var cases, steps int
	c := &cobra.Command{
		Use:   "verify SPEC",
		Short: "Hold generated code against the float64 reference",
		Long: "verify compiles a spec in a temporary module and compares it with the reference: the value and the gradient\n" +
			"of every layer, the gradient of every parameter, parameters and optimizer state after every training step, the\n" +
			"reference's own gradients with finite differences, and the shipped code with unoptimised code, bit for bit.\n" +
			"It exits with 1 if anything is beyond its bound.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := project.Open(args[0], "")
			if err != nil {
				return err
			}
			ok, err := verifyProject(cmd.OutOrStdout(), p, seed, cases, steps)
			if err == nil && !ok {
				err = errFails
			}
			return err
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 1, "seed of the examples")
	c.Flags().IntVar(&cases, "cases", 2, "sets of examples and parameters")
	c.Flags().IntVar(&steps, "steps", 3, "training steps of each case; the last has a partial batch")
	return c
}

// verifyProject verifies a project and prints a table; it tells whether all is within its bounds.
func verifyProject(w io.Writer, p *project.Project, seed uint64, cases, steps int) (bool, error) {
	all := true
	for i := range max(cases, 1) {
		reports, err := verify.Run([]*verify.Subject{{Spec: p.Spec, Files: p.Files()}}, verify.Options{Seed: seed + uint64(i), Steps: steps})
		if err != nil {
			return false, err
		}
		r := reports[0]
		fmt.Fprintf(w, "%s, seed %d\n", r.Name, seed+uint64(i))
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(t, "compared\ttensor\telements\tmax ULP\tmax relative\tbound there\tof bound\t")
		for _, x := range r.Tensors {
			fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%.2g\t%.2g\t%.2f\t\n", x.Kind, x.Name, x.Elements, ulps(x.MaxULP), x.MaxRel, x.MaxBound, x.Worst)
		}
		if err := t.Flush(); err != nil {
			return false, err
		}
		for _, x := range r.Tensors {
			if x.Failure != "" {
				fmt.Fprintf(w, "beyond its bound: %s %s: %s\n", x.Kind, x.Name, x.Failure)
			}
		}
		all = all && r.OK()
	}
	return all, nil
}

func ulps(v float64) string {
	if math.IsInf(v, 0) || v > 1e6 {
		return ">1e6"
	}
	return fmt.Sprintf("%.1f", v)
}

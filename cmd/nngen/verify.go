package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/proof"
	"github.com/nngen/nngen/codegen/train"
	"github.com/nngen/nngen/codegen/verify"
)

// mostSteps bounds the training steps that verify compares.
const mostSteps = 1000

func verifyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "verify SPEC",
		Short: "Compare freshly generated code with the float64 reference: exit 1 beyond a bound",
		Long: `Compile a network anew, run it, and compare it with the float64 reference: every layer's output, every
gradient, every parameter and optimizer state over whole training steps, the last with a partial batch. Packages in its
folder are not what is run; if they are not what the spec compiles to, a remark says so.
The bounds of a layer, of its gradients and of an update are computed from its sizes; those of whole networks
(pieces, prediction) from how far roundings of that size carry, which is tried out. The gradients of the
reference are compared with central differences to 1e-5. Parameters and examples are random, by --seed, and once
whole numbers, whose sums float32 does not round: what is exact must equal exact arithmetic. With the weights of a
trained package the largest error of its outputs is searched for, and held against MaxError, which is computed for
all inputs of the ranges that it names. If there is a package of 8-bit integers, its outputs are compared with those of
a reference in integers of any size. Nothing is written.

--proof recomputes what PROOF.json claims of a trained package instead: the checksums of spec, data, weights and every
generated file, what the compiler writes, the metrics of the weights with their intervals, and the comparison with the
reference. A line for each says what holds; exit 1 if something does not. With --write too, metrics and comparison are
recorded anew if all else holds, as after a compilation by another version. See also nngen train --reproduce.`,
		Args: cobra.ExactArgs(1),
	}
	seed := c.Flags().Uint64("seed", 1, "of examples and parameters")
	cases := c.Flags().Int("cases", 1, "number of seeds, counted up from --seed")
	steps := c.Flags().Int("steps", 3, "training steps of each case")
	check := c.Flags().Bool("proof", false, "recompute what PROOF.json claims")
	write := c.Flags().Bool("write", false, "with --proof: record metrics and comparison anew")
	quiet := c.Flags().BoolP("quiet", "q", false, "print only what fails")
	c.RunE = func(c *cobra.Command, args []string) error {
		if *cases < 1 || *steps < 1 {
			return fmt.Errorf("--cases and --steps are at least 1")
		}
		if *steps > mostSteps {
			return fmt.Errorf("--steps is at most %d, since what each leaves is kept; --cases may be more", mostSteps)
		}
		p, err := openTrained(c, args[0], "")
		if err != nil {
			return err
		}
		if *write && !*check {
			return fmt.Errorf("--write goes with --proof")
		}
		if *check {
			return checkProof(c, p, *write)
		}
		if text := p.Stale(); text != "" {
			fmt.Fprintf(c.ErrOrStderr(), "nngen: remark: what is compared is compiled anew; %s\n", text)
		}
		if why := p.Untaken(); why != "" {
			fmt.Fprintf(c.ErrOrStderr(), "nngen: remark: nothing is compared with trained weights: %s\n", why)
		}
		fine := true
		for i := range *cases {
			o := verify.Options{Seed: *seed + uint64(i), Steps: *steps, Last: i == *cases-1}
			r, err := train.VerifyTrained(c.Context(), p, o)
			if err != nil {
				return err
			}
			if i == 0 {
				t, err := train.VerifyInt8(c.Context(), p)
				if err != nil {
					return err
				}
				if t != nil {
					r.Tensors = append(r.Tensors, t)
				}
			}
			fine = fine && r.OK()
			if err := printComparison(c.OutOrStdout(), r, o.Seed, *quiet); err != nil {
				return err
			}
		}
		if !fine {
			return errFailed
		}
		return nil
	}
	return c
}

// checkProof prints what of PROOF.json holds, and with write records metrics and comparison anew.
func checkProof(c *cobra.Command, p *project.Project, write bool) error {
	for _, name := range []string{"seed", "cases", "steps"} {
		if c.Flags().Changed(name) {
			return fmt.Errorf("--%s does not go with --proof: PROOF.json says what was done", name)
		}
	}
	f, err := train.CheckProof(c.Context(), p, write, c.ErrOrStderr())
	if err != nil {
		return err
	}
	return findings(c, f)
}

// printComparison prints a line for each tensor, unless quiet, one for each that fails, and a summary if none does.
func printComparison(out io.Writer, r *verify.Report, seed uint64, quiet bool) error {
	if !quiet {
		if err := printTensors(out, r); err != nil {
			return err
		}
	}
	for _, t := range r.Tensors {
		if t.Failure != "" {
			fmt.Fprintf(out, "FAIL %s %s (seed %d): %s\n", t.Kind, t.Name, seed, t.Failure)
		}
	}
	for _, remark := range r.Remarks {
		fmt.Fprintf(out, "%s: %s\n", r.Name, remark)
	}
	if r.OK() {
		fmt.Fprintf(out, "%s: %s (seed %d); beside that, equal to exact arithmetic on whole numbers: %s\n",
			r.Name, r.Summary(), seed, r.Exact)
		for _, k := range r.Kinds {
			fmt.Fprintf(out, "  %s\n", k)
		}
	}
	return nil
}

// printTensors prints the tensors that were compared as a table.
func printTensors(out io.Writer, r *verify.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "what\ttensor\telements\tmax ULP\tmax relative error\tbound\tof bound\n")
	for _, t := range r.Tensors {
		elements := fmt.Sprint(t.Elements)
		if left := t.Left + t.Unbounded; left > 0 {
			elements = fmt.Sprintf("%d of %d", t.Elements, t.Elements+left)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.1f\t%.1e\t%.1e\t%.1f %%\n", t.Kind, t.Name, elements, t.MaxULP,
			t.MaxRel, t.MaxBound, 100*t.Worst)
	}
	return w.Flush()
}

// findings prints the check of a proof.
func findings(c *cobra.Command, f proof.Checks) error {
	if err := f.Format(c.OutOrStdout()); err != nil {
		return err
	}
	if !f.OK() {
		return errFailed
	}
	return nil
}

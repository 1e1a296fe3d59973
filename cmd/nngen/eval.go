package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/train"
)

func evalCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "eval SPEC",
		Short: "Measure a trained network on its test set or on another file",
		Long: `Measure a trained network on its test set or on another file.

loss is that of the spec, of scores; log_loss is of the probabilities, which it takes for 2⁻⁵² at least, as scikit-learn
does. So a cross-entropy is more than log_loss where a network is sure of a wrong class. The loss counts each example by its
weight, where data has such, as training does; metrics count each once. With threshold: cost in a decision mean_cost is
what an example costs on average, beside that with the threshold 0.5, and that of always one class; an example that reject
declines costs as if it were decided. calibration_error is of the most probable class: how far its probability is from the
share that is right, on average over 15 ranges (Guo et al., 2017). That of one class may be further off, as after
class_weights: errors of two classes in opposite directions cancel there.`,
		Args: cobra.ExactArgs(1),
	}
	out := outFlag(c)
	file := c.Flags().String("data", "",
		"file of labelled examples, laid out as the training data, in place of the test set")
	weights := c.Flags().String("weights", "", "file of weights, in place of those in the package")
	var skip float64
	skipFlag(c, &skip)
	var mark decimal
	decimalFlag(c, &mark)
	asJSON := c.Flags().Bool("json", false, "print JSON; a number that is none, or infinite, is null")
	c.RunE = func(c *cobra.Command, args []string) error {
		if mark != "" && *file == "" {
			return errDecimalOf
		}
		if *file == "-" {
			return errors.New("--data -: eval does not read the standard input: write it to a file, and name that")
		}
		p, err := open(c, args[0], *out)
		if err != nil {
			return err
		}
		e, skipped, err := train.Evaluate(c.Context(), p, *weights, *file, string(mark), skip)
		if err != nil {
			return err
		}
		if len(skipped) > 0 {
			fmt.Fprintf(c.ErrOrStderr(), "nngen: %s skipped\n%s\n", skipped.Count(), skipped.Table())
		}
		if *asJSON {
			enc := json.NewEncoder(c.OutOrStdout())
			enc.SetIndent("", "  ")
			return enc.Encode(e)
		}
		_, err = fmt.Fprint(c.OutOrStdout(), e)
		return err
	}
	return c
}

package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/train"
)

// mostRepeats bounds the shuffles of a column: the error of their mean is a hundredth of their deviation by then.
const mostRepeats = 10_000

func explainCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "explain SPEC",
		Short: "Say which columns of the table a trained network goes by",
		Long: `Print the permutation importance of each column of the table: by how much a metric of the test set gets worse when the
fields of the column are shuffled among the rows, so that they tell nothing. All that the inputs hold of a column is shuffled
together: the numbers of a word, the parts of a date, the steps of a window. Columns that tell the same stand in for one another,
and each looks less important than both are. Inputs that are no table's are shuffled number by number, or as a whole
above 256 numbers.

With --gradients it prints how much the output changes with each number of the inputs, a pixel of an image or a step of a
series: the mean size of the gradients of the score of the class that is chosen, or of the numbers of a regression.`,
		Args: cobra.ExactArgs(1),
	}
	out := outFlag(c)
	o := train.ExplainOptions{}
	f := c.Flags()
	f.StringVar(&o.File, "data", "", "file of labelled examples, laid out as the training data, in place of the test set")
	f.StringVar(&o.Weights, "weights", "", "file of weights, in place of those in the package")
	f.StringVar(&o.Output, "output", "", "name of the output (default: the first)")
	f.StringVar(&o.Metric, "metric", "",
		"what gets worse (default: accuracy, of classes of unlike size balanced_accuracy, or the first of a regression)")
	f.IntVar(&o.Repeats, "repeats", 10, "shuffles of each column")
	f.Uint64Var(&o.Seed, "seed", 1, "of the shuffles")
	skipFlag(c, &o.SkipBadRows)
	decimalFlag(c, (*decimal)(&o.Decimal))
	asJSON := f.Bool("json", false, "print JSON; a number that is none, or infinite, is null")
	gradients := f.Bool("gradients", false, "the gradients of the inputs, in place of the importance of columns")
	svg := f.String("svg", "", "file for a picture")
	c.RunE = func(c *cobra.Command, args []string) error {
		if o.Repeats < 1 || o.Repeats > mostRepeats {
			return fmt.Errorf("--repeats is from 1 to %d, not %d", mostRepeats, o.Repeats)
		}
		if o.Decimal != "" && o.File == "" {
			return errDecimalOf
		}
		p, err := openTrained(c, args[0], *out)
		if err != nil {
			return err
		}
		e, skipped, err := explanation(c, p, o, *gradients)
		if err != nil {
			return err
		}
		if len(skipped) > 0 {
			fmt.Fprintf(c.ErrOrStderr(), "nngen: %s skipped\n%s\n", skipped.Count(), skipped.Table())
		}
		if *svg != "" {
			picture, err := e.SVG()
			if err != nil {
				return err
			}
			if err := output.ReplaceKind(*svg, picture, output.SVG); err != nil {
				return err
			}
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

// explained is what explain prints.
type explained interface {
	fmt.Stringer
	SVG() ([]byte, error)
}

// explanation explains a network by the gradients of its inputs, or by its columns.
func explanation(c *cobra.Command, p *project.Project, o train.ExplainOptions,
	gradients bool) (explained, data.BadRows, error) {
	if gradients {
		for _, name := range []string{"metric", "repeats", "seed"} {
			if c.Flags().Changed(name) {
				return nil, nil, fmt.Errorf("--%s is of shuffles, which --gradients does not make: leave out one of them", name)
			}
		}
		return train.Gradients(c.Context(), p, o)
	}
	return train.Explain(c.Context(), p, o)
}

package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/train"
)

func boundsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "bounds SPEC",
		Short: "Say between which numbers the outputs of a trained network lie, for all inputs of given ranges",
		Long: `Print ranges of the outputs that hold for every input in the ranges given, in the units of the columns; other columns have
those that training fitted, which the last line names. The ranges are right for exact arithmetic, and may be wider than need
be: by intervals through every layer, and by linear functions of the inputs through dense layers and convolutions with relu,
sigmoid and tanh. More --boxes make them narrower. For a small network with one number as output it says too whether that
rises or falls with each number that was given a range. It is an error where a kind cannot be followed.

  nngen bounds house.yaml --input area=80..120 --input town=Bern`,
		Args: cobra.ExactArgs(1),
	}
	out := outFlag(c)
	o := train.BoundsOptions{}
	f := c.Flags()
	f.StringArrayVar(&o.Inputs, "input", nil, "column=low..high, column=number or column=word; repeatable")
	f.StringVar(&o.Weights, "weights", "", "file of weights, in place of those in the package")
	f.IntVar(&o.Boxes, "boxes", 0,
		"boxes that the ranges are cut into (default: 64, or 1 for a network with more than 10,000 multiply-adds)")
	asJSON := f.Bool("json", false, "print JSON")
	c.RunE = func(c *cobra.Command, args []string) error {
		const most = 1 << 16
		if c.Flags().Changed("boxes") && (o.Boxes < 1 || o.Boxes > most) {
			return fmt.Errorf("--boxes is from 1 to %d, not %d", most, o.Boxes)
		}
		p, err := openTrained(c, args[0], *out)
		if err != nil {
			return err
		}
		b, err := train.ComputeBounds(p, o)
		if err != nil {
			return err
		}
		if *asJSON {
			enc := json.NewEncoder(c.OutOrStdout())
			enc.SetIndent("", "  ")
			return enc.Encode(b)
		}
		_, err = fmt.Fprint(c.OutOrStdout(), b)
		return err
	}
	return c
}

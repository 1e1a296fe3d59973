package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/train"
)

func quantizeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "quantize SPEC",
		Short: "Make a package of 8-bit integers from a trained network",
		Long: `Make a package of 8-bit integers from a trained network.

The package has the name of the spec and int8 behind it, and is in a folder of that name below the package in float32, with
the same functions: int8 weights with a scale for each channel, int8 activations whose ranges are those of a calibration on
training rows, sums in int32, and the same bits on every machine. What nngen quantize finds is in the weights.safetensors of
that folder; nngen compile goes by it, and needs no data. With --io int8 it has PredictInt8 too, for devices without floating
point: it takes and gives int8 numbers, and says what they stand for. The section quantize of the spec says how: nngen ops quantize.`,
		Args: cobra.ExactArgs(1),
	}
	out := outFlag(c)
	asJSON := c.Flags().Bool("json", false, "print JSON")
	io := c.Flags().String("io", "",
		"int8: the package takes and gives int8 numbers too; float: it does not; as the spec says if left out")
	c.RunE = func(c *cobra.Command, args []string) error {
		p, err := openTrained(c, args[0], *out)
		if err != nil {
			return err
		}
		if err := p.SetIO(*io); err != nil {
			return err
		}
		r, err := train.Quantize(c.Context(), p)
		if err != nil {
			if r != nil {
				fmt.Fprint(c.ErrOrStderr(), r.Table())
			}
			return err
		}
		warn(c, p)
		if *asJSON {
			b, err := r.JSON()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s\n", b)
			return err
		}
		_, err = fmt.Fprint(c.OutOrStdout(), r)
		return err
	}
	return c
}

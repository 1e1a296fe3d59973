package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/output"
)

func exportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "export SPEC",
		Short: "Write a trained network as an ONNX file",
		Long: `Write a trained network as an ONNX file, for ONNX Runtime and whatever else reads the format.

Preprocessing is part of it, and so is an output that names the class. Inputs and outputs keep the layout of
the spec, channels last; the batch dimension is open. A layer that ONNX has no operators for is an error
that names it.`,
		Example: "  nngen export digits.yaml --onnx digits.onnx",
		Args:    cobra.ExactArgs(1),
	}
	out := outFlag(c)
	var file string
	var opset int
	var bare bool
	c.Flags().StringVar(&file, "onnx", "", "file to write (default: the network's name with .onnx, beside the spec)")
	c.Flags().IntVar(&opset, "opset", 17, "version of the operators, 13 to 23")
	c.Flags().BoolVar(&bare, "bare", false, "without preprocessing and without the output that names the class")
	c.RunE = func(c *cobra.Command, args []string) error {
		p, err := open(c, args[0], *out)
		if err != nil {
			return err
		}
		if file == "" {
			file = filepath.Join(p.Base, p.Spec.Name+".onnx")
		}
		b, err := p.ONNX(opset, bare)
		if err != nil {
			return err
		}
		if err := output.Replace(file, b); err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "wrote %s, %d bytes, opset %d\n", file, len(b), opset)
		return nil
	}
	return c
}

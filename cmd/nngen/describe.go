package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/describe"
	"github.com/nngen/nngen/codegen/output"
)

func describeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "describe SPEC",
		Short: "Print the layers, shapes, parameters, cost and memory of a network",
		Args:  cobra.ExactArgs(1),
	}
	svg := c.Flags().String("svg", "", "draw the network to this file, - for the standard output")
	asJSON := c.Flags().Bool("json", false, "print JSON")
	c.RunE = func(c *cobra.Command, args []string) error {
		p, err := openTrained(c, args[0], "")
		if err != nil {
			return err
		}
		int8s, err := p.HasInt8()
		if err != nil {
			return err
		}
		out, err := p.Compile(codegen.Options{ImportPath: p.Spec.Name, Int8: int8s})
		if err != nil {
			return err
		}
		warn(c, p)
		s := describe.New(out)
		if p.Spec.Data != nil {
			sets, err := data.Load(p.Spec, p.Base, out.Net, p.Spec.Training.Seed, data.Options{SkipBadRows: 1})
			if err != nil {
				s.Count(0, err)
			} else {
				s.Count(sets.Train.N, nil)
			}
		}
		switch {
		case *svg == "-":
			_, err = c.OutOrStdout().Write(s.SVG())
			return err
		case *svg != "":
			return output.ReplaceKind(*svg, s.SVG(), output.SVG)
		case *asJSON:
			enc := json.NewEncoder(c.OutOrStdout())
			enc.SetIndent("", "  ")
			return enc.Encode(s)
		}
		_, err = fmt.Fprint(c.OutOrStdout(), s)
		return err
	}
	return c
}

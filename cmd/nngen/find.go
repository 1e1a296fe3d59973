package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/train"
)

func findCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "lr-find SPEC",
		Short: "Show the loss against the learning rate, and suggest a rate",
		Long: `Train a network for some steps while the learning rate grows exponentially from --min-lr to --max-lr, and
show the loss against the rate: as a table and, beside the spec, as a picture. It ends early where the
loss grows to several times what it was at first.

The suggestion is the rate at which the smoothed loss falls fastest. Nothing is kept of the training: the
packages and their weights stay as they are.`,
		Args: cobra.ExactArgs(1),
	}
	var o train.FindOptions
	c.Flags().Float64Var(&o.Low, "min-lr", 1e-7, "the first rate")
	c.Flags().Float64Var(&o.High, "max-lr", 10, "the last rate")
	c.Flags().IntVar(&o.Steps, "steps", 200, "steps of the training")
	c.Flags().StringVar(&o.From, "from", "", "weights file that the training begins with, as of train")
	workers := workersFlag(c)
	skipFlag(c, &o.SkipBadRows)
	seed := c.Flags().Uint64("seed", 0, "seed of weights, shuffles and dropout, in place of the spec's")
	svg := c.Flags().String("svg", "", "file of the picture, - for none (default: lr-find.svg beside the spec)")
	asJSON := c.Flags().Bool("json", false, "print JSON")
	c.RunE = func(c *cobra.Command, args []string) error {
		if *workers < 0 {
			return fmt.Errorf("--workers is at least 1, or 0 for all processors, not %d", *workers)
		}
		p, err := open(c, args[0], "")
		if err != nil {
			return err
		}
		if c.Flags().Changed("seed") {
			o.Seed = seed
		}
		o.Log, o.Workers = legible{c.ErrOrStderr()}, *workers
		f, err := train.Find(c.Context(), p, o)
		if err != nil {
			return err
		}
		replace := replaceNamed(output.SVG)
		if *svg == "" {
			*svg = filepath.Join(p.Base, "lr-find.svg")
			replace = replaceDefault(train.Drawn, "--svg")
		}
		if *svg != "-" {
			picture, err := f.SVG(p.Spec.Name)
			if err != nil {
				return err
			}
			if err := replace(*svg, picture); err != nil {
				return err
			}
		}
		if *asJSON {
			return json.NewEncoder(c.OutOrStdout()).Encode(f)
		}
		fmt.Fprint(c.OutOrStdout(), f)
		if *svg != "-" {
			fmt.Fprintf(c.OutOrStdout(), "wrote %s\n", *svg)
		}
		return nil
	}
	return c
}

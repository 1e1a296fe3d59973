package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/project"
)

func compileCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "compile SPEC...",
		Short: "Compile specs to Go packages",
		Long: `Compile specs to Go packages.

The inference package goes to the folder of the spec if that has the spec's name, else to a folder of
that name beside the spec, or to that of --out; the training package to a folder in it. Files that are
not nngen's own, by their header or its list nngen.sum, are never touched. If the folder holds
weights.safetensors of this network, they are embedded.`,
		Example: "  //go:generate go tool nngen compile digits.yaml",
		Args:    cobra.MinimumNArgs(1),
	}
	out := outFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if *out != "" && len(args) > 1 {
			return fmt.Errorf("-o is for one spec, but there are %d", len(args))
		}
		var dirs []string
		for _, file := range args { // a spec with mistakes is told when its turn comes
			if p, err := project.Open(file, *out); err == nil {
				dirs = append(dirs, p.Dir)
			}
		}
		for i, file := range args {
			t := stopwatch(c)
			p, err := open(c, file, *out)
			if err != nil {
				return err
			}
			p.Beside, p.Last = dirs, i == len(args)-1
			t.lap("parse " + file)
			if err := p.Write(dumpTo(c), debugDump()); err != nil {
				return err
			}
			warn(c, p)
			t.lap("compile and write")
		}
		return nil
	}
	return c
}

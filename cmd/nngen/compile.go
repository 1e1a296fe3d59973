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
weights.safetensors of this network, they are embedded. Of several specs each is compiled, whatever is wrong
with others.`,
		Example: "  //go:generate go tool nngen compile digits.yaml",
		Args:    cobra.MinimumNArgs(1),
	}
	out := outFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if *out != "" && len(args) > 1 {
			return fmt.Errorf("-o is for one spec, but there are %d", len(args))
		}
		var done []*project.Project
		var compiled []string
		err := each(c, args, func(i int, file string) error {
			t := stopwatch(c)
			p, err := open(c, file, *out)
			if err != nil {
				return err
			}
			p.Several, p.Last = true, i == len(args)-1
			t.lap("parse " + file)
			if err := p.Write(dumpTo(c), debugDump()); err != nil {
				return err
			}
			done, compiled = append(done, p), append(compiled, p.Dir)
			warn(c, p)
			t.lap("compile and write")
			return nil
		})
		told := map[string]bool{}
		for _, p := range done {
			for _, note := range p.Outdated(compiled) {
				if !told[note] {
					told[note] = true
					p.Notes = append(p.Notes, note)
				}
			}
			warn(c, p)
		}
		return err
	}
	return c
}

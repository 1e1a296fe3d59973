package main

import (
	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/project"
)

func compileVerb() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "compile SPEC",
		Short: "Write the packages of a spec",
		Long:  "compile writes the inference and the training package of a spec: to the spec's own folder if that has the\nspec's name, else to a folder of that name beside it.",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := project.Open(args[0], out)
			if err != nil {
				return err
			}
			_, err = p.Write()
			warn(p)
			return err
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "folder of the inference package")
	return c
}

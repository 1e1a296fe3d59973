package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
)

func checkVerb() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "check SPEC",
		Short: "Tell whether the packages of a spec are up to date",
		Long:  "check compiles a spec and compares the result with what is on disk. If they differ it prints the differences\nand exits with 1. Another version of nngen alone is no difference.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := project.Open(args[0], out)
			if err != nil {
				return err
			}
			o, err := p.Generate(nil, "")
			if err != nil {
				return err
			}
			text, err := output.Check(p.Dir, o.Files)
			if err != nil {
				return err
			}
			if text != "" {
				fmt.Fprint(cmd.OutOrStdout(), text)
				return errFails
			}
			return nil
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "folder of the inference package")
	return c
}

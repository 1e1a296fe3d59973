package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/scaffold"
)

func initCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "init FOLDER",
		Short: "Write a first spec and its go:generate line to a new folder",
		Long: `Write a first spec, iris/iris.yaml for the folder iris, and iris/generate.go with the go:generate line
that compiles it. The network and its package have the name of the folder. With --data the spec fits a
CSV file: inputs, task and classes are taken from it. Nothing is ever overwritten.`,
		Example: "  nngen init iris --data iris.csv\n  nngen train iris/iris.yaml",
		Args:    cobra.ExactArgs(1),
	}
	var o scaffold.Options
	c.Flags().StringVar(&o.Data, "data", "", "CSV file of examples, gzipped or not")
	c.Flags().StringVar(&o.Label, "label", "last", "column of the label: last, first, a name or a position from 0")
	c.Flags().StringVar(&o.Task, "task", "", "regression, binary or multiclass (default: what the label column looks like)")
	c.RunE = func(c *cobra.Command, args []string) error {
		o.Folder = args[0]
		files, err := scaffold.Write(o)
		if err != nil {
			return err
		}
		for _, f := range files {
			fmt.Fprintf(c.OutOrStdout(), "wrote %s\n", f)
		}
		fmt.Fprintf(c.OutOrStdout(), "next: %s train %s\n", project.Command(), files[0])
		return nil
	}
	return c
}

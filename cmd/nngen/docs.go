package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/describe"
	"github.com/nngen/nngen/codegen/output"
)

func docsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "docs",
		Short: "Print the tables of all kinds as Markdown",
		Args:  cobra.NoArgs,
	}
	file := c.Flags().StringP("write", "w", "", "put the tables between their marks in this file")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if *file == "" {
			_, err := fmt.Fprint(c.OutOrStdout(), describe.Kinds())
			return err
		}
		b, err := os.ReadFile(*file)
		if err != nil {
			return err
		}
		text, err := describe.Insert(string(b))
		if err != nil {
			return fmt.Errorf("%s: %w", *file, err)
		}
		return output.Replace(*file, []byte(text))
	}
	return c
}

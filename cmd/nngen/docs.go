package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/describe"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/regular"
)

// longestPage bounds the files that hold tables.
const longestPage = 16 << 20

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
		b, err := regular.Read(*file, longestPage)
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

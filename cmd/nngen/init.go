package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/scaffold"
	"github.com/nngen/nngen/spec"
)

// longTable is the size of a table from which on looking at it takes a second or more.
const longTable = 32 << 20

func initCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "init FOLDER",
		Short: "Write a first spec and its go:generate line to a new folder",
		Long: `Write a first spec, iris/iris.yaml for the folder iris, and iris/generate.go with the go:generate line
that compiles it. The network and its package have the name of the folder. With --data the spec fits a
table: how it is written, what its columns hold, label, task and classes are found by looking, and said. Nothing is
ever overwritten.`,
		Example: "  nngen init iris --data iris.csv\n  nngen train iris/iris.yaml",
		Args:    cobra.ExactArgs(1),
	}
	var o scaffold.Options
	c.Flags().StringVar(&o.Data, "data", "",
		"table of examples: CSV with any delimiter, or JSON lines, gzipped or not; or a folder of pictures, with a folder "+
			"for each class")
	c.Flags().StringVar(&o.Test, "test", "",
		"table of examples for testing, or folder of pictures, laid out as that of --data")
	c.Flags().StringSliceVar(&o.Label, "label", nil,
		"columns of the labels, by name, #1 for the first or #-1 for the last (default: the likeliest)")
	c.Flags().StringSliceVar(&o.Drop, "drop", nil, "columns to leave out")
	c.Flags().StringVar(&o.Decimal, "decimal", "",
		"mark before the decimals of numbers, . or , (default: what the table looks like)")
	c.Flags().StringVar(&o.Delimiter, "delimiter", "",
		`what columns stand apart by: one character, \t, or "spaces" (default: what the table looks like)`)
	c.Flags().StringVar(&o.Encoding, "encoding", "",
		"of the table, such as windows-1251 (default: what its characters look like)")
	header := c.Flags().Bool("header", true,
		"whether the first row holds the names of columns (default: what it looks like)")
	c.Flags().Lookup("header").DefValue = "false" // which is not shown
	c.Flags().StringVar(&o.Time, "time", "",
		"column of times: the rows are steps of a series, of which the label is foretold")
	c.Flags().StringVar(&o.Task, "task", "",
		"regression, binary or multiclass (default: what the label column looks like)")
	c.Flags().Bool("no-ask", false, "ask nothing, which init never does")
	c.RunE = func(c *cobra.Command, args []string) error {
		if o.Delimiter == `\t` || o.Delimiter == "tab" {
			o.Delimiter = "\t"
		}
		if c.Flags().Changed("header") {
			o.Header = header
		}
		o.Folder, o.Log = args[0], legible{c.OutOrStdout()}
		if info, err := os.Stat(o.Data); err == nil && info.Mode().IsRegular() && info.Size() >= longTable {
			fmt.Fprintf(c.ErrOrStderr(), "nngen: reading %s, or its beginning if it is very long: this takes some seconds\n",
				spec.Message(o.Data))
		}
		files, err := scaffold.Write(o)
		if err != nil {
			return err
		}
		for _, f := range files {
			fmt.Fprintf(c.OutOrStdout(), "wrote %s\n", f)
		}
		if o.Data == "" {
			fmt.Fprintf(c.OutOrStdout(),
				"next: put a table of examples, the label last, at %s, fit the spec to it, and %s train %s\n",
				filepath.Join(o.Folder, "examples.csv"), project.Command(), files[0])
			return nil
		}
		fmt.Fprintf(c.OutOrStdout(), "next: %s train %s\n", project.Command(), files[0])
		return nil
	}
	return c
}

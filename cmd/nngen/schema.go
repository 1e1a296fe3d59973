package main

import (
	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of specs, for editors",
		Long: `Print the JSON Schema of specs. Editors with a YAML language server complete and check a spec that
begins with

  # yaml-language-server: $schema=./nngen.schema.json`,
		Example: "  nngen schema > nngen.schema.json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			b, err := spec.JSONSchema(op.Schema())
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(b)
			return err
		},
	}
}

package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/project"
)

func versionVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintf(cmd.OutOrStdout(), "nngen %s %s %s/%s\n", project.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		},
	}
}

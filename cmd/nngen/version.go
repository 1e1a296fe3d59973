package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/project"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of nngen",
		Args:  cobra.NoArgs,
		Run: func(c *cobra.Command, _ []string) {
			fmt.Fprintf(c.OutOrStdout(), "nngen %s %s %s/%s\n", project.Version(), runtime.Version(),
				runtime.GOOS, runtime.GOARCH)
		},
	}
}

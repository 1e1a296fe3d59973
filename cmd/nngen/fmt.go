package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/spec"
)

func fmtVerb() *cobra.Command {
	var write, list bool
	c := &cobra.Command{
		Use:   "fmt SPEC…",
		Short: "Format specs",
		Long:  "fmt prints specs in canonical form, comments kept. With -w it writes them back, with -l it lists those that\nare not in canonical form and exits with 1 if there are any.",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			unformatted := false
			for _, name := range args {
				src, err := os.ReadFile(name)
				if err != nil {
					return err
				}
				out, err := spec.Format(name, src)
				if err != nil {
					return err
				}
				same := bytes.Equal(src, out)
				switch {
				case list && !same:
					unformatted = true
					fmt.Fprintln(cmd.OutOrStdout(), name)
				case write && !same:
					if err := os.WriteFile(name, out, 0o644); err != nil {
						return err
					}
				case !list && !write:
					if _, err := cmd.OutOrStdout().Write(out); err != nil {
						return err
					}
				}
			}
			if unformatted {
				return errFails
			}
			return nil
		},
	}
	c.Flags().BoolVarP(&write, "write", "w", false, "write back")
	c.Flags().BoolVarP(&list, "list", "l", false, "list the specs that are not in canonical form")
	return c
}

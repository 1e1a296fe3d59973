package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/project"
)

func checkCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "check SPEC...",
		Short: "Tell whether the packages of specs are up to date: exit 1 and a diff if not",
		Long: `Tell whether the packages of specs are what compile would write. If not, the difference is printed
and the exit code is 1. A difference in the version of nngen alone does not count.`,
		Args: cobra.MinimumNArgs(1),
	}
	out := outFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		stale := false
		for _, file := range args {
			p, err := open(c, file, *out)
			if err != nil {
				return err
			}
			compiled, err := p.Generate(nil, "")
			if err != nil {
				return err
			}
			diff, err := p.Package(compiled.Files, nil).Check()
			if err != nil {
				return err
			}
			if diff != "" {
				stale = true
				fmt.Fprint(c.OutOrStdout(), diff)
				fmt.Fprintf(c.ErrOrStderr(), "nngen: %s: the packages in %s are stale; run: %s compile %s\n", file, p.Dir, project.Command(), file)
			}
		}
		if stale {
			return errFailed
		}
		return nil
	}
	return c
}

package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func checkCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "check SPEC...",
		Short: "Tell whether the packages of specs are up to date: exit 1 and a diff if not",
		Long: `Tell whether the packages of specs are what compile would write. If not, the difference is printed
and the exit code is 1. A difference in the version of nngen alone does not count. Packages that were never compiled, that
another version of nngen compiled, or whose folder was moved are told in one sentence, with what to run. So is a
package of 8-bit integers that was made from other weights than those of the package in float32, as after a training,
and one that is missing though the network is trained: the spec has a section quantize, or int8 weights of another network
lie in its folder.`,
		Args: cobra.MinimumNArgs(1),
	}
	out := outFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		stale := false
		err := each(c, args, func(_ int, file string) error {
			p, err := open(c, file, *out)
			if err != nil {
				return err
			}
			diff, sentence, err := p.Status()
			if err != nil {
				return err
			}
			warn(c, p)
			fmt.Fprint(c.OutOrStdout(), diff)
			if sentence != "" {
				stale = true
				fmt.Fprintf(c.ErrOrStderr(), "nngen: %s\n", sentence)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if stale {
			return errFailed
		}
		return nil
	}
	return c
}

package main

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/spec"
)

func fmtCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "fmt [SPEC...]",
		Short: "Format specs, as gofmt does Go; without a name the standard input",
	}
	write := c.Flags().BoolP("write", "w", false, "write the result to the file instead of the standard output")
	diff := c.Flags().BoolP("diff", "d", false, "print differences, and exit 1 if there are any")
	list := c.Flags().BoolP("list", "l", false, "list files whose layout differs, and exit 1 if there are any")
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			src, err := regular.ReadAll(c.InOrStdin(), project.MaxSpec)
			if err != nil {
				return err
			}
			b, err := format("<stdin>", src)
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(b)
			return err
		}
		differs := false
		for _, file := range args {
			src, err := regular.Read(file, project.MaxSpec)
			if err != nil {
				return err
			}
			b, err := format(file, src)
			if err != nil {
				return err
			}
			same := bytes.Equal(src, b)
			differs = differs || !same
			if *list && !same {
				fmt.Fprintln(c.OutOrStdout(), file)
			}
			if *diff && !same {
				fmt.Fprint(c.OutOrStdout(), output.Diff(file, string(src), string(b)))
			}
			if *write {
				if err := output.Replace(file, b); err != nil {
					return err
				}
			}
			if !*list && !*diff && !*write {
				if _, err := c.OutOrStdout().Write(b); err != nil {
					return err
				}
			}
		}
		if differs && (*list || *diff) && !*write {
			return errFailed
		}
		return nil
	}
	return c
}

// format formats a spec of the version that nngen reads; mistakes come with its source.
func format(file string, src []byte) ([]byte, error) {
	if list := spec.CheckVersion(file, src); list.Err() != nil {
		return nil, &project.SpecError{List: list, Source: src}
	}
	b, err := spec.Format(file, src)
	var list spec.ErrorList
	if errors.As(err, &list) {
		return nil, &project.SpecError{List: list, Source: src}
	}
	return b, err
}

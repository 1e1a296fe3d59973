// Command nngen compiles neural networks to Go.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/spec"
)

func main() { os.Exit(run()) }

// errFails is the outcome of a verb that checks something and finds that it fails.
var errFails = errors.New("fails")

// run executes the command line and returns the exit code: 0 fine, 1 what was checked fails, 2 usage
// or input error.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := &cobra.Command{
		Use:   "nngen",
		Short: "Compiles neural networks to Go",
		Long: "nngen compiles a network spec (YAML) into Go packages for inference and training that depend on\n" +
			"nothing but the standard library, and holds them against a float64 reference.",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	var all bool
	root.PersistentFlags().BoolVarP(&all, "errors", "e", false, "show all errors, not only the first ten")
	for _, verb := range verbs {
		root.AddCommand(verb())
	}
	err := root.ExecuteContext(ctx)
	var bad *project.SpecError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFails):
		return 1
	case errors.As(err, &bad):
		report(bad.List, bad.Source, all)
	default:
		fmt.Fprintln(os.Stderr, "nngen:", err)
	}
	return 2
}

// verbs are the subcommands, each in a file of its own.
var verbs = []func() *cobra.Command{
	checkVerb, compileVerb, evalVerb, fmtVerb, opsVerb, schemaVerb, trainVerb, verifyVerb, versionVerb,
}

// report prints what is wrong with a spec.
func report(list spec.ErrorList, source []byte, all bool) {
	limit := spec.DefaultShown
	if all {
		limit = 0
	}
	if err := list.Format(os.Stderr, source, limit); err != nil {
		fmt.Fprintln(os.Stderr, "nngen:", err)
	}
}

// warn prints the warnings of a project.
func warn(p *project.Project) {
	if len(p.Warnings) > 0 {
		report(p.Warnings, p.Spec.Source, false)
	}
}

// Command nngen compiles neural networks to Go packages, trains them, and holds them against a
// reference. See the README, or nngen help.
//
// A verb is a file here with a function that returns its command, a place in newRoot, a script in testdata/script, and a
// row of README's table. What it does stands in a package below codegen.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	rtdebug "runtime/debug"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/spec"
)

// The exit codes.
const (
	exitFine   = 0
	exitFailed = 1 // the thing checked fails
	exitUsage  = 2 // usage or input error
)

// errFailed says that what was checked fails; the report is already written.
var errFailed = errors.New("failed")

func main() {
	collectLess()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes one command line and returns its exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	var e ending
	e.watch()
	defer func() { code = e.exit(code) }()
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(stderr, "nngen: a bug in nngen, please report it with your spec: %v\n", r)
			if debug("trace") == "1" {
				stderr.Write(rtdebug.Stack())
			}
			code = exitUsage
		}
	}()
	root := newRoot(&e)
	root.SetArgs(args)
	root.SetIn(stdin)
	out := &checkedWriter{Writer: stdout}
	root.SetOut(out)
	root.SetErr(stderr)
	verb, err := root.ExecuteContextC(context.Background())
	if lost := out.failure(); errors.Is(lost, syscall.EPIPE) { // whoever reads has seen enough
		return 128 + int(syscall.SIGPIPE)
	} else if lost != nil && (err == nil || errors.Is(err, errFailed)) {
		err = lost
	}
	switch {
	case err == nil:
		return exitFine
	case errors.Is(err, errFailed):
		return exitFailed
	}
	e.exit(exitUsage)
	all, _ := root.PersistentFlags().GetBool("errors")
	remedy := "--skip-bad-rows leaves %s out"
	switch {
	case verb.Flags().Lookup("skip-bad-rows") == nil:
		remedy = "skip_bad_rows in data: of the spec leaves %s out"
	case verb.Name() == "predict":
		remedy = "--skip-bad-rows gives %s a line that says why"
	}
	report(stderr, err, all, remedy)
	return exitUsage
}

// report writes an error: mistakes in a spec with their source lines, all else as one line. Of bad rows it says
// the remedy.
func report(w io.Writer, err error, all bool, remedy string) {
	var mistakes *project.SpecError
	var list spec.ErrorList
	var rows data.BadRows
	var every data.EveryRow
	switch {
	case errors.As(err, &every):
		text := strings.Replace(err.Error(), every.Error(), every.Text(all), 1)
		fmt.Fprintf(w, "nngen: %s\n", spec.Message(text))
		return
	case errors.As(err, &rows):
		text := strings.Replace(err.Error(), rows.Error(), rows.Text(all, remedy), 1)
		fmt.Fprintf(w, "nngen: %s\n", spec.Message(text))
		return
	case errors.As(err, &mistakes):
	case errors.As(err, &list):
		mistakes = &project.SpecError{List: list}
	default:
		fmt.Fprintf(w, "nngen: %s\n", spec.Message(err.Error()))
		return
	}
	shown := spec.DefaultShown
	if all {
		shown = 0
	}
	if err := mistakes.List.Format(w, mistakes.Source, shown); err != nil {
		fmt.Fprintf(w, "nngen: %v\n", err)
	}
}

func newRoot(e *ending) *cobra.Command {
	root := &cobra.Command{
		Use:   "nngen",
		Short: "Compiles neural networks to Go packages without dependencies",
		Long: `nngen compiles neural networks to Go packages without dependencies.

A network is a page of YAML; nngen init writes a first one. nngen train makes of it a trained Go
package, held against a float64 reference.

Exit codes: 0 fine, 1 what was checked fails, 2 usage or input error, 129, 130 or 143 ended by a hang-up, an
interrupt (ctrl-C) or SIGTERM.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if none, _ := c.Flags().GetBool("no-cache"); none {
				os.Setenv("NNGENCACHE", "off")
			}
			if _, err := debugKeys(); err != nil {
				return err
			}
			return checkKernels()
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return plainFlag(err) })
	root.PersistentFlags().BoolP("errors", "e", false, "show all errors, not only the first ten")
	root.PersistentFlags().Bool("no-cache", false,
		"keep neither programs nor large tables in the user's folder of caches (as NNGENCACHE=off; NNGENCACHE names "+
			"another folder)")
	root.AddCommand(initCommand(), importCommand(), compileCommand(), checkCommand(), describeCommand(), trainCommand(e),
		findCommand(), dataCommand(), sweepCommand(e), runsCommand(), reportCommand(), evalCommand(), explainCommand(),
		boundsCommand(), predictCommand(), quantizeCommand(), exportCommand(),
		verifyCommand(), auditCommand(), benchCommand(), opsCommand(), schemaCommand(), fmtCommand(), dumpCommand(),
		docsCommand(), versionCommand(), debugTopic())
	completeArgs(root)
	sayUsage(root)
	refuseUnknownTopics(root)
	return root
}

// refuseUnknownTopics makes help of a command that is not there the error that the command itself is.
func refuseUnknownTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" {
			c.Args = func(_ *cobra.Command, args []string) error {
				_, _, err := root.Find(args)
				return err
			}
		}
	}
}

// sayUsage has the error of a wrong number of arguments say what a command takes.
func sayUsage(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return fmt.Errorf("%w: write %s", err, c.UseLine())
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		sayUsage(sub)
	}
}

// open opens the project of a spec for a command, and shows the warnings.
func open(c *cobra.Command, file, out string) (*project.Project, error) {
	p, err := project.Open(file, out)
	if err == nil {
		warn(c, p)
	}
	return p, err
}

// openTrained is open for what is made of the weights beside the package: it says what is unsure of them.
func openTrained(c *cobra.Command, file, out string) (*project.Project, error) {
	p, err := open(c, file, out)
	if err != nil {
		return nil, err
	}
	if b, err := regular.Read(filepath.Join(p.Dir, output.Weights), project.MaxWeights); err == nil {
		for _, text := range p.Doubts(b) {
			fmt.Fprintf(c.ErrOrStderr(), "nngen: remark: %s\n", text)
		}
	}
	return p, nil
}

// each calls f for every file, whatever is wrong with others. Of several errors it reports all but the last, which it
// returns.
func each(c *cobra.Command, files []string, f func(i int, file string) error) (last error) {
	all, _ := c.Flags().GetBool("errors")
	for i, file := range files {
		err := f(i, file)
		if err == nil {
			continue
		}
		if last != nil {
			report(c.ErrOrStderr(), last, all, "")
		}
		last = err
	}
	return last
}

// warn writes the warnings that have come up, once.
func warn(c *cobra.Command, p *project.Project) {
	if len(p.Warnings) > 0 {
		report(c.ErrOrStderr(), &project.SpecError{List: p.Warnings, Source: p.Spec.Source}, false, "")
	}
	for _, n := range p.Notes {
		fmt.Fprintf(c.ErrOrStderr(), "nngen: %s\n", spec.Message(n))
	}
	p.Warnings, p.Notes = nil, nil
}

// outFlag adds the flag for the folder of the packages.
func outFlag(c *cobra.Command) *string {
	return c.Flags().StringP("out", "o", "",
		"folder of the inference package (default: that of the spec, or one named as the spec in it)")
}

// parsed is what package strconv says of a text that is no number of a kind.
var parsed = regexp.MustCompile(`strconv\.Parse(\w+): parsing ".*": .*`)

// plainFlag says what a flag wants in place of what strconv found.
func plainFlag(err error) error {
	wanted := map[string]string{"Uint": "want a whole number, at least 0", "Int": "want a whole number",
		"Float": "want a number", "Bool": "want true or false"}
	return errors.New(parsed.ReplaceAllStringFunc(err.Error(), func(text string) string {
		if strings.HasSuffix(text, strconv.ErrRange.Error()) {
			return "want a number that 64 bits hold"
		}
		if want := wanted[parsed.FindStringSubmatch(text)[1]]; want != "" {
			return want
		}
		return text
	}))
}

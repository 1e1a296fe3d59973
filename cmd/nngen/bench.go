package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/bench"
)

func benchCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "bench [SPEC...]",
		Short: "Time predictions and training steps, as a share of what the machine can do",
		Long: `Compile a network, build it with your Go, and time one prediction, a batch of them, and training steps:
nanoseconds, GFLOP/s, the share of the multiply-add peak, or of the rate of loads, that was measured right
beside, and allocations; then each matrix product of the network alone. One thread, medians; a row counts
only after its results agreed with the float64 reference. Rows with workers say how many times as fast all processors
are as one, where that is worth it, beside what as many loops gain that share nothing.

Without a spec, the kernels and networks of nngen's own table, beside aims that go with the peak, and what holds back
rows that are short of theirs; a row is busy, and not judged, where the peak was not steady. With --workers only how
many times as fast all processors are as one at trainings, and at predictions of 4,096 rows, with the aims for two
processors: in a minute, on a machine that does nothing else. Names of that table's networks choose rows.

With --sets, all that with each instruction set that the machine has (see NNRT in nngen help debug), a column for each,
and how many times as fast as the Go twins each is.

With --size, how large the packages of one or more specs are: files and lines with a copy of the runtime, and
by how much a stripped program grows that decodes weights and predicts, weights apart. With --profiles, that of
packages of the full and of the tiny profile, in bytes beside a program that imports nothing, on several machines, and
the memory of a prediction. With --start, what a model
costs at the start of a program: decoding its weights, and how much longer a program runs, and how much more memory
it has, than one that prints a line; beside it one that copies the weight file and does nothing else, which is what the
system takes for its pages, and by how much the first runs longer than that. Aims are for weights of up to 420 KB, those
of 784-128-10.`,
		Args: func(c *cobra.Command, args []string) error {
			size, _ := c.Flags().GetBool("size")
			profiles, _ := c.Flags().GetBool("profiles")
			if start, _ := c.Flags().GetBool("start"); size || profiles || start {
				return cobra.MinimumNArgs(1)(c, args)
			}
			if workers, _ := c.Flags().GetBool("workers"); workers {
				return nil
			}
			return cobra.MaximumNArgs(1)(c, args)
		},
	}
	c.AddCommand(benchCompileCommand(), benchTablesCommand(), benchKernelsCommand())
	peer := c.Flags().String("peer", "",
		"build the program that a harness of other tools runs, as this file, and do nothing else")
	size := c.Flags().Bool("size", false, "measure size, not speed")
	start := c.Flags().Bool("start", false, "measure what a model costs at the start of a program")
	asJSON := c.Flags().Bool("json", false, "print rows as lines of JSON, behind one that names the instruction set")
	sets := c.Flags().Bool("sets", false, "measure with each instruction set that the machine has: a column for each")
	workers := c.Flags().Bool("workers", false, "compare all processors with one, at the networks of nngen's own table")
	profiles := c.Flags().Bool("profiles", false, "measure the size of both profiles on several machines")
	c.RunE = func(c *cobra.Command, args []string) error {
		if *size || *start || *profiles {
			subjects, err := benchSubjects(c, args)
			if err != nil {
				return err
			}
			if *start {
				return benchStart(c, subjects)
			}
			if *profiles {
				return benchProfiles(c, subjects)
			}
			return benchSize(c, subjects)
		}
		if *peer != "" {
			return bench.Peer(c.Context(), *peer)
		}
		if *sets {
			return benchSets(c, *workers, args)
		}
		var rows []bench.Row
		add := func(r bench.Row) {
			rows = append(rows, r)
			fmt.Fprintf(c.ErrOrStderr(), "%s\n", r.Work)
		}
		if !*asJSON {
			if err := benchRows(c, *workers, args, add); err != nil {
				return err
			}
			return bench.Print(c.OutOrStdout(), rows)
		}
		write, failed := bench.JSON(c.OutOrStdout())
		err := benchRows(c, *workers, args, func(r bench.Row) { failed = errors.Join(failed, write(r)) })
		return errors.Join(err, failed)
	}
	return c
}

// benchRows measures a spec, or without one what the table has.
func benchRows(c *cobra.Command, workers bool, args []string, done func(bench.Row)) error {
	switch {
	case workers:
		return bench.Workers(c.Context(), args, done)
	case len(args) == 0:
		return bench.Tables(c.Context(), done)
	}
	p, err := open(c, args[0], "")
	if err != nil {
		return err
	}
	return bench.Model(c.Context(), bench.Subject{Spec: p.Spec, Files: os.DirFS(p.Base)}, done)
}

// benchSets runs this program anew with each instruction set.
func benchSets(c *cobra.Command, workers bool, args []string) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	again := []string{"bench", "--json"}
	if workers {
		again = append(again, "--workers")
	}
	columns, err := bench.Sets(c.Context(), exe, append(again, args...), func(set string, r bench.Row) {
		fmt.Fprintf(c.ErrOrStderr(), "%s: %s\n", set, r.Work)
	})
	if err != nil {
		return err
	}
	return bench.PrintSets(c.OutOrStdout(), columns)
}

func benchSubjects(c *cobra.Command, specs []string) ([]bench.Subject, error) {
	var subjects []bench.Subject
	for _, file := range specs {
		p, err := open(c, file, "")
		if err != nil {
			return nil, err
		}
		subjects = append(subjects, bench.Subject{Spec: p.Spec, Files: p.Files()})
	}
	return subjects, nil
}

func benchSize(c *cobra.Command, subjects []bench.Subject) error {
	sizes, err := bench.Sizes(c.Context(), subjects)
	if err != nil {
		return err
	}
	return bench.PrintSizes(c.OutOrStdout(), sizes)
}

func benchProfiles(c *cobra.Command, subjects []bench.Subject) error {
	sizes, err := bench.Profiles(c.Context(), subjects, bench.Targets)
	if err != nil {
		return err
	}
	return bench.PrintProfiles(c.OutOrStdout(), sizes)
}

func benchStart(c *cobra.Command, subjects []bench.Subject) error {
	starts, err := bench.Starts(c.Context(), subjects)
	if err != nil {
		return err
	}
	return bench.PrintStarts(c.OutOrStdout(), starts)
}

func benchCompileCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "compile SPEC...",
		Short: "Measure what compiling and verifying cost: processor time, memory, and the time of go build",
		Long: `Compile each spec in a module of its own, by this program run anew, and build the packages with your Go: seconds of
processor time and the most memory of nngen, and the seconds that go build takes. A spec may name an aim for
the processor time in a comment: # aim: 3 s; that for memory is 200 MB and 3 bytes for each byte of parameters. Where a
comment has aims for verifying it, as # aim of verify: 8 s, 300 MB, that is measured too, with the building and running
of what is verified. The exit code is 1 if one is missed.`,
		Example: "  nngen bench compile testdata/compile/*.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			nngen, err := os.Executable()
			if err != nil {
				return err
			}
			var all []bench.Compilation
			missed := false
			for _, file := range args {
				row, err := bench.Compile(c.Context(), nngen, file)
				if err != nil {
					return err
				}
				all = append(all, row)
				missed = missed || row.Missed()
			}
			if err := bench.PrintCompilations(c.OutOrStdout(), all); err != nil || !missed {
				return err
			}
			return errFailed
		},
	}
}

func benchKernelsCommand() *cobra.Command {
	table := false
	c := &cobra.Command{
		Use:   "kernels",
		Short: "Time what `generate: {kernels: auto}` chooses from: kernels of the library, and made ones",
		Long: `Build perceptrons of three layers of some widths twice, with kernels: library and with kernels: made, and time one
prediction and a batch of 256. Both take turns, so that other work on the machine counts little: times are the least of
each, and ratios the medians of those of two times taken one after the other. auto takes made ones where such a table,
which nngen holds, tells that they are faster; this one shows whether that is right on this machine.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var all []bench.Choice
			err := bench.Choices(c.Context(), bench.Widths, func(x bench.Choice) { all = append(all, x) })
			if err != nil {
				return err
			}
			if table {
				return bench.PrintChoiceTable(c.OutOrStdout(), all)
			}
			return bench.PrintChoices(c.OutOrStdout(), all)
		},
	}
	c.Flags().BoolVar(&table, "table", false, "print the table as nngen holds it")
	return c
}

func benchTablesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "rows",
		Short: "Time the reading of tables: rows a second, beside encoding/csv and wc -l",
		Long: `Write tables of 20 columns to a temporary folder, of numbers, of numbers in quotes, and of numbers,
words and dates, and read them as train does: from CSV, and from the cache that it leaves. Beside it
encoding/csv splits them alone, and wc -l counts their lines. Each is the best of some runs that take turns.`,
		Args: cobra.NoArgs,
	}
	rows := c.Flags().Int("rows", 500_000, "of each table")
	runs := c.Flags().Int("runs", 3, "of each reading")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if *rows < 1 || *runs < 1 {
			return fmt.Errorf("--rows %d --runs %d: at least 1 of each", *rows, *runs)
		}
		return bench.Rows(c.Context(), *rows, *runs, c.OutOrStdout())
	}
	return c
}

package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/train"
)

func trainCommand(e *ending) *cobra.Command {
	c := &cobra.Command{
		Use:   "train SPEC",
		Short: "Train a network, and embed the weights in its package",
		Long: `Compile a network, build its training package with your Go, train it on the data of the spec, and
write weights, history and curves beside the inference package, which then embeds the weights. At the
end the generated code is held against the reference, and measured on the test set.

Nothing is written before the training is over and the package with its weights has passed its own test;
weights that it replaces are kept as weights.safetensors.bak.

Its progress is saved after epochs and every minute, to .nngen in the folder of the package. An interrupt
(ctrl-C) or SIGTERM ends the training after the step in progress, saves the progress, and leaves the
packages alone; --resume goes on from there, as it does after a kill or with more --epochs, to the bits
of a training that was never interrupted (a schedule that is laid over all epochs, as one_cycle is, takes
no other number of them). With --keep-best an interrupt keeps the weights too, those of the
best epoch if the spec asks for that. A second interrupt ends at once.

--from begins with the arrays of a weights file that have a name in the network, constants of the
preprocessing among them, as for fine-tuning: trainable: false keeps a layer's as they are. Where they may have learned
from the rows that test_split holds out now, a remark says so, PROOF.json too, and so do trainings that begin with these.

--reproduce trains again in a temporary folder as PROOF.json says that it was done, and compares the weights, which have
the same bits on every machine: exit 1 if they have not. Nothing is written. NNGENTARGET="arm64 qemu-aarch64" in the
environment builds the training program for another architecture, and runs it by those words.

A line stays for each epoch that is the best so far, for each tenth and for the last; of more than 30 at once, one a second.
On a terminal one more shows what goes on; elsewhere, as in logs, an epoch has a line too that ends 10 seconds after the
last one. NO_COLOR=1 in the environment leaves out colours.

--json prints lines of JSON on the standard output, each with "event":

` + train.LinesDoc(),
		Args: cobra.ExactArgs(1),
	}
	out := outFlag(c)
	seed := c.Flags().Uint64("seed", 0,
		"seed of weights, shuffles and dropout, in place of the spec's; the test set stays the same")
	epochs := c.Flags().Int("epochs", 0, "most epochs, in place of the spec's")
	workers := workersFlag(c)
	var skip float64
	skipFlag(c, &skip)
	noVerify := c.Flags().Bool("no-verify", false, "do not compare with the reference at the end")
	keepBest := c.Flags().Bool("keep-best", false, "keep the weights of a training that is interrupted")
	resume := c.Flags().Bool("resume", false, "go on where the last training of the network stopped")
	from := c.Flags().String("from", "",
		"weights file whose arrays the training begins with, by name; what the file does not have is begun anew")
	reproduce := c.Flags().Bool("reproduce", false,
		"train again as PROOF.json says, and compare the weights: writes nothing")
	quiet := c.Flags().BoolP("quiet", "q", false, "print errors and warnings alone")
	asJSON := c.Flags().Bool("json", false, "print what happens as lines of JSON, see above")
	keepRuns := c.Flags().Int("keep-runs", 50,
		"records of trainings of the network that are kept in runs beside the spec, the newest; 0 to keep none")
	c.RunE = func(c *cobra.Command, args []string) error {
		if *workers < 0 {
			return fmt.Errorf("--workers is at least 1, or 0 for all processors, not %d", *workers)
		}
		if c.Flags().Changed("epochs") && *epochs < 1 {
			return fmt.Errorf("--epochs is at least 1, not %d", *epochs)
		}
		p, err := open(c, args[0], *out)
		if err != nil {
			return err
		}
		o := train.Options{Epochs: *epochs, Workers: *workers, SkipBadRows: skip, Verify: !*noVerify, Resume: *resume,
			KeepBest: *keepBest, From: *from, KeepRuns: *keepRuns, OnTraining: e.onFirst, Flags: flagsAgain(c)}
		lines := train.NewLines(c.OutOrStdout())
		stderr := follow(c, &o, *quiet, *asJSON, lines)
		o.OnEnd = func(say func() string) { e.onEnd(stderr, say) }
		if c.Flags().Changed("seed") {
			o.Seed = seed
		}
		if *reproduce {
			return trainAgain(c, p, *from, o)
		}
		r, err := train.Run(c.Context(), p, o)
		if err != nil {
			return err
		}
		warn(c, p)
		switch {
		case *asJSON:
			err = lines.Result(r)
		case !*quiet:
			err = r.Report(c.OutOrStdout(), p.Dir)
		}
		if err != nil {
			return err
		}
		if r.Verified != nil && !r.Verified.OK() {
			if *asJSON || *quiet {
				fmt.Fprintf(c.ErrOrStderr(), "nngen: the verification failed; nngen verify %s says where\n", args[0])
			}
			return errFailed
		}
		return nil
	}
	return c
}

// trainAgain trains again as PROOF.json says that it was done, and prints whether the weights are the same.
func trainAgain(c *cobra.Command, p *project.Project, from string, o train.Options) error {
	for _, name := range []string{"seed", "epochs", "skip-bad-rows", "no-verify", "keep-best", "resume", "keep-runs",
		"json"} {
		if c.Flags().Changed(name) {
			return fmt.Errorf("--%s does not go with --reproduce: PROOF.json says what was done", name)
		}
	}
	o.OnEnd(func() string { return "interrupted; nothing was compared, and nothing was written" })
	f, err := train.Reproduce(c.Context(), p, from, train.Options{Workers: o.Workers,
		OnStart: o.OnStart, OnEvent: o.OnEvent, Log: o.Log})
	if err != nil {
		return err
	}
	return findings(c, f)
}

// plainWord is what a shell takes as it is.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./%:=@+,-]*$`)

// flagsAgain returns the flags of a training that was interrupted which the command that goes on must have too, as a
// shell reads them, each after a space: all that were given, but for --resume itself, and --from, whose arrays are in
// the progress.
func flagsAgain(c *cobra.Command) string {
	var b strings.Builder
	c.Flags().Visit(func(f *pflag.Flag) {
		if f.Name == "resume" || f.Name == "from" {
			return
		}
		word := "--" + f.Name + "=" + f.Value.String()
		if f.Value.Type() == "bool" && f.Value.String() == "true" {
			word = "--" + f.Name
		}
		if !plainWord.MatchString(word) {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		b.WriteString(" " + word)
	})
	return b.String()
}

// follow makes a training show what happens: on the standard error as it is for people, unless quiet, but for warnings;
// with asJSON as lines for programs. What is written to the result makes room for itself there.
func follow(c *cobra.Command, o *train.Options, quiet, asJSON bool, lines *train.Lines) io.Writer {
	stderr := c.ErrOrStderr()
	show := train.NewProgress(stderr)
	var log []io.Writer
	switch {
	case asJSON:
		o.OnStart, o.OnEvent = lines.Start, lines.Event
		log = append(log, train.Warnings(lines.Warn))
	case !quiet:
		o.OnStart, o.OnEvent = show.Start, show.Event
	}
	if quiet {
		log = append(log, train.Warnings(func(text string) { fmt.Fprintf(legible{stderr}, "warning: %s\n", text) }))
	} else {
		log = append(log, legible{show})
	}
	o.Log = io.MultiWriter(log...)
	return show
}

// workersFlag adds the flag that bounds the processors of a training.
func workersFlag(c *cobra.Command) *int {
	return c.Flags().Int("workers", 0, "processors that share the work, 0 for all; the bits do not depend on it")
}

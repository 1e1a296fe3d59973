package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/sweep"
	"github.com/nngen/nngen/spec"
)

// indexVars are the variables in which schedulers hand a job its number.
var indexVars = []string{"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"}

func sweepCommand(e *ending) *cobra.Command {
	c := &cobra.Command{
		Use:   "sweep SPEC",
		Short: "Compare settings of a spec: values of any fields, over folds and seeds",
		Long: `Train a spec with other values of some fields, and make one table of what the trainings come to.

  nngen sweep iris.yaml --set layers.h1.units=8,16,32 --set optimizer.adam.lr=1e-4..1e-2:log:5 --folds 5
  nngen sweep iris.yaml --set optimizer.adam.lr=1e-4..1e-1:log --search random --trials 20 --seeds 3

A path names keys, and layers by name. Values are a list, or a range: with :log evenly in its logarithm, with
:int of whole numbers, and with a number of points just those. --search grid takes all combinations, random
draws --trials of them, halving draws as many and trains the best of them on, longer and longer. --case "NAME:
PATH=VALUE; PATH=VALUE" names what several fields have together.

Settings are compared on the validation set, or with --folds on each fold in turn, for which all that is
fitted is fitted to the others: drawn by class, by --groups, or of a series one behind those before it.

table.txt, results.jsonl, plot.svg, curves.svg (of ten settings) and report.html are in the folder of the sweep.

Every trial leaves one file in the folder of the sweep, so that the same command again goes on where it
was ended. For several machines, sweep plan writes the numbered trials, sweep run DIR --trial I runs one (I
may be in SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX), of halving with --round R, and sweep collect DIR makes the
table. A trial may be run more than once.`,
		Args: cobra.ExactArgs(1),
	}
	o, dir := sweepFlags(c)
	jobs := c.Flags().IntP("jobs", "j", 0, "trainings side by side; 0 for as many as there are cores")
	c.RunE = func(c *cobra.Command, args []string) error {
		p, err := planned(c, args[0], *o, *dir)
		if err != nil {
			return err
		}
		return runTrials(c, e, p, *jobs, 0, nil)
	}
	c.AddCommand(sweepPlanCommand(), sweepRunCommand(e), sweepCollectCommand())
	return c
}

// sweepFlags adds what says what is compared.
func sweepFlags(c *cobra.Command) (*sweep.Options, *string) {
	o := &sweep.Options{}
	c.SetFlagErrorFunc(func(of *cobra.Command, err error) error {
		if err = plainFlag(err); err.Error() == "unknown flag: --epochs" && of.Flags().Lookup("set") != nil {
			return fmt.Errorf("%w: a sweep sets fields of the spec: --set training.epochs=6", err)
		}
		return err
	})
	c.Flags().StringArrayVar(&o.Fields, "set", nil,
		"a field and its values: layers.h1.units=8,16,32 or optimizer.adam.lr=1e-4..1e-2:log")
	c.Flags().StringArrayVar(&o.Cases, "case", nil,
		"fields that are set together, under a name: \"dropout: layers.drop.rate=0.5; training.epochs=40\"")
	c.Flags().StringVar(&o.Search, "search", "",
		"grid, random or halving (default: grid, or random if a range has no number of points)")
	c.Flags().IntVar(&o.Trials, "trials", 20, "settings that random and halving draw")
	c.Flags().IntVar(&o.Eta, "eta", 3, "of halving: one of so many settings is trained on, for so many times the epochs")
	c.Flags().IntVar(&o.Folds, "folds", 0,
		"compare on so many folds of the training examples in place of the validation set")
	c.Flags().StringVar(&o.Groups, "groups", "", "column whose fields tell which examples must be in one fold")
	c.Flags().IntVar(&o.Seeds, "seeds", 1, "trainings of each setting, with the seed of the spec and those that follow it")
	c.Flags().StringVar(&o.Metric, "metric", "loss", "metric that settings are ordered by")
	c.Flags().StringVar(&o.Over, "over", "",
		"what plot.svg has along: a field, or parameters for their number (default: the one field of numbers)")
	c.Flags().Uint64Var(&o.Seed, "draw", 0, "seed of the values that random and halving draw")
	return o, c.Flags().String("dir", "",
		"folder of the sweep (default: one in sweeps beside the spec, by the checksum of the plan)")
}

// planned makes and saves the plan of a sweep, and says what it is.
func planned(c *cobra.Command, file string, o sweep.Options, dir string) (*sweep.Plan, error) {
	p, err := open(c, file, "")
	if err != nil {
		return nil, err
	}
	plan, err := sweep.New(p, o)
	if err != nil {
		return nil, err
	}
	if err := plan.Save(dir, file); err != nil {
		return nil, err
	}
	fmt.Fprintf(c.ErrOrStderr(), "%s: %s; in %s\n", p.Spec.Name, plan, plan.Dir())
	if n := len(plan.Settings); plan.Search != "grid" && n < o.Trials {
		fmt.Fprintf(c.ErrOrStderr(), "the draws gave %s in place of %d: the fields have hardly more\n",
			spec.Count(n, "setting"), o.Trials)
	}
	return plan, nil
}

// runTrials runs trials of a plan, or of a round of it unless that is 0; all if none are named, and with their table
// those of all rounds.
func runTrials(c *cobra.Command, e *ending, plan *sweep.Plan, jobs, round int, trials []int) error {
	e.onEnd(c.ErrOrStderr(), func() string {
		return "interrupted; the results that there are stay, and the same command goes on: they are in " + plan.Dir()
	})
	plan, p, err := sweep.Open(plan.Dir())
	if err != nil {
		return err
	}
	r := &sweep.Runner{Plan: plan, Project: p, Jobs: jobs, OnResult: func(r *sweep.Result, done, all int) {
		fmt.Fprintf(c.ErrOrStderr(), "%d/%d  %s\n", done, all, plan.Describe(r))
	}, OnKept: func(kept, all int) {
		has := "have a result, and are"
		if all == 1 {
			has = "has a result, and is"
		}
		fmt.Fprintf(c.ErrOrStderr(), "%d of %s %s not run again\n", kept, spec.Count(all, "trial"), has)
	}}
	switch {
	case round > 0:
		return r.Round(c.Context(), round, trials)
	case trials != nil:
		return r.Run(c.Context(), trials, func(int) int { return 0 })
	case plan.Search == "halving":
		err = r.Halve(c.Context())
	default:
		err = r.Run(c.Context(), plan.All(), func(int) int { return 0 })
	}
	if err != nil {
		return err
	}
	return collect(c, plan)
}

func collect(c *cobra.Command, plan *sweep.Plan) error {
	t, err := plan.Collect()
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(c.OutOrStdout(), t)
	return err
}

func sweepPlanCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "plan SPEC",
		Short: "Write the numbered trials of a sweep, without running any",
		Args:  cobra.ExactArgs(1),
	}
	o, dir := sweepFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		plan, err := planned(c, args[0], *o, *dir)
		if err != nil {
			return err
		}
		rounds := plan.Rounds()
		for k, r := range rounds {
			round, part := "", ""
			if len(rounds) > 1 {
				round = fmt.Sprintf("round %d: ", k+1)
			}
			if r.Of > 1 {
				part = fmt.Sprintf(", for 1/%d of the epochs", r.Of)
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: %strials 0 to %d%s\n", plan.Dir(), round, r.Trials-1, part)
		}
		return nil
	}
	return c
}

func sweepRunCommand(e *ending) *cobra.Command {
	c := &cobra.Command{
		Use:   "run DIR",
		Short: "Run a trial of a plan, or all that have no result yet",
		Long: `Run one trial of a plan, or without a number all that have no result yet. Of successive halving each round has trials
of its own, with numbers from 0 on, which can run once the round before is over.`,
		Example: `  nngen sweep run sweep --trial 3
  nngen sweep run sweep --round 2 --trial 3    # of a plan by --search halving`,
		Args: cobra.ExactArgs(1),
	}
	round := c.Flags().Int("round", 0, "round of successive halving, from 1 (default: all, one after another)")
	trial := c.Flags().Int("trial", 0,
		"number of the trial, from 0 (default: that in SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX, else all)")
	jobs := c.Flags().IntP("jobs", "j", 0, "trainings side by side; 0 for as many as there are cores")
	c.RunE = func(c *cobra.Command, args []string) error {
		plan, _, err := sweep.Open(args[0])
		if err != nil {
			return err
		}
		one := c.Flags().Changed("trial")
		for _, name := range indexVars {
			if v := os.Getenv(name); v != "" && !one {
				if *trial, err = strconv.Atoi(v); err != nil {
					return fmt.Errorf("%s=%s is no number of a trial", name, v)
				}
				one = true
			}
		}
		rounds := plan.Rounds()
		all := plan.Len()
		switch {
		case c.Flags().Changed("round") && plan.Search != "halving":
			return fmt.Errorf("--round: the search of %s is %s, which has no rounds", args[0], plan.Search)
		case c.Flags().Changed("round") && (*round < 1 || *round > len(rounds)):
			return fmt.Errorf("%s has rounds 1 to %d, but no %d", args[0], len(rounds), *round)
		case *round > 0:
			all = rounds[*round-1].Trials
		case one && plan.Search == "halving":
			return fmt.Errorf("trial %d of which round? In successive halving each has trials of its own: write --round 1, "+
				"and when all of that have run, 2, up to %d", *trial, len(rounds))
		}
		switch {
		case one && (*trial < 0 || *trial >= all):
			return fmt.Errorf("%s has trials 0 to %d, but no %d", args[0], all-1, *trial)
		case one:
			return runTrials(c, e, plan, *jobs, *round, []int{*trial})
		}
		return runTrials(c, e, plan, *jobs, *round, nil)
	}
	return c
}

func sweepCollectCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "collect DIR",
		Short: "Make the table of the results that there are",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			plan, _, err := sweep.Open(args[0])
			if err != nil {
				return err
			}
			return collect(c, plan)
		},
	}
}

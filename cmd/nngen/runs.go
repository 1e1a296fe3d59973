package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/output"
	reports "github.com/nngen/nngen/codegen/report"
	"github.com/nngen/nngen/codegen/runs"
	"github.com/nngen/nngen/codegen/sweep"
)

func runsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "runs SPEC",
		Short: "List the trainings of a network that are kept, compare or remove some",
		Long: `Each nngen train keeps a record in runs/<time>-<hash> beside the spec: spec, history, metrics, seed, checksums of
data and weights, a report. The same inputs give the same files, but for times.json, which git is told to ignore.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			p, err := open(c, args[0], "")
			if err != nil {
				return err
			}
			dirs, err := runs.List(p.Base, p.Spec.Name)
			if err != nil {
				return err
			}
			list, err := openRuns(dirs)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				fmt.Fprintf(c.OutOrStdout(), "no runs of %s are kept\n", p.Spec.Name)
				return nil
			}
			return tableOfRuns(c, list)
		},
	}
	c.AddCommand(&cobra.Command{
		Use:   "compare RUN...",
		Short: "Print what runs differ in, beside their metrics",
		Long:  "A RUN is the folder of one, or a spec for the newest of it.",
		Args:  cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			list, err := namedRuns(c, args)
			if err != nil {
				return err
			}
			if err := tableOfRuns(c, list); err != nil {
				return err
			}
			for _, r := range list[1:] {
				if r.Text != list[0].Text {
					fmt.Fprint(c.OutOrStdout(), "\n", output.Diff(filepath.Base(r.Dir)+"/spec.yaml", list[0].Text, r.Text))
				}
				for _, name := range slices.Sorted(maps.Keys(r.Data)) {
					if r.Data[name] != list[0].Data[name] {
						fmt.Fprintf(c.OutOrStdout(), "%s: other data in %s\n", filepath.Base(r.Dir), name)
					}
				}
			}
			return nil
		},
	}, pruneCommand())
	return c
}

func pruneCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "prune SPEC",
		Short: "Remove the oldest runs of a network",
		Args:  cobra.ExactArgs(1),
	}
	keep := c.Flags().Int("keep", 10, "runs to keep, the newest")
	c.RunE = func(c *cobra.Command, args []string) error {
		if *keep < 0 {
			return fmt.Errorf("--keep is at least 0, not %d", *keep)
		}
		p, err := open(c, args[0], "")
		if err != nil {
			return err
		}
		gone, err := runs.Prune(p.Base, p.Spec.Name, *keep, "")
		for _, dir := range gone {
			fmt.Fprintf(c.OutOrStdout(), "removed %s\n", dir)
		}
		return err
	}
	return c
}

// namedRuns reads the runs that arguments name: the folder of one, or a spec for the newest of it.
func namedRuns(c *cobra.Command, args []string) ([]*runs.Run, error) {
	dirs := slices.Clone(args)
	for i, arg := range args {
		if info, err := os.Stat(arg); err != nil || info.IsDir() || filepath.Ext(arg) != ".yaml" {
			continue
		}
		p, err := open(c, arg, "")
		if err != nil {
			return nil, err
		}
		of, err := runs.List(p.Base, p.Spec.Name)
		if err != nil {
			return nil, err
		}
		if len(of) == 0 {
			return nil, fmt.Errorf("%s: no run of %s is kept; nngen train makes one", arg, p.Spec.Name)
		}
		dirs[i] = of[len(of)-1]
	}
	return openRuns(dirs)
}

// openRuns reads the runs in folders.
func openRuns(dirs []string) ([]*runs.Run, error) {
	var list []*runs.Run
	for _, dir := range dirs {
		r, err := runs.Open(dir)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// tableOfRuns prints a line for each run, with the metrics that some of them have.
func tableOfRuns(c *cobra.Command, list []*runs.Run) error {
	names := map[string]bool{}
	for _, r := range list {
		for name := range r.Metrics {
			names[name] = true
		}
		for name := range r.TestMetrics {
			names["test_"+name] = true
		}
	}
	// What was measured on the test set first, then on the validation set, each by name.
	place := func(name string) string {
		for i, prefix := range []string{"test_", "val_"} {
			if strings.HasPrefix(name, prefix) {
				return strconv.Itoa(i) + name
			}
		}
		return "2" + name
	}
	metrics := slices.SortedFunc(maps.Keys(names), func(a, b string) int { return strings.Compare(place(a), place(b)) })
	rows := [][]string{append([]string{"run", "seed", "epochs"}, metrics...)}
	for _, r := range list {
		row := []string{filepath.Base(r.Dir), strconv.FormatUint(r.Seed, 10), strconv.Itoa(r.Epochs)}
		for _, name := range metrics {
			v, ok := r.Metrics[name]
			if test, is := strings.CutPrefix(name, "test_"); is && !ok {
				v, ok = r.TestMetrics[test]
			}
			cell := "-"
			if ok {
				cell = fmt.Sprintf("%.4g", v)
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	fmt.Fprint(c.OutOrStdout(), inBlocks(rows), positiveClasses(list))
	return nil
}

// positiveClasses says of which class the metrics of binary outputs are.
func positiveClasses(list []*runs.Run) string {
	said := map[string]bool{}
	for _, r := range list {
		for output, class := range r.Positive {
			of := ""
			if len(r.Positive) > 1 {
				of = output + ": "
			}
			said[fmt.Sprintf("%sprecision, recall, f1 and average_precision are of class %q\n", of, class)] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(said)), "")
}

// lineWidth is the number of characters that a line of a table may take, as terminals begin with it.
const lineWidth = 80

// inBlocks writes rows as a table, or as several below one another, each with the first column, where one would be too
// wide.
func inBlocks(rows [][]string) string {
	const gap = 2
	width := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, cell := range r {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for from := 1; from < len(width); {
		to, wide := from, width[0]
		for to < len(width) && (to == from || wide+gap+width[to] <= lineWidth) {
			wide += gap + width[to]
			to++
		}
		if from > 1 {
			b.WriteString("\n")
		}
		for _, r := range rows {
			line := ""
			for i, cell := range r {
				if i == 0 || i >= from && i < to {
					line += cell + strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell)+gap)
				}
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
		from = to
	}
	return b.String()
}

func reportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "report RUN... | SWEEP",
		Short: "Draw trainings, or a sweep, as a page of HTML",
		Long: `Write one page of HTML for a run, or for several side by side: curves, learning rate, confusion or residuals,
calibration, weights, updates, the worst examples, architecture, spec and provenance. The page needs nothing
else, no network and no script. A RUN is the folder of one, or a spec for its newest. Each nngen train writes
report.html in the folder of its run. With --png the curves alone are written, as a picture for what shows no
HTML.

Of the folder of a sweep the page has the table of settings, the pictures, and a row for each trial with a result; it
is report.html in that folder, if --out names no other file.`,
		Args: cobra.MinimumNArgs(1),
	}
	out := c.Flags().StringP("out", "o", "report.html", "file of the page")
	points := c.Flags().String("png", "", "file of the curves alone, as PNG, in place of the page")
	c.RunE = func(c *cobra.Command, args []string) error {
		if i := slices.IndexFunc(args, sweep.Is); i >= 0 {
			if len(args) > 1 || *points != "" {
				return fmt.Errorf("%s is a sweep, whose page is of it alone, and whose pictures are in its folder", args[i])
			}
			if !c.Flags().Changed("out") {
				*out = filepath.Join(args[0], sweep.PageFile)
			}
			return reportOfSweep(c, args[0], *out)
		}
		list, err := namedRuns(c, args)
		if err != nil {
			return err
		}
		draw, replace := reports.HTML, replaceNamed(output.HTML)
		if !c.Flags().Changed("out") {
			replace = replaceDefault(reports.Written, "--out")
		}
		if *points != "" {
			if c.Flags().Changed("out") {
				return errors.New("--out names a page and --png a picture: one of them at a time")
			}
			draw, replace, *out = reports.PNG, replaceNamed(output.PNG), *points
		}
		page, err := draw(list)
		if err != nil {
			return err
		}
		if err := replace(*out, page); err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "wrote %s\n", *out)
		return nil
	}
	return c
}

// replacer writes a file in the place of another, which it may refuse.
type replacer func(name string, content []byte) error

// replaceNamed writes files that the user has named: see output.ReplaceKind.
func replaceNamed(kind output.FileKind) replacer {
	return func(name string, content []byte) error { return output.ReplaceKind(name, content, kind) }
}

// replaceDefault writes files whose names the user has not given, but could by a flag: see output.ReplaceMade.
func replaceDefault(made func([]byte) bool, flag string) replacer {
	return func(name string, content []byte) error { return output.ReplaceMade(name, content, made, flag) }
}

// reportOfSweep collects what a sweep came to, and writes its page.
func reportOfSweep(c *cobra.Command, dir, out string) error {
	plan, _, err := sweep.Open(dir)
	if err != nil {
		return err
	}
	t, err := plan.Collect()
	if err != nil {
		return err
	}
	if page := filepath.Join(dir, sweep.PageFile); page == out { // which is among what was collected
		fmt.Fprintf(c.OutOrStdout(), "wrote %s\n", out)
		return nil
	}
	base, err := relative(filepath.Dir(out), dir)
	if err != nil {
		return err
	}
	page, err := t.HTML(base)
	if err != nil {
		return err
	}
	if err := output.ReplaceKind(out, page, output.HTML); err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "wrote %s\n", out)
	return nil
}

// relative returns the path of a file from a folder, both of which may be relative.
func relative(from, to string) (string, error) {
	from, err := filepath.Abs(from)
	if err != nil {
		return "", err
	}
	if to, err = filepath.Abs(to); err != nil {
		return "", err
	}
	return filepath.Rel(from, to)
}

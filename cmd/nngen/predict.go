package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/scratch"
	"github.com/nngen/nngen/codegen/train"
	"github.com/nngen/nngen/spec"
)

func predictCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "predict SPEC [FILE]",
		Short: "Run a trained network on the rows of a file (CSV, npy or IDX), on pictures, or on the standard input (CSV)",
		Long: `Run a trained network on the rows of a file (CSV, npy or IDX, gzipped or not), or of the standard input
(CSV). The columns are those of the training data; those of labels may be missing. For each row the label and
the probability of each class are printed, or the numbers of a regression. A network that was trained on
pictures takes one or a folder of them, and its lines begin with their names. With --skip-bad-rows a row that is
bad has its line too, which says why; with --skip-bad-rows=5% more bad rows than that are an error. For a
series, that is for each window of rows, the last one too, whose label is yet to come, with the time of that,
and where gaps: fill put rows into it, their number as filled; --roll goes on from there. From a network that
foretells the next token of a text, --sample draws texts.`,
		Example: "  nngen predict names.yaml --sample 10 --temperature 0.8 --seed 3\n  nngen predict digits.yaml new.csv\n" +
			"  head -1 new.csv | nngen predict digits.yaml --format json",
		Args: cobra.RangeArgs(1, 2),
	}
	v := &prediction{out: outFlag(c)}
	f := c.Flags()
	f.StringVar(&v.weights, "weights", "", "file of weights, in place of those in the package")
	skip := f.VarPF(share{&v.skip}, "skip-bad-rows", "",
		"give bad rows a line that says why, up to this share of all, "+
			"instead of stopping; more are an error, and nothing is printed")
	skip.NoOptDefVal = "100%" // a file may have few rows, and each keeps its line
	decimalFlag(c, &v.mark)
	f.StringVar(&v.format, "format", "csv",
		"csv or jsonl, also called json (one object a line; a number that is none, or infinite, is null)")
	f.StringVar(&v.form.ID, "id", "", "column of the file whose fields identify the predictions")
	f.BoolVar(&v.form.Proba, "proba", true,
		"the probabilities of all classes; --proba=false for that of the label alone")
	f.IntVar(&v.roll, "roll", 0,
		"of a series: how many rows behind its last to foretell from the forecasts before; a line has as many as a horizon")
	f.IntVar(&v.sampling.Count, "sample", 0, "number of texts to draw from a network that foretells the next token")
	f.StringVar(&v.sampling.Start, "start", "", "with which the texts of --sample begin")
	f.IntVar(&v.sampling.Most, "most", 256, "tokens of a text of --sample")
	f.Float64Var(&v.sampling.Temperature, "temperature", 1,
		"of --sample: below 1 for likely texts, above for strange ones, 0 for the likeliest token each time")
	f.Uint64Var(&v.sampling.Seed, "seed", 1, "of the first text of --sample; each further one has the next")
	c.RunE = v.run
	return c
}

// prediction holds the flags of predict.
type prediction struct {
	out      *string
	weights  string
	skip     float64
	mark     decimal
	format   string
	form     train.Form
	roll     int
	sampling train.Sampling
}

// check says which flag is wrong.
func (v *prediction) check(c *cobra.Command) error {
	switch s := v.sampling; {
	case c.Flags().Changed("sample") && s.Count < 1:
		return fmt.Errorf("--sample is at least 1, not %d", s.Count)
	case s.Most < 1 || s.Most > longestText:
		return fmt.Errorf("--most is from 1 to %d, not %d", longestText, s.Most)
	case !(s.Temperature >= 0) || math.IsInf(s.Temperature, 0):
		return fmt.Errorf("--temperature is a number of at least 0, not %v", s.Temperature)
	case v.format != "csv" && v.format != "json" && v.format != "jsonl":
		return fmt.Errorf("--format is csv or jsonl, not %q", v.format)
	case v.roll < 0 || v.roll > longestText:
		return fmt.Errorf("--roll is from 0 to %d, not %d", longestText, v.roll)
	}
	if info, err := os.Stat(*v.out); *v.out != "" && (err != nil || !info.IsDir()) {
		return fmt.Errorf("--out %s: it names the folder of the package, and there is none; predictions go to the "+
			"standard output: > %[1]s", *v.out)
	}
	return nil
}

// run draws texts, or predicts for the rows of a file, or of the standard input, of which it makes one.
func (v *prediction) run(c *cobra.Command, args []string) error {
	if err := v.check(c); err != nil {
		return err
	}
	p, err := open(c, args[0], *v.out)
	if err != nil {
		return err
	}
	switch {
	case v.sampling.Count > 0 && len(args) > 1:
		return fmt.Errorf("--sample draws texts from nothing: it takes no file, but there is %s", args[1])
	case v.sampling.Count > 0:
		texts, err := train.Sample(c.Context(), p, v.weights, v.sampling)
		for _, t := range texts {
			fmt.Fprintln(c.OutOrStdout(), t)
		}
		return err
	case len(args) > 1 && args[1] != "-":
		return v.predict(c, p, args[1], args[1])
	}
	folder, err := scratch.New("", "nngen-")
	if err != nil {
		return err
	}
	defer folder.Close()
	file := filepath.Join(folder.Dir, "stdin.csv")
	if err := copyInput(file, c.InOrStdin(), longestInput); err != nil {
		return err
	}
	return v.predict(c, p, file, "<stdin>")
}

// predict prints the predictions for the rows of a file, which messages and lines call by the name shown.
func (v *prediction) predict(c *cobra.Command, p *project.Project, file, shown string) error {
	said := func(text string) string { return strings.ReplaceAll(text, file, shown) }
	list, skipped, err := train.Predict(c.Context(), p, train.PredictOptions{Weights: v.weights,
		File: file, Decimal: string(v.mark), SkipBadRows: v.skip, ID: v.form.ID, Roll: v.roll,
		Remark: func(text string) { fmt.Fprintf(c.ErrOrStderr(), "nngen: remark: %s\n", spec.Message(said(text))) }})
	var bad data.BadRows
	switch {
	case err != nil && file == shown:
		return err
	case errors.As(err, &bad):
		for i := range bad {
			bad[i].File = shown
		}
		return err
	case err != nil:
		return errors.New(said(err.Error()))
	}
	if file != shown {
		list = list.Renamed(file, shown)
	}
	if d := p.Spec.Data; v.form.ID == "" && d != nil && d.Train != nil && d.Train.Image != nil {
		v.form.ID = "file"
	}
	if len(skipped) > 0 {
		fmt.Fprintf(c.ErrOrStderr(), "nngen: %s skipped\n%s\n", skipped.Count(), spec.Message(said(skipped.Table())))
	}
	if v.format == "csv" {
		return v.form.WriteCSV(c.OutOrStdout(), list)
	}
	return v.form.WriteJSON(c.OutOrStdout(), list)
}

// longestText bounds the tokens of a sampled text, which is held in memory and appears as a whole.
const longestText = 1 << 20

// longestInput bounds the standard input, which may have no end: files are read as long as they are.
const longestInput = 1 << 30

// copyInput puts the standard input, of at most so many bytes, into a file.
func copyInput(file string, in io.Reader, most int64) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(in, most+1))
	if err == nil && n > most {
		err = fmt.Errorf("<stdin>: it is longer than %d bytes; write it to a file, of which any length is read", most)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

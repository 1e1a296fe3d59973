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
	"github.com/nngen/nngen/codegen/scratch"
	"github.com/nngen/nngen/codegen/train"
	"github.com/nngen/nngen/spec"
)

func predictCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "predict SPEC [FILE]",
		Short: "Run a trained network on the rows of a file (CSV, npy or IDX), on pictures, or on the standard input (CSV)",
		Long: `Run a trained network on the rows of a file (CSV, npy or IDX, gzipped or not), or of the standard input
(CSV). The columns are those of the training data; those of labels may be missing. For each row the
label and the probability of each class are printed, or the numbers of a regression. A network that was trained on pictures
takes one or a folder of them, and its lines begin with their names. With --skip-bad-rows a row that is
bad has its line too, which says why; with --skip-bad-rows=5% more bad rows than that are an error. For a series, that is for each window of rows, the last one too, whose label is
yet to come, with the time of that, and where gaps: fill put rows into it, their number as filled; --roll goes on from
there. From a network that foretells the next token of a text, --sample draws texts.`,
		Example: "  nngen predict names.yaml --sample 10 --temperature 0.8 --seed 3\n  nngen predict digits.yaml new.csv\n" +
			"  head -1 new.csv | nngen predict digits.yaml --format json",
		Args: cobra.RangeArgs(1, 2),
	}
	out := outFlag(c)
	weights := c.Flags().String("weights", "", "file of weights, in place of those in the package")
	var skip float64
	f := c.Flags().VarPF(share{&skip}, "skip-bad-rows", "",
		"give bad rows a line that says why, up to this share of all, "+
			"instead of stopping; more are an error, and nothing is printed")
	f.NoOptDefVal = "100%" // a file may have few rows, and each keeps its line
	var mark decimal
	decimalFlag(c, &mark)
	format := c.Flags().String("format", "csv",
		"csv or jsonl, also called json (one object a line; a number that is none, or infinite, is null)")
	var form train.Form
	c.Flags().StringVar(&form.ID, "id", "", "column of the file whose fields identify the predictions")
	c.Flags().BoolVar(&form.Proba, "proba", true,
		"the probabilities of all classes; --proba=false for that of the label alone")
	roll := c.Flags().Int("roll", 0,
		"of a series: how many rows behind its last to foretell from the forecasts before; a line has as many as a horizon")
	var s train.Sampling
	c.Flags().IntVar(&s.Count, "sample", 0, "number of texts to draw from a network that foretells the next token")
	c.Flags().StringVar(&s.Start, "start", "", "with which the texts of --sample begin")
	c.Flags().IntVar(&s.Most, "most", 256, "tokens of a text of --sample")
	c.Flags().Float64Var(&s.Temperature, "temperature", 1,
		"of --sample: below 1 for likely texts, above for strange ones, 0 for the likeliest token each time")
	c.Flags().Uint64Var(&s.Seed, "seed", 1, "of the first text of --sample; each further one has the next")
	c.RunE = func(c *cobra.Command, args []string) error {
		switch {
		case c.Flags().Changed("sample") && s.Count < 1:
			return fmt.Errorf("--sample is at least 1, not %d", s.Count)
		case s.Most < 1 || s.Most > longestText:
			return fmt.Errorf("--most is from 1 to %d, not %d", longestText, s.Most)
		case !(s.Temperature >= 0) || math.IsInf(s.Temperature, 0):
			return fmt.Errorf("--temperature is a number of at least 0, not %v", s.Temperature)
		}
		switch {
		case *format != "csv" && *format != "json" && *format != "jsonl":
			return fmt.Errorf("--format is csv or jsonl, not %q", *format)
		case *roll < 0 || *roll > longestText:
			return fmt.Errorf("--roll is from 0 to %d, not %d", longestText, *roll)
		}
		if info, err := os.Stat(*out); *out != "" && (err != nil || !info.IsDir()) {
			return fmt.Errorf("--out %s: it names the folder of the package, and there is none; predictions go to the "+
				"standard output: > %[1]s", *out)
		}
		p, err := open(c, args[0], *out)
		if err != nil {
			return err
		}
		if s.Count > 0 {
			if len(args) > 1 {
				return fmt.Errorf("--sample draws texts from nothing: it takes no file, but there is %s", args[1])
			}
			texts, err := train.Sample(c.Context(), p, *weights, s)
			for _, t := range texts {
				fmt.Fprintln(c.OutOrStdout(), t)
			}
			return err
		}
		file := "-"
		if len(args) > 1 {
			file = args[1]
		}
		piped := file == "-"
		if piped {
			folder, err := scratch.New("", "nngen-")
			if err != nil {
				return err
			}
			defer folder.Close()
			file = filepath.Join(folder.Dir, "stdin.csv")
			if err := copyInput(file, c.InOrStdin(), longestInput); err != nil {
				return err
			}
		}
		shown := func(text string) string {
			if !piped {
				return text
			}
			return strings.ReplaceAll(text, file, "<stdin>")
		}
		list, skipped, err := train.Predict(c.Context(), p, train.PredictOptions{Weights: *weights,
			File: file, Decimal: string(mark), SkipBadRows: skip, ID: form.ID, Roll: *roll,
			Remark: func(text string) { fmt.Fprintf(c.ErrOrStderr(), "nngen: remark: %s\n", spec.Message(shown(text))) }})
		var bad data.BadRows
		switch {
		case err == nil || !piped:
		case errors.As(err, &bad):
			for i := range bad {
				bad[i].File = "<stdin>"
			}
		default:
			return errors.New(shown(err.Error()))
		}
		if err != nil {
			return err
		}
		for i := range list {
			if piped && list[i].ID == file {
				list[i].ID = "<stdin>"
			}
		}
		if d := p.Spec.Data; form.ID == "" && d != nil && d.Train != nil && d.Train.Image != nil {
			form.ID = "file"
		}
		if len(skipped) > 0 {
			fmt.Fprintf(c.ErrOrStderr(), "nngen: %s skipped\n%s\n", skipped.Count(), spec.Message(shown(skipped.Table())))
		}
		if *format == "csv" {
			return form.WriteCSV(c.OutOrStdout(), list)
		}
		return form.WriteJSON(c.OutOrStdout(), list)
	}
	return c
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

package scaffold

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/spec"
)

// Inspect prints what the data of a spec holds and what becomes of it, as Write does for a new one, and what an audit
// finds. It returns how much is wrong.
func Inspect(s *spec.Spec, base string, network *net.Net, w io.Writer) (wrong int, err error) {
	sets, err := data.Load(s, base, network, s.Training.Seed, data.Options{})
	if err != nil {
		return 0, err
	}
	d := &draft{Options: Options{Log: w}, train: sets.Train.N, held: sets.Validation.N, test: sets.Test.N,
		skipped: len(sets.Skipped)}
	found := sets.Findings
	if s.Data.Train.Format == "csv" {
		more, err := d.inspect(s, base, network)
		if err != nil {
			return 0, err
		}
		found = append(found, more...)
	} else {
		fmt.Fprintf(w, "%s: %d examples for training, %d for validation, %d for testing\n",
			s.Data.Train.Path, d.train, d.held, d.test)
	}
	if d.skipped > 0 {
		fmt.Fprintf(w, "remark: %s skipped\n%s\n", sets.Skipped.Count(), sets.Skipped.Table())
	}
	for _, r := range sets.Remarks {
		if !slices.ContainsFunc(found, func(f data.Finding) bool { return f.Text == r }) {
			fmt.Fprintf(w, "remark: %s\n", r)
		}
	}
	for _, f := range found {
		kind := "remark"
		if f.Wrong {
			kind = "wrong"
			wrong++
		}
		fmt.Fprintf(w, "%s: %s\n", kind, f.Text)
	}
	return wrong, nil
}

// inspect looks at the table for training, and prints it with what the spec makes of its columns.
func (d *draft) inspect(s *spec.Spec, base string, network *net.Net) ([]data.Finding, error) {
	src := s.Data.Train
	d.Data = src.Path
	if !filepath.IsAbs(d.Data) {
		d.Data = filepath.Join(base, filepath.FromSlash(src.Path))
	}
	var err error
	o := data.FormOf(src, s)
	o.Missing = s.Data.Missing
	if d.found, err = look(d.Data, o); err != nil {
		return nil, err
	}
	d.bad = nil // counted with those of all files
	d.takeWrong()
	for _, c := range d.columns {
		c.use = "left out"
	}
	if err := d.takeInputs(s, network); err != nil {
		return nil, err
	}
	if err := d.takeLabels(s, network); err != nil {
		return nil, err
	}
	d.report()
	var identifiers []data.Finding
	for _, c := range d.columns {
		if used := c.use != "left out" && c.use != "label" && !strings.HasPrefix(c.use, "index"); used &&
			!strings.HasPrefix(c.use, "texts") && (c.kind == identifier || c.kind == words && c.unique()) {
			identifiers = append(identifiers, data.Finding{Wrong: true,
				Text: fmt.Sprintf("column %s is another in nearly every row: what is learned of it holds for no other row",
					quotedName(c))})
		}
	}
	return identifiers, nil
}

// setUse notes what becomes of columns with some names.
func (d *draft) setUse(names []string, what string) error {
	for _, name := range names {
		c, err := d.column(name)
		if err != nil {
			return err
		}
		c.use = what
	}
	return nil
}

// takeInputs notes which columns the inputs of a spec read, and what they make of them.
func (d *draft) takeInputs(s *spec.Spec, network *net.Net) error {
	src := s.Data.Train
	if src.Series != nil {
		if err := d.setUse(src.Series.Columns, "steps of a window"); err != nil {
			return err
		}
		if src.Series.Index != "" {
			if err := d.setUse([]string{src.Series.Index}, "index of the series"); err != nil {
				return err
			}
		}
	}
	free := true // whether some input takes what is left
	for i, in := range s.Inputs {
		d.inputs += network.Inputs[i].Shape.Size()
		for _, c := range in.Columns {
			free = false
			what := becomes(c)
			if t := in.Tokens; t != nil {
				what = fmt.Sprintf("texts, of which the first %d tokens are read", in.Shape[0])
			}
			if err := d.setUse([]string{c.Name}, what); err != nil {
				return err
			}
			if at, err := d.column(c.Name); err == nil && at.kind == flags && c.Flag == nil {
				at.kind = words // as init calls a flag that is missing in some rows
			}
		}
	}
	if free && src.Series == nil {
		if err := d.setUse(src.Features, "a number"); err != nil {
			return err
		}
		for _, c := range d.columns {
			if src.Features == nil && c.kind != index {
				c.use = "a number"
			}
		}
	}
	if src.Weight != "" {
		return d.setUse([]string{src.Weight}, "weight of the row")
	}
	return nil
}

// takeLabels takes labels, task and classes from a spec.
func (d *draft) takeLabels(s *spec.Spec, network *net.Net) error {
	src := s.Data.Train
	names := src.Label
	if names == nil && src.Series != nil {
		names = src.Series.Columns
	} else if names == nil {
		names = []string{"last"}
	}
	if s.Data.Target != "" {
		names = nil
	}
	for _, name := range names {
		c, err := d.column(name)
		if err != nil {
			return err
		}
		if d.labels = append(d.labels, c); src.Series == nil || src.Label != nil &&
			!slices.Contains(src.Series.Columns, name) {
			c.use = "label"
		}
	}
	d.why, d.Task = "by the spec", network.Outputs[0].Task
	if d.labels != nil && d.Task != "regression" {
		d.classes, d.positive = network.Outputs[0].Classes, "by the spec"
		if c := d.labels[0]; c.numbers != c.present() && !c.many {
			c.foldCase()
		}
	}
	if len(network.Outputs) > 1 && d.labels != nil {
		d.takeTasks(src, network)
	}
	return nil
}

// becomes says what a spec makes of a column.
func becomes(c spec.Column) string {
	e := net.Columns(spec.Input{Columns: []spec.Column{c}})[0]
	text := "a number"
	switch {
	case e.Unit == encode.Durations:
		text += ", the seconds of a duration"
	case e.Unit != "":
		text += " of " + e.Unit
	}
	switch e.Kind {
	case encode.Words:
		text = fmt.Sprintf("%d words", len(c.Words))
		if c.MaxWords > 0 {
			text = fmt.Sprintf("its %s", count(c.MaxWords, "most frequent word", "most frequent words"))
		}
		if c.Other {
			text += ", and others"
		}
		if c.Missing {
			text += ", or missing"
		}
	case encode.Flag:
		text = fmt.Sprintf("0 for %s, 1 for %s", c.Flag[0], c.Flag[1])
	case encode.Date:
		text = strings.Join(c.Date, ", ")
	}
	switch {
	case net.FitsFill(c):
		text += fmt.Sprintf(", the %s where it is missing", c.Fill)
	case c.Fill != "":
		text += fmt.Sprintf(", %s where it is missing", c.Fill)
	}
	if c.Indicator {
		text += ", and whether it is"
	}
	return text
}

// takeTasks notes what the task of each of several outputs is, by its label columns.
func (d *draft) takeTasks(src *spec.Source, network *net.Net) {
	steps := 1
	if src.Series != nil {
		steps = src.Series.Steps
	}
	labels := d.labels
	for _, o := range network.Outputs {
		n := data.LabelColumns(o, steps)
		if n == 0 || n > len(labels) {
			d.tasks = nil
			return
		}
		one := &draft{labels: labels[:n], why: d.why}
		if one.Task = o.Task; o.Task != "regression" {
			one.classes, one.positive = o.Classes, d.why
			if c := one.labels[0]; c.numbers != c.present() && !c.many {
				c.foldCase()
			}
		}
		d.tasks = append(d.tasks, fmt.Sprintf("task of %s, %s: %s", o.Name, o.Task, one.reason()))
		if line := one.saysPositive(); line != "" {
			d.tasks = append(d.tasks, fmt.Sprintf("of %s, the %s", o.Name, strings.TrimSuffix(line, "\n")))
		}
		labels = labels[n:]
	}
}

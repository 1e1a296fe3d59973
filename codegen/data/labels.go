package data

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/spec"
)

// labelColumns returns the columns of the targets: one for each output with classes, one for each
// unit of the others.
func (r *reader) labelColumns(t *tabular) ([]int, error) {
	want := 0
	for _, o := range r.net.Outputs {
		want += targetColumns(o)
	}
	names := r.src.Label
	switch {
	case t.Names != nil && r.o.Like.Label != nil:
		names = r.o.Like.Label
	case names == nil:
		names = []string{"last"}
	}
	if r.o.Unlabeled {
		// Labels that are there are left out of the features.
		columns, err := t.all(names)
		if err != nil || t.Columns < r.inputs()+want {
			return nil, nil
		}
		return columns, nil
	}
	columns, err := t.allBy(names, func(text string) (int, error) { return r.label(t, text) })
	if err != nil {
		return nil, err
	}
	if len(columns) != want {
		return nil, fmt.Errorf("%s: %s, but the outputs need %d%s", t.File, spec.Count(len(columns), "label column"), want,
			labelHint(r.net, len(columns)))
	}
	var targets []int
	at := 0
	for _, o := range r.net.Outputs {
		n := targetColumns(o)
		if o.Classes == nil {
			targets = append(targets, columns[at:at+n]...)
		}
		at += n
	}
	return columns, t.measure(targets)
}

// label finds the column of a label.
func (r *reader) label(t *tabular, text string) (int, error) {
	if _, err := t.column(text); err != nil && isPosition(text) {
		return 0, beyondLabel(t, r.src, r.net.Spec.Data, r.o.Other, text)
	}
	if _, known := r.o.Like.Bare[text]; !known && r.src.Label == nil { // the last, as everywhere
		return t.column(text)
	}
	return r.atPlace(t, text, r.o.Other)
}

// beyondLabel is the error of a label that a spec names by its place, which a table of the section d, or another one,
// does not have.
func beyondLabel(t *tabular, src *spec.Source, d *spec.Data, other bool, text string) *spec.Error {
	hint := "name one of them"
	switch {
	case other:
		hint = "name a file that has the label there, as the training data has; predict needs no label"
	case d != nil && src == d.Test:
		hint = "say where the label is there: data: {test: {csv: …, label: …}}"
	case d != nil && src == d.Validation:
		hint = "say where the label is there: data: {validation: {csv: …, label: …}}"
	}
	return &spec.Error{Code: "input", Pos: src.Pos, Subject: "data", Hint: hint,
		Msg: fmt.Sprintf("label %q is beyond the columns of %s: there are %d, from #1 to #%[3]d", text, t.File, t.Columns)}
}

// saysMoved says that the column of a label in a table without a header to predict for, which is left out, holds hardly
// a class, so that it likely stands elsewhere, and the inputs are read from other columns than they are in; "" if not
// so.
func (r *reader) saysMoved(t *tabular, labels []int) string {
	if !r.o.Unlabeled || !r.o.Other || t.Names != nil || labels == nil {
		return ""
	}
	for _, o := range r.net.Outputs {
		if o.Classes == nil {
			labels = labels[targetColumns(o):]
			continue
		}
		none, all, line, example := 0, 0, 0, ""
		for _, row := range t.Sample() {
			if row.Err != nil {
				continue
			}
			field := strings.TrimSpace(row.Fields[labels[0]])
			if t.format.IsMissing(field) {
				continue
			}
			all++
			like := func(c string) bool { return strings.EqualFold(c, field) }
			if _, err := class(o, field); err != nil && !slices.ContainsFunc(o.Classes, like) {
				if none++; none == 1 {
					line, example = row.Line, field
				}
			}
		}
		if 2*none > all {
			return fmt.Sprintf("%s:%d: column %s, which holds the label in the training data and is left out, has %q there, "+
				"which is no class: if the label stands elsewhere, inputs are read from other columns than they are in",
				t.File, line, t.name(labels[0]), example)
		}
		labels = labels[1:]
	}
	return ""
}

// labelHint says what may be meant where columns of labels are not as many as the outputs need.
func labelHint(network *net.Net, columns int) string {
	if o := network.Outputs[0]; len(network.Outputs) == 1 && columns == 1 && o.Classes == nil && o.TargetWidth() > 1 {
		return fmt.Sprintf("; if the label names one of %d classes, write task: multiclass and classes: %[1]d (for a "+
			"model made elsewhere: nngen import MODEL --task multiclass)",
			o.TargetWidth())
	}
	if o := network.Outputs[0]; len(network.Outputs) == 1 && columns == len(o.Classes) && columns > 1 {
		return "; if each has 1 in the rows of its class and 0 in others, write one column with the name of the class in " +
			"place of them"
	}
	return "; write them as label: [a, b] of the source"
}

// namedClasses checks that the spec names its classes if the labels are words, and that those of several binary targets
// are none.
func (r *reader) namedClasses(t *tabular, labels []int) error {
	if r.o.Unlabeled {
		return nil
	}
	if err := r.binaryTargets(t, labels); err != nil || r.net.Spec.Classes.Names != nil {
		return err
	}
	for _, o := range r.net.Outputs {
		if o.Classes == nil {
			labels = labels[targetColumns(o):]
			continue
		}
		words := t.words(labels[0])
		if words != nil {
			return fmt.Errorf("%s: the labels in column %s are words; list them in the spec: classes: [%s]", t.File,
				t.name(labels[0]), strings.Join(words, ", "))
		}
		labels = labels[1:]
	}
	return nil
}

// binaryTargets checks that the columns of several binary targets, such as tags, hold no words: which of two would be 1
// the spec cannot say of each.
func (r *reader) binaryTargets(t *tabular, labels []int) error {
	if r.src.Series != nil {
		return nil
	}
	for _, o := range r.net.Outputs {
		own := labels[:min(targetColumns(o), len(labels))]
		labels = labels[len(own):]
		if o.Task != "binary" || len(own) < 2 {
			continue
		}
		for _, c := range own {
			if words := t.words(c); words != nil {
				return fmt.Errorf("%s: the labels in column %s are words, %s; output %q has several targets, and each is a "+
					"column of "+
					"numbers, 1 where it holds and else 0", t.File, t.name(c), strings.Join(words, ", "), o.Name)
			}
		}
	}
	return nil
}

func targetColumns(o *net.Output) int {
	if o.Classes != nil {
		return 1
	}
	return o.TargetWidth()
}

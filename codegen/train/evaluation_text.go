package train

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/spec"
)

// mostClasses is the largest number of classes for which a confusion matrix fits a terminal.
const mostClasses = 12

// String writes the evaluation as lines of text.
func (e *Evaluation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "loss %s on %s\n", plain(float64(e.Loss)), spec.Count(e.Examples, "example"))
	for i := range e.Outputs {
		o := &e.Outputs[i]
		if len(e.Outputs) > 1 {
			fmt.Fprintf(&b, "%s: ", o.Name)
		}
		b.WriteString(o.lines())
	}
	for _, r := range e.Remarks {
		fmt.Fprintf(&b, "remark: %s\n", r)
	}
	return b.String()
}

// lines writes an output: its metrics with 95 % intervals, four to a line, what simpler models reach, and the classes.
func (o *OutputEvaluation) lines() string {
	var b strings.Builder
	for i, m := range o.Metrics {
		switch {
		case i > 0 && i%4 == 0:
			b.WriteString("\n  ")
		case i > 0:
			b.WriteString("  ")
		}
		b.WriteString(m.String())
	}
	b.WriteString("\n")
	if o.Positive != "" {
		fmt.Fprintf(&b, "  precision, recall, f1 and average_precision are of class %q\n", o.Positive)
	}
	for _, f := range []*fitted{o.Temperature, o.Threshold} {
		if f != nil {
			fmt.Fprintf(&b, "  %s\n", f)
		}
	}
	for i, m := range o.Baselines {
		if i == 0 {
			b.WriteString("  to compare: ")
		} else {
			b.WriteString("; ")
		}
		b.WriteString(m.String())
	}
	if len(o.Baselines) > 0 {
		b.WriteString("\n")
	}
	switch {
	case o.Targets != nil:
		b.WriteString(o.targets())
	case o.Confusion != nil && len(o.Classes) <= mostClasses:
		b.WriteString(o.matrix())
	case len(o.Confused) > 0:
		b.WriteString("  most confused:")
		for i, c := range o.Confused {
			if i > 0 {
				b.WriteString(",")
			}
			fmt.Fprintf(&b, " %s for %s %d×", shown(c.Predicted), shown(c.Class), c.Examples)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// matrix writes the confusion matrix, and behind it how well each class is found.
func (o *OutputEvaluation) matrix() string {
	var classes []string
	for _, c := range o.Classes {
		classes = append(classes, shown(c))
	}
	rows := [][]string{append(append([]string{"true \\ predicted"}, classes...), "precision", "recall", "f1")}
	for i, r := range o.Confusion {
		row := []string{classes[i]}
		for _, n := range r {
			row = append(row, fmt.Sprint(n))
		}
		for _, v := range []number{o.PerClass[i].Precision, o.PerClass[i].Recall, o.PerClass[i].F1} {
			row = append(row, percent(v))
		}
		rows = append(rows, row)
	}
	return align(rows)
}

// percent writes a share; a dash for that of nothing.
func percent(share number) string {
	if share != share {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}

// targetsShown bounds the targets that are listed; of more, those that are met worst.
const targetsShown = 12

// targets writes a line for each target, with its main metric beside those of simpler models.
func (o *OutputEvaluation) targets() string {
	list, pair := slices.Clone(o.Targets), o.Targets[0].targetMetrics()
	rest := ""
	if len(list) > targetsShown {
		slices.SortStableFunc(list, func(a, b OutputEvaluation) int {
			return cmp.Compare(a.metric(pair[1]).Value, b.metric(pair[1]).Value)
		})
		list = list[:targetsShown]
		rest = fmt.Sprintf("  … those of %d that are met worst\n", len(o.Targets))
	}
	rows := [][]string{{"target", pair[0], pair[1]}}
	var rates []string // that tell a label which is seldom predicted
	if pair == targetMetrics["binary"] {
		rates = []string{"precision", "recall"}
		rows[0] = append(rows[0], rates...)
	}
	for _, b := range list[0].Baselines {
		rows[0] = append(rows[0], pair[0]+" of "+b.Model)
	}
	for i := range list {
		t := &list[i]
		row := []string{shown(t.Name)}
		for _, name := range pair {
			row = append(row, strings.TrimPrefix(t.metric(name).String(), name+" "))
		}
		for _, name := range rates {
			row = append(row, percent(t.metric(name).Value))
		}
		for _, b := range t.Baselines {
			m := metric{Name: b.Metric, Value: b.Value, share: b.share}
			row = append(row, strings.TrimPrefix(m.String(), m.Name+" "))
		}
		rows = append(rows, row)
	}
	return align(rows) + rest
}

// align writes rows as the lines of a table, the first column to the left and others to the right.
func align(rows [][]string) string {
	var b strings.Builder
	for _, r := range rows {
		for j, c := range r {
			width := 0
			for _, other := range rows {
				width = max(width, len([]rune(other[j])))
			}
			pad := strings.Repeat(" ", width-len([]rune(c)))
			if j == 0 {
				b.WriteString("  " + c + pad)
			} else {
				b.WriteString("  " + pad + c)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

package train

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/chart"
	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/stats"
	"github.com/nngen/nngen/runtime/fit"
)

// ExplainOptions say how the importance of columns is measured.
type ExplainOptions struct {
	Weights     string // file, in place of the one in the package
	File        string // of labelled examples, in place of the test set
	Decimal     string // mark of the numbers of the file; "" for that of the training data
	SkipBadRows float64
	Output      string // "" for the first
	Metric      string // "" for one that fits the task, and how often each class comes
	Repeats     int    // shuffles of each column
	Seed        uint64 // of the shuffles
}

// Explanation is by how much a metric of an output gets worse when a column of the table is shuffled.
type Explanation struct {
	Output   string   `json:"output"`
	Others   []string `json:"others,omitempty"` // outputs of the network
	Examples int      `json:"examples"`
	Metric   string   `json:"metric"`
	Value    number   `json:"value"` // with no column shuffled
	// Scaled says that the metric is of numbers in standard deviations of their targets, as those of a regression with
	// several are, so that none outweighs the others by its unit.
	Scaled  bool `json:"scaled"`
	Repeats int  `json:"repeats"`
	// Columns are in falling order of their importance.
	Columns []Importance `json:"columns"`
	Remarks []string     `json:"remarks,omitempty"`

	measured fit.Measured
	classes  *stats.Measure // the metric, where it is one of classes that no training measures; else nil
	asked    bool           // the metric was named
}

// Importance is what one column of the table means to the metric: mean and standard deviation over the shuffles.
type Importance struct {
	Column string `json:"column"`
	Mean   number `json:"importance"`
	SD     number `json:"sd"`
}

// Explain measures the permutation importance of each column for the trained network of a project, on its test set or
// the examples of a file.
func Explain(ctx context.Context, p *project.Project, o ExplainOptions) (*Explanation, data.BadRows, error) {
	t, err := openTrained(p, o.Weights)
	if err != nil {
		return nil, nil, err
	}
	e, at, err := newExplanation(t.net, o)
	if err != nil {
		return nil, nil, err
	}
	var remarks []string
	set, _, skipped, err := t.testSet(p, o.File, data.Options{SkipBadRows: o.SkipBadRows, Fitted: t.fitted,
		Decimal: o.Decimal, Remarks: &remarks})
	if err != nil {
		return nil, nil, err
	}
	e.Remarks = append(e.Remarks, remarks...)
	if o.File != "" {
		learned, err := t.learnedFrom(p, o.File)
		if err != nil {
			return nil, nil, err
		}
		if learned != "" {
			e.Remarks = append(e.Remarks, learned)
		}
	}
	if o.File == "" {
		learned, err := t.ownLearned(p, p.Spec.Data.Test)
		if err != nil {
			return nil, nil, err
		}
		if learned != "" {
			e.Remarks = append(e.Remarks, learned)
		}
	}
	g, err := ready(ctx, p, t.net)
	if err != nil {
		return nil, nil, err
	}
	defer g.Close()
	outs, err := g.decided(t.weights)
	if err != nil {
		return nil, nil, err
	}
	err = e.explain(set, data.Columns(p.Spec, p.Base, t.net), outs[at].Output, at, o.Seed,
		func(s fit.Set) ([][]float32, error) {
			ys, _, err := g.outputs(ctx, "predict", t.weights, s)
			return ys, err
		})
	if err != nil {
		return nil, nil, err
	}
	return e, skipped, nil
}

// newExplanation finds the output and its metric.
func newExplanation(network *net.Net, o ExplainOptions) (e *Explanation, at int, err error) {
	var names []string
	for _, out := range network.Outputs {
		names = append(names, out.Name)
	}
	if o.Output != "" {
		if at = slices.Index(names, o.Output); at < 0 {
			return nil, 0, fmt.Errorf("there is no output %q, but %s", o.Output, strings.Join(names, ", "))
		}
	}
	out := network.Outputs[at]
	e = &Explanation{Output: out.Name, Others: slices.Delete(names, at, at+1), Metric: o.Metric, Repeats: o.Repeats,
		asked: o.Metric != ""}
	if e.Metric == "" {
		e.Metric = fit.Defaults(out.Task)[0]
	}
	known := fit.Known(out.Task)
	if hasClasses(out.Task, out.Layer.Shape.Size(), out.Steps()) {
		for _, m := range stats.Measures {
			known = append(known, m.Name)
		}
	}
	if !slices.Contains(known, e.Metric) {
		return nil, 0, fmt.Errorf("output %q has no metric %q, but %s", out.Name, e.Metric, strings.Join(known, ", "))
	}
	e.setMetric(e.Metric)
	return e, at, nil
}

// mostNumbers bounds the numbers of the inputs that the network is run on at a time, to 64 MiB.
const mostNumbers = 1 << 24

// explain shuffles each column among the examples and measures the output numbered at with it.
func (e *Explanation) explain(s fit.Set, columns []data.Column, o fit.Output, at int, seed uint64,
	predict func(fit.Set) ([][]float32, error)) error {
	e.Examples = s.N
	if s.N < 2 {
		return fmt.Errorf("columns are shuffled among examples, which takes 2 or more; there are %d", s.N)
	}
	if constant(s.Y[at], len(s.Y[at])/s.N) && e.measured.Contrast {
		return fmt.Errorf("output %q: %s cannot be measured: the targets of these examples are all the same; choose "+
			"another --metric",
			o.Name, e.Metric)
	}
	ys, err := predict(fit.Set{N: s.N, X: s.X})
	if err != nil {
		return err
	}
	e.chooseMetric(o, s, at, ys[at])
	scale, targets := e.scales(o, s.Y[at]), s.Y[at]
	targets, ys[at] = scale(targets), scale(ys[at])
	base := e.measure(o, s, ys[at], targets)
	if base != base {
		return fmt.Errorf("output %q: %s cannot be measured: a prediction is not a number", o.Name, e.Metric)
	}
	if math.IsInf(base, 0) {
		return fmt.Errorf("output %q: %s cannot be measured: a prediction is infinite, or too far from its target",
			o.Name, e.Metric)
	}
	e.Value = number(base)
	var unmeasured []string
	scores, err := e.shuffled(s, columns, at, seed, predict, func(y []float32) float64 {
		return e.measure(o, s, scale(y), targets)
	})
	if err != nil {
		return err
	}
	for i, c := range columns {
		mean, sd := stats.Importance(base, scores[i*e.Repeats:][:e.Repeats], e.measured.Lower)
		e.Columns = append(e.Columns, Importance{c.Name, number(mean), number(sd)})
		if math.IsNaN(mean) || math.IsInf(mean, 0) {
			unmeasured = append(unmeasured, shown(c.Name))
		}
	}
	slices.SortStableFunc(e.Columns, func(a, b Importance) int { return cmp.Compare(b.Mean, a.Mean) }) // NaN comes last
	if n := len(unmeasured); n > 0 {
		list := strings.Join(unmeasured[:min(n, 8)], ", ")
		if n > 8 {
			list += ", …"
		}
		e.Remarks = append(e.Remarks, fmt.Sprintf("of %s no importance can be measured: shuffled, %s is no finite number",
			list, e.Metric))
	} else if !slices.ContainsFunc(e.Columns, func(c Importance) bool { return c.Mean > c.SD }) {
		e.Remarks = append(e.Remarks, "no column matters more than chance: the network has learned nothing from one alone, "+
			"or several tell the same")
	}
	return nil
}

// scales returns what divides numbers of an output by the standard deviations of their targets, if it is a regression
// of several.
func (e *Explanation) scales(o fit.Output, targets []float32) func([]float32) []float32 {
	if e.Scaled = o.Task == "regression" && o.Width > 1; !e.Scaled {
		return func(x []float32) []float32 { return x }
	}
	by := make([]float32, o.Width)
	for j := range by {
		if by[j] = float32(deviation(targets, j, o.Width)); by[j] == 0 {
			by[j] = 1
		}
	}
	return func(x []float32) []float32 {
		y := make([]float32, len(x))
		for i, v := range x {
			y[i] = v / by[i%len(by)]
		}
		return y
	}
}

// shuffled returns the metric for each shuffle of each column. Shuffled copies of the set are run together, as many as
// mostNumbers holds.
func (e *Explanation) shuffled(s fit.Set, columns []data.Column, at int, seed uint64,
	predict func(fit.Set) ([][]float32, error), measure func(y []float32) float64) ([]float64, error) {
	numbers := 0
	for _, x := range s.X {
		numbers += len(x)
	}
	all := len(columns) * e.Repeats
	together := min(max(mostNumbers/max(numbers, 1), 1), all)
	r := rand.New(rand.NewPCG(seed, 0))
	var scores []float64
	for first := 0; first < all; first += together {
		copies := min(together, all-first)
		many := fit.Set{N: copies * s.N}
		for _, x := range s.X {
			many.X = append(many.X, slices.Repeat(x, copies))
		}
		for k := range copies {
			order := r.Perm(s.N)
			for _, span := range columns[(first+k)/e.Repeats].Spans {
				x := s.X[span.Input]
				move(many.X[span.Input][k*len(x):][:len(x)], x, span, order)
			}
		}
		ys, err := predict(many)
		if err != nil {
			return nil, err
		}
		size := len(ys[at]) / copies
		for k := range copies {
			scores = append(scores, measure(ys[at][k*size:][:size]))
		}
	}
	return scores, nil
}

// move puts the span of example order[i] of x into example i of y.
func move(y, x []float32, span data.Span, order []int) {
	width := len(x) / len(order)
	for i, from := range order {
		copy(y[i*width+span.At:][:span.Width], x[from*width+span.At:])
	}
}

// String writes the explanation as a table.
func (e *Explanation) String() string {
	var b strings.Builder
	verb := "falls"
	if e.measured.Lower {
		verb = "rises"
	}
	own := metric{Name: e.Metric, Value: e.Value, share: e.measured.Share}
	b.WriteString(besides(e.Output, e.Others))
	if e.Scaled {
		b.WriteString("targets in standard deviations: ")
	}
	fmt.Fprintf(&b, "%s on %d examples; by how much it %s when a column is shuffled, mean ± sd of %d\n", own,
		e.Examples, verb, e.Repeats)
	rows := [][2]string{{"column", "importance"}}
	for _, c := range e.Columns {
		text := own.number(c.Mean) + " ± " + own.number(c.SD)
		if own.share {
			text += " %"
		}
		rows = append(rows, [2]string{shown(c.Column), text})
	}
	width := 0
	for _, r := range rows {
		width = max(width, len([]rune(r[0])))
	}
	for _, r := range rows {
		fmt.Fprintf(&b, "  %-*s  %s\n", width, r[0], r[1])
	}
	for _, r := range e.Remarks {
		fmt.Fprintf(&b, "remark: %s\n", r)
	}
	return b.String()
}

// besides is a line that names the output of several that is explained, and the others; "" where there are none.
func besides(output string, others []string) string {
	if len(others) == 0 {
		return ""
	}
	return fmt.Sprintf("output %s; --output explains another: %s\n", output, strings.Join(others, ", "))
}

// shown returns a name as it may stand in a table: in quotes if it holds ends of lines or the like.
func shown(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(name)
	}
	return name
}

// SVG draws a bar for each column, the most important at the top, with its standard deviation.
func (e *Explanation) SVG() ([]byte, error) {
	picture := &chart.Chart{Title: e.Output + ": importance of columns", X: "change of " + e.Metric}
	bars := chart.Series{Kind: chart.Bars, Color: chart.Blue}
	for i, c := range e.Columns {
		picture.Names = append(picture.Names, shown(c.Column))
		if mean, sd := float64(c.Mean), float64(c.SD); !math.IsNaN(sd) && !math.IsInf(mean, 0) { // else it has a name alone
			bars.Points = append(bars.Points, chart.Point{X: mean, Y: float64(i), Error: sd})
		}
	}
	picture.Series = []chart.Series{bars}
	return picture.SVG()
}

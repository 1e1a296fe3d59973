package train

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// Saliency is how much an output changes with each number of the inputs: the mean of |∂s/∂x| over examples, s being the
// score of the class that is chosen, or a number of another output (Simonyan, Vedaldi and Zisserman, Deep Inside
// Convolutional Networks, 2014). Of several numbers it is the mean, those of a regression each in standard deviations
// of its targets, so that none outweighs the others by its unit. The gradients are those of the reference.
type Saliency struct {
	Output   string          `json:"output"`
	Others   []string        `json:"others,omitempty"` // outputs of the network
	Examples int             `json:"examples"`
	Numbers  int             `json:"numbers"` // that are differentiated, one for classes
	Scaled   bool            `json:"scaled"`  // by the standard deviations of their targets
	Inputs   []InputSaliency `json:"inputs"`
}

// InputSaliency is that of one input, in the order and shape of its numbers.
type InputSaliency struct {
	Name  string   `json:"name"`
	Shape []int    `json:"shape"`
	Mean  []number `json:"saliency"`
	// Layout is channels_first where the channels come before the other axes, else "".
	Layout string `json:"layout,omitempty"`
	// Columns are those of the table that the numbers of a vector come from; nil for other inputs.
	Columns []string `json:"columns,omitempty"`
}

// Of the examples the first ones are taken: at most mostSalient, and no more than mostSalientWork multiply-adds, some
// ten seconds of the reference.
const (
	mostSalient     = 256
	mostSalientWork = 2e9
)

// Gradients measures the saliency of the inputs of the trained network of a project, on its test set or the examples of
// a file.
func Gradients(ctx context.Context, p *project.Project, o ExplainOptions) (*Saliency, data.BadRows, error) {
	t, err := openTrained(p, o.Weights)
	if err != nil {
		return nil, nil, err
	}
	e, at, err := newExplanation(t.net, ExplainOptions{Output: o.Output})
	if err != nil {
		return nil, nil, err
	}
	for _, in := range t.net.Inputs {
		if t.net.Tokens(in) > 0 {
			return nil, nil, fmt.Errorf("input %q holds tokens, which have no gradients; leave out --gradients", in.Name)
		}
	}
	set, _, skipped, err := t.testSet(p, o.File, data.Options{SkipBadRows: o.SkipBadRows, Fitted: t.fitted,
		Decimal: o.Decimal})
	if err != nil {
		return nil, nil, err
	}
	b, err := os.ReadFile(t.weights)
	if err != nil {
		return nil, nil, err
	}
	tensors, err := project.Tensors(t.net, b)
	if err != nil {
		return nil, nil, err
	}
	n := &ref.Network{Net: t.net, Params: map[*ir.Param][]float64{}}
	for _, q := range t.net.Params {
		n.Params[q] = widened(tensors[q.Name])
	}
	rows := min(set.N, mostSalient,
		max(1, int(mostSalientWork/(3*float64(differentiated(t.net.Outputs[at]))*golden.Work(t.net)+1))))
	s, err := saliency(ctx, n, t.net.Outputs[at], set.Y[at], set, rows)
	if err == nil {
		s.Others = e.Others
		s.name(data.Columns(p.Spec, p.Base, t.net))
	}
	return s, skipped, err
}

// name gives the numbers of vectors the names of the columns that they come from: colour, or colour[1] for one of
// several of a column; of windows with the step, the last of which is the newest.
func (s *Saliency) name(columns []data.Column) {
	for _, c := range columns {
		steps := make([]int, len(s.Inputs)) // of each input that were named
		for _, at := range c.Spans {
			all := 0
			for _, other := range c.Spans {
				if other.Input == at.Input {
					all++
				}
			}
			steps[at.Input]++
			in := &s.Inputs[at.Input]
			if len(in.Shape) != 1 || at.Width == len(in.Mean) && at.Width > 1 {
				continue
			}
			if in.Columns == nil {
				in.Columns = make([]string, len(in.Mean))
			}
			for k := range at.Width {
				in.Columns[at.At+k] = c.Name
				switch {
				case at.Width > 1:
					in.Columns[at.At+k] = fmt.Sprintf("%s[%d]", c.Name, k)
				case all > 1:
					in.Columns[at.At] = fmt.Sprintf("%s, step %d of %d", c.Name, steps[at.Input], all)
				}
			}
		}
	}
}

func widened(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// differentiated returns how many numbers of an output are differentiated, each by itself: for classes it is the score
// of the one that is chosen.
func differentiated(o *net.Output) int {
	if o.Task == "multiclass" {
		return 1
	}
	return o.Width()
}

// weightsOf returns the factor of each number of an output in the mean over them: for a regression, of more than one,
// with the standard deviation of its targets t in the denominator. A number whose targets are all the same has no
// scale, and none but that if others have.
func weightsOf(o *net.Output, t []float32) (weights []float64, scaled bool) {
	weights = make([]float64, differentiated(o))
	total := 0.0
	for j := range weights {
		weights[j] = 1
		if o.Task == "regression" && len(weights) > 1 {
			weights[j] = 0
			if sd := deviation(t, j, len(weights)); sd > 0 {
				weights[j], scaled = 1/sd, true
			}
		}
	}
	if !scaled {
		for j := range weights {
			weights[j] = 1 / float64(len(weights))
		}
		return weights, false
	}
	for _, w := range weights {
		if w > 0 {
			total++
		}
	}
	for j := range weights {
		weights[j] /= total
	}
	return weights, true
}

// deviation returns the standard deviation of every width-th number of x from number j on.
func deviation(x []float32, j, width int) float64 {
	n, sum, square := 0.0, 0.0, 0.0
	for i := j; i < len(x); i += width {
		n, sum = n+1, sum+float64(x[i])
	}
	for i := j; i < len(x); i += width {
		d := float64(x[i]) - sum/n
		square += d * d
	}
	return math.Sqrt(square / n)
}

// saliency measures the first rows of a set, one by one; targets are those of the output in all of it.
func saliency(ctx context.Context, n *ref.Network, o *net.Output, targets []float32, set fit.Set,
	rows int) (*Saliency, error) {
	weights, scaled := weightsOf(o, targets)
	s := &Saliency{Output: o.Name, Examples: rows, Numbers: len(weights), Scaled: scaled}
	for k, in := range n.Net.Inputs {
		of := InputSaliency{Name: in.Name, Shape: in.Shape, Mean: make([]number, in.Shape.Size())}
		if n.Net.Spec.Inputs[k].Layout == spec.ChannelsFirst {
			of.Layout = spec.ChannelsFirst
		}
		s.Inputs = append(s.Inputs, of)
	}
	for i := range rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b := ref.Batch{N: 1}
		for k, in := range n.Net.Inputs {
			size := in.Shape.Size()
			b.Inputs = append(b.Inputs, widened(set.X[k][i*size:][:size]))
		}
		pass := n.Forward(b, false, 0)
		for of, w := range weights {
			if w == 0 {
				continue
			}
			for k, g := range n.InputGradients(pass, seedsOf(o, pass, of)) {
				for j, d := range g {
					s.Inputs[k].Mean[j] += number(math.Abs(d) * w / float64(rows))
				}
			}
		}
	}
	return s, nil
}

// seedsOf picks what is differentiated: of each row of classes the score of the one that is chosen, of others a number.
func seedsOf(o *net.Output, p *ref.Pass, of int) map[*op.Layer][]float64 {
	l := o.Layer
	if o.Task != "regression" {
		l = o.Scores
	}
	y := p.Values[l].Data
	seeds := make([]float64, len(y))
	width := o.Width()
	if o.Task != "multiclass" {
		for i := of; i < len(seeds); i += width {
			seeds[i] = 1
		}
		return map[*op.Layer][]float64{l: seeds}
	}
	for at := 0; at < len(y); at += width {
		best := at
		for j := at; j < at+width; j++ {
			if y[j] > y[best] {
				best = j
			}
		}
		seeds[best] = 1
	}
	return map[*op.Layer][]float64{l: seeds}
}

// String lists the numbers that matter most.
func (s *Saliency) String() string {
	const most = 15
	var b strings.Builder
	b.WriteString(besides(s.Output, s.Others))
	fmt.Fprintf(&b, "mean |gradient| of %s on %d examples%s\n", s.Output, s.Examples, s.over())
	for _, in := range s.Inputs {
		order := make([]int, len(in.Mean))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(in.Mean[b], in.Mean[a]) })
		for _, i := range order[:min(most, len(order))] {
			fmt.Fprintf(&b, "  %s  %.4g\n", in.of(i), float64(in.Mean[i]))
		}
		if len(order) > most {
			fmt.Fprintf(&b, "  and %d more of %s\n", len(order)-most, in.Name)
		}
	}
	return b.String()
}

// over says what the mean is over beside examples.
func (s *Saliency) over() string {
	switch {
	case s.Numbers == 1:
		return ""
	case s.Scaled:
		return fmt.Sprintf(" and its %d numbers, each in standard deviations of its targets", s.Numbers)
	}
	return fmt.Sprintf(" and its %d numbers", s.Numbers)
}

// place returns where number i of an array stands.
func place(shape []int, i int) []int {
	at := make([]int, len(shape))
	for k := len(shape) - 1; k >= 0; k-- {
		at[k], i = i%shape[k], i/shape[k]
	}
	return at
}

// of returns what number i is called: by its column, or by its place in the input.
func (in *InputSaliency) of(i int) string {
	if in.Columns != nil {
		return shown(in.Columns[i])
	}
	return fmt.Sprint(in.Name, place(in.Shape, i))
}

// grid returns the cells of the map of an input, how many numbers are added in each, and in which one a number is.
func (in *InputSaliency) grid() (rows, columns, channels int, cellOf func(i int) int) {
	rows, columns, channels = 1, len(in.Mean), 1
	turned := in.Layout == spec.ChannelsFirst
	switch shape := in.Shape; {
	case len(shape) == 2 && turned:
		rows, columns = shape[1], shape[0]
		return rows, columns, channels, func(i int) int { return i%rows*columns + i/rows }
	case len(shape) == 2:
		rows, columns = shape[0], shape[1]
	case len(shape) == 3 && turned:
		channels, rows, columns = shape[0], shape[1], shape[2]
		return rows, columns, channels, func(i int) int { return i % (rows * columns) }
	case len(shape) == 3:
		rows, columns, channels = shape[0], shape[1], shape[2]
	case in.Columns != nil:
		rows, columns = len(in.Mean), 1
	}
	return rows, columns, channels, func(i int) int { return i / channels }
}

// SVG draws a map of each input, the darker the more its numbers matter: an image by rows and columns, its channels
// added, a series by steps in rows and features in columns, columns of a table one below another with their names
// beside them, anything else as one row. Each cell has a title that says which it is and how much it matters.
func (s *Saliency) SVG() ([]byte, error) {
	const cell, gap, title, least, letter = 12, 16, 20, 420, 7
	var b bytes.Buffer
	y, right := 0, least
	for _, in := range s.Inputs {
		rows, columns, channels, cellOf := in.grid()
		sums, first := make([]float64, rows*columns), make([]int, rows*columns)
		for i := len(in.Mean) - 1; i >= 0; i-- {
			first[cellOf(i)] = i
		}
		for i, v := range in.Mean {
			sums[cellOf(i)] += float64(v)
		}
		largest := slices.Max(sums)
		if math.IsNaN(largest) || math.IsInf(largest, 0) {
			return nil, fmt.Errorf("input %q: a gradient is not a number", in.Name)
		}
		fmt.Fprintf(&b, "<g transform=\"translate(0 %d)\"><title>%s</title>\n", y+title, markup(in.Name))
		for i, v := range sums {
			share := 0.0
			if largest > 0 {
				share = v / largest
			}
			name := in.of(first[i])
			if channels > 1 {
				name = fmt.Sprint(in.Name, place([]int{rows, columns}, i))
			}
			at := i / columns * cell
			fmt.Fprintf(&b, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill-opacity=\"%.3f\">"+
				"<title>%s: %.4g</title></rect>\n", i%columns*cell, at, cell, cell, share, markup(name), v)
			if columns == 1 && in.Columns != nil {
				fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" font-size=\"10\">%s: %.4g</text>\n",
					cell+4, at+cell-2, markup(name), v)
				right = max(right, cell+(utf8.RuneCountInString(name)+12)*letter)
			}
		}
		head := fmt.Sprintf("%s: mean |gradient| of %s%s, at most %.4g", in.Name, s.Output, s.over(), largest)
		if channels > 1 {
			head += fmt.Sprintf(" (the %d channels of a pixel added)", channels)
		}
		fmt.Fprintf(&b, "<text y=\"-4\">%s</text></g>\n", markup(head))
		y, right = y+title+rows*cell+gap, max(right, columns*cell, utf8.RuneCountInString(head)*letter)
	}
	head := fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" "+
		"font-size=\"12\" fill=\"#1f4e79\">\n", right, y)
	return append(append([]byte(head), b.Bytes()...), "</svg>\n"...), nil
}

// markup escapes text for SVG.
func markup(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\x00", "").Replace(strings.ToValidUTF8(s, "�"))
}

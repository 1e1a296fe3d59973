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

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/runtime/fit"
)

// Saliency is how much an output changes with each number of the inputs: the mean of |∂s/∂x| over examples, s being the
// score of the class that is chosen, or the sum of the numbers of a regression (Simonyan, Vedaldi and Zisserman, Deep Inside
// Convolutional Networks, 2014). The gradients are those of the reference.
type Saliency struct {
	Output   string          `json:"output"`
	Examples int             `json:"examples"`
	Inputs   []InputSaliency `json:"inputs"`
}

// InputSaliency is that of one input, in the order and shape of its numbers.
type InputSaliency struct {
	Name  string   `json:"name"`
	Shape []int    `json:"shape"`
	Mean  []number `json:"saliency"`
}

// Of the examples the first ones are taken: at most mostSalient, and no more than mostSalientWork multiply-adds, some ten
// seconds of the reference.
const (
	mostSalient     = 256
	mostSalientWork = 2e9
)

// Gradients measures the saliency of the inputs of the trained network of a project, on its test set or the examples of a
// file.
func Gradients(ctx context.Context, p *project.Project, o ExplainOptions) (*Saliency, data.BadRows, error) {
	t, err := openTrained(p, o.Weights)
	if err != nil {
		return nil, nil, err
	}
	_, at, err := newExplanation(t.net, ExplainOptions{Output: o.Output})
	if err != nil {
		return nil, nil, err
	}
	for _, in := range t.net.Inputs {
		if t.net.Tokens(in) > 0 {
			return nil, nil, fmt.Errorf("input %q holds tokens, which have no gradients; leave out --gradients", in.Name)
		}
	}
	set, _, skipped, err := testSet(p, t.net, o.File, data.Options{SkipBadRows: o.SkipBadRows, Fitted: t.fitted})
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
	rows := min(set.N, mostSalient, max(1, int(mostSalientWork/(3*golden.Work(t.net)+1))))
	s, err := saliency(ctx, n, t.net.Outputs[at], set, rows)
	return s, skipped, err
}

func widened(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// saliency measures the first rows of a set, one by one.
func saliency(ctx context.Context, n *ref.Network, o *net.Output, set fit.Set, rows int) (*Saliency, error) {
	s := &Saliency{Output: o.Name, Examples: rows}
	for _, in := range n.Net.Inputs {
		s.Inputs = append(s.Inputs, InputSaliency{in.Name, in.Shape, make([]number, in.Shape.Size())})
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
		for k, g := range n.InputGradients(pass, seedsOf(o, pass)) {
			for j, d := range g {
				s.Inputs[k].Mean[j] += number(math.Abs(d) / float64(rows))
			}
		}
	}
	return s, nil
}

// seedsOf picks what is differentiated: of each row of classes the score of the one that is chosen, of others all numbers.
func seedsOf(o *net.Output, p *ref.Pass) map[*op.Layer][]float64 {
	l := o.Layer
	if o.Task != "regression" {
		l = o.Scores
	}
	y := p.Values[l].Data
	seeds := make([]float64, len(y))
	if o.Task != "multiclass" {
		for i := range seeds {
			seeds[i] = 1
		}
		return map[*op.Layer][]float64{l: seeds}
	}
	width := o.Width()
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
	fmt.Fprintf(&b, "mean |gradient| of %s on %d examples\n", s.Output, s.Examples)
	for _, in := range s.Inputs {
		order := make([]int, len(in.Mean))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(in.Mean[b], in.Mean[a]) })
		for _, i := range order[:min(most, len(order))] {
			fmt.Fprintf(&b, "  %s%v  %.4g\n", in.Name, place(in.Shape, i), float64(in.Mean[i]))
		}
		if len(order) > most {
			fmt.Fprintf(&b, "  and %d more of %s\n", len(order)-most, in.Name)
		}
	}
	return b.String()
}

// place returns where number i of an array stands.
func place(shape []int, i int) []int {
	at := make([]int, len(shape))
	for k := len(shape) - 1; k >= 0; k-- {
		at[k], i = i%shape[k], i/shape[k]
	}
	return at
}

// SVG draws a map of each input, the darker the more its numbers matter: an image by rows and columns, its channels added, a
// series by steps in rows and features in columns, anything else as one row.
func (s *Saliency) SVG() ([]byte, error) {
	const cell, gap, title = 12, 16, 20
	var b bytes.Buffer
	y, right := 0, 0
	for _, in := range s.Inputs {
		rows, columns, channels := 1, len(in.Mean), 1
		switch len(in.Shape) {
		case 2:
			rows, columns = in.Shape[0], in.Shape[1]
		case 3:
			rows, columns, channels = in.Shape[0], in.Shape[1], in.Shape[2]
		}
		sums := make([]float64, rows*columns)
		for i, v := range in.Mean {
			sums[i/channels] += float64(v)
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
			fmt.Fprintf(&b, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill-opacity=\"%.3f\"/>\n", i%columns*cell, i/columns*cell, cell, cell, share)
		}
		fmt.Fprintf(&b, "<text y=\"-4\">%s: mean |gradient| of %s, at most %.4g</text></g>\n", markup(in.Name), markup(s.Output), largest)
		y, right = y+title+rows*cell+gap, max(right, columns*cell)
	}
	head := fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#1f4e79\">\n", max(right, 420), y)
	return append(append([]byte(head), b.Bytes()...), "</svg>\n"...), nil
}

// markup escapes text for SVG.
func markup(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\x00", "").Replace(strings.ToValidUTF8(s, "�"))
}

package onnx

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/spec"
)

// Array holds numbers in row-major order, examples along the first axis.
type Array struct {
	Shape []int
	Data  []float64
}

// Check runs the network in float64 on inputs of the model, in the model's layout, and returns for each output of the
// network the largest difference from what the model gave, and the largest magnitude there.
func (r *Result) Check(inputs, outputs []Array) (differences, scales []float64, err error) {
	if len(outputs) == len(r.given) && len(outputs) > len(r.Outputs) { // those of labels are dropped
		outputs = slices.Clone(outputs)
		at := 0
		for i, name := range r.given {
			if slices.ContainsFunc(r.Outputs, func(o Output) bool { return o.Name == name }) {
				outputs[at] = outputs[i]
				at++
			}
		}
		outputs = outputs[:at]
	}
	from, given := r.modelInputs()
	if len(inputs) != given || len(outputs) != len(r.Outputs) {
		return nil, nil, fmt.Errorf("%d inputs and %d outputs, want %d and %d", len(inputs),
			len(outputs), given, len(r.Outputs))
	}
	n := 0
	b := ref.Batch{}
	for i := range r.Inputs {
		x := inputs[from[i]]
		examples, err := r.Inputs[i].examples(x)
		if err != nil {
			return nil, nil, err
		}
		if i > 0 && examples != n {
			return nil, nil, fmt.Errorf("input %q has %d examples, the first has %d", r.Inputs[i].Name, examples, n)
		}
		n = examples
		rows, err := encodedWords(r.Net.Spec.Inputs[i], filled(r.Net.Spec.Inputs[i], r.Inputs[i].moved(x, n)), n)
		if err != nil {
			return nil, nil, err
		}
		if want := n * r.Net.Inputs[i].Shape.Size(); len(rows) != want {
			return nil, nil, fmt.Errorf("input %q has %d numbers, want %d for %d examples", r.Inputs[i].Name, len(rows), want, n)
		}
		if err := wantTokens(r.Net, i, rows); err != nil {
			return nil, nil, err
		}
		b.Inputs = append(b.Inputs, rows)
	}
	b.N = n
	network := ref.New(r.Net, 0)
	network.Params = r.Params
	pass := network.Forward(b, false, 0)
	for i, o := range r.Outputs {
		got := pass.Values[givenBy(r.Net, o)]
		if err := o.sameAxes(outputs[i]); err != nil {
			return nil, nil, err
		}
		data := o.moved(outputs[i], n)
		if o.Label || o.Top > 0 {
			d, scale, err := o.compareChosen(r, got.Data, outputs[i].Data)
			if err != nil {
				return nil, nil, err
			}
			differences, scales = append(differences, d), append(scales, scale)
			continue
		}
		if len(got.Data) != len(data) {
			return nil, nil, fmt.Errorf("output %q has %d numbers, the network gives %d", o.Name, len(data), len(got.Data))
		}
		worst, scale := 0.0, 0.0
		for j, v := range data {
			g := got.Data[j]
			if !math.IsInf(v, 0) && !math.IsNaN(v) {
				scale = max(scale, math.Abs(v))
			}
			if v == g || math.IsNaN(v) && math.IsNaN(g) {
				continue // infinities too
			}
			if d := math.Abs(v - g); !(d <= worst) {
				worst = d
			}
		}
		differences, scales = append(differences, worst), append(scales, scale)
	}
	return differences, scales, nil
}

// wantTokens returns an error if an input of tokens holds what is none, for which the network has no row.
func wantTokens(n *net.Net, input int, rows []float64) error {
	in := n.Inputs[input]
	tokens, width := n.Tokens(in), in.Shape.Size()
	if tokens == 0 {
		return nil
	}
	for i, v := range rows {
		if !(v >= 0) || v >= float64(tokens) || v != math.Trunc(v) {
			return fmt.Errorf("example %d: number %d, %v, is no token of input %q: those are the whole numbers from 0 to %d",
				i/width+1, i%width+1, v, in.Name, tokens-1)
		}
	}
	return nil
}

// compareChosen compares what the model chooses of each row, the number of a class or the largest elements, with what
// is chosen of the rows of the network: of two classes by the bound of its decision. A class that is another counts as
// a difference of 1, unless both are equally good.
func (o *Output) compareChosen(r *Result, rows, want []float64) (worst, scale float64, err error) {
	out := r.Net.Outputs[slices.IndexFunc(r.Net.Outputs, func(p *net.Output) bool { return p.Name == o.Layer })]
	width := out.Layer.Shape[len(out.Layer.Shape)-1]
	each := max(1, o.Top)
	if o.Top > width || len(rows)/width*each != len(want) {
		return 0, 0, fmt.Errorf("output %q has %d numbers, the network gives %d rows of %d", o.Name, len(want),
			len(rows)/width, width)
	}
	bound := 0.5
	if out.Threshold != nil {
		bound = r.Params[out.Threshold][0]
	}
	names := map[string]int{} // of classes that are numbers, which the model may give in place of their places
	for i, c := range out.Classes {
		names[c] = i
	}
	for i, row := 0, 0; row < len(rows); i, row = i+1, row+width {
		given := rows[row : row+width]
		if o.Label {
			label := int(want[i])
			if at, ok := names[numberName(want[i])]; ok {
				label = at
			}
			if o.Inverted && len(r.Net.Outputs) > 1 { // whose classes have no names
				label = 1 - label
			}
			of := given
			if out.Task == "binary" {
				of = []float64{bound, given[0]}
			}
			if label < 0 || label >= len(of) || of[label] < slices.Max(of) {
				worst = 1
			}
			scale = 1
			continue
		}
		largest := slices.Clone(given)
		slices.SortFunc(largest, func(a, b float64) int { return cmp.Compare(b, a) })
		for k, v := range want[i*each:][:each] {
			scale = max(scale, math.Abs(v))
			if o.Places {
				if v = math.NaN(); want[i*each+k] >= 0 && want[i*each+k] < float64(width) {
					v = given[int(want[i*each+k])]
				}
			}
			if d := math.Abs(largest[k] - v); !(d <= worst) {
				worst = d
			}
		}
	}
	return worst, scale, nil
}

// givenBy returns the layer of a network that gives what an output of the model does.
func givenBy(network *net.Net, o Output) *op.Layer {
	i := slices.IndexFunc(network.Outputs, func(p *net.Output) bool { return p.Name == o.Layer })
	if o.Logits {
		return network.Outputs[i].Scores
	}
	return network.Outputs[i].Layer
}

// filled returns the rows of an input with what its columns of numbers say in place of NaN, as the package fills them.
func filled(in spec.Input, x []float64) []float64 {
	width := len(in.Columns)
	fills := make([]float64, width)
	for i, c := range in.Columns {
		v, err := strconv.ParseFloat(c.Fill, 64)
		if c.Words != nil || c.Flag != nil || c.Date != nil || c.Missing || c.Other || c.Indicator || err != nil {
			return x // of other numbers than those of its fields, or without a gap that is filled so
		}
		fills[i] = v
	}
	if width == 0 || len(x)%width != 0 {
		return x
	}
	out := slices.Clone(x)
	for i, v := range out {
		if math.IsNaN(v) {
			out[i] = fills[i%width]
		}
	}
	return out
}

// encodedWords returns rows of an input with a number for each word of its columns, where the rows hold a number for
// each column: the words are whole numbers then, codes of an encoder.
func encodedWords(in spec.Input, x []float64, n int) ([]float64, error) {
	if len(in.Columns) == 0 || len(x) != n*len(in.Columns) {
		return x, nil
	}
	var out []float64
	for i, v := range x {
		c := in.Columns[i%len(in.Columns)]
		switch {
		case c.Words == nil:
			out = append(out, v)
			continue
		case c.Other || c.Missing || c.Indicator || c.Date != nil || c.Flag != nil:
			return x, nil
		}
		word := strconv.FormatFloat(v, 'f', -1, 64)
		if !slices.Contains(c.Words, word) {
			return nil, fmt.Errorf("column %q of input %q is %s in example %d, which is none of its words", c.Name, in.Name,
				word,
				i/len(in.Columns))
		}
		for _, w := range c.Words {
			out = append(out, truth(w == word))
		}
	}
	return out, nil
}

// modelInputs returns for each input of the network which of the model's feeds it, and how many the model has: the
// columns of a table are one there.
func (r *Result) modelInputs() (from []int, given int) {
	for i, in := range r.Inputs {
		if i == 0 || in.table == "" || in.table != r.Inputs[i-1].table {
			given++
		}
		from = append(from, given-1)
	}
	return from, given
}

// sameAxes is an error if an array has the model's axes in another order: channels last in place of first, say.
func (o *Output) sameAxes(x Array) error {
	if len(x.Shape) != len(o.model) || len(o.places) > 0 {
		return nil
	}
	var sizes, given []int
	want := make([]string, len(o.model))
	for i, a := range o.model {
		want[i] = "n"
		if !a.batch {
			want[i] = strconv.Itoa(a.size)
			sizes, given = append(sizes, a.size), append(given, x.Shape[i])
		}
	}
	if slices.Equal(sizes, given) ||
		!slices.Equal(slices.Sorted(slices.Values(sizes)), slices.Sorted(slices.Values(given))) {
		return nil
	}
	return fmt.Errorf("%q: an array of %v, but the model's is [%s]", o.Name, x.Shape, strings.Join(want, " "))
}

// examples returns how many there are in an array of the model, 1 where that has no axis for them.
func (o *Output) examples(x Array) (int, error) {
	one, several := 1, false
	for _, a := range o.model {
		if a.batch {
			several = true
		} else {
			one *= a.size
		}
	}
	if err := o.sameAxes(x); err != nil {
		return 0, err
	}
	n := 1
	if several {
		n = len(x.Data) / one
	}
	if k := len(o.places); k > 0 {
		one = o.places[k-1]
		n = len(x.Data) / one
	}
	if n == 0 || n*one != len(x.Data) {
		return 0, fmt.Errorf("%q: an array of %v for examples of %d numbers", o.Name, x.Shape, one)
	}
	return n, nil
}

// moved returns the numbers of an array of the model in the order of the spec, n examples one after another. Of a pair
// of classes it keeps the second.
func (o *Output) moved(x Array, n int) []float64 {
	if o.Both {
		var out []float64
		for i := 1; i < len(x.Data); i += 2 {
			out = append(out, x.Data[i])
		}
		return out
	}
	if k := len(o.places); k > 0 {
		var out []float64
		for row := range slices.Chunk(x.Data, o.places[k-1]) {
			for _, at := range o.places[:k-1] {
				out = append(out, row[at])
			}
		}
		return out
	}
	from := make([]*atom, len(o.model))
	to := []*atom{{size: n, batch: true}}
	twin := map[*atom]*atom{}
	size := 1
	for i, a := range o.model {
		from[i] = &atom{size: a.size}
		if a.batch {
			from[i] = to[0]
		}
		twin[a] = from[i]
		size *= from[i].size
	}
	if size != len(x.Data) {
		return x.Data // its length says that it is another array
	}
	for _, a := range o.spec {
		if twin[a] != nil {
			to = append(to, twin[a])
		}
	}
	out := make([]float64, 0, len(x.Data))
	for _, k := range order(from, to) {
		out = append(out, x.Data[k])
	}
	return out
}

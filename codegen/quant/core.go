package quant

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/quant"
	"github.com/nngen/nngen/runtime/vec"
	"github.com/nngen/nngen/spec"
)

// Core is the part of a network in which all numbers are whole: from the quantised inputs, behind their preprocessing,
// to the last int8 value before each output.
type Core struct {
	In  []*Unit // of kind ToInt8, for each input of the network
	Out []*Unit // for each output
	// Dropped are the layers in float32 between Out and each output, such as softmax.
	Dropped [][]*op.Layer
	back    []*Unit // of kind ToFloat, behind each of Out
}

// bare tells whether int8 numbers go in and out.
func (q *Network) bare() bool { return q.Net.Spec.Quantize.IO == spec.Int8IO }

// Core returns the part of the network that is integers alone; nil unless the spec asks for it.
func (q *Network) Core() *Core { return q.core }

// findCore finds the part that is integers alone. It is an error if something in it is not: the list names the layer.
func (q *Network) findCore(problems *spec.ErrorList) {
	c := &Core{In: make([]*Unit, len(q.Net.Inputs)), Out: make([]*Unit, len(q.outputs)),
		Dropped: make([][]*op.Layer, len(q.outputs)), back: make([]*Unit, len(q.outputs))}
	told := map[*Unit]bool{}
	report := func(u *Unit, what string) {
		if !told[u] {
			told[u] = true
			name := q.Net.Spec.LayerOf(u.Name)
			hint := "leave out quantize: {io: int8}"
			formless := func(l *op.Layer) bool { return len(l.In) == 0 || !formOf(l).ok }
			if slices.Contains(q.Net.Spec.Quantize.Skip, name) && !slices.ContainsFunc(u.Layers, formless) {
				hint = fmt.Sprintf("take %s out of quantize: {skip: […]}, or %s", name, hint)
			}
			problems.Add("quantize", u.pos(), fmt.Sprintf("layer %q", name), hint, "int8 numbers can't go in and out: %s", what)
		}
	}
	seen := map[*Unit]bool{}
	var visit func(u *Unit)
	visit = func(u *Unit) {
		if seen[u] {
			return
		}
		seen[u] = true
		switch i := q.inputOf(u); {
		case i >= 0 && (c.In[i] == nil || c.In[i] == u):
			c.In[i] = u
			return
		case i >= 0:
			report(u, "its input is quantised in two ways")
			return
		case u.Kind == ToInt8:
			report(u.In[0], "it is in float32, and a layer in integers depends on it")
			return
		case !u.Integer():
			report(u, "it is in float32, and a layer in integers depends on it")
			return
		}
		for _, in := range u.In {
			visit(in)
		}
	}
	for i, u := range q.outputs {
		for ; u.Kind == Float && len(u.In) == 1 && !u.trained() && u.shape.Equal(u.In[0].shape); u = u.In[0] {
			c.Dropped[i] = append(c.Dropped[i], u.Layers[0])
		}
		if u.Kind != ToFloat {
			report(u, "it is in float32, and an output depends on it")
			continue
		}
		c.back[i], c.Out[i] = u, u.In[0]
		visit(c.Out[i])
	}
	for i, in := range q.Net.Inputs {
		if c.In[i] == nil && len(*problems) == 0 {
			problems.Add("quantize", in.Pos, fmt.Sprintf("input %q", in.Name), "leave out quantize: {io: int8}",
				"int8 numbers can't go in and out: nothing quantises the input")
		}
	}
	q.core = c
}

// trained tells whether a layer in float32 has parameters that training changes.
func (u *Unit) trained() bool {
	for _, p := range u.Layers[0].Params {
		if p.Role != ir.Constant {
			return true
		}
	}
	return false
}

// inputOf returns which input of the network, behind preprocessing, a unit quantises; −1 for none.
func (q *Network) inputOf(u *Unit) int {
	if u.Kind != ToInt8 {
		return -1
	}
	for from := u.In[0]; from.Kind == Float; from = from.In[0] {
		l := from.Layers[0]
		for i, in := range q.Net.Inputs {
			if in == l {
				return i
			}
		}
		if len(from.In) != 1 || !l.Preprocesses() && !reshapes(l) {
			return -1
		}
	}
	return -1
}

// reshapes tells whether a layer hands on the numbers that it reads, in their order.
func reshapes(l *op.Layer) bool { return l.Def == op.Flatten || l.Def == op.Reshape }

// LowerCore returns the graph of predictions from int8 numbers to int8 numbers.
func (q *Network) LowerCore() *ir.Graph {
	b := ir.NewBuilder(q.Net.Spec.Name)
	values := map[*Unit]*ir.Value{}
	for i, u := range q.core.In {
		b.Layer, b.Pos = u.Name, u.pos()
		values[u] = b.InputInt8(q.Net.Inputs[i].Name, u.shape)
	}
	wanted := map[*Unit]bool{}
	var want func(u *Unit)
	want = func(u *Unit) {
		if wanted[u] || values[u] != nil {
			return
		}
		wanted[u] = true
		for _, in := range u.In {
			want(in)
		}
	}
	for _, u := range q.core.Out {
		want(u)
	}
	for _, u := range q.Units {
		if !wanted[u] {
			continue
		}
		b.Layer, b.Pos = u.Name, u.pos()
		v := u.lower(b, u.inputs(values))
		if v.Label == "" {
			v.Label = u.Name
		}
		values[u] = v
		for _, l := range u.Layers {
			b.Graph.Layers = append(b.Graph.Layers, ir.Output{Name: l.Name, Value: v})
		}
	}
	for i, o := range q.Net.Outputs {
		b.Graph.Outputs = append(b.Graph.Outputs, ir.Output{Name: o.Name, Value: values[q.core.Out[i]]})
	}
	return b.Graph
}

// Border says what the int8 numbers of an input or an output stand for: q for Offset + Scale·(q − Zero).
type Border struct {
	Scale, Offset float64
	Zero          int
	// Whole says that this is what the network takes and gives; else Of says what it is.
	Whole bool
	Of    string
	// Bytes are the int8 numbers for the whole numbers from 0 to 255 of an input, as a prediction quantises them; nil
	// for one whose numbers are not all scaled alike, and for outputs.
	Bytes []int8
	// Threshold is the least int8 number of an output that stands for a number from a threshold on.
	Threshold int
}

// Borders are what the int8 numbers of all inputs and outputs stand for.
type Borders struct{ In, Out []Border }

// Inputs returns what the int8 numbers of each input stand for.
func (c *Core) Inputs(all Numbers) (list []Border) {
	for _, u := range c.In {
		scale, zero := all[u.Params[0]].Float, all[u.Params[1]].Int32
		b := Border{Scale: float64(scale[0]), Zero: int(zero[0]), Whole: true}
		var steps [][2]float32 // from the last step of preprocessing to the first
		for from := u.In[0]; len(from.In) > 0; from = from.In[0] {
			l := from.Layers[0]
			if reshapes(l) {
				continue
			}
			step, alike := [2]float32{}, len(l.Params) == 2
			for i := range step {
				if !alike {
					break
				}
				x := all[l.Params[i]].Float
				step[i] = x[0]
				for _, v := range x {
					alike = alike && v == x[0]
				}
			}
			if !alike || step[1] == 0 {
				b.Whole, b.Of = false, u.In[0].Name
				break
			}
			steps = append(steps, step)
			b.Scale, b.Offset = b.Scale/float64(step[1]), b.Offset/float64(step[1])+float64(step[0])
		}
		if !b.Whole {
			b.Scale, b.Offset = float64(scale[0]), 0
		} else {
			b.Bytes = bytesOf(steps, scale, zero)
		}
		list = append(list, b)
	}
	return list
}

// bytesOf returns what the numbers from 0 to 255 become, behind steps of preprocessing, of which the first is the last.
func bytesOf(steps [][2]float32, scale []float32, zero []int32) []int8 {
	x := make([]float32, 256)
	for i := range x {
		x[i] = float32(i)
	}
	for i := len(steps) - 1; i >= 0; i-- {
		vec.Affine(len(x), 1, x, x, steps[i][:1], steps[i][1:])
	}
	y := make([]int8, len(x))
	quant.Quantize(y, x, scale, zero)
	return y
}

// Outputs returns what the int8 numbers of each output stand for. thresholds are those of the network's outputs.
func (c *Core) Outputs(all Numbers, thresholds []float32) (list []Border) {
	for i, u := range c.back {
		scale, zero := all[u.Params[0]].Float, all[u.Params[1]].Int32
		b := Border{Scale: float64(scale[0]), Zero: int(zero[0]), Whole: len(c.Dropped[i]) == 0, Of: c.Out[i].name()}
		y, x := make([]float32, 1), make([]int8, 1)
		for b.Threshold = -128; b.Threshold < 128; b.Threshold++ {
			x[0] = int8(b.Threshold)
			if quant.Dequantize(y, x, scale, zero); y[0] >= thresholds[i] {
				break
			}
		}
		list = append(list, b)
	}
	return list
}

// name returns that of the layer whose output a unit computes.
func (u *Unit) name() string {
	for ; len(u.Layers) == 0; u = u.In[0] {
	}
	return u.Last().Name
}

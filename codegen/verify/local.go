package verify

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/runtime/vec"
)

// u is the unit roundoff of float32: one rounding changes a number by at most u of it, and n of them by (1+u)ⁿ − 1,
// which is at most secondOrder·n·u while n·u ≤ 0.01 (Higham, Accuracy and Stability of Numerical Algorithms, lemma
// 3.1).
const (
	u           = 1.0 / (1 << 24)
	secondOrder = 1.01
)

// local compares one training step with the reference, layer by layer, each on the inputs that the
// generated code had.
type local struct {
	*Report
	net    *net.Net
	graph  *ir.Graph
	index  int // of the step
	script *script
	step   *step
	*numbers

	n        int
	live     map[*ir.Value]bool // made by the graph: what no result depends on is not
	values   map[*op.Layer]*ir.Value
	adjoints map[*ir.Value]*sum // what the reference says, of values whose layer is yet to come
	compared map[*ir.Value]*Tensor
	params   map[*ir.Param]*sum
}

// sum is a gradient as the reference adds it up, with the bound on its error. abs, the sum of sizes, is nil for a
// single term, whose arrays are not copied.
type sum struct {
	want, bound, abs []float64
	terms            int
}

func (s *sum) add(want, bound []float64) {
	s.terms++
	switch s.terms {
	case 1:
		s.want, s.bound = want, bound
		return
	case 2:
		s.want, s.bound, s.abs = slices.Clone(s.want), slices.Clone(s.bound), make([]float64, len(s.want))
		for i, w := range s.want {
			s.abs[i] = math.Abs(w)
		}
	}
	for i, w := range want {
		s.want[i] += w
		s.bound[i] += bound[i]
		s.abs[i] += math.Abs(w)
	}
}

// total returns the bound with that of the additions.
func (s *sum) total() []float64 {
	if s.terms > 1 {
		for i := range s.bound {
			s.bound[i] += secondOrder * u * float64(s.terms-1) * (s.abs[i] + s.bound[i])
		}
	}
	return s.bound
}

func (l *local) run() {
	l.n = l.script.Rows[l.index]
	l.values = map[*op.Layer]*ir.Value{}
	byName := map[string]*op.Layer{}
	for _, layer := range l.net.Layers {
		byName[layer.Name] = layer
	}
	l.live = results(l.graph)
	for _, o := range l.graph.Layers {
		if l.live[o.Value] {
			l.values[byName[o.Name]] = o.Value
		}
	}
	l.adjoints, l.compared, l.params = map[*ir.Value]*sum{}, map[*ir.Value]*Tensor{}, map[*ir.Param]*sum{}

	l.losses()
	for i := len(l.net.Layers) - 1; i >= 0; i-- {
		layer := l.net.Layers[i]
		switch v := l.values[layer]; {
		case v == nil || len(layer.In) > 0 && v == l.values[layer.In[0]]: // the same numbers
		case len(layer.In) == 0:
			l.gradient(v)
		default:
			l.gradient(v)
			l.layer(layer)
		}
	}
	l.gradients()
	l.update()
}

// results returns the values that a graph computes. Layers that a step has no use for, such as those that turn
// predictions back into the units of targets, have values that are none of them.
func results(g *ir.Graph) map[*ir.Value]bool {
	live := map[*ir.Value]bool{}
	for _, n := range g.Nodes {
		for _, r := range n.Results {
			live[r] = true
		}
	}
	return live
}

// data returns the numbers that the generated code has for a value.
func (l *local) data(v *ir.Value) []float32 {
	root := v
	for root.Of != nil {
		root = root.Of
	}
	for i, in := range l.net.Inputs {
		if l.values[in] == root {
			return l.rows(l.script.Inputs[i])
		}
	}
	x, ok := l.step.Values[v.String()]
	if !ok {
		panic(fmt.Sprintf("BUG: no trace of %s", v.Def))
	}
	return l.load(x)
}

// before returns the numbers of a parameter before the step.
func (l *local) before(p *ir.Param) []float32 { return l.load(l.step.Before[p.Name]) }

// rows returns the rows of this step.
func (l *local) rows(x []float32) []float32 {
	all, first := 0, 0
	for i, n := range l.script.Rows {
		if i < l.index {
			first += n
		}
		all += n
	}
	width := len(x) / all
	return x[first*width : (first+l.n)*width]
}

// call prepares the forward pass of a layer on the inputs that the generated code had.
func (l *local) call(layer *op.Layer) *op.Call {
	c := &op.Call{Layer: layer, N: l.n, Training: true, Draw: draw(l.script.Seed, layer.Stream, uint64(l.index))}
	for _, in := range layer.In {
		c.X = append(c.X, tensorOf(in.Shape.Batch(), l.n, l.data(l.values[in])))
	}
	for _, p := range layer.Params {
		c.P = append(c.P, tensorOf(p.Shape, l.n, l.before(p)))
		if p.FakeQuant > 0 {
			last := &c.P[len(c.P)-1]
			last.Data, _ = op.FakeQuantized(last.Data, p.FakeQuant)
		}
	}
	c.Y = zeros(layer.Shape.Batch(), l.n)
	return c
}

// layer compares the forward pass of a layer, and counts its backward pass for those of its inputs
// and parameters.
func (l *local) layer(layer *op.Layer) {
	v := l.values[layer]
	c := l.call(layer)
	layer.Def.Forward(c)
	l.tensor(Forward, layer.Name).compare(l.index, l.data(v), c.Y.Data, layer.Def.Bound(c))

	dv := l.graph.Adjoints[v]
	if !l.live[dv] {
		return // no parameter or input depends on it
	}
	for _, in := range layer.In {
		c.DX = append(c.DX, zeros(in.Shape.Batch(), l.n))
	}
	for _, p := range layer.Params {
		c.DP = append(c.DP, zeros(p.Shape, l.n))
	}
	c.DY = tensorOf(layer.Shape.Batch(), l.n, l.data(dv))
	layer.Def.Backward(c)
	dx, dp := layer.Def.GradBound(c)
	for i, in := range layer.In {
		l.adjoint(l.values[in]).add(c.DX[i].Data, dx[i])
	}
	for i, p := range layer.Params {
		if p.Role == ir.Trained {
			if l.params[p] == nil {
				l.params[p] = &sum{}
			}
			l.params[p].add(c.DP[i].Data, dp[i])
		}
	}
}

func (l *local) adjoint(v *ir.Value) *sum {
	if l.adjoints[v] == nil {
		l.adjoints[v] = &sum{}
	}
	return l.adjoints[v]
}

// losses compares the loss, and counts its gradient for the scores.
func (l *local) losses() {
	var all []float64
	if l.script.Weights != nil {
		all = vector(l.rows(l.script.Weights))
	}
	loss, bounded := 0.0, 0.0
	for i, p := range l.net.Outputs {
		scores := l.values[p.Scores]
		width := p.Width()
		y, t := vector(l.data(scores)), vector(l.targets(p, l.rows(l.script.Targets[i])))
		dy, bound := make([]float64, len(y)), make([]float64, len(y))
		terms := float64(p.Loss.Terms(width))
		weights := ref.RowWeights(p, all, vector(l.rows(l.script.Targets[i])), true)
		for row := range weights {
			d := dy[row*width:][:width]
			value := p.Weight * weights[row] * p.Loss.Eval(p.Node, y[row*width:][:width], t[row*width:][:width], d)
			scale := p.Weight * weights[row]
			loss += value
			bounded += valueTerms(terms, width) * u * (math.Abs(value) + scale)
			for j := range d {
				d[j] *= scale
				bound[row*width+j] = terms*u*(math.Abs(d[j])+math.Abs(scale)) + 0x1p-140
			}
		}
		l.adjoint(scores).add(dy, bound)
	}
	penalty := 0.0
	for _, p := range l.net.Params {
		for _, w := range l.before(p) {
			penalty += p.L1*math.Abs(float64(w)) + p.L2*float64(w)*float64(w)
		}
	}
	want := loss + penalty
	l.tensor(LossKind, "loss").compare(l.index, []float32{float32(l.step.Loss)}, []float64{want},
		[]float64{bounded + u*math.Abs(want) + 0x1p-140})
}

// valueTerms returns the number of roundings, relative to the scale, of the loss of a row, of which an element of the
// gradient has some terms. A formula without sums has no more than that; one over classes has two sums, of exponentials
// and of products with targets, that run in eight lanes, with width/8 additions and three that fold them, and 24 roundings of
// its own (see rowTerms of package op: ln Σe has those of Σe and 1.9·ln width, and no more than ln width); powers have up to
// 64.
func valueTerms(terms float64, width int) float64 { return min(terms, max(64, float64(width)/4+6+24)) }

// targets returns the targets of an output as its loss reads them: standardized by the rounded steps of the primitives,
// so that the same numbers go into the loss.
func (l *local) targets(o *net.Output, raw []float32) []float32 {
	if o.Targets == nil {
		return raw
	}
	center, scale := l.before(o.Targets.Params[2]), l.before(o.Targets.Params[3])
	if o.Scaling == "log" {
		logs := make([]float32, len(raw))
		vec.Log(logs, raw)
		raw = logs
	}
	t := make([]float32, len(raw))
	for i, v := range raw {
		d := v - center[i%len(center)]
		t[i] = d * scale[i%len(scale)]
	}
	return t
}

// gradient compares what was counted for a value, whose users have all been seen, with the gradient of the generated
// code, and keeps it no longer: those of all layers together are many times what one needs.
func (l *local) gradient(v *ir.Value) {
	dv, s := l.graph.Adjoints[v], l.adjoints[v]
	delete(l.adjoints, v)
	if l.live[dv] && s != nil && s.want != nil {
		l.compared[v] = &Tensor{Kind: Backward}
		l.compared[v].compare(l.index, l.data(dv), s.want, s.total())
	}
}

// gradients reports the gradients of layers, and compares what was counted for parameters with those of the generated
// code.
func (l *local) gradients() {
	for _, layer := range l.net.Layers {
		if t := l.compared[l.values[layer]]; t != nil {
			named := *t
			named.Name = layer.Name
			l.Tensors = append(l.Tensors, &named)
		}
	}
	all := l.load(l.step.Grads)
	for _, p := range l.net.Params {
		if p.Role != ir.Trained {
			continue
		}
		got := all[:p.Size()]
		all = all[p.Size():]
		s := l.params[p]
		if s == nil {
			s = &sum{}
			s.add(make([]float64, p.Size()), make([]float64, p.Size()))
		}
		if p.L1 != 0 || p.L2 != 0 {
			penalty, bound := make([]float64, p.Size()), make([]float64, p.Size())
			for i, w := range vector(l.before(p)) {
				penalty[i] = 2 * p.L2 * w
				if w != 0 {
					penalty[i] += math.Copysign(p.L1, w)
				}
				bound[i] = 4 * u * (math.Abs(2*p.L2*w) + p.L1) // of the two constants, their product with w, and the sum
			}
			s.add(penalty, bound)
		}
		l.tensor(Parameter, p.Name).compare(l.index, got, s.want, s.total())
	}
}

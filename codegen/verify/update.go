package verify

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
)

// checkInitial compares initial values with those that the reference draws. They are computed in
// float64 by different algorithms on both sides, and rounded once.
func (c *testCase) checkInitial(r *Report, got map[string]array) {
	for _, p := range c.plain.Net.Params {
		want := ref.Initial(p, c.script.Seed)
		bound := make([]float64, len(want))
		for i, w := range want {
			bound[i] = secondOrder*u*math.Abs(w) + 1e-9 // quantiles and QR agree to 1e-9 of their scale
		}
		r.tensor(Initial, p.Name).compare(0, c.load(got[p.Name]), want, bound)
	}
}

// update compares parameters, running statistics and optimizer state after the step with the
// reference's update of the generated code's own parameters, gradients and state.
func (l *local) update() {
	s := l.net.Spec
	var w []float32
	for _, p := range l.net.Params {
		if p.Role == ir.Trained {
			w = append(w, l.before(p)...)
		}
	}
	names := op.OptimizerByName(s.Optimizer.Kind).Kept(s.Optimizer)
	in := [][]float32{w, l.load(l.step.Grads)}
	for _, name := range names {
		in = append(in, l.load(l.step.StateBefore[name]))
	}
	// Each result is as if it were computed from inputs that are off by a few roundings, and then rounded a few times
	// itself: the sum of what each such change does bounds the error to first order. Few are those of w − lr·m̂/(√v̂ +
	// ε), the longest of the formulas: seven of the gradient's decay, of m (two), its correction, the quotient, the
	// rate and the difference; and five through v: half of six, of the gradient twice, its square, two of v and its
	// correction, then the root and ε. The norm that clips gradients is summed in float64, and rounded once. States
	// below 2⁻¹²⁶ become 0.
	const few = 12
	want := l.updated(names, in, -1, 0)
	bound := make([][]float64, len(want))
	for i := range want {
		bound[i] = make([]float64, len(want[i]))
		for j, v := range want[i] {
			bound[i][j] = few*u*math.Abs(v) + 0x1p-126
		}
	}
	for k := range in {
		for _, side := range []float64{1, -1} {
			for i, x := range l.updated(names, in, k, side*few*u) {
				for j, v := range x {
					bound[i][j] += math.Abs(v - want[i][j])
				}
			}
		}
	}
	at := 0
	for _, p := range l.net.Params {
		if p.Role == ir.Frozen {
			l.tensor(State, p.Name).compare(l.index, l.load(l.step.After[p.Name]),
				vector(l.before(p)), make([]float64, p.Size()))
		}
		if p.Role != ir.Trained {
			continue
		}
		x, b := want[0][at:at+p.Size()], bound[0][at:at+p.Size()]
		if p.MaxNorm > 0 && p.Pattern == nil {
			for i := range b {
				b[i] += (float64(p.In) + 16) * u * math.Abs(x[i]) // a sum of In squares, its root, a quotient, a product
			}
		}
		l.tensor(State, p.Name).compare(l.index, l.load(l.step.After[p.Name]), x, b)
		at += p.Size()
	}
	for i, name := range names {
		l.tensor(State, "optimizer "+name).compare(l.index, l.load(l.step.State[name]), want[i+1], bound[i+1])
	}
	l.running()
}

// updated returns parameters and states after the reference's update, with input k times 1 + change.
func (l *local) updated(names []string, in [][]float32, k int, change float64) [][]float64 {
	x := make([][]float64, len(in))
	for i := range in {
		x[i] = vector(in[i])
		if i == k {
			for j := range x[i] {
				x[i][j] *= 1 + change
			}
		}
	}
	w, g := x[0], x[1]
	state := map[string][]float64{}
	out := [][]float64{w}
	for i, name := range names {
		state[name] = x[i+2]
		out = append(out, x[i+2])
	}
	ref.UpdateParams(l.net, w, g, state, l.index+1, l.script.LR[l.index])
	return out
}

// running compares the running statistics, which the forward pass moved.
func (l *local) running() {
	moves := func(p *ir.Param) bool { return p.Role == ir.Running }
	moved, bounds := map[*ir.Param][]float64{}, map[*ir.Param][]float64{}
	users := map[*ir.Param]int{} // layers that are to move a statistic yet: those that share it do so one after another
	for _, layer := range l.net.Layers {
		if l.values[layer] != nil && len(layer.In) > 0 {
			for _, p := range layer.Params {
				users[p]++
			}
		}
	}
	for _, layer := range l.net.Layers {
		if l.values[layer] == nil || len(layer.In) == 0 || !slices.ContainsFunc(layer.Params, moves) {
			continue
		}
		c := l.call(layer)
		for i, p := range layer.Params {
			if x := moved[p]; x != nil {
				c.P[i].Data = x
			}
		}
		layer.Def.Forward(c)
		for i, p := range layer.Params {
			if !moves(p) {
				continue
			}
			if bounds[p] == nil {
				bounds[p] = make([]float64, p.Size())
			}
			moved[p] = c.P[i].Data
			bound, before := bounds[p], l.before(p)
			magnitude := 0.0
			for _, x := range c.X[0].Data {
				magnitude = math.Max(magnitude, math.Abs(x))
			}
			// Mean and variance are two sums over as many numbers as a unit has in the batch; the variance holds each
			// deviation twice, and with it the error of the mean twice: four roundings for each number. The rest are
			// those of quotients, and of the mean with what the parameter was.
			for j := range bound {
				size := math.Abs(float64(before[j]))
				bound[j] += (4*float64(len(c.X[0].Data)/p.Size()) + 16) * u * (size + magnitude + magnitude*magnitude)
			}
			if users[p]--; users[p] == 0 {
				l.tensor(State, p.Name).compare(l.index, l.load(l.step.After[p.Name]), moved[p], bound)
			}
		}
	}
}

// checkDifferences compares the reference's own gradients with central differences of its objective. Networks that
// truncate gradients in time are left out.
func (c *testCase) checkDifferences(r *Report) {
	if slices.ContainsFunc(c.plain.Net.Layers, (*op.Layer).Truncates) {
		return
	}
	n := &ref.Network{Net: c.plain.Net, Params: map[*ir.Param][]float64{}, Seed: c.script.Seed}
	for _, p := range c.plain.Net.Params {
		n.Params[p] = vector(c.script.Params[p.Name])
	}
	b, most := c.differences()
	for _, d := range n.Differences(b, 0, most) {
		t := r.tensor(Differences, d.Name)
		if d.Element < 0 {
			t = r.tensor(Directions, d.Name)
		}
		if d.Kink {
			t.Left += d.Elements
			continue
		}
		t.Elements += d.Elements
		diff, bound := d.Error(), d.Bound()
		t.MaxRel = math.Max(t.MaxRel, diff/math.Max(1e-2, math.Abs(d.Finite)))
		if ratio := diff / bound; ratio > t.Worst {
			t.Worst, t.MaxBound = ratio, bound
		}
		if !(diff <= bound) && t.Failure == "" {
			t.Failure = fmt.Sprintf("element %d: gradient %v, central difference %v, difference %.3g, bound %.3g", d.Element,
				d.Gradient, d.Finite, diff, bound)
		}
	}
	compared, left := 0, 0
	for _, t := range r.Tensors {
		compared, left = compared+t.Elements, left+t.Left
	}
	if left > compared {
		r.tensor(Directions,
			"").Failure = fmt.Sprintf("of %d elements only %d could be compared: the objective has kinks at the others",
			compared+left, compared)
	}
}

// differences returns the examples for central differences, and of how many elements of each parameter there are some
// beside those along a direction. A network with much work in an example is compared on fewer of both.
func (c *testCase) differences() (b ref.Batch, most int) {
	params := 0
	for _, p := range c.plain.Net.Params {
		if p.Role == ir.Trained {
			params++
		}
	}
	// Each takes two evaluations of the objective, on average of half of the layers, and two more near a kink.
	each := float64(max(params, 1)) * work(c.plain.Net)
	most = int(differenceWork/(leastExamples*each)) - 1
	most = max(0, min(mostElements, most))
	b = c.batch()
	return first(b, max(leastExamples, int(differenceWork/(float64(1+most)*each)))), most
}

const (
	// differenceWork bounds the multiply-adds of all evaluations of the objective that central differences take: about
	// a fifth of a second, in which a recurrent layer of 64 units is compared on four examples. A network with so much
	// work that they don't suffice for one direction of each parameter takes more.
	differenceWork = 1e8
	mostElements   = 12
	leastExamples  = 2 // so that what examples of a batch have in common is told from them
)

// work returns the multiply-adds of one example.
func work(network *net.Net) float64 {
	n := int64(1)
	for _, l := range network.Layers {
		n += l.MACs()
	}
	return float64(n)
}

// first returns the first n examples of a batch.
func first(b ref.Batch, n int) ref.Batch {
	if n >= b.N {
		return b
	}
	cut := func(xs [][]float64) [][]float64 {
		var out [][]float64
		for _, x := range xs {
			out = append(out, x[:len(x)/b.N*n])
		}
		return out
	}
	f := ref.Batch{N: n, Inputs: cut(b.Inputs), Targets: cut(b.Targets)}
	if b.Weights != nil {
		f.Weights = cut([][]float64{b.Weights})[0]
		if slices.Max(f.Weights) == 0 {
			f.Weights = nil
		}
	}
	return f
}

// Package ref interprets a network in float64, layer by layer, the plain way.
//
// It exists to be right, not fast: it shares no code with lowering, emission or the runtime, but for the description of
// columns (runtime/encode), so that agreement with generated code means something. It knows whole training steps: forward, losses with
// penalties, backward by the hand-derived gradients of codegen/op, clipping and every optimizer. It
// draws the same random numbers as generated code does.
package ref

import (
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
)

// Network is a network with its parameters.
type Network struct {
	Net    *net.Net
	Params map[*ir.Param][]float64
	Seed   uint64 // of initial values and masks
	// Disturb, if not nil, may change what a layer computes in place; bound says how far a float32
	// evaluation of that layer may be off. It serves to see how errors travel.
	Disturb func(x, bound []float64)
	// DisturbLosses asks for the same of the gradients of losses, which cancel where a score is sure of itself.
	DisturbLosses bool
	// Each, if not nil, sees each layer's call after its forward and after its backward pass, and may change in place
	// what the call computed.
	Each func(l *op.Layer, c *op.Call, backward bool)
	// Bounds, if not nil, keeps the bounds of the first disturbed evaluation for those that follow with the same batch
	// and parameters: a bound is of first order, so that it changes little.
	Bounds *Bounds
	// Sample, if above 0, is the number of elements, evenly spread, that gradients of larger parameters may be cut down
	// to where all of them would take work or memory: see Grads.
	Sample int

	// free are arrays that are not used any more, by their length: see take. Forward alone gives none up, so that
	// several goroutines may call it for a network that nothing else is asked of.
	free map[int][][]float64
}

// take returns an array of zeros, which may have been another before.
func (n *Network) take(size int) []float64 {
	free := n.free[size]
	if len(free) == 0 {
		return make([]float64, size)
	}
	x := free[len(free)-1]
	n.free[size] = free[:len(free)-1]
	clear(x)
	return x
}

// give says that nobody has an array any more.
func (n *Network) give(x []float64) {
	if n.free == nil {
		n.free = map[int][][]float64{}
	}
	n.free[len(x)] = append(n.free[len(x)], x)
}

// zeros returns a tensor of zeros.
func (n *Network) zeros(s ir.Shape) op.Tensor { return op.Tensor{Shape: s, Data: n.take(s.Size())} }

// Bounds are the bounds of layers: what errors are likely, for less work, if Likely is set. See op.Def.
type Bounds struct {
	Likely   bool
	forward  map[place][]float64
	backward map[place][2][][]float64
}

// place is a layer in a piece of a batch that has so many examples before it.
type place struct {
	layer *op.Layer
	first int
}

// bound returns the bound of what a layer computes of a piece.
func (n *Network) bound(l *op.Layer, first int, c *op.Call) []float64 {
	b, at := n.Bounds, place{l, first}
	switch {
	case b == nil:
		return l.Def.Bound(c)
	case b.forward == nil:
		b.forward, b.backward = map[place][]float64{}, map[place][2][][]float64{}
	case b.forward[at] != nil:
		return b.forward[at]
	}
	if b.Likely && l.Def.Likely != nil {
		b.forward[at] = l.Def.Likely(c)
	} else {
		b.forward[at] = l.Def.Bound(c)
	}
	return b.forward[at]
}

// gradBound returns the bounds of the gradients that a layer computes of a piece.
func (n *Network) gradBound(l *op.Layer, first int, c *op.Call) (dx, dp [][]float64) {
	b, at := n.Bounds, place{l, first}
	if b == nil {
		return l.Def.GradBound(c)
	}
	if kept, ok := b.backward[at]; ok {
		return kept[0], kept[1]
	}
	if b.Likely && l.Def.LikelyGrad != nil {
		dx, dp = l.Def.LikelyGrad(c)
	} else {
		dx, dp = l.Def.GradBound(c)
	}
	b.backward[at] = [2][][]float64{dx, dp}
	return dx, dp
}

// sampled tells whether the gradient of parameter i of a layer is cut down to a sample: that of a large matrix which no
// other layer shares, where the kind knows how.
func (n *Network) sampled(l *op.Layer, i int) bool {
	return n.Sample > 0 && i == 0 && l.Def.GradAt != nil && l.Params[0].Pattern == nil && l.Params[0].Size() > n.Sample &&
		!slices.ContainsFunc(n.Net.Layers, func(o *op.Layer) bool { return o != l && slices.Contains(o.Params, l.Params[0]) })
}

// SampleOf returns the places of at most k of n elements, evenly spread.
func SampleOf(n, k int) []int {
	k = min(n, k)
	at := make([]int, k)
	for i := range at {
		at[i] = i * (n / k)
	}
	return at
}

// New returns a network with the initial parameters that seed gives.
func New(network *net.Net, seed uint64) *Network {
	n := &Network{Net: network, Params: map[*ir.Param][]float64{}, Seed: seed}
	for _, p := range network.Params {
		n.Params[p] = Initial(p, seed)
	}
	return n
}

// Batch is a set of examples: all numbers of each input, of the target of each output, and the
// weights of the examples, or of each step of their outputs, nil if all count 1.
type Batch struct {
	N       int
	Inputs  [][]float64
	Targets [][]float64
	Weights []float64
	// Of a batch that is worked off in pieces, a piece has First examples before it, by whose place random numbers are
	// drawn, and Shares, what each row of each output counts for in the mean over the whole; else nil.
	First  int
	Shares [][]float64
}

// RowWeights returns what each row of an output counts for in the mean of its losses; the sum is 1. The rows weigh as
// weights says, alike if that is nil, and in training as their classes do: see net.Output.
func RowWeights(o *net.Output, weights, targets []float64, training bool) []float64 {
	width := o.Width()
	w := make([]float64, len(targets)/width)
	total := 0.0
	for i := range w {
		w[i] = 1
		if weights != nil {
			w[i] = weights[i]
		}
		if training && o.ClassWeights != nil {
			w[i] *= classWeight(o, targets[i*width:][:width])
		}
		total += w[i]
	}
	for i := range w {
		w[i] /= total
	}
	return w
}

// classWeight returns the weight of the class of a row, or the mean of those of its classes by their shares.
func classWeight(o *net.Output, row []float64) float64 {
	if o.Task == "binary" {
		row = []float64{1 - side(row[0]), side(row[0])}
	}
	w := 0.0
	for k, t := range row {
		w += t * o.ClassWeights[k]
	}
	return w
}

// side returns the share of the second of two classes: a target from −1 to 0 means none.
func side(t float64) float64 { return math.Max(t, 0) }

// Pass is one forward pass.
type Pass struct {
	Values map[*op.Layer]op.Tensor
	calls  map[*op.Layer]*op.Call
	// training says that the losses are those of the objective.
	training bool
	first    int // see Batch
	straight *straight
}

// discard gives up what the pass computed.
func (n *Network) discard(p *Pass) {
	for _, c := range p.calls {
		n.give(c.Y.Data)
	}
}

// States returns the outputs and cells of a recurrent layer of the pass: see op.States.
func (p *Pass) States(l *op.Layer) (h, c []float64) { return op.States(p.calls[l]) }

// Forward computes the output of every layer. In training, dropout drops by the masks of step, and
// running statistics move.
func (n *Network) Forward(b Batch, training bool, step uint64) *Pass {
	return n.forward(b, training, step, nil, nil)
}

// forward is Forward, given a pass with the same batch and parameters except one: what does not depend on that is taken
// from there.
func (n *Network) forward(b Batch, training bool, step uint64, base *Pass, except *ir.Param) *Pass {
	p := &Pass{Values: map[*op.Layer]op.Tensor{}, calls: map[*op.Layer]*op.Call{}, training: training,
		first: b.First}
	for i, in := range n.Net.Inputs {
		p.Values[in] = op.Tensor{Shape: rows(in.Shape, b.N), Data: b.Inputs[i]}
	}
	for _, l := range n.Net.Layers {
		if len(l.In) == 0 {
			continue
		}
		if base != nil && !slices.Contains(l.Params, except) && !slices.ContainsFunc(l.In,
			func(in *op.Layer) bool { return p.calls[in] != nil }) {
			p.Values[l] = base.Values[l]
			continue
		}
		c := &op.Call{Layer: l, N: b.N, Training: training, Y: n.zeros(rows(l.Shape, b.N)),
			Draw: drawFrom(b.First*l.DrawsEach(), Draw(n.Seed, l.Stream, step))}
		for _, in := range l.In {
			c.X = append(c.X, p.Values[in])
		}
		for _, q := range l.Params {
			c.P = append(c.P, op.Tensor{Shape: q.Shape, Data: n.numbers(q, training, base)})
		}
		if base == nil || !base.straight.layer(l, c, base.calls[l]) {
			l.Def.Forward(c)
		}
		if n.Disturb != nil {
			n.Disturb(c.Y.Data, n.bound(l, b.First, c))
		}
		if n.Each != nil {
			n.Each(l, c, false)
		}
		p.Values[l], p.calls[l] = c.Y, c
	}
	return p
}

// numbers returns those of a parameter as a layer reads them.
func (n *Network) numbers(p *ir.Param, training bool, base *Pass) []float64 {
	if !training || p.FakeQuant == 0 {
		return n.Params[p]
	}
	if base != nil {
		if w := base.straight.rounded(p, n.Params[p]); w != nil {
			return w
		}
	}
	w, bound := op.FakeQuantized(n.Params[p], p.FakeQuant)
	if n.Disturb != nil {
		n.Disturb(w, bound)
	}
	return w
}

// Draw returns the numbers in [0, 1) of a stream in a step, for one reader: four of a block are computed together.
func Draw(seed uint64, stream uint32, step uint64) func(int) float64 {
	var block [4]uint32
	last := -1 // the block that is in there
	return func(i int) float64 {
		if i/4 != last {
			last = i / 4
			block = op.Block(seed, stream, step, uint32(last))
		}
		return float64(block[i%4]) / (1 << 32)
	}
}

// drawFrom returns the numbers of a stream from number first on.
func drawFrom(first int, draw func(int) float64) func(int) float64 {
	if first == 0 {
		return draw
	}
	return func(i int) float64 { return draw(first + i) }
}

func rows(s ir.Shape, n int) ir.Shape { return append(ir.Shape{n}, s...) }

// disturbLosses disturbs the gradients of the scores by a few roundings of the numbers that they are differences of.
func (n *Network) disturbLosses(b Batch, grads map[*op.Layer][]float64) {
	for i, o := range n.Net.Outputs {
		d, width := grads[o.Scores], o.Width()
		weights := b.shares(i, o, true)
		bound := make([]float64, len(d))
		for j := range d {
			bound[j] = float64(o.Loss.Terms(width)) * 0x1p-24 * (math.Abs(d[j]) + math.Abs(o.Weight*weights[j/width]))
		}
		n.Disturb(d, bound)
	}
}

// Loss returns the objective: the weighted mean loss of the examples, plus the penalties.
func (n *Network) Loss(b Batch, p *Pass) float64 {
	return n.MeanLoss(b, p) + n.penalty()
}

// MeanLoss returns the loss of a batch without penalties: what an evaluation measures, after a pass as in inference.
func (n *Network) MeanLoss(b Batch, p *Pass) float64 {
	loss, _ := n.losses(b, p)
	return loss
}

// losses returns the mean loss, and its gradient for the scores of each output.
func (n *Network) losses(b Batch, p *Pass) (float64, map[*op.Layer][]float64) {
	loss, grads := 0.0, map[*op.Layer][]float64{}
	for i, o := range n.Net.Outputs {
		y := p.Values[o.Scores].Data
		width := o.Width()
		dy := make([]float64, width)
		if grads[o.Scores] == nil {
			grads[o.Scores] = make([]float64, len(y))
		}
		targets := n.TargetsOf(o, b.Targets[i])
		weights := b.shares(i, o, p.training)
		for r := range weights {
			loss += o.Weight * weights[r] * o.Loss.Eval(o.Node, y[r*width:][:width], targets[r*width:][:width], dy)
			for j, d := range dy {
				grads[o.Scores][r*width+j] += o.Weight * weights[r] * d
			}
		}
	}
	return loss, grads
}

// shares returns what each row of output i counts for.
func (b *Batch) shares(i int, o *net.Output, training bool) []float64 {
	if b.Shares != nil {
		return b.Shares[i]
	}
	return RowWeights(o, b.Weights, b.Targets[i], training)
}

// TargetsOf returns the targets of an output as its loss reads them.
func (n *Network) TargetsOf(o *net.Output, raw []float64) []float64 {
	if o.Targets == nil {
		return raw
	}
	center, scale := n.Params[o.Targets.Params[2]], n.Params[o.Targets.Params[3]]
	t := make([]float64, len(raw))
	for i, v := range raw {
		if o.Scaling == "log" {
			v = math.Log(v)
		}
		t[i] = (v - center[i%len(center)]) * scale[i%len(scale)]
	}
	return t
}

func (n *Network) penalty() float64 {
	sum := 0.0
	for _, p := range n.Net.Params {
		if p.L1 == 0 && p.L2 == 0 {
			continue
		}
		for _, w := range n.Params[p] {
			sum += p.L1*math.Abs(w) + p.L2*w*w
		}
	}
	return sum
}

// Grads are gradients of the objective.
type Grads struct {
	Params map[*ir.Param][]float64 // of the trained ones, but for those of which there is only a sample
	// Samples holds the gradients at SampleOf(size, Network.Sample) of large matrices, if that is above 0.
	Samples map[*ir.Param][]float64
	Values  map[*op.Layer][]float64 // of the layers' outputs, inputs among them
}

// Backward returns the gradients of the objective after a forward pass.
func (n *Network) Backward(b Batch, p *Pass) *Grads {
	g := &Grads{Params: map[*ir.Param][]float64{}, Samples: map[*ir.Param][]float64{}}
	_, g.Values = n.losses(b, p)
	if n.Disturb != nil && n.DisturbLosses {
		n.disturbLosses(b, g.Values)
	}
	for _, l := range n.Net.Layers {
		if len(l.Params) > 0 && n.sampled(l, 0) {
			var sample []float64
			for _, i := range SampleOf(l.Params[0].Size(), n.Sample) {
				sample = append(sample, n.Params[l.Params[0]][i])
			}
			g.Samples[l.Params[0]] = penaltyGrad(l.Params[0], sample)
		}
	}
	for _, q := range n.Net.Params {
		if q.Role == ir.Trained && g.Samples[q] == nil {
			g.Params[q] = penaltyGrad(q, n.Params[q])
		}
	}
	n.propagate(g, p)
	return g
}

// InputGradients returns the gradients of Σ seeds·values for the numbers of each input, given the seeds of the values
// of layers; nil for an input that they do not depend on.
func (n *Network) InputGradients(p *Pass, seeds map[*op.Layer][]float64) [][]float64 {
	g := &Grads{Params: map[*ir.Param][]float64{}, Values: seeds}
	for _, q := range n.Net.Params {
		if q.Role == ir.Trained {
			g.Params[q] = make([]float64, len(n.Params[q]))
		}
	}
	n.propagate(g, p)
	var all [][]float64
	for _, in := range n.Net.Inputs {
		all = append(all, g.Values[in])
	}
	return all
}

// propagate runs the layers backwards from the gradients of their values that g holds.
func (n *Network) propagate(g *Grads, p *Pass) {
	for i := len(n.Net.Layers) - 1; i >= 0; i-- {
		l := n.Net.Layers[i]
		c := p.calls[l]
		if c == nil || g.Values[l] == nil {
			continue
		}
		c.DY, c.DX, c.DP = op.Tensor{Shape: c.Y.Shape, Data: g.Values[l]}, nil, nil
		for _, x := range c.X {
			c.DX = append(c.DX, n.zeros(x.Shape))
		}
		for i, w := range c.P {
			if g.Samples[l.Params[i]] != nil {
				c.DP = append(c.DP, op.Tensor{Shape: w.Shape})
				continue
			}
			c.DP = append(c.DP, n.zeros(w.Shape))
		}
		l.Def.Backward(c)
		n.collect(g, l, p.first, c)
		c.DX, c.DP = nil, nil // they are in g
	}
}

// penaltyGrad returns the gradient of the penalties of elements w of a parameter.
func penaltyGrad(p *ir.Param, w []float64) []float64 {
	g := make([]float64, len(w))
	if p.L1 == 0 && p.L2 == 0 {
		return g
	}
	for i, v := range w {
		g[i] = 2 * p.L2 * v
		if v != 0 {
			g[i] += math.Copysign(p.L1, v)
		}
	}
	return g
}

// collect adds what one layer gives of a piece to the gradients of its inputs and parameters.
func (n *Network) collect(g *Grads, l *op.Layer, first int, c *op.Call) {
	if n.Disturb != nil {
		dx, dp := n.gradBound(l, first, c)
		for i := range dx {
			n.Disturb(c.DX[i].Data, dx[i])
		}
		for i := range dp {
			n.Disturb(c.DP[i].Data, dp[i])
		}
	}
	if n.Each != nil {
		n.Each(l, c, true)
	}
	for i, in := range l.In {
		if g.Values[in] == nil {
			g.Values[in] = c.DX[i].Data
			continue
		}
		add(g.Values[in], c.DX[i].Data)
		n.give(c.DX[i].Data)
	}
	for i, q := range l.Params {
		if sum := g.Samples[q]; sum != nil {
			d, bound := l.Def.GradAt(c, SampleOf(q.Size(), n.Sample))
			if n.Disturb != nil {
				n.Disturb(d, bound)
			}
			add(sum, d)
		} else if q.Role == ir.Trained {
			add(g.Params[q], c.DP[i].Data)
			n.give(c.DP[i].Data)
		}
	}
}

func add(dst, src []float64) {
	for i, v := range src {
		dst[i] += v
	}
}

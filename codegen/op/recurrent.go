package op

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/blas/blas64"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// recurrentAttrs are the attributes of recurrent kinds, named as in Keras.
var recurrentAttrs = []spec.Attr{
	{Name: "units", Type: spec.Int, Required: true, Min: spec.Bound(1), Doc: "Number of outputs of a step."},
	{Name: "return_sequences", Type: spec.Bool, Default: false,
		Doc: "Whether the output has all steps, or the last alone."},
	{Name: "go_backwards", Type: spec.Bool, Default: false,
		Doc: "Whether steps are taken from the last to the first; the output of a step stays at its place."},
	{Name: "truncate", Type: spec.Int, Min: spec.Bound(1),
		Doc: "Truncated back-propagation through time: after so many steps, the gradient of the state goes no further " +
			"back; all steps if left out."},
	{Name: "use_bias", Type: spec.Bool, Default: true, Doc: "Whether there is a bias."},
	{Name: "kernel_initializer", Type: spec.Nodes, Family: spec.InitializerFamily, Default: "glorot_uniform",
		Doc: "Initial weights of the input."},
	{Name: "recurrent_initializer", Type: spec.Nodes, Family: spec.InitializerFamily, Default: "orthogonal",
		Doc: "Initial weights of the state."},
	{Name: "bias_initializer", Type: spec.Nodes, Family: spec.InitializerFamily, Default: "zeros", Doc: "Initial biases."},
	{Name: "kernel_regularizer", Type: spec.Nodes, Family: spec.RegularizerFamily,
		Doc: "Penalty on the weights of the input; that of `training` if left out."},
	{Name: "recurrent_regularizer", Type: spec.Nodes, Family: spec.RegularizerFamily,
		Doc: "Penalty on the weights of the state; none if left out."},
	{Name: "bias_regularizer", Type: spec.Nodes, Family: spec.RegularizerFamily,
		Doc: "Penalty on the biases; none if left out."},
}

// withState returns the attributes of a recurrent kind whose state has some parts, and more of its own.
func withState(parts []string, more ...spec.Attr) []spec.Attr {
	return slices.Concat(recurrentAttrs, []spec.Attr{
		{Name: "return_state", Type: spec.Bool, Default: false, Results: parts,
			Doc: fmt.Sprintf("Whether others can read the state after the last step: of a layer l, it is l.%s.",
				strings.Join(parts, " and l."))},
		{Name: "initial_state", Type: spec.Refs, Len: len(parts),
			Doc: fmt.Sprintf("The state before the first step, n×units each of %s: layers, such as the state of another; 0 "+
				"if left out.", strings.Join(parts, " and "))},
	}, more)
}

// recurrentShape is the shape rule of recurrent kinds.
func recurrentShape(l *Layer) (ir.Shape, error) {
	in := l.InShape(0)
	if len(in) != 2 {
		hint := "put a reshape layer before it"
		if l.In[0].Node.Has("return_sequences") {
			hint = fmt.Sprintf("write return_sequences: true in %q", l.In[0].Name)
		}
		return nil, &shapeError{msg: fmt.Sprintf("%s needs n×t×f input, but %q gives n×%s", l.Def.Kind.Name,
			l.In[0].Name, in), hint: hint}
	}
	first := len(l.In) - l.States()
	for i, s := range l.In[first:] {
		if want := (ir.Shape{l.Node.Int("units")}); !slices.Equal(s.Shape, want) {
			return nil, &shapeError{at: "initial_state", ref: i,
				msg: fmt.Sprintf("a state of %d units is n×%d, but %q gives n×%s", want[0], want[0], s.Name, s.Shape)}
		}
	}
	if first > 1 && (maskOf(l) < 0 || l.InShape(1)[0] != in[0]) {
		return nil, &shapeError{at: "from", msg: fmt.Sprintf("the mask of %d steps is n×%d, but %q gives n×%s", in[0], in[0],
			l.In[1].Name, l.InShape(1))}
	}
	if k := l.Node.Int("truncate"); k > in[0] {
		return nil, &shapeError{at: "truncate", msg: fmt.Sprintf("it truncates after %d steps, but %q gives n×%s, %d steps",
			k, l.In[0].Name, in, in[0]), hint: "leave it out"}
	}
	if l.Node.Bool("return_sequences") {
		return ir.Shape{in[0], l.Node.Int("units")}, nil
	}
	return ir.Shape{l.Node.Int("units")}, nil
}

// recurrentParams returns the weights of a cell with a number of gates, and biases rows of biases if it has any.
func recurrentParams(l *Layer, gates int, biases ir.Shape) []*ir.Param {
	f, u := l.InShape(0)[1], l.Node.Int("units")
	w := &ir.Param{Name: "kernel", Shape: ir.Shape{f, gates * u}, FanIn: f, FanOut: gates * u}
	w.Attrs = ir.ParamAttrs{Initializer: "kernel_initializer", Regularizer: "kernel_regularizer",
		Inherits: true, DType: true}
	v := &ir.Param{Name: "recurrent_kernel", Shape: ir.Shape{u, gates * u}, FanIn: u, FanOut: gates * u}
	v.Attrs = ir.ParamAttrs{Initializer: "recurrent_initializer", Regularizer: "recurrent_regularizer", DType: true}
	if !l.Node.Bool("use_bias") {
		return []*ir.Param{w, v}
	}
	b := &ir.Param{Name: "bias", Shape: biases, FanIn: f, FanOut: gates * u}
	b.Attrs = ir.ParamAttrs{Initializer: "bias_initializer", Regularizer: "bias_regularizer"}
	return []*ir.Param{w, v, b}
}

// lowerCell appends a cell with its bias and mask, as the layer has them.
func lowerCell(b *ir.Builder, l *Layer, cell *ir.Prim, x []*ir.Value) *ir.Value {
	c := ir.Cell{X: x[0], W: b.Param(l.Params[0]), V: b.Param(l.Params[1]), Initial: x[len(x)-l.States():]}
	if len(l.Params) > 2 {
		c.Bias = b.Param(l.Params[2])
	}
	if at := maskOf(l); at > 0 {
		c.Mask = x[at]
	}
	var attrs []any
	if l.Node.Bool("go_backwards") {
		attrs = append(attrs, "reverse", true)
	}
	if k := l.Node.Int("truncate"); k > 0 {
		attrs = append(attrs, "truncate", k)
	}
	if cell == ir.LSTMPrim && l.Node.Bool("return_state") {
		attrs = append(attrs, "last", true)
	}
	return lastStep(b, l, b.Recurrent(cell, c, attrs...).Results[0])
}

// States returns how many of the inputs of a layer, the last ones, are its initial state.
func (l *Layer) States() int { return len(l.Node.Refs("initial_state")) }

// Truncates tells whether the gradients of a layer leave out what goes further back in time than some steps: they are
// not the derivative of its outputs then.
func (l *Layer) Truncates() bool {
	if l.Def == TimeDistributed {
		return Inner(l).Truncates()
	}
	k := l.Node.Int("truncate")
	return k > 0 && k < l.InShape(0)[0]
}

// masked tells whether the k-th step leaves the state as it was.
func (s *sequence) masked(k int) bool {
	at := maskOf(s.c.Layer)
	return at > 0 && s.c.X[at].Data[s.n*s.t+s.at(k)] <= 0.5
}

// cut tells whether the gradient of the state ends at the k-th step; that of the first goes on to the initial state.
func (s *sequence) cut(k int) bool {
	every := s.c.Layer.Node.Int("truncate")
	return k > 0 && every > 0 && k%every == 0
}

// initial returns part i of the initial state; nil if there is none.
func (s *sequence) initial(i int) []number {
	states := s.c.Layer.States()
	if states == 0 {
		return nil
	}
	var all []number
	for _, v := range s.c.X[len(s.c.X)-states+i].Data[s.n*s.u:][:s.u] {
		all = append(all, number{v: v})
	}
	return all
}

// initial counts the gradient of part i of the initial state.
func (g *gradients) initial(s *sequence, i int, d []number) {
	if states := s.c.Layer.States(); states > 0 {
		at := len(g.dx) - states + i
		for j, v := range d {
			g.dx[at].v[s.n*s.u+j] = v.v
			if s.bounded {
				g.dx[at].e[s.n*s.u+j] = v.e
			}
		}
	}
}

// hand hands out the outputs of the k-th step, or its cells.
func (s *sequence) hand(k int, h []number, out func(at int, y number)) {
	if at := s.y(k); at >= 0 {
		for j, v := range h {
			out(at+j, v)
		}
	}
}

// pass adds the gradient of the output of the k-th step to that of the state, which it leaves as it was.
func (s *sequence) pass(k int, dh []number) {
	if at := s.y(k); at >= 0 {
		for j := range dh {
			dh[j] = dh[j].plus(number{v: s.c.DY.Data[at+j]})
		}
	}
}

// held returns the numbers of the step before; 0 if there is none.
func (s *sequence) held(x []number) []number {
	if x == nil {
		return make([]number, s.u)
	}
	return x
}

// lastStep returns all steps of h, or the last that was taken, as the layer asks.
func lastStep(b *ir.Builder, l *Layer, h *ir.Value) *ir.Value {
	switch {
	case l.Node.Bool("return_sequences"):
		return h
	case l.Node.Bool("go_backwards"):
		return b.Step(h, 0)
	}
	return b.Step(h, l.InShape(0)[0]-1)
}

// sequence is one sequence of a recurrent layer.
type sequence struct {
	c          *Call
	n          int // which sequence
	t, f, u, k int // steps, inputs, units, gates
	bounded    bool
}

// sequencesOf returns the sequences of a call to a cell with a number of gates. Unless bounded, the errors of sums of
// products are not followed, which takes more time than the sums do; numbers then have errors that mean nothing.
func sequencesOf(c *Call, gates int, bounded bool) []sequence {
	s := make([]sequence, c.N)
	for i := range s {
		s[i] = sequence{c: c, n: i, t: c.X[0].Shape[1], f: c.X[0].Shape[2], u: c.Layer.Node.Int("units"),
			k: gates, bounded: bounded}
	}
	return s
}

// stepsOf returns what a cell finds in each step of each sequence: what the forward pass has kept, or, where there was
// none or errors are to be followed, anew.
func stepsOf[S any](c *Call, bounded bool, run func(c *Call, bounded bool, out func(at int, y number)) S) S {
	if steps, ok := c.steps.(S); ok && !bounded {
		return steps
	}
	return run(c, bounded, func(int, number) {})
}

// at returns the k-th step that is taken.
func (s *sequence) at(k int) int {
	if s.c.Layer.Node.Bool("go_backwards") {
		return s.t - 1 - k
	}
	return k
}

// x returns the place of the inputs of step t.
func (s *sequence) x(t int) int { return (s.n*s.t + t) * s.f }

// y returns the place of the k-th step in the output, −1 if it is not in there.
func (s *sequence) y(k int) int {
	switch {
	case s.c.Layer.Node.Bool("return_sequences"):
		return (s.n*s.t + s.at(k)) * s.u
	case k == s.t-1:
		return s.n * s.u
	}
	return -1
}

// number is a computed number with a bound of the error of its float32 evaluation, to first order.
type number struct{ v, e float64 }

// rounded adds the error of some roundings.
func (a number) rounded(k float64) number {
	return number{a.v, unbounded(a.e + k*u*math.Abs(a.v) + tiny)}
}

// unbounded returns a bound, or +Inf if it came out as 0·Inf: then nothing is known.
func unbounded(e float64) float64 {
	if math.IsNaN(e) {
		return math.Inf(1)
	}
	return e
}

func (a number) times(b number) number {
	return number{a.v * b.v, math.Abs(a.v)*b.e + math.Abs(b.v)*a.e + a.e*b.e}.rounded(2)
}

// lets is times for a gate a, which is from 0 to 1 however far it is off: errors of b come through no larger.
func (a number) lets(b number) number {
	return number{a.v * b.v, min(1, a.v+a.e)*b.e + math.Abs(b.v)*a.e}.rounded(2)
}

// blend returns h·a + (1 − a)·g for a gate a, computed as g + a·(h − g). The errors of h and g come through by their
// shares, and the result stays between h and g.
func (a number) blend(h, g number) number {
	d := math.Abs(h.v - g.v)
	e := min((1-a.v)*g.e+a.v*h.e+a.e*(d+h.e+g.e), d+max(h.e, g.e))
	return number{g.v + a.v*(h.v-g.v), e + 4*u*a.v*d}.rounded(2)
}

// rest returns b·(1 − a) for a gate a, computed as b − a·b.
func (a number) rest(b number) number {
	e := min(1, 1-a.v+a.e)*b.e + math.Abs(b.v)*a.e
	return number{b.v - a.v*b.v, e + 2*u*math.Abs(a.v*b.v)}.rounded(2)
}

func (a number) plus(b number) number { return number{a.v + b.v, a.e + b.e}.rounded(2) }

func (a number) minus(b number) number { return number{a.v - b.v, a.e + b.e}.rounded(2) }

// sigmoid and tanh are off by 2 ulp, and by their slope times the error of the argument, with half the largest second
// derivative times its square; by no more than their range.
func (a number) sigmoid() number {
	s := 1 / (1 + math.Exp(-a.v))
	n := number{s, min(1, s*(1-s)*a.e+0.05*a.e*a.e)}
	if n.isGate() {
		return n // float32 has just 0 or 1 there
	}
	return n.rounded(4)
}

func (a number) tanh() number {
	t := math.Tanh(a.v)
	n := number{t, min(2, (1-t*t)*a.e+0.39*a.e*a.e)}
	if n.isCandidate() {
		return n
	}
	return n.rounded(4)
}

// isGate tells whether a sigmoid has come to its limits 0 and 1 so far out that float32 has just these, although the
// argument is off: by less than 0.9, since 0.05 of its square is an error of the result.
func (a number) isGate() bool { return (a.v == 1 || a.v < 0x1p-160) && a.e < 0.04 }

// isCandidate tells whether a tanh has come to its limits, or is 0.
func (a number) isCandidate() bool {
	return math.Abs(a.v) == 1 && a.e < 0.04 || a.v == 0 && a.e < 0x1p-24
}

// areGates and areCandidates tell that of all numbers.
func areGates(all []number) bool {
	return !slices.ContainsFunc(all, func(a number) bool { return !a.isGate() })
}

func areCandidates(all []number) bool {
	return !slices.ContainsFunc(all, func(a number) bool { return !a.isCandidate() })
}

// holdCell returns the rules for the parameters of a cell with some gates, of which the one at a place is the
// candidate: products that are multiples of 256, and a bias of ±128 that keeps their sums from 0, so that all gates are
// 0 or 1. If open, candidates are 0, where the slope of tanh is 1.
func holdCell(l *Layer, gates, candidate int, bias float64, open bool) []Hold {
	u := l.Node.Int("units")
	var holds []Hold
	for i, p := range l.Params {
		h := Hold{Param: p, Unit: 256, Cols: gates * u}
		if i == 2 {
			h.Unit, h.Constant = bias, true
			h.Cols = p.Size() // of the two rows of biases that a cell may have, the second is 0
			h.From, h.To = gates*u, h.Cols
		}
		if open {
			h.From = candidate * u
			if i < 2 || gates*u == h.Cols {
				h.To = h.From + u
			}
		}
		holds = append(holds, h)
	}
	return holds
}

// sigmoidSlope and tanhSlope return the derivative from the output.
func (a number) sigmoidSlope() number {
	return number{a.v * (1 - a.v), a.e * math.Abs(1-2*a.v)}.rounded(4)
}

func (a number) tanhSlope() number {
	return number{1 - a.v*a.v, 2 * math.Abs(a.v) * a.e}.rounded(4)
}

// sums are sums of products, one for each of some columns of a matrix, with what their errors come from: the sizes of
// the products, and the squares of the errors that factors bring along.
type sums struct{ v, size, carried []float64 }

func (s *sequence) sums(count int) *sums {
	a := &sums{v: make([]float64, count)}
	if s.bounded {
		a.size, a.carried = make([]float64, count), make([]float64, count)
	}
	return a
}

// count adds the products of a row of the matrix with x.
func (a *sums) count(x number, row []float64) {
	row = row[:len(a.v)]
	axpy(x.v, row, a.v)
	for j := range a.size {
		a.size[j] += math.Abs(x.v * row[j])
		a.carried[j] += (x.e * row[j]) * (x.e * row[j])
	}
}

// bounds returns the sums with the errors that chains of k products have.
func (a *sums) bounds(k int) []number {
	all := make([]number, len(a.v))
	for j, v := range a.v {
		all[j].v = v
		if a.size != nil {
			all[j].e = unbounded(math.Sqrt(a.carried[j]) + gamma(k)*a.size[j])
		}
	}
	return all
}

// inputs counts the products of step t for the columns from one on.
func (s *sequence) inputs(a *sums, t, from int) {
	for i, v := range s.c.X[0].Data[s.x(t):][:s.f] {
		a.count(number{v: v}, s.c.P[0].Data[i*s.k*s.u+from:])
	}
}

// before counts the products of a state for the columns from one on; nil stands for 0.
func (s *sequence) before(a *sums, h []number, from int) {
	for i, v := range h {
		a.count(v, s.c.P[1].Data[i*s.k*s.u+from:])
	}
}

// bias adds a row of the biases for the columns from one on, if there are any.
func (s *sequence) bias(a *sums, row, from int) {
	if len(s.c.P) > 2 {
		a.count(number{v: 1}, s.c.P[2].Data[row*s.k*s.u+from:])
	}
}

// gates returns Σ x·w + Σ h·v + b of the columns [from, to), the state h being nil before the first step.
func (s *sequence) gates(t int, h []number, from, to int) []number {
	a := s.sums(to - from)
	s.inputs(a, t, from)
	s.before(a, h, from)
	s.bias(a, 0, from)
	return a.bounds(s.f + len(h) + 2)
}

// axpy computes y += a·x.
func axpy(a float64, x, y []float64) {
	blas64.Axpy(a, blas64.Vector{N: len(x), Inc: 1, Data: x}, blas64.Vector{N: len(y), Inc: 1, Data: y})
}

// dot returns Σ x·y.
func dot(x, y []float64) float64 {
	return blas64.Dot(blas64.Vector{N: len(x), Inc: 1, Data: x}, blas64.Vector{N: len(y), Inc: 1, Data: y})
}

// An account is an array of sums with the bounds of their errors, nil where these are not followed.
type account struct{ v, e []float64 }

func newAccount(n int, bounded bool) account {
	a := account{v: make([]float64, n)}
	if bounded {
		a.e = make([]float64, n)
	}
	return a
}

// gradients collects, for some sequences, the gradients of the inputs and weights of a recurrent layer, from those of
// its gates, with bounds.
type gradients struct{ dx, dp []account }

func newGradients(c *Call, bounded bool) *gradients {
	g := &gradients{}
	for _, x := range c.X {
		g.dx = append(g.dx, newAccount(len(x.Data), bounded))
	}
	for _, p := range c.P {
		g.dp = append(g.dp, newAccount(len(p.Data), bounded))
	}
	return g
}

// chained returns the gradients of gates with the errors of the sums that they are terms of: one for each step,
// sequence and gate, each with a rounding.
func (s *sequence) chained(d []number) account {
	a := newAccount(len(d), s.bounded)
	k := gamma(s.t*s.c.N + s.k*s.u)
	for j, v := range d {
		a.v[j] = v.v
		if s.bounded {
			a.e[j] = v.e + k*math.Abs(v.v)
		}
	}
	return a
}

// input counts the gradients d of the columns from one on in step t for inputs, their weights and the bias, or its
// first row.
func (g *gradients) input(s *sequence, t, from int, d []number) {
	c, cols, a := s.c, s.k*s.u, s.chained(d)
	for i := range s.f {
		at := s.x(t) + i
		x, w, row := c.X[0].Data[at], c.P[0].Data[i*cols+from:][:len(d)], i*cols+from
		g.dx[0].v[at] += dot(a.v, w)
		axpy(x, a.v, g.dp[0].v[row:][:len(d)])
		for j, e := range a.e {
			g.dx[0].e[at] += product(a.v[j], e, w[j], 0)
			g.dp[0].e[row+j] += product(a.v[j], e, x, 0)
		}
	}
	g.bias(a, from)
}

// bias counts gradients of the biases from one on.
func (g *gradients) bias(a account, from int) {
	if len(g.dp) > 2 && from < len(g.dp[2].v) {
		add(g.dp[2].v[from:][:len(a.v)], a.v)
		if a.e != nil {
			add(g.dp[2].e[from:][:len(a.v)], a.e)
		}
	}
}

// state counts the gradients d of the columns from one on for the state before, nil at the first step, its weights, and
// the second row of biases if there is one.
func (g *gradients) state(s *sequence, h []number, from int, d []number, dh []number) {
	c, cols, a := s.c, s.k*s.u, s.chained(d)
	for i, v := range h {
		w, row := c.P[1].Data[i*cols+from:][:len(d)], i*cols+from
		dh[i].v += dot(a.v, w)
		axpy(v.v, a.v, g.dp[1].v[row:][:len(d)])
		squares := dh[i].e * dh[i].e
		for j, e := range a.e {
			p := product(a.v[j], e, w[j], 0)
			squares += p * p
			g.dp[1].e[row+j] += product(a.v[j], e, v.v, v.e)
		}
		if s.bounded {
			dh[i].e = math.Sqrt(squares)
		}
	}
	g.bias(a, cols+from)
}

// product returns the error of a·b, given those of a and b: that of number.times.
func product(a, ea, b, eb float64) float64 {
	return unbounded(math.Abs(a)*eb + math.Abs(b)*ea + ea*eb + 2*u*math.Abs(a*b) + tiny)
}

// write adds the gradients to those of the call.
func (g *gradients) write(c *Call) {
	for k, x := range g.dx {
		add(c.DX[k].Data, x.v)
	}
	for k, p := range g.dp {
		add(c.DP[k].Data, p.v)
	}
}

// bounds returns the bounds.
func (g *gradients) bounds() (dx, dp [][]float64) {
	for _, x := range g.dx {
		dx = append(dx, plusTiny(x.e))
	}
	for _, p := range g.dp {
		dp = append(dp, plusTiny(p.e))
	}
	return dx, dp
}

func plusTiny(e []float64) []float64 {
	for i := range e {
		e[i] += tiny
	}
	return e
}

// exactCellGrad is the cell ExactGrad of cells with a number of gates, whose results are exact. A bound is at least
// k·u·S, with S the sizes of the terms of a sum and k the terms that chained counts, but for sums over the columns of a
// step, where errors are added by their squares.
func exactCellGrad(c *Call, gates int) (dx, dp []bool) {
	columns := gates * c.Layer.Node.Int("units")
	k := int(float64(c.X[0].Shape[1]*c.N+columns) / math.Sqrt(float64(columns)))
	return exactGradTerms(c, max(1, k), max(1, k))
}

// States returns what a recurrent layer computed in the forward pass of a call: the outputs h, and of an LSTM the cells
// c, of all steps of all sequences, in the order in which steps are taken.
func States(call *Call) (h, c []float64) {
	add := func(to []float64, x []number) []float64 {
		for _, v := range x {
			to = append(to, v.v)
		}
		return to
	}
	switch all := call.steps.(type) {
	case [][]memory:
		for _, steps := range all {
			for _, m := range steps {
				h, c = add(h, m.h), add(c, m.c)
			}
		}
	case [][]gated:
		for _, steps := range all {
			for _, m := range steps {
				h = add(h, m.h)
			}
		}
	case [][][]number:
		for _, steps := range all {
			for _, m := range steps {
				h = add(h, m)
			}
		}
	}
	return h, c
}

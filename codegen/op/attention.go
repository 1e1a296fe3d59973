package op

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// MultiHeadAttention lets each step of a sequence read the others, or those of a second sequence.
//
//	forward   q = x·Wq + bq, k = z·Wk + bk, v = z·Wv + bv;  for each head, of key_dim columns of each:
//	          p = softmax(q·kᵀ/√key_dim), over the steps up to its own where causal, and over those that the mask keeps;
//	          a = p·v;  y = a·Wo + bo
//	backward  dv = pᵀ·da, dp = da·vᵀ, ds = p∘(dp − Σ dp∘p)/√key_dim, dq = ds·k, dk = dsᵀ·q; the rest as in dense
//
// It reads x alone, where z is x; or x and z; and behind them a mask if there is one, which has a number for each step
// of z: the steps where that is above ½ are kept. A step that may read none has p = 0. A mask has no gradient.
//
// Shapes: x, y: n×t×f, z: n×s×e, mask: n×s, Wq: f×(num_heads·key_dim), Wk, Wv: e×(num_heads·key_dim),
// Wo: (num_heads·key_dim)×f. Backward needs x, z, q, k, v and a; p is made anew.
//
// Source: Vaswani et al., Attention is all you need, 2017, §3.2.
var MultiHeadAttention = define(Def{
	Kind: spec.Kind{Name: "multi_head_attention",
		Doc: "Steps of a sequence that read the others, or those of a second one, in several heads; a mask may follow.",
		Attrs: []spec.Attr{
			{Name: "num_heads", Type: spec.Int, Required: true, Min: spec.Bound(1), Doc: "Number of heads."},
			{Name: "key_dim", Type: spec.Int, Min: spec.Bound(1),
				Doc: "Columns of a head; those of the input over num_heads if left out."},
			{Name: "causal", Type: spec.Bool, Default: false, Doc: "Whether a step reads those before it and itself alone."},
			{Name: "use_bias", Type: spec.Bool, Default: true, Doc: "Whether the four products have biases."},
			{Name: "kernel_initializer", Type: spec.Nodes, Family: spec.InitializerFamily,
				Default: "glorot_uniform", Doc: "Initial weights."},
			{Name: "bias_initializer", Type: spec.Nodes, Family: spec.InitializerFamily,
				Default: "zeros", Doc: "Initial biases."},
			{Name: "kernel_regularizer", Type: spec.Nodes, Family: spec.RegularizerFamily,
				Doc: "Penalty on the weights; that of `training` if left out."},
		}},
	Inputs: 1, Most: 3,
	Params: func(l *Layer) []*ir.Param {
		f, heads, dim := l.InShape(0)[1], l.Node.Int("num_heads"), keyDim(l)
		read := l.InShape(readFrom(l))[1]
		var params []*ir.Param
		for i, role := range []string{"query", "key", "value", "output"} {
			in, out := f, heads*dim
			switch i {
			case 1, 2:
				in = read
			case 3:
				in, out = out, in
			}
			w := &ir.Param{Name: role + "_kernel", Shape: ir.Shape{in, out}, FanIn: in, FanOut: out}
			w.Attrs = ir.ParamAttrs{Initializer: "kernel_initializer", Regularizer: "kernel_regularizer",
				Inherits: true, DType: true}
			params = append(params, w)
			if l.Node.Bool("use_bias") {
				b := &ir.Param{Name: role + "_bias", Shape: ir.Shape{out}, FanIn: in, FanOut: out}
				b.Attrs = ir.ParamAttrs{Initializer: "bias_initializer"}
				params = append(params, b)
			}
		}
		return params
	},
	Shape: func(l *Layer) (ir.Shape, error) {
		in, heads := l.InShape(0), l.Node.Int("num_heads")
		switch {
		case len(in) != 2:
			return nil, &shapeError{msg: fmt.Sprintf("multi_head_attention needs n×t×f input, but %q gives n×%s", l.In[0].Name,
				in)}
		case len(l.In) == 3 && readFrom(l) == 0 || len(l.In) > 1 && maskOf(l) < 0 && readFrom(l) == 0:
			return nil, &shapeError{at: "from",
				msg: fmt.Sprintf("it reads %s: want queries n×t×f, then perhaps a sequence n×s×e to read, then perhaps its "+
					"mask n×s", shapesOf(l.In))}
		case maskOf(l) > 0 && l.InShape(maskOf(l))[0] != l.InShape(readFrom(l))[0]:
			return nil, &shapeError{at: "from", msg: fmt.Sprintf("the mask %q has %d steps, but %q has %d", l.In[maskOf(l)].Name,
				l.InShape(maskOf(l))[0], l.In[readFrom(l)].Name, l.InShape(readFrom(l))[0])}
		case l.Node.Bool("causal") && l.InShape(readFrom(l))[0] != in[0]:
			return nil, &shapeError{at: "causal",
				msg: fmt.Sprintf("causal attention goes by places, but %q has %d steps and %q has %d", l.In[0].Name, in[0],
					l.In[readFrom(l)].Name, l.InShape(readFrom(l))[0])}
		case !l.Node.Has("key_dim") && in[1]%heads != 0:
			return nil, &shapeError{at: "num_heads", msg: fmt.Sprintf("%d heads do not divide the %d columns of %q, n×%s",
				heads, in[1], l.In[0].Name, in), hint: "write key_dim, the columns of a head"}
		case heads*keyDim(l) > MaxElements/max(in[1], l.InShape(readFrom(l))[1]):
			return nil, &shapeError{at: "num_heads", msg: fmt.Sprintf("%d heads of %d columns are too many", heads, keyDim(l))}
		}
		return in, nil
	},
	Forward: func(c *Call) {
		for n := range c.N {
			y := newAttending(c, n, false).y.v
			copy(c.Y.Data[n*len(y):], y)
		}
	},
	Backward: func(c *Call) { attentionBackward(c, false).write(c) },
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		product := func(v *ir.Value, i int) *ir.Value {
			if !l.Node.Bool("use_bias") {
				return b.Gemm(v, b.Param(l.Params[i]))
			}
			return b.Bias(b.Gemm(v, b.Param(l.Params[2*i])), b.Param(l.Params[2*i+1]))
		}
		z := x[readFrom(l)]
		var kept *ir.Value
		if at := maskOf(l); at > 0 {
			kept = x[at]
		}
		q, k, v := product(x[0], 0), product(z, 1), product(z, 2)
		return product(b.Attention(q, k, v, kept, l.Node.Int("num_heads"), l.Node.Bool("causal")), 3)
	},
	Bound: func(c *Call) []float64 {
		e := make([]float64, len(c.Y.Data))
		for n := range c.N {
			y := newAttending(c, n, true).y.e
			copy(e[n*len(y):], plusTiny(y))
		}
		return e
	},
	GradBound: func(c *Call) (dx, dp [][]float64) { return attentionBackward(c, true).bounds() },
	Exact: func(c *Call) bool {
		for n := range c.N {
			if s := newAttending(c, n, false); !s.exact() {
				return false
			}
		}
		return true
	},
	ExactGrad: exactAttentionGrad,
	Holds: func(l *Layer, _ bool) []Hold {
		// Whole multiples of unit² that differ do so by 128 and more when they are divided by √key_dim.
		unit := math.Exp2(math.Ceil(math.Log2(128*math.Sqrt(float64(keyDim(l)))) / 2))
		var holds []Hold
		for _, p := range l.Params[:len(l.Params)/2] {
			holds = append(holds, Hold{Param: p, Unit: unit})
		}
		return holds
	},
	Writes: func(l *Layer) []*ir.Param { return l.Params[len(l.Params)*3/4:] },
	MACs: func(l *Layer) int64 {
		x, z, w := l.InShape(0), l.InShape(readFrom(l)), int64(l.Node.Int("num_heads")*keyDim(l))
		return 2*int64(x.Size())*w + 2*int64(z.Size())*w + 2*int64(x[0]*z[0])*w
	},
	Cases: []Case{
		{In: []ir.Shape{{5, 6}}, Attrs: "num_heads: 2"},
		{In: []ir.Shape{{4, 3}}, Attrs: "num_heads: 3, key_dim: 5, causal: true"},
		{In: []ir.Shape{{1, 2}}, Attrs: "num_heads: 1, use_bias: false"},
		{In: []ir.Shape{{9, 16}}, Attrs: "num_heads: 4, causal: true, use_bias: false"},
		{In: []ir.Shape{{3, 4}, {5, 6}}, Attrs: "num_heads: 2, key_dim: 3"},
		{In: []ir.Shape{{6, 4}, {6}}, Attrs: "num_heads: 2, causal: true"},
		{In: []ir.Shape{{3, 4}, {9, 2}, {9}}, Attrs: "num_heads: 1, use_bias: false"},
	},
	Kinks: []float64{0.5},
})

// readFrom returns which input holds the steps that are read: the second if that is a sequence, else the first.
func readFrom(l *Layer) int {
	if len(l.In) > 1 && len(l.InShape(1)) == 2 {
		return 1
	}
	return 0
}

// maskOf returns which input is the mask of the steps that are read, the last if it has one number for each; −1 for
// none.
func maskOf(l *Layer) int {
	if at := len(l.In) - l.States() - 1; at > 0 && len(l.InShape(at)) == 1 {
		return at
	}
	return -1
}

// shapesOf lists the shapes that layers give.
func shapesOf(ls []*Layer) string {
	var all []string
	for _, l := range ls {
		all = append(all, fmt.Sprintf("n×%s of %q", l.Shape, l.Name))
	}
	return strings.Join(all, ", ")
}

// keyDim returns the columns of a head.
func keyDim(l *Layer) int {
	if l.Node.Has("key_dim") {
		return l.Node.Int("key_dim")
	}
	return l.InShape(0)[1] / l.Node.Int("num_heads")
}

// A grid is a matrix of numbers with bounds of their errors, nil where these are not followed.
type grid struct {
	rows, cols int
	account
}

func newGrid(rows, cols int, bounded bool) grid {
	return grid{rows, cols, newAccount(rows*cols, bounded)}
}

// exactGrid holds numbers without an error.
func exactGrid(rows, cols int, x []float64, bounded bool) grid {
	g := newGrid(rows, cols, bounded)
	copy(g.v, x)
	return g
}

// number returns element i.
func (a account) number(i int) number {
	if a.e == nil {
		return number{v: a.v[i]}
	}
	return number{a.v[i], a.e[i]}
}

// set sets element i.
func (a account) set(i int, x number) {
	a.v[i] = x.v
	if a.e != nil {
		a.e[i] = x.e
	}
}

// arrays returns the values, and the errors if they are followed.
func (a account) arrays() [][]float64 {
	if a.e == nil {
		return [][]float64{a.v}
	}
	return [][]float64{a.v, a.e}
}

// transpose returns the transpose.
func (g grid) transpose() grid {
	t := newGrid(g.cols, g.rows, g.e != nil)
	to := t.arrays()
	for k, x := range g.arrays() {
		for i := range g.rows {
			for j := range g.cols {
				to[k][j*g.rows+i] = x[i*g.cols+j]
			}
		}
	}
	return t
}

// columns returns some columns.
func (g grid) columns(from, count int) grid {
	c := newGrid(g.rows, count, g.e != nil)
	to := c.arrays()
	for k, x := range g.arrays() {
		for i := range g.rows {
			copy(to[k][i*count:], x[i*g.cols+from:][:count])
		}
	}
	return c
}

// put writes columns.
func (g grid) put(from int, c grid) {
	to := g.arrays()
	for k, x := range c.arrays() {
		for i := range c.rows {
			copy(to[k][i*g.cols+from:], x[i*c.cols:][:c.cols])
		}
	}
}

// times returns a product, each element a sum in float32: with the errors E and F of A and B, that of A·B is at most
// |A|·F + E·(|B| + F) + γ·|A|·|B|.
func (g grid) times(b grid) grid {
	c := newGrid(g.rows, b.cols, g.e != nil)
	product := func(x, y, z []float64) {
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, general(g.rows, g.cols, x), general(b.rows, b.cols, y), 1,
			general(c.rows, c.cols, z))
	}
	product(g.v, b.v, c.v)
	if g.e == nil {
		return c
	}
	size, factor, carried := make([]float64, len(g.v)), make([]float64, len(b.v)), make([]float64, len(b.v))
	for i, v := range g.v {
		size[i] = math.Abs(v)
	}
	for i, v := range b.v {
		factor[i] = b.e[i] + gamma(g.cols+2)*math.Abs(v)
		carried[i] = math.Abs(v) + b.e[i]
	}
	product(size, factor, c.e)
	product(g.e, carried, c.e)
	plusTiny(c.e)
	return c
}

func general(rows, cols int, x []float64) blas64.General {
	return blas64.General{Rows: rows, Cols: cols, Stride: cols, Data: x}
}

// attending is one sequence of multi-head attention.
type attending struct {
	c          *Call
	bounded    bool // whether errors are followed
	d          int  // columns of a head
	x, z       grid
	kept       []float64 // the mask; nil for none
	q, k, v, a grid
	p          []grid // of each head
	y          grid
}

// param returns matrix and bias number i; the bias is nil if there is none.
func (s *attending) param(i int) (w grid, bias []float64) {
	if s.c.Layer.Node.Bool("use_bias") {
		p := s.c.P[2*i]
		return exactGrid(p.Shape[0], p.Shape[1], p.Data, s.bounded), s.c.P[2*i+1].Data
	}
	p := s.c.P[i]
	return exactGrid(p.Shape[0], p.Shape[1], p.Data, s.bounded), nil
}

func (s *attending) product(x grid, i int) grid {
	w, bias := s.param(i)
	y := x.times(w)
	if bias != nil {
		for j := range y.v {
			y.set(j, y.number(j).plus(number{v: bias[j%y.cols]}))
		}
	}
	return y
}

// newAttending runs sequence n of a call, with the errors if bounded.
func newAttending(c *Call, n int, bounded bool) *attending {
	s := &attending{c: c, bounded: bounded, d: keyDim(c.Layer)}
	s.x, s.z = sequenceOf(c.X[0], n, bounded), sequenceOf(c.X[readFrom(c.Layer)], n, bounded)
	if at := maskOf(c.Layer); at > 0 {
		s.kept = c.X[at].Data[n*s.z.rows:][:s.z.rows]
	}
	s.q, s.k, s.v = s.product(s.x, 0), s.product(s.z, 1), s.product(s.z, 2)
	s.a = newGrid(s.x.rows, s.q.cols, bounded)
	for h := range c.Layer.Node.Int("num_heads") {
		q, k, v := s.q.columns(h*s.d, s.d), s.k.columns(h*s.d, s.d), s.v.columns(h*s.d, s.d)
		p := q.times(k.transpose())
		for i := range p.rows {
			row := make([]number, p.cols)
			for j := range row {
				row[j] = p.number(i*p.cols + j).times(s.scale())
			}
			s.softmax(row, i)
			for j, w := range row {
				p.set(i*p.cols+j, w)
			}
		}
		s.p = append(s.p, p)
		s.a.put(h*s.d, p.times(v))
	}
	s.y = s.product(s.a, 3)
	return s
}

// scale is 1/√key_dim, rounded.
func (s *attending) scale() number { return number{v: 1 / math.Sqrt(float64(s.d))}.rounded(1) }

// softmax turns the scores of step i into weights. A score that is off by e multiplies its weight by at most eᵉ, and
// the sum likewise; exp, sum and quotient round as those of layer softmax do.
func (s *attending) softmax(row []number, i int) {
	seen := make([]int, 0, len(row))
	for j := range row {
		if (s.kept == nil || s.kept[j] > 0.5) && (j <= i || !s.c.Layer.Node.Bool("causal")) {
			seen = append(seen, j)
		}
	}
	most, sum, off := math.Inf(-1), 0.0, 0.0
	for _, j := range seen {
		most, off = math.Max(most, row[j].v), math.Max(off, row[j].e)
	}
	spread := 0.0
	weights := make([]number, len(row))
	for _, j := range seen {
		weights[j].v = math.Exp(row[j].v - most)
		sum += weights[j].v
		spread = math.Max(spread, most-row[j].v)
	}
	relative := 2*off + gamma(len(seen)+12) + 2*u*spread
	for _, j := range seen {
		p := weights[j].v / sum
		weights[j] = number{p, relative*p + tiny}
	}
	copy(row, weights)
}

// sequenceOf returns sequence n of an input.
func sequenceOf(x Tensor, n int, bounded bool) grid {
	rows, cols := x.Shape[1], x.Shape[2]
	return exactGrid(rows, cols, x.Data[n*rows*cols:][:rows*cols], bounded)
}

// attentionBackward goes back through all sequences.
func attentionBackward(c *Call, bounded bool) *gradients {
	g := newGradients(c, bounded)
	for n := range c.N {
		s := newAttending(c, n, bounded)
		da := s.back(g, s.a, sequenceOf(c.DY, n, bounded), 3)
		dq, dk, dv := newGrid(s.x.rows, s.q.cols, bounded), newGrid(s.z.rows, s.q.cols, bounded),
			newGrid(s.z.rows, s.q.cols, bounded)
		for h, p := range s.p {
			d := da.columns(h*s.d, s.d)
			q, k, v := s.q.columns(h*s.d, s.d), s.k.columns(h*s.d, s.d), s.v.columns(h*s.d, s.d)
			dv.put(h*s.d, p.transpose().times(d))
			ds := d.times(v.transpose())
			for i := range p.rows {
				s.softmaxBack(p, ds, i*p.cols)
			}
			dq.put(h*s.d, ds.times(k))
			dk.put(h*s.d, ds.transpose().times(q))
		}
		z := g.dx[readFrom(c.Layer)]
		g.dx[0].accumulate(n*len(s.x.v), s.back(g, s.x, dq, 0))
		z.accumulate(n*len(s.z.v), s.back(g, s.z, dk, 1))
		z.accumulate(n*len(s.z.v), s.back(g, s.z, dv, 2))
	}
	// The sums over sequences are parts of longer chains.
	for _, dp := range g.dp {
		for i := range dp.e {
			dp.e[i] *= 1 + gamma(c.N*max(c.X[0].Shape[1], c.X[readFrom(c.Layer)].Shape[1]))
		}
	}
	return g
}

// softmaxBack turns the gradients of the weights p of a step, a row from one place on, into those of its scores.
func (s *attending) softmaxBack(p, ds grid, at int) {
	sum, size := number{}, 0.0
	for j := range p.cols {
		t := p.number(at + j).times(ds.number(at + j))
		sum.v, sum.e = sum.v+t.v, sum.e+t.e
		size += math.Abs(t.v)
	}
	sum.e += gamma(p.cols+8) * size
	for j := range p.cols {
		ds.set(at+j, p.number(at+j).times(ds.number(at+j).minus(sum)).rounded(4).times(s.scale()))
	}
}

// back counts the gradients of matrix and bias i, given the factor x and the gradient of the product, and returns that
// of x.
func (s *attending) back(g *gradients, x, dy grid, i int) grid {
	w, bias := s.param(i)
	at := i
	if bias != nil {
		at = 2 * i
		ones := newGrid(1, dy.rows, s.bounded)
		for j := range ones.v {
			ones.v[j] = 1
		}
		g.dp[at+1].accumulate(0, ones.times(dy))
	}
	dw := x.transpose().times(dy)
	// The chain goes over all sequences, which rounds partial sums of others: count all of them.
	for j := range dw.e {
		dw.e[j] += gamma(s.c.N*x.rows) * math.Abs(dw.v[j])
	}
	g.dp[at].accumulate(0, dw)
	return dy.times(w.transpose())
}

// accumulate adds numbers from a place on, each with a rounding.
func (a account) accumulate(at int, x grid) {
	add(a.v[at:][:len(x.v)], x.v)
	for i, e := range x.e {
		a.e[at+i] += e + 2*u*math.Abs(x.v[i])
	}
}

// exact tells whether float32 makes no error in a sequence: products are exact, and of the scores of a step each is the
// largest, as powers of two in number are, or so far below it that its weight is 0.
func (s *attending) exact() bool {
	if !s.exactProduct(s.x, 0) || !s.exactProduct(s.z, 1) || !s.exactProduct(s.z, 2) {
		return false
	}
	for h, p := range s.p {
		q, k, v := s.q.columns(h*s.d, s.d), s.k.columns(h*s.d, s.d), s.v.columns(h*s.d, s.d)
		if !exactTimes(q, k.transpose()) {
			return false
		}
		for i, w := range p.v {
			switch {
			case w < 0x1p-160:
				p.v[i] = 0
			case math.Abs(w-math.Exp2(math.Round(math.Log2(w)))) > 0x1p-90:
				return false
			}
		}
		if !exactTimes(p, v) {
			return false
		}
		s.a.put(h*s.d, p.times(v)) // without what weights near 0 left
	}
	return s.exactProduct(s.a, 3)
}

// exactProduct tells whether the product of x with matrix i, and the sum with its bias, are exact.
func (s *attending) exactProduct(x grid, i int) bool {
	w, bias := s.param(i)
	sizes, e := sizesOf(x, w), step(x.v)+step(w.v)
	for j := range sizes {
		if bias != nil {
			sizes[j] += math.Abs(bias[j%w.cols])
		}
	}
	return fits(sizes, min(e, step(bias)))
}

// exactTimes tells whether a product is exact.
func exactTimes(a, b grid) bool { return fits(sizesOf(a, b), step(a.v)+step(b.v)) }

// sizesOf returns Σ|a|·|b| for each element of a product.
func sizesOf(a, b grid) []float64 { return a.absolute().times(b.absolute()).v }

func (g grid) absolute() grid {
	a := newGrid(g.rows, g.cols, false)
	for i, v := range g.v {
		a.v[i] = math.Abs(v)
	}
	return a
}

// exactAttentionGrad is the cell ExactGrad of attention whose results are exact. Where a step reads one other, the
// gradient of its scores is 0. Sums over sequences add up by their sizes.
func exactAttentionGrad(c *Call) (dx, dp []bool) {
	dp = make([]bool, len(c.P))
	sizes, grids := make([][]float64, len(c.P)), make([]int, len(c.P))
	for i, p := range c.P {
		dp[i], sizes[i], grids[i] = true, make([]float64, len(p.Data)), 1023
	}
	exactX := true
	// back counts what matrix i, the factor x and the gradient dy of the product give, and tells whether that of x is
	// exact.
	back := func(s *attending, x, dy grid, i int) bool {
		w, bias := s.param(i)
		at := i
		if bias != nil {
			at = 2 * i
			add(sizes[at+1], columnSizes(dy.v, dy.cols))
			grids[at+1] = min(grids[at+1], step(dy.v))
		}
		add(sizes[at], sizesOf(x.transpose(), dy))
		grids[at] = min(grids[at], step(x.v)+step(dy.v))
		return exactTimes(dy, w.transpose())
	}
	for n := range c.N {
		s := newAttending(c, n, false)
		if !s.exact() {
			return nil, nil
		}
		dy := sequenceOf(c.DY, n, false)
		exactX = exactX && back(s, s.a, dy, 3)
		w, _ := s.param(3)
		da := dy.times(w.transpose())
		dv, none := newGrid(s.z.rows, s.q.cols, false), newGrid(s.x.rows, s.q.cols, false)
		for h, p := range s.p {
			d, v := da.columns(h*s.d, s.d), s.v.columns(h*s.d, s.d)
			ds := d.times(v.transpose())
			exactX = exactX && exactTimes(d, v.transpose()) && exactTimes(p.transpose(), d)
			dv.put(h*s.d, p.transpose().times(d))
			for i := range p.rows {
				s.softmaxBack(p, ds, i*p.cols)
			}
			for _, v := range ds.v {
				exactX = exactX && v == 0
			}
		}
		exactX = exactX && back(s, s.z, dv, 2)
		back(s, s.x, none, 0)
		back(s, s.z, newGrid(s.z.rows, s.q.cols, false), 1)
	}
	last := len(dp) * 3 / 4 // the parameters of the last product need none of the gradients before
	for i := range dp {
		dp[i] = (exactX || i >= last) && Settle(c.DP[i].Data) && fits(sizes[i], grids[i])
	}
	for i := range c.DX {
		dx = append(dx, exactX && Settle(c.DX[i].Data))
	}
	return dx, dp
}

package quant

import (
	"math"
	"sync"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// Value is what a unit computes for some examples: whole numbers, or numbers that were rounded to float32.
type Value struct {
	Ints  []int64
	Float []float64
}

// Watch looks at a run of the reference.
type Watch struct {
	// Disturb, if not nil, may change what a layer in float32 behind the last product computes; bound says how far an
	// evaluation in float32 may be off.
	Disturb func(x, bound []float64)
	// Tied tells of each example whether a float32 value is so close to a half of its scale that an evaluation in
	// float32 may round it otherwise.
	Tied []bool
	// bounds are those of the layers in float32.
	bounds map[*Unit][]float64
}

// Reference computes the values of all units for n examples. w may be nil.
func (q *Network) Reference(all Numbers, n int, inputs [][]float64, w *Watch) map[*Unit]Value {
	if w != nil {
		w.Tied, w.bounds = make([]bool, n), map[*Unit][]float64{}
	}
	values := map[*Unit]Value{}
	next := 0
	for _, u := range q.Units {
		if len(u.In) == 0 {
			values[u] = Value{Float: inputs[next]}
			next++
			continue
		}
		r := &run{all: all, n: n, u: u, watch: w}
		for _, in := range u.In {
			r.in = append(r.in, values[in])
		}
		values[u] = r.value()
	}
	return values
}

// Outputs returns the outputs of the network among the values of its units.
func (q *Network) Outputs(values map[*Unit]Value) (all [][]float64) {
	for _, u := range q.outputs {
		all = append(all, values[u].Float)
	}
	return all
}

// run computes one unit.
type run struct {
	all Numbers
	n   int
	u   *Unit
	in  []Value

	watch *Watch
}

// ints and floats return the numbers of a parameter of the unit.
func (r *run) ints(i int) []int32     { return r.all[r.u.Params[i]].Int32 }
func (r *run) int8s(i int) []int8     { return r.all[r.u.Params[i]].Int8 }
func (r *run) floats(i int) []float32 { return r.all[r.u.Params[i]].Float }

func (r *run) value() Value {
	u := r.u
	switch u.Kind {
	case Float:
		return r.layer()
	case View:
		return r.in[0]
	case ToInt8:
		y := make([]int64, len(r.in[0].Float))
		scale, zero := r.floats(0)[0], float64(r.ints(1)[0])
		for i, x := range r.in[0].Float {
			y[i] = int64(clampInt8(math.RoundToEven(float64(float32(x)/scale)) + zero))
		}
		if r.watch != nil {
			r.watch.ties(u, r.in[0].Float, float64(scale))
		}
		return Value{Ints: y}
	case ToFloat:
		y := make([]float64, len(r.in[0].Ints))
		for i, x := range r.in[0].Ints {
			y[i] = float64(float32(x-int64(r.ints(1)[0])) * r.floats(0)[0])
		}
		return Value{Float: y}
	case Dense, Conv, Depthwise:
		return r.rescaled(r.sums())
	case MaxPool, AveragePool:
		return r.pool()
	case Move:
		return r.move()
	case Add:
		return r.add()
	case Concat:
		return r.concat()
	case SimpleRNN, LSTM, GRU, GRUBefore:
		return r.recurrent()
	case Embedding:
		w, width := r.int8s(0), u.shape[len(u.shape)-1]
		var y []int64
		for _, x := range r.in[0].Float {
			for _, v := range w[int(x)*width:][:width] {
				y = append(y, int64(v))
			}
		}
		return Value{Ints: y}
	}
	y := make([]int64, len(r.in[0].Ints))
	for i, x := range r.in[0].Ints {
		y[i] = int64(r.int8s(0)[x+128])
	}
	return Value{Ints: y}
}

// move has the layer move numbers, less their zero.
func (r *run) move() Value {
	zero := int64(r.u.Range.Zero)
	if len(r.u.Params) > 0 {
		zero = int64(r.ints(0)[0])
	}
	float := Value{Float: make([]float64, len(r.in[0].Ints))}
	for i, x := range r.in[0].Ints {
		float.Float[i] = float64(x - zero)
	}
	moved := &run{all: r.all, n: r.n, u: &Unit{Kind: Float, Layers: r.u.Layers}, in: []Value{float}}
	y := Value{}
	for _, v := range moved.layer().Float {
		y.Ints = append(y.Ints, int64(v)+zero)
	}
	return y
}

// layer computes a layer in float64, and rounds.
func (r *run) layer() Value {
	l := r.u.Layers[0]
	c := &op.Call{Layer: l, N: r.n, Y: op.Tensor{Shape: l.Shape.Batch(), Data: make([]float64, r.n*l.Shape.Size())}}
	c.Y.Shape[0] = r.n
	for i, in := range l.In {
		shape := in.Shape.Batch()
		shape[0] = r.n
		c.X = append(c.X, op.Tensor{Shape: shape, Data: r.in[i].Float})
	}
	for _, p := range l.Params {
		w := make([]float64, p.Size())
		for i, v := range r.all[p].Float {
			w[i] = float64(v)
		}
		c.P = append(c.P, op.Tensor{Shape: p.Shape, Data: w})
	}
	l.Def.Forward(c)
	if w := r.watch; w != nil {
		w.bounds[r.u] = l.Def.Bound(c)
		if w.Disturb != nil && !r.u.before {
			w.Disturb(c.Y.Data, w.bounds[r.u])
		}
	}
	for i, v := range c.Y.Data {
		c.Y.Data[i] = float64(float32(v))
	}
	return Value{Float: c.Y.Data}
}

// ties notes the examples of x that come close to a half of the scale: by four times the bound of what computes them,
// since the layers before that are off too.
func (w *Watch) ties(u *Unit, x []float64, scale float64) {
	bounds, each := w.bounds[u.In[0]], u.shape.Size()
	for i, v := range x {
		t, off := v/scale, math.Abs(v/scale)/(1<<22)
		if bounds != nil {
			off += 4 * bounds[i] / scale
		}
		if d := math.Abs(t - math.Floor(t) - 0.5); d < off {
			w.Tied[i/each] = true
		}
	}
}

// sums returns the exact sums of a product: of rows, or of what a filter reads around each pixel.
func (r *run) sums() []int64 {
	u := r.u
	w, bias, cols := r.int8s(0), r.ints(1), u.channels()
	x := r.in[0].Ints
	if u.Kind == Dense {
		k := len(w) / cols
		y := make([]int64, len(x)/k*cols)
		for i := range y {
			y[i] = int64(bias[i%cols])
		}
		for i, v := range x {
			to := y[i/k*cols:][:cols]
			for j, weight := range w[i%k*cols:][:cols] {
				to[j] += v * int64(weight)
			}
		}
		return y
	}
	g := ir.Geometry(u.node)
	zero := int64(0)
	if u.Integer() {
		zero = int64(r.ints(4)[0])
	} else {
		zero = int64(r.ints(3)[0])
	}
	rows := len(x) / (g.H * g.W * g.C)
	y := make([]int64, 0, rows*g.OH*g.OW*cols)
	taps := make([]int64, g.FH*g.FW*g.C)
	for i := range rows {
		for oy := range g.OH {
			for ox := range g.OW {
				for t := range taps {
					c, fx, fy := t%g.C, t/g.C%g.FW, t/g.C/g.FW
					taps[t] = zero
					if row, col := oy*g.SH+fy*g.DH-g.PT, ox*g.SW+fx*g.DW-g.PL; row >= 0 && row < g.H && col >= 0 && col < g.W {
						taps[t] = x[((i*g.H+row)*g.W+col)*g.C+c]
					}
				}
				for j := range cols {
					y = append(y, int64(bias[j]))
				}
				to := y[len(y)-cols:]
				for t, v := range taps {
					if u.Kind == Conv {
						for j, weight := range w[t*cols:][:cols] {
							to[j] += v * int64(weight)
						}
						continue
					}
					c, m := t%g.C, cols/g.C
					for j := c * m; j < (c+1)*m; j++ {
						to[j] += v * int64(w[t/g.C*cols+j])
					}
				}
			}
		}
	}
	return y
}

// rescaled returns the result of a product from its sums.
func (r *run) rescaled(sums []int64) Value {
	cols := r.u.channels()
	if !r.u.Integer() {
		y := make([]float64, len(sums))
		for i, s := range sums {
			y[i] = float64(float32(s) * r.floats(2)[i%cols])
		}
		return Value{Float: y}
	}
	m, t, p := r.ints(2), r.ints(3), r.ints(4)
	for i, s := range sums {
		sums[i] = between(int64(p[1])+rounded(s, m[i%cols], t[i%cols]), p[2], p[3])
	}
	return Value{Ints: sums}
}

// rounded returns s·multiplier/2^shift, rounded to the nearest whole number, halves upwards.
func rounded(s int64, multiplier, shift int32) int64 {
	half := int64(1) << (shift - 1)
	product := s*int64(multiplier) + half
	q := product / (2 * half)
	if product%(2*half) < 0 { // division of Go rounds towards 0
		q--
	}
	return q
}

func between(v int64, low, high int32) int64 { return max(int64(low), min(v, int64(high))) }

// pool reduces windows.
func (r *run) pool() Value {
	n := r.u.node
	x, y := ir.Plane(n, n.Args[0]), ir.Plane(n, n.Results[0])
	fh, fw := ir.Extents(n, "window", 1)
	sh, sw := ir.Extents(n, "stride", 1)
	pt, pl := ir.Extents(n, "pad", 0)
	h, w, c := x[0], x[1], x[2]
	rows := len(r.in[0].Ints) / (h * w * c)
	out := make([]int64, rows*y[0]*y[1]*c)
	for at := range out {
		ch, ox, oy, i := at%c, at/c%y[1], at/c/y[1]%y[0], at/c/y[1]/y[0]
		sum, count, most := int64(0), int64(0), int64(math.MinInt64)
		for fy := range fh {
			for fx := range fw {
				row, col := oy*sh+fy-pt, ox*sw+fx-pl
				if row < 0 || row >= h || col < 0 || col >= w {
					continue
				}
				v := r.in[0].Ints[((i*h+row)*w+col)*c+ch]
				sum, count, most = sum+v, count+1, max(most, v)
			}
		}
		if out[at] = most; r.u.Kind == AveragePool {
			out[at] = int64(math.Round(float64(sum) / float64(count))) // halves away from 0
		}
	}
	return Value{Ints: out}
}

// add computes a sum.
func (r *run) add() Value {
	p := r.ints(0)
	y := make([]int64, len(r.in[0].Ints))
	for i, a := range r.in[0].Ints {
		b := r.in[1].Ints[i]
		s := rounded((a-int64(p[0]))<<20, p[1], p[2]) + rounded((b-int64(p[3]))<<20, p[4], p[5])
		y[i] = between(int64(p[8])+rounded(s, p[6], p[7]), p[9], p[10])
	}
	return Value{Ints: y}
}

// concat joins the last axes.
func (r *run) concat() Value {
	total := r.u.shape[len(r.u.shape)-1]
	y := make([]int64, r.n*r.u.shape.Size())
	offset := 0
	for k, in := range r.in {
		width := r.u.In[k].shape[len(r.u.In[k].shape)-1]
		for i, x := range in.Ints {
			y[i/width*total+offset+i%width] = int64(r.int8s(k)[x+128])
		}
		offset += width
	}
	return Value{Ints: y}
}

// Apart computes what each unit would be if its inputs were the values of another evaluation, quantised: what it loses
// by itself.
func (q *Network) Apart(all Numbers, n int, values map[*op.Layer]op.Tensor) map[*Unit]Value {
	apart := map[*Unit]Value{}
	for _, u := range q.Units {
		if !u.Reported() {
			continue
		}
		r := &run{all: all, n: n, u: u}
		for _, in := range u.In {
			from := in
			for len(from.Layers) == 0 {
				from = from.In[0]
			}
			v := Value{Float: values[from.Last()].Data}
			if in.Integer() {
				v = in.Range.quantized(v.Float)
			}
			r.in = append(r.in, v)
		}
		apart[u] = r.value()
	}
	return apart
}

// quantized returns numbers in a range.
func (r *Range) quantized(x []float64) Value {
	y := make([]int64, len(x))
	for i, v := range x {
		y[i] = int64(clampInt8(math.RoundToEven(v/float64(r.Scale)) + float64(r.Zero)))
	}
	return Value{Ints: y}
}

// Reported tells whether the unit computes the output of a layer in integers.
func (u *Unit) Reported() bool {
	return u.Kind != Float && u.Kind != ToInt8 && u.Kind != ToFloat && u.Kind != View &&
		u.Kind != Move
}

// Real returns number i of a value of the unit.
func (u *Unit) Real(v Value, i int) float64 {
	if u.Integer() {
		return float64(v.Ints[i]-int64(u.Range.Zero)) * float64(u.Range.Scale)
	}
	return v.Float[i]
}

// Interval returns the least and the greatest number that the int8 result of a unit stands for.
func (u *Unit) Interval() (low, high float64) {
	s, z := float64(u.Range.Scale), float64(u.Range.Zero)
	return (-128 - z) * s, (127 - z) * s
}

// Bounds returns the interval of a result widened by half of a step, within which numbers are rounded and not cut off;
// an infinite one for a result in float32.
func (u *Unit) Bounds() (low, high float64) {
	if !u.Integer() {
		return math.Inf(-1), math.Inf(1)
	}
	low, high = u.Interval()
	return low - float64(u.Range.Scale)/2, high + float64(u.Range.Scale)/2
}

// recurrent runs a recurrent layer, gate by gate, as package quant of the runtime says.
func (r *run) recurrent() Value {
	u := r.u
	t, f, units := u.In[0].shape[0], u.In[0].shape[1], r.u.Layers[0].Node.Int("units")
	c := cellRun{run: r, units: units, cols: gatesOf[u.Kind] * units}
	steps := 1
	if len(u.shape) == 2 {
		steps = t
	}
	y := make([]int64, r.n*steps*units)
	for i := range r.n {
		h, s := make([]int64, units), make([]int64, units)
		for j := range h {
			h[j] = int64(r.ints(5)[0])
		}
		for k := range t {
			at := k
			if u.node.Bool("reverse") {
				at = t - 1 - k
			}
			if len(r.in) == 1 || r.in[1].Float[i*t+at] > 0.5 {
				h, s = c.step(r.in[0].Ints[(i*t+at)*f:][:f], h, s)
			}
			if steps == t {
				copy(y[(i*t+at)*units:], h)
			}
		}
		if steps == 1 {
			copy(y[i*units:], h)
		}
	}
	return Value{Ints: y}
}

// cellRun computes the steps of a recurrent layer.
type cellRun struct {
	*run
	units, cols int
}

// parts returns a part of the gates from a column on, with 12 fractional bits: 0 that of the input, 1 that of the
// state.
func (c *cellRun) parts(which int, x []int64, from int) []int64 {
	at := which * c.cols
	sums := make([]int64, c.cols-from)
	for j := range sums {
		sums[j] = int64(c.ints(2)[at+from+j])
	}
	w := c.int8s(which)
	for i, v := range x {
		for j, k := range w[i*c.cols+from:][:len(sums)] {
			sums[j] += v * int64(k)
		}
	}
	for j, v := range sums {
		sums[j] = rounded(v, c.ints(3)[at+from+j], c.ints(4)[at+from+j])
	}
	return sums
}

// entries returns what a table holds of a function, with 15 fractional bits, for multiples of 1/32 from −8 up to 8.
func entries(f func(float64) float64) []int64 {
	var all []int64
	for i := -256; i <= 256; i++ {
		all = append(all, between(int64(math.Floor(f(float64(i)/32)*(1<<15)+0.5)), math.MinInt16, math.MaxInt16))
	}
	return all
}

var (
	sigmoids = sync.OnceValue(func() []int64 { return entries(func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }) })
	tanhs    = sync.OnceValue(func() []int64 { return entries(math.Tanh) })
)

// gate returns the function of a table of the sum of the parts of a gate, with 15 fractional bits.
func gate(table func() []int64, parts ...int64) int64 {
	p := int64(0)
	for _, v := range parts {
		p += v
	}
	p = between(p, math.MinInt16, math.MaxInt16)
	below := int(math.Floor(float64(p) / 128))
	a, b := table()[below+256], table()[below+257]
	return a + halfUp((b-a)*(p-128*int64(below)), 7)
}

// halfUp returns v/2^bits, rounded to the nearest whole number, halves upwards; v·2^-bits for bits below 0.
func halfUp(v int64, bits int) int64 {
	if bits <= 0 {
		return v << -bits
	}
	return int64(math.Floor(math.Ldexp(float64(v), -bits) + 0.5)) // exact: v is below 2³²
}

// step returns the outputs and the state after a step.
func (c *cellRun) step(x, h, s []int64) (nextH, nextS []int64) {
	n := c.units
	output := func(v int64) int64 {
		p := c.ints(5)
		return between(int64(p[0])+rounded(v, p[1], p[2]), math.MinInt8, math.MaxInt8)
	}
	inputs, states := c.parts(0, x, 0), c.parts(1, h, 0)
	of := func(table func() []int64, k, j int) int64 { return gate(table, inputs[k*n+j], states[k*n+j]) }
	nextH, nextS = make([]int64, n), make([]int64, n)
	if c.u.Kind == GRUBefore { // the candidate reads outputs times the reset gate
		reset := make([]int64, n)
		for j := range n {
			reset[j] = output(halfUp(of(sigmoids, 1, j)*s[j], 15))
		}
		copy(states[2*n:], c.parts(1, reset, 2*n))
	}
	for j := range n {
		switch c.u.Kind {
		case SimpleRNN:
			nextH[j] = output(of(tanhs, 0, j))
		case LSTM:
			bits := int(c.ints(5)[3])
			nextS[j] = between(halfUp(of(sigmoids, 1, j)*s[j], 15)+halfUp(of(sigmoids, 0, j)*of(tanhs, 2, j), 30-bits),
				math.MinInt16, math.MaxInt16)
			nextH[j] = output(of(sigmoids, 3, j) * gate(tanhs, halfUp(nextS[j], bits-gateBits)))
		default:
			q := states[2*n+j]
			if c.u.Kind == GRU {
				q = halfUp(of(sigmoids, 1, j)*between(q, -1<<16+1, 1<<16-1), 15)
			}
			candidate := gate(tanhs, inputs[2*n+j], q)
			nextS[j] = candidate + halfUp(of(sigmoids, 0, j)*(s[j]-candidate), 15)
			nextH[j] = output(nextS[j])
		}
	}
	return nextH, nextS
}

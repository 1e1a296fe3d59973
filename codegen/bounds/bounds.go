package bounds

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
)

// u is the unit roundoff of float32.
const u = 1.0 / (1 << 24)

// Interval is a range of numbers.
type Interval struct{ Lo, Hi float64 }

// Refusal says at which layer nothing can be said, and why.
type Refusal struct{ Layer, Kind, Why string }

func (r *Refusal) Error() string {
	return fmt.Sprintf("layer %q, %s: %s", r.Layer, r.Kind, r.Why)
}

// box is a range for each element of a tensor of one example.
type box struct{ lo, hi []float64 }

func newBox(n int) box { return box{make([]float64, n), make([]float64, n)} }

// largest returns the largest magnitude of each element.
func (b box) largest() []float64 {
	m := make([]float64, len(b.lo))
	for i := range m {
		m[i] = math.Max(math.Abs(b.lo[i]), math.Abs(b.hi[i]))
	}
	return m
}

// Analysis is what is known of a network over a box of its inputs.
type Analysis struct {
	net    *net.Net
	params map[*ir.Param][]float64
	boxes  map[*op.Layer]box
	errs   map[*op.Layer][]float64 // how far float32 may be from exact arithmetic; nil where there is no bound
	why    map[*op.Layer]*Refusal  // for there being none
	sizes  map[*op.Layer][]float64 // bounds of the errors of the layer alone
	tight  bool                    // linear functions are carried back to the inputs
}

// tightWork bounds the multiply-adds that linear functions of one layer may take on their way to the inputs.
const tightWork = 1e8

// Analyze follows a box of the inputs, in the order of network.Inputs, each a range for each element, through a network
// with the given parameters. It is an error, a *Refusal, where a kind cannot be followed. With tight, ranges are those
// of linear functions of the inputs where that is not too much work.
func Analyze(network *net.Net, params map[string][]float32, inputs [][]Interval, tight bool) (*Analysis, error) {
	a := &Analysis{net: network, params: map[*ir.Param][]float64{}, boxes: map[*op.Layer]box{},
		errs: map[*op.Layer][]float64{},
		why:  map[*op.Layer]*Refusal{}, sizes: map[*op.Layer][]float64{}, tight: tight}
	for _, q := range network.Params {
		w := make([]float64, q.Size())
		for i, v := range params[q.Name] {
			w[i] = float64(v)
		}
		a.params[q] = w
	}
	for i, in := range network.Inputs {
		b := newBox(in.Shape.Size())
		for j, r := range inputs[i] {
			b.lo[j], b.hi[j] = r.Lo, r.Hi
		}
		a.boxes[in], a.errs[in] = b, make([]float64, len(b.lo))
	}
	for _, l := range network.Layers {
		if len(l.In) == 0 {
			continue
		}
		r := ruleOf(l)
		b, ok := a.follow(l, r)
		if !ok {
			why := r.why
			if why == "" {
				why = "nothing is known of its kind"
			}
			return nil, &Refusal{l.Name, l.Def.Kind.Name, why}
		}
		a.boxes[l] = b
		if tight && a.bendsBehind(l) && a.affordable(l) {
			a.boxes[l] = a.tighten(l, b)
		}
		a.carry(l, r)
	}
	return a, nil
}

// affordable tells whether linear functions of all elements of a layer may be carried back.
func (a *Analysis) affordable(l *op.Layer) bool {
	work := 0.0
	for _, before := range a.net.Layers[:l.Index+1] {
		work += float64(before.MACs()) + float64(before.Shape.Size())
	}
	return work*float64(l.Shape.Size()) <= tightWork
}

// bendsBehind tells whether tighter ranges of a layer serve a function behind it, or are an output's.
func (a *Analysis) bendsBehind(l *op.Layer) bool {
	for _, o := range a.net.Outputs {
		if o.Layer == l || o.Scores == l {
			return ruleOf(l).form != softmax
		}
	}
	for _, next := range a.net.Layers {
		for _, in := range next.In {
			if in == l && ruleOf(next).form != affine {
				return true
			}
		}
	}
	return false
}

// tighten intersects a box with what linear functions say.
func (a *Analysis) tighten(l *op.Layer, b box) box {
	n := len(b.lo)
	rows := make([]float64, n*n)
	for i := range n {
		rows[i*n+i] = 1
	}
	lo, hi := a.back(l, rows, n)
	t := newBox(n)
	for i := range n {
		t.lo[i], t.hi[i] = math.Max(b.lo[i], lo[i]), math.Min(b.hi[i], hi[i])
	}
	return t
}

// call prepares the evaluation of a layer on some rows of its inputs, with its parameters or their magnitudes.
func (a *Analysis) call(l *op.Layer, rows int, xs [][]float64, magnitudes bool) *op.Call {
	shaped := func(s ir.Shape, x []float64) op.Tensor {
		return op.Tensor{Shape: append(ir.Shape{rows}, s...), Data: x}
	}
	c := &op.Call{Layer: l, N: rows, Y: shaped(l.Shape, make([]float64, rows*l.Shape.Size()))}
	for i, in := range l.In {
		c.X = append(c.X, shaped(in.Shape, xs[i]))
		c.DX = append(c.DX, shaped(in.Shape, make([]float64, len(xs[i]))))
	}
	for _, q := range l.Params {
		w := a.params[q]
		if magnitudes {
			w = magnitude(w)
		}
		c.P = append(c.P, op.Tensor{Shape: q.Shape, Data: w})
		c.DP = append(c.DP, op.Tensor{Shape: q.Shape, Data: make([]float64, len(w))})
	}
	return c
}

// eval returns the results of a layer.
func (a *Analysis) eval(l *op.Layer, xs [][]float64, magnitudes bool) []float64 {
	c := a.call(l, 1, xs, magnitudes)
	l.Def.Forward(c)
	return c.Y.Data
}

// spread returns |A|·r of an affine layer y = A·x + b.
func (a *Analysis) spread(l *op.Layer, rs [][]float64) []float64 {
	zero := make([][]float64, len(rs))
	for i := range rs {
		zero[i] = make([]float64, len(rs[i]))
	}
	y, b := a.eval(l, rs, true), a.eval(l, zero, true)
	for i := range y {
		y[i] = math.Abs(y[i] - b[i])
	}
	return y
}

// ownBound returns the bound of a layer's own error for inputs of some magnitudes.
func (a *Analysis) ownBound(l *op.Layer, xs [][]float64) []float64 {
	c := a.call(l, 1, xs, false)
	l.Def.Forward(c)
	return l.Def.Bound(c)
}

// follow returns the box of a layer's results.
func (a *Analysis) follow(l *op.Layer, r rule) (box, bool) {
	n := l.Shape.Size()
	b := newBox(n)
	var lo, hi, mid, rad [][]float64
	for _, in := range l.In {
		x := a.boxes[in]
		m, s := make([]float64, len(x.lo)), make([]float64, len(x.lo))
		for i := range m {
			m[i], s[i] = x.lo[i]/2+x.hi[i]/2, x.hi[i]/2-x.lo[i]/2
		}
		lo, hi, mid, rad = append(lo, x.lo), append(hi, x.hi), append(mid, m), append(rad, s)
	}
	switch r.form {
	case affine:
		y, s, own := a.eval(l, mid, false), a.spread(l, rad), a.ownBound(l, a.magnitudes(l, nil))
		for i := range y {
			s[i] += widen * (own[i] + u*(math.Abs(y[i])+s[i]))
			b.lo[i], b.hi[i] = y[i]-s[i], y[i]+s[i]
		}
	case distance:
		for i := range b.lo {
			b.lo[i], b.hi[i] = lo[0][i]-hi[1][i], hi[0][i]-lo[1][i]
		}
	case rising:
		b.lo, b.hi = a.eval(l, lo, false), a.eval(l, hi, false)
	case valley:
		f, g := a.eval(l, lo, false), a.eval(l, hi, false)
		for i := range f {
			b.lo[i], b.hi[i] = math.Min(f[i], g[i]), math.Max(f[i], g[i])
			if lo[0][i] < 0 && (hi[0][i] > 0 || r.minimum < 0) {
				b.lo[i] = math.Min(b.lo[i], r.minimum)
				if r.minimum == 0 {
					b.lo[i] = 0
				}
			}
		}
	case softmax:
		a.softmax(l, &b)
	case product:
		copy(b.lo, lo[0])
		copy(b.hi, hi[0])
		for k := 1; k < len(lo); k++ {
			for i := range b.lo {
				p := []float64{b.lo[i] * lo[k][i], b.lo[i] * hi[k][i], b.hi[i] * lo[k][i], b.hi[i] * hi[k][i]}
				b.lo[i], b.hi[i] = math.Min(math.Min(p[0], p[1]), math.Min(p[2], p[3])),
					math.Max(math.Max(p[0], p[1]), math.Max(p[2], p[3]))
			}
		}
	case table:
		a.rows(l, lo[0], hi[0], &b)
	case masked:
		kept(lo, hi, &b)
	case constant:
		for i := range b.hi {
			b.hi[i] = 1
		}
	case limited:
		return a.limits(l, b)
	default:
		return b, false
	}
	return b, true
}

// widen is what bounds of float32 errors are multiplied by for those of float64, 2^-29 times as large, with room to
// spare.
const widen = 0x1p-27

// magnitudes returns the largest magnitudes of a layer's inputs, with their errors if there are some.
func (a *Analysis) magnitudes(l *op.Layer, errs map[*op.Layer][]float64) (xs [][]float64) {
	for _, in := range l.In {
		x := a.boxes[in].largest()
		for i, e := range errs[in] {
			x[i] += e
		}
		xs = append(xs, x)
	}
	return xs
}

// softmax bounds probabilities: 1/Σ exp(zⱼ − zᵢ), by linear functions of the differences where they are few.
func (a *Analysis) softmax(l *op.Layer, b *box) {
	z := a.boxes[l.In[0]]
	f := l.Shape[len(l.Shape)-1]
	lo, hi := make([]float64, f*f), make([]float64, f*f) // of zⱼ − zᵢ at i·f + j
	for at := 0; at < len(b.lo); at += f {
		for i := range f {
			for j := range f {
				if i != j {
					lo[i*f+j], hi[i*f+j] = z.lo[at+j]-z.hi[at+i], z.hi[at+j]-z.lo[at+i]
				}
			}
		}
		if a.tight && len(b.lo) == f && f <= 32 && a.affordable(l) {
			rows := make([]float64, f*f*f)
			for i := range f {
				for j := range f {
					rows[(i*f+j)*f+j]++
					rows[(i*f+j)*f+i]--
				}
			}
			l2, h2 := a.back(l.In[0], rows, f*f)
			for i := range lo {
				lo[i], hi[i] = math.Max(lo[i], l2[i]), math.Min(hi[i], h2[i])
			}
		}
		for i := range f {
			least, most := 1.0, 1.0
			for j := range f {
				if i != j {
					least += math.Exp(lo[i*f+j])
					most += math.Exp(hi[i*f+j])
				}
			}
			b.lo[at+i], b.hi[at+i] = 1/most*(1-1e-12), math.Min(1, 1/least*(1+1e-12))
		}
	}
}

// rows bounds what an embedding gives for the tokens of a box.
func (a *Analysis) rows(l *op.Layer, lo, hi []float64, b *box) {
	q := l.Params[0]
	w, width := a.params[q], q.Shape[1]
	for t := range lo {
		for j := range width {
			at := t*width + j
			b.lo[at], b.hi[at] = math.Inf(1), math.Inf(-1)
			for row := max(0, int(lo[t])); row <= min(int(hi[t]), q.Shape[0]-1); row++ {
				v := w[row*width+j]
				if l.Node.Has("padding_idx") && l.Node.Int("padding_idx") == row {
					v = 0
				}
				b.lo[at], b.hi[at] = math.Min(b.lo[at], v), math.Max(b.hi[at], v)
			}
			if b.lo[at] > b.hi[at] {
				b.lo[at], b.hi[at] = 0, 0
			}
		}
	}
}

// kept bounds the mean, or the largest, of any of the steps that a mask may keep, by channel.
func kept(lo, hi [][]float64, b *box) {
	channels, none := len(b.lo), true
	for j := range b.lo {
		b.lo[j], b.hi[j] = math.Inf(1), math.Inf(-1)
	}
	for t, most := range hi[1] {
		if most <= 0.5 {
			continue
		}
		none = none && lo[1][t] <= 0.5
		for j := range channels {
			b.lo[j], b.hi[j] = math.Min(b.lo[j], lo[0][t*channels+j]), math.Max(b.hi[j], hi[0][t*channels+j])
		}
	}
	for j := range b.lo {
		if none {
			b.lo[j], b.hi[j] = math.Min(b.lo[j], 0), math.Max(b.hi[j], 0)
		}
		b.lo[j], b.hi[j] = b.lo[j]-1e-12*math.Abs(b.lo[j]), b.hi[j]+1e-12*math.Abs(b.hi[j]) // the mean is rounded
	}
}

// limits bounds kinds whose results have limits whatever they read: a normalised row has no element beyond √f, a state
// of gates stays between −1 and 1.
func (a *Analysis) limits(l *op.Layer, b box) (box, bool) {
	f := float64(l.Shape[len(l.Shape)-1])
	for i := range b.lo {
		limit, shift := 1.0, 0.0
		j := i % int(f)
		switch l.Def.Kind.Name {
		case "layer_norm":
			limit, shift = math.Sqrt(f)*math.Abs(a.params[l.Params[0]][j]), a.params[l.Params[1]][j]
		case "rms_norm":
			limit = math.Sqrt(f) * math.Abs(a.params[l.Params[0]][j])
		}
		limit *= 1 + 1e-9
		b.lo[i], b.hi[i] = shift-limit, shift+limit
	}
	return b, true
}

// carry computes the bound of the errors of a layer's results in float32.
func (a *Analysis) carry(l *op.Layer, r rule) {
	for _, in := range l.In {
		if a.why[in] != nil {
			a.why[l] = a.why[in]
			return
		}
	}
	if r.why != "" || r.form == unknown {
		a.why[l] = &Refusal{l.Name, l.Def.Kind.Name, r.why}
		return
	}
	var es [][]float64
	for _, in := range l.In {
		es = append(es, a.errs[in])
	}
	var e []float64
	switch r.form {
	case affine:
		e = a.spread(l, es)
		if before := a.sizes[l.In[0]]; l.Def == op.BatchNorm && before != nil {
			// Its factor goes into the weights before it, which are rounded once more for each of the two products.
			for i, s := range a.spread(l, [][]float64{before}) {
				e[i] += 3 * s
			}
		}
	case distance:
		e = make([]float64, len(es[0]))
		for i := range e {
			e[i] = es[0][i] + es[1][i]
		}
	case product:
		e = make([]float64, len(es[0]))
		for k := range es {
			for i := range e {
				others := es[k][i]
				for j, in := range l.In {
					if j != k {
						others *= a.boxes[in].largest()[i] + es[j][i]
					}
				}
				e[i] += others
			}
		}
	case softmax:
		e = a.softmaxErrors(l, es[0])
	case table, constant:
		e = make([]float64, l.Shape.Size())
	default: // functions of one number, and the largest of several
		e = a.largestOf(l, es)
		for i := range e {
			e[i] *= r.slope
		}
	}
	own := make([]float64, len(e))
	if r.form != softmax && r.form != table && r.form != constant {
		xs := a.magnitudes(l, a.errs)
		own = a.ownBound(l, xs)
		for _, x := range xs {
			for i := range x {
				x[i] = -x[i]
			}
		}
		for i, v := range a.ownBound(l, xs) {
			own[i] = math.Max(own[i], v)
		}
	}
	a.sizes[l] = own
	for i := range e {
		e[i] = (e[i] + own[i]) * (1 + 1e-9)
	}
	if a.overflows(l, r, e) {
		for i := range e {
			e[i] = math.Inf(1)
		}
	}
	a.errs[l] = e
}

// overflows tells whether a number that a layer computes in float32, with errors e of its results, may be beyond the
// largest one: a result, a product, or a sum of some of them, which may be larger than the whole, as that of a mean is.
func (a *Analysis) overflows(l *op.Layer, r rule, e []float64) bool {
	sizes, terms := a.boxes[l].largest(), 1.0
	for i := range sizes {
		sizes[i] += e[i]
	}
	xs := a.magnitudes(l, a.errs)
	for _, x := range xs {
		terms += float64(len(x))
	}
	switch r.form {
	case affine:
		zero := make([][]float64, len(xs))
		for i := range xs {
			zero[i] = make([]float64, len(xs[i]))
		}
		shift := a.eval(l, zero, false)
		for i, v := range a.spread(l, xs) {
			sizes[i] = math.Max(sizes[i], v+math.Abs(shift[i]))
		}
	case product:
		for i := range sizes {
			part := 1.0
			for _, x := range xs {
				part *= x[i]
				sizes[i] = math.Max(sizes[i], part)
			}
		}
	}
	for _, v := range sizes {
		if !(v*terms <= math.MaxFloat32) {
			return true
		}
	}
	return false
}

// largestOf returns for each result the largest error among what it reads: of a window where the kind is a pool.
func (a *Analysis) largestOf(l *op.Layer, es [][]float64) []float64 {
	if len(l.In) > 1 { // maximum and minimum
		e := make([]float64, len(es[0]))
		for _, x := range es {
			for i, v := range x {
				e[i] = math.Max(e[i], v)
			}
		}
		return e
	}
	if l.Def.Activation {
		return append([]float64{}, es[0]...)
	}
	return a.eval(l, es, false)
}

// softmaxErrors carries errors through probabilities: their derivatives have the sum of magnitudes 2·p·(1 − p) ≤ ½, and
// exp errs by what its argument does.
func (a *Analysis) softmaxErrors(l *op.Layer, e []float64) []float64 {
	f := l.Shape[len(l.Shape)-1]
	y, z := make([]float64, len(e)), a.boxes[l.In[0]].largest()
	for at := 0; at < len(e); at += f {
		largest, spread := 0.0, 0.0
		for j := range f {
			largest = math.Max(largest, e[at+j])
			spread = math.Max(spread, z[at+j])
		}
		for j := range f {
			y[at+j] = largest/2 + (float64(f)+12+4*spread)*u
		}
	}
	return y
}

// Output returns the ranges of the elements of output i.
func (a *Analysis) Output(i int) []Interval {
	b := a.boxes[a.net.Outputs[i].Layer]
	out := make([]Interval, len(b.lo))
	for j := range out {
		out[j] = Interval{b.lo[j], b.hi[j]}
	}
	return out
}

// MaxError returns how far output i may be in float32 from exact arithmetic, for all inputs of the box; or why there is
// no bound. It is rounded up to three digits.
func (a *Analysis) MaxError(i int) (float64, *Refusal) {
	o := a.net.Outputs[i].Layer
	if why := a.why[o]; why != nil {
		return 0, why
	}
	largest := 0.0
	for _, e := range a.errs[o] {
		largest = math.Max(largest, e)
	}
	if math.IsInf(largest, 0) || math.IsNaN(largest) {
		return 0, &Refusal{o.Name, o.Def.Kind.Name, "its numbers may be too large for float32"}
	}
	if b := a.boxes[o]; largest >= (slices.Max(b.hi)-slices.Min(b.lo))/2 {
		return 0, &Refusal{o.Name, o.Def.Kind.Name,
			"a bound that holds for all these inputs is no smaller than half of the range of the output"}
	}
	if largest == 0 {
		return 0, nil
	}
	digits := math.Pow(10, math.Floor(math.Log10(largest))-2)
	return math.Ceil(largest/digits) * digits, nil
}

func magnitude(x []float64) []float64 {
	m := make([]float64, len(x))
	for i, v := range x {
		m[i] = math.Abs(v)
	}
	return m
}

// Range returns the ranges of the elements of each output over a box, cut into at most some boxes along the sides that
// are widest in parts of the whole: the ranges of all of them together. It is an error where a kind cannot be followed.
func Range(network *net.Net, params map[string][]float32, inputs [][]Interval, most int) ([][]Interval, error) {
	queue := [][][]Interval{inputs}
	for len(queue) < most {
		left, right, ok := halve(queue[0], inputs)
		if !ok {
			break
		}
		queue = append(queue[1:], left, right)
	}
	all := make([][]Interval, len(network.Outputs))
	for _, b := range queue {
		a, err := Analyze(network, params, b, true)
		if err != nil {
			return nil, err
		}
		for i := range all {
			for j, r := range a.Output(i) {
				if len(all[i]) <= j {
					all[i] = append(all[i], r)
				}
				all[i][j] = Interval{math.Min(all[i][j].Lo, r.Lo), math.Max(all[i][j].Hi, r.Hi)}
			}
		}
	}
	return all, nil
}

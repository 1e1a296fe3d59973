package bounds

import (
	"math"

	"github.com/nngen/nngen/codegen/op"
)

// back returns bounds of linear functions of a layer's results, rows of coefficients, by carrying them back to the
// inputs: through affine layers by their transposes, through functions by lines above and below them. Other layers
// count as inputs, with their boxes.
func (a *Analysis) back(l *op.Layer, rows []float64, count int) (lo, hi []float64) {
	lo, _ = a.side(l, rows, count)
	negated := make([]float64, len(rows))
	for i, v := range rows {
		negated[i] = -v
	}
	hi, _ = a.side(l, negated, count)
	for i := range hi {
		hi[i] = -hi[i]
	}
	return lo, hi
}

// side returns lower bounds of linear functions; size is that of the numbers that were added.
func (a *Analysis) side(l *op.Layer, rows []float64, count int) (bound, size []float64) {
	bound, size = make([]float64, count), make([]float64, count)
	coefs := map[*op.Layer][]float64{l: append([]float64{}, rows...)}
	layers := append(append([]*op.Layer{}, a.net.Inputs...), a.net.Layers...)
	for k := len(layers) - 1; k >= 0; k-- {
		at := layers[k]
		c := coefs[at]
		if c == nil {
			continue
		}
		delete(coefs, at)
		b, n := a.boxes[at], at.Shape.Size()
		r := rule{}
		if len(at.In) > 0 {
			r = ruleOf(at)
		}
		add := func(in *op.Layer, d []float64) {
			if coefs[in] == nil {
				coefs[in] = make([]float64, count*in.Shape.Size())
			}
			for i, v := range d {
				coefs[in][i] += v
			}
		}
		switch {
		case r.form == affine || r.form == distance:
			zero := make([][]float64, len(at.In))
			for i, in := range at.In {
				zero[i] = make([]float64, in.Shape.Size())
			}
			y := a.eval(at, zero, false)
			for row := range count {
				for i, v := range y {
					bound[row] += c[row*n+i] * v
					size[row] += math.Abs(c[row*n+i] * v)
				}
			}
			dx := a.transpose(at, c, count, false)
			for i, in := range at.In {
				add(in, dx[i])
			}
		case r.bends:
			x := a.boxes[at.In[0]]
			d := make([]float64, len(c))
			for i := range n {
				low, high := lines(at.Def.Kind.Name, x.lo[i], x.hi[i])
				for row := range count {
					w := c[row*n+i]
					line := low
					if w < 0 {
						line = high
					}
					d[row*n+i] = w * line.slope
					bound[row] += w * line.at0
					size[row] += math.Abs(w * line.at0)
				}
			}
			add(at.In[0], d)
		default:
			for row := range count {
				for i := range n {
					w := c[row*n+i]
					v := w * b.lo[i]
					if w < 0 {
						v = w * b.hi[i]
					}
					bound[row] += v
					size[row] += math.Abs(v)
				}
			}
		}
	}
	for row := range bound {
		bound[row] -= 1e-9 * size[row] // more than float64 rounds in any network that is small enough
	}
	return bound, size
}

// transpose multiplies rows of coefficients of an affine layer's results by its matrix, or by the magnitudes of that:
// those of its inputs.
func (a *Analysis) transpose(l *op.Layer, rows []float64, count int, magnitudes bool) (dx [][]float64) {
	if l.Def == op.BatchNorm { // by running statistics, where Backward has those of a batch
		gamma, variance, d := a.params[l.Params[0]], a.params[l.Params[3]], make([]float64, len(rows))
		for i, v := range rows {
			j := i % len(gamma)
			d[i] = v * gamma[j] / math.Sqrt(variance[j]+l.Node.Float("epsilon"))
		}
		return [][]float64{d}
	}
	var zero [][]float64
	for _, in := range l.In {
		zero = append(zero, make([]float64, count*in.Shape.Size()))
	}
	c := a.call(l, count, zero, magnitudes)
	c.DY = op.Tensor{Shape: c.Y.Shape, Data: rows}
	l.Def.Backward(c)
	for _, t := range c.DX {
		dx = append(dx, t.Data)
	}
	return dx
}

// line is slope·x + at0.
type line struct{ slope, at0 float64 }

// lines returns lines below and above a function between lo and hi: see Singh et al., section 4.
func lines(kind string, lo, hi float64) (below, above line) {
	if kind == "relu" {
		switch {
		case lo >= 0:
			return line{1, 0}, line{1, 0}
		case hi <= 0:
			return line{}, line{}
		}
		s := hi / (hi - lo)
		if hi > -lo {
			below.slope = 1
		}
		return below, line{s, -s * lo}
	}
	f, df := math.Tanh, func(x float64) float64 { t := math.Tanh(x); return 1 - t*t }
	if kind == "sigmoid" {
		f = func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
		df = func(x float64) float64 { return f(x) * f(-x) }
	}
	const room = 1e-12 // f and df round
	s := math.Min(df(lo), df(hi))
	below, above = line{s, f(lo) - s*lo - room}, line{s, f(hi) - s*hi + room}
	if hi-lo < 1e-6 {
		return below, above
	}
	chord, mid := (f(hi)-f(lo))/(hi-lo), lo/2+hi/2
	switch {
	case lo >= 0: // the slope falls: a chord is below, a tangent above
		below, above = line{chord, f(lo) - chord*lo - room}, line{df(mid), f(mid) - df(mid)*mid + room}
	case hi <= 0:
		below, above = line{df(mid), f(mid) - df(mid)*mid - room}, line{chord, f(lo) - chord*lo + room}
	}
	return below, above
}

package ref

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// Initial returns the initial values of a parameter: element i of the distribution comes from number
// i of the parameter's stream, a uniform one of 53 bits; a normal one is its quantile.
func Initial(p *ir.Param, seed uint64) []float64 {
	x := make([]float64, p.Size())
	if p.Role == ir.Constant && p.Values != nil {
		copy(x, p.Values)
		return x
	}
	in, out, gain := float64(p.FanIn), float64(p.FanOut), p.Init.Float("gain")
	uniform := func(i int) float64 { return Uniform(seed, p.Stream, i) }
	normal := func(i int) float64 { return quantile(uniform(i)) }
	between := func(r float64) func(int) float64 { return func(i int) float64 { return r * (2*uniform(i) - 1) } }
	times := func(s float64) func(int) float64 { return func(i int) float64 { return s * normal(i) } }
	var f func(i int) float64
	switch p.Init.Kind {
	case "zeros":
		f = func(int) float64 { return 0 }
	case "ones":
		f = func(int) float64 { return 1 }
	case op.ForgetBias:
		f = func(i int) float64 {
			if i*4/len(x) == 1 {
				return 1
			}
			return 0
		}
	case "constant":
		f = func(int) float64 { return p.Init.Float("value") }
	case "glorot_uniform":
		f = between(gain * math.Sqrt(6/(in+out)))
	case "glorot_normal":
		f = times(gain * math.Sqrt(2/(in+out)))
	case "he_uniform":
		f = between(gain * math.Sqrt(6/in))
	case "he_normal":
		f = times(gain * math.Sqrt(2/in))
	case "lecun_uniform":
		f = between(gain * math.Sqrt(3/in))
	case "lecun_normal":
		f = times(gain * math.Sqrt(1/in))
	case "uniform":
		low, high := p.Init.Float("low"), p.Init.Float("high")
		f = func(i int) float64 { return low + (high-low)*uniform(i) }
	case "normal":
		f = func(i int) float64 { return p.Init.Float("mean") + p.Init.Float("std")*normal(i) }
	case "truncated_normal":
		// The quantile of a uniform number between the probabilities of −2 and 2 deviations.
		lo := distuv.UnitNormal.CDF(-2)
		f = func(i int) float64 {
			return p.Init.Float("mean") + p.Init.Float("std")*quantile(lo+(1-2*lo)*uniform(i))
		}
	case "identity":
		for i := range p.Shape[0] {
			x[i*p.Shape[1]+i] = gain
		}
		return x
	case "orthogonal":
		return orthogonal(p.Shape[0], p.Shape[1], gain, normal)
	default:
		panic("BUG: no initializer " + p.Init.Kind)
	}
	for i := range x {
		x[i] = f(i)
	}
	return x
}

// Uniform returns number i in [0, 1) of a stream, from 53 bits of its words 2i and 2i + 1.
func Uniform(seed uint64, stream uint32, i int) float64 {
	bits := uint64(op.Word(seed, stream, 0, 2*i))<<32 | uint64(op.Word(seed, stream, 0, 2*i+1))
	return float64(bits>>11) / (1 << 53)
}

// quantile returns the quantile of the standard normal distribution; that of 0 is taken at 2⁻⁵⁴.
func quantile(p float64) float64 { return distuv.UnitNormal.Quantile(math.Max(p, 0x1p-54)) }

// orthogonal returns gain times the Q of the QR decomposition of a normal matrix, its signs fixed so
// that R has a positive diagonal (Mezzadri, How to generate random matrices from the classical
// compact groups, 2007). Of a wide matrix it is the transpose of that of the tall one.
func orthogonal(rows, cols int, gain float64, normal func(int) float64) []float64 {
	tall, wide := max(rows, cols), min(rows, cols)
	a := mat.NewDense(tall, wide, nil)
	for i := range tall {
		for j := range wide {
			if rows >= cols {
				a.Set(i, j, normal(i*cols+j))
			} else {
				a.Set(i, j, normal(j*cols+i))
			}
		}
	}
	var qr mat.QR
	qr.Factorize(a)
	var q, r mat.Dense
	qr.QTo(&q)
	qr.RTo(&r)
	x := make([]float64, rows*cols)
	for i := range tall {
		for j := range wide {
			v := gain * q.At(i, j) * math.Copysign(1, r.At(j, j))
			if rows >= cols {
				x[i*cols+j] = v
			} else {
				x[j*cols+i] = v
			}
		}
	}
	return x
}

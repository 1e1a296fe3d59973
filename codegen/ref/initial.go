package ref

import (
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
	op.InitializerByName(p.Init.Kind).Fill(p, func(i int) float64 { return Uniform(seed, p.Stream, i) }, x)
	return x
}

// Uniform returns number i in [0, 1) of a stream, from 53 bits of its words 2i and 2i + 1.
func Uniform(seed uint64, stream uint32, i int) float64 {
	bits := uint64(op.Word(seed, stream, 0, 2*i))<<32 | uint64(op.Word(seed, stream, 0, 2*i+1))
	return float64(bits>>11) / (1 << 53)
}

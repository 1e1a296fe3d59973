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
	op.InitializerByName(p.Init.Kind).Fill(p, uniforms(seed, p.Stream), x)
	return x
}

// InitialSample returns the initial values at some places.
func InitialSample(p *ir.Param, seed uint64, at []int) []float64 {
	x := make([]float64, len(at))
	kind := op.InitializerByName(p.Init.Kind)
	if p.Role == ir.Constant && p.Values != nil || kind.Whole {
		for k, v := 0, Initial(p, seed); k < len(at); k++ {
			x[k] = v[at[k]]
		}
		return x
	}
	kind.Fill(p, func(k int) float64 { return uniform(seed, p.Stream, at[k]) }, x)
	return x
}

// uniform returns number i in [0, 1) of a stream, from 53 bits of its words 2i and 2i + 1.
func uniform(seed uint64, stream uint32, i int) float64 {
	bits := uint64(op.Word(seed, stream, 0, 2*i))<<32 | uint64(op.Word(seed, stream, 0, 2*i+1))
	return float64(bits>>11) / (1 << 53)
}

// uniforms is uniform that keeps the last block of words, for numbers in order.
func uniforms(seed uint64, stream uint32) op.Draws {
	last, words := -1, [4]uint32{}
	return func(i int) float64 {
		if i/2 != last {
			last, words = i/2, op.Block(seed, stream, 0, uint32(i/2))
		}
		bits := uint64(words[i%2*2])<<32 | uint64(words[i%2*2+1])
		return float64(bits>>11) / (1 << 53)
	}
}

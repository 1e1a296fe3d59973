package kerneltest

import (
	"math"
	"math/rand"
)

// values are the kinds of value that every kernel is tried with.
var values = []struct {
	name string
	draw func(*rand.Rand) float32
}{
	{"normal", normal},
	{"integer", integer},
	{"special", special},
	{"subnormal", subnormal},
	{"bits", anyBits},
}

// normal draws from the standard normal distribution.
func normal(r *rand.Rand) float32 { return float32(r.NormFloat64()) }

// integer draws small integers: sums with ties, exact zeros and cancellation.
func integer(r *rand.Rand) float32 { return float32(r.Intn(9) - 4) }

// special draws NaN, infinities, zeros of both signs and the ends of the range, among
// ordinary values.
func special(r *rand.Rand) float32 {
	list := [...]float32{
		float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, float32(math.Copysign(0, -1)),
		math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, 0x1p-126, 1, -1,
	}
	if i := r.Intn(2 * len(list)); i < len(list) {
		return list[i]
	}
	return normal(r)
}

// subnormal draws values around the smallest normal one.
func subnormal(r *rand.Rand) float32 {
	return float32(math.Ldexp(r.NormFloat64(), -126-r.Intn(24)+r.Intn(4)))
}

// anyBits draws any pattern of bits.
func anyBits(r *rand.Rand) float32 { return math.Float32frombits(r.Uint32()) }

package optim

import (
	"math"

	"github.com/nngen/nngen/runtime/cpu"
)

// lanes is the number of elements that a kernel takes at a time, and of the partial sums of SumSquares.
const lanes = 8

// slice is the number of elements that a kernel gets at a time.
const slice = cpu.CallElements

// powers returns x and y to a power n ≥ 0 by repeated squaring, the same bits on every machine. The products of one do not
// wait for those of the other. It multiplies by 1 where n has no bit: steps count up, so that a branch would be as often
// mistaken as not.
func powers(x, y float64, n uint64) (px, py float64) {
	one := math.Float64bits(1)
	for px, py = 1, 1; n > 0; n >>= 1 {
		bit := -(n & 1)
		px = float64(px * math.Float64frombits(one^(math.Float64bits(x)^one)&bit))
		py = float64(py * math.Float64frombits(one^(math.Float64bits(y)^one)&bit))
		x, y = float64(x*x), float64(y*y)
	}
	return px, py
}

// sqrt32 returns the square root rounded to float32, which IEEE 754 defines to the last bit.
func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// gradient returns clip·g + decay·w, each operation rounded.
func gradient(g, w, clip, decay float32) float32 { return float32(g*clip) + float32(decay*w) }

// larger returns the larger of a and b; NaN if either is, and b if they are equal.
func larger(a, b float32) float32 {
	if a > b || a != a {
		return a
	}
	return b
}

// flush returns x, and 0 in place of a number below the smallest normal one.
func flush(x float32) float32 {
	if math.Float32bits(x)&0x7f800000 == 0 {
		return 0
	}
	return x
}

package optim

import (
	"math"

	"github.com/nngen/nngen/runtime/cpu"
)

// lanes is the number of elements that a kernel takes at a time, and of the partial sums of SumSquares.
const lanes = 8

// slice is the number of elements that a kernel gets at a time.
const slice = cpu.CallElements

// negligible is a bound of powers that change nothing when they are taken from 1.
const negligible = 0x1p-60

// powers returns x and y, from 0 to 1, to a power n ≥ 0 by repeated squaring, the same bits on every machine; 0 in
// place of what is negligible, since a core takes long to underflow. The products of one do not wait for those of the
// other. It multiplies by 1 where n has no bit: steps count up, so that a branch would be as often mistaken as not.
func powers(x, y float64, n uint64) (px, py float64) {
	by := [2][2]float64{{1, 1}}
	for px, py = 1, 1; n > 0; n >>= 1 {
		by[1] = [2]float64{x, y}
		px, py = float64(px*by[n&1][0]), float64(py*by[n&1][1])
		x, y = float64(x*x), float64(y*y)
		if x < negligible {
			x = 0
		}
		if y < negligible {
			y = 0
		}
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

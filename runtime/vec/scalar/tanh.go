package scalar

import (
	"math"

	"github.com/nngen/nngen/runtime/f32"
)

// tanhMax is where tanh has become 1.
const tanhMax = 10

// Tanh returns tanh x. With u = 1 − e^−2|x| and q = u/(2 − u) it is q = u/2 + u/2·q, of which the
// second form carries less of the rounding errors of 2 − u and q; and the sign of x.
func Tanh(x float32) float32 {
	a := minusAbs(x)
	e, n := reduceShort(upper(-2*tanhMax, a+a), round+bias)
	s := math.Float32frombits(n << 23)
	u := f32.FMA(-s, e, 1-s)
	q := u / f32.FMA(s, e, 1+s)
	h := 0.5 * u
	y := f32.FMA(h, q, h)
	return math.Float32frombits(math.Float32bits(y) | math.Float32bits(x)&sign)
}

// TanhGrad returns dy·(1 − y²), y = tanh x.
func TanhGrad(dy, y float32) float32 { return dy * f32.FMA(-y, y, 1) }

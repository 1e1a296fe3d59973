package norm

import (
	"math"

	"github.com/nngen/nngen/runtime/vec"
)

// UnitNorm scales n rows of f to length 1: y[i,j] = x[i,j]·r[i] with r = 1/max(√Σx², eps), and keeps r:
//
//	y, x  n×f
//	r     n
//
// The sum is vec.Dot of the row with itself. y may be x. It panics if a slice is too short.
func UnitNorm(n, f int, y, x, r []float32, eps float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) || len(r) < n {
		panic(badShape)
	}
	for i := range n {
		row := x[i*f:][:f]
		length := float32(math.Sqrt(float64(vec.Dot(row, row))))
		r[i] = 1 / max(length, eps)
		vec.Scale(y[i*f:][:f], row, r[i])
	}
}

// UnitNormGrad computes the gradient of UnitNorm from dy, y and r:
//
//	dx = r·(dy − y·Σ dy∘y) where the row is longer than eps, else r·dy
//
// dx may be dy.
func UnitNormGrad(n, f int, dx, dy, y, r []float32, eps float32) {
	if !fits(n, f, len(dx)) || !fits(n, f, len(dy)) || !fits(n, f, len(y)) || len(r) < n {
		panic(badShape)
	}
	for i := range n {
		d, out, row := dy[i*f:][:f], dx[i*f:][:f], y[i*f:][:f]
		dot := vec.Dot(d, row)
		vec.Scale(out, d, r[i])
		if r[i] < 1/eps {
			vec.Axpy(float32(-dot*r[i]), row, out)
		}
	}
}

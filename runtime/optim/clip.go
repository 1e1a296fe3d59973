package optim

import (
	"math"

	"github.com/nngen/nngen/runtime/cpu"
)

// SumSquares returns Σ g², in float64: eight partial sums, element i going to sum i mod 8, added in
// order. Each square is exact. It does not allocate.
func SumSquares(g []float32) float64 {
	var s [lanes]float64
	if cpu.HasSIMD() && len(g) >= lanes {
		for n := len(g) &^ (lanes - 1); n > 0; n = len(g) &^ (lanes - 1) {
			cpu.Preempt()
			n = min(n, slice)
			sumSquaresSIMD(&g[0], n, &s)
			g = g[n:]
		}
	}
	sumSquaresGeneric(g, &s)
	sum := 0.0
	for _, v := range s {
		sum += v
	}
	return sum
}

// sumSquaresGeneric adds the squares of the elements to the lanes.
func sumSquaresGeneric(g []float32, s *[lanes]float64) {
	for i, v := range g {
		s[i%lanes] += float64(v) * float64(v)
	}
}

// ClipScale returns the factor that keeps the norm of a gradient, given its square, within limit:
// min(1, limit/(norm + 10⁻⁶)).
func ClipScale(square, limit float64) float32 {
	return float32(min(1, limit/(math.Sqrt(square)+1e-6)))
}

// MaxNorm scales down each column of w, a rows×cols matrix, whose Euclidean norm is above limit, to
// that norm. The norm is computed in float64, rows in order. It does not allocate.
func MaxNorm(rows, cols int, w []float32, limit float64) {
	const side = 16 // columns that are read side by side
	for j := 0; j < cols; j += side {
		var sum [side]float64
		var scale [side]float32
		n := min(side, cols-j)
		for i := range rows {
			for k, v := range w[i*cols+j:][:n] {
				sum[k] += float64(v) * float64(v) // the square is exact
			}
		}
		over := false
		for k, square := range sum[:n] {
			scale[k] = 1
			if norm := math.Sqrt(square); norm > limit {
				scale[k], over = float32(limit/norm), true
			}
		}
		if !over {
			continue
		}
		for i := range rows {
			row := w[i*cols+j:][:n]
			for k := range row {
				row[k] *= scale[k]
			}
		}
	}
}

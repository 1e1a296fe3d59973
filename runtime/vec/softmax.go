package vec

import (
	"math"

	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Softmax computes y[i,j] = exp(x[i,j] − max)/Σⱼ exp(x[i,j] − max), where max is the largest
// element of row i. The sum runs in 8 lanes as the package's doc says; each quotient is the
// product with the sum's rounded reciprocal. A row that holds NaN or +∞, or nothing but
// −∞, becomes NaN.
func Softmax(n, f int, y, x []float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasSIMD() {
		if longRows && f > slice {
			softmaxLong(n, f, y, x)
			return
		}
		for rows := cpu.CallRows(f); n > 0; n -= rows {
			cpu.Preempt()
			rows = min(rows, n)
			switch abi.RowWidth(f) {
			case 0:
				softmax8SIMD(rows, f, &y[0], &x[0])
			case 1:
				softmax16SIMD(rows, f, &y[0], &x[0])
			default:
				softmaxRowsSIMD(rows, f, &y[0], &x[0])
			}
			y, x = y[rows*f:], x[rows*f:]
		}
		return
	}
	softmaxGeneric(n, f, y, x)
}

func softmaxGeneric(n, f int, y, x []float32) {
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		r := 1 / expRow(y, x, RowMax(x))
		for j := range y {
			y[j] *= r
		}
	}
}

// RowMax returns the largest element. What it is where one is NaN does not matter.
func RowMax(x []float32) float32 {
	m := float32(math.Inf(-1))
	for _, v := range x {
		if v > m {
			m = v
		}
	}
	return m
}

// expRow computes y = exp(x − m) and returns its sum.
func expRow(y, x []float32, m float32) float32 {
	var s [rowLanes]float32
	for j, v := range x {
		e := scalar.Exp(v - m)
		y[j] = e
		s[j%rowLanes] += e
	}
	return FoldRow(&s)
}

// FoldRow adds the upper half of the lanes to the lower until one is left.
func FoldRow(s *[rowLanes]float32) float32 {
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

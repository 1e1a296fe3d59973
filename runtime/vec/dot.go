package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
)

// Dot returns Σ a[i]·b[i], in 32 lanes of FMAs as the package's doc says.
func Dot(a, b []float32) float32 {
	if len(a) != len(b) {
		panic(badLength)
	}
	var s [1]float32
	DotCols(1, len(a), s[:], a, b)
	return s[0]
}

// SumSquares returns Σ x[i]², as Dot of x with itself.
func SumSquares(x []float32) float32 {
	var s [1]float32
	DotCols(1, len(x), s[:], x, x)
	return s[0]
}

// DotCols computes dst[i] = Σⱼ a[i,j]·b[i,j], each as Dot. dst must not overlap a or b.
func DotCols(n, f int, dst, a, b []float32) {
	if !fits(n, f, len(a)) || !fits(n, f, len(b)) || len(dst) < n {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		clear(dst[:n])
		return
	}
	if cpu.HasSIMD() {
		if longRows && f > slice {
			dotColsLong(n, f, dst, a, b)
			return
		}
		for rows := cpu.CallRows(f); n > rows; n -= rows {
			cpu.Preempt()
			dotColsSIMD(rows, f, &dst[0], &a[0], &b[0])
			a, b, dst = a[rows*f:], b[rows*f:], dst[rows:]
		}
		dotColsSIMD(n, f, &dst[0], &a[0], &b[0])
		return
	}
	dotColsGeneric(n, f, dst, a, b)
}

func dotColsGeneric(n, f int, dst, a, b []float32) {
	for i := range n {
		a, b := a[i*f:][:f], b[i*f:][:f]
		var s [lanes]float32
		for j, v := range a {
			s[j%lanes] = f32.FMA(v, b[j], s[j%lanes])
		}
		dst[i] = Fold(&s)
	}
}

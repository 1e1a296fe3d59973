package vec

import "github.com/nngen/nngen/runtime/cpu"

// Sum returns Σ x[i], in 32 lanes as the package's doc says; +0 if there is nothing.
func Sum(x []float32) float32 {
	var s [1]float32
	SumCols(1, len(x), s[:], x)
	return s[0]
}

// SumCols computes dst[i] = Σⱼ x[i,j], each as Sum. dst must not overlap x.
func SumCols(n, f int, dst, x []float32) {
	if !fits(n, f, len(x)) || len(dst) < n {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		clear(dst[:n])
		return
	}
	if cpu.HasSIMD() {
		if longRows && f > slice {
			sumColsLong(n, f, dst, x)
			return
		}
		for rows := cpu.CallRows(f); n > rows; n -= rows {
			cpu.Preempt()
			sumColsSIMD(rows, f, &dst[0], &x[0])
			x, dst = x[rows*f:], dst[rows:]
		}
		sumColsSIMD(n, f, &dst[0], &x[0])
		return
	}
	sumColsGeneric(n, f, dst, x)
}

func sumColsGeneric(n, f int, dst, x []float32) {
	for i := range n {
		var s [lanes]float32
		for j, v := range x[i*f:][:f] {
			s[j%lanes] += v
		}
		dst[i] = Fold(&s)
	}
}

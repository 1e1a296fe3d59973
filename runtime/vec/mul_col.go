package vec

import "github.com/nngen/nngen/runtime/cpu"

// MulCol computes y[i,j] = x[i,j]·s[i].
func MulCol(n, f int, y, x, s []float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) || len(s) < n {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasAVX2FMA {
		mulColAVX2(n, f, &y[0], &x[0], &s[0])
		return
	}
	mulColGeneric(n, f, y, x, s)
}

func mulColGeneric(n, f int, y, x, s []float32) {
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		for j, v := range x {
			y[j] = v * s[i]
		}
	}
}

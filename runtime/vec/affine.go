package vec

import "github.com/nngen/nngen/runtime/cpu"

// Affine computes y[i,j] = (x[i,j] − c[j])·s[j] for n rows of f numbers, the difference rounded before
// the product. It is the standardisation of inputs: c the mean, s the reciprocal of the deviation.
//
//	x, y  n×f, contiguous
//	c, s  f
//
// y may be x. Affine does not allocate. It panics if a slice is too short.
func Affine(n, f int, y, x, c, s []float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) || len(c) < f || len(s) < f {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasSIMD() {
		cpu.EachCall(n, f, func(rows, cols, at, j int) { affineSIMD(rows, cols, &y[at], &x[at], &c[j], &s[j]) })
		return
	}
	affineGeneric(n, f, y, x, c, s)
}

func affineGeneric(n, f int, y, x, c, s []float32) {
	c, s = c[:f], s[:f]
	for i := range n {
		xi, yi := x[i*f:][:f], y[i*f:][:f]
		for j := range xi {
			d := float32(xi[j] - c[j])
			yi[j] = d * s[j]
		}
	}
}

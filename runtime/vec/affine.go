package vec

// Affine computes y[i,j] = (x[i,j] − c[j])·s[j] for n rows of f numbers, the difference rounded before
// the product. It is the standardisation of inputs: c the mean, s the reciprocal of the deviation.
//
//	x, y  n×f, contiguous
//	c, s  f
//
// y may be x. Affine does not allocate. It panics if a slice is too short.
func Affine(n, f int, y, x, c, s []float32) {
	if n <= 0 || f <= 0 {
		return
	}
	c, s = c[:f], s[:f]
	for i := range n {
		xi, yi := x[i*f:][:f], y[i*f:][:f]
		for j := range xi {
			d := float32(xi[j] - c[j])
			yi[j] = d * s[j]
		}
	}
}

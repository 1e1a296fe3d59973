package vec

// Sum returns Σ x[i], in 32 lanes as the package's doc says; +0 if there is nothing.
func Sum(x []float32) float32 {
	return sumGeneric(x)
}

func sumGeneric(x []float32) float32 {
	var s [lanes]float32
	for i, v := range x {
		s[i%lanes] += v
	}
	return fold(&s)
}

// SumCols computes dst[i] = Σⱼ x[i,j], each as Sum. dst must not overlap x.
func SumCols(n, f int, dst, x []float32) {
	if !fits(n, f, len(x)) || len(dst) < n {
		panic(badShape)
	}
	for i := range n {
		dst[i] = Sum(x[i*f:][:f])
	}
}

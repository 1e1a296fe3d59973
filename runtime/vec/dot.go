package vec

import "github.com/nngen/nngen/runtime/f32"

// Dot returns Σ a[i]·b[i], in 32 lanes of FMAs as the package's doc says.
func Dot(a, b []float32) float32 {
	if len(a) != len(b) {
		panic(badLength)
	}
	return dotGeneric(a, b)
}

func dotGeneric(a, b []float32) float32 {
	var s [lanes]float32
	for i, v := range a {
		s[i%lanes] = f32.FMA(v, b[i], s[i%lanes])
	}
	return fold(&s)
}

// SumSquares returns Σ x[i]², as Dot of x with itself.
func SumSquares(x []float32) float32 { return Dot(x, x) }

package initial

import (
	"math"

	"github.com/nngen/nngen/runtime/rng"
)

// Orthogonal fills dst, a rows×cols matrix, with gain times a random matrix whose columns (of a tall
// one; rows of a wide one) are orthonormal: the Q of a normal matrix A = Q·R with a positive diagonal
// of R, found by modified Gram–Schmidt, each column made orthogonal twice. It allocates the matrix in
// float64.
//
// Source: Mezzadri, How to generate random matrices from the classical compact groups, 2007; Golub and
// Van Loan, Matrix computations, 4th edition, §5.2.
func Orthogonal(dst []float32, rows, cols int, gain float64, seed uint64, stream uint32) {
	length, count := rows, cols // of the vectors that are made orthonormal
	at := func(vector, k int) int { return k*cols + vector }
	if rows < cols {
		length, count = cols, rows
		at = func(vector, k int) int { return vector*cols + k }
	}
	a := make([]float64, rows*cols)
	for i := range a {
		a[i] = rng.Normal(seed, stream, 0, i)
	}
	for v := range count {
		for range 2 {
			for w := range v {
				dot := 0.0
				for k := range length {
					dot += float64(a[at(v, k)] * a[at(w, k)])
				}
				for k := range length {
					a[at(v, k)] -= float64(dot * a[at(w, k)])
				}
			}
		}
		norm := 0.0
		for k := range length {
			norm += float64(a[at(v, k)] * a[at(v, k)])
		}
		norm = math.Sqrt(norm)
		for k := range length {
			a[at(v, k)] /= norm
		}
	}
	for i, x := range a {
		dst[i] = float32(gain * x)
	}
}

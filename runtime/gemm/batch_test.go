package gemm

import (
	"slices"
	"testing"

	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// TestBatchesAreProductsOfTheirOwn compares with a product for each example.
func TestBatchesAreProductsOfTheirOwn(t *testing.T) {
	for _, s := range [][4]int{{3, 4, 5, 6}, {2, 1, 1, 9}, {1, 7, 3, 1}, {0, 2, 2, 2}, {4, 17, 18, 33}} {
		count, m, n, k := s[0], s[1], s[2], s[3]
		a, b := kerneltest.Floats(1, count*m*k, -2, 2, false), kerneltest.Floats(2, count*k*n, -2, 2, false)
		got, want := make([]float32, count*m*n), make([]float32, count*m*n)
		for form, f := range map[string]func(count, m, n, k int, a, b, c []float32){"nn": BatchNN, "nt": BatchNT, "tn": BatchTN} {
			f(count, m, n, k, a, b, got)
			for i := range count {
				a, b, c := a[i*m*k:][:m*k], b[i*k*n:][:k*n], want[i*m*n:][:m*n]
				switch form {
				case "nn":
					NN(m, n, k, a, k, b, n, c, n, None())
				case "nt":
					NT(m, n, k, a, k, b, k, c, n, None())
				case "tn":
					TN(m, n, k, a, m, b, n, c, n, None())
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s %v: got %v, want %v", form, s, got, want)
			}
		}
	}
}

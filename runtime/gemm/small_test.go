package gemm

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// TestSmallProducts compares small products with their twins, and those just beyond their bounds: all tiles with all
// epilogues, halves of rows and columns that overlap or not, and terms that fill blocks of the transpose or not; and
// cubes.
func TestSmallProducts(t *testing.T) {
	ms, ns, ks := []int{2, 3, 4, 5, 8, 9, 16, 17, 32, 33}, []int{3, 4, 5, 8, 9, 12, 16, 17}, []int{1, 3, 4, 6, 16, 17}
	if testing.Short() {
		ms, ns, ks = []int{2, 5, 9, 17, 32}, []int{4, 7, 8, 9, 16}, []int{2, 5, 16}
	}
	var sizes [][]int
	for i, s := range kerneltest.Grid(ms, ns, ks) {
		sizes = append(sizes, append(s, i%3))
	}
	for i, n := range [...]int{4, 8, 16, 32, 4, 8, 16, 32} {
		sizes = append(sizes, []int{n, n, n, i / 4})
	}
	var table []kerneltest.Kernel
	for i := range forms[:3] {
		for _, ep := range epilogues {
			table = append(table, forms[i].kernel(ep, sizes))
		}
	}
	kerneltest.Run(t, table)
}

// TestCubes compares cubes without gaps of ordinary numbers, of which each counts, with their twin.
func TestCubes(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	kerneltest.Modes(t, func(t *testing.T) {
		for _, n := range [...]int{4, 8, 16, 32} {
			var x [4][]float32
			for i := range x {
				x[i] = make([]float32, n*n)
				for j := range x[i] {
					x[i][j] = float32(r.NormFloat64())
				}
			}
			NN(n, n, n, x[0], n, x[1], n, x[2], n, None())
			gemmGeneric(n, n, n, splits(n, n, None()), factor{x[0], n, 1}, panels{factor: factor{x[1], n, 1}}, x[3], n, None())
			sameFloats(t, fmt.Sprintf("%d rows", n), x[2], x[3])
		}
	})
}

// TestCubesOfShortSlices asks for cubes of which one matrix lacks its last element.
func TestCubesOfShortSlices(t *testing.T) {
	for _, n := range [...]int{4, 8, 16, 32} {
		for i, want := range [...]string{badA, badB, badC} {
			x := [3][]float32{make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)}
			x[i] = x[i][:n*n-1]
			func() {
				defer func() {
					if got := recover(); got != want {
						t.Errorf("%d rows: panic %v, want %q", n, got, want)
					}
				}()
				NN(n, n, n, x[0], n, x[1], n, x[2], n, None())
			}()
		}
	}
}

// TestCopiesHaveNoKernelsForSmallProducts asks for products of sizes that are known, and of any.
func TestCopiesHaveNoKernelsForSmallProducts(t *testing.T) {
	var known, any Variants
	known.NN([]int{8}, 8, 8, 8, None())
	any.Any()
	for name, v := range map[string]*Variants{"known": &known, "any": &any} {
		if v.Has("", "gemm", "small") {
			t.Errorf("copies for %s sizes have the kernels", name)
		}
	}
	if !known.Has("amd64", abi.TileKernel, "") {
		t.Error("a small product comes to no kernel of a copy")
	}
}

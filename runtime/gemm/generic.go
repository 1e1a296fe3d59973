package gemm

import (
	"math"

	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/f32"
)

// nr is the width of a panel of B, and of the register tile.
const nr = abi.NR

// Chains returns how many chains the sums of a product with n columns and k terms are cut into: see the package's doc.
func Chains(n, k int) int { return splits(n, k, None()) }

// splits returns how many chains the sums of NN and NNPacked are cut into.
func splits(n, k int, ep Epilogue) int {
	switch {
	case accumulates && ep.acc():
		return 1
	case n <= 16 && k >= 16 && k >= 3*n:
		return 4
	case n > 16 && n <= 32 && k >= 2*n:
		return 2
	}
	return 1
}

// negative tells whether the sign bit of x is set.
func negative(x float32) bool { return math.Float32bits(x)>>31 != 0 }

// A factor is an operand whose element (r, s) is x[r·rs + s·cs].
type factor struct {
	x      []float32
	rs, cs int
}

// panels is a factor of k rows: row p, columns j to j+w, is found by row. If ps is not 0, its columns lie
// in panels of nr, ps elements from one to the next.
type panels struct {
	factor
	ps int
}

// row returns the w ≤ nr elements of row p from column j on, which is a multiple of nr.
// It may use buf.
func (b *panels) row(p, j, w int, buf *[nr]float32) []float32 {
	switch {
	case b.ps > 0:
		at := j/nr*b.ps + p*b.rs
		return b.x[at : at+w]
	case b.cs == 1:
		at := p*b.rs + j
		return b.x[at : at+w]
	}
	for i := range w {
		buf[i] = b.x[p*b.rs+(j+i)*b.cs]
	}
	return buf[:w]
}

// gemmGeneric defines all products of this package: C = A·B over s chains, for the m×k
// factor a and the k×n factor b.
func gemmGeneric(m, n, k, s int, a factor, b panels, c []float32, ldc int, ep Epilogue) {
	if broad && (n > narrow || s > 1) {
		broadGeneric(m, n, k, s, a, b, c, ldc, ep)
		return
	}
	for i := range m {
		for j := range n {
			at, sum := i*ldc+j, float32(0)
			if accumulates && ep.acc() {
				sum = c[at]
			}
			x, y := i*a.rs, j*b.cs
			for range k {
				sum = f32.FMA(a.x[x], b.x[y], sum)
				x += a.cs
				y += b.rs
			}
			c[at] = ep.apply(sum, j, at)
		}
	}
}

// narrow is the largest number of columns that gemmGeneric takes one by one: a panel is mostly empty then.
const narrow = 4

// broad says that a product has more columns, or several chains.
const broad = true //nngen:part plan

// broadGeneric is gemmGeneric for a panel of columns at a time, and several chains.
func broadGeneric(m, n, k, s int, a factor, b panels, c []float32, ldc int, ep Epilogue) {
	for j := 0; j < n; j += nr {
		w := min(nr, n-j)
		for i := range m {
			out := c[i*ldc+j : i*ldc+j+w]
			var sum [nr]float32
			if accumulates && ep.acc() {
				copy(sum[:], out)
			}
			chain(&sum, w, a, b, i, j, 0, end(0, s, k))
			for t := 1; t < s; t++ {
				var part [nr]float32
				from, to := chainBounds(t, s, k)
				chain(&part, w, a, b, i, j, from, to)
				for x := range w {
					sum[x] += part[x]
				}
			}
			for x := range w {
				out[x] = ep.apply(sum[x], j+x, i*ldc+j+x)
			}
		}
	}
}

// chainBounds returns where chain t of s begins and ends.
func chainBounds(t, s, k int) (from, to int) {
	if t > 0 {
		from = end(t-1, s, k)
	}
	return from, end(t, s, k)
}

// end returns where chain t of s ends.
func end(t, s, k int) int {
	if t == s-1 {
		return k
	}
	return (t + 1) * (k / s)
}

// chain continues w sums of row i, from column j on, with the terms from p = from to to.
func chain(sum *[nr]float32, w int, a factor, b panels, i, j, from, to int) {
	var buf [nr]float32
	for p := from; p < to; p++ {
		f32.Axpy(a.x[i*a.rs+p*a.cs], b.row(p, j, w, &buf), sum[:])
	}
}

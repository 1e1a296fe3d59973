package gemm

import "github.com/nngen/nngen/runtime/cpu"

// PackedLen returns the length of a packed k×n matrix: n is rounded up to whole panels.
func PackedLen(k, n int) int { return k * ((n + nr - 1) / nr * nr) }

// Pack copies the k×n matrix B, row stride ldb ≥ n, to p as NNPacked wants it: one panel
// of 16 columns after the other, each as k rows of 16 elements. The columns that
// the last panel has beyond n become 0. p must not overlap b.
//
//	p[j/16·16·k + r·16 + j%16] = B[r,j]
//
// Pack panics if a size is negative or above 2³¹−1, ldb < n or a slice is too short.
func Pack(k, n int, b []float32, ldb int, p []float32) {
	checkSizes(0, n, k, ldb)
	checkMatrix(k, n, b, ldb, badB)
	checkPacked(k, n, p)
	if k == 0 || n == 0 {
		return
	}
	if !cpu.HasAVX2FMA {
		packGeneric(k, n, b, ldb, p)
		return
	}
	cols := callCols(1, n, k)
	for j := 0; j < n; j += cols {
		var x packArgs
		x.b, x.ldb, x.p = &b[j], 4*ldb, &p[j*k]
		x.k, x.n = k, min(cols, n-j)
		packAVX2(&x)
	}
}

// PackT packs the transpose of B, n×k with row stride ldb ≥ k, as Pack would: p is that of
// the k×n matrix Bᵀ.
//
// PackT panics if a size is negative or above 2³¹−1, ldb < k or a slice is too short.
func PackT(k, n int, b []float32, ldb int, p []float32) {
	checkSizes(0, n, k, ldb)
	checkMatrix(n, k, b, ldb, badB)
	checkPacked(k, n, p)
	if k == 0 || n == 0 {
		return
	}
	if !cpu.HasAVX2FMA {
		packTGeneric(k, n, b, ldb, p)
		return
	}
	cols := callCols(1, n, k)
	for j := 0; j < n; j += cols {
		var x packArgs
		x.b, x.ldb, x.p = &b[j*ldb], 4*ldb, &p[j*k]
		x.k, x.n = k, min(cols, n-j)
		packTAVX2(&x)
	}
	if w := n % nr; w > 0 {
		last := p[n/nr*nr*k:]
		for r := range k {
			clear(last[r*nr+w : r*nr+nr])
		}
	}
}

func packGeneric(k, n int, b []float32, ldb int, p []float32) {
	for j := 0; j < n; j += nr {
		w := min(nr, n-j)
		for r := range k {
			row := p[j*k+r*nr:][:nr]
			clear(row[copy(row, b[r*ldb+j:r*ldb+j+w]):])
		}
	}
}

func packTGeneric(k, n int, b []float32, ldb int, p []float32) {
	for j := 0; j < n; j += nr {
		w := min(nr, n-j)
		for r := range k {
			row := p[j*k+r*nr:][:nr]
			for x := range w {
				row[x] = b[(j+x)*ldb+r]
			}
			clear(row[w:])
		}
	}
}

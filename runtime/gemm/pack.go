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
	checkPacked(k, n, len(p))
	if k == 0 || n == 0 {
		return
	}
	if !cpu.HasSIMD() {
		packGeneric(k, n, b, ldb, p)
		return
	}
	cols, steps := n, k
	if several {
		cols, steps = callCols(1, n, k), callSteps(1, n, k)
	}
	for j := 0; j < n; j += cols {
		for r := 0; r < k; r += steps {
			cpu.Preempt()
			var x packArgs
			x.b, x.ldb, x.p = &b[r*ldb+j], 4*ldb, &p[j*k+r*nr]
			x.k, x.n = min(steps, k-r), min(cols, n-j)
			packSIMD(&x)
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

// PackTransposed is Pack of the transpose: of Bᵀ, k×n, where B is n×k with row stride ldb ≥ k. The columns that the
// last panel has beyond n become anything.
//
//	p[j/16·16·k + r·16 + j%16] = B[j,r]
//
// It panics as Pack does.
func PackTransposed(k, n int, b []float32, ldb int, p []float32) {
	checkSizes(0, n, k, ldb)
	checkMatrix(n, k, b, ldb, badB)
	checkPacked(k, n, len(p))
	if k == 0 || n == 0 {
		return
	}
	if !cpu.HasSIMD() {
		packTransposedGeneric(k, n, b, ldb, p)
		return
	}
	cols, steps := n, k
	if several {
		cols, steps = callCols(1, n, k), callSteps(1, n, k)
	}
	for j := 0; j < n; j += cols {
		for r := 0; r < k; r += steps {
			cpu.Preempt()
			var x packArgs
			x.b, x.ldb, x.p = &b[j*ldb+r], 4*ldb, &p[j*k+r*nr]
			x.k, x.n = min(steps, k-r), min(cols, n-j)
			packTSIMD(&x)
		}
	}
}

func packTransposedGeneric(k, n int, b []float32, ldb int, p []float32) {
	for j := range n {
		for r := range k {
			p[j/nr*nr*k+r*nr+j%nr] = b[j*ldb+r]
		}
	}
}

package gemm

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
	for j := 0; j < n; j += nr {
		w := min(nr, n-j)
		for r := range k {
			row := p[j*k+r*nr:][:nr]
			clear(row[copy(row, b[r*ldb+j:r*ldb+j+w]):])
		}
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

// NNPacked computes C = A·B as NN does, with the same bits, for the k×n matrix B that Pack
// or PackT wrote to p.
//
//	A  m×k, row stride lda ≥ k
//	C  m×n, row stride ldc ≥ n
//
// C must not overlap A, p or a slice of the epilogue. NNPacked panics as NN does.
func NNPacked(m, n, k int, a []float32, lda int, p []float32, c []float32, ldc int, ep Epilogue) {
	checkSizes(m, n, k, lda|ldc)
	if m == 0 || n == 0 {
		return
	}
	checkMatrix(m, k, a, lda, badA)
	checkPacked(k, n, p)
	checkC(m, n, c, ldc, &ep)
	nnPacked(m, n, k, a, lda, p, c, ldc, &ep)
}

func checkPacked(k, n int, p []float32) {
	if int64(k)*((int64(n)+nr-1)/nr*nr) > int64(len(p)) {
		panic(badPacked)
	}
}

func nnPackedGeneric(m, n, k int, a []float32, lda int, p []float32, c []float32, ldc int, ep *Epilogue) {
	s := splits(n, k)
	if ep.acc {
		s = 1
	}
	gemmGeneric(m, n, k, s, factor{a, lda, 1}, panels{factor: factor{x: p}, packed: true, k: k}, c, ldc, ep)
}

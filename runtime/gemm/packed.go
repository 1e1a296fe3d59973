package gemm

import "github.com/nngen/nngen/runtime/cpu"

// NNPacked computes C = A·B as NN does, with the same bits, for the k×n matrix B that Pack
// wrote to p.
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
	checkPacked(k, n, len(p))
	checkC(m, n, c, ldc, ep)
	s := splits(n, k, ep)
	switch {
	case cpu.HasSIMD() && k > 0 && fewRows(m, n):
		packedRows(m, n, k, s, a, lda, p, c, ldc, ep)
	case !cpu.HasSIMD() || k == 0:
		gemmGeneric(m, n, k, s, factor{a, lda, 1}, panels{factor: factor{p, nr, 1}, ps: nr * k}, c, ldc, ep)
	case s > 1 || !blocked || k <= blocks.kc && m <= blocks.mc && oneCall(m, n, k):
		runTiles(m, n, k, s, a, lda, 1, p, nr, k*nr, c, ldc, ep)
	default:
		x := product{m, n, k, factor{a, lda, 1}, factor{p, nr, k * nr}, c, ldc, ep}
		x.runBlocks()
	}
}

// packedRows is NNPacked for a few rows and s chains, row by row, with k at least 1.
func packedRows(m, n, k, s int, a []float32, lda int, p []float32, c []float32, ldc int, ep Epilogue) {
	var r rowArgs
	r.xs, r.b, r.ldb = 4, &p[0], 4*nr
	r.ps, r.v, r.k = 4*nr*k, first(ep.v), k
	r.n, r.flags, r.alpha, r.padded = n, ep.flags(), ep.alpha(), 1
	if several && longChains(m, n, k, s) {
		r.chainedRow(k, s, a, p, c, ep)
		return
	}
	r.split(s)
	r.runRows(m, a, lda, p, c, ldc, ep)
}

package gemm

import "github.com/nngen/nngen/runtime/cpu"

// TN computes C = Aᵀ·B and applies the epilogue.
//
//	A  k×m, row stride lda ≥ m
//	B  k×n, row stride ldb ≥ n
//	C  m×n, row stride ldc ≥ n
//
// All else is as with NN.
func TN(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep Epilogue) {
	checkSizes(m, n, k, lda|ldb|ldc)
	if m == 0 || n == 0 {
		return
	}
	checkMatrix(k, m, a, lda, badA)
	checkMatrix(k, n, b, ldb, badB)
	checkC(m, n, c, ldc, ep)
	switch {
	case small && isSmall(m, n, k):
		gemmSmallAVX2(m, n, k, &a[0], 1, lda, &b[0], ldb, &c[0], ldc, first(ep.v), ep.flags(), ep.alpha())
	case !cpu.HasAVX2FMA || k == 0:
		multiply(m, n, k, 1, factor{a, 1, lda}, panels{factor: factor{b, ldb, 1}}, c, ldc, ep)
	case alone && m == 1:
		var r rowArgs
		r.xs, r.b, r.ldb = 4*lda, &b[0], 4*ldb
		r.ps, r.v, r.k = 4*nr, first(ep.v), k
		r.n, r.flags, r.alpha = n, ep.flags(), ep.alpha()
		r.split(1)
		r.runRows(1, a, 0, b, c, 0, ep)
	case alone && n == 1 && ldc == 1 && !ep.bias():
		// C is a row as well as a column: that of Bᵀ·A.
		var r rowArgs
		r.xs, r.b, r.ldb = 4*ldb, &a[0], 4*lda
		r.ps, r.v, r.k = 4*nr, first(ep.v), k
		r.n, r.flags, r.alpha = m, ep.flags(), ep.alpha()
		r.split(1)
		r.runRows(1, b, 0, a, c, 0, ep)
	case !blocked || k <= blocks.kcT && oneCall(m, n, k) && (m < blocks.packRows || ldb < blocks.packStride):
		runTiles(m, n, k, 1, a, 1, lda, b, ldb, nr, c, ldc, ep)
	default:
		x := product{m, n, k, factor{a, 1, lda}, factor{b, ldb, nr}, c, ldc, ep}
		x.runBlocks()
	}
}

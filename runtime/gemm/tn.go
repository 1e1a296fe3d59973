package gemm

import (
	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/cpu"
)

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
	case !cpu.HasSIMD() || k == 0:
		gemmGeneric(m, n, k, 1, factor{a, 1, lda}, panels{factor: factor{b, ldb, 1}}, c, ldc, ep)
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
	case turning && turnsColumns(m, n, k) && ep.flags()&^abi.FlagAcc == 0 &&
		turnedTN(m, n, k, a, lda, b, ldb, c, ldc, ep.flags()):
	case !blocked || k <= blocks.kcT && oneCall(m, n, k) && (m < blocks.packRows || ldb < blocks.packStride):
		runTiles(m, n, k, 1, a, 1, lda, b, ldb, nr, c, ldc, ep)
	default:
		x := product{m, n, k, factor{a, 1, lda}, factor{b, ldb, nr}, c, ldc, ep}
		x.runBlocks()
	}
}

// turnsColumns tells whether TN is faster as the transpose of Bᵀ·A. The few columns of B, which would leave a register
// half empty, are then the rows of a tile, and the columns of A fill registers.
func turnsColumns(m, n, k int) bool {
	wide := (m + nr - 1) / nr * nr
	// Cycles that a term of 16 rows of C takes: in tiles of eight rows, a load for each, and as one tile of 4 or 6 rows.
	plain, turned := 9, max(4, (n+1)&^1)
	return m >= nr && n <= 6 && n*wide <= blockMax/4 && (plain*m-turned*wide)*k > nr*(2*n*wide+512)
}

// turnedTN computes C = Aᵀ·B as the transpose of Bᵀ·A, which passes through scratch space, and tells whether there was
// some.
func turnedTN(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc, flags int) bool {
	room, lent := blockPool.borrow(1)
	if room == nil {
		return false
	}
	defer blockPool.giveBack(lent, 1)
	wide := (m + nr - 1) / nr * nr
	if flags&abi.FlagAcc != 0 {
		transpose(m, n, c, ldc, room[:], wide)
	}
	cols, steps := callCols(n, m, k), callSteps(n, m, k)
	for p := 0; p < k; p += steps {
		for j := 0; j < m; j += cols {
			cpu.Preempt()
			var t tileArgs
			t.a, t.rsa, t.csa, t.b = &b[p*ldb], 4, 4*ldb, &a[p*lda+j]
			t.ldb, t.ps, t.c, t.ldc = 4*lda, 4*nr, &room[j], 4*wide
			t.m, t.n, t.k, t.chains, t.flags = n, min(cols, m-j), min(steps, k-p), 1, flags
			t.measure(len(a) - p*lda - j)
			gemmTileSIMD(&t)
		}
		flags |= abi.FlagAcc
	}
	transpose(n, m, room[:], wide, c, ldc)
	return true
}

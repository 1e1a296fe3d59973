package gemm

import "github.com/nngen/nngen/runtime/cpu"

// NN computes C = A·B and applies the epilogue.
//
//	A  m×k, row stride lda ≥ k
//	B  k×n, row stride ldb ≥ n
//	C  m×n, row stride ldc ≥ n
//
// C must not overlap A, B or a slice of the epilogue. If m or n is 0, nothing is done; if k
// is 0, the sums are +0. To first order the error of a sum is at most
// k·u·Σₚ|A[i,p]·B[p,j]| with u = 2⁻²⁴ (Higham, Accuracy and Stability of Numerical
// Algorithms, §3.1).
//
// NN panics if a size is negative or above 2³¹−1, a stride too small or a slice too short.
func NN(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep Epilogue) {
	if small && (m^n)|(k^n)|(lda^n)|(ldb^n)|(ldc^n) == 0 && ep.mode == 0 && cpu.HasAVX2FMA {
		switch {
		case n == 4 && len(a) >= 4*4 && len(b) >= 4*4 && len(c) >= 4*4:
			gemmWhole4AVX2(&a[0], &b[0], &c[0])
			return
		case n == 8 && len(a) >= 8*8 && len(b) >= 8*8 && len(c) >= 8*8:
			if cpu.HasAVX512 && cpu.KeepsClock {
				gemmFull8AVX512(&a[0], &b[0], &c[0])
				return
			}
			gemmWhole8AVX2(&a[0], &b[0], &c[0])
			return
		case n == 16 && whole16() && len(a) >= 16*16 && len(b) >= 16*16 && len(c) >= 16*16:
			if cpu.HasAVX512 {
				gemmFull16AVX512(&a[0], &b[0], &c[0])
				return
			}
			gemmWhole16AVX512(&a[0], &b[0], &c[0])
			return
		case n == 32 && cpu.HasSplitAVX512 && len(a) >= 32*32 && len(b) >= 32*32 && len(c) >= 32*32:
			multiplyWhole32(a, b, c)
			return
		}
	}
	if small && isCube(m, n, k, ep) && square(n, len(a), lda) && square(n, len(b), ldb) && square(n, len(c), ldc) {
		gemmCubeAVX2(n, &a[0], lda, &b[0], ldb, &c[0], ldc)
		return
	}
	checkSizes(m, n, k, lda|ldb|ldc)
	if m == 0 || n == 0 {
		return
	}
	checkMatrix(m, k, a, lda, badA)
	checkMatrix(k, n, b, ldb, badB)
	checkC(m, n, c, ldc, ep)
	s := 1
	if broad {
		s = splits(n, k, ep)
	}
	switch {
	case small && s == 1 && isSmall(m, n, k):
		gemmSmallAVX2(m, n, k, &a[0], lda, 1, &b[0], ldb, &c[0], ldc, first(ep.v), ep.flags(), ep.alpha())
	case !cpu.HasSIMD() || k == 0:
		gemmGeneric(m, n, k, s, factor{a, lda, 1}, panels{factor: factor{b, ldb, 1}}, c, ldc, ep)
	case alone && fewRows(m, n):
		var r rowArgs
		r.xs, r.b, r.ldb = 4, &b[0], 4*ldb
		r.ps, r.v, r.k = 4*nr, first(ep.v), k
		r.n, r.flags, r.alpha = n, ep.flags(), ep.alpha()
		if several && longChains(m, n, k, s) {
			r.chainedRow(k, s, a, b, c, ep)
			return
		}
		r.split(s)
		r.runRows(m, a, lda, b, c, ldc, ep)
	case slim && isSlim(m, n, k, s, ep) && multiplySlim(m, n, k, a, lda, b, ldb, c, ldc, ep):
	case s > 1 || !blocked || k <= blocks.kc && oneCall(m, n, k) && (m < blocks.packRows || ldb < blocks.packStride):
		runTiles(m, n, k, s, a, lda, 1, b, ldb, nr, c, ldc, ep)
	default:
		x := product{m, n, k, factor{a, lda, 1}, factor{b, ldb, nr}, c, ldc, ep}
		x.runBlocks()
	}
}

package gemm

import "github.com/nngen/nngen/runtime/cpu"

// NT computes C = A·Bᵀ and applies the epilogue.
//
//	A  m×k, row stride lda ≥ k
//	B  n×k, row stride ldb ≥ k
//	C  m×n, row stride ldc ≥ n
//
// All else is as with NN.
func NT(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep Epilogue) {
	checkSizes(m, n, k, lda|ldb|ldc)
	if m == 0 || n == 0 {
		return
	}
	checkMatrix(m, k, a, lda, badA)
	checkMatrix(n, k, b, ldb, badB)
	checkC(m, n, c, ldc, ep)
	if !cpu.HasAVX2FMA || k == 0 {
		gemmGeneric(m, n, k, 1, factor{a, lda, 1}, panels{factor: factor{b, 1, ldb}}, c, ldc, ep)
		return
	}
	if p, i := borrow(); p != nil {
		transposed(p, m, n, k, a, lda, b, ldb, c, ldc, ep)
		giveBack(i)
		return
	}
	transposedOnStack(m, n, k, a, lda, b, ldb, c, ldc, ep)
}

// transposedOnStack is transposed for when no panel can be borrowed.
//
//go:noinline
func transposedOnStack(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep Epilogue) {
	var p panel
	transposed(&p, m, n, k, a, lda, b, ldb, c, ldc, ep)
}

// transposed computes NT for m, n, k > 0. It packs as many columns of Bᵀ as fit in buf, runs
// the kernels over them, and goes on to the next ones.
func transposed(buf *panel, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep Epilogue) {
	var x packArgs
	x.ldb = 4 * ldb
	parts := (k + blocks.kc - 1) / blocks.kc
	step := (k + parts - 1) / parts
	width := kcMax / step * nr
	flags := ep.flags() & flagAcc
	for p := 0; p < k; p += step {
		x.k = min(step, k-p)
		if k-p <= step {
			flags |= ep.flags() &^ flagAcc
		}
		for j := 0; j < n; j += width {
			w := min(width, n-j)
			x.b, x.n, x.p = &b[j*ldb+p], w, &buf[0]
			packTAVX2(&x)
			if m == 1 {
				var r rowArgs
				r.x, r.xs, r.b, r.ldb = &a[p], 4, &buf[0], 4*nr
				r.ps, r.c, r.v, r.k = 4*nr*x.k, &c[j], first(ep.v), x.k
				r.n, r.flags, r.alpha = w, flags, ep.alpha()
				if len(ep.v) > 0 {
					r.v = &ep.v[j]
				}
				row(&r, 1)
				continue
			}
			for i := 0; i < m; i += blocks.mc {
				var t tileArgs
				t.a, t.rsa, t.csa, t.b = &a[i*lda+p], 4*lda, 4, &buf[0]
				t.ldb, t.ps, t.c, t.ldc = 4*nr, 4*nr*x.k, &c[i*ldc+j], 4*ldc
				t.m, t.n, t.k = min(blocks.mc, m-i), w, x.k
				t.flags, t.alpha = flags, ep.alpha()
				switch {
				case ep.grad():
					t.v = &ep.v[i*ldc+j]
				case ep.bias():
					t.v = &ep.v[j]
				}
				gemm6x16AVX2(&t)
			}
		}
		flags = flagAcc
	}
}

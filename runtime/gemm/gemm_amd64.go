//go:build amd64 && !purego

package gemm

import "github.com/nngen/nngen/runtime/cpu"

//go:generate go run ../../asm/gemm/gen -kernels tiles -out gemm_amd64.s -stubs zgemm_amd64.go -pkg gemm

func nn(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep *Epilogue) {
	if !cpu.HasAVX2FMA || k == 0 {
		nnGeneric(m, n, k, a, lda, b, ldb, c, ldc, ep)
		return
	}
	s := splits(n, k)
	if ep.acc {
		s = 1
	}
	if m == 1 {
		rowProduct(n, k, s, a, 1, b, ldb, nr, c, ep.v, ep)
		return
	}
	t := tileArgs{rsa: 4 * lda, csa: 4, ldb: 4 * ldb, ldc: 4 * ldc}
	if m >= avx2Blocking.packRows && ldb >= avx2Blocking.packStride && s == 1 {
		if p, i := borrow(); p != nil {
			t.pack = &p[0]
			product(&t, m, n, k, s, a, lda, 1, b, ldb, nr, c, ldc, ep)
			giveBack(i)
			return
		}
	}
	product(&t, m, n, k, s, a, lda, 1, b, ldb, nr, c, ldc, ep)
}

func tn(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep *Epilogue) {
	if !cpu.HasAVX2FMA || k == 0 {
		tnGeneric(m, n, k, a, lda, b, ldb, c, ldc, ep)
		return
	}
	if m == 1 {
		rowProduct(n, k, 1, a, lda, b, ldb, nr, c, ep.v, ep)
		return
	}
	t := tileArgs{rsa: 4, csa: 4 * lda, ldb: 4 * ldb, ldc: 4 * ldc}
	if m >= avx2Blocking.packRows && ldb >= avx2Blocking.packStride {
		if p, i := borrow(); p != nil {
			t.pack = &p[0]
			product(&t, m, n, k, 1, a, 1, lda, b, ldb, nr, c, ldc, ep)
			giveBack(i)
			return
		}
	}
	product(&t, m, n, k, 1, a, 1, lda, b, ldb, nr, c, ldc, ep)
}

func nt(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep *Epilogue) {
	ntGeneric(m, n, k, a, lda, b, ldb, c, ldc, ep)
}

// product runs the tile kernels over C = A·B, with k > 0, cut into s chains or into blocks
// of one. The element (i, p) of A is a[i·rsa + p·csa]; row p of the panel of B with
// columns j to j+15 starts at b[p·ldb + j/16·ps].
func product(t *tileArgs, m, n, k, s int, a []float32, rsa, csa int, b []float32, ldb, ps int, c []float32, ldc int, ep *Epilogue) {
	last := int(ep.op) << opShift
	if ep.bias {
		last |= flagBias
	}
	next := flagAdd
	step := k / s
	if s == 1 {
		blocks := (k + avx2Blocking.kc - 1) / avx2Blocking.kc
		step = (k + blocks - 1) / blocks
		next = flagAcc
	}
	flags := 0
	if ep.acc {
		flags = flagAcc
	}
	pack := t.pack
	for p := 0; ; p += step {
		t.k = step
		if k-p < 2*step && s > 1 || k-p <= step {
			t.k = k - p
			flags |= last
		}
		for i := 0; i < m; i += avx2Blocking.mc {
			t.m = min(avx2Blocking.mc, m-i)
			for j := 0; j < n; j += nr {
				t.a = &a[i*rsa+p*csa]
				t.b = &b[p*ldb+j/nr*ps]
				t.ldb = 4 * ldb
				t.c = &c[i*ldc+j]
				t.flags = flags
				t.pack = pack
				if t.m < 6 {
					t.pack = nil
				}
				if flags>>opShift >= int(opReLUGrad) {
					t.v = &ep.v[i*ldc+j]
				} else if flags&flagBias != 0 {
					t.v = &ep.v[j]
				}
				t.alpha = ep.alpha
				runTile(t, n-j)
			}
		}
		if p+t.k >= k {
			return
		}
		flags = next
	}
}

// runTile runs the kernel for w columns, 16 if more are left.
func runTile(t *tileArgs, w int) {
	switch {
	case w >= nr:
		gemm6x16AVX2(t)
	case w > 8:
		t.tail = w - 8
		gemm6x16TailAVX2(t)
	default:
		t.tail = w
		t.pack = nil
		gemm8x8AVX2(t)
	}
}

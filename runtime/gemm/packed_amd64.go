//go:build amd64 && !purego

package gemm

import "github.com/nngen/nngen/runtime/cpu"

func nnPacked(m, n, k int, a []float32, lda int, p []float32, c []float32, ldc int, ep *Epilogue) {
	if !cpu.HasAVX2FMA || k == 0 {
		nnPackedGeneric(m, n, k, a, lda, p, c, ldc, ep)
		return
	}
	s := splits(n, k)
	if ep.acc {
		s = 1
	}
	if m == 1 {
		rowProduct(n, k, s, a, 1, p, nr, k*nr, c, ep.v, ep)
		return
	}
	t := tileArgs{rsa: 4 * lda, csa: 4, ldc: 4 * ldc}
	product(&t, m, n, k, s, a, lda, 1, p, nr, k*nr, c, ldc, ep)
}

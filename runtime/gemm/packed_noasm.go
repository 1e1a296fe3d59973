//go:build !amd64 || purego

package gemm

func nnPacked(m, n, k int, a []float32, lda int, p []float32, c []float32, ldc int, ep *Epilogue) {
	nnPackedGeneric(m, n, k, a, lda, p, c, ldc, ep)
}

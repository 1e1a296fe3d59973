//go:build !amd64 || purego

package gemm

func nn(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep *Epilogue) {
	nnGeneric(m, n, k, a, lda, b, ldb, c, ldc, ep)
}

func nt(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep *Epilogue) {
	ntGeneric(m, n, k, a, lda, b, ldb, c, ldc, ep)
}

func tn(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep *Epilogue) {
	tnGeneric(m, n, k, a, lda, b, ldb, c, ldc, ep)
}

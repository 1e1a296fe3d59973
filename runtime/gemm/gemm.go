package gemm

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
	checkSizes(m, n, k, lda|ldb|ldc)
	if m == 0 || n == 0 {
		return
	}
	checkMatrix(m, k, a, lda, badA)
	checkMatrix(k, n, b, ldb, badB)
	checkC(m, n, c, ldc, &ep)
	nn(m, n, k, a, lda, b, ldb, c, ldc, &ep)
}

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
	checkC(m, n, c, ldc, &ep)
	nt(m, n, k, a, lda, b, ldb, c, ldc, &ep)
}

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
	checkC(m, n, c, ldc, &ep)
	tn(m, n, k, a, lda, b, ldb, c, ldc, &ep)
}

func nnGeneric(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep *Epilogue) {
	s := splits(n, k)
	if ep.acc {
		s = 1
	}
	gemmGeneric(m, n, k, s, factor{a, lda, 1}, panels{factor: factor{b, ldb, 1}}, c, ldc, ep)
}

func ntGeneric(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep *Epilogue) {
	gemmGeneric(m, n, k, 1, factor{a, lda, 1}, panels{factor: factor{b, 1, ldb}}, c, ldc, ep)
}

func tnGeneric(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep *Epilogue) {
	gemmGeneric(m, n, k, 1, factor{a, 1, lda}, panels{factor: factor{b, ldb, 1}}, c, ldc, ep)
}

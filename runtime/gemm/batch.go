package gemm

// BatchNN computes C = A·B for the matrices of count examples, which lie one behind another: A m×k, B k×n, C m×n. It is
// NN for each of them.
func BatchNN(count, m, n, k int, a, b, c []float32) {
	for i := range count {
		NN(m, n, k, a[i*m*k:], k, b[i*k*n:], n, c[i*m*n:], n, None())
	}
}

// BatchNT computes C = A·Bᵀ as BatchNN does C = A·B; B is n×k.
func BatchNT(count, m, n, k int, a, b, c []float32) {
	for i := range count {
		NT(m, n, k, a[i*m*k:], k, b[i*n*k:], k, c[i*m*n:], n, None())
	}
}

// BatchTN computes C = Aᵀ·B as BatchNN does C = A·B; A is k×m.
func BatchTN(count, m, n, k int, a, b, c []float32) {
	for i := range count {
		TN(m, n, k, a[i*k*m:], m, b[i*k*n:], n, c[i*m*n:], n, None())
	}
}

package gemm

//go:generate go run ../../asm/gemm/gen -kernels rows -out gemv_amd64.s -stubs zgemv_amd64.go -pkg gemm

// row runs the row kernel for a product whose k terms are cut into s chains, which leaves
// some fields of r to be set.
func row(r *rowArgs, s int) {
	r.panels = (r.n + nr - 1) / nr
	r.tail = r.n - nr*(r.panels-1)
	if s == 1 {
		gemvAVX2(r)
		return
	}
	k := r.k
	r.k = k / s
	r.rest = k - s*r.k
	r.xchain = r.k * r.xs
	r.bchain = r.k * r.ldb
	if s == 4 {
		gemvSplit4AVX2(r)
	} else {
		gemvSplit2AVX2(r)
	}
}

//go:build amd64 && !purego

package gemm

//go:generate go run ../../asm/gemm/gen -kernels rows -out gemv_amd64.s -stubs zgemv_amd64.go -pkg gemm

// rowProduct runs a row kernel over c[0:n] = x·B, with k > 0, cut into s chains. The row's
// element p is x[p·xs]; row p of the panel of B with columns j to j+15 starts at
// b[p·ldb + j/16·ps]. The bias or saved output of column 0 is v[0], if there is one.
func rowProduct(n, k, s int, x []float32, xs int, b []float32, ldb, ps int, c, v []float32, ep *Epilogue) {
	r := rowArgs{
		x: &x[0], xs: 4 * xs, b: &b[0], ldb: 4 * ldb, ps: 4 * ps, c: &c[0], k: k, alpha: ep.alpha,
		flags: int(ep.op) << opShift,
	}
	r.panels = (n + nr - 1) / nr
	r.tail = n - nr*(r.panels-1)
	if ep.bias {
		r.flags |= flagBias
	}
	if ep.acc {
		r.flags |= flagAcc
	}
	if len(v) > 0 {
		r.v = &v[0]
	}
	if s == 1 {
		gemvAVX2(&r)
		return
	}
	r.k = k / s
	r.rest = k - s*r.k
	r.xchain = r.k * r.xs
	r.bchain = r.k * r.ldb
	if s == 4 {
		gemvSplit4AVX2(&r)
	} else {
		gemvSplit2AVX2(&r)
	}
}

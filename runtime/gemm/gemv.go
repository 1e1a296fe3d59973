package gemm

// split sets the fields that follow from n, and from k if it is cut into s chains.
func (r *rowArgs) split(s int) {
	r.panels = (r.n + nr - 1) / nr
	r.tail = r.n - nr*(r.panels-1)
	r.chains = s
	if r.tail == nr {
		r.padded = 1
	}
	if s > 1 {
		k := r.k
		r.k = k / s
		r.rest = k - s*r.k
		r.xchain = r.k * r.xs
		r.bchain = r.k * r.ldb
	}
}

// run runs the kernel for the row of A at x and the row of C at c.
func (r *rowArgs) run(x, c *float32) {
	switch r.chains {
	case 1:
		gemvAVX2(r, x, c)
	case 2:
		gemvSplit2AVX2(r, x, c)
	default:
		gemvSplit4AVX2(r, x, c)
	}
}

// fewRows tells whether m rows are faster one by one: the register tile has too few sums for
// them to hide the latency of the multiply-add, unless B has one panel or two.
func fewRows(m, n int) bool { return m == 1 || m <= 3 && n > 2*nr }

// runRows runs the kernel for m rows, some columns at a time: B begins at b, and ep is the epilogue, whose slice r.v is for
// the first row. Where sums are cut into chains there are at most two panels, which the kernels take together. What changes
// from call to call is in a copy, since slices whose elements went into r itself would count as escaping.
func (r *rowArgs) runRows(m int, a []float32, lda int, b, c []float32, ldc int, ep Epilogue) {
	cols := r.n
	if r.chains == 1 {
		cols = callCols(1, r.n, r.k)
	}
	if m == 1 && cols >= r.n {
		r.run(&a[0], &c[0])
		return
	}
	part := *r
	for j := 0; j < r.n; j += cols {
		if cols < r.n { // else all is as it was split
			part.n, part.b = min(cols, r.n-j), &b[j/nr*(r.ps/4)]
			part.panels = (part.n + nr - 1) / nr
			if part.tail, part.padded = nr, 1; j+cols >= r.n {
				part.tail, part.padded = r.tail, r.padded
			}
		}
		for i := range m {
			switch {
			case ep.grad():
				part.v = &ep.v[i*ldc+j]
			case ep.bias():
				part.v = &ep.v[j]
			}
			part.run(&a[i*lda], &c[i*ldc+j])
		}
	}
}

package gemm

import "github.com/nngen/nngen/runtime/cpu"

// split sets the fields that follow from n, and from k if it is cut into s chains.
func (r *rowArgs) split(s int) {
	r.panels = (r.n + nr - 1) / nr
	r.tail = r.n - nr*(r.panels-1)
	r.chains = s
	if r.tail == nr {
		r.padded = 1
	}
	if cpu.HasSplitAVX512 {
		r.wide = takesWideRow(r.n, r.k, r.ps)
	}
	if s > 1 {
		k := r.k
		r.k = k / s
		r.rest = k - s*r.k
		r.xchain = r.k * r.xs
		r.bchain = r.k * r.ldb
	}
}

// gemvRowSIMD runs the row kernel for one chain of the best instruction set.
func gemvRowSIMD(r *rowArgs, x, c *float32) {
	if cpu.HasSplitAVX512 && r.wide && r.n*r.k >= wideRowWork {
		gemvAVX512(r, x, c)
		return
	}
	gemvSIMD(r, x, c)
}

// run runs the kernel for the row of A at x and the row of C at c.
func (r *rowArgs) run(x, c *float32) {
	switch r.chains {
	case 1:
		gemvRowSIMD(r, x, c)
	case 2:
		gemvSplit2SIMD(r, x, c)
	default:
		gemvSplit4SIMD(r, x, c)
	}
}

// fewRows tells whether m rows are faster one by one: the register tile has too few sums for
// them to hide the latency of the multiply-add, unless B has one panel or two.
func fewRows(m, n int) bool {
	if !alone {
		return false
	}
	return m == 1 || m <= 3 && n > 2*nr
}

// alone says that products of so few rows are common: where they are but what is left of a batch, and kernels made for
// the network take single examples, the register tile does them too.
const alone = true //nngen:part plan

// runRows runs the kernel for m rows, some columns at a time, and of one panel some terms at a time: B begins at b, and ep is
// the epilogue, whose slice r.v is for the first row. Sums that are cut into chains are those of no more than one call: see
// chainedRow. What changes from call to call is in a copy, since slices whose elements went into r itself would count as
// escaping.
func (r *rowArgs) runRows(m int, a []float32, lda int, b, c []float32, ldc int, ep Epilogue) {
	if !several {
		part := *r
		for i := range m {
			if ep.grad() {
				part.v = &ep.v[i*ldc]
			}
			part.run(&a[i*lda], &c[i*ldc])
		}
		return
	}
	cols, steps := r.n, r.k
	if r.chains == 1 {
		cols, steps = callCols(1, r.n, r.k), callSteps(1, r.n, r.k)
	}
	if m == 1 && cols >= r.n && steps >= r.k {
		r.run(&a[0], &c[0])
		return
	}
	part := *r
	for j := 0; j < r.n; j += cols {
		if cols < r.n { // else all is as it was split
			part.n = min(cols, r.n-j)
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
			for p := 0; p < r.k; p += steps {
				part.k, part.flags = min(steps, r.k-p), partFlags(ep, p, p+steps >= r.k)
				part.b = &b[j/nr*(r.ps/4)+p*(r.ldb/4)]
				part.run(&a[i*lda+p*(r.xs/4)], &c[i*ldc+j])
			}
		}
	}
}

// longChains tells whether a product whose sums are cut into s chains is more work than a call may have, be it of a single
// row or of a tile: then each chain is computed by itself.
func longChains(m, n, k, s int) bool {
	return s > 1 && int64(min(m, tileRows))*int64(n)*int64(k) > int64(callWork(m))
}

// chainedRow computes one row of C = A·B over s chains of k terms together, of which there are too many for one call: it
// runs r, a copy whose k, b and flags it sets, for one chain after another, and adds these in order.
func (r rowArgs) chainedRow(k, s int, a, b, c []float32, ep Epilogue) {
	var sum, part [2 * nr]float32
	r.v, r.flags = nil, 0
	for t := range s {
		from, to := chainBounds(t, s, k)
		b := b[from*(r.ldb/4):]
		r.b, r.k = &b[0], to-from
		r.split(1)
		r.runRows(1, a[from*(r.xs/4):], 0, b, part[:], 0, None())
		if t == 0 {
			sum = part
			continue
		}
		for j := range r.n {
			sum[j] += part[j]
		}
	}
	ep.storeRow(sum[:r.n], c[:r.n], 0, 0)
}

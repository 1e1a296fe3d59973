package gemm

import (
	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/half"
)

// Products with packed weights of 16 bits. Each has the bits of the product with the float32 numbers of their values. A
// product of one row reads the panels as they are; where there are more rows, or no kernel, a panel is widened first, some
// steps at a time, and multiplied with all rows.

// PackHalf is Pack for numbers of 16 bits.
func PackHalf(k, n int, b []uint16, ldb int, p []uint16) {
	checkSizes(0, n, k, ldb)
	if ldb < n || int64(k-1)*int64(ldb)+int64(n) > int64(len(b)) && k > 0 && n > 0 {
		panic(badB)
	}
	checkPacked(k, n, len(p))
	for j := 0; j < n; j += nr {
		w := min(nr, n-j)
		for r := range k {
			row := p[j*k+r*nr:][:nr]
			clear(row[copy(row, b[r*ldb+j:r*ldb+j+w]):])
		}
	}
}

// NNPackedHalf is NNPacked for a matrix of the format f that PackHalf wrote to p.
func NNPackedHalf(f half.Format, m, n, k int, a []float32, lda int, p []uint16, c []float32, ldc int, ep Epilogue) {
	checkSizes(m, n, k, lda|ldc)
	if m == 0 || n == 0 {
		return
	}
	checkMatrix(m, k, a, lda, badA)
	checkPacked(k, n, len(p))
	checkC(m, n, c, ldc, ep)
	s := splits(n, k, ep)
	switch {
	case k == 0:
		gemmGeneric(m, n, k, s, factor{a, lda, 1}, panels{}, c, ldc, ep)
	case fewRows(m, n) && f.Kernels():
		for i := range m {
			halfRow(f, n, k, s, a[i*lda:], p, c[i*ldc:], ep.Part(0, i*ldc))
		}
	default:
		widened(f, m, n, k, s, a, lda, p, c, ldc, ep)
	}
}

// halfRow is NNPackedHalf for one row and s chains, by the row kernels, with n and k at least 1. Of chains that are too long
// for one call, each is computed by itself.
func halfRow(f half.Format, n, k, s int, a []float32, p []uint16, c []float32, ep Epilogue) {
	if !longChains(1, n, k, s) {
		halfCalls(f, n, k, 0, k, s, a, p, c, ep)
		return
	}
	var sum, part [2 * nr]float32
	for t := range s {
		from, to := chainBounds(t, s, k)
		halfCalls(f, n, k, from, to, 1, a, p, part[:], None())
		for j := range n {
			if t == 0 {
				sum[j] = part[j]
			} else {
				sum[j] += part[j]
			}
		}
	}
	ep.storeRow(sum[:n], c[:n], 0, 0)
}

// halfCalls computes one row over the terms from p = from to to, as s chains: some columns at a time, and of one panel some
// terms at a time.
func halfCalls(f half.Format, n, k, from, to, s int, a []float32, p []uint16, c []float32, ep Epilogue) {
	cols, steps := n, to-from
	if s == 1 {
		cols, steps = callCols(1, n, to-from), callSteps(1, n, to-from)
	}
	for j := 0; j < n; j += cols {
		r := halfArgs(min(cols, n-j), k, to-from, s, ep.Part(j, j))
		for q := from; q < to; q += steps {
			if s == 1 {
				r.k = min(steps, to-q)
			}
			r.flags = partFlags(ep, q-from, q+steps >= to)
			r.runHalf(f, &p[j*k+q*nr], &a[q], &c[j])
		}
	}
}

// halfArgs returns the arguments of the row kernels for n columns and some terms, as s chains, of panels of k rows.
func halfArgs(n, k, terms, s int, ep Epilogue) rowArgs {
	r := rowArgs{xs: 4, ldb: 2 * nr, ps: 2 * nr * k, v: first(ep.v), n: n, k: terms, flags: ep.flags(), alpha: ep.alpha()}
	r.split(s)
	return r
}

// halfGeneric is halfRow without kernels.
func halfGeneric(f half.Format, n, k, s int, a []float32, p []uint16, c []float32, ep Epilogue) {
	for j := 0; j < n; j += nr {
		w := min(nr, n-j)
		var sum, row [nr]float32
		if ep.acc() {
			copy(sum[:w], c[j:])
		}
		for t := range s {
			var part [nr]float32
			to := &part
			if t == 0 {
				to = &sum
			}
			for q, last := chainBounds(t, s, k); q < last; q++ {
				half.Widen(f, row[:], p[j*k+q*nr:][:nr])
				f32.Axpy(a[q], row[:], to[:])
			}
			for x := range w {
				if t > 0 {
					sum[x] += part[x]
				}
			}
		}
		ep.storeRow(sum[:w], c[j:j+w], j, j)
	}
}

// runHalf runs the kernel for the row of A at x, the panels at b, and the row of C at c.
func (r *rowArgs) runHalf(f half.Format, b *uint16, x, c *float32) {
	switch {
	case f == half.Float16 && r.chains == 1:
		gemvFloat16SIMD(r, b, x, c)
	case f == half.Float16 && r.chains == 2:
		gemvSplit2Float16SIMD(r, b, x, c)
	case f == half.Float16:
		gemvSplit4Float16SIMD(r, b, x, c)
	case r.chains == 1:
		gemvBFloat16SIMD(r, b, x, c)
	case r.chains == 2:
		gemvSplit2BFloat16SIMD(r, b, x, c)
	default:
		gemvSplit4BFloat16SIMD(r, b, x, c)
	}
}

// widened is NNPackedHalf for s chains, with m, n and k at least 1.
func widened(f half.Format, m, n, k, s int, a []float32, lda int, p []uint16, c []float32, ldc int, ep Epilogue) {
	if buf, lent := panelPool.borrow(1); buf != nil {
		widenedIn(buf, f, m, n, k, s, a, lda, p, c, ldc, ep)
		panelPool.giveBack(lent, 1)
		return
	}
	widenedOnStack(f, m, n, k, s, a, lda, p, c, ldc, ep)
}

// widenedOnStack is widened for when no panel can be borrowed.
//
//go:noinline
func widenedOnStack(f half.Format, m, n, k, s int, a []float32, lda int, p []uint16, c []float32, ldc int, ep Epilogue) {
	var buf panel
	widenedIn(&buf, f, m, n, k, s, a, lda, p, c, ldc, ep)
}

// chainRows is the most rows whose sums of one chain wait to be added.
const chainRows = 144

// widenedIn is widened with room for kcMax rows of a panel.
func widenedIn(buf *panel, f half.Format, m, n, k, s int, a []float32, lda int, p []uint16, c []float32, ldc int, ep Epilogue) {
	for j := 0; j < n; j += nr {
		w := min(nr, n-j)
		if s > 1 {
			for i := 0; i < m; i += chainRows {
				widenedChains(buf, f, min(chainRows, m-i), w, k, s, a[i*lda:], lda, p[j*k:], c[i*ldc+j:], ldc, ep.Part(j, i*ldc+j))
			}
			continue
		}
		widenedChain(buf, f, m, w, 0, k, a, lda, p[j*k:], c[j:], ldc, ep.Part(j, j))
	}
}

// widenedChain computes the w columns of one panel, as one chain over the terms from p = from to to.
func widenedChain(buf *panel, f half.Format, m, w, from, to int, a []float32, lda int, p []uint16, c []float32, ldc int, ep Epilogue) {
	for q := from; q < to; q += kcMax {
		steps := min(kcMax, to-q)
		half.Widen(f, buf[:steps*nr], p[q*nr:][:steps*nr])
		e := ep
		if q+steps < to {
			e = None() // the sums of a part wait in C
		}
		if q > from || ep.acc() {
			e = e.Continued()
		}
		if f.Kernels() {
			Strided(m, w, steps, a[q:], lda, 1, buf[:], nr, 0, c, ldc, e)
		} else {
			gemmGeneric(m, w, steps, 1, factor{a[q:], lda, 1}, panels{factor: factor{buf[:], nr, 1}}, c, ldc, e)
		}
	}
}

// widenedChains computes the w columns of one panel for at most chainRows rows, as s chains, which it adds in order.
func widenedChains(buf *panel, f half.Format, m, w, k, s int, a []float32, lda int, p []uint16, c []float32, ldc int, ep Epilogue) {
	var part [chainRows * nr]float32
	for t := range s {
		from, to := chainBounds(t, s, k)
		if t == 0 {
			widenedChain(buf, f, m, w, from, to, a, lda, p, c, ldc, None())
			continue
		}
		widenedChain(buf, f, m, w, from, to, a, lda, p, part[:], nr, None())
		for i := range m {
			sum := c[i*ldc:][:w]
			for x, v := range part[i*nr:][:w] {
				sum[x] += v
			}
		}
	}
	for i := range m {
		row := c[i*ldc:][:w]
		ep.storeRow(row, row, 0, i*ldc)
	}
}

// NTHalf is NT for a matrix B of the format f. As many rows of it are widened at once as a panel has room for.
func NTHalf(f half.Format, m, n, k int, a []float32, lda int, b []uint16, ldb int, c []float32, ldc int, ep Epilogue) {
	checkSizes(m, n, k, lda|ldb|ldc)
	if m == 0 || n == 0 {
		return
	}
	checkMatrix(m, k, a, lda, badA)
	if ldb < k || int64(n-1)*int64(ldb)+int64(k) > int64(len(b)) {
		panic(badB)
	}
	checkC(m, n, c, ldc, ep)
	if buf, lent := panelPool.borrow(1); buf != nil {
		widenedNT(buf, f, m, n, k, a, lda, b, ldb, c, ldc, ep)
		panelPool.giveBack(lent, 1)
		return
	}
	widenedNTOnStack(f, m, n, k, a, lda, b, ldb, c, ldc, ep)
}

// widenedNTOnStack is NTHalf for when no panel can be borrowed.
//
//go:noinline
func widenedNTOnStack(f half.Format, m, n, k int, a []float32, lda int, b []uint16, ldb int, c []float32, ldc int, ep Epilogue) {
	var buf panel
	widenedNT(&buf, f, m, n, k, a, lda, b, ldb, c, ldc, ep)
}

// rowsNT returns how many rows of B are widened at once, and how many of their k elements.
func rowsNT(k int) (rows, steps int) {
	const room = kcMax * nr // of a panel: what the first-level cache holds
	steps = max(1, min(k, room))
	return room / steps, steps
}

// widenedNT is NTHalf with room for rows of B, m and n being at least 1. Parts of k continue the sums of those before.
func widenedNT(buf *panel, f half.Format, m, n, k int, a []float32, lda int, b []uint16, ldb int, c []float32, ldc int, ep Epilogue) {
	rows, most := rowsNT(k)
	for j := 0; j < n; j += rows {
		w := min(rows, n-j)
		for q := 0; q == 0 || q < k; q += most {
			steps := min(most, k-q)
			for r := range w {
				half.Widen(f, buf[r*steps:][:steps], b[(j+r)*ldb+q:][:steps])
			}
			e := ep.Part(j, j)
			if q+steps < k {
				e = None()
			}
			if q > 0 || ep.acc() {
				e = e.Continued()
			}
			NT(m, w, steps, a[q:], lda, buf[:w*steps], steps, c[j:], ldc, e)
		}
	}
}

// A HalfLayer is a Layer whose weights have 16 bits.
type HalfLayer struct {
	args   rowArgs
	f      half.Format
	n, k   int
	chains int
	p      []uint16
	ep     Epilogue
}

// NewHalfLayer prepares x·B for a row x of length k and the k×n matrix B of the format f that PackHalf wrote to p. It
// panics as NNPacked does.
func NewHalfLayer(f half.Format, n, k int, p []uint16, ep Epilogue) HalfLayer {
	checkSizes(0, n, k, 0)
	checkPacked(k, n, len(p))
	ep.CheckSlice(n, n)
	l := HalfLayer{f: f, n: n, k: k, chains: splits(n, k, ep), p: p, ep: ep}
	if n > 0 && k > 0 && int64(n)*int64(k) <= int64(rowWork) {
		l.args = halfArgs(n, k, k, l.chains, ep)
	}
	return l
}

// Apply computes y = x·B and applies the epilogue, as Layer.Apply does.
func (l *HalfLayer) Apply(x, y []float32) {
	if len(x) < l.k || len(y) < l.n || !l.f.Kernels() || l.args.panels == 0 {
		l.slow(x, y)
		return
	}
	l.args.runHalf(l.f, &l.p[0], &x[0], &y[0])
}

// slow is Apply without kernels, for products of several calls, and for slices that are too short: see
// Layer.slow.
//
//go:noinline
func (l *HalfLayer) slow(x, y []float32) {
	if len(x) < l.k {
		panic(badA)
	}
	if len(y) < l.n {
		panic(badC)
	}
	switch {
	case l.n == 0:
	case l.k > 0 && l.f.Kernels():
		halfRow(l.f, l.n, l.k, l.chains, x, l.p, y, l.ep)
	default:
		halfGeneric(l.f, l.n, l.k, l.chains, x, l.p, y, l.ep)
	}
}

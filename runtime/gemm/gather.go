package gemm

import (
	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
)

// Places says where the rows of a matrix A lie that is read from another array, in which they may overlap, and those of
// C. The terms of a row are in runs: they lie at the same distances in all rows.
//
//	A[i, r·k + p] = a[rowA(i) + run(r) + p·step]    p < k
//	C[i, j]       = c[rowC(i) + j]
type Places struct {
	rows    []int32 // pairs, in bytes: the places in A and C
	terms   []int32 // in bytes, from the place of a row
	k, step int     // of a run
	last    int     // the furthest term from the place of a row
}

// mostPlace is the furthest place in an array: bytes in 31 bits.
const mostPlace = 1<<29 - 1

// rowsBehind is how many rows more than there are the kernel may read from the table.
const rowsBehind = 3

// Reset begins anew, with runs of k terms that are step apart, k being at least 1 and step positive. It keeps the
// memory.
func (p *Places) Reset(k, step int) {
	*p = Places{rows: p.rows[:0], terms: p.terms[:0], k: k, step: step}
}

// Grow makes room for some rows and terms in all, PlacesBytes of them, so that adding as many allocates nothing.
func (p *Places) Grow(rows, terms int) {
	if n := 2 * (rows + rowsBehind); cap(p.rows) < n {
		p.rows = make([]int32, 0, n)
	}
	if cap(p.terms) < terms {
		p.terms = make([]int32, 0, terms)
	}
}

// PlacesBytes returns the bytes of so many rows, and those of so many terms.
func PlacesBytes(rows, terms int) (int, int) { return 8 * (rows + rowsBehind), 4 * terms }

// Row adds a row at a in A, and at c in C, which are not before those of the last one. Run adds a run at a from the
// place of a row. They panic at a place that is negative or beyond 2²⁹−1.
func (p *Places) Row(a, c int) {
	lastA, lastC := 0, 0
	if n := len(p.rows); n > 0 {
		lastA, lastC = int(p.rows[n-2])/4, int(p.rows[n-1])/4
	}
	if a < lastA || c < lastC || max(a, c) > mostPlace {
		panic(badPlace)
	}
	p.rows = append(p.rows, int32(4*a), int32(4*c))
}

// Run is documented at Row.
func (p *Places) Run(a int) {
	last := a + (p.k-1)*p.step
	if a < 0 || last > mostPlace {
		panic(badPlace)
	}
	for ; a <= last; a += p.step {
		p.terms = append(p.terms, int32(4*a))
	}
	p.last = max(p.last, last)
}

// Rows returns the number of rows, Terms that of the terms of each.
func (p *Places) Rows() int { return len(p.rows) / 2 }

// Terms is documented at Rows.
func (p *Places) Terms() int { return len(p.terms) }

// A gatherArgs is what the kernel of gathered rows takes, with strides and places in bytes.
type gatherArgs struct {
	a     *float32
	rows  *int32 // the places of the rows in A and C, rowsBehind more than there are
	terms *int32 // their places from that of a row
	count int    // at least 1
	b     *float32
	ldb   int // from a row of B to the next
	ps    int // from a panel of 16 columns of B to the next
	c     *float32
	m, n  int // each at least 1
	v     *float32
	flags int
	alpha float32
	// lastBias is that of the last columns, which are less than a panel, and something behind.
	lastBias *float32

	//lint:ignore U1000 a variable of the kernel: columns in the last register of a row
	tail int
	//lint:ignore U1000 a variable of the kernel: bytes from column 0 to the panel in v
	column int
	//lint:ignore U1000 a variable of the kernel: rows to do
	mNow int
	//lint:ignore U1000 a variable of the kernel: their places
	rowsNow *int32
}

// Gathers tells whether there is a kernel, with AVX2 or NEON, for Gathered of some sizes and an epilogue. Where there is none,
// products of parts of A, by Strided, have the same bits.
func Gathers(m, n, k int, ep Epilogue) bool {
	return m >= abi.MinRows && !ep.grad() && int64(GatherRows)*nr*int64(k) <= int64(work)
}

// Wide tells whether AVX-512 computes a product at full width by tiles of two registers a row, at which it is ahead of
// Gathered, whose tiles have one.
func Wide(m, n, k int) bool { return cpu.HasAVX512 && m > 1 && wideSizes(m, n, k) }

// GatherRows is a multiple of the rows of all tiles that the kernel cuts many rows into.
const GatherRows = 12

// Gathered computes C = A·B for the first m rows of places and n columns, and applies the epilogue, which must not hold
// a saved output, each sum one chain over the runs in their order. B lies in panels of 16 columns as for Strided:
//
//	B[p,j] = b[j/16·bps + p·brs + j%16]
//
// All of b is read up to a number of columns that is a multiple of 8; what stands there beyond the n-th does not matter.
// C must not overlap A, B, or the bias, nor its rows each other. If m or n is 0, nothing is done; there is at least one
// run. Gathered panics if a size or stride is negative or above 2³¹−1, there are less rows than m, a place is beyond the
// slices, or a slice too short.
func Gathered(p *Places, m, n int, a, b []float32, brs, bps int, c []float32, ep Epilogue) {
	k := p.Terms()
	checkSizes(m, n, k, brs|bps)
	if m == 0 || n == 0 {
		return
	}
	last := (n - 1) / nr
	width := (n - last*nr + 7) &^ 7
	switch {
	case m > p.Rows():
		panic(badSize)
	case k == 0 || int(p.rows[2*m-2])/4+p.last >= min(len(a), mostPlace):
		panic(badA)
	case last*bps+(k-1)*brs+width > len(b) || last > 0 && (last-1)*bps+(k-1)*brs+nr > len(b):
		panic(badB)
	case int(p.rows[2*m-1])/4+n > min(len(c), mostPlace):
		panic(badC)
	case ep.grad():
		panic(badSaved)
	}
	ep.CheckSlice(n, 0)
	if !cpu.HasSIMD() {
		gatherGeneric(p, m, n, a, b, brs, bps, c, ep)
		return
	}
	p.rows = append(p.rows, make([]int32, 2*rowsBehind)...)
	behind := p.rows[2*m:][:2*rowsBehind]
	kept := [2 * rowsBehind]int32(behind)
	for i := range rowsBehind {
		behind[2*i], behind[2*i+1] = p.rows[2*m-2], p.rows[2*m-1]
	}
	// Several calls if one were too much work: some columns, then some rows.
	cols, rows := n, m
	if int64(m)*int64(n)*int64(k) > int64(work) {
		cols = min(n, max(1, work/GatherRows/k/nr)*nr)
		rows = max(1, work/cols/k/GatherRows) * GatherRows
	}
	x := gatherArgs{a: &a[0], terms: &p.terms[0], count: k, ldb: 4 * brs, ps: 4 * bps,
		flags: ep.flags(), alpha: ep.alpha()}
	var bias [nr]float32
	x.lastBias = &bias[0]
	if cpu.HasAVX512 && n%nr <= nr/2 && n%nr < cols && cols == n {
		cols -= n % nr // half a panel or less fills a register of AVX2
	}
	for j := 0; j < n; j += cols {
		for i := 0; i < m; i += rows {
			cpu.Preempt()
			t := x
			t.b, t.c, t.rows = &b[j/nr*bps], &c[j], &p.rows[2*i]
			t.m, t.n = min(rows, m-i), min(cols, n-j)
			if ep.bias() {
				t.v = &ep.v[j]
				copy(bias[:], ep.v[j+t.n/nr*nr:j+t.n])
			}
			if cpu.HasAVX512 && (t.n%nr == 0 || t.n%nr > nr/2) {
				gatherAVX512(&t)
			} else {
				gatherSIMD(&t)
			}
		}
	}
	copy(behind, kept[:])
	p.rows = p.rows[:len(p.rows)-2*rowsBehind]
}

// gatherGeneric defines Gathered.
func gatherGeneric(p *Places, m, n int, a, b []float32, brs, bps int, c []float32, ep Epilogue) {
	for i := range m {
		x, at := int(p.rows[2*i])/4, int(p.rows[2*i+1])/4
		for j := range n {
			sum := float32(0)
			if ep.acc() {
				sum = c[at+j]
			}
			y := j/nr*bps + j%nr
			for _, term := range p.terms {
				sum = f32.FMA(a[x+int(term)/4], b[y], sum)
				y += brs
			}
			c[at+j] = ep.apply(sum, j, 0)
		}
	}
}

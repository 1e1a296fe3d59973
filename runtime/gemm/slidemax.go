package gemm

import (
	"math"

	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// A slideMaxArgs is what the kernel of the maxima of squares takes, with strides and places in bytes.
type slideMaxArgs struct {
	a        *float32
	lda      int    // from a line of A to the next
	terms    *int32 // their places from that of a row
	count    int    // at least 1
	b        *float32
	c        *float32
	line     int // from a line of C to the next
	lines, m int // of C, each a positive multiple of 2
	v        *float32
	next     *float32 // what will be read next
	fetch    int      // cache lines of it that are fetched for each two lines of C
	floor    float32  // what the results are at least
	nan      int      // the kernel sets it: other than 0 if a sum is NaN
}

// SlidesMax tells whether SlideMax has a kernel, with AVX-512 at full width, for some lines of m rows and n columns of C, k
// terms within reach elements of A, and an epilogue.
func SlidesMax(lines, m, n, k, reach int, ep Epilogue) bool {
	return n == slideColumns && min(lines, m) > 0 && (lines|m)%2 == 0 && ep.bias() &&
		(ep.op() == abi.OpNone || ep.op() == abi.OpReLU) && reach <= mostPlace &&
		8*int64(m)*int64(n)*int64(k) <= int64(work)
}

// SlideMax computes what Slide does for 2·lines lines of 2·m rows, and of that the largest element of each square of 2×2:
// NaN if one is NaN, and of two zeros the last one. SlidesMax must be true. Where SlideMax returns false, C is undefined:
// a sum is NaN, or the bias is one that the kernel does not take.
//
//	C[i·m+j, x] = max over r and s below 2 of Slide's C[(2i+r)·2m + 2j+s, x]
//
// SlideMax reads 2·m elements of A behind the place of the last line, beside the terms. What will be read next, or nil, is
// fetched to the first-level cache meanwhile. C must not overlap A, B or the bias. SlideMax panics as Slide does.
func SlideMax(p *Places, lines, m, n int, a []float32, lda int, b, c []float32, ep Epilogue, next []float32) bool {
	k := p.Terms()
	checkSizes(lines, m, n, k|lda)
	if !SlidesMax(lines, m, n, k, 0, ep) {
		panic(badSlideMax)
	}
	switch {
	case k == 0 || float64(2*lines-1)*float64(lda)+float64(2*m)+float64(p.last) > float64(len(a)):
		panic(badA)
	case k*nr > len(b):
		panic(badB)
	case float64(lines)*float64(m)*float64(n) > float64(len(c)):
		panic(badC)
	}
	ep.CheckSlice(n, 0)
	if !cpu.HasAVX512 {
		slideMaxGeneric(p, lines, m, n, a, lda, b, c, ep)
		return true
	}
	// The kernel takes the largest sum before it adds the bias, which rounds alike. So it must make neither NaN of an
	// infinite sum nor −0 of any.
	for _, v := range ep.v[:n] {
		if v-v != 0 || math.Float32bits(v) == 1<<31 {
			return false
		}
	}
	x := slideMaxArgs{lda: 4 * lda, terms: &p.terms[0], count: k, b: &b[0], line: 4 * m * n, m: m, v: &ep.v[0]}
	if ep.op() == abi.OpNone {
		x.floor = float32(math.Inf(-1))
	}
	if len(next) > 0 {
		x.next, x.fetch = &next[0], (len(next)+8*lines-1)/(8*lines) // 16 elements each
	}
	most := max(1, work/(8*m*n*k)) * 2
	for i := 0; i < lines; i += most {
		cpu.Preempt()
		t := x
		t.a, t.c, t.lines = &a[2*i*lda], &c[i*m*n], min(most, lines-i)
		slideMax6AVX512(&t)
		if x.next = t.next; t.nan != 0 {
			return false
		}
	}
	return true
}

// slideMaxGeneric defines SlideMax.
func slideMaxGeneric(p *Places, lines, m, n int, a []float32, lda int, b, c []float32, ep Epilogue) {
	square := make([]float32, 4*m*n)
	for i := range lines {
		slideGeneric(p, 2, 2*m, n, a[2*i*lda:], lda, b, square, ep)
		for at := range m * n {
			j, x := at/n, at%n
			top, bottom := square[2*j*n+x:], square[(2*m+2*j)*n+x:]
			c[i*m*n+at] = scalar.Max(scalar.Max(scalar.Max(top[0], top[n]), bottom[0]), bottom[n])
		}
	}
}

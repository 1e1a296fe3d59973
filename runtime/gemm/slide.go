package gemm

import (
	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
)

// A slideArgs is what the kernel of rows that slide over an array takes, with strides and places in bytes.
type slideArgs struct {
	a        *float32
	lda      int    // from a line of A to the next
	terms    *int32 // their places from that of a row
	count    int    // at least 1
	b        *float32
	c        *float32
	line     int // from a line of C to the next
	pixel    int // from a row of C to the next
	lines, m int // each at least 1
	n        int // 1 to those of the widest tile
	v        *float32
	flags    int
	alpha    float32
}

// slideColumns is the most columns that Slide takes.
const slideColumns = 6

// slideTile returns the rows and columns of the tile for n columns.
func slideTile(n int) (rows, columns int) {
	i := 0
	for n > abi.SlideTiles[i].Columns {
		i++
	}
	return 8 * abi.SlideTiles[i].Vecs, abi.SlideTiles[i].Columns
}

// Slides tells whether there is a kernel with AVX2 for Slide of n columns, k terms within reach elements of A, and an
// epilogue, and lines of m rows fill its registers better than columns would. One tile must not be more work than a call
// may have.
func Slides(m, n, k, reach int, ep Epilogue) bool {
	if n > slideColumns || ep.Continues() || ep.grad() || reach > mostPlace {
		return false
	}
	rows, _ := slideTile(n)
	return int64(n)*int64((m+rows-1)/rows*rows) < 8*int64(m) && int64(rows)*int64(n)*int64(k) <= int64(work)
}

// SlideLens returns how many elements of A behind the place of the last line Slide reads, beside the terms, and how many
// of C it writes: the rows of the last line are rounded up.
func SlideLens(lines, m, n int) (a, c int) {
	rows, columns := slideTile(n)
	up := (m + rows - 1) / rows * rows
	return up, ((lines-1)*m+up)*n + columns - n
}

// Slide computes C = A·B for lines of m rows each, which begin an element of a behind one another, and applies the
// epilogue, which must neither continue sums nor hold a saved output. Each sum is one chain over the runs of p, whose rows
// do not matter, in their order. B is one panel as Pack writes it, and n at most 6.
//
//	C[i·m+j, x] = Σ a[i·lda + j + term]·b[16·t + x]    over the terms t of p
//
// SlideLens says how much of a and c is read and written; what is in c behind the last row is undefined afterwards. C must
// not overlap A, B or the bias. Slide panics if a size or stride is negative or above 2³¹−1, n or the epilogue is not of
// that kind, there is no run, a place is beyond the slices, or a slice too short.
func Slide(p *Places, lines, m, n int, a []float32, lda int, b, c []float32, ep Epilogue) {
	k := p.Terms()
	checkSizes(lines, m, n, k|lda)
	if n > slideColumns || ep.Continues() || ep.grad() {
		panic(badSlide)
	}
	if lines == 0 || m == 0 || n == 0 {
		return
	}
	behind, size := SlideLens(lines, m, n)
	switch {
	case k == 0 || float64(lines-1)*float64(lda)+float64(behind)+float64(p.last) > float64(len(a)):
		panic(badA)
	case k*nr > len(b):
		panic(badB)
	case size > len(c) || float64(lines)*float64(m)*float64(n) > float64(len(c)): // where size has wrapped around
		panic(badC)
	}
	ep.CheckSlice(n, 0)
	if !cpu.HasAVX2FMA {
		slideGeneric(p, lines, m, n, a, lda, b, c, ep)
		return
	}
	var bias [slideColumns]float32
	if ep.bias() {
		copy(bias[:], ep.v[:n])
	}
	x := slideArgs{lda: 4 * lda, terms: &p.terms[0], count: k, b: &b[0], line: 4 * m * n, pixel: 4 * n, n: n,
		v: &bias[0], flags: ep.flags(), alpha: ep.alpha()}
	// Several calls if one were too much work: some lines, or of one some rows.
	rows, _ := slideTile(n)
	wide := cpu.HasAVX512 && n == slideColumns
	most, part := max(1, work/(m*n*k)), m
	if int64(m)*int64(n)*int64(k) > int64(work) {
		most, part = 1, max(1, work/n/k/rows)*rows
	}
	for i := 0; i < lines; i += most {
		for j := 0; j < m; j += part {
			cpu.Preempt()
			t := x
			t.a, t.c = &a[i*lda+j], &c[(i*m+j)*n]
			t.lines, t.m = min(most, lines-i), min(part, m-j)
			if wide {
				slide6AVX512(&t)
			} else {
				slideAVX2(&t)
			}
		}
	}
}

// slideGeneric defines Slide.
func slideGeneric(p *Places, lines, m, n int, a []float32, lda int, b, c []float32, ep Epilogue) {
	for i := range lines {
		for j := range m {
			for x := range n {
				sum := float32(0)
				for t, term := range p.terms {
					sum = f32.FMA(a[i*lda+j+int(term)/4], b[nr*t+x], sum)
				}
				at := (i*m+j)*n + x
				c[at] = ep.apply(sum, x, 0)
			}
		}
	}
}

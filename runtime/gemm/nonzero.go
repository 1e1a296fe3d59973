package gemm

import (
	"math"
	"math/bits"
	"slices"

	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
)

// What the functions of this file panic with, beside others.
const badLists = "gemm: lists have too few places or offsets, a negative one, or a matrix of 2²⁹ elements or more"

// A nonzeroArgs is what the kernel of products of rows with few elements takes, with strides in bytes.
type nonzeroArgs struct {
	a    *float32
	lda  int
	b    *float32
	ldb  int
	c    *float32
	ldc  int
	m, k int // each at least 1
	vecs int // registers of a row of C, at least 1 and abi.NonzeroVecs at most; AVX2 does some more
}

// nonzeroVecs returns in how many parts the kernels take rows of some registers, and the registers of each.
func nonzeroVecs(vecs int) (parts, each int) {
	parts = max(1, (vecs+abi.NonzeroVecs-1)/abi.NonzeroVecs)
	each = (vecs + parts - 1) / parts
	return parts, (each + abi.NonzeroStep - 1) / abi.NonzeroStep * abi.NonzeroStep
}

// wideNonzeroVecs returns of how many registers the parts are, but for the last, in which the kernels of AVX-512 take rows
// of some registers.
func wideNonzeroVecs(vecs int) int {
	parts := max(1, (vecs+abi.NonzeroVecs-1)/abi.NonzeroVecs)
	return (vecs + parts - 1) / parts
}

// NonzeroWidth returns how many columns the kernel of Nonzero takes for n.
func NonzeroWidth(n int) int {
	parts, vecs := nonzeroVecs((n + 7) / 8)
	return 8 * parts * vecs
}

// Nonzero computes C = A·B for row-major matrices, but leaves out the products with elements of A that are 0: where few
// others are, it is the faster for it. If all of B is finite, C is what NN gives, but that a sum of 0 may have the other
// sign.
//
//	A  m×k, row stride lda ≥ k
//	B  k×n, row stride ldb ≥ NonzeroWidth(n)
//	C  m×n, row stride ldc ≥ NonzeroWidth(n)
//
// Rows of B and C have NonzeroWidth(n) elements; those of C behind the n-th are undefined afterwards. C must not overlap A
// or B. Nonzero does not allocate. It panics if a size or stride is negative or above 2³¹−1, a stride too small or a slice
// too short.
func Nonzero(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	checkSizes(m, n, k, lda|ldb|ldc)
	width := NonzeroWidth(n)
	if m == 0 || n == 0 {
		return
	}
	checkMatrix(m, k, a, lda, badA)
	checkMatrix(k, width, b, ldb, badB)
	checkMatrix(m, width, c, ldc, badC)
	if k == 0 || !cpu.HasAVX2FMA {
		nonzeroGeneric(m, n, k, a, lda, b, ldb, c, ldc)
		return
	}
	_, vecs := nonzeroVecs((n + 7) / 8)
	lanes := 8
	if cpu.HasAVX512 {
		lanes, vecs = 16, wideNonzeroVecs(width/16)
	}
	x := nonzeroArgs{lda: 4 * lda, ldb: 4 * ldb, ldc: 4 * ldc, k: k}
	rows := max(1, work/(lanes*vecs)/k)
	for j := 0; j < width; j += lanes * vecs {
		for i := 0; i < m; i += rows {
			cpu.Preempt()
			t := x
			t.a, t.b, t.c, t.m = &a[i*lda], &b[j], &c[i*ldc+j], min(rows, m-i)
			t.vecs = min(vecs, (width-j)/lanes)
			if cpu.HasAVX512 {
				nonzeroAVX512(&t)
			} else {
				nonzeroAVX2(&t)
			}
		}
	}
}

// nonzeroGeneric defines Nonzero.
func nonzeroGeneric(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	for i := range m {
		sums := c[i*ldc:][:n]
		clear(sums)
		for p := range k {
			if v := a[i*lda+p]; v != 0 {
				f32.Axpy(v, b[p*ldb:][:n], sums)
			}
		}
	}
}

// A nonzeroSumsArgs is what the kernel of sums over lists takes, with strides and places in bytes.
type nonzeroSumsArgs struct {
	a       *float32
	offsets *int     // of the registers of a row, from a place
	places  *int32   // the first list
	values  *float32 // of its elements
	counts  *int     // the elements of each list
	step    int      // from a list to the next
	c       *float32
	ldc     int
	lists   int // at least 1
	vecs    int // of a row of C, as those of nonzeroArgs
}

// A nonzeroListArgs is what the kernel of lists takes, with strides in bytes.
type nonzeroListArgs struct {
	x         *float32
	ldx       int
	places    *int32 // of the rows
	placesOut *int32 // the first list
	values    *float32
	counts    *int
	step      int // from a list to the next
	n         int // columns, at least 1
	m         int // rows, at least the 8 or 16 that the kernel takes at a time
	fronts    *[8]uint8
}

// Lists holds, for each column of a matrix, the elements other than 0 and a place in another array for each.
type Lists struct {
	columns int
	places  []int32 // in bytes
	values  []float32
	counts  []int
	step    int
	last    int // the furthest place, in elements
	// fronts has, for the bits that say which of eight elements are to move to the front, where those come from.
	fronts [256][8]uint8
}

// The kernel of lists writes as many elements behind those of a list, and lists in multiples of as many.
const (
	listsBehind = 16
	listsUnit   = 4
)

// Set lists the elements other than 0 of each column of a row-major m×n matrix, row stride ldx ≥ n, with the place of its
// row: the first m terms of p. It allocates where there is no room. It panics if a size or stride is negative or above
// 2³¹−1, m·n is 2²⁹ or more, there are fewer terms, or x is too short.
func (l *Lists) Set(m, n int, x []float32, ldx int, p *Places) {
	checkSizes(m, n, 0, ldx)
	checkMatrix(m, n, x, ldx, badA)
	if p.Terms() < m || m*n > mostPlace {
		panic(badLists)
	}
	l.last = p.last
	places := p.terms
	lists := (n + listsUnit - 1) / listsUnit * listsUnit
	l.step = m + listsBehind
	if cap(l.counts) < lists {
		l.counts = make([]int, lists)
	}
	if cap(l.values) < lists*l.step || cap(l.places) < lists*l.step {
		l.places, l.values = make([]int32, lists*l.step), make([]float32, lists*l.step)
	}
	l.columns, l.counts, l.places, l.values = n, l.counts[:lists], l.places[:lists*l.step], l.values[:lists*l.step]
	if m < 8 || n == 0 || !cpu.HasAVX2FMA {
		l.setGeneric(m, x, ldx, places)
		return
	}
	if l.fronts[1<<7][0] == 0 {
		for b := range l.fronts {
			for i, left := 0, uint8(b); left != 0; i, left = i+1, left&(left-1) {
				l.fronts[b][i] = uint8(bits.TrailingZeros8(left))
			}
		}
	}
	a := nonzeroListArgs{ldx: 4 * ldx, places: &places[0], step: 4 * l.step, m: m, fronts: &l.fronts[0]}
	most := max(1, work/64/m) * listsUnit
	for j := 0; j < n; j += most {
		cpu.Preempt()
		t := a
		t.x, t.placesOut, t.values, t.counts = &x[j], &l.places[j*l.step], &l.values[j*l.step], &l.counts[j]
		t.n = min(most, n-j)
		if cpu.HasAVX512 && m >= 16 {
			nonzeroListAVX512(&t)
		} else {
			nonzeroListAVX2(&t)
		}
	}
}

// setGeneric defines Set.
func (l *Lists) setGeneric(m int, x []float32, ldx int, places []int32) {
	for j := range l.columns {
		count := 0
		for i := range m {
			if v := x[i*ldx+j]; v != 0 {
				l.places[j*l.step+count], l.values[j*l.step+count] = places[i], v
				count++
			}
		}
		l.counts[j] = count
	}
}

// Len returns how many elements the lists have.
func (l *Lists) Len() int {
	all := 0
	for _, count := range l.counts[:l.columns] {
		all += count
	}
	return all
}

// ListWidth returns how many columns of C the kernel of Add takes for eights of them at some offsets.
func ListWidth(offsets int) int {
	parts, vecs := nonzeroVecs(offsets)
	return 8 * parts * vecs
}

// ListReach returns how many elements Add reads for lists of terms of p, with offsets of which this one is the largest.
func ListReach(p *Places, offset int) int { return p.last + offset + 8 }

// Add adds to each row of C what the elements of its list multiply: eight elements at each offset from their places, in the
// order of the list.
//
//	C[i, 8·v + j] += Σ value·a[place + offsets[v] + j]    j < 8, over list i
//
// C has a row for each list, row stride ldc ≥ ListWidth(eights), and offsets ListWidth(eights)/8 elements, none of them
// negative; what rows of C have behind eights of them is undefined afterwards. ListReach says how much of a is read. C must
// not overlap a. Add does not allocate. It panics if a size or stride is negative or above 2³¹−1, an offset is negative, or
// a slice too short.
func (l *Lists) Add(eights int, a []float32, offsets []int, c []float32, ldc int) {
	checkSizes(eights, 0, 0, ldc)
	width := ListWidth(eights)
	checkMatrix(l.columns, width, c, ldc, badC)
	if len(offsets) < width/8 || width > 0 && slices.Min(offsets[:width/8]) < 0 {
		panic(badLists)
	}
	if width > 0 && l.last+slices.Max(offsets[:width/8])+8 > len(a) {
		panic(badA)
	}
	if l.columns == 0 || eights == 0 {
		return
	}
	if !cpu.HasAVX2FMA {
		l.addGeneric(eights, a, offsets, c, ldc)
		return
	}
	_, vecs := nonzeroVecs(eights)
	count, each := width/8, 1 // registers of a row, and the eights of each
	if cpu.HasAVX512 && paired(offsets[:eights]) {
		count, each = eights/2, 2
		vecs = wideNonzeroVecs(count)
	}
	x := nonzeroSumsArgs{a: &a[0], step: 4 * l.step, ldc: 4 * ldc}
	var inBytes [abi.NonzeroVecs]int
	x.offsets = &inBytes[0]
	most := max(1, work/(8*each*vecs)/l.step)
	for v := 0; v < count; v += vecs {
		x.vecs = min(vecs, count-v)
		for i := range x.vecs {
			inBytes[i] = 4 * offsets[each*(v+i)]
		}
		for i := 0; i < l.columns; i += most {
			cpu.Preempt()
			t := x
			t.places, t.values, t.counts = &l.places[i*l.step], &l.values[i*l.step], &l.counts[i]
			t.c, t.lists = &c[i*ldc+8*each*v], min(most, l.columns-i)
			if cpu.HasAVX512 && each == 2 {
				nonzeroSumsAVX512(&t)
			} else {
				nonzeroSumsAVX2(&t)
			}
		}
	}
}

// paired tells whether eights at some offsets are the halves of registers of AVX-512.
func paired(offsets []int) bool {
	for i := 1; i < len(offsets); i += 2 {
		if offsets[i] != offsets[i-1]+8 {
			return false
		}
	}
	return len(offsets)%2 == 0
}

// addGeneric defines Add.
func (l *Lists) addGeneric(eights int, a []float32, offsets []int, c []float32, ldc int) {
	for i, count := range l.counts[:l.columns] {
		for k, v := range l.values[i*l.step:][:count] {
			place := int(l.places[i*l.step+k]) / 4
			for j, o := range offsets[:eights] {
				f32.Axpy(v, a[place+o:][:8], c[i*ldc+8*j:][:8])
			}
		}
	}
}

// Nonzeros returns how many elements of x are not 0.
func Nonzeros(x []float32) int {
	count := 0
	if cpu.HasAVX2FMA {
		most := work / 8
		for len(x) >= 8 {
			cpu.Preempt()
			eights := min(most, len(x)/8)
			count += countNonzeroAVX2(eights, &x[0])
			x = x[8*eights:]
		}
	}
	for _, v := range x {
		if v != 0 {
			count++
		}
	}
	return count
}

// Finite tells whether all elements of x are finite.
func Finite(x []float32) bool {
	if cpu.HasAVX2FMA {
		most := work / 8
		for len(x) >= 8 {
			cpu.Preempt()
			eights := min(most, len(x)/8)
			if !finiteAVX2(eights, &x[0]) {
				return false
			}
			x = x[8*eights:]
		}
	}
	for _, v := range x {
		if math.Float32bits(v)<<1 >= 0xff<<24 {
			return false
		}
	}
	return true
}

// HasNegativeZero tells whether an element of x is −0.
func HasNegativeZero(x []float32) bool {
	found := uint32(0)
	for _, v := range x {
		b := math.Float32bits(v) ^ 1<<31
		found |= uint32(bits.LeadingZeros32(b)) >> 5 // 1 if b is 0
	}
	return found != 0
}

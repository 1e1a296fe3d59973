package gemm

import (
	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/cpu"
)

// A blocking holds the sizes of the cache blocks, in elements, and when copies pay.
type blocking struct {
	// Panels of B, kc rows of them, stay near while the rows of A pass by, a tile at a time. A block of A has area
	// elements at most, which stay in the second-level cache with them and with C on its way.
	area, kc int

	// kcT takes the place of kc where A is read by columns, of which each element is in a cache
	// line of its own, and kcNT where panels of B are transposed on the way.
	kcT, kcNT int

	// mc is the most rows of a block of A, also where they have few terms.
	mc int

	// packRows is the least number of rows for which B is copied to a packed panel on the
	// way, and packStride the least row stride of B.
	packRows, packStride int

	// copyCols is the least number of columns of B for which a block of A is copied, and copyMultiple what its row stride
	// is a multiple of: rows that are whole pages apart share one set of the first-level cache and few of the second.
	copyCols, copyMultiple int

	// Where A is read by columns, copyStrideT is the least row stride for a copy and copyMultipleT takes the place of
	// copyMultiple.
	copyStrideT, copyMultipleT int
}

// page is the elements of a page of memory.
const page = 1024

// blocks suits cores with 32 KiB or more of first-level and 512 KiB or more of second-level
// cache.
var blocks = blocking{area: 144 * 512, kc: kcMax, kcT: 352, kcNT: kcMax, mc: 144, packRows: 24, packStride: 128,
	copyCols: 256, copyMultiple: page, copyStrideT: 384, copyMultipleT: 1}

// wideBlocks are those of AVX-512, for a second-level cache of 1 MiB or more. Its kernel takes two panels of B at a time,
// up to 128 KiB, a step of which is two cache lines for 28 multiply-adds: they may stream from there. Longer sums pass
// through C less often, which for large matrices is memory, and the more rows a block of A has, the less often B is read
// and packed. Of a transposed A a step reads a line or two, which come in time from wherever they lie.
var wideBlocks = blocking{area: blockMax, kc: kcWide, kcT: kcMax, kcNT: kcMax, mc: 7 << 14, packRows: 64,
	packStride: 384, copyCols: 256, copyMultiple: page, copyStrideT: page, copyMultipleT: page}

// wideWork and wideRowWork are the least multiply-adds of products, of several rows of A and of one, for which AVX-512 is
// taken: a core lowers its clock for it, by a fifteenth where that was measured (Emerald Rapids), for all that runs there
// for some time. So networks of small products do without, and copies of the runtime for them have none of it.
var wideWork, wideRowWork = 1 << 15, 1 << 15

// keptWork takes the place of wideWork where 512 bits are whole and the processor keeps its clock: of less, what a call
// takes beside its multiply-adds hides what it gains.
const keptWork = 1 << 10

// tileRows is the most rows of a tile of AVX2 and NEON, wideRows that of one of AVX-512, wideCols its columns.
const (
	tileRows = 6
	wideRows = 14
	wideCols = 2 * nr
)

// Go does not interrupt assembly, and the garbage collector waits for it. So a call of a kernel takes about 0.1 ms: work is
// the most multiply-adds of one, of which a core does some 4·10⁷ a millisecond; rowWork that of one with one row of A, which
// reads as many elements of B from memory: some 5·10⁶ a millisecond, half of that where other cores read too, or where it
// packs B, which writes as many. The chains do not see how a product is cut.
var work, rowWork = 1 << 22, 1 << 18

// callWork returns the most multiply-adds of a call with m rows of A, for each of which it may read an element of B.
func callWork(m int) int {
	if m*rowWork < work {
		return max(1, m) * rowWork
	}
	return work
}

// several says that some product, or the packing of a matrix, is more work than a call of a kernel may have.
const several = true //nngen:part plan

// oneCall tells whether a product is done in one call of a kernel.
func oneCall(m, n, k int) bool { return int64(m)*int64(n)*int64(k) <= int64(callWork(m)) }

// callCols returns the columns of n that one call of a kernel computes: all, or whole panels, at least one.
func callCols(m, n, k int) int {
	if !several || oneCall(m, n, k) {
		return n
	}
	return max(1, callWork(m)/m/k/nr) * nr
}

// callSteps returns the terms of k that one call for callCols columns and m rows takes: all, unless one panel has too many.
// The next call continues the sums.
func callSteps(m, n, k int) int {
	if cols := int64(min(n, nr)); int64(m)*cols*int64(k) <= int64(callWork(m)) {
		return k
	}
	return max(1, callWork(m)/m/min(n, nr))
}

// callRows returns the rows of m that one call of the tile kernel computes: all, or whole tiles, at least one.
func callRows(m, n, k int) int {
	if oneCall(m, n, k) {
		return m
	}
	return max(1, work/n/k/tileRows) * tileRows
}

// neonWork takes the place of work in calls of the tile kernel on NEON, where a core of a small computer does some 10⁷
// multiply-adds a millisecond. Products are planned for amd64: other kernels, and tiles of few rows, take up to work.
const neonWork = 1 << 20

// partRows is what the rows of calls on NEON are multiples of, but for the last one's, which are no less: as many as all
// tiles have, so that the calls come to the tiles of a call for all rows.
const partRows = 24

// neonRows takes the place of callRows on NEON.
func neonRows(m, n, k int) int {
	return min(m, max(1, min(work, neonWork)/n/k/partRows)*partRows)
}

// longOnNEON takes the place of longChains in calls of the tile kernel on NEON.
func longOnNEON(m, n, k, s int) bool {
	return s > 1 && int64(min(m, partRows))*int64(n)*int64(k) > int64(neonWork)
}

// Bounds of the scratch space: kc of a panel of B, and of two for AVX-512, and the elements of a block of A, which are at
// least the area of blocks and, for each of kcMax rows, what oddLines adds.
const (
	kcMax    = 512
	kcWide   = 1024
	blockMax = 1 << 17
)

// What the sizes of some product ask for.
const (
	blocked = true //nngen:part plan
	copying = true //nngen:part plan
)

// A product is what the loops over cache blocks share. Its sums are one chain each.
type product struct {
	m, n, k int
	a, b    factor
	c       []float32
	ldc     int
	ep      Epilogue
}

// step returns the length of the parts that k is cut into.
func (x *product) step() int { return x.stepOf(x.blocking()) }

// stepOf is step for some blocks.
func (x *product) stepOf(b *blocking) int {
	if x.a.cs != 1 {
		return x.parts(b.kcT)
	}
	return x.parts(b.kc)
}

// parts returns the length of the parts that k is cut into, of kc terms at most.
func (x *product) parts(kc int) int {
	parts := (x.k + kc - 1) / kc
	return (x.k + parts - 1) / parts
}

// blocking returns the blocks of the instruction set that computes the product.
func (x *product) blocking() *blocking {
	if cpu.HasSplitAVX512 && x.wide() {
		return &wideBlocks
	}
	return &blocks
}

// wide tells whether AVX-512 computes the product, if the machine has it.
func (x *product) wide() bool {
	return x.m > 1 && takesWide(x.m, x.n, x.k) && (x.copies(&wideBlocks) || !crowded(x.m, x.a.rs))
}

// wideSizes tells whether products of some sizes are for AVX-512 on all machines that have it at full width, and keptSizes
// whether they are on one that keeps its clock. Half a panel or less fills a register of AVX2.
func wideSizes(m, n, k int) bool { return n > nr/2 && int64(m)*int64(n)*int64(k) >= int64(wideWork) }

// keptSizes is documented with wideSizes.
func keptSizes(m, n, k int) bool {
	return n > nr/2 && int64(m)*int64(n)*int64(k) >= int64(min(wideWork, keptWork))
}

// takesWide tells whether a machine that has AVX-512 takes it for a product.
func takesWide(m, n, k int) bool {
	if cpu.HasAVX512 && cpu.KeepsClock {
		return keptSizes(m, n, k)
	}
	return wideSizes(m, n, k) && (cpu.HasAVX512 || gainsAtHalf(m, n, k))
}

// crowded tells whether rows of A that are rs elements apart, as many as a tile of AVX-512 has, are whole pages apart,
// and so share one set of the first-level cache, which has lines for the rows of a tile of AVX2, but not for these: each
// line is then fetched for every one of its elements.
func crowded(m, rs int) bool { return m > tileRows && rs > 1 && rs%page == 0 && !cpu.HasAVX512 }

// gainsAtHalf tells whether AVX-512 is faster for a product where 512 bits are two halves. There a tile of a single panel
// is bound by its loads: what is saved by tiles of two panels is more only if few of the panels are single. Between its
// steps a tile of 14 rows takes longer than those of 6 that it stands for, so that sums of few terms are for AVX2. And a C
// that the second and third caches don't hold takes longer to write by 14 rows at a time, unless many terms are between.
func gainsAtHalf(m, n, k int) bool {
	const manyCols, fewTerms, manyTerms, largeC = 8 * wideCols, 96, 256, 1 << 21
	return (n%wideCols == 0 || n >= manyCols) && wideSizes(m/2, n, k) && k >= fewTerms &&
		(k >= manyTerms || int64(m)*int64(n) < largeC)
}

// Where 512 bits are two halves, AVX-512 is taken for one row of A with a matrix B whose panels lie side by side, in rows
// behind each other, and with one of nearSplit to farSplit elements that lies panel behind panel: of eight panels at a time,
// each of which is a stream of its own, a larger one was slower, and of a smaller one AVX2 reads as much. Of less than
// fullSplit elements, which the second-level cache holds, eight panels that are whole pages apart, and so take all lines
// of a set of the first, were slower too.
const (
	nearSplit = 1 << 16
	fullSplit = 1 << 18
	farSplit  = 1 << 21
)

// takesWideRow tells whether a machine that has AVX-512 takes it for a product of one row of A, of one chain, with panels
// of B that are ps bytes apart.
func takesWideRow(n, k, ps int) bool {
	size := int64(n) * int64(k)
	switch {
	case cpu.HasAVX512 || ps == 4*nr:
		return true
	case size < fullSplit && ps%(4*page) == 0:
		return false
	default:
		return nearSplit <= size && size <= farSplit
	}
}

// part returns the end of the part of k that begins at p, and the flags for it. Each part
// continues the sums of the one before.
func (x *product) part(p, step int) (end, flags int) {
	end = min(p+step, x.k)
	return end, partFlags(x.ep, p, end == x.k)
}

// partFlags returns the flags for the part of k that begins at p, be it the last or not.
func partFlags(ep Epilogue, p int, last bool) int {
	flags := abi.FlagAcc
	if p == 0 {
		flags &= ep.flags()
	}
	if last {
		flags |= ep.flags()
	}
	return flags
}

// runBlocks runs the tile kernel over C = A·B, with m, n, k > 0. Row p of the panel of B with
// columns j to j+15 starts at b.x[p·b.rs + j/16·b.cs].
func (x *product) runBlocks() {
	if cpu.HasSplitAVX512 && x.wide() {
		x.runWide()
		return
	}
	pack, lent := (*float32)(nil), -1
	if x.packs(&blocks) {
		var p *panel
		if p, lent = panelPool.borrow(1); p != nil {
			pack = &p[0]
		}
	}
	copied, lentA := x.borrowA()
	step := x.step()
	block := x.blockRows(&blocks, copied != nil, step, tileRows)
	for p, end := 0, 0; p < x.k; p = end {
		var flags int
		end, flags = x.part(p, step)
		for i := 0; i < x.m; i += block {
			m := min(block, x.m-i)
			a, cols := x.blockA(copied, i, m, p, end-p), callCols(m, x.n, end-p)
			if cpu.HasNEON {
				cols = min(cols, max(1, neonWork/m/(end-p)/nr)*nr)
			}
			for j := 0; j < x.n; j += cols {
				x.tiles(a, x.b.x[p*x.b.rs+j/nr*x.b.cs:], x.b.rs, x.b.cs, i, m, j, min(cols, x.n-j), end-p, pack, flags)
			}
		}
	}
	blockPool.giveBack(lentA, 1)
	panelPool.giveBack(lent, 1)
}

// runWide is runBlocks for AVX-512.
func (x *product) runWide() {
	step, count, lent := x.step(), 1, -1
	var pack *panel
	if x.packs(&wideBlocks) {
		if step > kcMax {
			count = 2
		}
		if pack, lent = panelPool.borrow(count); pack == nil && count > 1 {
			step, count = x.parts(kcMax), 1
			pack, lent = panelPool.borrow(1)
		}
	}
	x.runWideBlocks(step, pack, nil)
	panelPool.giveBack(lent, count)
}

// runWideBlocks runs the kernel of AVX-512 over C = A·B, step terms at a time. If buf is nil, B consists of panels. Else
// they pass through buf, two at a time: transposed writes those with the columns from j to j+n and the terms from p to p+k
// there, or, if it is nil, the kernel does, as it computes the first tile with them.
func (x *product) runWideBlocks(step int, buf *panel, transposed func(j, p, n, k int)) {
	copied, lentA := x.borrowA()
	block := x.blockRows(&wideBlocks, copied != nil, step, wideRows)
	for p, end := 0, 0; p < x.k; p = end {
		var flags int
		end, flags = x.part(p, step)
		k := end - p
		for i := 0; i < x.m; i += block {
			m := min(block, x.m-i)
			a, cols := x.blockA(copied, i, m, p, k), callCols(m, x.n, k)
			if transposed != nil {
				cols = min(cols, wideCols)
			} else if wideCols < cols && cols < x.n {
				cols = cols / wideCols * wideCols
			}
			for j := 0; j < x.n; j += cols {
				cpu.Preempt()
				n := min(cols, x.n-j)
				if transposed != nil {
					transposed(j, p, n, k)
					t := x.tile(a, buf[:], nr, k*nr, i, m, j, n, k, flags)
					if j+n < x.n && x.b.rs < k+nr { // the rows lie right behind each other, as what is fetched
						t.far = &x.b.x[(j+n)*x.b.rs+p]
					}
					gemm14x32AVX512(&t)
					continue
				}
				t := x.tile(a, x.b.x[p*x.b.rs+j/nr*x.b.cs:], x.b.rs, x.b.cs, i, m, j, n, k, flags)
				if x.b.rs == nr && j+wideCols < x.n {
					t.far = &x.b.x[p*nr+(j+wideCols)/nr*x.b.cs]
				}
				if buf != nil && m >= wideRows-1 {
					t.pack = &buf[0]
				}
				gemm14x32AVX512(&t)
			}
		}
	}
	blockPool.giveBack(lentA, 1)
}

// blockRows returns the rows of the blocks of A for parts of k of some length: whole tiles, as many as fit in a block, in
// blocks of about the same size.
func (x *product) blockRows(b *blocking, copied bool, step, tile int) int {
	most := min(b.area/step, b.mc)
	switch {
	case copied && x.a.cs == 1:
		most = min(most, blockMax/oddLines(step))
	case copied: // oddLines adds two lines at most
		most = min(most, (blockMax/step/nr-1)*nr)
	}
	tiles := (x.m + tile - 1) / tile
	parts := (tiles-1)/max(1, most/tile) + 1
	return (tiles + parts - 1) / parts * tile
}

// tiles runs a kernel for m rows of C from row i on and n columns from column j on, given
// the block of A, the panels of B and their strides, for k steps.
func (x *product) tiles(a factor, b []float32, ldb, ps, i, m, j, n, k int, pack *float32, flags int) {
	if alone && x.m == 1 {
		var r rowArgs
		r.xs, r.b, r.ldb = 4*a.cs, &b[0], 4*ldb
		r.ps, r.v, r.k = 4*ps, x.slice(i, j), k
		r.n, r.flags, r.alpha, r.padded = n, flags, x.ep.alpha(), 1
		r.split(1)
		r.run(&a.x[0], &x.c[j])
		return
	}
	t := x.tile(a, b, ldb, ps, i, m, j, n, k, flags)
	if m >= tileRows {
		t.pack = pack
	}
	gemm6x16SIMD(&t) // the product as a whole is not for AVX-512, or is done but for its epilogue
}

// tile returns the arguments of the tile kernel for what tiles computes.
func (x *product) tile(a factor, b []float32, ldb, ps, i, m, j, n, k, flags int) (t tileArgs) {
	t.a, t.rsa, t.csa, t.b = &a.x[0], 4*a.rs, 4*a.cs, &b[0]
	t.ldb, t.ps, t.c, t.ldc = 4*ldb, 4*ps, &x.c[i*x.ldc+j], 4*x.ldc
	t.m, t.n, t.k, t.v = m, n, k, x.slice(i, j)
	t.flags, t.alpha, t.chains = flags, x.ep.alpha(), 1
	t.measure(len(b))
	return t
}

// slice returns the bias at column j, or the saved output at C[i,j], if the epilogue has one.
func (x *product) slice(i, j int) *float32 {
	switch {
	case x.ep.grad():
		return &x.ep.v[i*x.ldc+j]
	case x.ep.bias():
		return &x.ep.v[j]
	}
	return first(x.ep.v)
}

// borrowA borrows room for blocks of A if copies of them pay.
func (x *product) borrowA() (*block, int) {
	if copying && x.copies(x.blocking()) {
		return blockPool.borrow(1)
	}
	return nil, -1
}

// copies tells whether copies of blocks of A pay.
func (x *product) copies(b *blocking) bool {
	far := x.a.rs%b.copyMultiple == 0
	if x.a.cs != 1 {
		far = x.a.cs >= b.copyStrideT && x.a.cs%b.copyMultipleT == 0
	}
	return far && min(x.a.rs, x.a.cs) == 1 && x.n >= b.copyCols && x.m >= b.packRows
}

// packs tells whether B is copied to packed panels on the way.
func (x *product) packs(b *blocking) bool {
	return x.m >= b.packRows && x.b.cs == nr && x.b.rs >= b.packStride
}

// blockA returns the m×k block of A from row i and column p on, copied if there is room.
func (x *product) blockA(room *block, i, m, p, k int) factor {
	a := factor{x.a.x[i*x.a.rs+p*x.a.cs:], x.a.rs, x.a.cs}
	if copying && room != nil {
		return a.block(room, m, k)
	}
	return a
}

// block returns an m×k block that is copied, with rows of an odd number of cache lines.
func (a factor) block(room *block, m, k int) factor {
	if a.cs == 1 {
		stride := oddLines(k)
		for r := range m {
			copy(room[r*stride:], a.x[r*a.rs:][:k])
		}
		return factor{room[:], stride, 1}
	}
	stride := oddLines(m)
	for r := range k {
		copy(room[r*stride:], a.x[r*a.cs:][:m])
	}
	return factor{room[:], 1, stride}
}

// oddLines returns the least number of elements, at least n, that is an odd number of cache lines.
func oddLines(n int) int { return ((n+nr-1)/nr | 1) * nr }

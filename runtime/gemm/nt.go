package gemm

import (
	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/cpu"
)

// NT computes C = A·Bᵀ and applies the epilogue.
//
//	A  m×k, row stride lda ≥ k
//	B  n×k, row stride ldb ≥ k
//	C  m×n, row stride ldc ≥ n
//
// All else is as with NN.
func NT(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep Epilogue) {
	checkSizes(m, n, k, lda|ldb|ldc)
	if m == 0 || n == 0 {
		return
	}
	checkMatrix(m, k, a, lda, badA)
	checkMatrix(n, k, b, ldb, badB)
	checkC(m, n, c, ldc, ep)
	if small && isSmall(m, n, k) {
		gemmSmallTAVX2(m, n, k, &a[0], lda, 1, &b[0], ldb, &c[0], ldc, first(ep.v), ep.flags(), ep.alpha())
		return
	}
	if alone && cpu.HasSIMD() && m == 1 && n >= 8 && k > 0 {
		// The first columns by eights, the others below.
		var r rowArgs
		r.ldb, r.v, r.alpha = 4*ldb, first(ep.v), ep.alpha()
		cols, steps := n, k
		if several {
			cols, steps = callCols(1, n, k), callSteps(1, n, k)
		}
		for n >= 8 {
			r.n = min(cols, n&^7)
			for p := 0; p < k; p += steps {
				cpu.Preempt()
				r.k, r.b, r.flags = min(steps, k-p), &b[p], partFlags(ep, p, p+steps >= k)
				gemvTSIMD(&r, &a[p], &c[0])
			}
			if n == r.n {
				return
			}
			n, b, c = n-r.n, b[r.n*ldb:], c[r.n:]
			if len(ep.v) > 0 {
				ep.v = ep.v[r.n:]
				r.v = &ep.v[0]
			}
		}
	}
	if !cpu.HasSIMD() || k == 0 {
		gemmGeneric(m, n, k, 1, factor{a, lda, 1}, panels{factor: factor{b, 1, ldb}}, c, ldc, ep)
		return
	}
	x := product{m, n, k, factor{a, lda, 1}, factor{b, ldb, 1}, c, ldc, ep}
	if turning && x.turned() {
		return
	}
	if buf, i := panelPool.borrow(1); buf != nil {
		x.runTransposed(buf)
		panelPool.giveBack(i, 1)
		return
	}
	x.runTransposedOnStack()
}

// runTransposed runs the kernels over C = A·Bᵀ, with m, n, k > 0 and the n×k matrix B at b.x,
// row stride b.rs. It packs as many columns of Bᵀ as fit in buf, multiplies with them, and
// goes on to the next ones.
func (x *product) runTransposed(buf *panel) {
	if !parted || packsWhole(x.m, x.n, x.k) && (smallPacked(x.n, x.k) || !cpu.HasSplitAVX512 || !x.wide()) {
		pa := packArgs{b: &x.b.x[0], ldb: 4 * x.b.rs, p: &buf[0], k: x.k, n: x.n}
		packTSIMD(&pa)
		runTiles(x.m, x.n, x.k, 1, x.a.x, x.a.rs, x.a.cs, buf[:], nr, nr*x.k, x.c, x.ldc, x.ep)
		return
	}
	if cpu.HasSplitAVX512 && x.wide() {
		x.runWideBlocks(x.parts(wideBlocks.kcNT), buf, func(j, p, n, k int) {
			pa := packArgs{b: &x.b.x[j*x.b.rs+p], ldb: 4 * x.b.rs, p: &buf[0], k: k, n: n}
			packTSIMD(&pa)
		})
		return
	}
	copied, lentA := x.borrowA()
	step := x.step()
	width := kcMax / step * nr
	block := x.blockRows(&blocks, copied != nil, step, tileRows)
	for p, end := 0, 0; p < x.k; p = end {
		var flags int
		end, flags = x.part(p, step)
		k := end - p
		for i := 0; i < x.m; i += block {
			m := min(block, x.m-i)
			a := x.blockA(copied, i, m, p, k)
			for j := 0; j < x.n; j += width {
				cpu.Preempt()
				var pa packArgs
				pa.b, pa.ldb, pa.p = &x.b.x[j*x.b.rs+p], 4*x.b.rs, &buf[0]
				pa.k, pa.n = k, min(width, x.n-j)
				packTSIMD(&pa)
				x.tiles(a, buf[:], nr, k*nr, i, m, j, pa.n, k, nil, flags)
			}
		}
	}
	blockPool.giveBack(lentA, 1)
}

// parted says that some product does not pack all of B at once.
const parted = true //nngen:part plan

// smallPack is how many elements of B are packed without regard to anything else.
const smallPack = 1024

// smallPacked tells whether B has no more.
func smallPacked(n, k int) bool { return k*((n+nr-1)/nr*nr) <= smallPack }

// packsWhole tells whether one call packs all of B, and one multiplies with it: there are no blocks to think of.
func packsWhole(m, n, k int) bool {
	return k <= blocks.kc && oneCall(m, n, k) &&
		(smallPacked(n, k) || m <= blocks.mc && n < blocks.copyCols && n <= kcMax/k*nr)
}

// runTransposedOnStack is runTransposed for when no panel can be borrowed.
//
//go:noinline
func (x *product) runTransposedOnStack() {
	var buf panel
	x.runTransposed(&buf)
}

// turning says that the transpose of some product is faster.
const turning = true //nngen:part plan

// turnedRows is how many rows of Cᵀ are computed before they are transposed.
const turnedRows = 48

// turnedMax is the most elements of scratch space that the transposes take: what the second-level cache holds.
const turnedMax = 13 * nr * 368

// turnedMost is the most rows of A that are turned.
const turnedMost = 128

// turns tells whether turned is faster. An epilogue passes through C once more.
func turns(m, k int, ep Epilogue) bool {
	wide := (m + nr - 1) / nr * nr
	// In sixteenths of a cycle for each row of B.
	idle, each := ((m+7)/8*8-m)*k, 10
	if ep.flags()&^abi.FlagAcc != 0 {
		each = 48
	}
	return m >= 8 && m <= turnedMost && idle+each*m+200 <= 5*k && (k+turnedRows)*wide <= turnedMax
}

// turned computes C = A·Bᵀ as the transpose of B·Aᵀ, if that is faster, and tells whether it
// did. Then the small A is packed instead of the large B, and C passes through scratch
// space. It pays if A has few rows, so that its panels stay in the first caches, and these
// fill the lanes.
func (x *product) turned() bool {
	if !turns(x.m, x.k, x.ep) || smallPacked(x.n, x.k) {
		return false
	}
	wide := (x.m + nr - 1) / nr * nr
	room, lent := blockPool.borrow(1)
	if room == nil {
		return false
	}
	defer blockPool.giveBack(lent, 1)
	at, ct := room[:x.k*wide], room[x.k*wide:]
	var pa packArgs
	pa.b, pa.ldb, pa.p = &x.a.x[0], 4*x.a.rs, &at[0]
	pa.k, pa.n = x.k, x.m
	packTSIMD(&pa)
	for j := 0; j < x.n; j += turnedRows {
		cpu.Preempt()
		rows := min(turnedRows, x.n-j)
		var t tileArgs
		if x.ep.acc() {
			transpose(x.m, rows, x.c[j:], x.ldc, ct, wide)
			t.flags = abi.FlagAcc
		}
		t.a, t.rsa, t.csa, t.b = &x.b.x[j*x.b.rs], 4*x.b.rs, 4, &at[0]
		t.ldb, t.ps, t.c, t.ldc = 4*nr, 4*nr*x.k, &ct[0], 4*wide
		t.m, t.n, t.k, t.chains = rows, x.m, x.k, 1
		t.measure(len(at))
		gemmTileSIMD(&t)
		transpose(rows, x.m, ct, wide, x.c[j:], x.ldc)
		if flags := x.ep.flags() &^ abi.FlagAcc; flags != 0 {
			// The epilogue of sums that are in C already: a product with k = 0 continues them.
			x.tiles(factor{x.a.x, 0, 0}, at, 0, 0, 0, x.m, j, rows, 0, nil, flags|abi.FlagAcc)
		}
	}
	return true
}

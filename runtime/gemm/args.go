package gemm

import (
	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/cpu"
)

// A tileArgs is what the register-tile kernel takes: m rows and n columns of C = A·B, with
// strides in bytes.
type tileArgs struct {
	a        *float32 // A[0,0]
	rsa, csa int      // from a row of A to the next, and from a column
	b        *float32 // B[0,0]
	ldb      int      // from a row of B to the next
	ps       int      // from a panel of 16 columns of B to the next
	c        *float32 // C[0,0]
	ldc      int      // from a row of C to the next
	m, n, k  int      // each at least 1
	v        *float32 // the bias at column 0, or the saved output at C[0,0]
	pack     *float32 // where each panel of B is copied to on the way, k rows of 16; nil if not, or if m < 6
	far      *float32 // what the next panels come from: AVX-512 fetches two lines of it a step, ps bytes apart; or nil
	flags    int
	alpha    float32

	// The sums are cut into chains of k terms, the last one of k+rest. The next chain starts
	// achain bytes further in A and bchain in B; aback and bback are all these steps.
	chains, rest   int
	achain, bchain int
	aback, bback   int

	//lint:ignore U1000 a variable of the kernel: B as the next tile reads it
	bNow *float32
	//lint:ignore U1000 more of them: bNow's stride, columns of a row's last register, bytes from column 0 to the panel in v
	ldbNow, tail, column int

	// whole is how many terms of the last chain, its first ones, and of all before it, may be read from B without a mask,
	// which takes several times as long: what is behind the last column is in B too. 0 stands for none of any chain.
	whole int
}

// gemmTileSIMD runs the tile kernel of the best instruction set.
func gemmTileSIMD(t *tileArgs) {
	if cpu.HasSplitAVX512 && takesWide(t.m, t.n, t.k) && !crowded(t.m, t.rsa/4) {
		gemm14x32AVX512(t)
		return
	}
	gemm6x16SIMD(t)
}

// measure sets whole, given the length of the slice that begins at t.b, once the other fields are set: where the last panel
// is not full, and there are more than a few terms.
func (t *tileArgs) measure(length int) {
	tail := uint(t.n) % nr
	if tail == 0 || t.k*t.chains <= 4 {
		return
	}
	last := max(8, int(tail+3)&^3) // columns of the last panel that are read without a mask
	ldb := t.ldb / 4
	t.whole = t.k + t.rest
	beyond := (t.k*t.chains+t.rest-1)*ldb + int(uint(t.n)/nr)*(t.ps/4) + last - length
	for ; beyond > 0 && t.whole > 0; beyond -= ldb {
		t.whole--
	}
}

// split sets the fields by which the sums over k are cut into s chains.
func (t *tileArgs) split(s int) {
	t.chains = s
	if s > 1 {
		k := t.k
		t.k = k / s
		t.rest = k - s*t.k
		t.achain, t.bchain = t.k*t.csa, t.k*t.ldb
		t.aback, t.bback = (s-1)*t.achain, (s-1)*t.bchain
	}
}

// runTiles runs the tile kernel over C = A·B, with m, n, k > 0 and sums of s chains, without blocks: A[i,p] is a[i·ars +
// p·acs], and panels of B lie ps elements apart, with row stride ldb.
func runTiles(m, n, k, s int, a []float32, ars, acs int, b []float32, ldb, ps int, c []float32, ldc int, ep Epilogue) {
	var t tileArgs
	t.a, t.rsa, t.csa, t.b = &a[0], 4*ars, 4*acs, &b[0]
	t.ldb, t.ps, t.c, t.ldc = 4*ldb, 4*ps, &c[0], 4*ldc
	t.m, t.n, t.k, t.v = m, n, k, first(ep.v)
	t.flags, t.alpha = ep.flags(), ep.alpha()
	t.split(s)
	t.measure(len(b))
	if several && longChains(m, n, k, s) || cpu.HasNEON && longOnNEON(m, n, k, s) {
		t.chainedTiles(k, a, b, c, ep)
		return
	}
	rows := m
	switch {
	case cpu.HasNEON:
		rows = neonRows(m, n, k)
	case several:
		rows = callRows(m, n, k)
	}
	if rows == m {
		gemmTileSIMD(&t)
		return
	}
	t.runRows(rows, a, c, ep)
}

// runRows runs the kernel for the rows of a and c, some at a time; v is that of the epilogue. The columns are few, so
// that the sums may be cut into chains, which a cut of the columns would change. The kernel writes to what it takes.
func (t *tileArgs) runRows(rows int, a, c []float32, ep Epilogue) {
	for i, end := 0, 0; i < t.m; i = end {
		cpu.Preempt()
		end = min(i+rows, t.m)
		if cpu.HasNEON && end+partRows > t.m {
			end = t.m
		}
		part := *t
		part.m, part.a, part.c = end-i, &a[i*t.rsa/4], &c[i*t.ldc/4]
		if ep.grad() {
			part.v = &ep.v[i*t.ldc/4]
		}
		gemmTileSIMD(&part)
	}
}

// chainedTiles computes C = A·B over the chains of t, of k terms together, of which there are too many for one call: tile
// by tile and one chain after another, some terms at a time, and adds the chains in order.
func (t *tileArgs) chainedTiles(k int, a, b, c []float32, ep Epilogue) {
	most, ldc := work, t.ldc/4
	if cpu.HasNEON {
		most = min(most, neonWork)
	}
	steps := max(1, most/tileRows/t.n)
	for i := 0; i < t.m; i += tileRows {
		var sum, part [tileRows * 2 * nr]float32
		x := *t
		x.m, x.ldc, x.v, x.chains, x.rest, x.whole = min(tileRows, t.m-i), 4*2*nr, nil, 1, 0, 0
		for chain := range t.chains {
			x.c, x.flags = &part[0], 0
			for p, last := chainBounds(chain, t.chains, k); p < last; p += steps {
				cpu.Preempt()
				call := x
				call.k, call.a, call.b = min(steps, last-p), &a[i*t.rsa/4+p*t.csa/4], &b[p*t.ldb/4]
				gemmTileSIMD(&call)
				x.flags = abi.FlagAcc
			}
			for j := range sum {
				if chain == 0 {
					sum[j] = part[j]
				} else {
					sum[j] += part[j]
				}
			}
		}
		for r := range x.m {
			at := (i + r) * ldc
			ep.storeRow(sum[r*2*nr:][:t.n], c[at:][:t.n], 0, at)
		}
	}
}

// A rowArgs is what the row kernels take, beside A[0,0] and C[0,0]: one row of C = A·B, with
// strides in bytes.
type rowArgs struct {
	xs     int      // from an element of the row to the next
	b      *float32 // B[0,0]
	ldb    int      // from a row of B to the next
	ps     int      // from a panel of 16 columns of B to the next
	v      *float32 // the bias or the saved output, at column 0
	k      int      // steps of each chain, at least 1
	n      int      // columns, at least 1
	panels int      // at least 1
	rest   int      // further steps of the last chain, where there are several
	chains int      // how many
	xchain int      // from the start of a chain to that of the next, in the row
	bchain int      // and in B
	flags  int
	tail   int // columns of the last panel, 1 to 16
	padded int // not 0 if B has 16 columns there all the same
	alpha  float32
	wide   bool // for AVX-512, if the machine has it and a call is long enough; kernels don't read it
}

// A packArgs is what the packing kernels take, with strides in bytes.
type packArgs struct {
	b    *float32 // element (0,0) of the matrix to pack
	ldb  int      // from a row of it as stored to the next
	p    *float32 // the packed matrix
	k, n int      // it is k×n; each at least 1
}

// A transposeArgs is what the transposing kernel takes, with strides in bytes.
type transposeArgs struct {
	src        *float32
	lds        int // from a row of src to the next
	dst        *float32
	ldd        int // from a row of dst to the next
	rows, cols int // of src: for transposeSIMD multiples of 8 and of 4, at least 1
}

// first returns where x starts, nil if it is empty.
func first(x []float32) *float32 {
	if len(x) == 0 {
		return nil
	}
	return &x[0]
}

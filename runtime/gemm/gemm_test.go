package gemm

import (
	"fmt"
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// A form is one of the products, with its twin. p is the packed B, for the form that
// takes one.
type form struct {
	name      string
	ta, tb    bool // A is stored k×m, B is stored n×k
	packed    bool
	got, want func(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep Epilogue)
}

var forms = []form{
	{
		name: "NN", got: NN,
		want: func(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep Epilogue) {
			gemmGeneric(m, n, k, splits(n, k, ep), factor{a, lda, 1}, panels{factor: factor{b, ldb, 1}}, c, ldc, ep)
		},
	},
	{
		name: "NT", tb: true, got: NT,
		want: func(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep Epilogue) {
			gemmGeneric(m, n, k, 1, factor{a, lda, 1}, panels{factor: factor{b, 1, ldb}}, c, ldc, ep)
		},
	},
	{
		name: "TN", ta: true, got: TN,
		want: func(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep Epilogue) {
			gemmGeneric(m, n, k, 1, factor{a, 1, lda}, panels{factor: factor{b, ldb, 1}}, c, ldc, ep)
		},
	},
	{
		name: "NNPacked", packed: true,
		got: func(m, n, k int, a []float32, lda int, b []float32, _ int, c []float32, ldc int, ep Epilogue) {
			NNPacked(m, n, k, a, lda, b, c, ldc, ep)
		},
		want: func(m, n, k int, a []float32, lda int, b []float32, _ int, c []float32, ldc int, ep Epilogue) {
			gemmGeneric(m, n, k, splits(n, k, ep), factor{a, lda, 1}, panels{factor: factor{b, nr, 1}, ps: nr * k}, c, ldc, ep)
		},
	},
}

// An epilogueCase makes an epilogue from the fourth buffer, of C's length.
type epilogueCase struct {
	name string
	make func(v []float32, n int) Epilogue
}

var epilogues = []epilogueCase{
	{"none", func([]float32, int) Epilogue { return None() }},
	{"accumulate", func([]float32, int) Epilogue { return Accumulate() }},
	{"bias", func(v []float32, n int) Epilogue { return Bias(v[:n]) }},
	{"bias_continued", func(v []float32, n int) Epilogue { return Bias(v[:n]).Continued() }},
	{"bias_relu", func(v []float32, n int) Epilogue { return BiasAct(v[:n], ReLU) }},
	{"bias_leaky_relu", func(v []float32, n int) Epilogue { return BiasAct(v[:n], LeakyReLU).Alpha(0.3) }},
	{"grad_linear", func(v []float32, _ int) Epilogue { return GradAct(Linear, v) }},
	{"grad_relu", func(v []float32, _ int) Epilogue { return GradAct(ReLU, v) }},
	{"grad_leaky_relu", func(v []float32, _ int) Epilogue { return GradAct(LeakyReLU, v).Alpha(-2) }},
	{"grad_sigmoid", func(v []float32, _ int) Epilogue { return GradAct(Sigmoid, v) }},
	{"grad_tanh", func(v []float32, _ int) Epilogue { return GradAct(Tanh, v) }},
	{"grad_tanh_continued", func(v []float32, _ int) Epilogue { return GradAct(Tanh, v).Continued() }},
}

// shape is what a size tuple {m, n, k, pad} means: pad is the excess of each stride.
type shape struct{ m, n, k, lda, ldb, ldc, lenA, lenB, lenC int }

func (f *form) shape(s []int) shape {
	m, n, k, pad := s[0], s[1], s[2], s[3]
	x := shape{m: m, n: n, k: k, ldc: n + pad}
	rows, cols := m, k
	if f.ta {
		rows, cols = k, m
	}
	x.lda, x.lenA = cols+pad, extent(rows, cols, cols+pad)
	rows, cols = k, n
	if f.tb {
		rows, cols = n, k
	}
	x.ldb, x.lenB = cols+2*pad, extent(rows, cols, cols+2*pad)
	if f.packed {
		x.lenB = PackedLen(k, n)
	}
	x.lenC = extent(m, n, x.ldc)
	return x
}

// extent is the length of a rows×cols matrix with row stride ld.
func extent(rows, cols, ld int) int {
	if rows == 0 || cols == 0 {
		return 0
	}
	return (rows-1)*ld + cols
}

func (f *form) kernel(ep epilogueCase, sizes [][]int) kerneltest.Kernel {
	call := func(g func(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep Epilogue)) func(s []int, buf [][]float32) {
		return func(s []int, buf [][]float32) {
			x := f.shape(s)
			g(x.m, x.n, x.k, buf[0], x.lda, buf[1], x.ldb, buf[2], x.ldc, ep.make(buf[3], x.n))
		}
	}
	return kerneltest.Kernel{
		Name:   f.name + "/" + ep.name,
		Sizes:  sizes,
		Rotate: true,
		Args: func(s []int) []kerneltest.Arg {
			x := f.shape(s)
			return []kerneltest.Arg{
				{Dir: kerneltest.In, Len: x.lenA}, {Dir: kerneltest.In, Len: x.lenB},
				{Dir: kerneltest.InOut, Len: x.lenC}, {Dir: kerneltest.In, Len: max(x.n, x.lenC)},
			}
		},
		Got:  call(f.got),
		Want: call(f.want),
	}
}

// sizes are shapes past two register tiles in each direction, at first all small ones,
// then some drawn at random, then ones that pass the cache blocks; of those, short tests that are not full take some,
// others for each turn.
func sizes(full bool, turn int) [][]int {
	r := rand.New(rand.NewSource(5))
	var s [][]int
	if full && !testing.Short() {
		ks := []int{0, 1, 2, 3, 5, 16, 17, 50}
		for _, x := range kerneltest.Grid(kerneltest.Upto(14), kerneltest.Upto(35), ks) {
			s = append(s, append(x, r.Intn(3)))
		}
	}
	drawn := 300
	if testing.Short() {
		if drawn = 40; full {
			drawn = 120
		}
	}
	for range drawn {
		s = append(s, []int{r.Intn(30), r.Intn(70), r.Intn(100), r.Intn(4)})
	}
	large := [][]int{{1, 10, 128, 0}, {1, 200, 300, 0}, {2, 130, 70, 1}, {50, 33, 600, 0}, {7, 20, 1100, 3}, {200, 1, 40, 0},
		{37, 1, 40, 0}, {40, 1, 9, 2}, {130, 17, 80, 0}, {24, 100, 300, 0}}
	if !testing.Short() || full {
		return append(s, large...)
	}
	for i := turn % 3; i < len(large); i += 3 {
		s = append(s, large[i])
	}
	return s
}

func TestKernels(t *testing.T) {
	var table []kerneltest.Kernel
	for i := range forms {
		for e, ep := range epilogues {
			s := sizes(ep.name == "none", i+e)
			table = append(table, forms[i].kernel(ep, s))
		}
	}
	kerneltest.Run(t, table)
}

// TestSingleColumns compares rows times one column, whose chains are the lanes of a register: four terms of each at a
// time, those that are left, and what only the last chain has.
func TestSingleColumns(t *testing.T) {
	var sizes [][]int
	for k := 15; k < 40; k++ {
		sizes = append(sizes, []int{1, 1, k, k % 3})
	}
	var table []kerneltest.Kernel
	for _, f := range []*form{&forms[0], &forms[3]} {
		for _, ep := range epilogues[:6] {
			table = append(table, f.kernel(ep, sizes))
		}
	}
	kerneltest.Run(t, table)
}

// TestCutCallsHaveTheSameBits bounds the work of a call so far that all products but the smallest take several. Each bound
// is tried with a third of the epilogues.
func TestCutCallsHaveTheSameBits(t *testing.T) {
	a, b := work, rowWork
	defer func() { work, rowWork = a, b }()
	bounds := []int{1000, 1, 20000}
	if testing.Short() {
		bounds = bounds[:1]
	}
	for n, most := range bounds {
		work, rowWork = most, most/2
		var table []kerneltest.Kernel
		for i := range forms {
			for e, ep := range epilogues {
				if e%3 == n {
					table = append(table, forms[i].kernel(ep, sizes(false, i+e/3)))
				}
			}
		}
		kerneltest.Run(t, table)
		TestLayer(t)
		TestPack(t)
		TestAccumulateContinues(t)
	}
}

// TestBlocksHaveTheSameBits makes the blocks so small that products of some dozens of rows, columns and terms take several
// of each, with and without copies of A and of B, which ends in the middle of panels and of tiles.
func TestBlocksHaveTheSameBits(t *testing.T) {
	narrowBefore, wideBefore := blocks, wideBlocks
	defer func() { blocks, wideBlocks = narrowBefore, wideBefore }()
	sizes := [][]int{{28, 64, 40, 0}, {61, 83, 97, 1}, {45, 48, 80, 2}, {90, 33, 41, 0}, {29, 50, 10, 3}, {13, 100, 45, 0}}
	for n, small := range []blocking{
		{area: 900, kc: 40, kcT: 30, kcNT: 35,
			mc: 90, packRows: 6, packStride: 1, copyCols: 1, copyMultiple: 1, copyMultipleT: 1},
		{area: 300, kc: 25, kcT: 41, kcNT: 21,
			mc: 90, packRows: 14, packStride: 40, copyCols: 1 << 20, copyMultiple: 1, copyMultipleT: 1},
		{area: 2000, kc: 33, kcT: 33, kcNT: 33,
			mc: 30, packRows: 1 << 20, copyCols: 34, copyMultiple: 1, copyMultipleT: 1},
	} {
		blocks, wideBlocks = small, small
		var table []kerneltest.Kernel
		for i := range forms {
			for e, ep := range epilogues {
				if e%3 == n {
					table = append(table, forms[i].kernel(ep, sizes))
				}
			}
		}
		kerneltest.Run(t, table)
	}
}

// TestFewColumnsOfATransposedProduct compares products that are computed as transposes with their twin: of one call and
// of several, in columns and in terms, and where there is no room for the transpose.
func TestFewColumnsOfATransposedProduct(t *testing.T) {
	a, b := work, rowWork
	defer func() { work, rowWork = a, b }()
	i := slices.IndexFunc(forms, func(f form) bool { return f.name == "TN" })
	check := func() {
		t.Helper()
		for _, s := range [][]int{{16, 4, 3000, 0}, {31, 1, 2000, 1}, {48, 6, 901, 2}, {100, 3, 700, 1}, {33, 2, 1500, 0}} {
			if !turnsColumns(s[0], s[1], s[2]) {
				t.Fatalf("%v is not turned", s)
			}
			for _, ep := range epilogues[:3] {
				kern := forms[i].kernel(ep, nil)
				kern.Compare(t, s, func(r *rand.Rand) float32 { return float32(r.NormFloat64()) }, int64(s[2]))
			}
		}
	}
	check()
	work, rowWork = 20000, 10000
	check()
	for _, lent := blockPool.borrow(1); lent >= 0; _, lent = blockPool.borrow(1) {
		defer blockPool.giveBack(lent, 1)
	}
	check()
}

// TestFewColumns compares products that the kernel for few columns takes with their twin: all numbers of columns and of
// rows past two steps, of one call and of several, and where there is no room for B.
func TestFewColumns(t *testing.T) {
	a, b := work, rowWork
	defer func() { work, rowWork = a, b }()
	var sizes [][]int
	for m := 16; m < 23; m++ {
		for n := 2; n <= 4; n++ {
			sizes = append(sizes, []int{m, n, 16, m % 3}, []int{m, n, 16 * (m - 14), n % 2})
		}
	}
	i := slices.IndexFunc(forms, func(f form) bool { return f.name == "NN" })
	check := func() {
		t.Helper()
		for _, s := range sizes {
			for _, ep := range []epilogueCase{epilogues[0], epilogues[2]} {
				if !slimSizes(s[0], s[1], s[2]) || !slimEpilogue(ep.make(make([]float32, 4), s[1])) {
					t.Fatalf("%v, %s: another kernel", s, ep.name)
				}
			}
		}
		kerneltest.Run(t, []kerneltest.Kernel{forms[i].kernel(epilogues[0], sizes), forms[i].kernel(epilogues[2], sizes)})
	}
	check()
	work, rowWork = 16*16*5, 10 // five rows of 16 terms, the fewest of more
	check()
	for _, lent := panelPool.borrow(1); lent >= 0; _, lent = panelPool.borrow(1) {
		defer panelPool.giveBack(lent, 1)
	}
	check()
}

// TestLongChains compares products whose sums are cut into chains of more work than a call may have with their twins.
func TestLongChains(t *testing.T) {
	r := rand.New(rand.NewSource(12))
	for _, s := range [][]int{{1, 10, 60001, 0}, {1, 32, 20000, 1}, {1, 16, 40003, 0}, {7, 32, 22001, 0}, {2, 9, 250007, 2}} {
		if !longChains(s[0], s[1], s[2], splits(s[1], s[2], None())) {
			t.Fatalf("%v is done in one call", s)
		}
		for i := range forms {
			if f := &forms[i]; f.name == "NN" || f.packed {
				kern := f.kernel(epilogues[4+i], nil)
				kern.Compare(t, s, func(r *rand.Rand) float32 { return float32(r.NormFloat64()) }, r.Int63())
			}
		}
	}
}

// TestCallsAreBounded holds what one call does against the bound, which only one panel, or one tile, may pass.
func TestCallsAreBounded(t *testing.T) {
	r := rand.New(rand.NewSource(7))
	for range 10000 {
		m, n, k := 1+r.Intn(1+r.Intn(3000)), 1+r.Intn(1+r.Intn(30000)), 1+r.Intn(1+r.Intn(3000))
		if cols := callCols(m, n, k); m*min(n, cols)*k > callWork(m) && cols != nr || cols < n && cols%nr != 0 {
			t.Errorf("%d of %d columns for %d rows of %d", cols, n, m, k)
		}
		if steps := callSteps(m, n, k); m <= 6 && m*min(n, nr)*steps > callWork(m) {
			t.Errorf("%d of %d terms for %d rows and %d columns", steps, k, m, n)
		}
		if rows := callRows(m, n, k); m > 1 && min(m, rows)*n*k > work && rows != 6 || rows < m && rows%6 != 0 {
			t.Errorf("%d of %d rows for %d columns of %d", rows, m, n, k)
		}
	}
}

// TestChains holds the twins to the contract of the package doc, written out: one chain, or
// the documented number, added in order.
func TestChains(t *testing.T) {
	r := rand.New(rand.NewSource(6))
	for range 500 {
		m, n, k := 1+r.Intn(8), 1+r.Intn(40), r.Intn(120)
		f := &forms[r.Intn(len(forms))]
		acc := r.Intn(3) == 0
		x := f.shape([]int{m, n, k, 1})
		a, b, c := draw(r, x.lenA), draw(r, x.lenB), draw(r, x.lenC)
		old := append([]float32(nil), c...)
		ep := None()
		if acc {
			ep = Accumulate()
		}
		f.got(m, n, k, a, x.lda, b, x.ldb, c, x.ldc, ep)
		chains := 1
		if !acc && !f.ta && !f.tb {
			switch {
			case n <= 16 && k >= 16 && k >= 3*n:
				chains = 4
			case n > 16 && n <= 32 && k >= 2*n:
				chains = 2
			}
		}
		for i := range m {
			for j := range n {
				var total float32
				for q := range chains {
					var s float32
					if acc {
						s = old[i*x.ldc+j]
					}
					to := (q + 1) * (k / chains)
					if q == chains-1 {
						to = k
					}
					for p := q * (k / chains); p < to; p++ {
						var av, bv float32
						if f.ta {
							av = a[p*x.lda+i]
						} else {
							av = a[i*x.lda+p]
						}
						switch {
						case f.packed:
							bv = b[j/16*16*k+p*16+j%16]
						case f.tb:
							bv = b[j*x.ldb+p]
						default:
							bv = b[p*x.ldb+j]
						}
						s = f32.FMA(av, bv, s)
					}
					if q == 0 {
						total = s
					} else {
						total += s
					}
				}
				if got := c[i*x.ldc+j]; !kerneltest.Same(got, total) {
					t.Fatalf("%s m=%d n=%d k=%d acc=%v: C[%d,%d] = %x, want %x", f.name, m, n, k, acc, i, j, got, total)
				}
			}
		}
	}
}

// TestRowsDoNotMatter checks that a row of C has the same bits whatever the rows beside it,
// and that packing changes nothing.
func TestRowsDoNotMatter(t *testing.T) {
	r := rand.New(rand.NewSource(7))
	for range 200 {
		m, n, k := 2+r.Intn(20), 1+r.Intn(80), r.Intn(200)
		a, b, bias := draw(r, m*k), draw(r, k*n), draw(r, n)
		p := make([]float32, PackedLen(k, n))
		Pack(k, n, b, n, p)
		whole, packed, rows := make([]float32, m*n), make([]float32, m*n), make([]float32, m*n)
		NN(m, n, k, a, k, b, n, whole, n, BiasAct(bias, ReLU))
		NNPacked(m, n, k, a, k, p, packed, n, BiasAct(bias, ReLU))
		for i := range m {
			NNPacked(1, n, k, a[i*k:], k, p, rows[i*n:], n, BiasAct(bias, ReLU))
		}
		if at := kerneltest.Diff(whole, packed); at >= 0 {
			t.Fatalf("m=%d n=%d k=%d: NNPacked differs from NN at %d: %x, %x", m, n, k, at, packed[at], whole[at])
		}
		if at := kerneltest.Diff(whole, rows); at >= 0 {
			t.Fatalf("m=%d n=%d k=%d: row by row differs at %d: %x, %x", m, n, k, at, rows[at], whole[at])
		}
	}
}

// TestAccumulateContinues checks that a sum may be taken in parts of k.
func TestAccumulateContinues(t *testing.T) {
	r := rand.New(rand.NewSource(8))
	for range 200 {
		m, n, k := 1+r.Intn(20), 1+r.Intn(40), 2+r.Intn(100)
		cut := r.Intn(k)
		a, b := draw(r, m*k), draw(r, k*n)
		whole, parts := make([]float32, m*n), make([]float32, m*n)
		TN(m, n, k, a, m, b, n, whole, n, None())
		TN(m, n, cut, a, m, b, n, parts, n, None())
		TN(m, n, k-cut, a[cut*m:], m, b[cut*n:], n, parts, n, Accumulate())
		if at := kerneltest.Diff(whole, parts); at >= 0 {
			t.Fatalf("m=%d n=%d k=%d cut=%d: differs at %d: %x, %x", m, n, k, cut, at, parts[at], whole[at])
		}
	}
}

// TestLayer checks that a Layer is NNPacked for one row, and a Chain Strided, in each mode.
func TestLayer(t *testing.T) {
	r := rand.New(rand.NewSource(11))
	kerneltest.Modes(t, func(t *testing.T) {
		for i := range 400 {
			n, k := r.Intn(200), r.Intn(100)
			if i%2 == 0 {
				n %= 40
			}
			ep := epilogues[i%len(epilogues)].make(draw(r, n), n)
			x, p, want := draw(r, k), make([]float32, PackedLen(k, n)), draw(r, n)
			Pack(k, n, draw(r, k*n), n, p)
			got, broken := kerneltest.Guarded(n, i%8)
			copy(got, want)
			NNPacked(1, n, k, x, k, p, want, n, ep)
			l := NewLayer(n, k, p, ep)
			l.Apply(x, got)
			if at := kerneltest.Diff(got, want); at >= 0 || broken() != 0 {
				t.Fatalf("n=%d k=%d %s: differs at %d, stray write at %d", n, k, epilogues[i%len(epilogues)].name, at, broken())
			}
		}
	})
	kerneltest.Modes(t, func(t *testing.T) {
		for i := range 200 {
			n, k := r.Intn(100), 1+r.Intn(100)
			ep := epilogues[i%len(epilogues)].make(draw(r, n), n)
			x, p, want := draw(r, k), make([]float32, PackedLen(k, n)), draw(r, n)
			Pack(k, n, draw(r, k*n), n, p)
			got, broken := kerneltest.Guarded(n, i%8)
			copy(got, want)
			Strided(1, n, k, x, k, 1, p, nr, nr*k, want, n, ep)
			c := NewChain(n, k, p, ep)
			c.Apply(x, got)
			if at := kerneltest.Diff(got, want); at >= 0 || broken() != 0 {
				t.Fatalf("chain n=%d k=%d %s: differs at %d, stray write at %d", n, k, epilogues[i%len(epilogues)].name, at, broken())
			}
			if cut := i % k; cut > 0 && !ep.Continues() && !ep.grad() {
				m := 1 + i%5
				a, heads := draw(r, m*k), make([]float32, m*cut)
				for row := range m {
					copy(heads[row*cut:][:cut], a[row*k:])
				}
				parts := draw(r, m*n)
				c.Begin(m, cut, heads, parts)
				rest := c.From(cut)
				for row := range m {
					rest.Apply(a[row*k+cut:], parts[row*n:][:n])
					c.Apply(a[row*k:], got)
					if kerneltest.Diff(parts[row*n:][:n], got) >= 0 {
						t.Fatalf("chain n=%d k=%d %s: a row differs from %d", n, k, epilogues[i%len(epilogues)].name, cut)
					}
				}
			}
		}
	})
	l := NewLayer(3, 2, make([]float32, 32), None())
	x, y := make([]float32, 2), make([]float32, 3)
	if n := testing.AllocsPerRun(10, func() { l.Apply(x, y) }); n != 0 && !kerneltest.Emulated {
		t.Errorf("%g allocations a call, want 0", n)
	}
}

// TestStridedReadsOnePanelForAll gives all panels of B one place.
func TestStridedReadsOnePanelForAll(t *testing.T) {
	r := rand.New(rand.NewSource(12))
	kerneltest.Modes(t, func(t *testing.T) {
		for i, n := range []int{1, 16, 17, 50} {
			for _, e := range epilogues {
				m, k := 1+3*i, 2
				ep := e.make(draw(r, m*n), n)
				a, panel, got := draw(r, m*k), draw(r, k*nr), draw(r, m*n)
				want, repeated := slices.Clone(got), slices.Repeat(panel, (n+nr-1)/nr)
				Strided(m, n, k, a, k, 1, panel, nr, 0, got, n, ep)
				Strided(m, n, k, a, k, 1, repeated, nr, nr*k, want, n, ep)
				if at := kerneltest.Diff(got, want); at >= 0 {
					t.Fatalf("m=%d n=%d %s: differs at %d", m, n, e.name, at)
				}
			}
		}
	})
}

func TestPack(t *testing.T) {
	r := rand.New(rand.NewSource(9))
	kerneltest.Modes(t, func(t *testing.T) {
		for range 300 {
			k, n, pad := r.Intn(70), r.Intn(70), r.Intn(3)
			b := draw(r, extent(k, n, n+pad))
			got, broken := kerneltest.Guarded(PackedLen(k, n), r.Intn(8))
			Pack(k, n, b, n+pad, got)
			if broken() != 0 {
				t.Fatalf("k=%d n=%d: wrote outside of p", k, n)
			}
			for i := range got {
				var want float32
				col := i/(16*max(k, 1))*16 + i%16
				if row := i / 16 % max(k, 1); col < n {
					want = b[row*(n+pad)+col]
				}
				if got[i] != want {
					t.Fatalf("k=%d n=%d: p[%d]: %g, want %g", k, n, i, got[i], want)
				}
			}
			turned := draw(r, extent(n, k, k+pad))
			PackTransposed(k, n, turned, k+pad, got)
			if broken() != 0 {
				t.Fatalf("k=%d n=%d: the transpose wrote outside of p", k, n)
			}
			for row := range k {
				for col := range n {
					if at := col/16*16*k + row*16 + col%16; got[at] != turned[col*(k+pad)+row] {
						t.Fatalf("k=%d n=%d: p[%d] of the transpose: %g, want %g", k, n, at, got[at], turned[col*(k+pad)+row])
					}
				}
			}
		}
	})
}

func TestMisusePanics(t *testing.T) {
	x := make([]float32, 100)
	tooBig := 1 << 30
	tooBig *= 2 // at run time: it does not fit in 32 bits
	for _, c := range []struct {
		want string
		call func()
	}{
		{badSize, func() { NN(-1, 2, 2, x, 2, x, 2, x, 2, None()) }},
		{badSize, func() { NN(2, 2, 2, x, -2, x, 2, x, 2, None()) }},
		{badSize, func() { NN(tooBig, 2, 2, x, 2, x, 2, x, 2, None()) }},
		{badA, func() { NN(2, 2, 5, x, 4, x, 2, x, 2, None()) }},
		{badA, func() { NN(2, 2, 2, x[:3], 2, x, 2, x, 2, None()) }},
		{badA, func() { NT(2, 2, 2, x[:3], 2, x, 2, x, 2, None()) }},
		{badA, func() { TN(2, 2, 3, x[:5], 2, x, 2, x, 2, None()) }},
		{badA, func() { NNPacked(2, 2, 2, x[:3], 2, x, x, 2, None()) }},
		{badB, func() { NN(2, 3, 2, x, 2, x[:5], 3, x, 3, None()) }},
		{badB, func() { NT(2, 3, 2, x, 2, x, 1, x, 3, None()) }},
		{badB, func() { TN(2, 3, 2, x, 2, x[:2], 3, x, 3, None()) }},
		{badB, func() { Pack(3, 3, x[:8], 3, x) }},
		{badB, func() { PackTransposed(2, 3, x[:5], 2, x) }},
		{badPacked, func() { NNPacked(2, 2, 2, x, 2, x[:31], x, 2, None()) }},
		{badPacked, func() { Pack(7, 3, x, 3, x[:111-16]) }},
		{badPacked, func() { PackTransposed(7, 3, x, 7, x[:100]) }},
		{badC, func() { NN(2, 3, 2, x, 2, x, 3, x[:5], 3, None()) }},
		{badC, func() { NN(2, 3, 2, x, 2, x, 3, x, 2, None()) }},
		{badPacked, func() { NewLayer(3, 3, x[:47], None()) }},
		{badBias, func() { NewLayer(3, 3, x, Bias(x[:2])) }},
		{badA, func() { l := NewLayer(3, 3, x, None()); l.Apply(x[:2], x[90:]) }},
		{badC, func() { l := NewLayer(3, 3, x, None()); l.Apply(x, x[98:]) }},
		{badA, func() { c := NewChain(3, 3, x, None()); c.Apply(x[:2], x[90:]) }},
		{badC, func() { c := NewChain(3, 3, x, None()); c.Apply(x, x[98:]) }},
		{badBias, func() { NN(2, 3, 2, x, 2, x, 3, x, 3, Bias(x[:2])) }},
		{badSaved, func() { NT(2, 3, 2, x, 2, x, 3, x, 3, GradAct(Tanh, x[:5])) }},
	} {
		if got := fmt.Sprint(panicOf(c.call)); got != c.want {
			t.Errorf("panic %q, want %q", got, c.want)
		}
	}
}

func panicOf(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}

// TestErrorBound compares with float64 and holds the error to the bound of NN's doc.
func TestErrorBound(t *testing.T) {
	r := rand.New(rand.NewSource(10))
	m, n, k := 9, 21, 333
	a, b, c := draw(r, m*k), draw(r, k*n), make([]float32, m*n)
	NN(m, n, k, a, k, b, n, c, n, None())
	for i := range m {
		for j := range n {
			var sum, size float64
			for p := range k {
				term := float64(a[i*k+p]) * float64(b[p*n+j])
				sum += term
				size += math.Abs(term)
			}
			u := 0x1p-24
			gamma := float64(k) * u / (1 - float64(k)*u)
			if err := math.Abs(float64(c[i*n+j]) - sum); err > gamma*size {
				t.Errorf("C[%d,%d] is off by %g, bound %g", i, j, err, gamma*size)
			}
		}
	}
}

// FuzzGEMM compares a product with its twin on any bits.
func FuzzGEMM(f *testing.F) {
	f.Add(uint8(7), uint8(33), uint8(50), uint8(1), uint8(0), uint8(2), int64(1))
	f.Add(uint8(1), uint8(10), uint8(128), uint8(0), uint8(3), uint8(4), int64(2))
	fuzzing.Fuzz(f, func(t *testing.T, m, n, k, pad, which, ep uint8, seed int64) {
		kern := forms[int(which)%len(forms)].kernel(epilogues[int(ep)%len(epilogues)], nil)
		draw := func(r *rand.Rand) float32 { return math.Float32frombits(r.Uint32()) }
		if seed%2 == 0 {
			draw = func(r *rand.Rand) float32 { return float32(r.NormFloat64()) }
		}
		kern.Compare(t, []int{int(m), int(n), int(k), int(pad % 8)}, draw, seed)
	})
}

func draw(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

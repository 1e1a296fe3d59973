package gemm

import (
	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/half"
)

// Variants gathers the sections of the kernels of this package (see package abi) that calls come to, so that copies have
// no more. Each method is for the function of its name and follows its code, with the same conditions: ms or ks are all
// the values that m or k, the only sizes that vary, may have. The slice of an epilogue does not matter.
type Variants struct {
	// LeastWide is the least multiply-adds of products whose kernels for AVX-512 are gathered, if it is more than those
	// take on.
	LeastWide int

	// Rare says that products of few rows are rare; they then take no kernels of their own.
	Rare bool

	sections map[string]map[string]bool // by kernel, for which "" says that it is wanted
	ops      map[string]bool            // sections of the epilogues of all calls
	several  bool                       // whether a product takes several calls
	blocked  bool                       // whether a product does more than one call for a tile does
	copying  bool                       // whether copies of blocks of A pay
	turning  bool                       // whether a product is computed as a transpose
	parted   bool                       // whether a product does not pack all of a transposed factor at once
	broad    bool                       // whether a product has more columns than narrow, or several chains
	all      bool                       // whether sizes are not known, so that all sections but those of epilogues are wanted
	seen     map[variant]bool
}

// variant is what the sections of a call follow from. Networks have few of them in many calls.
type variant struct {
	kernel    string
	m, n, k   int // those that matter
	chains    int
	flags     int // of the epilogue
	acc, more bool
}

// again tells whether a call was added before, and notes it.
func (v *Variants) again(kernel string, m, n, k, chains int, ep Epilogue, acc, more bool) bool {
	key := variant{kernel, m, n, k, chains, ep.flags(), acc, more}
	if v.seen[key] {
		return true
	}
	if v.seen == nil {
		v.seen = map[variant]bool{}
	}
	v.seen[key] = true
	return false
}

// columns returns a number of columns of which tiles of a width have as many, in whole tiles and in the last one.
func columns(n, width int) int { return min(n/width, 1)*width + n%width }

// tileCycle is a multiple of the rows of all tiles: 6, 8 and 14.
const tileCycle = 168

// alike returns a number of rows, at most 2·tileCycle, that come to the same tiles as m do: from Next[0].Least rows on a
// call takes whole tiles, and there are more of these behind tileCycle.
func alike(m int) int {
	if m <= 2*tileCycle {
		return m
	}
	return tileCycle + m%tileCycle
}

// cutKernels are those that are cut; of the others, copies have all or nothing.
var cutKernels = map[string]bool{
	abi.TileKernel: true, abi.RowKernel: true, abi.RowKernel2: true, abi.RowKernel4: true, abi.RowKernelT: true,
	abi.WideTileKernel: true, abi.WideRowKernel: true,
	abi.HalfRowKernels[0][0]: true, abi.HalfRowKernels[0][1]: true, abi.HalfRowKernels[0][2]: true,
	abi.HalfRowKernels[1][0]: true, abi.HalfRowKernels[1][1]: true, abi.HalfRowKernels[1][2]: true,
	abi.GatherKernel: true, abi.WideGatherKernel: true, abi.SlideKernel: true, abi.WideSlideKernel: true,
	"transposeSIMD": true,
}

// epilogueSections are the sections of epilogues.
var epilogueSections = map[string]bool{
	abi.Bias: true, abi.Saved: true, abi.Op(abi.OpReLU): true, abi.Op(abi.OpLeakyReLU): true, abi.Op(abi.OpReLUGrad): true,
	abi.Op(abi.OpLeakyReLUGrad): true, abi.Op(abi.OpSigmoidGrad): true, abi.Op(abi.OpTanhGrad): true,
}

// Any adds calls of any sizes, without an epilogue or with a bias.
func (v *Variants) Any() {
	v.all = true
	v.epilogue(Bias(nil))
}

// Epilogue adds an epilogue, whatever it is for.
func (v *Variants) Epilogue(ep Epilogue) { v.epilogue(ep) }

// Transpose adds calls of Transpose.
func (v *Variants) Transpose() { v.need("transposeSIMD") }

// Has tells whether a kernel is wanted, on all machines alike, for section "", or a section of it; for machine "", whether a
// part of this package is.
func (v *Variants) Has(machine, kernel, section string) bool {
	switch {
	case machine == "" && section == "small":
		return false // the text of the kernels would be more than the time that networks gain is worth
	case machine == "":
		parts := map[string]bool{"several": v.several, "broad": v.broad, "blocked": v.blocked, "copying": v.copying,
			"turning": v.turning, "slim": v.sections[abi.SlimKernel] != nil,
			"parted": v.parted, "alone": !v.Rare,
			"leaks":  v.ops[abi.Op(abi.OpLeakyReLU)] || v.ops[abi.Op(abi.OpLeakyReLUGrad)],
			"curved": v.ops[abi.Op(abi.OpSigmoidGrad)] || v.ops[abi.Op(abi.OpTanhGrad)]}
		return v.all || kernel != "gemm" || parts[section]
	case !cutKernels[kernel]:
		return true
	case !v.all:
		return v.sections[kernel][section]
	}
	for i := len(section) - 1; i >= 0; i-- {
		if section[i] == '/' {
			section = section[i+1:]
			break
		}
	}
	return !epilogueSections[section] || v.ops[section]
}

// product adds a product of some sizes, in any order of its rows and columns.
func (v *Variants) product(m, n, k int) {
	v.broad = v.broad || n > narrow
	v.several = v.several || !oneCall(m, n, k) || !oneCall(1, n, k) || !oneCall(1, m, k)
}

// need adds sections of a kernel, and the kernel itself.
func (v *Variants) need(kernel string, sections ...string) {
	if v.sections == nil {
		v.sections = map[string]map[string]bool{}
	}
	if v.sections[kernel] == nil {
		v.sections[kernel] = map[string]bool{"": true}
	}
	for _, s := range sections {
		v.sections[kernel][s] = true
	}
}

// epilogue returns the sections of an epilogue.
func (v *Variants) epilogue(ep Epilogue) []string {
	var all []string
	if ep.bias() {
		all = append(all, abi.Bias)
	}
	if ep.op() != abi.OpNone {
		all = append(all, abi.Op(ep.op()))
	}
	if ep.grad() {
		all = append(all, abi.Saved)
	}
	if v.ops == nil {
		v.ops = map[string]bool{}
	}
	for _, s := range all {
		v.ops[s] = true
	}
	return all
}

// wideTile adds a call of the tile kernel for AVX-512.
func (v *Variants) wideTile(m, n, k, chains int, ep Epilogue, acc bool) {
	if !keptSizes(m, n, k) || int64(m)*int64(n)*int64(k) < int64(v.LeastWide) {
		return
	}
	if m = alike(m); v.again(abi.WideTileKernel, m, columns(n, 2*nr), 0, chains, ep, acc, false) {
		return
	}
	for _, cols := range [...]int{n / (2 * nr) * (2 * nr), n % (2 * nr)} {
		if cols == 0 {
			continue
		}
		t := &abi.WideTiles[0]
		for i := range abi.WideTiles {
			if t = &abi.WideTiles[i]; t.Min <= cols {
				break
			}
		}
		need := func(section string) { v.need(abi.WideTileKernel, t.Name, t.Name+"/"+section) }
		for last, left := 0, m; left > 0; left -= last {
			if rows := t.Rows(left); rows != last { // most tiles of a call have as many rows
				need(abi.Rows(rows))
				last = rows
			}
		}
		if acc {
			need(abi.Acc)
		}
		if chains > 1 {
			need(abi.Chained)
		}
		for _, s := range v.epilogue(ep) {
			need(s)
		}
	}
}

// wideBlocks adds the calls of the tile kernel for AVX-512 that the blocks of a product may take, however it is cut into
// them: all rows of tiles, and one panel wherever calls may end.
func (v *Variants) wideBlocks(x *product) {
	if x.m == 1 || !keptSizes(x.m, x.n, x.k) || int64(x.m)*int64(x.n)*int64(x.k) < int64(v.LeastWide) {
		return
	}
	acc := x.ep.acc() || x.k > min(wideBlocks.kc, wideBlocks.kcT, wideBlocks.kcNT, kcMax)
	pack := x.packs(&wideBlocks)
	if v.again("wideBlocks", min(x.m, 2*wideRows), x.n, 0, 1, x.ep, acc, pack) {
		return
	}
	if t := &abi.WideTiles[0]; pack && x.n >= t.Min {
		v.need(abi.WideTileKernel, t.Name, t.Name+"/"+abi.PackB)
	}
	const most = 1 << 20 // terms, for the tiles of a call that has others too
	for _, n := range [...]int{x.n, min(x.n, nr)} {
		for m := 1; m <= min(x.m, 2*wideRows); m++ {
			v.wideTile(m, n, most, 1, x.ep, acc)
		}
	}
}

// tile adds a call of the tile kernel for m rows and n columns.
func (v *Variants) tile(m, n, k, chains int, ep Epilogue, acc, pack bool) {
	v.wideTile(m, n, k, chains, ep, acc)
	v.tileSIMD(m, n, chains, ep, acc, pack)
}

// tileSIMD is tile for AVX2 and NEON.
func (v *Variants) tileSIMD(m, n, chains int, ep Epilogue, acc, pack bool) {
	if m = alike(m); v.again(abi.TileKernel, m, columns(n, nr), 0, chains, ep, acc, pack) {
		return
	}
	for _, cols := range [...]int{n / nr * nr, n % nr} {
		if cols == 0 {
			continue
		}
		t := &abi.Tiles[0]
		for i := range abi.Tiles {
			if t = &abi.Tiles[i]; t.Min <= cols {
				break
			}
		}
		need := func(section string) { v.need(abi.TileKernel, t.Name, t.Name+"/"+section) }
		left := m
		if pack {
			need(abi.PackB)
			left -= t.MR
		}
		for last := 0; left > 0; {
			rows := t.Rows(left)
			if rows != last { // most tiles of a call have as many rows
				need(abi.Rows(rows))
			}
			left, last = left-rows, rows
		}
		if acc {
			need(abi.Acc)
		}
		if chains > 1 {
			need(abi.Chained)
		}
		for _, s := range v.epilogue(ep) {
			need(s)
		}
	}
}

// tiles adds calls of the tile kernel as runTiles makes them, on amd64 and on NEON.
func (v *Variants) tiles(m, n, k, chains int, ep Epilogue) {
	long := longChains(m, n, k, chains)
	if long || longOnNEON(m, n, k, chains) {
		for _, rows := range [...]int{min(m, tileRows), m % tileRows} {
			if rows > 0 {
				v.tile(rows, n, k, 1, None(), true, false)
			}
		}
	}
	if long {
		return
	}
	for _, rows := range parts(m, callRows(m, n, k)) {
		if rows > 0 {
			v.tile(rows, n, k, chains, ep, ep.acc(), false)
		}
	}
	v.tileSIMD(m, n, chains, ep, ep.acc(), false) // which neonRows comes to
}

// row adds calls of a row kernel as rowArgs.runRows and chainedRow make them.
func (v *Variants) row(n, k, chains int, padded bool, ep Epilogue, acc bool) {
	if v.again(abi.RowKernel, 1, n, k, chains, ep, acc, padded) {
		return
	}
	if longChains(1, n, k, chains) {
		for t := range chains {
			from, to := chainBounds(t, chains, k)
			v.row(n, to-from, 1, padded, None(), false)
		}
		return
	}
	load := abi.Masked
	if padded || n%nr == 0 {
		load = abi.Padded
	}
	v.rowOf([3]string{abi.RowKernel, abi.RowKernel2, abi.RowKernel4}, n, k, chains, load, ep, acc)
}

// rowOf is row for kernels of 1, 2 and 4 chains, which are not too long, and the section that loads the last panel.
func (v *Variants) rowOf(kernels [3]string, n, k, chains int, load string, ep Epilogue, acc bool) {
	common := append([]string{load}, v.epilogue(ep)...)
	if acc {
		common = append(common, abi.Acc)
	}
	switch chains {
	case 4:
		v.need(kernels[2], common...)
		if n == 1 && ep.op() == abi.OpNone && kernels[2] == abi.RowKernel4 {
			v.need(kernels[2], abi.Single)
		}
		return
	case 2:
		v.need(kernels[1], common...)
		return
	}
	cols := callCols(1, n, k)
	if callSteps(1, n, k) < k {
		v.need(kernels[0], abi.Acc)
	}
	if kernels[0] == abi.RowKernel && n*k >= max(wideRowWork, v.LeastWide) {
		v.wideRow(n, cols, ep, acc || callSteps(1, n, k) < k)
	}
	for _, w := range parts(n, cols) {
		for left := (w + nr - 1) / nr; left > 0; {
			p := abi.NextPanels(left)
			if left -= p; left == 0 && w%nr != 0 {
				v.need(kernels[0], abi.TailPanels(p))
			} else {
				v.need(kernels[0], abi.FullPanels(p))
			}
		}
	}
	v.need(kernels[0], common...)
}

// wideRow adds calls of the row kernel for AVX-512, for some columns at a time.
func (v *Variants) wideRow(n, cols int, ep Epilogue, acc bool) {
	for _, w := range parts(n, cols) {
		for left := (w + nr - 1) / nr; left > 0; {
			p := abi.NextWidePanels(left)
			if left -= p; left == 0 && w%nr != 0 {
				v.need(abi.WideRowKernel, abi.TailPanels(p))
			} else {
				v.need(abi.WideRowKernel, abi.FullPanels(p))
			}
		}
	}
	if acc {
		v.need(abi.WideRowKernel, abi.Acc)
	}
	v.need(abi.WideRowKernel, v.epilogue(ep)...)
}

// runBlocks adds what product.runBlocks does.
func (v *Variants) runBlocks(x *product) {
	v.blocked = true
	v.blocks(x, x.n, x.packs(&blocks))
}

// blocks adds the calls for the blocks of A and the parts of k, each for at most width columns.
func (v *Variants) blocks(x *product, width int, pack bool) {
	v.wideBlocks(x)
	for _, b := range [...]*blocking{&blocks, &wideBlocks} { // whatever the stride of A
		v.copying = v.copying || x.n >= b.copyCols && x.m >= b.packRows
	}
	step := x.stepOf(&blocks)
	for p := 0; p < x.k; p += step {
		k, acc, ep := min(step, x.k-p), p > 0 || x.ep.acc(), None()
		if p+k == x.k {
			ep = x.ep
		}
		whole := parts(x.m, x.blockRows(&blocks, false, step, tileRows))
		copied := parts(x.m, x.blockRows(&blocks, true, step, tileRows)) // whatever the stride of A
		for _, m := range [...]int{whole[0], whole[1], copied[0], copied[1]} {
			for _, n := range parts(x.n, width) {
				if !v.Rare && x.m == 1 {
					v.row(n, k, 1, true, ep, acc)
				} else if m*n > 0 {
					v.tileSIMD(m, n, 1, ep, acc, pack && m >= abi.Tiles[0].MR)
				}
			}
		}
	}
}

// parts returns the sizes of the parts that n is cut into: all but the last have step.
func parts(n, step int) [2]int {
	if n <= step {
		return [2]int{n}
	}
	return [2]int{step, n % step}
}

// NN adds calls of NN.
func (v *Variants) NN(ms []int, n, k, ldb int, ep Epilogue) {
	for _, m := range ms {
		v.product(m, n, k)
		s := splits(n, k, ep)
		v.broad = v.broad || s > 1
		if slimSizes(m, n, k) && slimEpilogue(ep) {
			v.need(abi.SlimKernel) // where there is no room for B, it goes on
		}
		switch {
		case !v.Rare && fewRows(m, n):
			v.row(n, k, s, false, ep, ep.acc())
		case s > 1 || k <= blocks.kc && oneCall(m, n, k) && (m < blocks.packRows || ldb < blocks.packStride):
			v.tiles(m, n, k, s, ep)
		default:
			v.runBlocks(&product{m: m, n: n, k: k, a: factor{cs: 1}, b: factor{rs: ldb, cs: nr}, ep: ep})
		}
	}
}

// NNPacked adds calls of NNPacked.
func (v *Variants) NNPacked(ms []int, n, k int, ep Epilogue) {
	for _, m := range ms {
		v.product(m, n, k)
		s := splits(n, k, ep)
		v.broad = v.broad || s > 1
		switch {
		case !v.Rare && fewRows(m, n):
			v.row(n, k, s, true, ep, ep.acc())
		case s > 1 || k <= blocks.kc && m <= blocks.mc && oneCall(m, n, k):
			v.tiles(m, n, k, s, ep)
		default:
			v.runBlocks(&product{m: m, n: n, k: k, a: factor{cs: 1}, b: factor{rs: nr, cs: k * nr}, ep: ep})
		}
	}
}

// NNPackedHalf adds calls of NNPackedHalf.
func (v *Variants) NNPackedHalf(f half.Format, ms []int, n, k int, ep Epilogue) {
	for _, m := range ms {
		v.product(m, n, k)
		s := splits(n, k, ep)
		v.broad = v.broad || s > 1
		switch {
		case k == 0:
		case fewRows(m, n) && longChains(1, n, k, s):
			for t := range s {
				from, to := chainBounds(t, s, k)
				v.rowOf(abi.HalfRowKernels[f], n, to-from, 1, abi.Padded, None(), false)
			}
		case fewRows(m, n):
			v.rowOf(abi.HalfRowKernels[f], n, k, s, abi.Padded, ep, ep.acc())
		default:
			v.widened(m, n, k, s, ep)
		}
	}
}

// widened adds what widened does.
func (v *Variants) widened(m, n, k, s int, ep Epilogue) {
	for _, w := range [...]int{min(n/nr, 1) * nr, n % nr} {
		for t := range s {
			from, to := chainBounds(t, s, k)
			for q := from; w > 0 && q < to; q += kcMax {
				e := None()
				if s == 1 && q+kcMax >= to {
					e = ep
				}
				if q > from || ep.acc() {
					e = e.Continued()
				}
				for _, rows := range [...]int{m, chainRows, m % chainRows} {
					if s == 1 && rows == m || s > 1 && 0 < rows && rows <= min(m, chainRows) {
						v.strided(rows, w, min(kcMax, to-q), e)
					}
				}
			}
		}
	}
	v.epilogue(ep)
}

// strided adds a call of Strided for columns of one panel.
func (v *Variants) strided(m, n, k int, ep Epilogue) {
	v.product(m, n, k)
	switch {
	case m == 1:
		v.row(n, k, 1, false, ep, ep.acc())
	case oneCall(m, n, k):
		v.tile(m, n, k, 1, ep, ep.acc(), false)
	default:
		v.runBlocks(&product{m: m, n: n, k: k, a: factor{cs: 1}, b: factor{rs: nr}, ep: ep})
	}
}

// NTHalf adds calls of NTHalf.
func (v *Variants) NTHalf(ms []int, n, k int, ep Epilogue) {
	rows, most := rowsNT(k)
	for _, w := range [...]int{min(n, rows), n % rows} {
		for q := 0; w > 0 && q < k; q += most {
			e := None()
			if q+most >= k {
				e = ep
			}
			if q > 0 || ep.acc() {
				e = e.Continued()
			}
			v.NT(ms, w, min(most, k-q), min(most, k-q), e)
		}
	}
}

// NewHalfLayer adds calls of HalfLayer.Apply.
func (v *Variants) NewHalfLayer(f half.Format, n, k int, ep Epilogue) {
	v.NNPackedHalf(f, []int{1}, n, k, ep)
}

// NewLayer adds calls of Layer.Apply.
func (v *Variants) NewLayer(n, k int, ep Epilogue) { v.NNPacked([]int{1}, n, k, ep) }

// NT adds calls of NT.
func (v *Variants) NT(ms []int, n, k, ldb int, ep Epilogue) {
	for _, m := range ms {
		v.product(m, n, k)
		n := n
		if !v.Rare && m == 1 && n >= 8 {
			cols, steps := callCols(1, n, k), callSteps(1, n, k)
			terms := few(k, steps)
			for left := few(n, cols); left >= 8; {
				c := min(cols, left&^7)
				for p := 0; p < terms; p += steps {
					v.rowT(c, min(steps, terms-p), ldb, ep, p > 0 || ep.acc())
				}
				left -= c
			}
			if n %= 8; n == 0 {
				continue
			}
		}
		// Where no panel can be borrowed, it goes on.
		if turns(m, k, ep) && !smallPacked(n, k) {
			v.turned(m, n, k, ep)
		}
		x := &product{m: m, n: n, k: k, a: factor{cs: 1}, ep: ep}
		if packsWhole(m, n, k) {
			v.tile(m, n, k, 1, ep, ep.acc(), false)
			if !smallPacked(n, k) {
				v.wideBlocks(x)
			}
			continue
		}
		v.parted = true
		v.blocks(x, kcMax/x.stepOf(&blocks)*nr, false)
	}
}

// turned adds what product.turned does.
func (v *Variants) turned(m, n, k int, ep Epilogue) {
	v.turning = true
	v.need("transposeSIMD")
	for _, rows := range parts(n, turnedRows) {
		if rows == 0 {
			continue
		}
		v.tile(rows, m, k, 1, None(), ep.acc(), false)
		if ep.flags()&^abi.FlagAcc != 0 {
			v.tile(m, rows, 0, 1, ep, true, false) // the epilogue alone
		}
	}
}

// few returns a number as n is of steps and a rest, but of three steps at most: the first, one more and the last are all
// that differ.
func few(n, step int) int {
	if n <= 3*step {
		return n
	}
	return 3*step + n%step
}

// turnedTN adds what the function turnedTN does.
func (v *Variants) turnedTN(m, n, k int, acc bool) {
	v.turning = true
	v.need("transposeSIMD")
	for _, cols := range parts(m, callCols(n, m, k)) {
		if cols > 0 {
			v.tile(n, cols, k, 1, None(), acc || callSteps(n, m, k) < k, false)
		}
	}
}

// rowT adds calls of the row kernel for the transpose.
func (v *Variants) rowT(n, k, ldb int, ep Epilogue, acc bool) {
	for left := few(n/8, abi.RowsT[0]); left > 0; {
		for _, group := range abi.RowsT {
			if left >= group {
				v.need(abi.RowKernelT, abi.Rows(8*group))
				left -= group
				break
			}
		}
	}
	if 4*ldb >= abi.FarRows {
		v.need(abi.RowKernelT, abi.Far)
	}
	if k%4 != 0 {
		v.need(abi.RowKernelT, abi.Rest)
	}
	if acc {
		v.need(abi.RowKernelT, abi.Acc)
	}
	v.need(abi.RowKernelT, v.epilogue(ep)...)
}

// ManyRows is the rows of C from which on all that TN comes to for some number of them up to m is known from what it adds
// for m rows and for fewer than these: for so many it adds any blocks, since which ones there are follows from no rule.
const ManyRows = 1 << 13

// manyRows adds the calls of AVX2 for any number of rows, which the blocks of many rows may have. For AVX-512 blocks has
// them.
func (v *Variants) manyRows(x *product) {
	if v.oneColumn(x) {
		v.manyColumns(x.m, x.k, x.ep)
		return
	}
	pack := x.packs(&blocks)
	step := x.stepOf(&blocks)
	for p := 0; p < x.k; p += step {
		acc, ep := p > 0 || x.ep.acc(), None()
		if p+step >= x.k {
			ep = x.ep
		}
		if v.again("manyRows", 0, columns(x.n, nr), 0, 1, ep, acc, pack) {
			continue
		}
		for m := 1; m <= 2*tileCycle; m++ {
			v.tileSIMD(m, x.n, 1, ep, acc, false) // as for a product that is one call
			if pack && m >= abi.Tiles[0].MR {
				v.tileSIMD(m, x.n, 1, ep, acc, true)
			}
		}
	}
}

// manyColumns adds the calls of row kernels for what is left behind those of a row with many columns.
func (v *Variants) manyColumns(n, k int, ep Epilogue) {
	if v.again("manyColumns", 0, 0, k, 1, ep, ep.acc(), n*k >= max(wideRowWork, v.LeastWide)) {
		return
	}
	for w := 1; w <= 4*abi.WidePanels*nr; w++ { // more than are taken together, and than LastPanels has
		v.row(w, k, 1, false, ep, ep.acc())
		if n*k >= max(wideRowWork, v.LeastWide) {
			v.wideRow(w, w, ep, ep.acc())
		}
	}
}

// TN adds calls of TN.
func (v *Variants) TN(m, n int, ks []int, lda, ldb, ldc int, ep Epilogue) {
	for _, k := range ks {
		x := &product{m: m, n: n, k: k, ldc: ldc, a: factor{rs: 1, cs: lda}, b: factor{rs: ldb, cs: nr}, ep: ep}
		v.transposed(x)
		if m >= ManyRows {
			v.manyRows(x)
		}
	}
}

// oneColumn tells whether TN computes a product as a row.
func (v *Variants) oneColumn(x *product) bool {
	return !v.Rare && x.n == 1 && x.ldc == 1 && !x.ep.bias()
}

// transposed adds the calls of TN for a product.
func (v *Variants) transposed(x *product) {
	v.product(x.m, x.n, x.k)
	if turnsColumns(x.m, x.n, x.k) && x.ep.flags()&^abi.FlagAcc == 0 && !v.oneColumn(x) {
		v.turnedTN(x.m, x.n, x.k, x.ep.acc()) // where no room can be borrowed, it goes on
	}
	switch {
	case !v.Rare && x.m == 1:
		v.row(x.n, x.k, 1, false, x.ep, x.ep.acc())
	case v.oneColumn(x):
		v.row(x.m, x.k, 1, false, x.ep, x.ep.acc())
	case x.k <= blocks.kcT && oneCall(x.m, x.n, x.k) && (x.m < blocks.packRows || x.b.rs < blocks.packStride):
		v.tile(x.m, x.n, x.k, 1, x.ep, x.ep.acc(), false)
	default:
		v.runBlocks(x)
	}
}

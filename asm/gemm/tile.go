package gemm

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/runtime/abi"
)

// A tileKernel emits the part of the kernel for panels of one width: C[0:m, 0:NR] from the
// whole of its k steps, the rows taken in tiles of MR, MR−2, … rows down to 4.
type tileKernel struct {
	Tile
	args emit.Args
	a, c reg.GPVirtual  // A and C at the first row of the tile
	y    reg.GPVirtual  // the saved output there, or the bias
	m    reg.GPVirtual  // rows to do
	mask reg.VecVirtual // of the last register, if Tail
	one  Mem

	spill  Mem // room for the sums of a tile
	left   Mem // chains to do
	masked Mem // terms to do under a mask, if Tail
}

// vecs is the number of registers in a row of the tile, apart from those that it shares.
func (t *tileKernel) vecs() int { return t.NR / 8 }

// sums returns the registers of the sums of some rows. Those that pairs of rows share come
// last, as the second of row 0, 1, … for pair 0, 1, …
func (t *tileKernel) sums(rows int) []sum {
	var sums []sum
	for r := range rows {
		for v := range t.vecs() {
			sums = append(sums, sum{YMM(), r, v})
		}
	}
	if t.Pairs {
		for p := range rows / 2 {
			sums = append(sums, sum{YMM(), p, t.vecs()})
		}
	}
	return sums
}

// pair tells whether register v of a row is one that two rows share.
func (t *tileKernel) pair(v int) bool { return t.Pairs && v == t.vecs() }

// EmitTiles emits the kernel that consists of Tiles: a loop over the panels of B, each of
// which goes to the first tile that is not too wide for the columns that are left.
func EmitTiles() {
	masks := emit.TailMasks()
	one := oneData()
	name := abi.TileKernel
	args := emit.ArgFunc(name, "tileArgs", "",
		name+" computes args.m rows and args.n columns of C, panel by panel, each in tiles of 6 rows.",
		"It changes args. It works like gemmGeneric.")
	emit.Positive(args, "m", "n", "chains")
	const most = 12 // registers of sums
	spill, left, masked := AllocLocal(32*most), AllocLocal(8), AllocLocal(8)
	panel, end := name+"_panel", name+"_end"
	MOVQ(U32(0), args.Field("column"))
	n := GP64()
	Label(panel)
	MOVQ(args.Field("n"), n)
	for _, tile := range Tiles {
		if tile.Min > 1 {
			CMPQ(n, Imm(uint64(tile.Min)))
			emit.Goto(JGE, tile.Name)
		} else {
			emit.Goto(JMP, tile.Name)
		}
	}
	for _, tile := range Tiles {
		Label(tile.Name)
		emit.Section(tile.Name, func() {
			t := &tileKernel{Tile: tile, args: args, one: one, spill: spill, left: left, masked: masked}
			if tile.Tail {
				Comment("the mask of the columns of the last register")
				w := GP64()
				MOVQ(n, w)
				SUBQ(Imm(uint64(tile.NR-1)/8*8), w)
				MOVQ(w, args.Field("tail"))
				t.mask = YMM()
				emit.LoadTailMask(masks, w, t.mask)
			}
			t.emit()
			if tile.Tail {
				emit.Goto(JMP, end)
				return
			}
			Comment("the next panel")
			SUBQ(U32(tile.NR), args.Field("n"))
			emit.Goto(JLE, end)
			ps := GP64()
			MOVQ(args.Field("ps"), ps)
			ADDQ(ps, args.Field("b"))
			ADDQ(U32(4*tile.NR), args.Field("c"))
			ADDQ(U32(4*tile.NR), args.Field("column"))
			emit.Goto(JMP, panel)
		})
		emit.Trap()
	}
	Label(end)
	VZEROUPPER()
	RET()
}

// emit emits the rows of one panel.
func (t *tileKernel) emit() {
	t.a, t.c, t.y, t.m = GP64(), GP64(), GP64(), GP64()
	MOVQ(t.args.Field("a"), t.a)
	MOVQ(t.args.Field("c"), t.c)
	MOVQ(t.args.Field("v"), t.y)
	ADDQ(t.args.Field("column"), t.y)
	MOVQ(t.args.Field("m"), t.m)
	b, ldb := GP64(), GP64()
	MOVQ(t.args.Field("b"), b)
	MOVQ(b, t.args.Field("bNow"))
	MOVQ(t.args.Field("ldb"), ldb)
	MOVQ(ldb, t.args.Field("ldbNow"))

	rows := t.label("rows")
	if t.NR == abi.NR {
		pack := GP64()
		MOVQ(t.args.Field("pack"), pack)
		TESTQ(pack, pack)
		emit.Goto(JZ, rows)
		emit.Section(t.section(abi.PackB), func() {
			Comment("the first tile copies its columns of B to the pack, for the tiles after it")
			t.tile(t.MR, pack)
			MOVQ(t.args.Field("pack"), pack)
			MOVQ(pack, t.args.Field("bNow"))
			MOVQ(U32(4*t.NR), t.args.Field("ldbNow"))
			emit.Goto(JMP, rows)
		})
		emit.Trap()
	}

	Label(rows)
	t.choose()
	for r := t.MR; r >= abi.MinRows; r -= 2 {
		emit.Section(t.section(abi.Rows(r)), func() {
			Label(t.label(abi.Rows(r)))
			t.tile(r, nil)
			emit.Goto(JMP, rows)
		})
	}
	Label(t.label("end"))
}

func (t *tileKernel) label(what string) string { return t.Name + "_" + what }

// section returns the name of a section within that of the tile.
func (t *tileKernel) section(name string) string { return t.Name + "/" + name }

// choose emits the choice of the next tile's rows. Where a tile was left out, smaller ones do: that is slower, and
// gives the same bits.
func (t *tileKernel) choose() {
	for _, c := range t.Next {
		emit.Section(t.section(abi.Rows(c.Rows)), func() {
			CMPQ(t.m, Imm(uint64(c.Least)))
			emit.Goto(JGE, t.label(abi.Rows(c.Rows)))
		})
	}
	emit.Trap()
}

// tileStride is how the rows of a tile lie in a matrix. In place of rows that are not there, those behind the last one,
// there is a row that is: it has the same sums, and stores them once more.
//
//	4 rows   p, p + (1, 2, 3)·stride, of which there are 1 to 4
//	6 rows   p, p + (1, 2)·stride, q, q + stride, q + (2 or 1)·stride, of which there are 5 or 6
//	8 rows   p, p + (1, 2)·stride, q, q + (1, 2)·stride, r, r + (1 or 0)·stride, of which there are 7 or 8
type tileStride struct {
	rows    int
	stride  reg.GPVirtual
	offsets []reg.GPVirtual // of rows 1, 2 and 3 from p; or of the last row from its base
}

// strideOf emits the setting up of a stride.
func (t *tileKernel) strideOf(rows int, stride reg.GPVirtual) tileStride {
	s := tileStride{rows: rows, stride: stride}
	if rows > abi.MinRows {
		offset, less := GP64(), GP64()
		XORQ(less, less)
		MOVQ(stride, offset)
		if rows%3 == 0 {
			MOVQ(stride, less)
			ADDQ(stride, offset)
		}
		CMPQ(t.m, Imm(uint64(rows)))
		CMOVQLT(less, offset)
		s.offsets = []reg.GPVirtual{offset}
		return s
	}
	above := GP64()
	XORQ(above, above)
	for r := 1; r < rows; r++ {
		offset := GP64()
		LEAQ(Mem{Base: above, Index: stride, Scale: 1}, offset)
		CMPQ(t.m, Imm(uint64(r+1)))
		CMOVQLT(above, offset)
		s.offsets = append(s.offsets, offset)
		above = offset
	}
	return s
}

// from returns the addresses of the rows from base on, and the registers that they consist of beside the offsets.
func (s *tileStride) from(base reg.GPVirtual) (addr func(r int) Mem, bases []reg.GPVirtual) {
	if s.rows == abi.MinRows {
		return func(r int) Mem {
			m := Mem{Base: base}
			if r > 0 {
				m.Index, m.Scale = s.offsets[r-1], 1
			}
			return m
		}, []reg.GPVirtual{base}
	}
	full, bases := rowAddr(s.rows, base, s.stride)
	return func(r int) Mem {
		m := full(r)
		if r == s.rows-1 {
			m.Index, m.Scale = s.offsets[0], 1
		}
		return m
	}, bases
}

// rowAddr returns addresses of the rows from base on, a stride apart: one further register
// for every three rows.
func rowAddr(rows int, base, stride reg.GPVirtual) (addr func(r int) Mem, bases []reg.GPVirtual) {
	for g := 0; 3*g < rows; g++ {
		p := GP64()
		if g == 0 {
			MOVQ(base, p)
		} else {
			LEAQ(Mem{Base: bases[g-1], Index: stride, Scale: 2}, p)
			ADDQ(stride, p)
		}
		bases = append(bases, p)
	}
	return func(r int) Mem {
		m := Mem{Base: bases[r/3]}
		if r%3 != 0 {
			m.Index, m.Scale = stride, uint8(r%3)
		}
		return m
	}, bases
}

// tile emits one tile of some rows: its k steps, the epilogue, the stores, and the step to
// the next rows. If pack is not nil, B is copied to it, 4·NR bytes a step.
func (t *tileKernel) tile(rows int, pack reg.GPVirtual) {
	sums := t.sums(rows)
	name := func(what string) string {
		if pack != nil {
			what += "_pack"
		}
		return t.label(fmt.Sprintf("%s%d", what, rows))
	}

	Comment("sums = C if they continue it, else 0")
	TESTQ(U32(abi.FlagAcc), t.args.Field("flags"))
	emit.Goto(JZ, name("zero"))
	emit.Section(t.section(abi.Acc), func() {
		ldc := GP64()
		MOVQ(t.args.Field("ldc"), ldc)
		by := t.strideOf(rows, ldc)
		c, _ := by.from(t.c)
		for _, s := range sums {
			t.loadAt(c, s.row, s.vec, s.VecVirtual)
		}
		if rows == t.MR {
			t.fetchNext(ldc)
		}
		emit.Goto(JMP, name("begin"))
	})
	emit.Trap()
	Label(name("zero"))
	for _, s := range sums {
		VXORPS(s.VecVirtual, s.VecVirtual, s.VecVirtual)
	}
	Label(name("begin"))
	t.chains(rows, sums, pack, name)

	ldc, flags := GP64(), GP64()
	MOVQ(t.args.Field("ldc"), ldc)
	MOVQ(t.args.Field("flags"), flags)
	by := t.strideOf(rows, ldc)
	c, _ := by.from(t.c)
	var y func(int) Mem
	e := epilogue{
		isa:    avx2,
		within: t.section(""),
		sums:   sums,
		flags:  flags,
		alpha:  t.args.Field("alpha"),
		one:    t.one,
		loadB:  func(v int, dst reg.VecVirtual) { t.loadRow(Mem{Base: t.y}, v, dst) },
		before: func() { y, _ = by.from(t.y) },
		loadY:  func(r, v int, dst reg.VecVirtual) { t.loadAt(y, r, v, dst) },
	}
	e.emit()
	t.store(sums, c, name)
	t.next(rows, flags, ldc)
}

// chains emits the loop over the chains that a sum is cut into. The sum of those that are
// done waits in memory.
func (t *tileKernel) chains(rows int, sums []sum, pack reg.GPVirtual, name func(string) string) {
	at := func(i int) Mem { return t.spill.Offset(32 * i) }
	left := GP64()
	MOVQ(t.args.Field("chains"), left)
	MOVQ(left, t.left)
	Label(name("chain"))
	t.steps(rows, sums, pack, name)
	if pack != nil {
		return // for many columns, where there is one chain
	}
	CMPQ(t.args.Field("chains"), Imm(1))
	emit.Goto(JEQ, name("folded"))
	emit.Section(t.section(abi.Chained), func() {
		MOVQ(t.left, left)
		CMPQ(left, t.args.Field("chains"))
		emit.Goto(JEQ, name("first"))
		for i, s := range sums {
			VADDPS(at(i), s.VecVirtual, s.VecVirtual)
		}
		Label(name("first"))
		DECQ(left)
		emit.Goto(JZ, name("last"))
		MOVQ(left, t.left)
		for i, s := range sums {
			VMOVUPS(s.VecVirtual, at(i))
			VXORPS(s.VecVirtual, s.VecVirtual, s.VecVirtual)
		}
		bchain := GP64()
		ADDQ(t.args.Field("achain"), t.a)
		MOVQ(t.args.Field("bchain"), bchain)
		ADDQ(bchain, t.args.Field("bNow"))
		emit.Goto(JMP, name("chain"))
		Label(name("last"))
		bback := GP64()
		SUBQ(t.args.Field("aback"), t.a)
		MOVQ(t.args.Field("bback"), bback)
		SUBQ(bback, t.args.Field("bNow"))
		emit.Goto(JMP, name("folded"))
	})
	emit.Trap()
	Label(name("folded"))
}

// fetchNext emits prefetches of C for the next tile, which will wait for it as this one did.
func (t *tileKernel) fetchNext(ldc reg.GPVirtual) {
	Comment("fetch C for the next tile, which would wait for it as this one did")
	below := GP64()
	MOVQ(t.c, below)
	for range t.MR {
		ADDQ(ldc, below)
	}
	next, _ := rowAddr(t.MR, below, ldc)
	for r := range t.MR {
		PREFETCHT0(next(r))
		PREFETCHT0(next(r).Offset(4*t.NR - 4))
	}
}

// steps emits the loop over k, an outer product a step:
//
//	sums[r, 0:NR] += A[r,p]·B[p, 0:NR]    for each row r
//
// Where the last register holds less columns than it could, terms are read from B without a mask as long as that reads
// nothing behind it.
func (t *tileKernel) steps(rows int, sums []sum, pack reg.GPVirtual, name func(string) string) {
	k := GP64()
	MOVQ(t.args.Field("k"), k)
	if pack == nil {
		CMPQ(t.left, Imm(1))
		emit.Goto(JNE, name("not_last"))
		ADDQ(t.args.Field("rest"), k)
		Label(name("not_last"))
	}
	TESTQ(k, k)
	emit.Goto(JZ, name("summed"))
	s := stepRegisters{b: GP64(), ldb: GP64(), csa: GP64(), k: k}
	rsa := GP64()
	MOVQ(t.args.Field("bNow"), s.b)
	MOVQ(t.args.Field("ldbNow"), s.ldb)
	MOVQ(t.args.Field("rsa"), rsa)
	MOVQ(t.args.Field("csa"), s.csa)
	first := GP64()
	MOVQ(t.a, first)
	by := t.strideOf(rows, rsa)
	s.a, s.bases = by.from(first)
	if t.Tail && pack == nil {
		CMPQ(t.args.Field("whole"), Imm(0))
		emit.Goto(JE, name("step"))
		MOVQ(U32(0), t.masked)
		CMPQ(t.left, Imm(1))
		emit.Goto(JNE, name("whole_step"))
		SUBQ(t.args.Field("whole"), k)
		MOVQ(k, t.masked)
		MOVQ(t.args.Field("whole"), k)
		t.step(rows, sums, nil, s, false, name("whole_step"))
		MOVQ(t.masked, k)
		TESTQ(k, k)
		emit.Goto(JZ, name("summed"))
	}
	t.step(rows, sums, pack, s, true, name("step"))
	Label(name("summed"))
}

// stepRegisters are what the loop over k goes on with.
type stepRegisters struct {
	a              func(r int) Mem
	bases          []reg.GPVirtual // of the rows of A
	b, ldb, csa, k reg.GPVirtual
}

// step emits the loop over k, at least 1; masked tells whether to read the last register of B under the mask.
func (t *tileKernel) step(rows int, sums []sum, pack reg.GPVirtual, s stepRegisters, masked bool, label string) {
	nv := t.vecs()
	load := t.loadRow
	if !masked {
		load = t.loadWhole
	}
	Label(label)
	row := make([]reg.VecVirtual, nv)
	for v := range row {
		row[v] = YMM()
		load(Mem{Base: s.b}, v, row[v])
	}
	var shared reg.VecVirtual
	if t.Pairs {
		shared = YMM()
		load(Mem{Base: s.b}, nv, shared)
	}
	if pack != nil {
		for v := range row {
			VMOVUPS(row[v], Mem{Base: pack, Disp: 32 * v})
		}
		PREFETCHT1(Mem{Base: s.b, Disp: 4 * t.NR}) // the same row of the next panel
		ADDQ(Imm(uint64(4*t.NR)), pack)
	}
	ADDQ(s.ldb, s.b)
	var above reg.VecVirtual // A of the row before
	for r := range rows {
		x := YMM()
		VBROADCASTSS(s.a(r), x)
		for v := range row {
			VFMADD231PS(row[v], x, sums[r*nv+v].VecVirtual)
		}
		if !t.Pairs || r%2 == 0 {
			above = x
			continue
		}
		const high = 0xf0 // of the register: this row, below the one before
		VBLENDPS(Imm(high), x, above, x)
		VFMADD231PS(shared, x, sums[rows*nv+r/2].VecVirtual)
	}
	for _, p := range s.bases {
		ADDQ(s.csa, p)
	}
	DECQ(s.k)
	emit.Goto(JNZ, label)
}

// loadWhole emits the load of register v of the row at m, whatever columns there are.
func (t *tileKernel) loadWhole(m Mem, v int, dst reg.VecVirtual) {
	m = m.Offset(32 * v)
	if t.pair(v) {
		VBROADCASTF128(m, dst)
		return
	}
	VMOVUPS(m, dst)
}

// loadRow emits the load of register v of the row at m, masked if it is the last one. If
// pairs of rows share it, both halves get the same columns.
func (t *tileKernel) loadRow(m Mem, v int, dst reg.VecVirtual) {
	m = m.Offset(32 * v)
	switch {
	case t.pair(v):
		VMASKMOVPS(m, t.mask, dst)
		VINSERTF128(Imm(1), dst.AsX(), dst, dst)
	case t.Tail && !t.Pairs && v == t.vecs()-1:
		VMASKMOVPS(m, t.mask, dst)
	default:
		VMOVUPS(m, dst)
	}
}

// loadAt emits the load of register v of row r of the tile. If it is shared, r is the pair.
func (t *tileKernel) loadAt(row func(int) Mem, r, v int, dst reg.VecVirtual) {
	if !t.pair(v) {
		t.loadRow(row(r), v, dst)
		return
	}
	VMASKMOVPS(row(2*r).Offset(32*v), t.mask, dst)
	high := YMM()
	VMASKMOVPS(row(2*r+1).Offset(32*v), t.mask, high)
	VINSERTF128(Imm(1), high.AsX(), dst, dst)
}

// store emits the stores of a tile's sums.
func (t *tileKernel) store(sums []sum, c func(int) Mem, name func(string) string) {
	Comment("C = sums")
	nv := t.vecs()
	var last []reg.VecVirtual // the registers with the last columns of each row
	for _, s := range sums {
		switch {
		case t.pair(s.vec):
			high := YMM()
			VPERM2F128(Imm(1), s.VecVirtual, s.VecVirtual, high)
			last = append(last, s.VecVirtual, high)
		case t.Tail && !t.Pairs && s.vec == nv-1:
			last = append(last, s.VecVirtual)
		default:
			VMOVUPS(s.VecVirtual, c(s.row).Offset(32*s.vec))
		}
	}
	if !t.Tail {
		return
	}
	w := GP64()
	MOVQ(t.args.Field("tail"), w)
	at := func(r int) Mem { return c(r).Offset((t.NR - 1) / 8 * 32) }
	if t.NR == 8 {
		CMPQ(w, Imm(8))
		emit.Goto(JNE, name("part"))
		for r := range last {
			VMOVUPS(last[r], at(r))
		}
		emit.Goto(JMP, name("stored"))
		Label(name("part"))
	}
	emit.StoreTail(w, last, at)
	Label(name("stored"))
}

// next emits the step to the rows after a tile, and the jump to the end if there are none. The saved output moves on,
// the bias stays.
func (t *tileKernel) next(rows int, flags, ldc reg.GPVirtual) {
	SUBQ(Imm(uint64(rows)), t.m)
	emit.Goto(JLE, t.label("end"))
	step := GP64()
	MOVQ(t.args.Field("rsa"), step)
	IMUL3Q(Imm(uint64(rows)), step, step)
	ADDQ(step, t.a)
	IMUL3Q(Imm(uint64(rows)), ldc, step)
	ADDQ(step, t.c)
	same := emit.NewLabel("same_bias")
	TESTQ(U32(abi.FlagBias), flags)
	emit.Goto(JNZ, same)
	ADDQ(step, t.y)
	Label(same)
}

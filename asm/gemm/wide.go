package gemm

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/runtime/abi"
)

// A wideKernel emits the part of the AVX-512 kernel for tiles of one width, one or two panels of B, in the way of a
// tileKernel. Of 32 registers 28 hold the sums of 14 rows, two the row of B, and one an element of A; the epilogue
// needs no more. What a step does not use waits in memory.
type wideKernel struct {
	abi.Tile
	vecs int // registers in a row
	args emit.Args
	one  Mem

	a         reg.GPVirtual     // A at the first row of the tile
	mask      reg.OpmaskVirtual // of the last register of a row; nil if all of it is wanted
	c, y      Mem               // C at the first row of the tile; the saved output there, or the bias
	m, chains Mem               // rows and chains to do
}

// wideCols is the number of columns of two panels.
const wideCols = 2 * abi.NR

// EmitWideTiles emits the kernel that consists of abi.WideTiles.
func EmitWideTiles() {
	one := oneData()
	name := abi.WideTileKernel
	args := emit.ArgFunc(name, "tileArgs", "",
		name+" computes args.m rows and args.n columns of C, two panels at a time, in tiles of 14 rows.",
		"It changes args. It works like gemmGeneric.")
	emit.Positive(args, "m", "n", "chains")
	c, y, m, chains := AllocLocal(8), AllocLocal(8), AllocLocal(8), AllocLocal(8)
	panel, end := name+"_panel", name+"_end"
	MOVQ(U32(0), args.Field("column"))
	n := GP64()
	Label(panel)
	MOVQ(args.Field("n"), n)
	for _, tile := range abi.WideTiles {
		if tile.Min > 1 {
			CMPQ(n, Imm(uint64(tile.Min)))
			emit.Goto(JGE, tile.Name)
		} else {
			emit.Goto(JMP, tile.Name)
		}
	}
	for _, tile := range abi.WideTiles {
		Label(tile.Name)
		emit.Section(tile.Name, func() {
			t := &wideKernel{Tile: tile, vecs: 2, args: args, one: one, c: c, y: y, m: m, chains: chains}
			if tile.Min == 1 {
				t.vecs = 1
			}
			full := tile.Min == 32
			if !full {
				Comment("the mask of the columns of the last register")
				w, all := GP64(), GP64()
				MOVQ(n, w)
				if t.vecs == 2 {
					SUBQ(Imm(abi.NR), w)
				}
				MOVQ(I32(-1), all)
				BZHIQ(w, all, all)
				t.mask = K()
				KMOVW(all.As32(), t.mask)
			}
			t.emit()
			if !full {
				emit.Goto(JMP, end)
				return
			}
			Comment("the next two panels")
			SUBQ(Imm(32), args.Field("n"))
			emit.Goto(JLE, end)
			ps := GP64()
			MOVQ(args.Field("ps"), ps)
			LEAQ(Mem{Base: ps, Index: ps, Scale: 1}, ps)
			ADDQ(ps, args.Field("b"))
			far := GP64()
			MOVQ(args.Field("far"), far)
			TESTQ(far, far)
			CMOVQEQ(far, ps)
			ADDQ(ps, args.Field("far"))
			ADDQ(U32(4*32), args.Field("c"))
			ADDQ(U32(4*32), args.Field("column"))
			emit.Goto(JMP, panel)
		})
		emit.Trap()
	}
	Label(end)
	VZEROUPPER()
	RET()
}

// emit emits the rows of one or two panels.
func (t *wideKernel) emit() {
	t.a = GP64()
	MOVQ(t.args.Field("a"), t.a)
	x := GP64()
	MOVQ(t.args.Field("c"), x)
	MOVQ(x, t.c)
	MOVQ(t.args.Field("v"), x)
	ADDQ(t.args.Field("column"), x)
	MOVQ(x, t.y)
	MOVQ(t.args.Field("b"), x)
	MOVQ(x, t.args.Field("bNow"))
	MOVQ(t.args.Field("ldb"), x)
	MOVQ(x, t.args.Field("ldbNow"))
	m := GP64()
	MOVQ(t.args.Field("m"), m)
	MOVQ(m, t.m)

	rows := t.label("rows")
	if t.mask == nil {
		pack := GP64()
		MOVQ(t.args.Field("pack"), pack)
		TESTQ(pack, pack)
		emit.Goto(JZ, rows)
		emit.Section(t.section(abi.PackB), func() {
			Comment("the first tile copies its two panels of B to the pack, side by side, for the tiles after it")
			t.tile(t.MR, pack)
			MOVQ(t.args.Field("pack"), pack)
			MOVQ(pack, t.args.Field("bNow"))
			MOVQ(U32(4*wideCols), t.args.Field("ldbNow"))
			emit.Goto(JMP, rows)
		})
		emit.Trap()
	}
	Label(rows)
	MOVQ(t.m, m)
	for _, c := range t.Next {
		emit.Section(t.section(abi.Rows(c.Rows)), func() {
			CMPQ(m, Imm(uint64(c.Least)))
			emit.Goto(JGE, t.label(abi.Rows(c.Rows)))
		})
	}
	emit.Trap()
	for _, r := range [...]int{t.MR, 8, 6, abi.MinRows} {
		emit.Section(t.section(abi.Rows(r)), func() {
			Label(t.label(abi.Rows(r)))
			t.tile(r, nil)
			emit.Goto(JMP, rows)
		})
	}
	Label(t.label("end"))
}

func (t *wideKernel) label(what string) string { return t.Name + "_" + what }

// section returns the name of a section within that of the tile.
func (t *wideKernel) section(name string) string { return t.Name + "/" + name }

// A wideStride is how the rows of a tile lie in a matrix: in two halves, of which each has a register, with up to 6
// strides added. In place of the last row, if it is not there, is the one before, which has the same sums and stores
// them once more. Of 4 rows there are 1 to 4, with an offset for each.
type wideStride struct {
	rows    int
	stride  reg.GPVirtual
	third   reg.GPVirtual   // 3 strides
	fifth   reg.GPVirtual   // 5 strides
	offsets []reg.GPVirtual // of rows 1, 2 and 3; or of the last row from its half
}

// strideOf emits the setting up of a stride.
func (t *wideKernel) strideOf(rows int, stride reg.GPVirtual) wideStride {
	s := wideStride{rows: rows, stride: stride}
	m := GP64()
	MOVQ(t.m, m)
	if rows == abi.MinRows {
		above := GP64()
		XORQ(above, above)
		for r := 1; r < rows; r++ {
			offset := GP64()
			LEAQ(Mem{Base: above, Index: stride, Scale: 1}, offset)
			CMPQ(m, Imm(uint64(r+1)))
			CMOVQLT(above, offset)
			s.offsets = append(s.offsets, offset)
			above = offset
		}
		return s
	}
	half := rows / 2
	if half > 3 {
		s.third = GP64()
		LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, s.third)
	}
	if half > 5 {
		s.fifth = GP64()
		LEAQ(Mem{Base: stride, Index: stride, Scale: 4}, s.fifth)
	}
	last, less := GP64(), GP64()
	XORQ(less, less)
	LEAQ(s.in(less, half-1), last)
	LEAQ(s.in(less, half-2), less)
	CMPQ(m, Imm(uint64(rows)))
	CMOVQLT(less, last)
	s.offsets = []reg.GPVirtual{last}
	return s
}

// in returns the address of a row from the first one of its half on.
func (s *wideStride) in(base reg.GPVirtual, row int) Mem {
	m := Mem{Base: base}
	switch row {
	case 1, 2, 4:
		m.Index, m.Scale = s.stride, uint8(row)
	case 3, 6:
		m.Index, m.Scale = s.third, uint8(row/3)
	case 5:
		m.Index, m.Scale = s.fifth, 1
	}
	return m
}

// from returns the addresses of the rows from base on, and the registers that they consist of beside the offsets. base
// is the first of them.
func (s *wideStride) from(base reg.GPVirtual) (addr func(r int) Mem, bases []reg.GPVirtual) {
	if s.rows == abi.MinRows {
		return func(r int) Mem {
			m := Mem{Base: base}
			if r > 0 {
				m.Index, m.Scale = s.offsets[r-1], 1
			}
			return m
		}, []reg.GPVirtual{base}
	}
	half := s.rows / 2
	second := GP64()
	LEAQ(s.in(base, half-1), second)
	ADDQ(s.stride, second)
	bases = []reg.GPVirtual{base, second}
	return func(r int) Mem {
		if r == s.rows-1 {
			return Mem{Base: second, Index: s.offsets[0], Scale: 1}
		}
		return s.in(bases[r/half], r%half)
	}, bases
}

// tile emits one tile of some rows: its k steps, the epilogue, the stores, and the step to the next rows. If pack is not
// nil, B is copied to it, 4·wideCols bytes a step.
func (t *wideKernel) tile(rows int, pack reg.GPVirtual) {
	var sums []sum
	for r := range rows {
		for v := range t.vecs {
			sums = append(sums, sum{ZMM(), r, v})
		}
	}
	name := func(what string) string {
		if pack != nil {
			what += "_pack"
		}
		return t.label(fmt.Sprintf("%s%d", what, rows))
	}
	// atC returns the addresses of the rows of C.
	atC := func() (wideStride, func(int) Mem, reg.GPVirtual) {
		ldc, base := GP64(), GP64()
		MOVQ(t.args.Field("ldc"), ldc)
		MOVQ(t.c, base)
		by := t.strideOf(rows, ldc)
		c, _ := by.from(base)
		return by, c, ldc
	}

	Comment("sums = C if they continue it, else 0")
	TESTQ(U32(abi.FlagAcc), t.args.Field("flags"))
	emit.Goto(JZ, name("zero"))
	emit.Section(t.section(abi.Acc), func() {
		_, c, ldc := atC()
		for _, s := range sums {
			t.load(c(s.row), s.vec, s.VecVirtual)
		}
		if rows == t.MR {
			t.fetchNext(ldc)
		}
		emit.Goto(JMP, name("begin"))
	})
	emit.Trap()
	Label(name("zero"))
	if rows == t.MR {
		Comment("fetch C, which the stores would wait for")
		_, c, _ := atC()
		for r := range rows {
			for v := range t.vecs {
				PREFETCHT0(c(r).Offset(64 * v))
			}
		}
	}
	for _, s := range sums {
		avx512.zero(s.VecVirtual)
	}
	Label(name("begin"))
	x := GP64()
	MOVQ(t.args.Field("chains"), x)
	MOVQ(x, t.chains)
	var done []reg.VecVirtual // what fold keeps: a tile of one panel leaves as many registers as it has sums
	if t.vecs == 1 {
		emit.Section(t.section(abi.Chained), func() {
			for range sums {
				done = append(done, ZMM())
				avx512.zero(done[len(done)-1])
			}
		})
	}
	Label(name("chain"))
	t.steps(rows, sums, pack, name)

	by, c, ldc := atC()
	if pack == nil { // else there is one chain
		t.fold(sums, done, c, name)
	}
	flags := GP64()
	MOVQ(t.args.Field("flags"), flags)
	var y func(int) Mem
	bias := GP64()
	MOVQ(t.y, bias)
	e := epilogue{
		isa:    avx512,
		within: t.section(""),
		sums:   sums,
		flags:  flags,
		alpha:  t.args.Field("alpha"),
		one:    t.one,
		loadB:  func(v int, dst reg.VecVirtual) { t.load(Mem{Base: bias}, v, dst) },
		before: func() { y, _ = by.from(bias) },
		loadY:  func(r, v int, dst reg.VecVirtual) { t.load(y(r), v, dst) },
	}
	e.emit()
	Comment("C = sums")
	for _, s := range sums {
		t.store(s.VecVirtual, c(s.row), s.vec)
	}
	t.next(rows, flags, ldc)
}

// fetchNext emits prefetches of C for the next tile, which would wait for it as this one did.
func (t *wideKernel) fetchNext(ldc reg.GPVirtual) {
	Comment("fetch C for the next tile, which would wait for it as this one did")
	below := GP64()
	IMUL3Q(Imm(uint64(t.MR)), ldc, below)
	ADDQ(t.c, below)
	next, _ := rowAddr(t.MR, below, ldc)
	for r := range t.MR {
		for v := range t.vecs {
			PREFETCHT0(next(r).Offset(64 * v))
		}
	}
}

// fold emits what follows a chain, if the sums are cut into several: the sum of those that are done waits in registers,
// or in C where there are none left.
func (t *wideKernel) fold(sums []sum, done []reg.VecVirtual, c func(int) Mem, name func(string) string) {
	CMPQ(t.args.Field("chains"), Imm(1))
	emit.Goto(JEQ, name("folded"))
	emit.Section(t.section(abi.Chained), func() {
		left := GP64()
		MOVQ(t.chains, left)
		CMPQ(left, t.args.Field("chains"))
		emit.Goto(JEQ, name("first"))
		if done == nil {
			part := ZMM()
			for _, s := range sums {
				t.load(c(s.row), s.vec, part)
				VADDPS(part, s.VecVirtual, s.VecVirtual)
			}
		}
		for i, x := range done {
			VADDPS(x, sums[i].VecVirtual, sums[i].VecVirtual)
		}
		Label(name("first"))
		DECQ(left)
		emit.Goto(JZ, name("last"))
		MOVQ(left, t.chains)
		for i, s := range sums {
			if done == nil {
				t.store(s.VecVirtual, c(s.row), s.vec)
			} else {
				VMOVAPS(s.VecVirtual, done[i])
			}
			avx512.zero(s.VecVirtual)
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

// steps emits the loop over k, an outer product a step:
//
//	sums[r, 0:16·vecs] += A[r,p]·B[p, 0:16·vecs]    for each row r
func (t *wideKernel) steps(rows int, sums []sum, pack reg.GPVirtual, name func(string) string) {
	k := GP64()
	MOVQ(t.args.Field("k"), k)
	if pack == nil {
		CMPQ(t.chains, Imm(1))
		emit.Goto(JNE, name("not_last"))
		ADDQ(t.args.Field("rest"), k)
		Label(name("not_last"))
	}
	TESTQ(k, k)
	emit.Goto(JZ, name("summed"))
	b, ldb, ps, rsa, csa, first := GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(t.args.Field("bNow"), b)
	MOVQ(t.args.Field("ldbNow"), ldb)
	MOVQ(t.args.Field("ps"), ps)
	MOVQ(t.args.Field("rsa"), rsa)
	MOVQ(t.args.Field("csa"), csa)
	MOVQ(t.a, first)
	by := t.strideOf(rows, rsa)
	a, bases := by.from(first)
	step := func(label string, far reg.GPVirtual) {
		Label(name(label))
		row := make([]reg.VecVirtual, t.vecs)
		for v := range row {
			row[v] = ZMM()
			m := Mem{Base: b}
			if v > 0 {
				m.Index, m.Scale = ps, 1
			}
			t.loadMem(m, v, row[v])
		}
		if pack != nil {
			for v := range row {
				VMOVUPS(row[v], Mem{Base: pack, Disp: 64 * v})
				PREFETCHT1(Mem{Base: b, Disp: 4*wideCols + 64*v})            // the same row of the next panels
				PREFETCHT0(Mem{Base: b, Index: ldb, Scale: 8, Disp: 64 * v}) // the row that comes in 8 steps
			}
			ADDQ(Imm(4*wideCols), pack)
		}
		if far != nil {
			PREFETCHT1(Mem{Base: far})
			PREFETCHT1(Mem{Base: far, Index: ps, Scale: 1})
			ADDQ(Imm(4*abi.NR), far)
		}
		ADDQ(ldb, b)
		for r := range rows {
			x := ZMM()
			VBROADCASTSS(a(r), x)
			for v := range row {
				VFMADD231PS(row[v], x, sums[r*t.vecs+v].VecVirtual)
			}
		}
		for _, p := range bases {
			ADDQ(csa, p)
		}
		DECQ(k)
		emit.Goto(JNZ, name(label))
	}
	if rows == t.MR && t.mask == nil && pack == nil {
		Comment("the first tile fetches what the next two panels come from, which the tiles after it leave time for")
		far := GP64()
		MOVQ(t.m, far)
		CMPQ(far, t.args.Field("m"))
		emit.Goto(JNE, name("step"))
		MOVQ(t.args.Field("far"), far)
		TESTQ(far, far)
		emit.Goto(JZ, name("step"))
		step("far", far)
		emit.Goto(JMP, name("summed"))
	}
	step("step", nil)
	Label(name("summed"))
}

// load emits the load of register v of the row at m.
func (t *wideKernel) load(m Mem, v int, dst reg.VecVirtual) { t.loadMem(m.Offset(64*v), v, dst) }

// loadMem emits the load of m as register v of a row, under the mask if it is the last one.
func (t *wideKernel) loadMem(m Mem, v int, dst reg.VecVirtual) {
	if t.mask != nil && v == t.vecs-1 {
		VMOVUPS_Z(m, t.mask, dst)
		return
	}
	VMOVUPS(m, dst)
}

// store emits the store of register v of the row at m.
func (t *wideKernel) store(s reg.VecVirtual, m Mem, v int) {
	if t.mask != nil && v == t.vecs-1 {
		VMOVUPS(s, t.mask, m.Offset(64*v))
		return
	}
	VMOVUPS(s, m.Offset(64*v))
}

// next emits the step to the rows after a tile, and the jump to the end if there are none. The saved output moves on,
// the bias stays.
func (t *wideKernel) next(rows int, flags, ldc reg.GPVirtual) {
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

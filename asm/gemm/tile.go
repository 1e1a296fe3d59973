package gemm

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
)

// A tileKernel emits the part of the kernel for panels of one width: C[0:m, 0:NR] from the
// whole of its k steps, the rows taken in tiles of at most MR.
type tileKernel struct {
	Tile
	args emit.Args
	a, c reg.GPVirtual  // A and C at the first row of the tile
	y    reg.GPVirtual  // the saved output there, or the bias
	m    reg.GPVirtual  // rows to do
	mask reg.VecVirtual // of the last register, if Tail
	one  Mem
}

// vecs is the number of registers in a row of the tile.
func (t *tileKernel) vecs() int { return t.NR / 8 }

// EmitTiles emits the kernel that consists of Tiles: a loop over the panels of B, each of
// which goes to the first tile that is not too wide for the columns that are left.
func EmitTiles() {
	masks := emit.TailMasks()
	one := oneData()
	name := "gemm6x16AVX2"
	args := emit.ArgFunc(name, "tileArgs", "",
		name+" computes args.m rows and args.n columns of C, panel by panel, each in tiles of 6 rows.",
		"It changes args. It works like gemmGeneric.")
	panel, end := name+"_panel", name+"_end"
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
		t := &tileKernel{Tile: tile, args: args, one: one}
		if tile.Tail {
			Comment("the mask of the columns of the last register")
			w := GP64()
			MOVQ(n, w)
			SUBQ(Imm(uint64(tile.NR-8)), w)
			MOVQ(w, args.Field("tail"))
			t.mask = YMM()
			emit.LoadTailMask(masks, w, t.mask)
		}
		t.emit()
		if tile.Tail {
			emit.Goto(JMP, end)
			continue
		}
		Comment("the next panel")
		SUBQ(U32(tile.NR), args.Field("n"))
		emit.Goto(JLE, end)
		ps := GP64()
		MOVQ(args.Field("ps"), ps)
		ADDQ(ps, args.Field("b"))
		ADDQ(U32(4*tile.NR), args.Field("c"))
		ADDQ(U32(4*tile.NR), args.Field("v"))
		emit.Goto(JMP, panel)
	}
	Label(end)
	VZEROUPPER()
	RET()
}

func (t *tileKernel) emit() {
	t.a, t.c, t.y, t.m = GP64(), GP64(), GP64(), GP64()
	MOVQ(t.args.Field("a"), t.a)
	MOVQ(t.args.Field("c"), t.c)
	MOVQ(t.args.Field("v"), t.y)
	MOVQ(t.args.Field("m"), t.m)
	b, ldb := GP64(), GP64()
	MOVQ(t.args.Field("b"), b)
	MOVQ(b, t.args.Field("bNow"))
	MOVQ(t.args.Field("ldb"), ldb)
	MOVQ(ldb, t.args.Field("ldbNow"))

	rows := t.label("rows")
	if t.MR*t.vecs() == 12 {
		pack := GP64()
		MOVQ(t.args.Field("pack"), pack)
		TESTQ(pack, pack)
		emit.Goto(JZ, rows)
		Comment("the first tile copies its columns of B to the pack, for the tiles after it")
		t.tile(t.MR, pack)
		MOVQ(t.args.Field("pack"), pack)
		MOVQ(pack, t.args.Field("bNow"))
		MOVQ(U32(4*t.NR), t.args.Field("ldbNow"))
	}

	Label(rows)
	t.choose()
	for r := t.MR; r >= 1; r-- {
		Label(t.label(fmt.Sprintf("rows%d", r)))
		t.tile(r, nil)
		emit.Goto(JMP, rows)
	}
	Label(t.label("end"))
}

func (t *tileKernel) label(what string) string { return t.Name + "_" + what }

// choose emits the choice of the next tile's rows. A tile of 4, 5 or 6 rows of two registers
// keeps the multiply-adders busy, so the last rows are cut into such tiles: 7 and less only if m is.
func (t *tileKernel) choose() {
	to := func(rows int, jump func(Op)) { emit.Goto(jump, t.label(fmt.Sprintf("rows%d", rows))) }
	if t.MR == 6 {
		for _, c := range []struct{ from, rows int }{{14, 6}, {13, 5}, {11, 6}, {9, 5}, {7, 4}} {
			CMPQ(t.m, Imm(uint64(c.from)))
			to(c.rows, JGE)
		}
	}
	for r := t.MR; r >= 1; r-- {
		CMPQ(t.m, Imm(uint64(r)))
		if r == t.MR {
			to(r, JGE)
		} else {
			to(r, JEQ)
		}
	}
	emit.Goto(JMP, t.label("end"))
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
	nv := t.vecs()
	sums := make([][]reg.VecVirtual, rows)
	for r := range sums {
		for range nv {
			sums[r] = append(sums[r], YMM())
		}
	}
	name := func(what string) string {
		if pack != nil {
			what += "_pack"
		}
		return t.label(fmt.Sprintf("%s%d", what, rows))
	}

	Comment("sums = C if they continue it, else 0")
	TESTQ(U32(flagAcc), t.args.Field("flags"))
	emit.Goto(JZ, name("zero"))
	{
		ldc := GP64()
		MOVQ(t.args.Field("ldc"), ldc)
		c, _ := rowAddr(rows, t.c, ldc)
		for r := range sums {
			for v := range nv {
				t.load(c(r), v, sums[r][v])
			}
		}
		if rows == t.MR {
			Comment("the next tile will wait for C as this one did, unless it is fetched now")
			below := GP64()
			MOVQ(t.c, below)
			for range rows {
				ADDQ(ldc, below)
			}
			next, _ := rowAddr(rows, below, ldc)
			for r := range rows {
				PREFETCHT0(next(r))
				PREFETCHT0(next(r).Offset(4*t.NR - 4))
			}
		}
		emit.Goto(JMP, name("begin"))
	}
	Label(name("zero"))
	for r := range sums {
		for v := range nv {
			VXORPS(sums[r][v], sums[r][v], sums[r][v])
		}
	}
	Label(name("begin"))
	t.steps(rows, sums, pack, name)

	ldc, flags := GP64(), GP64()
	MOVQ(t.args.Field("ldc"), ldc)
	MOVQ(t.args.Field("flags"), flags)
	c, _ := rowAddr(rows, t.c, ldc)
	var y func(int) Mem
	e := epilogue{
		sums:   sums,
		flags:  flags,
		alpha:  t.args.Field("alpha"),
		one:    t.one,
		loadC:  func(r, v int, dst reg.VecVirtual) { t.load(c(r), v, dst) },
		loadB:  func(v int, dst reg.VecVirtual) { t.load(Mem{Base: t.y}, v, dst) },
		before: func() { y, _ = rowAddr(rows, t.y, ldc) },
		loadY:  func(r, v int, dst reg.VecVirtual) { t.load(y(r), v, dst) },
	}
	e.emit()
	t.store(sums, c, name)
	t.next(rows, flags, ldc)
}

// steps emits the loop over k: C[r, 0:NR] += A[r,p]·B[p, 0:NR] for each row.
func (t *tileKernel) steps(rows int, sums [][]reg.VecVirtual, pack reg.GPVirtual, name func(string) string) {
	nv := t.vecs()
	k := GP64()
	MOVQ(t.args.Field("k"), k)
	TESTQ(k, k)
	emit.Goto(JZ, name("summed"))
	b, ldb, rsa, csa := GP64(), GP64(), GP64(), GP64()
	MOVQ(t.args.Field("bNow"), b)
	MOVQ(t.args.Field("ldbNow"), ldb)
	MOVQ(t.args.Field("rsa"), rsa)
	MOVQ(t.args.Field("csa"), csa)
	a, aBases := rowAddr(rows, t.a, rsa)
	Label(name("step"))
	row := make([]reg.VecVirtual, nv)
	for v := range row {
		row[v] = YMM()
		t.load(Mem{Base: b}, v, row[v])
	}
	if pack != nil {
		for v := range row {
			VMOVUPS(row[v], Mem{Base: pack, Disp: 32 * v})
		}
		PREFETCHT1(Mem{Base: b, Disp: 4 * t.NR}) // the same row of the next panel
		ADDQ(Imm(uint64(4*t.NR)), pack)
	}
	ADDQ(ldb, b)
	x := YMM()
	for r := range rows {
		VBROADCASTSS(a(r), x)
		for v := range row {
			VFMADD231PS(row[v], x, sums[r][v])
		}
	}
	for _, p := range aBases {
		ADDQ(csa, p)
	}
	DECQ(k)
	emit.Goto(JNZ, name("step"))
	Label(name("summed"))
}

// load emits the load of register v of the row at m, masked if it is the last one.
func (t *tileKernel) load(m Mem, v int, dst reg.VecVirtual) {
	m = m.Offset(32 * v)
	if t.Tail && v == t.vecs()-1 {
		VMASKMOVPS(m, t.mask, dst)
		return
	}
	VMOVUPS(m, dst)
}

// store emits the stores of a tile's sums.
func (t *tileKernel) store(sums [][]reg.VecVirtual, c func(int) Mem, name func(string) string) {
	Comment("C = sums")
	nv := t.vecs()
	full := nv
	if t.Tail {
		full--
	}
	for r := range sums {
		for v := range full {
			VMOVUPS(sums[r][v], c(r).Offset(32*v))
		}
	}
	if !t.Tail {
		return
	}
	w := GP64()
	MOVQ(t.args.Field("tail"), w)
	last := make([]reg.VecVirtual, len(sums))
	for r := range sums {
		last[r] = sums[r][nv-1]
	}
	at := func(r int) Mem { return c(r).Offset(32 * (nv - 1)) }
	if nv == 1 {
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

// next emits the step to the rows after a tile. The saved output moves on, the bias stays.
func (t *tileKernel) next(rows int, flags, ldc reg.GPVirtual) {
	rsa := GP64()
	MOVQ(t.args.Field("rsa"), rsa)
	for range rows {
		ADDQ(rsa, t.a)
		ADDQ(ldc, t.c)
	}
	same := emit.NewLabel("same_bias")
	TESTQ(U32(flagBias), flags)
	emit.Goto(JNZ, same)
	for range rows {
		ADDQ(ldc, t.y)
	}
	Label(same)
	SUBQ(Imm(uint64(rows)), t.m)
}

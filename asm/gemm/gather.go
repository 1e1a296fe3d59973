package gemm

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/runtime/abi"
)

// A gatherTile is a register tile of the kernels whose rows of A lie anywhere: their places stand in a table, so that
// each row has a register, and all are read at one displacement, which a second table has for each term.
type gatherTile struct {
	abi.Tile
	isa
	NR   int
	Tail bool // the last register of a row may hold less columns than it could, for AVX2
	args emit.Args
	// masks is the table of masks for the last register of C, if Tail. A and B are read without: VMASKMOVPS takes some
	// 20 cycles on the first Zen.
	masks Mem
	mask  reg.OpmaskVirtual // of the columns that there are, for AVX-512

	m        reg.GPVirtual // rows to do
	rows     reg.GPVirtual // their places
	end, ldb Mem           // behind the table of terms; from a row of B to the next
}

// beginGather begins a kernel of gathered rows, and sets what does not change.
func beginGather(name string) (args emit.Args, end, ldb Mem) {
	args = emit.ArgFunc(name, "gatherArgs", "",
		name+" computes args.m rows and args.n columns of C, panel by panel. It changes args. It works like gatherGeneric.")
	emit.Positive(args, "m", "n", "count")
	end, ldb = AllocLocal(8), AllocLocal(8)
	MOVQ(U32(0), args.Field("column"))
	step := GP64()
	MOVQ(args.Field("ldb"), step)
	MOVQ(step, ldb)
	MOVQ(args.Field("count"), step)
	SHLQ(Imm(2), step)
	ADDQ(args.Field("terms"), step)
	MOVQ(step, end)
	return args, end, ldb
}

// nextPanel emits the step to the next panel, or the jump to the end if there is none.
func (t *gatherTile) nextPanel(panel, end string) {
	Comment("the next panel")
	SUBQ(U32(t.NR), t.args.Field("n"))
	emit.Goto(JLE, end)
	ps := GP64()
	MOVQ(t.args.Field("ps"), ps)
	ADDQ(ps, t.args.Field("b"))
	ADDQ(U32(4*t.NR), t.args.Field("c"))
	ADDQ(U32(4*t.NR), t.args.Field("column"))
	emit.Goto(JMP, panel)
}

// EmitWideGather emits the kernel for AVX-512: a loop over the panels of B, of which a mask says how many columns there
// are in C, more than half of a panel, and for each a loop over tiles of rows.
func EmitWideGather() {
	name := abi.WideGatherKernel
	args, last, ldb := beginGather(name)
	panel, end := name+"_panel", name+"_end"
	Label(panel)
	args = args.Again()
	n, most, all := GP64(), GP64(), GP64()
	MOVQ(args.Field("n"), n)
	MOVQ(U32(abi.NR), most)
	CMPQ(n, most)
	CMOVQGT(most, n)
	MOVQ(I32(-1), all)
	BZHIQ(n, all, all)
	t := &gatherTile{Tile: abi.WideGatherTile, isa: avx512, args: args, NR: abi.NR, end: last, ldb: ldb, mask: K()}
	KMOVW(all.As32(), t.mask)
	t.emit()
	t.nextPanel(panel, end)
	Label(end)
	VZEROUPPER()
	RET()
}

// EmitGather emits the kernel for AVX2 and NEON: a loop over the panels of B, each of which goes to the first tile that
// is not too wide for the columns that are left, and there a loop over tiles of rows.
func EmitGather() {
	masks := emit.TailMasks()
	name := abi.GatherKernel
	args, last, ldb := beginGather(name)
	panel, end := name+"_panel", name+"_end"
	n := GP64()
	Label(panel)
	args = args.Again()
	MOVQ(args.Field("n"), n)
	for _, tile := range abi.GatherTiles {
		if tile.Min > 1 {
			CMPQ(n, Imm(uint64(tile.Min)))
			emit.Goto(JGE, tile.Name)
		} else {
			emit.Goto(JMP, tile.Name)
		}
	}
	for i, tile := range abi.GatherTiles {
		Label(tile.Name)
		t := &gatherTile{Tile: tile, isa: avx2, args: args, NR: gatherWidths[i], Tail: i > 0, end: last, ldb: ldb,
			masks: masks}
		if t.Tail {
			Comment("the columns of the last register")
			SUBQ(Imm(uint64(t.NR-8)), n)
			MOVQ(n, args.Field("tail"))
		}
		t.emit()
		if t.Tail {
			emit.Goto(JMP, end)
			continue
		}
		t.nextPanel(panel, end)
	}
	Label(end)
	VZEROUPPER()
	RET()
}

// gatherWidths are the columns of abi.GatherTiles.
var gatherWidths = [...]int{16, 16, 8}

// emit emits the rows of one panel.
func (t *gatherTile) emit() {
	t.m, t.rows = GP64(), GP64()
	MOVQ(t.args.Field("m"), t.m)
	MOVQ(t.args.Field("rows"), t.rows)
	MOVQ(t.m, t.args.Field("mNow"))
	MOVQ(t.rows, t.args.Field("rowsNow"))
	Label(t.label("rows"))
	t.args = t.args.Again()
	MOVQ(t.args.Field("mNow"), t.m)
	heights := map[int]bool{}
	for _, c := range t.Next {
		CMPQ(t.m, Imm(uint64(c.Least)))
		emit.Goto(JGE, t.label(abi.Rows(c.Rows)))
		heights[c.Rows] = true
	}
	args := t.args
	for h := t.MR; h > 0; h-- {
		if heights[h] {
			Label(t.label(abi.Rows(h)))
			t.args = args
			t.tile(h)
		}
	}
	Label(t.label("end"))
	t.args = t.args.Again()
}

func (t *gatherTile) label(what string) string { return t.Name + "_" + what }

// place emits the address of row r of a matrix: base plus entry of the row in the table, the first for A, the second
// for C.
func (t *gatherTile) place(r, entry int, base Mem) reg.GPVirtual {
	p := GP64()
	MOVLQSX(Mem{Base: t.rows, Disp: 8*r + 4*entry}, p)
	ADDQ(base, p)
	return p
}

// tile emits one tile of some rows, and the jump to the next.
//
//	sums[r, 0:NR] = C or 0, then += A[r,p]·B[p, 0:NR] for all terms p
func (t *gatherTile) tile(rows int) {
	nv := t.vecs()
	name := func(what string) string { return t.label(fmt.Sprint(what, rows)) }
	var sums []sum
	for r := range rows {
		for v := range nv {
			sums = append(sums, sum{t.vec(), r, v})
		}
	}
	c := func(r int) Mem { return Mem{Base: t.place(r, 1, t.args.Field("c"))} }

	MOVQ(t.args.Field("rowsNow"), t.rows)
	Comment("sums = C if they continue it, else 0")
	TESTQ(U32(abi.FlagAcc), t.args.Field("flags"))
	emit.Goto(JZ, name("zero"))
	var mask reg.VecVirtual
	if t.Tail {
		w := GP64()
		MOVQ(t.args.Field("tail"), w)
		mask = YMM()
		emit.LoadTailMask(t.masks, w, mask)
	}
	for r := range rows {
		at := c(r)
		for v := range nv {
			if t.Tail && v == nv-1 {
				VMASKMOVPS(at.Offset(32*v), mask, sums[r*nv+v].VecVirtual)
			} else {
				t.load(at.Offset(32*v), sums[r*nv+v].VecVirtual)
			}
		}
	}
	emit.Goto(JMP, name("begin"))
	Label(name("zero"))
	for _, s := range sums {
		t.zero(s.VecVirtual)
	}
	Label(name("begin"))
	t.steps(sums, rows, name)

	t.args = t.args.Again()
	MOVQ(t.args.Field("rowsNow"), t.rows)
	flags := GP64()
	MOVQ(t.args.Field("flags"), flags)
	bias := GP64()
	if t.Tail {
		MOVQ(t.args.Field("lastBias"), bias)
	} else {
		MOVQ(t.args.Field("v"), bias)
		ADDQ(t.args.Field("column"), bias)
	}
	e := epilogue{
		isa:    t.isa,
		within: "",
		sums:   sums,
		flags:  flags,
		alpha:  t.args.Field("alpha"),
		loadB:  func(v int, dst reg.VecVirtual) { t.load(Mem{Base: bias, Disp: 32 * v}, dst) },
	}
	e.emit()

	t.store(sums, rows, c, name)
	ADDQ(Imm(uint64(8*rows)), t.args.Field("rowsNow"))
	SUBQ(Imm(uint64(rows)), t.args.Field("mNow"))
	emit.Goto(JG, t.label("rows"))
	emit.Goto(JMP, t.label("end"))
}

// vecs returns the registers of a row.
func (t *gatherTile) vecs() int {
	if t.wide {
		return 1
	}
	return t.NR / 8
}

// load emits the load of a register of a row: for AVX-512, of the columns that there are.
func (t *gatherTile) load(m Mem, dst reg.VecVirtual) {
	if t.wide {
		VMOVUPS_Z(m, t.mask, dst)
		return
	}
	VMOVUPS(m, dst)
}

// store emits the stores of the sums of a tile, to the places of its rows in C.
func (t *gatherTile) store(sums []sum, rows int, c func(r int) Mem, name func(string) string) {
	Comment("C = sums")
	if t.wide {
		for _, s := range sums {
			VMOVUPS(s.VecVirtual, t.mask, c(s.row))
		}
		return
	}
	whole := func(vecs int) {
		for r := range rows {
			at := c(r)
			for v := range vecs {
				VMOVUPS(sums[r*t.NR/8+v].VecVirtual, at.Offset(32*v))
			}
		}
	}
	if !t.Tail {
		whole(t.NR / 8)
		return
	}
	w, behind := GP64(), t.NR/8-1
	MOVQ(t.args.Field("tail"), w)
	CMPQ(w, Imm(8))
	emit.Goto(JNE, name("part"))
	whole(behind + 1)
	emit.Goto(JMP, name("stored"))
	Label(name("part"))
	if behind > 0 {
		whole(behind)
	}
	var last []reg.VecVirtual
	for r := range rows {
		last = append(last, sums[r*t.NR/8+behind].VecVirtual)
	}
	emit.StoreTail(w, last, func(r int) Mem { return c(r).Offset(32 * behind) })
	Label(name("stored"))
}

// mostSteady is the most rows of a tile whose places leave registers for the step through B and the end of the terms.
const mostSteady = 9

// steps emits the loop over the terms.
func (t *gatherTile) steps(sums []sum, rows int, name func(string) string) {
	nv := t.vecs()
	b, term := GP64(), GP64()
	MOVQ(t.args.Field("b"), b)
	a := make([]reg.GPVirtual, rows)
	for r := range a {
		a[r] = t.place(r, 0, t.args.Field("a"))
	}
	// Tiles of many rows have all registers in use, so that what does not change stays in memory.
	ldb, end := Op(t.ldb), Op(t.end)
	if rows <= mostSteady {
		x, y := GP64(), GP64()
		MOVQ(t.ldb, x)
		MOVQ(t.end, y)
		ldb, end = x, y
	}
	MOVQ(t.args.Field("terms"), term)
	at := GP64() // the displacement
	Label(name("step"))
	MOVLQSX(Mem{Base: term}, at)
	row := make([]reg.VecVirtual, nv)
	for v := range row {
		row[v] = t.vec()
		VMOVUPS(Mem{Base: b, Disp: 32 * v}, row[v])
	}
	for r := range rows {
		if t.wide {
			VFMADD231PS_BCST(Mem{Base: a[r], Index: at, Scale: 1}, row[0], sums[r].VecVirtual)
			continue
		}
		x := YMM()
		VBROADCASTSS(Mem{Base: a[r], Index: at, Scale: 1}, x)
		for v := range row {
			VFMADD231PS(row[v], x, sums[r*nv+v].VecVirtual)
		}
	}
	ADDQ(Imm(4), term)
	ADDQ(ldb, b)
	CMPQ(term, end)
	emit.Goto(JNE, name("step"))
}

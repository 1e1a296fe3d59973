package vec

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const tapsRowSignature = "func(n, cols, rows, taps int, y, x, w *float32, yPixel, xPixel, xRow, xCol, wRow, wCol int)"

// A tapsGen writes the kernel of a row of a depthwise convolution. Some pixels of 16 or 8 channels have their sums in
// registers while all taps pass by.
type tapsGen struct {
	*Gen
	y, x, w    operand.Mem    // where the channels at hand begin, on the stack
	left       operand.Mem    // channels
	xRow, wRow operand.Mem    // bytes from a row of taps to the next
	row        [2]operand.Mem // where that at hand begins in x and w
	rows       operand.Mem    // of taps, left
	yPixel     operand.Mem

	step, three, xCol, wCol reg.GPVirtual // bytes from a pixel of x to the next, three times as many, from a tap
}

// emitTapsRow emits a loop over 16 channels, then over 8: in it one over some pixels, then over fewer.
func emitTapsRow(g *Gen, _ int) {
	g.header("tapsRow", tapsRowSignature)
	t := &tapsGen{Gen: g, step: g.GP64(), three: g.GP64(), xCol: g.GP64(), wCol: g.GP64()}
	local := func(name string, bytes bool) operand.Mem {
		r, m := g.GP64(), g.AllocLocal(8)
		g.Load(g.Param(name), r)
		if bytes {
			g.SHLQ(operand.Imm(2), r)
		}
		g.MOVQ(r, m)
		return m
	}
	t.y, t.x, t.w, t.left = local("y", false), local("x", false), local("w", false), local("cols", false)
	t.xRow, t.wRow, t.yPixel = local("xRow", true), local("wRow", true), local("yPixel", true)
	t.row, t.rows = [2]operand.Mem{g.AllocLocal(8), g.AllocLocal(8)}, g.AllocLocal(8)
	g.step(t.step, "xPixel")
	g.step(t.xCol, "xCol")
	g.step(t.wCol, "wCol")
	g.LEAQ(operand.Mem{Base: t.step, Index: t.step, Scale: 2}, t.three)
	left := g.GP64()
	g.Label("channels")
	g.MOVQ(t.left, left)
	g.CMPQ(left, operand.Imm(16))
	g.JL(operand.LabelRef("eight"))
	t.channels("sixteen", 2, 4, 2, 1)
	g.JMP(operand.LabelRef("channels"))
	g.Label("eight")
	g.TESTQ(left, left)
	g.JZ(operand.LabelRef("done"))
	t.channels("eight", 1, 8, 4, 1)
	g.JMP(operand.LabelRef("channels"))
	g.Label("done")
	g.VZEROUPPER()
	g.RET()
}

// channels emits what is done for as many registers of channels: so many pixels at a time, then fewer.
func (t *tapsGen) channels(name string, regs int, counts ...int) {
	y, x, pixels := t.GP64(), t.GP64(), t.GP64()
	t.MOVQ(t.y, y)
	t.MOVQ(t.x, x)
	t.Load(t.Param("n"), pixels)
	next := t.NewLabel(name + "Next")
	for _, count := range counts {
		loop, fewer := t.NewLabel(name+"Pixels"), t.NewLabel(name+"Fewer")
		t.Label(loop)
		t.CMPQ(pixels, operand.Imm(uint64(count)))
		t.JL(operand.LabelRef(fewer))
		t.pixels(name, y, x, regs, count)
		t.SUBQ(operand.Imm(uint64(count)), pixels)
		t.JZ(operand.LabelRef(next))
		t.JMP(operand.LabelRef(loop))
		t.Label(fewer)
	}
	t.Label(next)
	for _, m := range []operand.Mem{t.y, t.x, t.w} {
		t.move(m, operand.U32(32*regs))
	}
	left := t.GP64()
	t.MOVQ(t.left, left)
	t.SUBQ(operand.Imm(uint64(8*regs)), left)
	t.MOVQ(left, t.left)
}

// move adds to a number on the stack.
func (t *tapsGen) move(m operand.Mem, by operand.Op) {
	r := t.GP64()
	t.MOVQ(m, r)
	if from, ok := by.(operand.Mem); ok {
		s := t.GP64()
		t.MOVQ(from, s)
		by = s
	}
	t.ADDQ(by, r)
	t.MOVQ(r, m)
}

// pixels emits the sums of some pixels, and moves y and x behind them.
func (t *tapsGen) pixels(name string, y, x reg.GPVirtual, regs, count int) {
	sums := make([][]reg.VecVirtual, count)
	yPixel, at := t.GP64(), t.GP64()
	t.MOVQ(t.yPixel, yPixel)
	t.MOVQ(y, at)
	for i := range sums {
		for r := range regs {
			s := t.YMM()
			t.VMOVUPS(operand.Mem{Base: at, Disp: 32 * r}, s)
			sums[i] = append(sums[i], s)
		}
		if i < count-1 {
			t.ADDQ(yPixel, at)
		}
	}
	from, rows := t.GP64(), t.GP64()
	t.MOVQ(x, t.row[0])
	t.MOVQ(t.w, from)
	t.MOVQ(from, t.row[1])
	t.Load(t.Param("rows"), rows)
	t.MOVQ(rows, t.rows)

	row, tap := t.NewLabel(name+"Row"), t.NewLabel(name+"Tap")
	t.Label(row)
	p, q, taps := t.GP64(), t.GP64(), t.GP64()
	t.MOVQ(t.row[0], p)
	t.MOVQ(t.row[1], q)
	t.Load(t.Param("taps"), taps)
	t.Label(tap)
	var weights []reg.VecVirtual
	for r := range regs {
		weights = append(weights, t.YMM())
		t.VMOVUPS(operand.Mem{Base: q, Disp: 32 * r}, weights[r])
	}
	base := p
	for i, pixel := range sums {
		if i == 4 {
			base = t.GP64()
			t.LEAQ(operand.Mem{Base: p, Index: t.step, Scale: 4}, base)
		}
		m := []operand.Mem{{Base: base}, {Base: base, Index: t.step, Scale: 1}, {Base: base, Index: t.step, Scale: 2},
			{Base: base, Index: t.three, Scale: 1}}[i%4]
		for r, s := range pixel {
			t.VFMADD231PS(m.Offset(32*r), weights[r], s)
		}
	}
	t.ADDQ(t.xCol, p)
	t.ADDQ(t.wCol, q)
	t.DECQ(taps)
	t.JNZ(operand.LabelRef(tap))
	t.move(t.row[0], t.xRow)
	t.move(t.row[1], t.wRow)
	more := t.GP64()
	t.MOVQ(t.rows, more)
	t.DECQ(more)
	t.MOVQ(more, t.rows)
	t.JNZ(operand.LabelRef(row))

	t.MOVQ(t.yPixel, yPixel)
	for _, pixel := range sums {
		for r, s := range pixel {
			t.VMOVUPS(s, operand.Mem{Base: y, Disp: 32 * r})
		}
		t.ADDQ(yPixel, y)
		t.ADDQ(t.step, x)
	}
}

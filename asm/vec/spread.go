package vec

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

var convKernels = []kernel{
	{"spreadRows", "spread_rows", spreadRowsSignature, emitSpreadRows, []int{1}, 0},
	{"narrow", "narrow", narrowSignature, emitNarrow, []int{1}, 0},
	{"tapsRow", "taps_row", tapsRowSignature, emitTapsRow, []int{1}, 0},
}

const spreadRowsSignature = "func(rows, n, taps int, dst, src *float32, row, step, dstRow, srcRow int)"

// mostWindow is the most taps that have a loop over pixels without one over taps.
const mostWindow = 7

// emitSpreadRows emits a loop over rows, in it one over what pixels of eight floats give to those that their taps
// reach. The sums of these are in a window of registers, which moves on by a pixel each time: one enters it, one is
// done.
func emitSpreadRows(g *Gen, _ int) {
	g.header("spreadRows", spreadRowsSignature)
	rows, taps := g.Load(g.Param("rows"), g.GP64()), g.Load(g.Param("taps"), g.GP64())
	dsts, srcs := g.Load(g.Param("dst"), g.GP64()), g.Load(g.Param("src"), g.GP64())
	row, step, three, five := g.Load(g.Param("row"), g.GP64()), g.Load(g.Param("step"), g.GP64()), g.GP64(), g.GP64()
	for _, bytes := range []operand.Op{row, step} {
		g.SHLQ(operand.Imm(2), bytes)
	}
	g.LEAQ(operand.Mem{Base: step, Index: step, Scale: 2}, three)
	g.LEAQ(operand.Mem{Base: step, Index: step, Scale: 4}, five)
	n, dst, src := g.GP64(), g.GP64(), g.GP64()
	given := [mostWindow]operand.Mem{{Base: src}, {Base: src, Index: step, Scale: 1}, {Base: src, Index: step, Scale: 2},
		{Base: src, Index: three, Scale: 1}, {Base: src, Index: step, Scale: 4}, {Base: src, Index: five, Scale: 1},
		{Base: src, Index: three, Scale: 2}}
	pixel := func(i int) operand.Mem { return operand.Mem{Base: dst, Disp: 32 * i} }
	g.Label("row")
	g.Load(g.Param("n"), n)
	g.MOVQ(dsts, dst)
	g.MOVQ(srcs, src)
	for t := 2; t <= mostWindow; t++ {
		g.CMPQ(taps, operand.Imm(uint64(t)))
		g.JZ(operand.LabelRef(fmt.Sprint("window", t)))
	}

	g.Label("pixel")
	p, q, t := g.GP64(), g.GP64(), g.GP64()
	g.MOVQ(src, p)
	g.MOVQ(dst, q)
	g.MOVQ(taps, t)
	g.Label("tap")
	sum := g.YMM()
	g.VMOVUPS(operand.Mem{Base: q}, sum)
	g.VADDPS(operand.Mem{Base: p}, sum, sum)
	g.VMOVUPS(sum, operand.Mem{Base: q})
	g.ADDQ(step, p)
	g.ADDQ(operand.Imm(32), q)
	g.DECQ(t)
	g.JNZ(operand.LabelRef("tap"))
	g.ADDQ(operand.Imm(32), dst)
	g.ADDQ(row, src)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("pixel"))
	g.JMP(operand.LabelRef("next"))

	for t := 2; t <= mostWindow; t++ {
		loop := fmt.Sprint("pixel", t)
		g.Label(fmt.Sprint("window", t))
		var sums []reg.VecVirtual
		for i := range t {
			sums = append(sums, g.YMM())
			if i < t-1 {
				g.VMOVUPS(pixel(i), sums[i])
			}
		}
		g.Label(loop)
		g.VMOVUPS(pixel(t-1), sums[t-1])
		first := g.YMM()
		g.VADDPS(given[0], sums[0], first)
		g.VMOVUPS(first, pixel(0))
		for i := 1; i < t; i++ {
			g.VADDPS(given[i], sums[i], sums[i-1])
		}
		g.ADDQ(operand.Imm(32), dst)
		g.ADDQ(row, src)
		g.DECQ(n)
		g.JNZ(operand.LabelRef(loop))
		for i := range t - 1 {
			g.VMOVUPS(sums[i], pixel(i))
		}
		g.JMP(operand.LabelRef("next"))
	}

	g.Label("next")
	for _, x := range []struct {
		param string
		at    operand.Op
	}{{"dstRow", dsts}, {"srcRow", srcs}} {
		by := g.Load(g.Param(x.param), g.GP64())
		g.SHLQ(operand.Imm(2), by)
		g.ADDQ(by, x.at)
	}
	g.DECQ(rows)
	g.JNZ(operand.LabelRef("row"))
	g.VZEROUPPER()
	g.RET()
}

const narrowSignature = "func(n int, dst, src *float32, step int)"

// emitNarrow emits a loop over pixels of eight floats.
func emitNarrow(g *Gen, _ int) {
	g.header("narrow", narrowSignature)
	n, step := g.Load(g.Param("n"), g.GP64()), g.Load(g.Param("step"), g.GP64())
	dst, src, pixel := g.Load(g.Param("dst"), g.GP64()), g.Load(g.Param("src"), g.GP64()), g.YMM()
	g.SHLQ(operand.Imm(2), step)
	g.Label("pixel")
	g.VMOVUPS(operand.Mem{Base: src}, pixel)
	g.VMOVUPS(pixel, operand.Mem{Base: dst})
	g.ADDQ(operand.Imm(32), src)
	g.ADDQ(step, dst)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("pixel"))
	g.VZEROUPPER()
	g.RET()
}

package vec

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
)

var convKernels = []kernel{
	{"spreadRows", "spread_rows", spreadRowsSignature, emitSpreadRows, []int{1}, 0},
	{"tapsRow", "taps_row", tapsRowSignature, emitTapsRow, []int{1}, 0},
}

const spreadRowsSignature = "func(rows, n, taps int, dst, src *float32, row, step, dstRow, srcRow int)"

// spreadTaps are the numbers of taps that have a loop over pixels without one over taps: the widths of most filters.
var spreadTaps = [...]int{3, 5}

// emitSpreadRows emits a loop over rows, in it one over pixels of eight floats, and in that one over the taps unless they
// are as many as spreadTaps has.
func emitSpreadRows(g *Gen, _ int) {
	g.header("spreadRows", spreadRowsSignature)
	rows, taps := g.Load(g.Param("rows"), g.GP64()), g.Load(g.Param("taps"), g.GP64())
	dsts, srcs := g.Load(g.Param("dst"), g.GP64()), g.Load(g.Param("src"), g.GP64())
	row, step, three := g.Load(g.Param("row"), g.GP64()), g.Load(g.Param("step"), g.GP64()), g.GP64()
	for _, bytes := range []operand.Op{row, step} {
		g.SHLQ(operand.Imm(2), bytes)
	}
	g.LEAQ(operand.Mem{Base: step, Index: step, Scale: 2}, three)
	n, dst, src, sum := g.GP64(), g.GP64(), g.GP64(), g.YMM()
	// pixels emits the loop over the pixels of a row: add emits the sum of what the taps give to one.
	pixels := func(name string, add func()) {
		g.Label(name)
		g.VMOVUPS(operand.Mem{Base: dst}, sum)
		add()
		g.VMOVUPS(sum, operand.Mem{Base: dst})
		g.ADDQ(operand.Imm(32), dst)
		g.ADDQ(row, src)
		g.DECQ(n)
		g.JNZ(operand.LabelRef(name))
		g.JMP(operand.LabelRef("next"))
	}
	g.Label("row")
	g.Load(g.Param("n"), n)
	g.MOVQ(dsts, dst)
	g.MOVQ(srcs, src)
	for _, t := range spreadTaps {
		g.CMPQ(taps, operand.Imm(uint64(t)))
		g.JZ(operand.LabelRef(fmt.Sprint("pixel", t)))
	}
	pixels("pixel", func() {
		p, t := g.GP64(), g.GP64()
		g.MOVQ(src, p)
		g.MOVQ(taps, t)
		g.Label("tap")
		g.VADDPS(operand.Mem{Base: p}, sum, sum)
		g.ADDQ(step, p)
		g.DECQ(t)
		g.JNZ(operand.LabelRef("tap"))
	})
	for _, t := range spreadTaps {
		pixels(fmt.Sprint("pixel", t), func() {
			for _, m := range []operand.Mem{{Base: src}, {Base: src, Index: step, Scale: 1}, {Base: src, Index: step, Scale: 2},
				{Base: src, Index: three, Scale: 1}, {Base: src, Index: step, Scale: 4}}[:t] {
				g.VADDPS(m, sum, sum)
			}
		})
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

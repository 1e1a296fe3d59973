package vec

import "github.com/mmcloughlin/avo/operand"

var convKernels = []kernel{
	{"spreadRow", "spread_row", spreadRowSignature, emitSpreadRow, []int{1}, 0},
	{"tapsRow", "taps_row", tapsRowSignature, emitTapsRow, []int{1}, 0},
}

const spreadRowSignature = "func(n, taps int, dst, src *float32, row, step int)"

// emitSpreadRow emits a loop over pixels of eight floats, and for each over the taps.
func emitSpreadRow(g *Gen, _ int) {
	g.header("spreadRow", spreadRowSignature)
	n, taps := g.Load(g.Param("n"), g.GP64()), g.Load(g.Param("taps"), g.GP64())
	dst, src := g.Load(g.Param("dst"), g.GP64()), g.Load(g.Param("src"), g.GP64())
	row, step := g.Load(g.Param("row"), g.GP64()), g.Load(g.Param("step"), g.GP64())
	for _, bytes := range []operand.Op{row, step} {
		g.SHLQ(operand.Imm(2), bytes)
	}
	p, t, sum := g.GP64(), g.GP64(), g.YMM()
	g.Label("pixel")
	g.VMOVUPS(operand.Mem{Base: dst}, sum)
	g.MOVQ(src, p)
	g.MOVQ(taps, t)
	g.Label("tap")
	g.VADDPS(operand.Mem{Base: p}, sum, sum)
	g.ADDQ(step, p)
	g.DECQ(t)
	g.JNZ(operand.LabelRef("tap"))
	g.VMOVUPS(sum, operand.Mem{Base: dst})
	g.ADDQ(operand.Imm(32), dst)
	g.ADDQ(row, src)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("pixel"))
	g.VZEROUPPER()
	g.RET()
}

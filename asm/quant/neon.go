package quant

import (
	"fmt"

	"github.com/nngen/nngen/asm/internal/arm64"
)

// Fields of runtime/quant's multiplyArgs, in their order.
const (
	neonS = iota
	neonStart
	_ // words
	neonBytes
	neonW
	neonLines
	neonRows
	neonRuns
	neonQuads
	neonPanels
	_ // cols
	neonPanelBytes
	neonXLine
	neonXRow
	neonXRun
	neonSRow
)

// Registers of the kernels for arm64.
const (
	regS      arm64.R = 1 // of the panel at hand
	regStart  arm64.R = 2
	regW      arm64.R = 3
	regPanels arm64.R = 4
	regLine   arm64.R = 5
	regLines  arm64.R = 6
	regTo     arm64.R = 7 // where the sums of the next row go
	regX      arm64.R = 8 // the next row of x
	regRows   arm64.R = 9
	regRun    arm64.R = 10
	regAt     arm64.R = 11 // in the panel
	regRuns   arm64.R = 12
	regQuads  arm64.R = 22
	regXRow   arm64.R = 23
	regXRun   arm64.R = 24
	regSRow   arm64.R = 25
	regSize   arm64.R = 26
)

// regRow are the places in up to six rows of x.
var regRow = []arm64.R{13, 14, 15, 19, 20, 21}

// A neonProduct emits a kernel of one way to multiply. Sums begin at V0.
type neonProduct struct {
	f    *arm64.Func
	rows []int // that are computed side by side, the most first
	// body emits the sums of rows from the places of the rows and of the panel on, over regQuads quads.
	body func(p *neonProduct, rows int)
	// begin emits what the sums of rows start with, and end what makes four registers for each row of them, from V0 on.
	begin, end func(p *neonProduct, rows int)
}

// EmitNEON emits the products for arm64, of numbers as they are: by SDOT, and for processors without it by SMULL.
func EmitNEON(file *arm64.File) {
	const works = " works like multiplyGeneric for x[i] = bytes[i]"
	(&neonProduct{f: file.Func("multiplyDot", "multiplyArgs", "multiplyDot"+works+", by SDOT."),
		rows: []int{6, 4, 2, 1}, begin: beginDot, body: bodyDot, end: endDot}).emit()
	(&neonProduct{f: file.Func("multiplyNEON", "multiplyArgs", "multiplyNEON"+works+"."),
		rows: []int{2, 1}, begin: beginLong, body: bodyLong, end: endLong}).emit()
}

func (p *neonProduct) emit() {
	f := p.f
	for _, l := range []struct {
		field int
		to    arm64.R
	}{{neonS, regS}, {neonStart, regStart}, {neonW, regW}, {neonPanels, regPanels}, {neonXRow, regXRow},
		{neonXRun, regXRun}, {neonSRow, regSRow}} {
		f.Field(l.field, l.to)
	}
	f.Label("panel")
	f.Field(neonBytes, regLine)
	f.Field(neonLines, regLines)
	f.Move(regS, regTo)
	f.Label("line")
	f.Move(regLine, regX)
	f.Field(neonRows, regRows)
	for i, rows := range p.rows {
		f.Label(label("rows", rows))
		next := "done"
		if i+1 < len(p.rows) {
			next = label("rows", p.rows[i+1])
		}
		f.Less(regRows, rows, next)
		p.block(rows)
		f.Subtract(rows, regRows)
		f.NotZero(regRows, label("rows", rows))
		f.Goto("done")
	}
	f.Label("done")
	f.Field(neonXLine, regSize)
	f.Add(regSize, regLine)
	f.Decrement(regLines)
	f.NotZero(regLines, "line")
	f.Comment("the next panel")
	f.AddConstant(sumBytes, regS)
	f.AddConstant(sumBytes, regStart)
	f.Field(neonPanelBytes, regSize)
	f.Add(regSize, regW)
	f.Decrement(regPanels)
	f.NotZero(regPanels, "panel")
	f.Return()
}

func label(what string, rows int) string { return fmt.Sprintf("%s%d", what, rows) }

// block emits the sums of rows of x for a panel.
func (p *neonProduct) block(rows int) {
	f := p.f
	p.begin(p, rows)
	f.Move(regX, regRun)
	f.Move(regW, regAt)
	f.Field(neonRuns, regRuns)
	f.Label(label("run", rows))
	f.Move(regRun, regRow[0])
	for r := 1; r < rows; r++ {
		f.AddTo(regXRow, regRow[r-1], regRow[r])
	}
	f.Field(neonQuads, regQuads)
	p.body(p, rows)
	f.Add(regXRun, regRun)
	f.Decrement(regRuns)
	f.NotZero(regRuns, label("run", rows))
	p.end(p, rows)
	for r := range rows {
		f.Store(arm64.V(4*r), 4, regTo)
		f.Add(regSRow, regTo)
		f.Add(regXRow, regX)
	}
}

// beginDot loads what sums start with: four registers for each row. A single row has four more, for the latency of
// SDOT.
func beginDot(p *neonProduct, rows int) {
	p.f.Load(regStart, 0, 4)
	for v := 4; v < 4*rows; v++ {
		p.f.Copy(arm64.V(v%4), arm64.V(v))
	}
	if rows == 1 {
		for v := range 4 {
			p.f.Clear(arm64.V(4 + v))
		}
	}
}

// bodyDot emits products of quads of rows and the four registers of a quad of the panel.
func bodyDot(p *neonProduct, rows int) {
	f, w, x := p.f, arm64.V(24), arm64.V(28)
	step := func(sums arm64.V) {
		f.LoadBytes(regAt, w, 4)
		for r := range rows {
			v := x + arm64.V(r%4)
			f.BroadcastNext(regRow[r], v)
			for c := range 4 {
				f.Dot(w+arm64.V(c), v, sums+arm64.V(4*r+c))
			}
		}
	}
	if rows > 1 {
		f.Label(label("quad", rows))
		step(0)
		f.Decrement(regQuads)
		f.NotZero(regQuads, label("quad", rows))
		return
	}
	f.Label("quads")
	f.Less(regQuads, 2, "quad1")
	step(0)
	w, x = 16, 29
	step(4)
	f.Subtract(2, regQuads)
	f.NotZero(regQuads, "quads")
	f.Goto("ran")
	f.Label("quad1")
	w, x = 24, 28
	step(0)
	f.Label("ran")
}

func endDot(p *neonProduct, rows int) {
	if rows == 1 {
		for v := range 4 {
			p.f.AddLanes(arm64.V(v), arm64.V(4+v), arm64.V(v))
		}
	}
}

// beginLong clears sums: eight registers for each row, of two lanes for each column.
func beginLong(p *neonProduct, rows int) {
	for v := range 8 * rows {
		p.f.Clear(arm64.V(v))
	}
}

// bodyLong emits products of 16 bits, which SADALP adds two at a time.
func bodyLong(p *neonProduct, rows int) {
	f, w, x, product := p.f, arm64.V(24), arm64.V(28), arm64.V(16)
	f.Label(label("quad", rows))
	f.LoadBytes(regAt, w, 4)
	for r := range rows {
		f.BroadcastNext(regRow[r], x+arm64.V(r))
		for c := range arm64.V(4) {
			f.Multiply(w+c, x+arm64.V(r), product+2*c)
			f.MultiplyHigh(w+c, x+arm64.V(r), product+2*c+1)
		}
		for v := range arm64.V(8) {
			f.Accumulate(product+v, arm64.V(8*r)+v)
		}
	}
	f.Decrement(regQuads)
	f.NotZero(regQuads, label("quad", rows))
}

// endLong adds the two lanes of each column, and what the sums start with.
func endLong(p *neonProduct, rows int) {
	p.f.Load(regStart, 24, 4)
	for v := range arm64.V(4 * rows) {
		p.f.AddPairs(2*v, 2*v+1, v)
		p.f.AddLanes(v, 24+v%4, v)
	}
}

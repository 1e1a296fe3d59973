package gemm

import (
	"fmt"

	"github.com/nngen/nngen/asm/internal/arm64"
)

// neonRows are the numbers of rows that a tile on NEON may have. Six of four registers leave eight of the 32 for the
// row of B and for elements of A.
var neonRows = []int{6, 4, 2, 1}

// Fields of runtime/gemm's neonArgs, in their order.
const (
	neonA = iota
	neonRSA
	neonCSA
	neonB
	neonLDB
	neonC
	neonLDC
	neonM
	neonK
	neonAcc
)

// A neonTile emits the kernel for tiles of one width, in 4-lane registers; width 1 is a scalar.
type neonTile struct {
	f     *arm64.Func
	width int
}

// Registers of the kernel. Those of the sums are V0 to V23.
const (
	regCSA  arm64.R = 1
	regB    arm64.R = 2
	regLDB  arm64.R = 3
	regC    arm64.R = 4
	regLDC  arm64.R = 5
	regK    arm64.R = 6
	regAcc  arm64.R = 7
	regRow  arm64.R = 8 // a row of C; before that, the number of rows
	regA    arm64.R = 9 // to R14: a row of A each
	vecB    arm64.V = 24
	vecA    arm64.V = 28 // to V31, in turn
	vecsOfA         = 4
)

// Tiles for NEON, by the columns that they are wide.
var neonWidths = []int{16, 8, 4, 1}

// EmitNEON emits the tile kernels for arm64.
func EmitNEON(file *arm64.File) {
	for _, width := range neonWidths {
		name := fmt.Sprintf("tile6x%dNEON", width)
		columns := fmt.Sprintf("%d columns", width)
		if width == 1 {
			columns = "1 column"
		}
		t := neonTile{file.Func(name, "neonArgs",
			fmt.Sprintf("%s computes args.m rows, 6, 4, 2 or 1, and %s of sums.", name, columns),
			"It works like gemmGeneric without an epilogue."), width}
		t.emit()
	}
}

// vecs is the number of registers in a row of the tile.
func (t *neonTile) vecs() int { return max(1, t.width/4) }

func (t *neonTile) emit() {
	t.f.Field(neonM, regRow)
	for _, rows := range neonRows[1:] {
		t.f.Equal(regRow, rows, label("rows", rows))
	}
	for _, rows := range neonRows {
		t.rows(rows)
	}
}

func label(what string, rows int) string { return fmt.Sprintf("%s%d", what, rows) }

// rows emits the tile of some rows: sums = C or 0, an outer product for each step, C = sums.
func (t *neonTile) rows(rows int) {
	f, nv := t.f, t.vecs()
	f.Label(label("rows", rows))
	f.Field(neonA, regA)
	f.Field(neonRSA, regRow)
	for r := 1; r < rows; r++ {
		f.AddTo(regRow, regA+arm64.R(r-1), regA+arm64.R(r))
	}
	f.Field(neonCSA, regCSA)
	f.Field(neonB, regB)
	f.Field(neonLDB, regLDB)
	f.Field(neonC, regC)
	f.Field(neonLDC, regLDC)
	f.Field(neonK, regK)
	f.Field(neonAcc, regAcc)
	f.Zero(regAcc, label("zero", rows))

	f.Comment("sums = C")
	t.eachRow(rows, func(r int) {
		if t.width == 1 {
			f.LoadScalar(regRow, arm64.V(r))
		} else {
			f.Load(regRow, arm64.V(r*nv), nv)
		}
	})
	f.Goto(label("step", rows))
	f.Label(label("zero", rows))
	for i := range rows * nv {
		f.Clear(arm64.V(i))
	}

	f.Label(label("step", rows))
	if t.width == 1 {
		f.LoadScalar(regB, vecB)
		f.Add(regLDB, regB)
	} else {
		f.LoadStep(regB, regLDB, vecB, nv)
	}
	for r := range rows {
		a := vecA + arm64.V(r%vecsOfA)
		if t.width == 1 {
			f.LoadScalar(regA+arm64.R(r), a)
			f.Add(regCSA, regA+arm64.R(r))
			f.FMAScalar(vecB, a, arm64.V(r))
			continue
		}
		f.BroadcastStep(regA+arm64.R(r), regCSA, a)
		for v := range nv {
			f.FMA(vecB+arm64.V(v), a, arm64.V(r*nv+v))
		}
	}
	f.Decrement(regK)
	f.NotZero(regK, label("step", rows))

	f.Comment("C = sums")
	t.eachRow(rows, func(r int) {
		if t.width == 1 {
			f.StoreScalar(arm64.V(r), regRow)
		} else {
			f.Store(arm64.V(r*nv), nv, regRow)
		}
	})
	f.Return()
}

// eachRow emits body for each row of C, whose place is in regRow.
func (t *neonTile) eachRow(rows int, body func(r int)) {
	t.f.Move(regC, regRow)
	for r := range rows {
		body(r)
		if r < rows-1 {
			t.f.Add(regLDC, regRow)
		}
	}
}

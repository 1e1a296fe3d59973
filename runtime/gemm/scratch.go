package gemm

import (
	"math/bits"
	"sync/atomic"
)

// A panel is room for kcMax rows of 16 columns of B.
type panel [kcMax * nr]float32

// scratch lends panels to products in progress, so that none is allocated. When all are
// lent, a product does without or, if it cannot, takes room on its stack.
var scratch struct {
	lent   atomic.Uint32 // bit i: panels[i] is lent
	panels [16]panel
}

// borrow returns a panel and its number, or nil and -1.
func borrow() (*panel, int) {
	for {
		lent := scratch.lent.Load()
		i := bits.TrailingZeros32(^lent)
		if i >= len(scratch.panels) {
			return nil, -1
		}
		if scratch.lent.CompareAndSwap(lent, lent|1<<i) {
			return &scratch.panels[i], i
		}
	}
}

// giveBack returns the panel with number i, unless i is -1.
func giveBack(i int) {
	for i >= 0 {
		lent := scratch.lent.Load()
		if scratch.lent.CompareAndSwap(lent, lent&^(1<<i)) {
			return
		}
	}
}

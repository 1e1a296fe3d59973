package gemm

import (
	"math/bits"
	"sync/atomic"
)

// A panel is room for kcWide rows of two panels of B, 32 columns; a block for part of A.
type (
	panel [kcWide * wideCols]float32
	block [blockMax]float32
)

// A pool lends scratch space to products in progress, so that none is allocated. When all
// is lent, a product does without or, if it cannot, takes room on its stack.
type pool[T any, A interface{ [16]T | [4]T }] struct {
	lent  atomic.Uint32 // bit i: items[i] is lent
	items A
}

var (
	panelPool pool[panel, [16]panel]
	blockPool pool[block, [4]block]
)

// borrow returns an item and its number, or nil and -1.
func (p *pool[T, A]) borrow() (*T, int) {
	for {
		lent := p.lent.Load()
		i := bits.TrailingZeros32(^lent)
		if i >= len(p.items) {
			return nil, -1
		}
		if p.lent.CompareAndSwap(lent, lent|1<<i) {
			return &p.items[i], i
		}
	}
}

// giveBack returns the item with number i, unless i is -1.
func (p *pool[T, A]) giveBack(i int) {
	for i >= 0 {
		lent := p.lent.Load()
		if p.lent.CompareAndSwap(lent, lent&^(1<<i)) {
			return
		}
	}
}

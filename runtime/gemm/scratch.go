package gemm

import (
	"math/bits"
	"sync/atomic"
)

// A panel is room for kcMax rows of two panels of B, 32 columns, and two of them for kcWide; a block is for part of A.
type (
	panel [kcMax * wideCols]float32
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

// borrow returns the first of one or two items that lie one behind the other, and its number; or nil and -1.
func (p *pool[T, A]) borrow(count int) (*T, int) {
	for {
		lent := p.lent.Load()
		taken := lent
		if count == 2 {
			taken |= lent >> 1
		}
		i := bits.TrailingZeros32(^taken)
		if i+count > len(p.items) {
			return nil, -1
		}
		if p.lent.CompareAndSwap(lent, lent|(1<<count-1)<<i) {
			return &p.items[i], i
		}
	}
}

// giveBack returns what borrow lent, unless i is -1.
func (p *pool[T, A]) giveBack(i, count int) {
	for i >= 0 {
		lent := p.lent.Load()
		if p.lent.CompareAndSwap(lent, lent&^((1<<count-1)<<i)) {
			return
		}
	}
}

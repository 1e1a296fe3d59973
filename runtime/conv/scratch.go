package conv

import (
	"math/bits"
	"sync/atomic"
)

// A space is scratch space for the rows of an implicit matrix, and for a filter turned around.
type space struct{ rows, filter []float32 }

// A room is what is lent as a space.
type room struct{ rows, filter [roomSize]float32 }

// roomSize is the number of elements of each part: rows that stay in the second-level cache. Where all rooms are
// lent, a convolution makes do with stackSize elements on its stack.
const (
	roomSize  = 1 << 15
	stackSize = 1 << 11
)

// rooms lends scratch space to convolutions in progress, so that none is allocated.
var rooms struct {
	lent  atomic.Uint32 // bit i: items[i] is lent
	items [4]room
}

// borrow returns a space and its number, or -1 if all are lent.
func borrow() (space, int) {
	for {
		lent := rooms.lent.Load()
		i := bits.TrailingZeros32(^lent)
		if i >= len(rooms.items) {
			return space{}, -1
		}
		if rooms.lent.CompareAndSwap(lent, lent|1<<i) {
			r := &rooms.items[i]
			return space{r.rows[:], r.filter[:]}, i
		}
	}
}

// giveBack returns the space with number i.
func giveBack(i int) {
	for {
		lent := rooms.lent.Load()
		if rooms.lent.CompareAndSwap(lent, lent&^(1<<i)) {
			return
		}
	}
}

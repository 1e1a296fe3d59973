package main

import "testing"

// TestTheHeapGrowsToItsBaseAndByHalfBeyond: small heaps are collected at heapBase, and large ones never hold more than
// half again of what is alive, which the aim for the memory of compile rests on.
func TestTheHeapGrowsToItsBaseAndByHalfBeyond(t *testing.T) {
	for live := uint64(1 << 20); live < 4<<30; live = live * 5 / 4 {
		to := max(live, 4<<20) * uint64(100+growth(live)) / 100
		if want := max(heapBase, live*3/2); to > want || to < want-want/50 || grown(live) != want {
			t.Errorf("with %d bytes alive the heap grows to %d and by the limit to %d, want %d", live, to, grown(live), want)
		}
	}
}

package main

import (
	"path/filepath"
	"testing"

	"github.com/nngen/nngen/codegen/bench"
)

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

// TestCompileAndVerifyTakeNoMoreMemoryThanTheyMay measures both for networks whose parameters are few beside what it takes
// to compile them.
func TestCompileAndVerifyTakeNoMoreMemoryThanTheyMay(t *testing.T) {
	for _, name := range []string{"mobilenet", "unet"} {
		c, err := bench.Compile(t.Context(), newPlace(t).exe, filepath.Join("..", "..", "testdata", "compile", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if c.Peak > c.Most {
			t.Errorf("compiling %s takes %d bytes, want at most %d", name, c.Peak, c.Most)
		}
		if v := c.Verify; v != nil && v.Peak > v.Most || v == nil && name == "mobilenet" {
			t.Errorf("verifying %s: %+v", name, v)
		}
	}
}

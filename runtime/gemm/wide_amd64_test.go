//go:build amd64 && !purego

package gemm

import (
	"testing"

	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/cpu"
)

// TestSmallProductsTakeAVX512WhereTheClockIsKept asks for products of a step of a small recurrent layer, and for less, on
// machines of each kind, and whether copies have what these come to.
func TestSmallProductsTakeAVX512WhereTheClockIsKept(t *testing.T) {
	defer func(full, keeps bool, work int) {
		cpu.HasAVX512, cpu.KeepsClock, wideWork = full, keeps, work
	}(cpu.HasAVX512, cpu.KeepsClock, wideWork)
	wideWork = 1 << 15
	for _, c := range []struct {
		m, n, k                int
		full, kept, split, has bool
	}{
		{32, 32, 32, true, true, false, true},
		{32, 32, 8, false, true, false, true},
		{32, 32, 1, false, true, false, true},
		{31, 32, 1, false, false, false, false},
		{32, 8, 32, false, false, false, false},
		{64, 64, 256, true, true, true, true},
	} {
		for _, machine := range []struct{ full, keeps, want bool }{
			{true, false, c.full}, {true, true, c.kept}, {false, true, c.split},
		} {
			cpu.HasAVX512, cpu.KeepsClock = machine.full, machine.keeps
			if got := takesWide(c.m, c.n, c.k); got != machine.want {
				t.Errorf("%d×%d×%d, whole registers %t, clock kept %t: %t", c.m, c.n, c.k, machine.full, machine.keeps, got)
			}
		}
		var v Variants
		v.NN([]int{c.m}, c.n, c.k, c.n, None())
		if got := v.Has("amd64", abi.WideTileKernel, ""); got != c.has {
			t.Errorf("%d×%d×%d: a copy has the kernel: %t", c.m, c.n, c.k, got)
		}
	}
}

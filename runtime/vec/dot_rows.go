package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
)

// DotRows computes dst[j] = Σᵢ a[i,j]·b[i,j], for each column one chain of FMAs over the
// rows in order, starting at +0. dst must not overlap a or b.
func DotRows(n, f int, dst, a, b []float32) {
	if !fits(n, f, len(a)) || !fits(n, f, len(b)) || len(dst) < f {
		panic(badShape)
	}
	clear(dst[:f])
	DotRowsAcc(n, f, dst, a, b)
}

// DotRowsAcc is DotRows whose chains start at what dst holds.
func DotRowsAcc(n, f int, dst, a, b []float32) {
	if !fits(n, f, len(a)) || !fits(n, f, len(b)) || len(dst) < f {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasSIMD() {
		cpu.EachCall(n, f, func(rows, cols, at, j int) { dotRowsAccSIMD(rows, cols, &dst[j], &a[at], &b[at]) })
		return
	}
	dotRowsAccGeneric(n, f, dst, a, b)
}

func dotRowsAccGeneric(n, f int, dst, a, b []float32) {
	dst = dst[:f]
	for i := range n {
		a, b := a[i*f:][:f], b[i*f:][:f]
		for j, v := range a {
			dst[j] = f32.FMA(v, b[j], dst[j])
		}
	}
}

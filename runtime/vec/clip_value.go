package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// ClipValue sets elements of x below lo to lo and those above hi to hi. NaN stays.
func ClipValue(x []float32, lo, hi float32) {
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(x) > slice {
			cpu.Preempt()
			clipSIMD(&x[0], &x[0], slice, lo, hi)
			x = x[slice:]
		}
		clipSIMD(&x[0], &x[0], len(x), lo, hi)
		return
	}
	clipGeneric(x, x, lo, hi)
}

func clipGeneric(y, x []float32, lo, hi float32) {
	for i, v := range x {
		y[i] = scalar.Clip(v, lo, hi)
	}
}

package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// ClipGrad computes dx = 0 where y ≤ lo or y ≥ hi, else dy, for every element; y may be the input of Clip as well.
func ClipGrad(dx, dy, y []float32, lo, hi float32) {
	if len(dx) != len(dy) || len(dx) != len(y) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			clipGradSIMD(&dx[0], &dy[0], &y[0], slice, lo, hi)
			dx, dy, y = dx[slice:], dy[slice:], y[slice:]
		}
		clipGradSIMD(&dx[0], &dy[0], &y[0], len(dx), lo, hi)
		return
	}
	clipGradGeneric(dx, dy, y, lo, hi)
}

func clipGradGeneric(dx, dy, y []float32, lo, hi float32) {
	for i, d := range dy {
		dx[i] = scalar.ClipGrad(d, y[i], lo, hi)
	}
}

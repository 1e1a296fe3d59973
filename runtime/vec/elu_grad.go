package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// ELUGrad computes dx = dy where y > 0, else dy·(y + α), for every element, y = ELU(x, α), α ≥ 0.
func ELUGrad(dx, dy, y []float32, alpha float32) {
	if len(dx) != len(dy) || len(dx) != len(y) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			eluGradSIMD(&dx[0], &dy[0], &y[0], slice, alpha)
			dx, dy, y = dx[slice:], dy[slice:], y[slice:]
		}
		eluGradSIMD(&dx[0], &dy[0], &y[0], len(dx), alpha)
		return
	}
	eluGradGeneric(dx, dy, y, alpha)
}

func eluGradGeneric(dx, dy, y []float32, alpha float32) {
	for i, g := range dy {
		dx[i] = scalar.ELUGrad(g, y[i], alpha)
	}
}

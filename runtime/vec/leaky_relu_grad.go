package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// LeakyReLUGrad computes dx = α·dy where y ≤ 0, else dy, for every element, y = LeakyReLU(x, α), α ≥ 0.
func LeakyReLUGrad(dx, dy, y []float32, alpha float32) {
	if len(dx) != len(dy) || len(dx) != len(y) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			leakyReLUGradSIMD(&dx[0], &dy[0], &y[0], slice, alpha)
			dx, dy, y = dx[slice:], dy[slice:], y[slice:]
		}
		leakyReLUGradSIMD(&dx[0], &dy[0], &y[0], len(dx), alpha)
		return
	}
	leakyReLUGradGeneric(dx, dy, y, alpha)
}

func leakyReLUGradGeneric(dx, dy, y []float32, alpha float32) {
	for i, g := range dy {
		dx[i] = scalar.LeakyReLUGrad(g, y[i], alpha)
	}
}

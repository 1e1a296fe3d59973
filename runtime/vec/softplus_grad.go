package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// SoftplusGrad computes dx = dy·(1 − e⁻ʸ), for every element, y = Softplus(x).
func SoftplusGrad(dx, dy, y []float32) {
	if len(dx) != len(dy) || len(dx) != len(y) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			softplusGradSIMD(&dx[0], &dy[0], &y[0], slice)
			dx, dy, y = dx[slice:], dy[slice:], y[slice:]
		}
		softplusGradSIMD(&dx[0], &dy[0], &y[0], len(dx))
		return
	}
	softplusGradGeneric(dx, dy, y)
}

func softplusGradGeneric(dx, dy, y []float32) {
	for i, g := range dy {
		dx[i] = scalar.SoftplusGrad(g, y[i])
	}
}

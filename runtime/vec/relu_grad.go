package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// ReLUGrad computes dx = dy where y > 0, else 0, for every element, y = ReLU(x).
func ReLUGrad(dx, dy, y []float32) {
	if len(dx) != len(dy) || len(dx) != len(y) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			reluGradSIMD(&dx[0], &dy[0], &y[0], slice)
			dx, dy, y = dx[slice:], dy[slice:], y[slice:]
		}
		reluGradSIMD(&dx[0], &dy[0], &y[0], len(dx))
		return
	}
	reluGradGeneric(dx, dy, y)
}

func reluGradGeneric(dx, dy, y []float32) {
	for i, g := range dy {
		dx[i] = scalar.ReLUGrad(g, y[i])
	}
}

package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// SigmoidGrad computes dx = dy·y·(1 − y), for every element, y = Sigmoid(x).
func SigmoidGrad(dx, dy, y []float32) {
	if len(dx) != len(dy) || len(dx) != len(y) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			sigmoidGradSIMD(&dx[0], &dy[0], &y[0], slice)
			dx, dy, y = dx[slice:], dy[slice:], y[slice:]
		}
		sigmoidGradSIMD(&dx[0], &dy[0], &y[0], len(dx))
		return
	}
	sigmoidGradGeneric(dx, dy, y)
}

func sigmoidGradGeneric(dx, dy, y []float32) {
	for i, g := range dy {
		dx[i] = scalar.SigmoidGrad(g, y[i])
	}
}

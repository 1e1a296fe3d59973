package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// SqrtGrad computes dx = dy/2/y, for every element, y = Sqrt(x).
func SqrtGrad(dx, dy, y []float32) {
	if len(dx) != len(dy) || len(dx) != len(y) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			sqrtGradSIMD(&dx[0], &dy[0], &y[0], slice)
			dx, dy, y = dx[slice:], dy[slice:], y[slice:]
		}
		sqrtGradSIMD(&dx[0], &dy[0], &y[0], len(dx))
		return
	}
	sqrtGradGeneric(dx, dy, y)
}

func sqrtGradGeneric(dx, dy, y []float32) {
	for i, g := range dy {
		dx[i] = scalar.SqrtGrad(g, y[i])
	}
}

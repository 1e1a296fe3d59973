package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// TanhGrad computes dx = dy·(1 − y²), for every element, y = Tanh(x).
func TanhGrad(dx, dy, y []float32) {
	if len(dx) != len(dy) || len(dx) != len(y) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			tanhGradSIMD(&dx[0], &dy[0], &y[0], slice)
			dx, dy, y = dx[slice:], dy[slice:], y[slice:]
		}
		tanhGradSIMD(&dx[0], &dy[0], &y[0], len(dx))
		return
	}
	tanhGradGeneric(dx, dy, y)
}

func tanhGradGeneric(dx, dy, y []float32) {
	for i, g := range dy {
		dx[i] = scalar.TanhGrad(g, y[i])
	}
}

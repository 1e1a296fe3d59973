package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
)

// ExpGrad computes dx = dy·y, for every element, y = Exp(x).
func ExpGrad(dx, dy, y []float32) {
	if len(dx) != len(dy) || len(dx) != len(y) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			expGradSIMD(&dx[0], &dy[0], &y[0], slice)
			dx, dy, y = dx[slice:], dy[slice:], y[slice:]
		}
		expGradSIMD(&dx[0], &dy[0], &y[0], len(dx))
		return
	}
	expGradGeneric(dx, dy, y)
}

func expGradGeneric(dx, dy, y []float32) {
	for i, g := range dy {
		dx[i] = g * y[i]
	}
}

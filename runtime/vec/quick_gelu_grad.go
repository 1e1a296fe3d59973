package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// QuickGELUGrad computes dx = dy·s·(1 + v·(1 − s)), s = sigmoid(v), v = 1.702·x, for every element.
func QuickGELUGrad(dx, dy, x []float32) {
	if len(dx) != len(dy) || len(dx) != len(x) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			quickGELUGradSIMD(&dx[0], &dy[0], &x[0], slice)
			dx, dy, x = dx[slice:], dy[slice:], x[slice:]
		}
		quickGELUGradSIMD(&dx[0], &dy[0], &x[0], len(dx))
		return
	}
	quickGELUGradGeneric(dx, dy, x)
}

func quickGELUGradGeneric(dx, dy, x []float32) {
	for i, g := range dy {
		dx[i] = scalar.QuickGELUGrad(g, x[i])
	}
}

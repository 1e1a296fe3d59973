package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// SiLUGrad computes dx = dy·s·(1 + x·(1 − s)), s = sigmoid(x), for every element.
func SiLUGrad(dx, dy, x []float32) {
	if len(dx) != len(dy) || len(dx) != len(x) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			siluGradSIMD(&dx[0], &dy[0], &x[0], slice)
			dx, dy, x = dx[slice:], dy[slice:], x[slice:]
		}
		siluGradSIMD(&dx[0], &dy[0], &x[0], len(dx))
		return
	}
	siluGradGeneric(dx, dy, x)
}

func siluGradGeneric(dx, dy, x []float32) {
	for i, g := range dy {
		dx[i] = scalar.SiLUGrad(g, x[i])
	}
}

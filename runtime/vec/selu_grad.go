package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// SELUGrad computes dx = λ·dy where y > 0, else dy·(y + λα), for every element, y = SELU(x).
func SELUGrad(dx, dy, y []float32) {
	if len(dx) != len(dy) || len(dx) != len(y) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			seluGradSIMD(&dx[0], &dy[0], &y[0], slice)
			dx, dy, y = dx[slice:], dy[slice:], y[slice:]
		}
		seluGradSIMD(&dx[0], &dy[0], &y[0], len(dx))
		return
	}
	seluGradGeneric(dx, dy, y)
}

func seluGradGeneric(dx, dy, y []float32) {
	for i, g := range dy {
		dx[i] = scalar.SELUGrad(g, y[i])
	}
}

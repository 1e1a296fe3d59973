package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// GELUGrad computes dx = dy·(Φ(x) + x·φ(x)), for every element.
func GELUGrad(dx, dy, x []float32) {
	if len(dx) != len(dy) || len(dx) != len(x) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			geluGradSIMD(&dx[0], &dy[0], &x[0], slice)
			dx, dy, x = dx[slice:], dy[slice:], x[slice:]
		}
		geluGradSIMD(&dx[0], &dy[0], &x[0], len(dx))
		return
	}
	geluGradGeneric(dx, dy, x)
}

func geluGradGeneric(dx, dy, x []float32) {
	for i, g := range dy {
		dx[i] = scalar.GELUGrad(g, x[i])
	}
}

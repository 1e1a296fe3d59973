package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// GELUTanhGrad computes dx = dy times the derivative of GELUTanh at x, for every element.
func GELUTanhGrad(dx, dy, x []float32) {
	if len(dx) != len(dy) || len(dx) != len(x) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			geluTanhGradSIMD(&dx[0], &dy[0], &x[0], slice)
			dx, dy, x = dx[slice:], dy[slice:], x[slice:]
		}
		geluTanhGradSIMD(&dx[0], &dy[0], &x[0], len(dx))
		return
	}
	geluTanhGradGeneric(dx, dy, x)
}

func geluTanhGradGeneric(dx, dy, x []float32) {
	for i, g := range dy {
		dx[i] = scalar.GELUTanhGrad(g, x[i])
	}
}

package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// LogGrad computes dx = dy/x, for every element.
func LogGrad(dx, dy, x []float32) {
	if len(dx) != len(dy) || len(dx) != len(x) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			logGradSIMD(&dx[0], &dy[0], &x[0], slice)
			dx, dy, x = dx[slice:], dy[slice:], x[slice:]
		}
		logGradSIMD(&dx[0], &dy[0], &x[0], len(dx))
		return
	}
	logGradGeneric(dx, dy, x)
}

func logGradGeneric(dx, dy, x []float32) {
	for i, g := range dy {
		dx[i] = scalar.LogGrad(g, x[i])
	}
}

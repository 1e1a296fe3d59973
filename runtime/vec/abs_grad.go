package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// AbsGrad computes dx = dy times the sign of x, 0 at 0, for every element.
func AbsGrad(dx, dy, x []float32) {
	if len(dx) != len(dy) || len(dx) != len(x) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			absGradSIMD(&dx[0], &dy[0], &x[0], slice)
			dx, dy, x = dx[slice:], dy[slice:], x[slice:]
		}
		absGradSIMD(&dx[0], &dy[0], &x[0], len(dx))
		return
	}
	absGradGeneric(dx, dy, x)
}

func absGradGeneric(dx, dy, x []float32) {
	for i, g := range dy {
		dx[i] = scalar.AbsGrad(g, x[i])
	}
}

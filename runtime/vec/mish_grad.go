package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// MishGrad computes dx = dy times the derivative of Mish at x, for every element.
func MishGrad(dx, dy, x []float32) {
	if len(dx) != len(dy) || len(dx) != len(x) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			mishGradSIMD(&dx[0], &dy[0], &x[0], slice)
			dx, dy, x = dx[slice:], dy[slice:], x[slice:]
		}
		mishGradSIMD(&dx[0], &dy[0], &x[0], len(dx))
		return
	}
	mishGradGeneric(dx, dy, x)
}

func mishGradGeneric(dx, dy, x []float32) {
	for i, g := range dy {
		dx[i] = scalar.MishGrad(g, x[i])
	}
}

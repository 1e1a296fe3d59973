package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// ErfGrad computes dx = dy·2/√π·e^−x², for every element.
func ErfGrad(dx, dy, x []float32) {
	if len(dx) != len(dy) || len(dx) != len(x) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			erfGradSIMD(&dx[0], &dy[0], &x[0], slice)
			dx, dy, x = dx[slice:], dy[slice:], x[slice:]
		}
		erfGradSIMD(&dx[0], &dy[0], &x[0], len(dx))
		return
	}
	erfGradGeneric(dx, dy, x)
}

func erfGradGeneric(dx, dy, x []float32) {
	for i, g := range dy {
		dx[i] = scalar.ErfGrad(g, x[i])
	}
}

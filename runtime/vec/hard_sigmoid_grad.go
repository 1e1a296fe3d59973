package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// HardSigmoidGrad computes dx = dy/6 where −3 < x < 3, else 0, for every element.
func HardSigmoidGrad(dx, dy, x []float32) {
	if len(dx) != len(dy) || len(dx) != len(x) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			hardSigmoidGradSIMD(&dx[0], &dy[0], &x[0], slice)
			dx, dy, x = dx[slice:], dy[slice:], x[slice:]
		}
		hardSigmoidGradSIMD(&dx[0], &dy[0], &x[0], len(dx))
		return
	}
	hardSigmoidGradGeneric(dx, dy, x)
}

func hardSigmoidGradGeneric(dx, dy, x []float32) {
	for i, g := range dy {
		dx[i] = scalar.HardSigmoidGrad(g, x[i])
	}
}

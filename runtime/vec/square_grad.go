package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
)

// SquareGrad computes dx = 2·dy·x, for every element.
func SquareGrad(dx, dy, x []float32) {
	if len(dx) != len(dy) || len(dx) != len(x) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			squareGradSIMD(&dx[0], &dy[0], &x[0], slice)
			dx, dy, x = dx[slice:], dy[slice:], x[slice:]
		}
		squareGradSIMD(&dx[0], &dy[0], &x[0], len(dx))
		return
	}
	squareGradGeneric(dx, dy, x)
}

func squareGradGeneric(dx, dy, x []float32) {
	for i, g := range dy {
		dx[i] = (g + g) * x[i]
	}
}

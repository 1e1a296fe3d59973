package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// ReciprocalGrad computes dx = −dy·y², for every element, y = Reciprocal(x).
func ReciprocalGrad(dx, dy, y []float32) {
	if len(dx) != len(dy) || len(dx) != len(y) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			reciprocalGradSIMD(&dx[0], &dy[0], &y[0], slice)
			dx, dy, y = dx[slice:], dy[slice:], y[slice:]
		}
		reciprocalGradSIMD(&dx[0], &dy[0], &y[0], len(dx))
		return
	}
	reciprocalGradGeneric(dx, dy, y)
}

func reciprocalGradGeneric(dx, dy, y []float32) {
	for i, g := range dy {
		dx[i] = scalar.ReciprocalGrad(g, y[i])
	}
}

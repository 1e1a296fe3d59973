package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// SoftsignGrad computes dx = dy·(1 − |y|)², for every element, y = Softsign(x).
func SoftsignGrad(dx, dy, y []float32) {
	if len(dx) != len(dy) || len(dx) != len(y) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			softsignGradSIMD(&dx[0], &dy[0], &y[0], slice)
			dx, dy, y = dx[slice:], dy[slice:], y[slice:]
		}
		softsignGradSIMD(&dx[0], &dy[0], &y[0], len(dx))
		return
	}
	softsignGradGeneric(dx, dy, y)
}

func softsignGradGeneric(dx, dy, y []float32) {
	for i, g := range dy {
		dx[i] = scalar.SoftsignGrad(g, y[i])
	}
}

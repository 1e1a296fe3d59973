package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// HardSwishGrad computes dx = dy·(x/3 + 1/2) where −3 < x < 3, 0 below, dy above, for every element.
func HardSwishGrad(dx, dy, x []float32) {
	if len(dx) != len(dy) || len(dx) != len(x) {
		panic(badLength)
	}
	if len(dx) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dx) > slice {
			cpu.Preempt()
			hardSwishGradSIMD(&dx[0], &dy[0], &x[0], slice)
			dx, dy, x = dx[slice:], dy[slice:], x[slice:]
		}
		hardSwishGradSIMD(&dx[0], &dy[0], &x[0], len(dx))
		return
	}
	hardSwishGradGeneric(dx, dy, x)
}

func hardSwishGradGeneric(dx, dy, x []float32) {
	for i, g := range dy {
		dx[i] = scalar.HardSwishGrad(g, x[i])
	}
}

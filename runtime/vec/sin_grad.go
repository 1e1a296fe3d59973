package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// SinGrad computes dx = dy·cos x, for every element, x that of Sin.
func SinGrad(dx, dy, x []float32) {
	if len(dx) != len(dy) || len(dx) != len(x) {
		panic(badLength)
	}
	for len(x) > 0 {
		n := min(len(x), slice)
		if cpu.HasSIMD() && scalar.IsNear(x[:n]) {
			cpu.Preempt()
			sinGradSIMD(&dx[0], &dy[0], &x[0], n)
		} else {
			sinGradGeneric(dx[:n], dy[:n], x[:n])
		}
		dx, dy, x = dx[n:], dy[n:], x[n:]
	}
}

func sinGradGeneric(dx, dy, x []float32) {
	for i, g := range dy {
		dx[i] = scalar.SinGrad(g, x[i])
	}
}

package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
)

// Square computes y = x², for every element.
func Square(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			squareSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		squareSIMD(&y[0], &x[0], len(y))
		return
	}
	squareGeneric(y, x)
}

func squareGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = v * v
	}
}

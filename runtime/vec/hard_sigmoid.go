package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// HardSigmoid computes y = x/6 + 1/2, clipped to 0 and 1, for every element.
func HardSigmoid(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			hardSigmoidSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		hardSigmoidSIMD(&y[0], &x[0], len(y))
		return
	}
	hardSigmoidGeneric(y, x)
}

func hardSigmoidGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.HardSigmoid(v)
	}
}

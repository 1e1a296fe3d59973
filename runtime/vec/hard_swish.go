package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// HardSwish computes y = x·HardSigmoid(x), for every element.
func HardSwish(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			hardSwishSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		hardSwishSIMD(&y[0], &x[0], len(y))
		return
	}
	hardSwishGeneric(y, x)
}

func hardSwishGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.HardSwish(v)
	}
}

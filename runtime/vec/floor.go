package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Floor computes y = the largest whole number that is not above x, for every element.
func Floor(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			floorSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		floorSIMD(&y[0], &x[0], len(y))
		return
	}
	floorGeneric(y, x)
}

func floorGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Floor(v)
	}
}

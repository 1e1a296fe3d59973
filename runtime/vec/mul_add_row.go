package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
)

// MulAddRow computes y[i,j] += x[i,j]·g[j], rounded once. x may be y; g overlaps neither.
func MulAddRow(n, f int, y, x, g []float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) || len(g) < f {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasSIMD() {
		cpu.EachCall(n, f, func(rows, cols, at, j int) { mulAddRowSIMD(rows, cols, &y[at], &x[at], &g[j]) })
		return
	}
	mulAddRowGeneric(n, f, y, x, g)
}

func mulAddRowGeneric(n, f int, y, x, g []float32) {
	g = g[:f]
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		for j, v := range x {
			y[j] = f32.FMA(v, g[j], y[j])
		}
	}
}

package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
)

// ScaleShiftRow computes y[i,j] = x[i,j]·g[j] + b[j], rounded once.
func ScaleShiftRow(n, f int, y, x, g, b []float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) || len(g) < f || len(b) < f {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasAVX2FMA {
		scaleShiftRowAVX2(n, f, &y[0], &x[0], &g[0], &b[0])
		return
	}
	scaleShiftRowGeneric(n, f, y, x, g, b)
}

func scaleShiftRowGeneric(n, f int, y, x, g, b []float32) {
	g, b = g[:f], b[:f]
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		for j, v := range x {
			y[j] = f32.FMA(v, g[j], b[j])
		}
	}
}

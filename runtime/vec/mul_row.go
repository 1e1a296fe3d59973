package vec

import "github.com/nngen/nngen/runtime/cpu"

// MulRow computes y[i,j] = x[i,j]·g[j].
func MulRow(n, f int, y, x, g []float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) || len(g) < f {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasSIMD() {
		cpu.EachCall(n, f, func(rows, cols, at, j int) { mulRowSIMD(rows, cols, &y[at], &x[at], &g[j]) })
		return
	}
	mulRowGeneric(n, f, y, x, g)
}

func mulRowGeneric(n, f int, y, x, g []float32) {
	g = g[:f]
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		for j, v := range x {
			y[j] = v * g[j]
		}
	}
}

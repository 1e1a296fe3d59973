package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// PReLU computes y[i,j] = α[j]·x[i,j] where x[i,j] is negative, else x[i,j].
func PReLU(n, f int, y, x, alpha []float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) || len(alpha) < f {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasSIMD() {
		cpu.EachCall(n, f, func(rows, cols, at, j int) { preluSIMD(rows, cols, &y[at], &x[at], &alpha[j]) })
		return
	}
	preluGeneric(n, f, y, x, alpha)
}

func preluGeneric(n, f int, y, x, alpha []float32) {
	alpha = alpha[:f]
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		for j, v := range x {
			y[j] = scalar.LeakyReLU(v, alpha[j])
		}
	}
}

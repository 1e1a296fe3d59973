package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// PReLUGrad computes dx[i,j] = α[j]·dy[i,j] where x[i,j] ≤ 0, else dy[i,j]; and
// dα[j] = Σᵢ dy[i,j]·min(x[i,j], 0), one chain of FMAs over the rows in order. dx may be dy
// or x; dalpha overlaps nothing.
func PReLUGrad(n, f int, dx, dalpha, dy, x, alpha []float32) {
	if !fits(n, f, len(dx)) || !fits(n, f, len(dy)) || !fits(n, f, len(x)) || len(alpha) < f || len(dalpha) < f {
		panic(badShape)
	}
	clear(dalpha[:f])
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasSIMD() {
		cpu.EachCall(n, f, func(rows, cols, at, j int) {
			preluGradAccSIMD(rows, cols, &dx[at], &dalpha[j], &dy[at], &x[at], &alpha[j])
		})
		return
	}
	preluGradAccGeneric(n, f, dx, dalpha, dy, x, alpha)
}

// preluGradAccGeneric continues the chains of dα.
func preluGradAccGeneric(n, f int, dx, dalpha, dy, x, alpha []float32) {
	alpha, dalpha = alpha[:f], dalpha[:f]
	for i := range n {
		x, dx, dy := x[i*f:][:f], dx[i*f:][:f], dy[i*f:][:f]
		for j, v := range x {
			g := dy[j]
			dalpha[j] = f32.FMA(g, scalar.Clip(v, negInf(), 0), dalpha[j])
			dx[j] = scalar.LeakyReLUGrad(g, v, alpha[j])
		}
	}
}

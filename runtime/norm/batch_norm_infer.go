package norm

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
)

// BatchNormInfer computes y = fma(x − runMean, γ·rstd, β) with rstd = 1/√(runVar + eps), for
// each column.
func BatchNormInfer(n, f int, y, x, gamma, beta, runMean, runVar []float32, eps float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) || len(gamma) < f || len(beta) < f || len(runMean) < f || len(runVar) < f {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasSIMD() {
		cpu.EachCall(n, f, func(rows, cols, at, j int) {
			batchNormInferSIMD(rows, cols, &y[at], &x[at], &gamma[j], &beta[j], &runMean[j], &runVar[j], eps)
		})
		return
	}
	batchNormInferGeneric(n, f, y, x, gamma, beta, runMean, runVar, eps)
}

func batchNormInferGeneric(n, f int, y, x, gamma, beta, runMean, runVar []float32, eps float32) {
	for j0 := 0; j0 < f; j0 += tile {
		w := min(tile, f-j0)
		var s [tile]float32
		for j := range w {
			s[j] = gamma[j0+j] * rsqrt(runVar[j0+j]+eps)
		}
		for i := range n {
			x, y := x[i*f+j0:][:w], y[i*f+j0:][:w]
			for j, v := range x {
				y[j] = f32.FMA(v-runMean[j0+j], s[j], beta[j0+j])
			}
		}
	}
}

package norm

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/vec"
)

// LayerNorm computes y = (x − mean)·rstd·γ + β with mean and variance of each row:
//
//	mean[i] = Σⱼ x[i,j]/f
//	rstd[i] = 1/√(Σⱼ (x[i,j] − mean[i])²/f + eps)
//	y[i,j]  = fma((x[i,j] − mean[i])·rstd[i], γ[j], β[j])
//
// mean and rstd, of length n, are for LayerNormGrad.
func LayerNorm(n, f int, y, x, gamma, beta, mean, rstd []float32, eps float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) || len(gamma) < f || len(beta) < f || len(mean) < n || len(rstd) < n {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasSIMD() {
		if longRows && f > slice {
			layerNormLong(n, f, y, x, gamma, beta, mean, rstd, eps)
			return
		}
		for rows := cpu.CallRows(f); n > rows; n -= rows {
			cpu.Preempt()
			layerNormSIMD(rows, f, &y[0], &x[0], &gamma[0], &beta[0], &mean[0], &rstd[0], float32(f), eps)
			y, x, mean, rstd = y[rows*f:], x[rows*f:], mean[rows:], rstd[rows:]
		}
		layerNormSIMD(n, f, &y[0], &x[0], &gamma[0], &beta[0], &mean[0], &rstd[0], float32(f), eps)
		return
	}
	layerNormGeneric(n, f, y, x, gamma, beta, mean, rstd, eps)
}

func layerNormGeneric(n, f int, y, x, gamma, beta, mean, rstd []float32, eps float32) {
	gamma, beta = gamma[:f], beta[:f]
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		var s [lanes]float32
		for j, v := range x {
			s[j%lanes] += v
		}
		m := vec.Fold(&s) / float32(f)
		s = [lanes]float32{}
		for j, v := range x {
			d := v - m
			s[j%lanes] = f32.FMA(d, d, s[j%lanes])
		}
		r := rsqrt(vec.Fold(&s)/float32(f) + eps)
		for j, v := range x {
			y[j] = f32.FMA((v-m)*r, gamma[j], beta[j])
		}
		mean[i], rstd[i] = m, r
	}
}

package norm

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
)

// BatchNormGrad computes the gradients of BatchNormTrain from its input and its saved mean
// and rstd. With h = (x − mean)·rstd, for each column
//
//	dx = γ·rstd·(dy − Σᵢ dy/n − h·Σᵢ dy·h/n)
//	dγ[j] = Σᵢ dy[i,j]·h[i,j]    dβ[j] = Σᵢ dy[i,j]
//
// The sums of dγ and dβ are set, or added to what is there if acc is set. dx may be dy or x.
// n = 0 leaves dx as it is.
func BatchNormGrad(n, f int, dx, dgamma, dbeta, dy, x, gamma, mean, rstd []float32, acc bool) {
	if !fits(n, f, len(dx)) || !fits(n, f, len(dy)) || !fits(n, f, len(x)) || len(gamma) < f ||
		len(dgamma) < f || len(dbeta) < f || len(mean) < f || len(rstd) < f {
		panic(badShape)
	}
	if !acc {
		clear(dgamma[:f])
		clear(dbeta[:f])
	}
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasAVX2FMA {
		batchNormGradAVX2(n, f, &dx[0], &dgamma[0], &dbeta[0], &dy[0], &x[0], &gamma[0], &mean[0], &rstd[0], float32(n))
		return
	}
	batchNormGradGeneric(n, f, dx, dgamma, dbeta, dy, x, gamma, mean, rstd)
}

// batchNormGradGeneric adds to dγ and dβ.
func batchNormGradGeneric(n, f int, dx, dgamma, dbeta, dy, x, gamma, mean, rstd []float32) {
	count := float32(n)
	for j0 := 0; j0 < f; j0 += tile {
		w := min(tile, f-j0)
		var s, sh [tile]float32 // Σ dy, Σ dy·h
		for i := range n {
			x, dy := x[i*f+j0:][:w], dy[i*f+j0:][:w]
			for j, v := range x {
				h := (v - mean[j0+j]) * rstd[j0+j]
				s[j] += dy[j]
				sh[j] = f32.FMA(dy[j], h, sh[j])
			}
		}
		for j := range w {
			dbeta[j0+j] += s[j]
			dgamma[j0+j] += sh[j]
		}
		for i := range n {
			x, dx, dy := x[i*f+j0:][:w], dx[i*f+j0:][:w], dy[i*f+j0:][:w]
			for j, v := range x {
				r := rstd[j0+j]
				h := (v - mean[j0+j]) * r
				dx[j] = (gamma[j0+j] * r) * f32.FMA(-h, sh[j]/count, dy[j]-s[j]/count)
			}
		}
	}
}

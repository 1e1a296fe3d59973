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
// dx may be dy or x. For n = 0 the sums are 0.
func BatchNormGrad(n, f int, dx, dgamma, dbeta, dy, x, gamma, mean, rstd []float32) {
	checkBatchGrad(n, f, dx, dgamma, dbeta, dy, x, gamma, mean, rstd)
	clear(dgamma[:f])
	clear(dbeta[:f])
	BatchNormGradAcc(n, f, dx, dgamma, dbeta, dy, x, gamma, mean, rstd)
}

// BatchNormGradAcc is BatchNormGrad that adds dγ and dβ to what is there.
func BatchNormGradAcc(n, f int, dx, dgamma, dbeta, dy, x, gamma, mean, rstd []float32) {
	checkBatchGrad(n, f, dx, dgamma, dbeta, dy, x, gamma, mean, rstd)
	if n == 0 || f == 0 {
		return
	}
	if cpu.HasAVX2FMA {
		batchNormGradAVX2(n, f, &dx[0], &dgamma[0], &dbeta[0], &dy[0], &x[0], &gamma[0], &mean[0], &rstd[0], float32(n))
		return
	}
	batchNormGradGeneric(n, f, dx, dgamma, dbeta, dy, x, gamma, mean, rstd)
}

func checkBatchGrad(n, f int, dx, dgamma, dbeta, dy, x, gamma, mean, rstd []float32) {
	if !fits(n, f, len(dx)) || !fits(n, f, len(dy)) || !fits(n, f, len(x)) || len(gamma) < f ||
		len(dgamma) < f || len(dbeta) < f || len(mean) < f || len(rstd) < f {
		panic(badShape)
	}
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

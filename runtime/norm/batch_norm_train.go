package norm

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
)

// BatchNormTrain computes y = (x − mean)·rstd·γ + β with mean and variance of each column:
//
//	mean[j] = Σᵢ x[i,j]/n
//	rstd[j] = 1/√(var[j] + eps),  var[j] = Σᵢ (x[i,j] − mean[j])²/n
//	y[i,j]  = fma((x[i,j] − mean[j])·rstd[j], γ[j], β[j])
//
// mean and rstd, of length f, are for BatchNormGrad. The running statistics move towards the
// batch's by momentum, the variance to the unbiased one, var·n/(n−1) (to var for n = 1):
//
//	runMean += momentum·(mean − runMean)    runVar likewise
//
// If y is nil only the statistics are computed: see BatchNormApply. n = 0 leaves everything as it is.
func BatchNormTrain(n, f int, y, x, gamma, beta, mean, rstd, runMean, runVar []float32, momentum, eps float32) {
	if y != nil && !fits(n, f, len(y)) || !fits(n, f, len(x)) || len(gamma) < f || len(beta) < f || len(mean) < f ||
		len(rstd) < f || len(runMean) < f || len(runVar) < f {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	count, unbias := float32(n), float32(1)
	if n > 1 {
		unbias = count / float32(n-1)
	}
	mean, rstd = mean[:f], rstd[:f]
	moments(n, f, x, mean, rstd)
	for j, v := range rstd {
		runMean[j] = f32.FMA(momentum, mean[j]-runMean[j], runMean[j])
		runVar[j] = f32.FMA(momentum, float32(v*unbias)-runVar[j], runVar[j])
		rstd[j] = rsqrt(v + eps)
	}
	if y != nil {
		BatchNormApply(n, f, y, x, gamma, beta, mean, rstd)
	}
}

// BatchNormApply computes y = fma((x − mean)·rstd, γ, β) of some rows, with mean and rstd of BatchNormTrain.
func BatchNormApply(n, f int, y, x, gamma, beta, mean, rstd []float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(x)) || len(gamma) < f || len(beta) < f || len(mean) < f || len(rstd) < f {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	if !cpu.HasSIMD() {
		normalizeGeneric(n, f, y, x, mean, rstd, gamma, beta)
		return
	}
	cpu.EachCall(n, f, func(rows, cols, at, j int) {
		normalizeSIMD(rows, cols, &y[at], &x[at], &mean[j], &rstd[j], &gamma[j], &beta[j])
	})
}

// normalizeGeneric computes y = (x − mean)·rstd·γ + β.
func normalizeGeneric(n, f int, y, x, mean, rstd, gamma, beta []float32) {
	mean, rstd, gamma, beta = mean[:f], rstd[:f], gamma[:f], beta[:f]
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		for j, v := range x {
			y[j] = f32.FMA((v-mean[j])*rstd[j], gamma[j], beta[j])
		}
	}
}

package norm

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/vec"
)

// moments writes mean and variance of each column: mean[j] = Σᵢ x[i,j]/n and variance[j] = Σᵢ (x[i,j] − mean[j])²/n, each
// sum one chain over the rows in order. n and f are at least 1.
func moments(n, f int, x, mean, variance []float32) {
	mean, variance, count := mean[:f], variance[:f], float32(n)
	vec.SumRows(n, f, mean, x)
	for j := range mean {
		mean[j] /= count
	}
	clear(variance)
	deviations(n, f, x, mean, variance)
	for j := range variance {
		variance[j] /= count
	}
}

// deviations computes sum[j] += Σᵢ (x[i,j] − mean[j])².
func deviations(n, f int, x, mean, sum []float32) {
	if !cpu.HasSIMD() {
		deviationsGeneric(n, f, x, mean, sum)
		return
	}
	cpu.EachCall(n, f, func(rows, cols, at, j int) { deviationsSIMD(rows, cols, &x[at], &mean[j], &sum[j]) })
}

func deviationsGeneric(n, f int, x, mean, sum []float32) {
	mean, sum = mean[:f], sum[:f]
	for i := range n {
		for j, v := range x[i*f:][:f] {
			d := v - mean[j]
			sum[j] = f32.FMA(d, d, sum[j])
		}
	}
}

// gradSums writes Σ dy and Σ dy·(x − mean)·rstd of each column, each one chain over the rows in order. n and f are at least
// 1.
func gradSums(n, f int, sum, dot, dy, x, mean, rstd []float32) {
	sum, dot = sum[:f], dot[:f]
	clear(sum)
	clear(dot)
	if !cpu.HasSIMD() {
		gradSumsGeneric(n, f, sum, dot, dy, x, mean, rstd)
		return
	}
	cpu.EachCall(n, f, func(rows, cols, at, j int) {
		gradSumsSIMD(rows, cols, &sum[j], &dot[j], &dy[at], &x[at], &mean[j], &rstd[j])
	})
}

// gradSumsGeneric continues the sums.
func gradSumsGeneric(n, f int, sum, dot, dy, x, mean, rstd []float32) {
	for i := range n {
		dy := dy[i*f:][:f]
		for j, v := range x[i*f:][:f] {
			sum[j] += dy[j]
			dot[j] = f32.FMA(dy[j], (v-mean[j])*rstd[j], dot[j])
		}
	}
}

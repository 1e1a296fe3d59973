package norm

import "github.com/nngen/nngen/runtime/f32"

// The twins of functions that are made of several kernels, written out.

func batchNormTrainGeneric(n, f int, y, x, gamma, beta, mean, rstd, runMean, runVar []float32, count, unbias, momentum, eps float32) {
	mean, rstd = mean[:f], rstd[:f]
	clear(mean)
	for i := range n {
		for j, v := range x[i*f:][:f] {
			mean[j] += v
		}
	}
	for j := range mean {
		mean[j] /= count
	}
	clear(rstd)
	for i := range n {
		for j, v := range x[i*f:][:f] {
			d := v - mean[j]
			rstd[j] = f32.FMA(d, d, rstd[j])
		}
	}
	for j, s := range rstd {
		v := s / count
		runMean[j] = f32.FMA(momentum, mean[j]-runMean[j], runMean[j])
		runVar[j] = f32.FMA(momentum, float32(v*unbias)-runVar[j], runVar[j])
		rstd[j] = rsqrt(v + eps)
	}
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		for j, v := range x {
			y[j] = f32.FMA((v-mean[j])*rstd[j], gamma[j], beta[j])
		}
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

// momentsGeneric writes mean and variance of each column.
func momentsGeneric(n, f int, x, mean, variance []float32) {
	mean, variance = mean[:f], variance[:f]
	clear(mean)
	clear(variance)
	for i := range n {
		for j, v := range x[i*f:][:f] {
			mean[j] += v
		}
	}
	for j := range mean {
		mean[j] /= float32(n)
	}
	for i := range n {
		for j, v := range x[i*f:][:f] {
			d := v - mean[j]
			variance[j] = f32.FMA(d, d, variance[j])
		}
	}
	for j := range variance {
		variance[j] /= float32(n)
	}
}

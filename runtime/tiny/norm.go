package tiny

import (
	"math"

	"github.com/nngen/nngen/runtime/f32"
)

// rsqrt returns 1/√v, root and quotient each rounded.
func rsqrt(v float32) float32 { return 1 / float32(math.Sqrt(float64(v))) }

// lanes is how many partial sums run side by side in reductions of vectors, as in package vec.
const lanes = 32

// fold adds the upper half of the lanes to the lower until one is left.
func fold(s *[lanes]float32) float32 {
	for h := lanes / 2; h > 0; h /= 2 {
		for l := range h {
			s[l] += s[l+h]
		}
	}
	return s[0]
}

// squares returns Σ (x − mean)², the sum as vec.Dot has it.
func squares(x []float32, mean float32) float32 {
	var s [lanes]float32
	for j, v := range x {
		d := v - mean
		s[j%lanes] = f32.FMA(d, d, s[j%lanes])
	}
	return fold(&s)
}

// BatchNormInfer normalises n rows of f numbers by constants, with the bits of norm.BatchNormInfer.
func BatchNormInfer(n, f int, y, x []float32, gamma, beta, mean, variance F32, eps float32) {
	for j := range f {
		s, m, b := gamma.At(j)*rsqrt(variance.At(j)+eps), mean.At(j), beta.At(j)
		for i := j; i < n*f; i += f {
			y[i] = f32.FMA(x[i]-m, s, b)
		}
	}
}

// LayerNorm normalises n rows of f numbers by mean and variance of each, with the bits of norm.LayerNorm; mean and
// rstd, n numbers each, are set too.
func LayerNorm(n, f int, y, x []float32, gamma, beta F32, mean, rstd []float32, eps float32) {
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		var s [lanes]float32
		for j, v := range x {
			s[j%lanes] += v
		}
		m := fold(&s) / float32(f)
		r := rsqrt(squares(x, m)/float32(f) + eps)
		for j, v := range x {
			y[j] = f32.FMA(float32((v-m)*r), gamma.At(j), beta.At(j))
		}
		mean[i], rstd[i] = m, r
	}
}

// RMSNorm divides n rows of f numbers by the root of the mean of their squares, with the bits of norm.RMSNorm; rstd, n
// numbers, is set too.
func RMSNorm(n, f int, y, x []float32, gamma F32, rstd []float32, eps float32) {
	for i := range n {
		x, y := x[i*f:][:f], y[i*f:][:f]
		r := float32(1 / math.Sqrt(float64(squares(x, 0)/float32(f)+eps)))
		rstd[i] = r
		for j, v := range x {
			y[j] = float32(v*r) * gamma.At(j)
		}
	}
}

// GroupNorm normalises n examples of steps×c numbers by mean and variance of each of their groups of channels, with the
// bits of norm.GroupNorm. gamma and beta may hold no numbers, for ones and zeros; mean and rstd, n×groups, are set
// unless they are nil. It works in 2·c numbers of scratch.
func GroupNorm(n, steps, c, groups int, y, x []float32, gamma, beta F32, mean, rstd []float32, eps float32,
	scratch []float32) {
	m, variance, k := scratch[:c], scratch[c:][:c], c/groups
	for i := range n {
		x, y := x[i*steps*c:][:steps*c], y[i*steps*c:][:steps*c]
		moments(steps, x, m, variance)
		for g := range groups {
			mu, all := merge(m[g*k:][:k], variance[g*k:][:k])
			r := rsqrt(all + eps)
			if mean != nil {
				mean[i*groups+g] = mu
			}
			if rstd != nil {
				rstd[i*groups+g] = r
			}
			for j := g * k; j < (g+1)*k; j++ {
				s, b := r, float32(0)
				if gamma != "" {
					s = gamma.At(j) * r
				}
				if beta != "" {
					b = beta.At(j)
				}
				for t := j; t < steps*c; t += c {
					y[t] = f32.FMA(x[t]-mu, s, b)
				}
			}
		}
	}
}

// moments computes mean and variance of each column, each sum one chain over the rows.
func moments(n int, x, mean, variance []float32) {
	c := len(mean)
	for j := range c {
		m, v := float32(0), float32(0)
		for t := j; t < n*c; t += c {
			m += x[t]
		}
		m /= float32(n)
		for t := j; t < n*c; t += c {
			d := x[t] - m
			v = f32.FMA(d, d, v)
		}
		mean[j], variance[j] = m, v/float32(n)
	}
}

// merge returns mean and variance of columns together.
func merge(mean, variance []float32) (mu, all float32) {
	k := float32(len(mean))
	for _, v := range mean {
		mu += v
	}
	mu /= k
	for j, v := range mean {
		d := v - mu
		all += f32.FMA(d, d, variance[j])
	}
	return mu, all / k
}

package norm

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
)

// GroupNorm normalises n examples of steps×c, for each of their groups of c/groups neighbouring channels over all
// steps:
//
//	y, x         n×steps×c
//	gamma, beta  c; nil for ones and for zeros
//	mean, rstd   n×groups: what GroupNormGrad needs; nil if they are not wanted
//
// With mⱼ and vⱼ the mean and the variance of channel j over the steps, each sum one chain in their order,
//
//	mean = Σⱼ mⱼ/k,  var = Σⱼ (vⱼ + (mⱼ − mean)²)/k,  rstd = 1/√(var + eps)
//	y    = fma(x − mean, γ·rstd, β)
//
// for the k channels of a group, in order. y may be x. It does not allocate in the steady state.
//
// Source: Wu and He, Group normalization, 2018.
func GroupNorm(n, steps, c, groups int, y, x, gamma, beta, mean, rstd []float32, eps float32) {
	if steps < 0 || c < 0 || groups <= 0 || c%groups != 0 || !fits(n, steps*c, len(y)) || !fits(n, steps*c, len(x)) ||
		gamma != nil && len(gamma) < c || beta != nil && len(beta) < c ||
		mean != nil && !fits(n, groups, len(mean)) || rstd != nil && !fits(n, groups, len(rstd)) {
		panic(badShape)
	}
	if n == 0 || steps == 0 || c == 0 {
		return
	}
	s, v := vectors(c)
	gamma, beta = constant(gamma, v[2], 1), constant(beta, v[3], 0)
	m, variance := v[0], v[1]
	k := c / groups
	for i := range n {
		row := x[i*steps*c:][:steps*c]
		moments(steps, c, row, m, variance)
		for g := range groups {
			m, variance := m[g*k:][:k], variance[g*k:][:k]
			sum, squares := float32(0), float32(0)
			for _, w := range m {
				sum += w
			}
			mu := sum / float32(k)
			for j, w := range m {
				d := w - mu
				squares += f32.FMA(d, d, variance[j])
			}
			all := squares / float32(k)
			if mean != nil {
				mean[i*groups+g] = mu
			}
			if rstd != nil {
				rstd[i*groups+g] = rsqrt(all + eps)
			}
			for j := range m {
				m[j], variance[j] = mu, all
			}
		}
		BatchNormInfer(steps, c, y[i*steps*c:], row, gamma, beta, m, variance, eps)
	}
	rows.Put(s)
}

// GroupNormGrad computes the gradients of GroupNorm from dy, x, and what it saved. With h = (x − mean)·rstd and
// g = dy·γ, for each group of an example
//
//	dx = rstd·(g − A − h·B),  A and B the means of g and of g·h over the group
//
// where the sums of dy and of dy·h run over the steps for each channel, and then, times γ, over the channels, in
// order. dγ and dβ are the sums of those over the examples, in order; they are set, or left out if they are nil. dx
// may be dy or x. It does not allocate in the steady state.
func GroupNormGrad(n, steps, c, groups int, dx, dgamma, dbeta, dy, x, gamma, mean, rstd []float32) {
	if steps < 0 || c < 0 || groups <= 0 || c%groups != 0 ||
		!fits(n, steps*c, len(dx)) || !fits(n, steps*c, len(dy)) || !fits(n, steps*c, len(x)) ||
		gamma != nil && len(gamma) < c || dgamma != nil && len(dgamma) < c || dbeta != nil && len(dbeta) < c ||
		!fits(n, groups, len(mean)) || !fits(n, groups, len(rstd)) {
		panic(badShape)
	}
	clear(dgamma[:min(c, len(dgamma))])
	clear(dbeta[:min(c, len(dbeta))])
	if n == 0 || steps == 0 || c == 0 {
		return
	}
	s, v := vectors(c)
	gamma = constant(gamma, v[4], 1)
	sums, dots, m, r := v[0], v[1], v[2], v[3]
	k := c / groups
	count := float32(steps) * float32(k)
	for i := range n {
		at, end := i*steps*c, (i+1)*steps*c
		dx, dy, x := dx[at:end], dy[at:end], x[at:end]
		for j := range c {
			m[j], r[j] = mean[i*groups+j/k], rstd[i*groups+j/k]
		}
		gradSums(steps, c, sums, dots, dy, x, m, r)
		for j := range dgamma[:min(c, len(dgamma))] {
			dgamma[j] += dots[j]
		}
		for j := range dbeta[:min(c, len(dbeta))] {
			dbeta[j] += sums[j]
		}
		for g := range groups {
			sums, dots, gamma := sums[g*k:][:k], dots[g*k:][:k], gamma[g*k:][:k]
			a, b := float32(0), float32(0)
			for j, w := range gamma {
				a = f32.FMA(w, sums[j], a)
				b = f32.FMA(w, dots[j], b)
			}
			a, b = a/count, b/count
			for j := range sums {
				sums[j], dots[j] = a, b
			}
		}
		groupNormDX(steps, c, dx, dy, x, gamma, m, r, sums, dots)
	}
	rows.Put(s)
}

// vectorsLen returns the elements of the vectors that vectors lends.
func vectorsLen(c int) int { return 5 * c }

// GroupNormScratch returns the bytes of scratch space that [GroupNorm] keeps for later calls: calls of this package share
// what the largest needs.
func GroupNormScratch(c int) []int { return []int{4 * vectorsLen(c)} }

// vectors lends five vectors of length c, which rows.Put takes back.
func vectors(c int) (lent *[]float32, v [5][]float32) {
	lent = rows.Get().(*[]float32)
	if cap(*lent) < vectorsLen(c) {
		*lent = make([]float32, vectorsLen(c))
	}
	all := (*lent)[:vectorsLen(c)]
	for i := range v {
		v[i] = all[i*c:][:c]
	}
	return lent, v
}

// constant returns v, or if that is nil scratch filled with a number.
func constant(v, scratch []float32, x float32) []float32 {
	if v != nil {
		return v
	}
	for i := range scratch {
		scratch[i] = x
	}
	return scratch
}

// groupNormDX writes dx = rstd·(dy·γ − a − (x − mean)·rstd·b).
func groupNormDX(n, f int, dx, dy, x, gamma, mean, rstd, a, b []float32) {
	if !cpu.HasSIMD() {
		groupNormDXGeneric(n, f, dx, dy, x, gamma, mean, rstd, a, b)
		return
	}
	cpu.EachCall(n, f, func(rows, cols, at, j int) {
		groupNormDXSIMD(rows, cols, &dx[at], &dy[at], &x[at], &gamma[j], &mean[j], &rstd[j], &a[j], &b[j])
	})
}

func groupNormDXGeneric(n, f int, dx, dy, x, gamma, mean, rstd, a, b []float32) {
	for i := range n {
		dx, dy := dx[i*f:][:f], dy[i*f:][:f]
		for j, v := range x[i*f:][:f] {
			r := rstd[j]
			h := (v - mean[j]) * r
			dx[j] = r * f32.FMA(-h, b[j], float32(dy[j]*gamma[j])-a[j])
		}
	}
}

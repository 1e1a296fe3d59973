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
// n = 0 leaves dx as it is. It does not allocate in the steady state.
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
	lent, v := vectors(f)
	sums, dots, gain := v[0], v[1], v[2]
	gradSums(n, f, sums, dots, dy, x, mean, rstd)
	count := float32(n)
	for j, s := range sums {
		dbeta[j] += s
		dgamma[j] += dots[j]
		sums[j], dots[j], gain[j] = s/count, dots[j]/count, gamma[j]*rstd[j]
	}
	batchNormDX(n, f, dx, dy, x, mean, rstd, sums, dots, gain)
	rows.Put(lent)
}

// BatchNormSums computes what BatchNormGrad sums over the rows, for each column:
//
//	dγ[j] = Σᵢ dy[i,j]·h[i,j]    dβ[j] = Σᵢ dy[i,j]    a[j] = dβ[j]/n    b[j] = dγ[j]/n
//
// dgamma and dbeta may be nil. n = 0 clears them, and leaves a and b as they are.
func BatchNormSums(n, f int, dgamma, dbeta, a, b, dy, x, mean, rstd []float32) {
	if !fits(n, f, len(dy)) || !fits(n, f, len(x)) || len(a) < f || len(b) < f || len(mean) < f || len(rstd) < f ||
		dgamma != nil && len(dgamma) < f || dbeta != nil && len(dbeta) < f {
		panic(badShape)
	}
	clear(dgamma[:min(f, len(dgamma))])
	clear(dbeta[:min(f, len(dbeta))])
	if n == 0 || f == 0 {
		return
	}
	gradSums(n, f, a, b, dy, x, mean, rstd)
	count := float32(n)
	for j, s := range a[:f] {
		if dbeta != nil {
			dbeta[j] += s
		}
		if dgamma != nil {
			dgamma[j] += b[j]
		}
		a[j], b[j] = s/count, b[j]/count
	}
}

// BatchNormDX computes dx of BatchNormGrad for some rows, with a and b of BatchNormSums for all of them:
//
//	dx = γ·rstd·(dy − a − (x − mean)·rstd·b)
//
// dx may be dy or x. It does not allocate in the steady state.
func BatchNormDX(n, f int, dx, dy, x, gamma, mean, rstd, a, b []float32) {
	if !fits(n, f, len(dx)) || !fits(n, f, len(dy)) || !fits(n, f, len(x)) || len(gamma) < f || len(mean) < f ||
		len(rstd) < f || len(a) < f || len(b) < f {
		panic(badShape)
	}
	if n == 0 || f == 0 {
		return
	}
	lent, v := vectors(f)
	gain := v[0]
	for j := range gain {
		gain[j] = gamma[j] * rstd[j]
	}
	batchNormDX(n, f, dx, dy, x, mean, rstd, a, b, gain)
	rows.Put(lent)
}

// batchNormDX writes dx = gain·(dy − a − (x − mean)·rstd·b).
func batchNormDX(n, f int, dx, dy, x, mean, rstd, a, b, gain []float32) {
	if !cpu.HasSIMD() {
		batchNormDXGeneric(n, f, dx, dy, x, mean, rstd, a, b, gain)
		return
	}
	cpu.EachCall(n, f, func(rows, cols, at, j int) {
		batchNormDXSIMD(rows, cols, &dx[at], &dy[at], &x[at], &mean[j], &rstd[j], &a[j], &b[j], &gain[j])
	})
}

func batchNormDXGeneric(n, f int, dx, dy, x, mean, rstd, a, b, gain []float32) {
	for i := range n {
		dx, dy := dx[i*f:][:f], dy[i*f:][:f]
		for j, v := range x[i*f:][:f] {
			h := (v - mean[j]) * rstd[j]
			dx[j] = gain[j] * f32.FMA(-h, b[j], dy[j]-a[j])
		}
	}
}

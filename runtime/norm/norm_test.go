package norm

import (
	"math"
	"math/rand"
	"slices"
	"testing"
)

const eps = 1e-5

func draw(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// normalise is (x − mean)/√(var + eps)·γ + β in float64, along rows or columns.
func normalise(n, f int, x, gamma, beta []float64, cols bool) []float64 {
	y := make([]float64, n*f)
	outer, inner, so, si := n, f, f, 1
	if cols {
		outer, inner, so, si = f, n, 1, f
	}
	for o := range outer {
		m, v := 0.0, 0.0
		for i := range inner {
			m += x[o*so+i*si]
		}
		m /= float64(inner)
		for i := range inner {
			v += (x[o*so+i*si] - m) * (x[o*so+i*si] - m)
		}
		v /= float64(inner)
		for i := range inner {
			k := o*so + i*si
			y[k] = (x[k]-m)/math.Sqrt(v+eps)*gamma[k%f] + beta[k%f]
		}
	}
	return y
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func near(t *testing.T, what string, i int, got float32, want, tol float64) {
	t.Helper()
	if !(math.Abs(float64(got)-want) <= tol) {
		t.Fatalf("%s[%d] = %g, want %g", what, i, got, want)
	}
}

// TestAgainstFloat64 compares both norms with float64 and their gradients with central
// differences.
func TestAgainstFloat64(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for _, cols := range []bool{false, true} {
		for _, size := range [][2]int{{1, 5}, {4, 3}, {5, 17}, {6, 40}} {
			n, f := size[0], size[1]
			if cols && n == 1 {
				continue
			}
			x, dy, gamma, beta := draw(r, n*f), draw(r, n*f), draw(r, f), draw(r, f)
			y, dx, dg, db := make([]float32, n*f), make([]float32, n*f), draw(r, f), draw(r, f)
			dg0, db0 := append([]float32(nil), dg...), append([]float32(nil), db...)
			stats := max(n, f)
			mean, rstd, rm, rv := make([]float32, stats), make([]float32, stats), make([]float32, f), make([]float32, f)
			if cols {
				BatchNormTrain(n, f, y, x, gamma, beta, mean, rstd, rm, rv, 0.1, eps)
				BatchNormGrad(n, f, dx, dg, db, dy, x, gamma, mean, rstd, true)
			} else {
				LayerNorm(n, f, y, x, gamma, beta, mean, rstd, eps)
				LayerNormGrad(n, f, dx, dg, db, dy, x, gamma, mean, rstd, true)
			}
			xs, gs, bs := wide(x), wide(gamma), wide(beta)
			for i, want := range normalise(n, f, xs, gs, bs, cols) {
				near(t, "y", i, y[i], want, 1e-5)
			}
			slope := func(v *float64) float64 {
				const h = 1e-6
				old := *v
				s := 0.0
				*v = old + h
				for i, u := range normalise(n, f, xs, gs, bs, cols) {
					s += u * float64(dy[i])
				}
				*v = old - h
				for i, u := range normalise(n, f, xs, gs, bs, cols) {
					s -= u * float64(dy[i])
				}
				*v = old
				return s / (2 * h)
			}
			for i := range xs {
				near(t, "dx", i, dx[i], slope(&xs[i]), 2e-4)
			}
			for j := range f {
				near(t, "dγ", j, dg[j], float64(dg0[j])+slope(&gs[j]), 1e-5)
				near(t, "dβ", j, db[j], float64(db0[j])+slope(&bs[j]), 1e-5)
			}
			if cols {
				LayerNormGrad(0, f, dx, dg, db, dy, x, gamma, mean, rstd, false)
				near(t, "cleared dγ", 0, dg[0], 0, 0)
			}
		}
	}
}

// TestRunningStatistics checks that with momentum 1 the running statistics are the batch's,
// the variance unbiased, and that inference with them undoes the bias.
func TestRunningStatistics(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	n, f := 9, 19
	x, gamma, beta := draw(r, n*f), draw(r, f), draw(r, f)
	y, mean, rstd, rm, rv := make([]float32, n*f), make([]float32, f), make([]float32, f), draw(r, f), draw(r, f)
	BatchNormTrain(n, f, y, x, gamma, beta, mean, rstd, rm, rv, 1, eps)
	for j := range f {
		near(t, "runMean", j, rm[j], float64(mean[j]), 1e-6)
		rstd := float64(rstd[j])
		near(t, "runVar", j, rv[j], (1/(rstd*rstd)-eps)*float64(n)/float64(n-1), 1e-5)
		rv[j] *= float32(n-1) / float32(n)
	}
	z := make([]float32, n*f)
	BatchNormInfer(n, f, z, x, gamma, beta, rm, rv, eps)
	for i := range z {
		near(t, "y", i, z[i], float64(y[i]), 1e-5)
	}
}

// TestGroupNormAgainstFloat64 compares group norm with float64, as layer norm of each group's elements where γ = 1 and
// β = 0, and its gradients with central differences.
func TestGroupNormAgainstFloat64(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	for _, size := range [][4]int{{1, 1, 4, 2}, {2, 5, 6, 3}, {3, 4, 24, 2}, {2, 7, 17, 1}, {2, 3, 4, 4}} {
		n, steps, c, groups := size[0], size[1], size[2], size[3]
		all, k := n*steps*c, c/groups
		x, dy, gamma, beta := draw(r, all), draw(r, all), draw(r, c), draw(r, c)
		y, dx, mean, rstd := make([]float32, all), make([]float32, all), make([]float32, n*groups), make([]float32, n*groups)
		dg, db := draw(r, c), draw(r, c)
		GroupNorm(n, steps, c, groups, y, x, gamma, beta, mean, rstd, eps)
		GroupNormGrad(n, steps, c, groups, dx, dg, db, dy, x, gamma, mean, rstd)
		want := func(x, gamma, beta []float64) []float64 {
			y, ones, zeros := make([]float64, all), make([]float64, steps*k), make([]float64, steps*k)
			for i := range ones {
				ones[i] = 1
			}
			for i := range n * groups {
				at := func(e int) int { return (i/groups*steps+e/k)*c + i%groups*k + e%k }
				part := make([]float64, steps*k)
				for e := range part {
					part[e] = x[at(e)]
				}
				for e, v := range normalise(1, steps*k, part, ones, zeros, false) {
					y[at(e)] = v*gamma[at(e)%c] + beta[at(e)%c]
				}
			}
			return y
		}
		xs, gs, bs := wide(x), wide(gamma), wide(beta)
		for i, w := range want(xs, gs, bs) {
			near(t, "y", i, y[i], w, 1e-5)
		}
		slope := func(v *float64) float64 {
			const h = 1e-6
			old, s := *v, 0.0
			for sign := -1.0; sign <= 1; sign += 2 {
				*v = old + sign*h
				for i, u := range want(xs, gs, bs) {
					s += sign * u * float64(dy[i])
				}
			}
			*v = old
			return s / (2 * h)
		}
		for i := range xs {
			near(t, "dx", i, dx[i], slope(&xs[i]), 1e-3)
		}
		for j := range c {
			near(t, "dγ", j, dg[j], slope(&gs[j]), 1e-4)
			near(t, "dβ", j, db[j], slope(&bs[j]), 1e-4)
		}

		ones, zeros := make([]float32, c), make([]float32, c)
		for j := range ones {
			ones[j] = 1
		}
		z, dz := make([]float32, all), make([]float32, all)
		GroupNorm(n, steps, c, groups, y, x, ones, zeros, mean, rstd, eps)
		GroupNorm(n, steps, c, groups, z, x, nil, nil, nil, nil, eps)
		GroupNormGrad(n, steps, c, groups, dx, dg, db, dy, x, ones, mean, rstd)
		GroupNormGrad(n, steps, c, groups, dz, nil, nil, dy, x, nil, mean, rstd)
		for i := range z {
			near(t, "y without γ and β", i, z[i], float64(y[i]), 0)
			near(t, "dx without γ and β", i, dz[i], float64(dx[i]), 0)
		}
	}
}

func TestGroupNormRefusesBadSizes(t *testing.T) {
	for _, f := range []func(v []float32){
		func(v []float32) { GroupNorm(1, 2, 4, 3, v, v, nil, nil, v, v, eps) },
		func(v []float32) { GroupNorm(1, 2, 4, 0, v, v, nil, nil, v, v, eps) },
		func(v []float32) { GroupNorm(1, 2, 4, 2, v[:7], v, nil, nil, v, v, eps) },
		func(v []float32) { GroupNorm(1, 2, 4, 2, v, v, v[:3], nil, v, v, eps) },
		func(v []float32) { GroupNormGrad(1, 2, 4, 2, v, nil, v[:3], v, v, nil, v, v) },
	} {
		func() {
			defer func() {
				if recover() != badShape {
					t.Error("no panic")
				}
			}()
			f(make([]float32, 8))
		}()
	}
}

// TestFoldGivesWhatLayerAndNormGive compares y = x·W′ + b′ with the norm of y = x·W + b, in float64 but for the weights.
func TestFoldGivesWhatLayerAndNormGive(t *testing.T) {
	r := rand.New(rand.NewSource(4))
	const n, f = 5, 7
	x, w, gamma, beta, mean, b := draw(r, n), draw(r, n*f), draw(r, f), draw(r, f), draw(r, f), draw(r, f)
	variance := draw(r, f)
	for i, v := range variance {
		variance[i] = v * v
	}
	for _, b := range [][]float32{b, nil} {
		fw, fb := make([]float32, n*f), make([]float32, f)
		Fold(n, f, fw, fb, w, b, gamma, beta, mean, variance, eps)
		for j := range f {
			got, y := float64(fb[j]), 0.0
			if b != nil {
				y = float64(b[j])
			}
			for i := range n {
				got += float64(x[i]) * float64(fw[i*f+j])
				y += float64(x[i]) * float64(w[i*f+j])
			}
			want := (y-float64(mean[j]))/math.Sqrt(float64(variance[j])+eps)*float64(gamma[j]) + float64(beta[j])
			near(t, "y", j, float32(got), want, 1e-5*(1+math.Abs(want)))
		}
		Fold(n, f, w, fb, w, b, gamma, beta, mean, variance, eps)
		for i := range fw {
			near(t, "W in place", i, w[i], float64(fw[i]), 0)
		}
	}
	for _, f := range []func(v []float32){
		func(v []float32) { Fold(2, 2, v[:3], v, v, nil, v, v, v, v, eps) },
		func(v []float32) { Fold(2, 2, v, v[:1], v, nil, v, v, v, v, eps) },
		func(v []float32) { Fold(2, 2, v, v, v, v[:1], v, v, v, v, eps) },
		func(v []float32) { FoldTransposed(1, 4, 2, 3, v, v, v, nil, v, v, v, v, eps) },
		func(v []float32) { FoldTransposed(2, 4, 2, 2, v, v, v, nil, v, v, v, v, eps) },
	} {
		func() {
			defer func() {
				if recover() != badShape {
					t.Error("no panic")
				}
			}()
			f(make([]float32, 4))
		}()
	}
}

// TestFoldTransposedHasTheFactorsOfFold compares with Fold on the weights with the features last.
func TestFoldTransposedHasTheFactorsOfFold(t *testing.T) {
	r := rand.New(rand.NewSource(5))
	const n, f, c, groups = 3, 6, 4, 2
	w, gamma, beta, mean, variance := draw(r, n*f/groups*c), draw(r, f), draw(r, f), draw(r, f), make([]float32, f)
	for i := range variance {
		variance[i] = 0.5 + float32(i)
	}
	got, b := make([]float32, len(w)), make([]float32, f)
	FoldTransposed(n, f, c, groups, got, b, w, gamma, gamma, beta, mean, variance, eps)
	last := func(w []float32) []float32 { // taps×c/groups×f
		var out []float32
		for tap := range n {
			for i := range c / groups {
				for j := range f {
					out = append(out, w[(tap*f/groups+j%(f/groups))*c+j/(f/groups)*(c/groups)+i])
				}
			}
		}
		return out
	}
	want, wantB := make([]float32, len(w)), make([]float32, f)
	Fold(n*c/groups, f, want, wantB, last(w), gamma, gamma, beta, mean, variance, eps)
	for i, v := range last(got) {
		near(t, "W", i, v, float64(want[i]), 0)
	}
	for j, v := range b {
		near(t, "b", j, v, float64(wantB[j]), 0)
	}
}

// TestBatchNormInPartsHasTheSameBits computes a norm over the batch and its gradient as workers do: the statistics and
// sums of all rows, then the rows in pieces.
func TestBatchNormInPartsHasTheSameBits(t *testing.T) {
	const n, f = 37, 19
	r := rand.New(rand.NewSource(1))
	x, dy, gamma, beta := draw(r, n*f), draw(r, n*f), draw(r, f), draw(r, f)
	zeros := func() []float32 { return make([]float32, f) }
	y, mean, rstd, rm, rv := make([]float32, n*f), zeros(), zeros(), zeros(), zeros()
	BatchNormTrain(n, f, y, x, gamma, beta, mean, rstd, rm, rv, 0.1, 1e-5)
	dx, dg, db := make([]float32, n*f), zeros(), zeros()
	BatchNormGrad(n, f, dx, dg, db, dy, x, gamma, mean, rstd, false)

	py, pmean, prstd, prm, prv := make([]float32, n*f), zeros(), zeros(), zeros(), zeros()
	BatchNormTrain(n, f, nil, x, gamma, beta, pmean, prstd, prm, prv, 0.1, 1e-5)
	pdx, pdg, pdb, a, b := make([]float32, n*f), zeros(), zeros(), zeros(), zeros()
	BatchNormSums(n, f, pdg, pdb, a, b, dy, x, pmean, prstd)
	for lo := 0; lo < n; lo += 5 {
		hi := min(n, lo+5)
		BatchNormApply(hi-lo, f, py[lo*f:hi*f], x[lo*f:hi*f], gamma, beta, pmean, prstd)
		BatchNormDX(hi-lo, f, pdx[lo*f:hi*f], dy[lo*f:hi*f], x[lo*f:hi*f], gamma, pmean, prstd, a, b)
	}
	BatchNormSums(n, f, nil, nil, a, b, dy, x, pmean, prstd)
	for name, pair := range map[string][2][]float32{"y": {py, y}, "mean": {pmean, mean}, "rstd": {prstd, rstd},
		"running mean": {prm, rm}, "running variance": {prv, rv}, "dx": {pdx, dx}, "dgamma": {pdg, dg}, "dbeta": {pdb, db}} {
		if !slices.Equal(pair[0], pair[1]) {
			t.Errorf("%s differs from that of all rows at once", name)
		}
	}
	if y[0] == 0 || dx[0] == 0 {
		t.Error("nothing was computed")
	}
}

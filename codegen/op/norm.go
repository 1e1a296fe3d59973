package op

import "math"

// groups describes which elements a norm takes together: layer_norm the elements of a row, batch_norm
// those of a feature over the batch, group_norm those of some neighbouring features of an example. A group
// is made of runs of neighbours: with a and b the quotient and the remainder of g by per, element k of
// group g is at a·start + b·run + (k div run)·stride + k mod run.
type groups struct {
	count, size        int
	per                int // groups side by side
	start, stride, run int
}

func (g groups) at(group, k int) int {
	return group/g.per*g.start + group%g.per*g.run + k/g.run*g.stride + k%g.run
}

// each calls visit for stretches of memory, in its order, in which the elements of a group come in the order of theirs.
// Element k of a stretch is of group + k·step: a stretch is a run of one group, with a step of 0, or a row of runs of
// one element each, with a step of 1.
func (g groups) each(visit func(group, step, from, to int)) {
	for a := range g.count / g.per {
		for j := range g.size / g.run {
			row := a*g.start + j*g.stride
			if g.run == 1 {
				visit(a*g.per, 1, row, row+g.per)
				continue
			}
			for b := range g.per {
				visit(a*g.per+b, 0, row+b*g.run, row+(b+1)*g.run)
			}
		}
	}
}

// moments returns mean and (biased) variance of each group.
func (g groups) moments(x []float64) (mean, variance []float64) {
	mean, variance = make([]float64, g.count), make([]float64, g.count)
	g.each(func(i, step, from, to int) {
		for _, v := range x[from:to] {
			mean[i] += v
			i += step
		}
	})
	for i := range mean {
		mean[i] /= float64(g.size)
	}
	g.each(func(i, step, from, to int) {
		for _, v := range x[from:to] {
			d := v - mean[i]
			variance[i] += d * d
			i += step
		}
	})
	for i := range variance {
		variance[i] /= float64(g.size)
	}
	return mean, variance
}

// rstd returns 1/√(var + ε).
func rstd(variance []float64, eps float64) []float64 {
	r := make([]float64, len(variance))
	for i, v := range variance {
		r[i] = 1 / math.Sqrt(v+eps)
	}
	return r
}

// normalize writes (x − mean)/√(var + ε)·γ + β, with γ and β by feature.
func (g groups) normalize(y, x, scale, shift, mean, variance []float64, eps float64) {
	f, r := len(scale), rstd(variance, eps)
	g.each(func(i, step, from, to int) {
		for at, j := from, from%f; at < to; at, j = at+1, j+1 {
			y[at] = (x[at]-mean[i])*r[i]*scale[j] + shift[j]
			i += step
		}
	})
}

// backward adds the gradients of normalize with the statistics of the group itself:
//
//	x̂ = (x − mean)·r,  g = dy∘γ,  dx = r·(g − mean(g) − x̂·mean(g∘x̂)),  dγ = Σ dy∘x̂,  dβ = Σ dy
//
// Source: Ioffe and Szegedy, Batch normalization, 2015, §3.
func (g groups) backward(dx, dscale, dshift, dy, x, scale []float64, eps float64) {
	f := len(scale)
	mean, variance := g.moments(x)
	r, sum, dot := rstd(variance, eps), make([]float64, g.count), make([]float64, g.count)
	g.each(func(i, step, from, to int) {
		for at, j := from, from%f; at < to; at, j = at+1, j+1 {
			hat, d := (x[at]-mean[i])*r[i], dy[at]*scale[j]
			sum[i] += d
			dot[i] += d * hat
			dscale[j] += dy[at] * hat
			dshift[j] += dy[at]
			i += step
		}
	})
	for i := range sum {
		sum[i], dot[i] = sum[i]/float64(g.size), dot[i]/float64(g.size)
	}
	g.each(func(i, step, from, to int) {
		for at, j := from, from%f; at < to; at, j = at+1, j+1 {
			hat, d := (x[at]-mean[i])*r[i], dy[at]*scale[j]
			dx[at] += r[i] * (d - sum[i] - hat*dot[i])
			i += step
		}
	})
}

// errors returns, for each element, how far a float32 x̂ may be from the true one: the mean errs by
// γ·mean|x|, the variance by what its sum, and the mean, bring in.
func (g groups) errors(x []float64, eps float64) (hat, bound, rstd []float64) {
	hat, bound, rstd = make([]float64, len(x)), make([]float64, len(x)), make([]float64, g.count)
	mean, variance := g.moments(x)
	for i := range g.count {
		r := 1 / math.Sqrt(variance[i]+eps)
		rstd[i] = r
		absMean, absDiff := 0.0, 0.0
		for k := range g.size {
			absMean += math.Abs(x[g.at(i, k)]) / float64(g.size)
			absDiff += math.Abs(x[g.at(i, k)]-mean[i]) / float64(g.size)
		}
		shift := gamma(g.size+4) * absMean // of the mean
		relative := (gamma(g.size+8)*variance[i]+2*(shift+u*absMean)*absDiff+shift*shift)/(variance[i]+eps) + 8*u
		for k := range g.size {
			at := g.at(i, k)
			hat[at] = (x[at] - mean[i]) * r
			bound[at] = r*(shift+2*u*(math.Abs(x[at])+absMean)) + math.Abs(hat[at])*relative
		}
	}
	return hat, bound, rstd
}

// bound is the bound of normalize with the statistics of the group itself.
func (g groups) bound(y, x, scale, shift []float64, eps float64) []float64 {
	_, e, _ := g.errors(x, eps)
	b := make([]float64, len(y))
	f := len(scale)
	for i := range y {
		b[i] = math.Abs(scale[i%f])*e[i] + 4*u*(math.Abs(y[i])+2*math.Abs(shift[i%f])) + tiny
	}
	return b
}

// gradBound is the bound of backward.
func (g groups) gradBound(dy, x, scale []float64, eps float64) (dx, dscale, dshift []float64) {
	hat, e, rstd := g.errors(x, eps)
	f := len(scale)
	dx, dscale, dshift = make([]float64, len(x)), make([]float64, f), make([]float64, f)
	perFeature := len(x)/f + 4
	for i := range g.count {
		relative := 8 * u // of 1/√(var + ε), as the errors of x̂ show it
		sum, dot, edot := 0.0, 0.0, 0.0
		for k := range g.size {
			at := g.at(i, k)
			d := math.Abs(dy[at] * scale[at%f])
			sum += d / float64(g.size)
			dot += d * math.Abs(hat[at]) / float64(g.size)
			edot += d * e[at] / float64(g.size)
			if h := math.Abs(hat[at]); h > 0.5 {
				relative = math.Max(relative, e[at]/h)
			}
			dscale[at%f] += gamma(perFeature)*math.Abs(dy[at]*hat[at]) + math.Abs(dy[at])*e[at] + tiny
			dshift[at%f] += gamma(perFeature)*math.Abs(dy[at]) + tiny
		}
		for k := range g.size {
			at := g.at(i, k)
			d, h := math.Abs(dy[at]*scale[at%f]), math.Abs(hat[at])
			size := d + sum + h*dot
			dx[at] = rstd[i]*((gamma(2*g.size+16)+2*relative)*size+e[at]*dot+h*edot) + tiny
		}
	}
	return dx, dscale, dshift
}

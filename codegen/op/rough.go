package op

import "math"

// Rough bounds cost little beside the products that they are of: by the inequality of Cauchy and Schwarz, Σ|aᵢ·bᵢ| is
// at most ‖a‖·‖b‖, so that norms of rows and columns take the place of products of absolute values. Of vectors of random
// numbers around 0 they are about π/2 times the bounds of rounding.go.

// squares returns Σ x² of stretches of width elements.
func squares(x []float64, width int) []float64 {
	s := make([]float64, len(x)/width)
	for i := range s {
		for _, v := range x[i*width:][:width] {
			s[i] += v * v
		}
	}
	return s
}

// columnSquares returns Σ x² of the columns of a matrix.
func columnSquares(x []float64, cols int) []float64 {
	s := make([]float64, cols)
	for i := 0; i < len(x); i += cols {
		for j, v := range x[i:][:cols] {
			s[j] += v * v
		}
	}
	return s
}

// rootProducts returns k·√(rows[i]·cols[j]) for all i and j.
func rootProducts(k float64, rows, cols []float64) []float64 {
	b := make([]float64, len(rows)*len(cols))
	for i, r := range rows {
		for j, c := range cols {
			b[i*len(cols)+j] = k*math.Sqrt(r*c) + tiny
		}
	}
	return b
}

// plusBias adds k·|b| to each row.
func plusBias(k float64, bound []float64, c *Call) []float64 {
	if p := c.P[len(c.P)-1]; len(p.Shape) == 1 {
		for i := range bound {
			bound[i] += k * math.Abs(p.Data[i%len(p.Data)])
		}
	}
	return bound
}

// biasBound is the bound of Σ dy over rows.
func biasBound(dy []float64, units int) []float64 {
	b := make([]float64, units)
	for i, d := range dy {
		b[i%units] += math.Abs(d)
	}
	return times(gamma(len(dy)/units+1), b)
}

func denseRough(c *Call) []float64 {
	if c.Layer.Params[0].Pattern != nil {
		return c.Layer.Def.Bound(c)
	}
	k := gamma(lastOf(c.X[0].Shape) + 2)
	return plusBias(k, rootProducts(k, squares(c.X[0].Data, lastOf(c.X[0].Shape)), columnSquares(c.P[0].Data, lastOf(c.Y.Shape))), c)
}

func denseRoughGrad(c *Call) (dx, dp [][]float64) {
	if c.Layer.Params[0].Pattern != nil {
		return c.Layer.Def.GradBound(c)
	}
	in, out := lastOf(c.X[0].Shape), lastOf(c.Y.Shape)
	dx = [][]float64{rootProducts(gamma(out+1), squares(c.DY.Data, out), squares(c.P[0].Data, out))}
	dp = [][]float64{nil}
	if c.DP[0].Data != nil {
		dp[0] = rootProducts(gamma(len(c.Y.Data)/out+1), columnSquares(c.X[0].Data, in), columnSquares(c.DY.Data, out))
	}
	if len(c.P) > 1 {
		dp = append(dp, biasBound(c.DY.Data, out))
	}
	return dx, dp
}

// denseGradAt returns elements of the gradient of the weights, and bounds of their errors.
func denseGradAt(c *Call, at []int) (grad, bound []float64) {
	in, out := lastOf(c.X[0].Shape), lastOf(c.Y.Shape)
	rows := len(c.Y.Data) / out
	grad, bound = make([]float64, len(at)), make([]float64, len(at))
	for k, i := range at {
		for n := range rows {
			p := c.X[0].Data[n*in+i/out] * c.DY.Data[n*out+i%out]
			grad[k] += p
			bound[k] += math.Abs(p)
		}
	}
	return grad, times(gamma(rows+1), bound)
}

// convRough bounds y by the norms of the patches that its elements read.
func convRough(c *Call, v *convolution) []float64 {
	groups, outs := v.groups, v.y[2]/v.groups
	pixels := squares(c.X[0].Data, v.x[2]/groups) // of each pixel and group
	filters := columnSquares(c.P[0].Data, v.y[2])
	taps, _ := v.taps()
	k := gamma(taps + 2)
	bound := make([]float64, len(c.Y.Data))
	patch := make([]float64, groups)
	for o := 0; o < len(bound); o += v.y[2] {
		clear(patch)
		place := o / v.y[2]
		v.taken(place/(v.y[0]*v.y[1]), place%(v.y[0]*v.y[1]), func(_, i int) {
			add(patch, pixels[i/v.x[2]*groups:][:groups])
		})
		for j := range v.y[2] {
			bound[o+j] = k*math.Sqrt(patch[j/outs]*filters[j]) + tiny
		}
	}
	return plusBias(k, bound, c)
}

// convRoughGrad bounds dx by the norms of the outputs that read a pixel, and dw by those of channels and outputs.
func convRoughGrad(c *Call, v *convolution) (dx, dp [][]float64) {
	groups, outs, per := v.groups, v.y[2]/v.groups, v.x[2]/v.groups
	read := make([]float64, len(c.X[0].Data)/per) // of each pixel and group
	outputs := squares(c.DY.Data, outs)
	for place := range len(c.DY.Data) / v.y[2] {
		v.taken(place/(v.y[0]*v.y[1]), place%(v.y[0]*v.y[1]), func(_, i int) {
			add(read[i/v.x[2]*groups:][:groups], outputs[place*groups:][:groups])
		})
	}
	// The filter is taps×per×(groups·outs): squares of each channel, and so of each channel of the image.
	channels := make([]float64, v.x[2])
	for i, s := range squares(c.P[0].Data, outs) {
		channels[i%groups*per+i/groups%per] += s
	}
	_, taps := v.taps()
	k, bound := gamma(taps+1), make([]float64, len(c.X[0].Data))
	for i := range bound {
		bound[i] = k*math.Sqrt(read[i/per]*channels[i%v.x[2]]) + tiny
	}
	k = gamma(len(c.Y.Data)/v.y[2] + 1)
	inputs, units := columnSquares(c.X[0].Data, v.x[2]), columnSquares(c.DY.Data, v.y[2])
	dw := make([]float64, len(c.P[0].Data))
	for i := range dw {
		o := i % v.y[2]
		dw[i] = k*math.Sqrt(inputs[o/outs*per+i/v.y[2]%per]*units[o]) + tiny
	}
	dp = [][]float64{dw}
	if len(c.P) > 1 {
		dp = append(dp, biasBound(c.DY.Data, v.y[2]))
	}
	return [][]float64{bound}, dp
}

package op

import "math"

// What a float32 evaluation of a sum of products is likely to be off by, for vectors that shall show small faults: a
// worst case grows with k times Σ|aᵢ·bᵢ|, while k roundings that know nothing of each other add up to about √k times
// half of u times the size of the partial sums (Higham and Mary, A new approach to probabilistic rounding error
// analysis, SIAM Journal on Scientific Computing 41(5), 2019). Partial sums go from 0 to the sum y, and wander from
// there by about ‖a‖·‖b‖/√k where the products know nothing of each other either. Hence
//
//	likely = u·(√k·|y| + 2·‖a‖·‖b‖)
//
// which is four times the deviation of such sums, and with the margin that vectors put on it, 4 times the largest of
// some draws, still covers partial sums of the size ‖a‖·‖b‖, which none exceed, up to k of about 600. It costs norms of
// rows and columns, where a worst case costs the products of absolute values.

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

// likely returns how far a sum y of k products is likely to be off, given ‖a‖²·‖b‖².
func likely(k int, y, squares float64) float64 {
	return u*(math.Sqrt(float64(k))*math.Abs(y)+2*math.Sqrt(squares)) + tiny
}

// likelyProducts returns it for each element of a matrix of sums, given the squares of the norms of rows and columns.
func likelyProducts(k int, y, rows, cols []float64) []float64 {
	b := make([]float64, len(y))
	for i, r := range rows {
		for j, c := range cols {
			b[i*len(cols)+j] = likely(k, y[i*len(cols)+j], r*c)
		}
	}
	return b
}

// plusBias adds the rounding of the sum with the bias to each row.
func plusBias(bound []float64, c *Call) []float64 {
	if p := c.P[len(c.P)-1]; len(p.Shape) == 1 {
		for i := range bound {
			bound[i] += 2 * u * math.Abs(p.Data[i%len(p.Data)])
		}
	}
	return bound
}

// likelyBias is that of Σ dy over rows, which db is.
func likelyBias(db, dy []float64) []float64 {
	b, squares := make([]float64, len(db)), columnSquares(dy, len(db))
	rows := len(dy) / len(db)
	for i, y := range db {
		b[i] = likely(rows, y, float64(rows)*squares[i])
	}
	return b
}

func denseLikely(c *Call) []float64 {
	if c.Layer.Params[0].Pattern != nil {
		return c.Layer.Def.Bound(c)
	}
	k := lastOf(c.X[0].Shape)
	return plusBias(likelyProducts(k, c.Y.Data, squares(c.X[0].Data, k), columnSquares(c.P[0].Data, lastOf(c.Y.Shape))), c)
}

func denseLikelyGrad(c *Call) (dx, dp [][]float64) {
	if c.Layer.Params[0].Pattern != nil {
		return c.Layer.Def.GradBound(c)
	}
	in, out := lastOf(c.X[0].Shape), lastOf(c.Y.Shape)
	dx = [][]float64{likelyProducts(out, c.DX[0].Data, squares(c.DY.Data, out), squares(c.P[0].Data, out))}
	dp = [][]float64{nil}
	if c.DP[0].Data != nil {
		dp[0] = likelyProducts(len(c.Y.Data)/out, c.DP[0].Data, columnSquares(c.X[0].Data, in), columnSquares(c.DY.Data, out))
	}
	if len(c.P) > 1 {
		dp = append(dp, likelyBias(c.DP[1].Data, c.DY.Data))
	}
	return dx, dp
}

// denseGradAt returns elements of the gradient of the weights, and what they are likely to be off by.
func denseGradAt(c *Call, at []int) (grad, bound []float64) {
	in, out := lastOf(c.X[0].Shape), lastOf(c.Y.Shape)
	rows := len(c.Y.Data) / out
	grad, bound = make([]float64, len(at)), make([]float64, len(at))
	for k, i := range at {
		for n := range rows {
			p := c.X[0].Data[n*in+i/out] * c.DY.Data[n*out+i%out]
			grad[k] += p
			bound[k] += p * p
		}
		bound[k] = likely(rows, grad[k], float64(rows)*bound[k])
	}
	return grad, bound
}

// convLikely goes by the norms of the patches that its elements read.
func convLikely(c *Call, v *convolution) []float64 {
	groups, outs := v.groups, v.y[2]/v.groups
	pixels := squares(c.X[0].Data, v.x[2]/groups) // of each pixel and group
	filters := columnSquares(c.P[0].Data, v.y[2])
	taps, _ := v.taps()
	bound := make([]float64, len(c.Y.Data))
	patch := make([]float64, groups)
	for o := 0; o < len(bound); o += v.y[2] {
		clear(patch)
		place := o / v.y[2]
		v.pixels(place/(v.y[0]*v.y[1]), place%(v.y[0]*v.y[1]), func(_, i int) {
			add(patch, pixels[i/v.x[2]*groups:][:groups])
		})
		for j := range v.y[2] {
			bound[o+j] = likely(taps, c.Y.Data[o+j], patch[j/outs]*filters[j])
		}
	}
	return plusBias(bound, c)
}

// convLikelyGrad goes by the norms of the outputs that read a pixel, and dw by those of channels and outputs.
func convLikelyGrad(c *Call, v *convolution) (dx, dp [][]float64) {
	groups, outs, per := v.groups, v.y[2]/v.groups, v.x[2]/v.groups
	read := make([]float64, len(c.X[0].Data)/per) // of each pixel and group
	outputs := squares(c.DY.Data, outs)
	for place := range len(c.DY.Data) / v.y[2] {
		v.pixels(place/(v.y[0]*v.y[1]), place%(v.y[0]*v.y[1]), func(_, i int) {
			add(read[i/v.x[2]*groups:][:groups], outputs[place*groups:][:groups])
		})
	}
	// The filter is taps×per×(groups·outs): squares of each channel, and so of each channel of the image.
	channels := make([]float64, v.x[2])
	for i, s := range squares(c.P[0].Data, outs) {
		channels[i%groups*per+i/groups%per] += s
	}
	_, taps := v.taps()
	bound := make([]float64, len(c.X[0].Data))
	for i := range bound {
		bound[i] = likely(taps, c.DX[0].Data[i], read[i/per]*channels[i%v.x[2]])
	}
	inputs, units := columnSquares(c.X[0].Data, v.x[2]), columnSquares(c.DY.Data, v.y[2])
	dw := make([]float64, len(c.P[0].Data))
	for i := range dw {
		o := i % v.y[2]
		dw[i] = likely(len(c.Y.Data)/v.y[2], c.DP[0].Data[i], inputs[o/outs*per+i/v.y[2]%per]*units[o])
	}
	dp = [][]float64{dw}
	if len(c.P) > 1 {
		dp = append(dp, likelyBias(c.DP[1].Data, c.DY.Data))
	}
	return [][]float64{bound}, dp
}

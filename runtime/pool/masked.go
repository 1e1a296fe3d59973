package pool

// MaskedMax computes for n sequences of steps×c the largest element of each channel over the steps whose mask is above
// ½, 0 where there is none, NaN where one of them is:
//
//	y  n×c,  x  n×steps×c,  mask  n×steps
func MaskedMax(n, steps, c int, y, x, mask []float32) {
	checkMasked(n, steps, c, y, x, mask)
	for i := range n {
		out, any := y[i*c:][:c], false
		clear(out)
		for t, m := range mask[i*steps:][:steps] {
			if !(m > 0.5) {
				continue
			}
			for j, v := range x[(i*steps+t)*c:][:c] {
				if !any || !(v <= out[j]) && out[j] == out[j] {
					out[j] = v
				}
			}
			any = true
		}
	}
}

// MaskedMaxGrad computes dx of MaskedMax: dy at the first step that is kept and holds the largest element, 0 elsewhere.
func MaskedMaxGrad(n, steps, c int, dx, dy, x, mask []float32) {
	checkMasked(n, steps, c, dy, x, mask)
	checkMasked(n, steps, c, dy, dx, mask)
	clear(dx[:n*steps*c])
	for i := range n {
		for j := range c {
			best := -1
			for t, m := range mask[i*steps:][:steps] {
				at := (i*steps+t)*c + j
				if m > 0.5 && (best < 0 || x[at] > x[best]) {
					best = at
				}
			}
			if best >= 0 {
				dx[best] = dy[i*c+j]
			}
		}
	}
}

// MaskedAverage computes for n sequences of steps×c the mean of each channel over the steps whose mask is above ½, 0
// where there is none. The sum is one chain in the order of the steps, and is then divided by their number.
func MaskedAverage(n, steps, c int, y, x, mask []float32) {
	checkMasked(n, steps, c, y, x, mask)
	for i := range n {
		out, kept := y[i*c:][:c], 0
		clear(out)
		for t, m := range mask[i*steps:][:steps] {
			if !(m > 0.5) {
				continue
			}
			kept++
			for j, v := range x[(i*steps+t)*c:][:c] {
				out[j] += v
			}
		}
		for j := range out {
			if kept > 0 {
				out[j] /= float32(kept)
			}
		}
	}
}

// MaskedAverageGrad computes dx of MaskedAverage: dy by the number of the steps that are kept at each of them, else 0.
func MaskedAverageGrad(n, steps, c int, dx, dy, mask []float32) {
	checkMasked(n, steps, c, dy, dx, mask)
	clear(dx[:n*steps*c])
	for i := range n {
		kept := 0
		for _, m := range mask[i*steps:][:steps] {
			if m > 0.5 {
				kept++
			}
		}
		for t, m := range mask[i*steps:][:steps] {
			if !(m > 0.5) {
				continue
			}
			out := dx[(i*steps+t)*c:][:c]
			for j, d := range dy[i*c:][:c] {
				out[j] = d / float32(kept)
			}
		}
	}
}

func checkMasked(n, steps, c int, y, x, mask []float32) {
	if n < 0 || steps < 0 || c < 0 || len(y) < n*c || len(x) < n*steps*c || len(mask) < n*steps {
		panic(badShape)
	}
}

// Package layout moves numbers to other places: the axes of arrays in another order.
package layout

const badShape = "layout: a slice is too short for its shape"

// Transpose gives each of n examples its axes in another order: element (i₀, …) of y, whose extents are extents, is
// element Σ iₖ·strides[k] of x. y and x must not overlap; both hold n times the product of the extents.
//
// It does not allocate. It panics if a slice is too short, or if there are not as many strides as extents, from 1 to 8.
func Transpose(n int, extents, strides []int, y, x []float32) {
	size := 1
	for _, e := range extents {
		size *= e
	}
	if len(extents) == 0 || len(extents) > maxAxes || len(strides) != len(extents) || n < 0 || len(y) < n*size || len(x) < n*size {
		panic(badShape)
	}
	if size == 0 {
		return
	}
	last := len(extents) - 1
	run, step := extents[last], strides[last]
	for i := range n {
		var at [maxAxes]int
		from, to := x[i*size:][:size], y[i*size:][:size]
		for base := 0; len(to) > 0; to = to[run:] {
			if step == 1 {
				copy(to[:run], from[base:][:run])
			} else {
				for k, j := 0, base; k < run; k, j = k+1, j+step {
					to[k] = from[j]
				}
			}
			for k := last - 1; k >= 0; k-- {
				at[k]++
				base += strides[k]
				if at[k] < extents[k] {
					break
				}
				base -= extents[k] * strides[k]
				at[k] = 0
			}
		}
	}
}

// maxAxes is the number of axes that Transpose takes at most.
const maxAxes = 8

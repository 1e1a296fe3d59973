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
	run, step, rows := extents[last], strides[last], 1
	if last > 0 && strides[last-1] == 1 {
		last--
		rows = extents[last] // which lie side by side in x: the last two axes are a matrix that is turned
	}
	for i := range n {
		var at [maxAxes]int
		from, to := x[i*size:][:size], y[i*size:][:size]
		for base := 0; len(to) > 0; to = to[rows*run:] {
			switch {
			case rows > 1:
				turn(rows, run, step, to, from[base:])
			case step == 1:
				copy(to[:run], from[base:][:run])
			default:
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

// tile is the height and width of the parts of a matrix that turn takes one by one: 16 numbers are a line of the cache, and
// a part's 16 lines of both sides stay in it.
const tile = 16

// turn computes y[r, k] = x[k·step + r] for rows×run numbers.
func turn(rows, run, step int, y, x []float32) {
	for k0 := 0; k0 < run; k0 += tile {
		k1 := min(k0+tile, run)
		for r0 := 0; r0 < rows; r0 += tile {
			r1 := min(r0+tile, rows)
			for r := r0; r < r1; r++ {
				out := y[r*run+k0 : r*run+k1]
				for k, j := 0, k0*step+r; k < len(out); k, j = k+1, j+step {
					out[k] = x[j]
				}
			}
		}
	}
}

// maxAxes is the number of axes that Transpose takes at most.
const maxAxes = 8

package conv

import "github.com/nngen/nngen/runtime/gemm"

// grow returns a slice of n elements, x itself if it has room.
func grow(x []float32, n int) []float32 {
	if cap(x) < n {
		return make([]float32, n)
	}
	return x[:n]
}

// frame is an image as a convolution reads it: rows and columns from (top, left) of the original on,
// +0 where that has none.
type frame struct{ top, left, rows, cols int }

// reads returns the part of x that a convolution reads.
func (g *Geometry) reads() frame {
	return frame{-g.PT, -g.PL, (g.OH-1)*g.SH + (g.FH-1)*g.DH + 1, (g.OW-1)*g.SW + (g.FW-1)*g.DW + 1}
}

// row returns the elements from a row to the next of an image of w columns and c channels as read returns it.
func (f frame) row(h, w, c int) int {
	if f.within(h, w) {
		return w * c
	}
	return f.cols * c
}

// within tells whether an image of h rows and w columns has all of f.
func (f frame) within(h, w int) bool {
	return f.top >= 0 && f.left >= 0 && f.top+f.rows <= h && f.left+f.cols <= w
}

// copyLen returns the elements of the copy that read makes of an image; 0 if it makes none.
func (f frame) copyLen(h, w, c int) int {
	if f.within(h, w) {
		return 0
	}
	return f.rows * f.cols * c
}

// read returns the h×w×c image x as f has it, and the elements from a row to the next: x itself where it
// has all of f, else a copy.
func (r *room) read(f frame, x []float32, h, w, c int) (image []float32, row int) {
	if f.within(h, w) {
		return x[(f.top*w+f.left)*c:], w * c
	}
	row = f.cols * c
	r.image = grow(r.image, f.copyLen(h, w, c))
	from, to := max(0, -f.left), max(0, min(f.cols, w-f.left))               // columns that x has
	first, last := min(max(0, -f.top), f.rows), max(0, min(f.rows, h-f.top)) // rows that x has
	if first >= last || from >= to {
		clear(r.image)
		return r.image, row
	}
	// The border, in one piece from the end of a row to the beginning of the next.
	clear(r.image[:first*row+from*c])
	for i := first + 1; i < last && from*c+row-to*c > 0; i++ {
		clear(r.image[(i-1)*row+to*c : i*row+from*c])
	}
	clear(r.image[(last-1)*row+to*c:])
	gemm.CopyRows(last-first, (to-from)*c, x[((f.top+first)*w+f.left+from)*c:], w*c, r.image[first*row+from*c:], row)
	return r.image, row
}

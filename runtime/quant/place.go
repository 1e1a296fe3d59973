package quant

import "github.com/nngen/nngen/runtime/pool"

// Pad computes n images y, those of x with a border of the number that stands for 0, zero[0]. The arrays must not overlap.
// Neither this nor the other functions that move numbers allocate; all panic if a slice is too short.
func Pad(n int, b pool.Border, y, x []int8, zero []int32) {
	checkBorder(n, &b, len(x), len(y))
	z := int8(zero[0])
	y = y[:n*outer(&b)]
	for i := range y {
		y[i] = z
	}
	for i := range n * b.H {
		copy(y[place(&b, i):][:b.W*b.C], x[i*b.W*b.C:])
	}
}

// Crop computes n images y, those of x without a border. The arrays must not overlap.
func Crop(n int, b pool.Border, y, x []int8) {
	checkBorder(n, &b, len(y), len(x))
	for i := range n * b.H {
		copy(y[i*b.W*b.C:][:b.W*b.C], x[place(&b, i):])
	}
}

// outer is the number of numbers of an image with its border.
func outer(b *pool.Border) int { return (b.Top + b.H + b.Bottom) * (b.Left + b.W + b.Right) * b.C }

// place is where row i of all rows without borders begins in the images with them.
func place(b *pool.Border, i int) int {
	return i/b.H*outer(b) + ((b.Top+i%b.H)*(b.Left+b.W+b.Right)+b.Left)*b.C
}

func checkBorder(n int, b *pool.Border, inside, outside int) {
	if n < 0 || min(b.H, b.W, b.C) < 1 || min(b.Top, b.Bottom, b.Left, b.Right) < 0 {
		panic(badSize)
	}
	if inside < n*b.H*b.W*b.C || outside < n*outer(b) {
		panic(badShape)
	}
}

// Nearest computes n images y, those of x with each pixel repeated. The arrays must not overlap.
func Nearest(n int, s pool.Scale, y, x []int8) {
	if n < 0 || min(s.H, s.W, s.C, s.FH, s.FW) < 1 {
		panic(badSize)
	}
	rows, width := s.H*s.FH, s.W*s.FW
	if len(x) < n*s.H*s.W*s.C || len(y) < n*rows*width*s.C {
		panic(badShape)
	}
	for i := range n * rows * width {
		from := (i/width/rows*s.H+i/width%rows/s.FH)*s.W + i%width/s.FW
		copy(y[i*s.C:][:s.C], x[from*s.C:])
	}
}

// Transpose gives each of n examples its axes in another order: element (i₀, …) of y, whose extents are extents, is
// element Σ iₖ·strides[k] of x. The arrays must not overlap.
func Transpose(n int, extents, strides []int, y, x []int8) {
	size := 1
	for _, e := range extents {
		size *= e
	}
	if n < 0 || size < 1 || len(strides) != len(extents) {
		panic(badSize)
	}
	if len(x) < n*size || len(y) < n*size {
		panic(badShape)
	}
	for i := range n * size {
		rest := i % size
		from := i - rest
		for k := len(extents) - 1; k >= 0; k-- {
			from += rest % extents[k] * strides[k]
			rest /= extents[k]
		}
		y[i] = x[from]
	}
}

package pool

// Border holds the extents of an image H×W×C and of a border around it.
type Border struct{ H, W, C, Top, Bottom, Left, Right int }

func (b *Border) width() int { return b.Left + b.W + b.Right }
func (b *Border) outer() int { return (b.Top + b.H + b.Bottom) * b.width() * b.C }
func (b *Border) inner() int { return b.H * b.W * b.C }

// Pad computes y: x with a border of zeros.
func Pad(n int, b Border, y, x []float32) {
	if n < 0 || len(y) < n*b.outer() || len(x) < n*b.inner() {
		panic(badShape)
	}
	clear(y[:n*b.outer()])
	b.rows(n, func(outer, inner, width int) { copy(y[outer:][:width], x[inner:][:width]) })
}

// Crop computes x: y without its border. It is the gradient of Pad, and Pad that of it.
func Crop(n int, b Border, x, y []float32) {
	if n < 0 || len(y) < n*b.outer() || len(x) < n*b.inner() {
		panic(badShape)
	}
	b.rows(n, func(outer, inner, width int) { copy(x[inner:][:width], y[outer:][:width]) })
}

// rows calls f with the places and the length of each row of the images, with and without the border.
func (b *Border) rows(n int, f func(outer, inner, width int)) {
	width := b.W * b.C
	for i := range n {
		for r := range b.H {
			f(i*b.outer()+((b.Top+r)*b.width()+b.Left)*b.C, i*b.inner()+r*width, width)
		}
	}
}

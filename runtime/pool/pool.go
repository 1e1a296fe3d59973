// Package pool reduces and resamples images of channels: maxima and means over windows, borders, and
// enlargement.
//
// Images are h×w×c, row-major, n of them one after another; a sequence is an image of height 1. All
// functions work channel by channel. A result overlaps nothing that is read. Nothing allocates. Each
// function panics if a slice is shorter than its shape.
//
// Sums are chains of additions from the first term, in the order of rows, then columns, of the window,
// or of the outputs that an element has part in.
package pool

// Window holds the extents of an image H×W×C, of the result OH×OW×C, and of the window FH×FW, which moves
// SH rows and SW columns from place to place and begins PT rows above and PL columns left of the image.
// What lies outside of the image does not count. Every window has a pixel of the image.
type Window struct{ H, W, C, OH, OW, FH, FW, SH, SW, PT, PL int }

const (
	badShape  = "pool: a slice is shorter than its shape"
	badWindow = "pool: an extent or stride is below 1, or a padding negative"
)

// in and out return the numbers of an image and of its result.
func (w *Window) in() int  { return w.H * w.W * w.C }
func (w *Window) out() int { return w.OH * w.OW * w.C }

func (w *Window) check(n int, x, y []float32) {
	if min(w.H, w.W, w.C, w.OH, w.OW, w.FH, w.FW, w.SH, w.SW) < 1 || min(w.PT, w.PL) < 0 {
		panic(badWindow)
	}
	if n < 0 || len(x) < n*w.in() || len(y) < n*w.out() {
		panic(badShape)
	}
}

// span returns the part of the window at place o that lies in the image: [from, to) along an axis.
func span(o, stride, pad, size, extent int) (from, to int) {
	from = o*stride - pad
	return max(from, 0), min(from+size, extent)
}

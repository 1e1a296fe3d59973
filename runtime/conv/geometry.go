package conv

// A Geometry holds the extents of a convolution.
type Geometry struct {
	H, W, C    int // of x
	OH, OW, OC int // of y
	FH, FW     int // of the filter
	SH, SW     int // strides: pixels of x from a pixel of y to the next
	PT, PL     int // rows above x and columns left of it; those below and to the right follow from OH and OW
	DH, DW     int // dilation: pixels of x from a tap of the filter to the next
	Groups     int // parts of equal size that the channels of x and of y are cut into, and convolved one by one
}

// What the functions of this package panic with.
const (
	badGeometry  = "conv: an extent, stride or dilation is below 1, a padding negative, or one above 2³¹−1"
	badGroups    = "conv: the groups do not divide the channels"
	badDepthwise = "conv: a depthwise convolution has a group for each channel"
	badRows      = "conv: the number of images is negative"
	badX         = "conv: x is shorter than its shape"
	badY         = "conv: y is shorter than its shape"
	badW         = "conv: w is shorter than its shape"
	badRange     = "conv: the rows are none of w"
	badPacked    = "conv: the packed filter is shorter than PackedLen"
	badEpilogue  = "conv: the epilogue continues sums or holds saved outputs"
)

// check panics unless the geometry makes sense and n ≥ 0.
func (g *Geometry) check(n int) {
	if n < 0 {
		panic(badRows)
	}
	low := min(g.H, g.W, g.C, g.OH, g.OW, g.OC, g.FH, g.FW, g.SH, g.SW, g.DH, g.DW, g.Groups)
	if low < 1 || g.PT < 0 || g.PL < 0 ||
		(g.H|g.W|g.C|g.OH|g.OW|g.OC|g.FH|g.FW|g.SH|g.SW|g.PT|g.PL|g.DH|g.DW|g.Groups)>>31 != 0 {
		panic(badGeometry)
	}
	if g.C%g.Groups != 0 || g.OC%g.Groups != 0 {
		panic(badGroups)
	}
}

// checkX, checkY and checkW panic if a slice is shorter than its shape for n images. The products are
// exact, or far above the length of any slice.
func (g *Geometry) checkX(n int, x []float32) {
	if float64(n)*float64(g.H)*float64(g.W)*float64(g.C) > float64(len(x)) {
		panic(badX)
	}
}

func (g *Geometry) checkY(n int, y []float32) {
	if float64(n)*float64(g.OH)*float64(g.OW)*float64(g.OC) > float64(len(y)) {
		panic(badY)
	}
}

func (g *Geometry) checkW(w []float32) {
	if float64(g.FH)*float64(g.FW)*float64(g.C/g.Groups)*float64(g.OC) > float64(len(w)) {
		panic(badW)
	}
}

// source returns the coordinate of x that tap f reads for pixel o of y along one axis.
func source(o, stride, f, dilation, pad int) int { return o*stride + f*dilation - pad }

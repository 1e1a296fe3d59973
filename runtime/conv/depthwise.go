package conv

import (
	"math"

	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
)

// Depthwise convolves each channel of n images with filters of its own, OC/C of them, and applies the
// epilogue to each pixel as to a row of OC columns. It is Forward with as many groups as
// channels, which g must have, and has its bits.
//
//	y  n×OH×OW×OC
//	x  n×H×W×C
//	w  FH×FW×C×(OC/C)
//
// y must not overlap x, w or the slice of the epilogue. Depthwise does not allocate in the steady state. It panics if the
// geometry makes no sense or a slice is too short.
func Depthwise(n int, g *Geometry, y, x, w []float32, ep gemm.Epilogue) {
	g.checkDepthwise(n)
	g.checkX(n, x)
	g.checkW(w)
	g.checkY(n, y)
	ep.CheckSlice(g.OC, n*g.OH*g.OW*g.OC)
	if !cpu.HasSIMD() {
		forwardGeneric(n, g, y, x, plain(g, w), ep)
		return
	}
	r := rooms.Get().(*room)
	r.depthwise(n, g, y, x, w, ep)
	rooms.Put(r)
}

// depthwise takes a row of y at a time.
func (r *room) depthwise(n int, g *Geometry, y, x, w []float32, ep gemm.Epilogue) {
	f := g.reads()
	for i := range n {
		image, row := r.repeated(g, f, x[i*g.H*g.W*g.C:][:g.H*g.W*g.C])
		for oy := range g.OH {
			at := (i*g.OH + oy) * g.OW * g.OC
			out := y[at:][:g.OW*g.OC]
			if !ep.Continues() {
				clear(out)
			}
			t := taps{rows: g.FH, cols: g.FW, xRow: g.DH * row, xCol: g.DW * g.OC, wRow: g.FW * g.OC, wCol: g.OC}
			r.addTaps(t, g.OW, g.OC, out, g.OC, image[oy*g.SH*row:], g.SW*g.OC, w, 0)
			if !ep.Plain() {
				// The epilogue, by way of a product that adds −0, which leaves every number as it is.
				gemm.Strided(g.OW, g.OC, 1, one[:], 0, 0, minusZeros[:], 0, 0, out, g.OC, ep.Part(0, at).Continued())
			}
		}
	}
}

var one = [1]float32{1}

var minusZeros = func() (z [nr]float32) {
	for i := range z {
		z[i] = float32(math.Copysign(0, -1))
	}
	return z
}()

// repeatedLen returns the elements of the copy that repeated makes; 0 if it makes none.
func (f frame) repeatedLen(g *Geometry) int {
	if g.OC == g.C {
		return 0
	}
	return f.rows * f.cols * g.OC
}

// repeated returns what of an image the filters read, each channel as often as it has filters, and the elements from
// a row to the next.
func (r *room) repeated(g *Geometry, f frame, x []float32) (image []float32, row int) {
	image, row = r.read(f, x, g.H, g.W, g.C)
	m := g.OC / g.C
	if m == 1 {
		return image, row
	}
	wide := f.cols * g.OC
	r.matrix = grow(r.matrix, f.repeatedLen(g))
	for i := range f.rows {
		dst := r.matrix[i*wide:][:wide]
		for k, v := range image[i*row:][:f.cols*g.C] {
			for j := range m {
				dst[k*m+j] = v
			}
		}
	}
	return r.matrix, wide
}

// everyLen returns the elements of the copy that every makes; 0 if it makes none.
func everyLen(n, c, stride int) int {
	if stride == 1 {
		return 0
	}
	return n * c
}

// every returns n pixels of c channels of a row, a stride apart.
func (r *room) every(n, c, stride int, row []float32) []float32 {
	if stride == 1 {
		return row[:n*c]
	}
	r.panels = grow(r.panels, everyLen(n, c, stride))
	vec.CopyCols(n, c, r.panels, c, row, stride*c)
	return r.panels
}

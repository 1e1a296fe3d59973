package conv

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/gemm"
)

// DW writes the gradient of Forward with respect to w, given that with respect to y, summed over the
// n images.
//
//	dw  FH×FW×(C/Groups)×OC, written in full; +0 if n is 0
//	x   n×H×W×C
//	dy  n×OH×OW×OC
//
// dw must not overlap x or dy. DW does not allocate in the steady state. It panics if the geometry makes
// no sense or a slice is too short.
func DW(n int, g *Geometry, dw, x, dy []float32) {
	DWRows(n, g, 0, g.FH*g.FW*(g.C/max(1, g.Groups)), dw, x, dy)
}

// DWRows is DW for rows [from, to) of dw, a matrix of as many columns as y has channels: it leaves the others as they are.
func DWRows(n int, g *Geometry, from, to int, dw, x, dy []float32) {
	g.check(n)
	g.checkX(n, x)
	g.checkY(n, dy)
	g.checkW(dw)
	g.checkRange(from, to)
	if !cpu.HasSIMD() {
		dwGeneric(n, g, from, to, dw, x, dy)
		return
	}
	r := rooms.Get().(*room)
	r.weights(n, g, from, to, dw, x, dy)
	rooms.Put(r)
}

// checkRange panics unless from and to bound rows of dw.
func (g *Geometry) checkRange(from, to int) {
	if from < 0 || from > to || to > g.FH*g.FW*(g.C/g.Groups) {
		panic(badRange)
	}
}

// weights takes a row of dy at a time: for each row of the filter, or each tap if those of a row do not
// lie side by side in x, a product of the pixels that it reads, transposed, with dy. Of each it takes the rows in
// [from, to).
func (r *room) weights(n int, g *Geometry, from, to int, dw, x, dy []float32) {
	if n == 0 {
		clear(dw[from*g.OC : to*g.OC])
	}
	width, reach, most := r.nonzeroPlan(g, from, to)
	if most > 0 && r.nonzeroWeights(n, g, from, to, width, reach, most, dw, x, dy) {
		return
	}
	r.allWeights(n, g, from, to, dw, x, dy, gemm.None())
}

// allWeights is weights that continues the sums if e says so.
func (r *room) allWeights(n int, g *Geometry, from, to int, dw, x, dy []float32, e gemm.Epilogue) {
	per, cols := g.C/g.Groups, g.OC/g.Groups
	taps, m := g.FW, per
	if g.DW == 1 && g.Groups == 1 {
		taps, m = 1, g.FW*per
	}
	f := g.reads()
	if cpu.HasSIMD() && gemm.Gathers(to-from, cols, g.OH*g.OW, gemm.None()) && !gemm.Wide(m, cols, g.OW) {
		r.gatheredWeights(n, g, from, to, dw, x, dy, e)
		return
	}
	for i := range n {
		image, row := r.read(f, x[i*g.H*g.W*g.C:][:g.H*g.W*g.C], g.H, g.W, g.C)
		grad := dy[i*g.OH*g.OW*g.OC:][:g.OH*g.OW*g.OC]
		for oy := range g.OH {
			for group := range g.Groups {
				for t := from / m; t*m < to; t++ {
					fy, fx := t/taps, t%taps
					first, rows := max(from-t*m, 0), min(to-t*m, m)
					gemm.Strided(rows-first, cols, g.OW, image[(oy*g.SH+fy*g.DH)*row+fx*g.DW*g.C+group*per+first:], 1, g.SW*g.C,
						grad[oy*g.OW*g.OC+group*cols:], g.OC, nr, dw[(t*m+first)*g.OC+group*cols:], g.OC, e)
				}
			}
			e = gemm.Accumulate()
		}
	}
}

// gatheredWeights is weights by one product an image for each group: a row of it is one of dw, its terms are the pixels
// of y.
func (r *room) gatheredWeights(n int, g *Geometry, from, to int, dw, x, dy []float32, e gemm.Epilogue) {
	per, cols := g.C/g.Groups, g.OC/g.Groups
	f, p := g.reads(), &r.places
	row := f.row(g.H, g.W, g.C)
	p.Reset(g.OW, g.SW*g.C)
	for oy := range g.OH {
		p.Run(oy * g.SH * row)
	}
	for i := from; i < to; i++ {
		fy, fx, ci := i/per/g.FW, i/per%g.FW, i%per
		p.Row(fy*g.DH*row+fx*g.DW*g.C+ci, i*g.OC)
	}
	for i := range n {
		image, _ := r.read(f, x[i*g.H*g.W*g.C:][:g.H*g.W*g.C], g.H, g.W, g.C)
		grad := dy[i*g.OH*g.OW*g.OC:]
		if cols%lane != 0 && len(grad) < g.OH*g.OW*g.OC+lane { // nothing behind it may be read
			r.matrix = grow(r.matrix, g.OH*g.OW*g.OC+lane)
			copy(r.matrix, grad[:g.OH*g.OW*g.OC])
			grad = r.matrix
		}
		for group := range g.Groups {
			gemm.Gathered(p, to-from, cols, image[group*per:], grad[group*cols:], g.OC, nr, dw[group*cols:], e)
		}
		e = gemm.Accumulate()
	}
}

package conv

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/gemm"
)

// Forward convolves n images and applies the epilogue to each pixel as to a row of OC columns.
//
//	y  n×OH×OW×OC
//	x  n×H×W×C
//	w  FH×FW×(C/Groups)×OC
//
// y must not overlap x, w or the slice of the epilogue. Forward does not allocate in the steady state. It
// panics if the geometry makes no sense or a slice is too short.
func Forward(n int, g *Geometry, y, x, w []float32, ep gemm.Epilogue) {
	r := rooms.Get().(*room)
	r.convolve(n, g, y, x, w, ep)
	rooms.Put(r)
}

// convolve is Forward.
func (r *room) convolve(n int, g *Geometry, y, x, w []float32, ep gemm.Epilogue) {
	g.check(n)
	g.checkX(n, x)
	g.checkW(w)
	g.checkY(n, y)
	ep.CheckSlice(g.OC, n*g.OH*g.OW*g.OC)
	if !cpu.HasSIMD() {
		forwardGeneric(n, g, y, x, plain(g, w), ep)
		return
	}
	r.panels = grow(r.panels, PackedLen(g))
	Pack(g, w, r.panels)
	r.forward(n, g, y, x, packed(g, r.panels), ep)
}

// forward takes a row of y at a time: for each row of the filter, or each tap if those of a row do not lie
// side by side in x, a product of the pixels that it reads with the weights there. The pixels of a
// row overlap where the filter is wider than the stride.
func (r *room) forward(n int, g *Geometry, y, x []float32, w filter, ep gemm.Epilogue) {
	if cpu.HasAVX2FMA && g.slides(ep) {
		r.slid(n, g, y, x, w, ep)
		return
	}
	per, cols := g.C/g.Groups, g.OC/g.Groups
	taps, k := g.FW, per // products for each row of the filter, and the terms of each
	if g.DW == 1 && g.Groups == 1 {
		taps, k = 1, g.FW*per
	}
	f := g.reads()
	if cpu.HasAVX512 && g.sweeps(ep) {
		r.swept(n, g, y, x, w, ep)
		return
	}
	if cpu.HasSIMD() && g.gathers(ep) && !gemm.Wide(g.OW, cols, k) {
		r.gathered(n, g, y, x, w, ep)
		return
	}
	for i := range n {
		image, row := r.read(f, x[i*g.H*g.W*g.C:][:g.H*g.W*g.C], g.H, g.W, g.C)
		out := y[i*g.OH*g.OW*g.OC:][:g.OH*g.OW*g.OC]
		for oy := range g.OH {
			for group := range g.Groups {
				at := oy*g.OW*g.OC + group*cols
				each := ep.Part(group*cols, i*len(out)+at)
				for t := range g.FH * taps {
					fy, fx := t/taps, t%taps
					e := each
					switch last := t == g.FH*taps-1; {
					case t == 0 && !last:
						e = gemm.None()
						if ep.Continues() {
							e = gemm.Accumulate()
						}
					case t > 0 && !last:
						e = gemm.Accumulate()
					case t > 0:
						e = each.Continued()
					}
					gemm.Strided(g.OW, cols, k, image[(oy*g.SH+fy*g.DH)*row+fx*g.DW*g.C+group*per:], g.SW*g.C, 1,
						w.from(group, 0)[(fy*g.FW+fx)*per*w.row:], w.row, w.panel, out[at:], g.OC, e)
				}
			}
		}
	}
}

// gathers tells whether gathered has a kernel, with AVX2 or NEON.
func (g *Geometry) gathers(ep gemm.Epilogue) bool {
	return gemm.Gathers(g.OH*g.OW, g.OC/g.Groups, g.FH*g.FW*(g.C/g.Groups), ep)
}

// gatherLens returns the rows of a product of gathered, and the terms of each.
func (g *Geometry) gatherLens() (rows, terms int) {
	return min(g.OH, blockRows(g.OW)) * g.OW, g.FH * g.FW * (g.C / g.Groups)
}

// gathered is forward by one product an image for each group: a row of it is a pixel of y.
func (r *room) gathered(n int, g *Geometry, y, x []float32, w filter, ep gemm.Epilogue) {
	per, cols := g.C/g.Groups, g.OC/g.Groups
	f := g.reads()
	row, block := f.row(g.H, g.W, g.C), min(g.OH, blockRows(g.OW))
	if r.placed != *g {
		r.place(g, row, block)
		r.placed = *g
	}
	p := &r.forwardPlaces
	for i := range n {
		image, _ := r.read(f, x[i*g.H*g.W*g.C:][:g.H*g.W*g.C], g.H, g.W, g.C)
		out := y[i*g.OH*g.OW*g.OC:][:g.OH*g.OW*g.OC]
		for oy := 0; oy < g.OH; oy += block {
			for group := range g.Groups {
				gemm.Gathered(p, min(block, g.OH-oy)*g.OW, cols, image[oy*g.SH*row+group*per:], w.from(group, 0), w.row, w.panel,
					out[oy*g.OW*g.OC+group*cols:], ep.Part(group*cols, 0))
			}
		}
	}
}

// place sets the places of gathered, for rows of an image and a block of rows of y.
func (r *room) place(g *Geometry, row, block int) {
	per, p := g.C/g.Groups, &r.forwardPlaces
	p.Grow(g.gatherLens())
	if g.DW == 1 && g.Groups == 1 {
		p.Reset(g.FW*per, 1)
		for fy := range g.FH {
			p.Run(fy * g.DH * row)
		}
	} else {
		p.Reset(per, 1)
		for fy := range g.FH {
			for fx := range g.FW {
				p.Run(fy*g.DH*row + fx*g.DW*g.C)
			}
		}
	}
	for oy := range block {
		for ox := range g.OW {
			p.Row(oy*g.SH*row+ox*g.SW*g.C, (oy*g.OW+ox)*g.OC)
		}
	}
}

// blockRows returns how many rows of pixels a product takes: some hundred pixels or more, in a multiple of the rows that
// all tiles divide.
func blockRows(width int) int {
	rows := 1
	for rows*width%gemm.GatherRows != 0 {
		rows++
	}
	return rows * max(1, 96/(rows*width))
}

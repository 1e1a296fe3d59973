package conv

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/gemm"
)

// Behind a pool of maxima most of the gradient is 0, since each of its windows gives all to one pixel. Products with 0 may
// be left out where the other factors are finite: they add ±0, which changes no sum but one of 0, whose sign it may change.
// So DX, whose sums begin at +0, leaves them out, and DW where no sum becomes −0; else it computes anew.

// nonzeroImages is how many images are taken alike: the first of them is looked at, the others are as long as the lists of
// the one before were short. Where it has many other elements than 0, the next allImages too are taken for such without a
// look.
const (
	nonzeroImages = 4
	allImages     = 12
)

// mostListed is the most elements of an image of x or dy, as the filter reads it, of which there are lists: see gemm.Places.
const mostListed = 1<<29 - 1

// A nonzeroRoom is the scratch space of DW for images of few elements other than 0.
type nonzeroRoom struct {
	sums    []float32 // the transpose of dw, with the columns of runs rounded up
	image   []float32 // one behind which there is room
	lists   gemm.Lists
	places  gemm.Places // whose terms are those of the pixels of dy, in an image
	offsets []int       // from a place to what gives eight rows of dw
	runs    []run
}

// A run is rows of dw that lie side by side in an image, for a row of the filter.
type run struct{ row, rows, at int } // the first, how many, and the column of the sums

// nonzeroPlan sets what follows from the geometry and returns the elements of a row of the sums, those that are read of an
// image, and how many elements of an image of dy may be other than 0, no more, to gain; none if it never gains.
func (r *room) nonzeroPlan(g *Geometry, from, to int) (width, reach, most int) {
	if !cpu.HasAVX2FMA {
		return 0, 0, 0
	}
	m, pixels := g.FW*(g.C/g.Groups), g.OH*g.OW
	f := g.reads()
	row := f.row(g.H, g.W, g.C)
	if g.Groups > 1 || g.DW > 1 || pixels < 8 || pixels > 1<<13 || from == to || max(f.rows*row, pixels*g.OC) > mostListed {
		return 0, 0, 0
	}
	if r.nonzero == nil {
		r.nonzero = new(nonzeroRoom)
	}
	z := r.nonzero
	z.runs, z.offsets = z.runs[:0], z.offsets[:0]
	for fy := from / m; fy*m < to; fy++ {
		first, last := max(from, fy*m), min(to, (fy+1)*m)
		z.runs = append(z.runs, run{first, last - first, 8 * len(z.offsets)})
		for i := first; i < last; i += 8 {
			z.offsets = append(z.offsets, fy*g.DH*row+i-fy*m)
		}
	}
	eights := len(z.offsets)
	end := z.offsets[eights-1]
	// Cycles, as measured on a Zen 4.
	all := (to - from) * ((g.OC + 7) &^ 7) * pixels / 14
	few := pixels*g.OC*4/5 + g.OC*4*eights
	most = max(0, (all*4/5-few)/(eights*3/4+3))
	for width = gemm.ListWidth(eights); len(z.offsets) < width/8; {
		z.offsets = append(z.offsets, end)
	}
	z.places.Grow(0, pixels)
	z.places.Reset(g.OW, g.SW*g.C)
	for oy := range g.OH {
		z.places.Run(oy * g.SH * row)
	}
	return width, gemm.ListReach(&z.places, end), most
}

// nonzeroWeights is weights where images of dy may have few elements other than 0. It returns false if weights must compute
// anew, for a sum that may have to be +0.
func (r *room) nonzeroWeights(n int, g *Geometry, from, to, width, reach, most int, dw, x, dy []float32) bool {
	z, eights := r.nonzero, 0
	for _, v := range z.runs {
		eights += (v.rows + 7) / 8
	}
	sizeX, sizeY := g.H*g.W*g.C, g.OH*g.OW*g.OC
	z.sums = grow(z.sums, g.OC*width)
	clear(z.sums)
	listed, some := true, false // whether the sums are in z.sums, and whether any products were left out
	for i, images := 0, 0; i < n; i += images {
		images = min(nonzeroImages, n-i)
		xs, dys := x[i*sizeX:], dy[i*sizeY:]
		if gemm.Nonzeros(dys[:sizeY]) > most || !gemm.Finite(xs[:images*sizeX]) {
			images = min(nonzeroImages+allImages, n-i)
			e := gemm.Accumulate()
			switch {
			case i == 0:
				e = gemm.None()
			case listed:
				z.toRows(g.OC, width, dw)
			}
			r.allWeights(images, g, from, to, dw, xs, dys, e)
			listed = false
			continue
		}
		if !listed {
			z.fromRows(g.OC, width, dw)
		}
		listed, some = true, true
		for k := 0; k < images; k++ {
			image := r.nonzeroImage(g, x[(i+k)*sizeX:n*sizeX], reach)
			z.lists.Set(g.OH*g.OW, g.OC, dys[k*sizeY:], g.OC, &z.places)
			z.lists.Add(eights, image, z.offsets, z.sums, width)
			if z.lists.Len() > most {
				images = k + 1 // the next one is looked at
			}
		}
	}
	if listed {
		z.toRows(g.OC, width, dw)
	}
	return !some || !gemm.HasNegativeZero(dw[from*g.OC:to*g.OC])
}

// toRows writes the sums to dw, fromRows reads them there.
func (z *nonzeroRoom) toRows(cols, width int, dw []float32) {
	for _, v := range z.runs {
		gemm.Transpose(cols, v.rows, z.sums[v.at:], width, dw[v.row*cols:], cols)
	}
}

// fromRows is documented at toRows.
func (z *nonzeroRoom) fromRows(cols, width int, dw []float32) {
	for _, v := range z.runs {
		gemm.Transpose(v.rows, cols, dw[v.row*cols:], cols, z.sums[v.at:], width)
	}
}

// nonzeroImage returns the first of some images as the filter reads it, with at least so many elements. What is behind the
// image does not matter.
func (r *room) nonzeroImage(g *Geometry, x []float32, least int) []float32 {
	f := g.reads()
	if f.within(g.H, g.W) {
		if image := x[(f.top*g.W+f.left)*g.C:]; len(image) >= least {
			return image
		}
	}
	image, _ := r.read(f, x[:g.H*g.W*g.C], g.H, g.W, g.C)
	if len(image) < least {
		r.nonzero.image = grow(r.nonzero.image, least)
		copy(r.nonzero.image, image)
		image = r.nonzero.image
	}
	return image
}

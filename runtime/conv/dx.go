package conv

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
)

// DX writes the gradient of Forward with respect to x, given that with respect to y: each pixel of dx is
// the sum over what Forward added it to. It is also the transposed convolution of dy.
//
//	dx  n×H×W×C, written in full; pixels that no filter reads become +0
//	dy  n×OH×OW×OC
//	w   FH×FW×(C/Groups)×OC
//
// dx must not overlap dy or w. DX does not allocate in the steady state. It panics if the geometry makes
// no sense or a slice is too short.
func DX(n int, g *Geometry, dx, dy, w []float32) { Transposed(n, g, dx, dy, w, gemm.None()) }

// Transposed is DX with an epilogue, which it applies to each pixel of y as to a row of C columns. x has the extents
// that Forward's y has, and y those of its x:
//
//	y  n×H×W×C, written in full
//	x  n×OH×OW×OC
//	w  FH×FW×(C/Groups)×OC
//
// The epilogue must neither continue sums nor hold saved outputs. y must not overlap x, w or the slice of the epilogue.
// Transposed does not allocate in the steady state. It panics as DX does, and if the epilogue is not of that kind.
func Transposed(n int, g *Geometry, y, x, w []float32, ep gemm.Epilogue) {
	g.check(n)
	g.checkX(n, y)
	g.checkY(n, x)
	g.checkW(w)
	ep.CheckSlice(g.C, n*g.H*g.W*g.C)
	if ep.Continues() || ep.Saved() {
		panic(badEpilogue)
	}
	if !cpu.HasSIMD() {
		transposedGeneric(n, g, y, x, w, ep)
		return
	}
	r := rooms.Get().(*room)
	if g.narrow() {
		r.spread(n, g, y, x, w, ep)
	} else {
		r.backward(n, g, y, x, w, ep)
	}
	rooms.Put(r)
}

// none holds zeros: a row of a product that adds nothing, so that its epilogue alone is left.
var none [nr]float32

// finish applies the epilogue to rows of C columns, stride apart, over 0 or, continued, over what they hold.
func finish(rows, cols int, c []float32, stride int, ep gemm.Epilogue) {
	gemm.Strided(rows, cols, 1, none[:], 0, 1, none[:], nr, 0, c, stride, ep)
}

// narrow tells whether x has so few channels that dx is the sum of what the pixels of dy give to it: see the
// package doc.
func (g *Geometry) narrow() bool { return g.Groups == 1 && g.C < 8 }

// dense tells whether spread is spreadDense.
func (g *Geometry) dense() bool { return g.DW == 1 && g.SW == 1 && g.PL < g.FW && g.OW <= g.W+g.PL }

// spreadLens returns the elements of the matrix, the panels and the image of spread.
func (g *Geometry) spreadLens() (matrix, panels, image int) {
	all := g.FH * g.FW * g.C
	panels = gemm.PackedLen(g.OC, all)
	if !g.dense() {
		return max(g.OC, g.OW) * all, panels, 0
	}
	width := gemm.NonzeroWidth(all)
	return g.spreadBlock()*g.OW*width + lane, panels + g.OC*width, g.H * g.spreadWidth() * lane
}

// spreadBlock returns the rows of dy whose products spreadDense forms at once: they stay, with the panels, in the
// first-level cache.
func (g *Geometry) spreadBlock() int {
	const elements = 3 << 10
	return max(1, min(g.OH, elements/(g.OW*g.FH*g.FW*g.C)))
}

// spreadWidth returns the pixels of a row of the sums of spreadDense: those of dx behind what the filter reads to the
// left of it, and what it reads to the right.
func (g *Geometry) spreadWidth() int { return max(g.PL+g.W, g.OW+g.FW-1) }

// spread takes a row of dy at a time: one product gives what each of its pixels adds to all that its filter
// reads.
func (r *room) spread(n int, g *Geometry, dx, dy, w []float32, ep gemm.Epilogue) {
	all := g.FH * g.FW * g.C
	if g.dense() {
		r.spreadDense(n, g, dx, dy, w, ep)
		return
	}
	matrix, panels, _ := g.spreadLens()
	r.matrix, r.panels = grow(r.matrix, matrix), grow(r.panels, panels)
	gemm.Transpose(all, g.OC, w, g.OC, r.matrix, all)
	gemm.Pack(g.OC, all, r.matrix, all, r.panels)
	run, taps := g.FW, 1 // taps that lie side by side in x, and such runs in a row of the filter
	if g.DW > 1 {
		run, taps = 1, g.FW
	}
	clear(dx[:n*g.H*g.W*g.C])
	for i := range n {
		image := dx[i*g.H*g.W*g.C:][:g.H*g.W*g.C]
		for oy := range g.OH {
			gemm.Strided(g.OW, all, g.OC, dy[(i*g.OH+oy)*g.OW*g.OC:], g.OC, 1, r.panels, nr, g.OC*nr, r.matrix, all, gemm.None())
			for fy := range g.FH {
				y := source(oy, g.SH, fy, g.DH, g.PT)
				if y < 0 || y >= g.H {
					continue
				}
				row := image[y*g.W*g.C:][:g.W*g.C]
				for ox := range g.OW {
					for t := range taps {
						x := source(ox, g.SW, t, g.DW, g.PL)
						from, to := max(x, 0), min(x+run, g.W)
						if from >= to {
							continue
						}
						part := r.matrix[ox*all+((fy*g.FW+t)+from-x)*g.C:][:(to-from)*g.C]
						at := row[from*g.C : to*g.C]
						vec.Add(at, at, part)
					}
				}
			}
		}
		if !ep.Plain() {
			finish(g.H*g.W, g.C, image, g.C, ep.Continued())
		}
	}
}

// lane is the number of floats that a pixel of the sums of spreadDense has.
const lane = 8

// spreadDense is spread where the taps of a row of the filter give to neighbouring pixels. The pixels of the sums are
// as wide as a register, and there are some for what lies beside dx.
func (r *room) spreadDense(n int, g *Geometry, dx, dy, w []float32, ep gemm.Epilogue) {
	all, block, width := g.FH*g.FW*g.C, g.spreadBlock(), g.spreadWidth()
	matrix, panels, image := g.spreadLens()
	r.matrix, r.panels, r.image = grow(r.matrix, matrix), grow(r.panels, panels), grow(r.image, image)
	stride := gemm.NonzeroWidth(all)
	turned, panel := r.panels[:g.OC*stride], r.panels[g.OC*stride:]
	clear(turned)
	gemm.Transpose(all, g.OC, w, g.OC, turned, stride)
	gemm.Pack(g.OC, all, turned, stride, panel)
	finite := gemm.Finite(turned)
	clear(r.matrix) // is read behind products, for lanes that do not matter
	for i := range n {
		clear(r.image)
		grad := dy[i*g.OH*g.OW*g.OC:][:g.OH*g.OW*g.OC]
		few := finite && g.few(grad)
		for first := 0; first < g.OH; first += block {
			rows := min(block, g.OH-first)
			if part := grad[first*g.OW*g.OC:]; few {
				gemm.Nonzero(rows*g.OW, all, g.OC, part, g.OC, turned, stride, r.matrix, stride)
			} else {
				gemm.Strided(rows*g.OW, all, g.OC, part, g.OC, 1, panel, nr, g.OC*nr, r.matrix, stride, gemm.None())
			}
			for row := range rows {
				if from, to := g.reached(first + row); from < to {
					y := source(first+row, g.SH, from, g.DH, g.PT)
					spreadRows(to-from, g.OW, g.FW, r.image[y*width*lane:], r.matrix[row*g.OW*stride+from*g.FW*g.C:], stride, g.C,
						g.DH*width*lane, g.FW*g.C)
				}
			}
		}
		image := dx[i*g.H*g.W*g.C:][:g.H*g.W*g.C]
		for y := range g.H {
			narrow(g.W, g.C, image[y*g.W*g.C:], r.image[(y*width+g.PL)*lane:])
		}
		if !ep.Plain() {
			finish(g.H*g.W, g.C, image, g.C, ep.Continued())
		}
	}
}

// few tells whether so few elements of an image of dy are other than 0 that spreadDense gains by leaving out the others: a
// register of products takes about as long as three of a product of all, beside what each pixel takes.
func (g *Geometry) few(grad []float32) bool {
	return cpu.HasAVX2FMA && g.OC >= lane && 3*gemm.Nonzeros(grad) <= len(grad)
}

// narrow writes n pixels of c < lane floats, given those of lane floats. What a whole one has more than c is written
// too, where dst has room for it: the next pixel, or the next row, overwrites that.
func narrow(n, c int, dst, src []float32) {
	whole := 0 // pixels behind which there is room
	if len(dst) >= lane {
		whole = min(n, (len(dst)-lane)/c+1)
	}
	if !cpu.HasSIMD() {
		narrowGeneric(whole, dst, src, c)
	} else {
		for i, most := 0, spreadWork; i < whole; i += most {
			cpu.Preempt()
			narrowSIMD(min(most, whole-i), &dst[i*c], &src[i*lane], c)
		}
	}
	for i := whole; i < n; i++ {
		copy(dst[i*c:(i+1)*c], src[i*lane:])
	}
}

// narrowGeneric writes n pixels of lane floats step elements apart, each over the end of the one before.
func narrowGeneric(n int, dst, src []float32, step int) {
	for i := range n {
		copy(dst[i*step:][:lane], src[i*lane:])
	}
}

// reached returns the rows of the filter, from one to another, that read rows of x for row oy of y.
func (g *Geometry) reached(oy int) (from, to int) {
	first := source(oy, g.SH, 0, g.DH, g.PT)
	from = max(0, (-first+g.DH-1)/g.DH)
	return from, min(g.FH, (g.H-first+g.DH-1)/g.DH)
}

// spreadRows adds what n pixels in each of some rows give to pixels of lane floats: one and those to the right of it,
// as many as there are taps. What a pixel gives to these is step apart, and row from what the next gives. From a row to
// the next it is dstRow in dst and srcRow in src.
func spreadRows(rows, n, taps int, dst, src []float32, row, step, dstRow, srcRow int) {
	if !cpu.HasSIMD() {
		spreadRowsGeneric(rows, n, taps, dst, src, row, step, dstRow, srcRow)
		return
	}
	_ = dst[(rows-1)*dstRow+(n+taps-1)*lane-1]
	_ = src[(rows-1)*srcRow+(n-1)*row+(taps-1)*step+lane-1]
	most := max(1, spreadWork/(n*taps))
	for y := 0; y < rows; y += most {
		cpu.Preempt()
		spreadRowsSIMD(min(most, rows-y), n, taps, &dst[y*dstRow], &src[y*srcRow], row, step, dstRow, srcRow)
	}
}

// spreadWork is about how many pixels are added to others in a call of the kernel.
const spreadWork = 1 << 16

func spreadRowsGeneric(rows, n, taps int, dst, src []float32, row, step, dstRow, srcRow int) {
	for y := range rows {
		for x := range n {
			for t := range taps {
				for c := range lane {
					dst[y*dstRow+(x+t)*lane+c] += src[y*srcRow+x*row+t*step+c]
				}
			}
		}
	}
}

// A phase is every stride-th coordinate of dx along one axis, from first on: those that the same taps of the
// filter reach, taps, taps − step, …, count of them. The first tap reads pixel at of dy for the first
// coordinate, and each further one pixel apart to the right.
type phase struct{ first, extent, tap, step, count, at, apart int }

// phaseOf returns the phase of dx that begins at a coordinate, along an axis of the given extents.
func phaseOf(first, extent, size, stride, dilation, pad int) phase {
	p := phase{first: first, extent: (extent - first + stride - 1) / stride, tap: -1}
	for f := size - 1; f >= 0; f-- {
		o, ok := target(first, stride, f, dilation, pad)
		switch {
		case !ok:
			continue
		case p.tap < 0:
			p.tap, p.at = f, o
		case p.step == 0:
			p.step, p.apart = p.tap-f, o-p.at
		}
		p.count++
	}
	return p
}

// backward convolves dy, phase by phase of dx, with the taps that reach it in reverse, input and output
// channels exchanged.
func (r *room) backward(n int, g *Geometry, dx, dy, w []float32, ep gemm.Epilogue) {
	g.packGradient(r, w)
	per, cols := g.C/g.Groups, g.OC/g.Groups
	f := g.gradientReads()
	if cpu.HasSIMD() && g.gathersGradient(ep) && !gemm.Wide(g.W, per, g.FW*cols) {
		r.gatheredBackward(n, g, f, dx, dy, ep)
		return
	}
	for i := range n {
		image, row := r.read(f, dy[i*g.OH*g.OW*g.OC:][:g.OH*g.OW*g.OC], g.OH, g.OW, g.OC)
		out := dx[i*g.H*g.W*g.C:][:g.H*g.W*g.C]
		panels := r.panels
		for a := range min(g.SH, g.H) {
			v := phaseOf(a, g.H, g.FH, g.SH, g.DH, g.PT)
			for b := range min(g.SW, g.W) {
				h := phaseOf(b, g.W, g.FW, g.SW, g.DW, g.PL)
				k := v.count * h.count * cols
				taps, terms := h.count, cols
				if g.Groups == 1 && (h.apart == 1 || h.count == 1) {
					taps, terms = 1, h.count*cols
				}
				for group := range g.Groups {
					each := ep.Part(group*per, 0)
					for y := range v.extent {
						at := out[((a+y*g.SH)*g.W+b)*g.C+group*per:]
						if k == 0 {
							finish(h.extent, per, at, g.SW*g.C, each)
							continue
						}
						e := gemm.None()
						for t := range v.count * taps {
							fy, fx := t/taps, t%taps
							switch last := t == v.count*taps-1; {
							case last && t == 0:
								e = each
							case last:
								e = each.Continued()
							}
							gemm.Strided(h.extent, per, terms, image[(y+v.at+fy*v.apart-f.top)*row+(h.at+fx*h.apart-f.left)*g.OC+group*cols:], g.OC, 1,
								panels[(fy*h.count+fx)*cols*nr:], nr, k*nr, at, g.SW*g.C, e)
							e = gemm.Accumulate()
						}
					}
					panels = panels[gemm.PackedLen(k, per):]
				}
			}
		}
	}
}

// gathersGradient tells whether gatheredBackward has a kernel, with AVX2 or NEON.
func (g *Geometry) gathersGradient(ep gemm.Epilogue) bool {
	return g.SH == 1 && g.SW == 1 && gemm.Gathers(g.H*g.W, g.C/g.Groups, g.FH*g.FW*(g.OC/g.Groups), ep)
}

// gatherGradientLens returns the most rows of a product of gatheredBackward, and terms of each.
func (g *Geometry) gatherGradientLens() (rows, terms int) {
	return min(g.H, blockRows(g.W)) * g.W, g.FH * g.FW * (g.OC / g.Groups)
}

// gatheredBackward is backward, without strides, by one product of some rows of an image for each group: a row of it is
// a pixel of dx.
func (r *room) gatheredBackward(n int, g *Geometry, f frame, dx, dy []float32, ep gemm.Epilogue) {
	per, cols := g.C/g.Groups, g.OC/g.Groups
	v, h := phaseOf(0, g.H, g.FH, 1, g.DH, g.PT), phaseOf(0, g.W, g.FW, 1, g.DW, g.PL)
	row, p := f.row(g.OH, g.OW, g.OC), &r.places
	top := (v.at-f.top)*row + (h.at-f.left)*g.OC
	p.Grow(g.gatherGradientLens())
	if g.Groups == 1 && (h.apart == 1 || h.count == 1) {
		p.Reset(h.count*cols, 1)
		for fy := range v.count {
			p.Run(top + fy*v.apart*row)
		}
	} else {
		p.Reset(cols, 1)
		for fy := range v.count {
			for fx := range h.count {
				p.Run(top + fy*v.apart*row + fx*h.apart*g.OC)
			}
		}
	}
	block := min(g.H, blockRows(g.W))
	for y := range block {
		for x := range g.W {
			p.Row(y*row+x*g.OC, (y*g.W+x)*g.C)
		}
	}
	size := gemm.PackedLen(p.Terms(), per)
	for i := range n {
		image, _ := r.read(f, dy[i*g.OH*g.OW*g.OC:][:g.OH*g.OW*g.OC], g.OH, g.OW, g.OC)
		out := dx[i*g.H*g.W*g.C:][:g.H*g.W*g.C]
		for y := 0; y < g.H; y += block {
			for group := range g.Groups {
				gemm.Gathered(p, min(block, g.H-y)*g.W, per, image[y*row+group*cols:], r.panels[group*size:], nr, p.Terms()*nr,
					out[y*g.W*g.C+group*per:], ep.Part(group*per, 0))
			}
		}
	}
}

// gradientReads returns the part of dy that the phases read.
func (g *Geometry) gradientReads() frame {
	top, rows := gradientSpan(g.H, g.FH, g.SH, g.DH, g.PT)
	left, cols := gradientSpan(g.W, g.FW, g.SW, g.DW, g.PL)
	return frame{top, left, rows, cols}
}

// gradientSpan returns the first pixel of dy that the phases of an axis read, and how many there are from
// there to the last.
func gradientSpan(extent, size, stride, dilation, pad int) (first, count int) {
	first, last := 0, 0
	for a := range min(stride, extent) {
		if p := phaseOf(a, extent, size, stride, dilation, pad); p.count > 0 {
			first = min(first, p.at)
			last = max(last, p.at+(p.count-1)*p.apart+p.extent-1)
		}
	}
	return first, last - first + 1
}

// gradientLens returns the elements of the matrix and of the panels of packGradient.
func (g *Geometry) gradientLens() (matrix, panels int) {
	per, cols := g.C/g.Groups, g.OC/g.Groups
	return g.FH * g.FW * cols * per, g.Groups * gemm.PackedLen(g.FH*g.FW*cols, per)
}

// packGradient writes to r.panels, for each phase and group, the taps that reach it: those of dy's first
// pixel first, a row for each output channel, a column for each input channel.
func (g *Geometry) packGradient(r *room, w []float32) {
	per, cols := g.C/g.Groups, g.OC/g.Groups
	matrix, panels := g.gradientLens()
	r.matrix, r.panels = grow(r.matrix, matrix), grow(r.panels, panels)
	done := 0
	for a := range min(g.SH, g.H) {
		v := phaseOf(a, g.H, g.FH, g.SH, g.DH, g.PT)
		for b := range min(g.SW, g.W) {
			h := phaseOf(b, g.W, g.FW, g.SW, g.DW, g.PL)
			k := v.count * h.count * cols
			for group := range g.Groups {
				for t := range v.count * h.count {
					fy, fx := v.tap-t/h.count*v.step, h.tap-t%h.count*h.step
					gemm.Transpose(per, cols, w[(fy*g.FW+fx)*per*g.OC+group*cols:], g.OC, r.matrix[t*cols*per:], per)
				}
				gemm.Pack(k, per, r.matrix, per, r.panels[done:])
				done += gemm.PackedLen(k, per)
			}
		}
	}
}

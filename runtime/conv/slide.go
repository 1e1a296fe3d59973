package conv

import "github.com/nngen/nngen/runtime/gemm"

// slides tells whether the lanes of registers are better pixels of a row of y than channels, with AVX2: where filters are
// few. What they read lies side by side in images of one channel; others are turned to planes, which needs a kernel to be
// worth it.
func (g *Geometry) slides(ep gemm.Epilogue) bool {
	f := g.reads()
	return g.Groups == 1 && g.SW == 1 && (g.C == 1 || g.C%4 == 0) &&
		gemm.Slides(g.OW, g.OC, g.FH*g.FW*g.C, f.rows*f.cols*g.C, ep)
}

// slideLens returns the elements of the image that slid reads, and of what it writes of an image of y behind which
// nothing may be written.
func (g *Geometry) slideLens() (image, matrix int) {
	f := g.reads()
	behind, _ := gemm.SlideLens(1, g.OW, g.OC)
	if lines := g.OH - g.wholeLines(g.OH*g.OW*g.OC); lines > 0 {
		_, matrix = gemm.SlideLens(lines, g.OW, g.OC)
	}
	return g.C*f.rows*f.cols + behind, matrix
}

// wholeLines returns how many lines of an image of y, with what is written behind the last of them, n elements hold.
func (g *Geometry) wholeLines(n int) int {
	whole := g.OH
	for ; whole > 0; whole-- {
		if _, needs := gemm.SlideLens(whole, g.OW, g.OC); needs <= n {
			break
		}
	}
	return whole
}

// slid is forward where the lanes are pixels of a row of y. The filter is packed.
func (r *room) slid(n int, g *Geometry, y, x []float32, w filter, ep gemm.Epilogue) {
	f, p := g.reads(), &r.places
	plane := f.rows * f.cols
	p.Grow(0, g.FH*g.FW*g.C)
	if g.C == 1 {
		p.Reset(g.FW, g.DW)
		for fy := range g.FH {
			p.Run(fy * g.DH * f.cols)
		}
	} else {
		p.Reset(g.C, plane)
		for fy := range g.FH {
			for fx := range g.FW {
				p.Run(fy*g.DH*f.cols + fx*g.DW)
			}
		}
	}
	imageLen, matrixLen := g.slideLens()
	r.image, r.matrix = grow(r.image, imageLen), grow(r.matrix, matrixLen)
	clear(r.image)
	size := g.OH * g.OW * g.OC
	y = y[:n*size]
	for i := range n {
		r.planes(f, x[i*g.H*g.W*g.C:][:g.H*g.W*g.C], g.H, g.W, g.C)
		out := y[i*size:]
		whole := g.wholeLines(len(out)) // those that are written to out
		gemm.Slide(p, whole, g.OW, g.OC, r.image, g.SH*f.cols, w.w, out, ep)
		if lines := g.OH - whole; lines > 0 { // behind the last of which nothing may be written
			gemm.Slide(p, lines, g.OW, g.OC, r.image[whole*g.SH*f.cols:], g.SH*f.cols, w.w, r.matrix, ep)
			copy(out[whole*g.OW*g.OC:size], r.matrix)
		}
	}
}

// planes writes the part of the h×w×c image x that f has to r.image, channel by channel; what lies outside is left as it
// is.
func (r *room) planes(f frame, x []float32, h, w, c int) {
	from, to := max(0, -f.left), max(0, min(f.cols, w-f.left)) // columns that x has
	if from >= to {
		return
	}
	first := max(0, -f.top)
	lines := min(f.rows, h-f.top) - first
	if lines <= 0 {
		return
	}
	at := (f.top+first)*w + f.left + from
	if c == 1 {
		gemm.CopyRows(lines, to-from, x[at:], w, r.image[first*f.cols+from:], f.cols)
		return
	}
	for i := range lines {
		gemm.Transpose(to-from, c, x[(at+i*w)*c:][:(to-from)*c], c, r.image[(first+i)*f.cols+from:], f.rows*f.cols)
	}
}

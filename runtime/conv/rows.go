package conv

// The convolution of an image is a product of matrices: a row of the first one is what a pixel of y reads,
// FH·FW·(C/Groups) numbers in the order of a filter's, the second one is the filter. The first matrix
// is made a few rows at a time, in scratch space that stays in the caches, and multiplied by package
// gemm, whose sums continue what the last rows left. The chains are those of the twins. Where x has
// one channel, the matrix is made by columns, of which each is a piece of a line of the image.

// taps returns the length of a row for y.
func (g *Geometry) taps() int { return g.FH * g.FW * (g.C / g.Groups) }

// byColumns tells whether the matrix is made by columns.
func (g *Geometry) byColumns() bool { return g.C == 1 && g.SW == 1 }

// count returns how many rows of k numbers there is room for, at least 1.
func (s space) count(k int) int {
	n := len(s.rows) / k
	if n > 6 {
		n -= n % 6 // whole register tiles
	}
	return n
}

// gather writes to dst what pixels from to to of y, counted over all images, read of a group: one row of
// taps numbers each.
func (g *Geometry) gather(dst, x []float32, from, to, group int) {
	per, at := g.C/g.Groups, 0
	for p := from; p < to; p++ {
		ox, oy, image := p%g.OW, p/g.OW%g.OH, p/g.OW/g.OH
		src := x[image*g.H*g.W*g.C:][:g.H*g.W*g.C]
		left := ox*g.SW - g.PL
		for fy := range g.FH {
			sy := source(oy, g.SH, fy, g.DH, g.PT)
			row := dst[at : at+g.FW*per]
			at += g.FW * per
			if sy < 0 || sy >= g.H {
				clear(row)
				continue
			}
			line := src[sy*g.W*g.C:][:g.W*g.C]
			if g.DW == 1 && g.Groups == 1 {
				piece(row, line, left, g.C)
				continue
			}
			for fx := range g.FW {
				piece(row[fx*per:(fx+1)*per], line[group*per:], left+fx*g.DW, g.C)
			}
		}
	}
}

// piece copies to dst the channels of pixels of a line, width each, from pixel first on; 0 where there is none. If dst
// is shorter than a pixel, it gets the first channels of one.
func piece(dst, line []float32, first, width int) {
	if lo := -first * width; lo > 0 {
		if lo >= len(dst) {
			clear(dst)
			return
		}
		clear(dst[:lo])
		dst, first = dst[lo:], 0
	}
	n := 0
	if at := first * width; at < len(line) {
		n = copy(dst, line[at:])
	}
	clear(dst[n:])
}

// gatherColumns writes to dst the matrix that gather writes, by columns: one row of to − from numbers for each
// tap.
func (g *Geometry) gatherColumns(dst, x []float32, from, to int) {
	n := to - from
	for p := from; p < to; {
		ox, oy, image := p%g.OW, p/g.OW%g.OH, p/g.OW/g.OH
		m := min(g.OW-ox, to-p)
		src := x[image*g.H*g.W:][:g.H*g.W]
		at := p - from
		for fy := range g.FH {
			sy := source(oy, g.SH, fy, g.DH, g.PT)
			for fx := range g.FW {
				if sy < 0 || sy >= g.H {
					clear(dst[at : at+m])
				} else {
					piece(dst[at:at+m], src[sy*g.W:][:g.W], ox+fx*g.DW-g.PL, 1)
				}
				at += n
			}
		}
		p += m
	}
}

package quant

import "github.com/nngen/nngen/runtime/conv"

// Depthwise computes y = x ∗ w, rescaled, where each channel of x has its own filters: w is fh×fw×oc, row-major, and
// channel j of y is made of channel j/(oc/c) of x. What a filter reads outside of the image is the zero of x. The arrays
// must not overlap. It does not allocate, and panics if a slice is too short.
func Depthwise(n int, g *conv.Geometry, y, x, w []int8, r Rescale) {
	checkDepthwise(n, g, len(y), len(x), len(w))
	r.check(g.OC)
	lying := lie(g)
	g = &lying
	var room stripRoom
	for i := range n * g.OH {
		s := depthwiseStrip{g: g, image: x[i/g.OH*g.H*g.W*g.C:], w: w, bias: r.Bias, zero: r.Range[zeroX], oy: i % g.OH}
		for ; s.ox < g.OW; s.ox += stripPixels {
			s = s.read(&room)
			for j := 0; j < g.OC; j += stripCols {
				cols := s.sums(&room, j)
				r.apply(y[(i*g.OW+s.ox)*g.OC+j:], room.sums[:], j, cols, s.pixels, g.OC, stripCols)
			}
		}
	}
}

// DepthwiseFloat is Depthwise with float32 results: the sums times scale. zero holds the zero of x.
func DepthwiseFloat(n int, g *conv.Geometry, y []float32, x, w []int8, bias []int32, scale []float32, zero []int32) {
	checkDepthwise(n, g, len(y), len(x), len(w))
	if len(bias) < g.OC || len(scale) < g.OC || len(zero) < 1 {
		panic(badShape)
	}
	lying := lie(g)
	g = &lying
	var room stripRoom
	for i := range n * g.OH {
		s := depthwiseStrip{g: g, image: x[i/g.OH*g.H*g.W*g.C:], w: w, bias: bias, zero: zero[0], oy: i % g.OH}
		for ; s.ox < g.OW; s.ox += stripPixels {
			s = s.read(&room)
			for j := 0; j < g.OC; j += stripCols {
				cols := s.sums(&room, j)
				for p := range s.pixels {
					y := y[(i*g.OW+s.ox+p)*g.OC+j:]
					for c, v := range room.sums[p*stripCols:][:cols] {
						y[c] = float32(v) * scale[j+c]
					}
				}
			}
		}
	}
}

// lie returns the geometry of a sequence that is a column of pixels as one that is a row, which is the same in memory, and
// has longer strips.
func lie(g *conv.Geometry) conv.Geometry {
	l := *g
	if g.W == 1 && g.OW == 1 && g.FW == 1 && g.PL == 0 {
		l.H, l.OH, l.FH, l.SH, l.DH, l.PT = 1, 1, 1, 1, 1, 0
		l.W, l.OW, l.FW, l.SW, l.DW, l.PL = g.H, g.OH, g.FH, g.SH, g.DH, g.PT
	}
	return l
}

// A strip of a depthwise convolution is some pixels of a row of y, of which some channels are computed before they are
// rescaled.
const stripPixels, stripCols = 8, 2 * panel

// stripRoom is the memory of strips: sums, and what a strip reads of x where that is not all inside of the image.
type stripRoom struct {
	sums [stripPixels * stripCols]int32
	x    [2 * chunk]int8
}

// depthwiseStrip is a strip at (oy, ox) of y, in which each filter reads one channel.
type depthwiseStrip struct {
	g        *conv.Geometry
	image, w []int8
	bias     []int32
	zero     int32
	oy, ox   int

	pixels int
	x      []int8 // from where the filter of the first pixel begins; nil if some channels are to be read at a time
	taps   taps
}

// read returns the strip with its pixels and what they read: in the image, or where a copy of that has zeros around it.
func (s depthwiseStrip) read(room *stripRoom) depthwiseStrip {
	g := s.g
	s.pixels, s.x = min(stripPixels, g.OW-s.ox), nil
	if g.OC != g.C {
		return s
	}
	row, col, width := s.oy*g.SH-g.PT, s.ox*g.SW-g.PL, s.width()
	s.taps = taps{rows: g.FH, cols: g.FW, xRow: g.DH * g.W * g.C, xCol: g.DW * g.C, wRow: g.FW * g.OC, wCol: g.OC}
	switch line := width * g.C; {
	case row >= 0 && row+(g.FH-1)*g.DH < g.H && col >= 0 && col+width <= g.W:
		s.x = s.image[(row*g.W+col)*g.C:]
	case g.FH*line <= len(room.x):
		s.x, s.taps.xRow = room.x[:g.FH*line], line
		for i := range g.FH {
			to := s.x[i*line:][:line]
			before, inside, at := partOfRow(g, line, row+i*g.DH, col)
			repeat(to[:before], int8(s.zero))
			copy(to[before:], s.image[at:at+inside])
			repeat(to[before+inside:], int8(s.zero))
		}
	}
	return s
}

// width is the pixels of a row of x that those of the strip reach.
func (s *depthwiseStrip) width() int { return (s.pixels-1)*s.g.SW + (s.g.FW-1)*s.g.DW + 1 }

// sums computes those of channels from j on, whose number it returns.
func (s *depthwiseStrip) sums(room *stripRoom, j int) (cols int) {
	g := s.g
	cols = min(stripCols, g.OC-j)
	switch {
	case s.x != nil:
		s.taps.sums(s.pixels, cols, stripCols, g.SW*g.C, room.sums[:], s.bias[j:], s.x[j:], s.w[j:])
	case g.OC == g.C && g.FH*s.width()*cols <= len(room.x):
		s.some(room, j, cols)
	default:
		for p := range s.pixels {
			to := room.sums[p*stripCols:][:cols]
			copy(to, s.bias[j:])
			s.pixel(to, s.oy*g.SH-g.PT, (s.ox+p)*g.SW-g.PL, j)
		}
	}
	return cols
}

// some is sums of some channels of which a copy has zeros around it, where one of all is too large.
func (s *depthwiseStrip) some(room *stripRoom, j, cols int) {
	g, width := s.g, s.width()
	row, col := s.oy*g.SH-g.PT, s.ox*g.SW-g.PL
	for i := range g.FH * width {
		to := room.x[i*cols:][:cols]
		y, x := row+i/width*g.DH, col+i%width
		if y < 0 || y >= g.H || x < 0 || x >= g.W {
			repeat(to, int8(s.zero))
			continue
		}
		copy(to, s.image[(y*g.W+x)*g.C+j:])
	}
	t := taps{rows: g.FH, cols: g.FW, xRow: width * cols, xCol: g.DW * cols, wRow: g.FW * g.OC, wCol: g.OC}
	t.sums(s.pixels, cols, stripCols, g.SW*cols, room.sums[:], s.bias[j:], room.x[:], s.w[j:])
}

// pixel adds to the sums of channels of a pixel, from channel j on, what its filter reads from row and col on.
func (s *depthwiseStrip) pixel(to []int32, row, col, j int) {
	g := s.g
	top, bottom := insideOf(row, g.DH, g.FH, g.H)
	left, right := insideOf(col, g.DW, g.FW, g.W)
	m := g.OC / g.C
	for t := range g.FH * g.FW {
		fy, fx, w := t/g.FW, t%g.FW, s.w[t*g.OC+j:][:len(to)]
		if fy < top || fy >= bottom || fx < left || fx >= right {
			for c, v := range w {
				to[c] += int32(int8(s.zero)) * int32(v)
			}
			continue
		}
		x := s.image[((row+fy*g.DH)*g.W+col+fx*g.DW)*g.C:]
		for c, v := range w {
			to[c] += int32(x[(j+c)/m]) * int32(v)
		}
	}
}

func checkDepthwise(n int, g *conv.Geometry, y, x, w int) {
	low := min(g.H, g.W, g.C, g.OH, g.OW, g.OC, g.FH, g.FW, g.SH, g.SW, g.DH, g.DW)
	if n < 0 || low < 1 || min(g.PT, g.PL) < 0 || g.OC%g.C != 0 {
		panic(badSize)
	}
	if y < n*g.OH*g.OW*g.OC || x < n*g.H*g.W*g.C || w < g.FH*g.FW*g.OC {
		panic(badShape)
	}
}

// insideOf returns which of n taps, step pixels apart from pixel at on, are inside of an extent: those from lo up to hi.
func insideOf(at, step, n, extent int) (lo, hi int) {
	for lo < n && at+lo*step < 0 {
		lo++
	}
	for hi = lo; hi < n && at+hi*step < extent; {
		hi++
	}
	return lo, hi
}

package quant

import (
	"github.com/nngen/nngen/runtime/conv"
	"github.com/nngen/nngen/runtime/cpu"
)

// Conv computes y = x ∗ w, rescaled, for n images; w is packed: see Pack. What a filter reads outside of the image is the
// zero of x. The arrays must not overlap. It does not allocate, and panics if a slice is too short or the geometry has
// groups.
func Conv(n int, g *conv.Geometry, y, x, w []int8, r Rescale) {
	checkConv(n, g, len(y), len(x), len(w))
	r.check(g.OC)
	p := product{g: g, n: n, x: x, w: w, zero: r.Range[zeroX], bias: r.Bias, y: y, rescale: r}
	p.run()
}

// ConvFloat is Conv with float32 results: the sums times scale. zero holds the zero of x.
func ConvFloat(n int, g *conv.Geometry, y []float32, x, w []int8, bias []int32, scale []float32, zero []int32) {
	checkConv(n, g, len(y), len(x), len(w))
	if len(bias) < g.OC || len(scale) < g.OC || len(zero) < 1 {
		panic(badShape)
	}
	p := product{g: g, n: n, x: x, w: w, zero: zero[0], bias: bias, float: y, scale: scale}
	p.run()
}

func checkConv(n int, g *conv.Geometry, y, x, w int) {
	low := min(g.H, g.W, g.C, g.OH, g.OW, g.OC, g.FH, g.FW, g.SH, g.SW, g.DH, g.DW)
	if n < 0 || low < 1 || min(g.PT, g.PL) < 0 || g.Groups != 1 {
		panic(badSize)
	}
	runs, k := runsOf(g)
	if y < n*g.OH*g.OW*g.OC || x < n*g.H*g.W*g.C || w < PackedLen(runs, k, g.OC) {
		panic(badShape)
	}
}

// runsOf returns how many runs of how many numbers a filter reads: those of the taps of a row lie one after another,
// unless it is dilated.
func runsOf(g *conv.Geometry) (runs, k int) {
	if g.DW == 1 {
		return g.FH, g.FW * g.C
	}
	return g.FH * g.FW, g.C
}

// product is a convolution, or a matrix product as one whose pixels are the rows.
type product struct {
	g       *conv.Geometry
	n       int
	x, w    []int8
	zero    int32 // of x
	bias    []int32
	y       []int8 // nil for float32 results
	rescale Rescale
	float   []float32
	scale   []float32
}

// What pixels of y read of x is widened first, a chunk of numbers at a time, so that memory is bounded and a call of a
// kernel short; their sums are as bounded. Where both fit into less, which a function clears sooner, they are there.
const (
	chunk, sums         = 4096, 65 * panel
	midChunk, midSums   = 2048, 65 * panel
	tinyChunk, tinySums = 512 + quad, 17 * panel
	// work is about how many products a call of a kernel adds.
	work = 1 << 20
)

// run computes the product.
func (p *product) run() {
	g := p.g
	if g.OW == 0 { // a matrix of no rows
		return
	}
	// What all pixels of an image read as one strip, and their sums in a panel.
	rows, cols := (g.FH-1)*g.DH+1, (g.FW-1)*g.DW+1
	all := ((g.OH-1)*g.SH+rows)*((g.OW-1)*g.SW+cols)*g.C + quad - 1
	few := all <= tinyChunk && (g.OH*g.OW+1)*panel <= tinySums
	switch {
	case (cpu.HasVNNI || cpu.HasNEON) && few:
		p.tinyBytes()
	case cpu.HasVNNI && rows*cols*g.C+quad-1 <= chunk || cpu.HasNEON: // what one pixel reads
		p.bytes()
	case few:
		p.tiny()
	case all <= midChunk:
		p.mid()
	default:
		p.many()
	}
}

func (p *product) tinyBytes() {
	var (
		x [tinyChunk]int8
		s [tinySums]int32
	)
	p.strips(stripOf(p.g, tinyChunk, tinySums), numbers{bytes: x[:]}, s[:])
}

func (p *product) bytes() {
	var (
		x [chunk]int8
		s [sums]int32
	)
	p.strips(stripOf(p.g, chunk, sums), numbers{bytes: x[:]}, s[:])
}

func (p *product) tiny() {
	var (
		x [tinyChunk]int16
		s [tinySums]int32
	)
	p.strips(stripOf(p.g, tinyChunk, tinySums), numbers{words: x[:]}, s[:])
}

func (p *product) mid() {
	var (
		x [midChunk]int16
		s [midSums]int32
	)
	p.strips(stripOf(p.g, midChunk, midSums), numbers{words: x[:]}, s[:])
}

func (p *product) many() {
	var (
		x [chunk]int16
		s [sums]int32
	)
	p.strips(stripOf(p.g, chunk, sums), numbers{words: x[:]}, s[:])
}

// numbers are numbers of x, as a kernel reads them: widened, or as bytes, if bytes is not nil. For VNNI bytes are 128 more
// than the numbers, and without a sign: their highest bit is flipped.
type numbers struct {
	words []int16
	bytes []int8
}

// set writes numbers of x to those from lo up to hi.
func (n numbers) set(lo, hi int, x []int8) {
	switch {
	case n.bytes == nil:
		widen(n.words[lo:hi], x)
	case cpu.HasVNNI:
		unsigned(n.bytes[lo:hi], x)
	default:
		copy(n.bytes[lo:hi], x)
	}
}

// repeat makes those from lo up to hi v.
func (n numbers) repeat(lo, hi int, v int32) {
	switch {
	case n.bytes == nil:
		repeat(n.words[lo:hi], int16(v))
	case cpu.HasVNNI:
		repeat(n.bytes[lo:hi], int8(v)^-128)
	default:
		repeat(n.bytes[lo:hi], int8(v))
	}
}

// len returns how many numbers there are.
func (n numbers) len() int { return max(len(n.words), len(n.bytes)) }

// from returns the numbers from lo on.
func (n numbers) from(lo int) numbers {
	if n.bytes != nil {
		return numbers{bytes: n.bytes[lo:]}
	}
	return numbers{words: n.words[lo:]}
}

// repeat makes all elements v.
func repeat[T int16 | int8](to []T, v T) {
	n := min(len(to), 16)
	for i := range to[:n] {
		to[i] = v
	}
	for ; n < len(to); n *= 2 {
		copy(to[n:], to[:n])
	}
}

// A strip is a block of pixels of y, and what they read of x: lines of numbers. A pixel reads runs of k numbers, one from
// each of some lines.
type strip struct {
	runs, k       int
	height, width int // of the block; width is 0 if not even a pixel fits
	line          int // the numbers of a line
	perRun        int // lines from a run to the next
	lines         int // those of y of a call
	group         int // the panels of a call
}

// stripOf returns the largest strip of at most some numbers of x, and with room for the sums of a row of it and a panel.
func stripOf(g *conv.Geometry, numbers, sums int) strip {
	s := strip{perRun: g.DH}
	s.runs, s.k = runsOf(g)
	lines := (g.FH-1)*g.DH + 1
	if g.DW > 1 { // a line for each tap
		s.perRun, lines = 1, s.runs
	}
	numbers -= quad - 1 // the last quad may read behind the last number
	free := numbers/lines - s.k
	if free < 0 {
		return s
	}
	s.width = min(g.OW, sums/panel-1, free/(g.SW*g.C)+1)
	s.line = (s.width-1)*g.SW*g.C + s.k
	s.height = 1
	if g.DW == 1 && s.width == g.OW {
		s.height = min(g.OH, (numbers/s.line-lines)/g.SH+1)
	}
	s.lines = max(1, min((sums/panel-1)/s.width, s.height))
	s.group = max(1, min(sums/panel/(s.lines*s.width+1), work/(panelLen(s.runs, s.k)*s.lines*s.width), panels(g.OC)))
	return s
}

// strips computes the product strip by strip, with memory for numbers of x and for sums.
func (p *product) strips(s strip, x numbers, sums []int32) {
	g := p.g
	if s.width == 0 {
		p.deep(x, sums)
		return
	}
	for i := range p.n {
		image := p.x[i*g.H*g.W*g.C:][:g.H*g.W*g.C]
		for oy := 0; oy < g.OH; oy += s.height {
			for ox := 0; ox < g.OW; ox += s.width {
				height, width := min(s.height, g.OH-oy), min(s.width, g.OW-ox)
				p.fill(&s, x, image, oy, ox, height)
				for r := 0; r < height; r += s.lines {
					at := (i*g.OH+oy+r)*g.OW + ox
					p.lines(&s, x.from(r*g.SH*s.line), sums, at, min(s.lines, height-r), width)
				}
			}
		}
	}
}

// fill reads the lines of a strip at pixel (oy, ox) of y.
func (p *product) fill(s *strip, to numbers, x []int8, oy, ox, height int) {
	g := p.g
	top, left := oy*g.SH-g.PT, ox*g.SW-g.PL
	if g.DW > 1 {
		for i := range s.runs {
			p.fillLine(to.from(i*s.line), s.line, x, top+i/g.FW*g.DH, left+i%g.FW*g.DW)
		}
		return
	}
	for i := range (height-1)*g.SH + (g.FH-1)*g.DH + 1 {
		p.fillLine(to.from(i*s.line), s.line, x, top+i, left)
	}
}

// fillLine reads n numbers of the pixels of a row of x from a column on: the zero of x outside of the image.
func (p *product) fillLine(to numbers, n int, x []int8, row, col int) {
	before, inside, at := partOfRow(p.g, n, row, col)
	to.repeat(0, before, p.zero)
	to.set(before, before+inside, x[at:])
	to.repeat(before+inside, n, p.zero)
}

// partOfRow returns of n numbers of the pixels of a row, from a column on, how many come before the image, how many are in
// it, and where those begin.
func partOfRow(g *conv.Geometry, n, row, col int) (before, inside, at int) {
	if row < 0 || row >= g.H || col >= g.W {
		return n, 0, 0
	}
	before = min(n, max(0, -col)*g.C)
	return before, min(n-before, (g.W-max(0, col))*g.C), (row*g.W + max(0, col)) * g.C
}

// lines computes pixels of lines of a strip, from pixel number at of y on.
func (p *product) lines(s *strip, x numbers, sums []int32, at, lines, width int) {
	g := p.g
	count, size := panels(g.OC), panelLen(s.runs, s.k)
	a := shape{
		lines: lines, rows: width, runs: s.runs, quads: quads(s.k), panelBytes: size,
		xLine: g.SH * s.line, xRow: g.SW * g.C, xRun: s.perRun * s.line,
	}
	for j := 0; j < count; j += s.group {
		group := min(s.group, count-j)
		start, results := p.start(sums, j, group)
		a.panels, a.cols = group, g.OC-j*panel
		multiply(results, start, x, p.w[j*size:], &a)
		p.store(results, at, j, group, lines*width)
	}
}

// start returns what the sums of some panels start with, and the room for them.
func (p *product) start(sums []int32, j, group int) (start, results []int32) {
	start, results = sums[:group*panel], sums[group*panel:]
	clear(start[copy(start, p.bias[j*panel:p.g.OC]):])
	return start, results
}

// store makes numbers of y of the sums of pixels from number at on, of some panels.
func (p *product) store(sums []int32, at, j, group, width int) {
	cols := min(group*panel, p.g.OC-j*panel)
	at = at*p.g.OC + j*panel
	if p.y != nil {
		p.rescale.apply(p.y[at:], sums, j*panel, cols, width, p.g.OC, group*panel)
		return
	}
	scale := p.scale[j*panel:][:cols]
	for r := range width {
		for c, v := range sums[r*group*panel:][:cols] {
			p.float[at+r*p.g.OC+c] = float32(v) * scale[c]
		}
	}
}

// deep computes a product of which not even what one pixel reads fits into x.
func (p *product) deep(x numbers, sums []int32) {
	g := p.g
	runs, k := runsOf(g)
	most := x.len() / quad * quad
	count, size := panels(g.OC), panelLen(runs, k)
	group := max(1, min(len(sums)/panel/2, work/(most*panel), count))
	for at := range p.n * g.OH * g.OW {
		image := p.x[at/(g.OH*g.OW)*g.H*g.W*g.C:][:g.H*g.W*g.C]
		oy, ox := at/g.OW%g.OH, at%g.OW
		for j := 0; j < count; j += group {
			group := min(group, count-j)
			start, results := p.start(sums, j, group)
			for run := range runs {
				top, left := oy*g.SH-g.PT+run*g.DH, ox*g.SW-g.PL
				if g.DW > 1 {
					top, left = oy*g.SH-g.PT+run/g.FW*g.DH, ox*g.SW-g.PL+run%g.FW*g.DW
				}
				for from := 0; from < k; from += most {
					part := min(most, k-from)
					p.fillPart(x, part, image, top, left, from)
					x.repeat(part, quads(part)*quad, 0)
					multiply(results, start, x, p.w[j*size+(run*quads(k)*quad+from)*panel:], &shape{
						lines: 1, rows: 1, runs: 1, quads: quads(part), panels: group, panelBytes: size, cols: g.OC - j*panel,
					})
					copy(start, results)
				}
			}
			p.store(results, at, j, group, 1)
		}
	}
}

// fillPart reads n numbers of what fillLine reads, from one on.
func (p *product) fillPart(to numbers, n int, x []int8, row, col, from int) {
	g := p.g
	for lo := 0; lo < n; {
		col, c := col+(from+lo)/g.C, (from+lo)%g.C
		hi := min(lo+g.C-c, n)
		if row < 0 || row >= g.H || col < 0 || col >= g.W {
			to.repeat(lo, hi, p.zero)
		} else {
			to.set(lo, hi, x[(row*g.W+col)*g.C+c:])
		}
		lo = hi
	}
}

// multiplyGeneric computes for rows of some lines of x, xRow and xLine numbers apart, and the columns of packed weights
//
//	s[row·panels·panel + j] = start[j] + Σ x[line·xLine + row·xRow + run·xRun + i]·w[run·k + i, j]
//
// over some runs of k numbers, in quads; row counts those of all lines.
func multiplyGeneric(s, start []int32, x []int16, w []int8, a *shape) {
	for r := range a.lines * a.rows {
		for j := range a.panels {
			t := (*[panel]int32)(s[(r*a.panels+j)*panel:])
			*t = [panel]int32(start[j*panel:])
			w := w[j*a.panelBytes:]
			for run := range a.runs {
				x := x[r/a.rows*a.xLine+r%a.rows*a.xRow+run*a.xRun:][:a.quads*quad]
				for len(x) >= quad {
					addQuad(t, (*[quad * panel]int8)(w), int32(x[0]), int32(x[1]), int32(x[2]), int32(x[3]))
					x, w = x[quad:], w[quad*panel:]
				}
			}
		}
	}
}

// addQuad adds to the sums of a panel the products of a quad of x. It is not inlined so that all of it has registers, of
// which arm has few.
//
//go:noinline
func addQuad(t *[panel]int32, w *[quad * panel]int8, x0, x1, x2, x3 int32) {
	for c := range t {
		t[c] += x0*int32(w[4*c]) + x1*int32(w[4*c+1]) + x2*int32(w[4*c+2]) + x3*int32(w[4*c+3])
	}
}

// widenGeneric copies x to y.
func widenGeneric(y []int16, x []int8) {
	for i, v := range x[:len(y)] {
		y[i] = int16(v)
	}
}

// unsignedGeneric copies x to y, 128 added, as numbers without a sign.
func unsignedGeneric(y, x []int8) {
	for i, v := range x[:len(y)] {
		y[i] = v ^ -128
	}
}

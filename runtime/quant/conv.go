package quant

import "github.com/nngen/nngen/runtime/conv"

// Conv computes y = x ∗ w, rescaled, for n images; w is packed: that of fh·fw·c rows and oc columns. What a filter reads
// outside of the image is the zero of x. The arrays must not overlap. It does not allocate, and panics if a slice is too
// short or the geometry has groups.
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
	if n < 0 || min(g.H, g.W, g.C, g.OH, g.OW, g.OC, g.FH, g.FW, g.SH, g.SW, g.DH, g.DW) < 1 || min(g.PT, g.PL) < 0 || g.Groups != 1 {
		panic(badSize)
	}
	if y < n*g.OH*g.OW*g.OC || x < n*g.H*g.W*g.C || w < PackedLen(g.FH*g.FW*g.C, g.OC) {
		panic(badShape)
	}
}

// product is a convolution, or a matrix product as one of single pixels.
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

// A patch is what a filter reads at one place, a chunk of it at a time, so that its memory is bounded and a call of a
// kernel short. Where it fits into fewPatch numbers, which a small function clears sooner, it is in such an array.
const (
	chunk    = 4096
	fewPatch = 256
	block    = 4 * panel // columns whose sums are in registers at once
)

// run computes the product.
func (p *product) run() {
	if k := p.g.FH * p.g.FW * p.g.C; k <= fewPatch {
		p.few()
		return
	}
	var patch [chunk]int16
	p.pixels(patch[:])
}

func (p *product) few() {
	var patch [fewPatch]int16
	p.pixels(patch[:])
}

// pixels computes the product pixel by pixel, with memory for a chunk of a patch.
func (p *product) pixels(patch []int16) {
	g := p.g
	k := g.FH * g.FW * g.C
	whole := k <= len(patch)
	size := min(len(patch), (k+1)/2*2)
	for i := range p.n {
		x := p.x[i*g.H*g.W*g.C:][:g.H*g.W*g.C]
		for oy := range g.OH {
			for ox := range g.OW {
				if whole {
					p.fill(patch[:size], x, oy, ox, 0)
				}
				at := ((i*g.OH+oy)*g.OW + ox) * g.OC
				for j := 0; j < g.OC; j += block {
					var s [block]int32
					cols := min(block, g.OC-j)
					copy(s[:], p.bias[j:][:cols])
					for from := 0; from < k; from += len(patch) {
						part := patch[:min(len(patch), (k-from+1)/2*2)]
						if !whole {
							p.fill(part, x, oy, ox, from)
						}
						multiplyAdd(s[:panels(cols)*panel], part, p.w[(j/panel*pairs(k)+from/2)*2*panel:], pairs(k))
					}
					if p.y != nil {
						p.rescale.apply(p.y[at+j:][:cols], s[:cols], j)
						continue
					}
					for c := range cols {
						p.float[at+j+c] = float32(s[c]) * p.scale[j+c]
					}
				}
			}
		}
	}
}

// fill reads the numbers of a patch from one on: those of pixel (oy, ox) of y, and 0 behind the last.
func (p *product) fill(patch []int16, x []int8, oy, ox, from int) {
	g := p.g
	k := g.FH * g.FW * g.C
	if to := from + len(patch); to > k { // the other row of the last pair
		patch[k-from] = 0
		patch = patch[:k-from]
	}
	for len(patch) > 0 {
		tap, c := from/g.C, from%g.C
		n := min(g.C-c, len(patch))
		row, col := oy*g.SH+tap/g.FW*g.DH-g.PT, ox*g.SW+tap%g.FW*g.DW-g.PL
		if row < 0 || row >= g.H || col < 0 || col >= g.W {
			for i := range patch[:n] {
				patch[i] = int16(p.zero)
			}
		} else {
			if g.DW == 1 { // what the other taps of the row read lies behind
				n = min(len(patch), min(g.FW-tap%g.FW, g.W-col)*g.C-c)
			}
			widen(patch[:n], x[(row*g.W+col)*g.C+c:][:n])
		}
		patch, from = patch[n:], from+n
	}
}

// multiplyAddGeneric adds to each s[j] the sum of the products of x with column j of packed weights, of which a panel has
// rows pairs of rows; x has an even number of elements.
func multiplyAddGeneric(s []int32, x []int16, w []int8, rows int) {
	for j := 0; j < len(s); j += panel {
		t := (*[panel]int32)(s[j:])
		w := w[j/panel*rows*2*panel:]
		for i := 0; i+1 < len(x); i += 2 {
			a, b := int32(x[i]), int32(x[i+1])
			v := (*[2 * panel]int8)(w[i*panel:])
			for c := range t {
				t[c] += a*int32(v[2*c]) + b*int32(v[2*c+1])
			}
		}
	}
}

// widenGeneric copies x to y.
func widenGeneric(y []int16, x []int8) {
	for i, v := range x[:len(y)] {
		y[i] = int16(v)
	}
}

package conv

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/pool"
)

const badMax = "conv: ForwardMaxPacked: y has no whole squares of pixels"

// MaxGains tells whether ForwardMaxPacked has a kernel, with AVX-512 at full width. Elsewhere it calls ForwardPacked and
// pool.Max for an image at a time; a batch of LeNet-5 took 1.00 to 1.04 of the time of both for all images, with AVX2.
func (g *Geometry) MaxGains(ep gemm.Epilogue) bool {
	f := g.reads()
	return g.slides(ep) && g.OH%2 == 0 && g.OW%2 == 0 &&
		gemm.SlidesMax(g.OH/2, g.OW/2, g.OC, g.FH*g.FW*g.C, f.rows*f.cols*g.C, ep)
}

// ForwardMaxPacked computes what pool.Max makes of the result of ForwardPacked with windows of 2×2 pixels side by side, with
// the same bits. OH and OW must be even.
//
//	y  n×(OH/2)×(OW/2)×OC
//
// y must not overlap x, p or the slice of the epilogue. ForwardMaxPacked does not allocate in the steady state. It panics
// as ForwardPacked does.
func ForwardMaxPacked(n int, g *Geometry, y, x, p []float32, ep gemm.Epilogue) {
	g.check(n)
	if g.OH%2 > 0 || g.OW%2 > 0 {
		panic(badMax)
	}
	size := g.OH / 2 * (g.OW / 2) * g.OC
	if len(y) < n*size {
		panic(badY)
	}
	g.checkX(n, x)
	g.checkPacked(p)
	ep.CheckSlice(g.OC, n*g.OH*g.OW*g.OC)
	r := rooms.Get().(*room)
	wide := cpu.HasAVX512 && g.MaxGains(ep)
	if wide {
		r.slid(0, g, y, x, packed(g, p), ep) // places of the taps, and an image of zeros
	}
	in, f := g.H*g.W*g.C, g.reads()
	for i := range n {
		image, out := x[i*in:][:in], y[i*size:][:size]
		if wide {
			r.planes(f, image, g.H, g.W, g.C)
			next := x[(i+1)*in : min(i+2, n)*in]
			if gemm.SlideMax(&r.places, g.OH/2, g.OW/2, g.OC, r.image, f.cols, p, out, ep, next) {
				continue
			}
		}
		r.squares = grow(r.squares, g.OH*g.OW*g.OC)
		r.convolvePacked(1, g, r.squares, image, p, ep.Part(0, i*len(r.squares)))
		pool.Max(1, pool.Window{H: g.OH, W: g.OW, C: g.OC, OH: g.OH / 2, OW: g.OW / 2, FH: 2, FW: 2, SH: 2, SW: 2}, out,
			r.squares)
	}
	rooms.Put(r)
}

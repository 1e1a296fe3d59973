package quant

import "github.com/nngen/nngen/runtime/cpu"

// multiplyAddArgs is what the kernel of multiplyAdd takes.
type multiplyAddArgs struct {
	s          *int32
	x          *int16
	w          *int8
	pairs      int // of x
	panels     int // of w, from the first on
	panelBytes int // from a panel to the next
}

// multiplyAdd is multiplyAddGeneric for at most block columns and a chunk of x.
func multiplyAdd(s []int32, x []int16, w []int8, rows int) {
	if !cpu.HasAVX2FMA {
		multiplyAddGeneric(s, x, w, rows)
		return
	}
	_ = w[(len(s)/panel-1)*rows*2*panel+len(x)*panel-1]
	multiplyAddAVX2(&multiplyAddArgs{s: &s[0], x: &x[0], w: &w[0], pairs: min(len(x), chunk) / 2, panels: len(s) / panel, panelBytes: rows * 2 * panel})
}

// widen is widenGeneric.
func widen(y []int16, x []int8) {
	n := 0
	if cpu.HasAVX2FMA && len(y) >= 16 {
		n = min(len(y), chunk) / 16 * 16
		_ = x[n-1]
		widenAVX2(&y[0], &x[0], n)
	}
	widenGeneric(y[n:], x[n:])
}

// rescaleArgs is what the kernel of a Rescale takes.
type rescaleArgs struct {
	y            *int8
	s, m, t      *int32
	n            int
	zero, lo, hi int32
}

// apply is rescaleGeneric.
func (r *Rescale) apply(y []int8, s []int32, j int) {
	n := 0
	if cpu.HasAVX2FMA && len(y) >= 8 {
		n = min(len(y), chunk) / 8 * 8
		_, _, _ = s[n-1], r.Multiplier[j+n-1], r.Shift[j+n-1]
		lo, hi := r.bounds()
		rescaleAVX2(&rescaleArgs{y: &y[0], s: &s[0], m: &r.Multiplier[j], t: &r.Shift[j], n: n, zero: r.Range[zeroY], lo: lo, hi: hi})
	}
	if n < len(y) {
		r.rescaleGeneric(y[n:], s[n:], j+n)
	}
}

// quantizeArgs is what the kernel of quantize takes.
type quantizeArgs struct {
	y                *int8
	x                *float32
	n                int
	scale, near, far float32
	zero, lo, hi     int32
}

// quantize is quantizeGeneric, a chunk at a time: Go does not interrupt a kernel.
func quantize(y []int8, x []float32, scale float32, zero int32) {
	if !cpu.HasAVX2FMA {
		quantizeGeneric(y, x, scale, zero)
		return
	}
	for len(x) >= 8 {
		n := min(len(x)/8*8, chunk)
		quantizeAVX2(&quantizeArgs{y: &y[0], x: &x[0], n: n, scale: scale, near: -far, far: far, zero: zero, lo: -128, hi: 127})
		x, y = x[n:], y[n:]
	}
	quantizeGeneric(y, x, scale, zero)
}

package pool

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Max computes the largest element of each window; NaN if one is NaN.
func Max(n int, w Window, y, x []float32) {
	w.check(n, x, y)
	k := newKernel(&w)
	k.taps = &k.offsets[0]
	for i := range n {
		y, x := y[i*w.out():][:w.out()], x[i*w.in():][:w.in()]
		if k.count == 0 {
			maxGeneric(&w, y, x, 0, 0)
			continue
		}
		last := 0 // pixels of the last row that the kernel leaves
		if i == n-1 {
			last = k.last
		}
		for at, end := 0, w.OH*w.OW-last; at < end; {
			cpu.Preempt()
			from, pixels := k.piece(&w, at, min(k.most, end-at))
			k.x, k.y = &x[from], &y[at*w.C]
			if cpu.HasAVX512 && k.few > 0 {
				if maxFewAVX512(&k.maxArgs); k.nan == 0 {
					at += pixels
					continue
				}
			}
			maxSIMD(&k.maxArgs)
			at += pixels
		}
		if last > 0 {
			maxGeneric(&w, y, x, w.OH-1, max(0, w.OW-last))
		}
	}
}

// A maxArgs is what the kernels take: windows of rows of pixels, all in the image.
type maxArgs struct {
	x, y, dx, dy *float32 // at the first window and pixel
	taps         *int     // bytes from the first element of a window to each of them
	count        int      // of taps, at least 1
	rows         int      // at least 1; counted down
	pixels       int      // of each row, at least 1; where they are not whole rows there is one
	channels     int      // bytes of a pixel
	step         int      // bytes from a window to the next
	row          int      // bytes from behind the windows of a row to those of the next
	// exact is how many of the last pixels of a row are stored without what is behind the channels: there are no
	// further windows in the row that write it once more.
	exact int
	// few is how many windows fill a register of AVX-512 at full width if they are 2×2 elements side by side with few
	// channels; else 0.
	few int
	nan int // the kernel of few channels sets it: other than 0 if an element is NaN
}

// A kernel is what the rows of a layer share.
type kernel struct {
	maxArgs
	offsets [64]int
	// most is how many pixels a kernel gets at a time: those that read 2¹⁶ elements, but one at least. Kernels are not
	// preempted.
	most int
	// last is how many pixels at the end of all are not for the kernel, whose last store of a pixel reaches
	// into the next ones if the channels are no multiple of 8.
	last int
}

// newKernel returns what all rows share; count is 0 if the kernels cannot be had for such windows.
func newKernel(w *Window) (k kernel) {
	if !cpu.HasSIMD() || w.FH*w.FW > len(k.offsets) || w.PT > 0 || w.PL > 0 || (w.OH-1)*w.SH+w.FH > w.H || (w.OW-1)*w.SW+w.FW > w.W {
		return k
	}
	if over := (w.C+7)/8*8 - w.C; over > 0 {
		if k.last = (over + w.C - 1) / w.C; k.last > w.OW {
			return k
		}
	}
	for r := range w.FH {
		for s := range w.FW {
			k.offsets[k.count] = 4 * (r*w.W + s) * w.C
			k.count++
		}
	}
	k.channels, k.step = 4*w.C, 4*w.SW*w.C
	switch {
	case w.C%8 == 0: // whole stores
	case w.C < 8:
		k.exact = (8 - w.C + w.SW*w.C - 1) / (w.SW * w.C)
	default: // a store is one of several of a pixel, and writes into the next one of a window
		k.exact = w.OW
	}
	if cpu.HasAVX512 && w.C <= 8 && w.FH == 2 && w.FW == 2 && w.SW == 2 {
		k.few = 16 / w.C
	}
	k.most = max(1, 1<<16/(w.C*k.count))
	return k
}

// piece prepares a call from pixel at on, of at most some pixels: whole rows, or a part of one. It returns where their
// windows begin in the image, and how many pixels they are.
func (k *kernel) piece(w *Window, at, most int) (from, pixels int) {
	row, column := at/w.OW, at%w.OW
	if k.rows, k.pixels = 1, min(most, w.OW-column); column == 0 && most >= w.OW {
		k.rows = most / w.OW
	}
	k.row = 4 * (w.SH*w.W - k.pixels*w.SW) * w.C
	return (row*w.SH*w.W + column*w.SW) * w.C, k.rows * k.pixels
}

// maxGeneric takes the pixels of y from row and column on.
func maxGeneric(w *Window, y, x []float32, row, column int) {
	for oh := row; oh < w.OH; oh++ {
		top, bottom := span(oh, w.SH, w.PT, w.FH, w.H)
		for ow := column; ow < w.OW; ow++ {
			left, right := span(ow, w.SW, w.PL, w.FW, w.W)
			out := y[(oh*w.OW+ow)*w.C:][:w.C]
			copy(out, x[(top*w.W+left)*w.C:])
			for r := top; r < bottom; r++ {
				for s := left; s < right; s++ {
					if r == top && s == left {
						continue
					}
					for c, v := range x[(r*w.W+s)*w.C:][:w.C] {
						out[c] = scalar.Max(out[c], v)
					}
				}
			}
		}
	}
}

// MaxGrad computes dx from dy, x and y = Max(x): each dy goes to the first element of its window, by rows,
// that is the largest, or NaN.
func MaxGrad(n int, w Window, dx, dy, x, y []float32) {
	w.check(n, x, y)
	w.check(n, dx, dy)
	k := newKernel(&w)
	once := k.count > 0 && w.parts()
	if !once {
		clear(dx[:n*w.in()])
	}
	k.taps = &k.offsets[0]
	for i := range n {
		dx, x := dx[i*w.in():][:w.in()], x[i*w.in():][:w.in()]
		dy, y := dy[i*w.out():][:w.out()], y[i*w.out():][:w.out()]
		if k.count == 0 {
			maxGradGeneric(&w, dx, dy, x, y, 0, 0)
			continue
		}
		last := 0
		if i == n-1 {
			last = k.last
		}
		for at, end := 0, w.OH*w.OW-last; at < end; {
			cpu.Preempt()
			from, pixels := k.piece(&w, at, min(k.most, end-at))
			k.x, k.dx, k.y, k.dy = &x[from], &dx[from], &y[at*w.C], &dy[at*w.C]
			if once {
				maxGradOnceSIMD(&k.maxArgs)
			} else {
				maxGradSIMD(&k.maxArgs)
			}
			at += pixels
		}
		if last > 0 {
			for r := (w.OH - 1) * w.SH; once && r < w.H; r++ {
				clear(dx[(r*w.W+max(0, w.OW-last)*w.SW)*w.C : (r+1)*w.W*w.C])
			}
			maxGradGeneric(&w, dx, dy, x, y, w.OH-1, max(0, w.OW-last))
		}
	}
}

// parts tells whether each pixel of the image is in one window.
func (w *Window) parts() bool {
	return w.FH == w.SH && w.FW == w.SW && w.PT == 0 && w.PL == 0 && w.OH*w.SH == w.H && w.OW*w.SW == w.W
}

// maxGradGeneric adds to dx, for the pixels of y from row and column on.
func maxGradGeneric(w *Window, dx, dy, x, y []float32, row, column int) {
	for oh := row; oh < w.OH; oh++ {
		top, bottom := span(oh, w.SH, w.PT, w.FH, w.H)
		for ow := column; ow < w.OW; ow++ {
			left, right := span(ow, w.SW, w.PL, w.FW, w.W)
			for c := range w.C {
				at := (oh*w.OW+ow)*w.C + c
			window:
				for r := top; r < bottom; r++ {
					for s := left; s < right; s++ {
						k := (r*w.W+s)*w.C + c
						if v := x[k]; v == y[at] || v != v {
							dx[k] += dy[at]
							break window
						}
					}
				}
			}
		}
	}
}

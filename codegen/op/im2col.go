package op

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// The products of a convolution are those of matrices: a patch, the numbers of x that an output reads, is a row, zero
// where it lies in the padding, and the filter of a group has a column for each of its outputs (im2col; Chellapilla,
// Puri and Simard, High performance convolutional neural networks for document processing, 2006). Patches are made for
// a stretch of outputs at a time. Where each channel has filters of its own, the products go channel by channel.

// patchBytes bounds the patches that are made at a time, to what the second-level cache holds.
const patchBytes = 256 << 10

// perChannel tells whether each channel has filters of its own.
func (v *convolution) perChannel() bool { return v.groups > 1 && v.groups == v.x[2] }

// multiplier returns the filters of each channel, where it has its own.
func (v *convolution) multiplier() int { return v.y[2] / v.x[2] }

// multiply adds to y the products of n images x with the filter w.
func (v *convolution) multiply(n int, x, w, y []float64) {
	if v.perChannel() {
		v.eachTap(n, func(i, o, k int) { v.channels(y[o:][:v.y[2]], x[i:], w[k:]) })
		return
	}
	v.stretches(n, func(p patches) {
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, p.of(x), v.filter(w, p.group), 1, p.outputs(y))
	})
}

// multiplyBack adds to dx the gradient of x: the products of dy with the transposed filter.
func (v *convolution) multiplyBack(n int, dy, w, dx []float64) {
	if v.perChannel() {
		m := v.multiplier()
		v.eachTap(n, func(i, o, k int) {
			if m == 1 {
				v.channels(dx[i:][:v.x[2]], dy[o:], w[k:])
				return
			}
			for c := range v.x[2] {
				for j := range m {
					dx[i+c] += dy[o+c*m+j] * w[k+c*m+j]
				}
			}
		})
		return
	}
	v.stretches(n, func(p patches) {
		if v.pointwise() {
			blas64.Gemm(blas.NoTrans, blas.Trans, 1, p.outputs(dy), v.filter(w, p.group), 1, p.of(dx))
			return
		}
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, p.outputs(dy), v.filter(w, p.group), 0, p.m)
		p.scatter(dx)
	})
}

// multiplyFilter adds to dw the gradient of the filter: the products of transposed patches of x with dy.
func (v *convolution) multiplyFilter(n int, x, dy, dw []float64) {
	if v.perChannel() {
		v.eachTap(n, func(i, o, k int) { v.channels(dw[k:][:v.y[2]], x[i:], dy[o:]) })
		return
	}
	v.stretches(n, func(p patches) {
		blas64.Gemm(blas.Trans, blas.NoTrans, 1, p.of(x), p.outputs(dy), 1, v.filter(dw, p.group))
	})
}

// channels adds to y the products of the channels of a pixel x with what z has for each output of theirs.
func (v *convolution) channels(y, x, z []float64) {
	m := v.multiplier()
	if m == 1 {
		x, z = x[:len(y)], z[:len(y)]
		for c := range y {
			y[c] += x[c] * z[c]
		}
		return
	}
	for c, a := range x[:v.x[2]] {
		for j := range m {
			y[c*m+j] += a * z[c*m+j]
		}
	}
}

// eachTap calls f for each output of n images and each tap of the filter that reads the image: with the places of the
// pixel that it reads, of the output, and of the tap.
func (v *convolution) eachTap(n int, f func(i, o, k int)) {
	for b := range n {
		for at := range v.y[0] * v.y[1] {
			o := (b*v.y[0]*v.y[1] + at) * v.y[2]
			v.runs(b, at, func(tap, i, count int) {
				for range count {
					f(i, o, tap*v.y[2])
					tap, i = tap+1, i+v.dilation[1]*v.x[2]
				}
			})
		}
	}
}

// pixels calls f for each tap of the filter that reads image b where output number at lies: with its number and the
// place of the pixel.
func (v *convolution) pixels(b, at int, f func(tap, i int)) {
	v.runs(b, at, func(tap, i, count int) {
		for range count {
			f(tap, i)
			tap, i = tap+1, i+v.dilation[1]*v.x[2]
		}
	})
}

// runs calls f for the taps of each row of the filter that read image b where output number at lies: with the number
// of the first of them, the place of the pixel that it reads, and how many there are. The pixels are dilation apart.
func (v *convolution) runs(b, at int, f func(tap, i, count int)) {
	top, left := at/v.y[1]*v.stride[0]-v.before[0], at%v.y[1]*v.stride[1]-v.before[1]
	apart := v.dilation[1]
	from := max(0, (-left+apart-1)/apart)                     // the first with left + from·apart ≥ 0
	to := min(v.size[1], max(0, (v.x[1]-left+apart-1)/apart)) // behind the last with left + tap·apart < width
	if from >= to {
		return
	}
	for fy := range v.size[0] {
		if y := top + fy*v.dilation[0]; y >= 0 && y < v.x[0] {
			f(fy*v.size[1]+from, ((b*v.x[0]+y)*v.x[1]+left+from*apart)*v.x[2], to-from)
		}
	}
}

// filter views the filter of a group as a matrix with a column for each of its outputs.
func (v *convolution) filter(w []float64, group int) blas64.General {
	outs := v.y[2] / v.groups
	return blas64.General{Rows: v.size[0] * v.size[1] * v.x[2] / v.groups, Cols: outs,
		Stride: v.y[2], Data: w[group*outs:]}
}

// patches are the rows that a stretch of outputs of one image and one group reads.
type patches struct {
	v                   *convolution
	image, first, group int // the first output of the stretch
	m                   blas64.General
}

// pointwise tells whether the patch of an output is the pixel in its place.
func (v *convolution) pointwise() bool {
	return v.size == [2]int{1, 1} && v.stride == [2]int{1, 1} && v.before == [2]int{} && v.x[0] == v.y[0] &&
		v.x[1] == v.y[1]
}

// stretches calls f for stretches of outputs that cover n images, with memory for their patches.
func (v *convolution) stretches(n int, f func(p patches)) {
	cols := v.size[0] * v.size[1] * v.x[2] / v.groups
	rows := max(1, patchBytes/8/cols)
	places := v.y[0] * v.y[1]
	if v.pointwise() {
		for g := range v.groups {
			f(patches{v, 0, 0, g, blas64.General{Rows: n * places, Cols: cols}})
		}
		return
	}
	memory := make([]float64, min(rows, places)*cols)
	for b := range n {
		for first := 0; first < places; first += rows {
			count := min(rows, places-first)
			for g := range v.groups {
				f(patches{v, b, first, g, blas64.General{Rows: count, Cols: cols, Stride: cols, Data: memory[:count*cols]}})
			}
		}
	}
}

// outputs views those of the stretch in an array of all.
func (p patches) outputs(y []float64) blas64.General {
	outs, places := p.v.y[2]/p.v.groups, p.v.y[0]*p.v.y[1]
	return blas64.General{Rows: p.m.Rows, Cols: outs, Stride: p.v.y[2],
		Data: y[(p.image*places+p.first)*p.v.y[2]+p.group*outs:]}
}

// of returns the patches of x.
func (p patches) of(x []float64) blas64.General {
	if p.v.pointwise() {
		p.m.Stride, p.m.Data = p.v.x[2], x[p.group*p.m.Cols:]
		return p.m
	}
	clear(p.m.Data)
	p.each(func(row []float64, i int) { copy(row, x[i:]) })
	return p.m
}

// scatter adds the patches to x.
func (p patches) scatter(x []float64) {
	p.each(func(row []float64, i int) { add(x[i:i+len(row)], row) })
}

// each hands out the parts of the patches that lie in the image, with their place there, those of pixels side by side
// as one.
func (p patches) each(f func(row []float64, i int)) {
	per := p.v.x[2] / p.v.groups
	for r := range p.m.Rows {
		row := p.m.Data[r*p.m.Cols:][:p.m.Cols]
		if p.v.groups == 1 && p.v.dilation[1] == 1 {
			p.v.runs(p.image, p.first+r, func(tap, i, count int) { f(row[tap*per:][:count*per], i) })
		} else {
			p.v.pixels(p.image, p.first+r, func(tap, i int) { f(row[tap*per:][:per], i+p.group*per) })
		}
	}
}

// add adds src to dst.
func add(dst, src []float64) {
	for i, v := range src {
		dst[i] += v
	}
}

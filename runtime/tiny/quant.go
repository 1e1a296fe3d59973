package tiny

import (
	"math"

	"github.com/nngen/nngen/runtime/pool"
)

// I8 holds whole numbers of 8 bits, a byte each.
type I8 string

// At returns number i.
func (w I8) At(i int) int32 { return int32(int8(w[i])) }

// at32 returns number i of whole numbers of 32 bits.
func (w I32) at32(i int) int32 { return int32(w.At(i)) }

// Rescale says how the sums of a product become int8 numbers, as quant.Rescale.
type Rescale struct{ Bias, Multiplier, Shift, Range I32 }

// apply returns what a sum of channel j becomes.
func (r *Rescale) apply(s int32, j int) int8 {
	const zero, low, high = 1, 2, 3
	v := r.Range.at32(zero) + multiplyShift(s, r.Multiplier.at32(j), r.Shift.at32(j))
	return clamp(v, r.Range.at32(low), r.Range.at32(high))
}

// multiplyShift returns ⌊s·multiplier/2^shift + ½⌋.
func multiplyShift(s, multiplier, shift int32) int32 {
	t := uint64(uint32(shift))
	v := uint64(int64(s)*int64(multiplier)) + 1<<62 + 1<<(t-1)
	return int32(uint32(v>>t - 1<<62>>t))
}

// clamp returns v within lo and hi, and int8.
func clamp(v, lo, hi int32) int8 { return int8(max(-128, lo, min(v, hi, 127))) }

// QuantDense computes y = x·w, rescaled, for rows of k and constant k×n numbers, as quant.Dense.
func QuantDense(rows, n, k int, y, x []int8, w I8, r Rescale) {
	for i := range rows * n {
		j := i % n
		y[i] = r.apply(w.dot(n, j, x[i/n*k:][:k], r.Bias.at32(j)), j)
	}
}

// QuantDenseFloat is QuantDense with float32 results, as quant.DenseFloat.
func QuantDenseFloat(rows, n, k int, y []float32, x []int8, w I8, bias I32, scale F32) {
	for i := range rows * n {
		j := i % n
		y[i] = float32(w.dot(n, j, x[i/n*k:][:k], bias.at32(j))) * scale.At(j)
	}
}

// dot returns s and the products of x and column j of n.
func (w I8) dot(n, j int, x []int8, s int32) int32 {
	for _, v := range x {
		s += int32(v) * w.At(j)
		j += n
	}
	return s
}

// QuantConv computes n convolutions with a constant filter, rescaled, as quant.Conv.
func QuantConv(n int, g Geometry, y, x []int8, w I8, r Rescale) {
	const zero = 0
	for i := range n * g.OH * g.OW * g.OC {
		j := i % g.OC
		y[i] = r.apply(g.sum(i, x, w, r.Bias.at32(j), r.Range.at32(zero)), j)
	}
}

// QuantConvFloat is QuantConv with float32 results, as quant.ConvFloat.
func QuantConvFloat(n int, g Geometry, y []float32, x []int8, w I8, bias I32, scale F32, zero I32) {
	for i := range n * g.OH * g.OW * g.OC {
		j := i % g.OC
		y[i] = float32(g.sum(i, x, w, bias.at32(j), zero.at32(0))) * scale.At(j)
	}
}

// QuantDepthwise is QuantConv with filters for each channel of x, as quant.Depthwise.
func QuantDepthwise(n int, g Geometry, y, x []int8, w I8, r Rescale) {
	g.Groups = g.C
	QuantConv(n, g, y, x, w, r)
}

// QuantDepthwiseFloat is QuantDepthwise with float32 results, as quant.DepthwiseFloat.
func QuantDepthwiseFloat(n int, g Geometry, y []float32, x []int8, w I8, bias I32, scale F32, zero I32) {
	g.Groups = g.C
	QuantConvFloat(n, g, y, x, w, bias, scale, zero)
}

// sum returns s and the products of number i of y; pixels outside of x are its zero.
func (g *Geometry) sum(i int, x []int8, w I8, s, zero int32) int32 {
	per, j, pixel := g.C/g.Groups, i%g.OC, i/g.OC
	image := x[pixel/(g.OH*g.OW)*g.H*g.W*g.C:]
	first := j / (g.OC / g.Groups) * per
	for t := range g.FH * g.FW {
		at := g.tap(pixel%(g.OH*g.OW), t)
		for c := range per {
			v := zero
			if at >= 0 {
				v = int32(image[at*g.C+first+c])
			}
			s += v * w.At((t*per+c)*g.OC+j)
		}
	}
	return s
}

// QuantMax computes the largest number of each window, as quant.Max.
func QuantMax(n int, w pool.Window, y, x []int8) {
	for i := range n * w.OH * w.OW * w.C {
		most := int8(-128)
		top, bottom, left, right := inside(&w, i/w.C)
		for r := top; r < bottom; r++ {
			for c := left; c < right; c++ {
				most = max(most, x[((i/w.C/(w.OH*w.OW)*w.H+r)*w.W+c)*w.C+i%w.C])
			}
		}
		y[i] = most
	}
}

// QuantAverage computes the mean of each window, rounded, halves away from 0, as quant.Average.
func QuantAverage(n int, w pool.Window, y, x []int8) {
	for i := range n * w.OH * w.OW * w.C {
		sum := int32(0)
		top, bottom, left, right := inside(&w, i/w.C)
		for r := top; r < bottom; r++ {
			for c := left; c < right; c++ {
				sum += int32(x[((i/w.C/(w.OH*w.OW)*w.H+r)*w.W+c)*w.C+i%w.C])
			}
		}
		count := int32((bottom - top) * (right - left))
		half := count / 2
		if sum < 0 {
			half = -half
		}
		y[i] = int8((sum + half) / count)
	}
}

// inside returns the rows and the columns of x that the window of pixel o of y sees.
func inside(w *pool.Window, o int) (top, bottom, left, right int) {
	top, left = o/w.OW%w.OH*w.SH-w.PT, o%w.OW*w.SW-w.PL
	return max(top, 0), min(top+w.FH, w.H), max(left, 0), min(left+w.FW, w.W)
}

// Quantize computes y = clamp(round(x/scale) + zero), as quant.Quantize.
func Quantize(y []int8, x []float32, scale F32, zero I32) {
	const far, magic = 512, 3 << 22 // as in package quant
	for i, v := range x {
		v /= scale.At(0)
		if !(v > -far) {
			v = -far
		}
		v = float32(min(v, far) + magic)
		y[i] = clamp(int32(math.Float32bits(v)-math.Float32bits(magic))+zero.at32(0), -128, 127)
	}
}

// Dequantize computes y = scale·(x − zero), as quant.Dequantize.
func Dequantize(y []float32, x []int8, scale F32, zero I32) {
	for i, v := range x {
		y[i] = float32(int32(v)-zero.at32(0)) * scale.At(0)
	}
}

// QuantLookup computes y = table[x + 128], as quant.Lookup.
func QuantLookup(y, x []int8, table I8) {
	for i, v := range x {
		y[i] = int8(table.At(int(v) + 128))
	}
}

// QuantColumns copies rows to columns of y by way of a table, as quant.Columns.
func QuantColumns(rows, total, from int, y []int8, width int, x []int8, table I8) {
	for i := range rows {
		QuantLookup(y[i*total+from:][:width], x[i*width:][:width], table)
	}
}

// QuantPad computes images with a border of the number that stands for 0, as quant.Pad.
func QuantPad(n int, b pool.Border, y, x []int8, zero I32) {
	for i := range y[:n*borderRow(&b, b.Top+b.H+b.Bottom)] {
		y[i] = int8(zero.at32(0))
	}
	for i := range n * b.H {
		copy(y[borderRow(&b, i/b.H*(b.Top+b.H+b.Bottom)+b.Top+i%b.H)+b.Left*b.C:], x[i*b.W*b.C:][:b.W*b.C])
	}
}

// QuantCrop computes images without a border, as quant.Crop.
func QuantCrop(n int, b pool.Border, y, x []int8) {
	for i := range n * b.H {
		copy(y[i*b.W*b.C:][:b.W*b.C], x[borderRow(&b, i/b.H*(b.Top+b.H+b.Bottom)+b.Top+i%b.H)+b.Left*b.C:])
	}
}

// borderRow is where a row of images with borders begins.
func borderRow(b *pool.Border, i int) int { return i * (b.Left + b.W + b.Right) * b.C }

// QuantNearest computes images with each pixel repeated, as quant.Nearest.
func QuantNearest(n int, s pool.Scale, y, x []int8) {
	for i := range n * s.H * s.FH * s.W * s.FW {
		row, col := i/(s.W*s.FW), i%(s.W*s.FW)
		copy(y[i*s.C:][:s.C], x[(row/s.FH*s.W+col/s.FW)*s.C:])
	}
}

// QuantTranspose gives the axes of examples another order, as quant.Transpose.
func QuantTranspose(n int, extents, strides []int, y, x []int8) {
	size := 1
	for _, e := range extents {
		size *= e
	}
	for i := range n * size {
		rest := i % size
		from := i - rest
		for k := len(extents) - 1; k >= 0; k-- {
			from += rest % extents[k] * strides[k]
			rest /= extents[k]
		}
		y[i] = x[from]
	}
}

// QuantAdd computes y = a + b, each of the three having its own scale and zero, as quant.Add.
func QuantAdd(y, a, b []int8, p I32) {
	const zeroA, multiplierA, shiftA, zeroB, multiplierB, shiftB, multiplier, shift, zero, low, high = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
	for i, v := range a {
		s := multiplyShift((int32(v)-p.at32(zeroA))<<20, p.at32(multiplierA), p.at32(shiftA))
		s += multiplyShift((int32(b[i])-p.at32(zeroB))<<20, p.at32(multiplierB), p.at32(shiftB))
		y[i] = clamp(p.at32(zero)+multiplyShift(s, p.at32(multiplier), p.at32(shift)), p.at32(low), p.at32(high))
	}
}

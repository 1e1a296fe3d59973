package quant

import "math"

// Quantize computes y = clamp(round(x/scale) + zero, −128, 127), halves to even; NaN becomes −128.
func Quantize(y []int8, x, scale []float32, zero []int32) {
	if len(y) < len(x) || len(scale) < 1 || len(zero) < 1 {
		panic(badShape)
	}
	quantize(y[:len(x)], x, scale[0], zero[0])
}

// far is beyond all that quantised numbers can be, whatever their zero, so that no conversion overflows; magic is a number
// whose last bit counts 1, so that a sum with it is rounded to a whole number.
const (
	far   = 512
	magic = 3 << 22
)

// quantizeGeneric is Quantize for one scale and zero.
func quantizeGeneric(y []int8, x []float32, scale float32, zero int32) {
	for i, v := range x {
		v /= scale
		if !(v > -far) {
			v = -far
		}
		v = float32(min(v, far) + magic)
		y[i] = clamp(int32(math.Float32bits(v)-math.Float32bits(magic))+zero, -128, 127)
	}
}

// Dequantize computes y = scale·(x − zero).
func Dequantize(y []float32, x []int8, scale []float32, zero []int32) {
	if len(y) < len(x) || len(scale) < 1 || len(zero) < 1 {
		panic(badShape)
	}
	s, z := scale[0], zero[0]
	for i, v := range x {
		y[i] = float32(int32(v)-z) * s
	}
}

// Lookup computes y = table[x + 128]: any function of single numbers. y and x may be the same.
func Lookup(y, x, table []int8) {
	if len(y) < len(x) || len(table) < 256 {
		panic(badShape)
	}
	t := (*[256]int8)(table)
	for i, v := range x {
		y[i] = t[uint8(v)^0x80]
	}
}

// Places in the numbers of a Sum.
const (
	sumZeroA = iota
	sumMultiplierA
	sumShiftA
	sumZeroB
	sumMultiplierB
	sumShiftB
	sumMultiplier
	sumShift
	sumZero
	sumLow
	sumHigh
	SumLen // how many there are
)

// Add computes y = a + b, each of the three having its own scale and zero, as TensorFlow Lite does: a − zero and b − zero
// are shifted left by 20 bits, brought to twice the larger of both scales, added, and brought to the scale of y. Behind
// them stand the zero of y, and its lowest and highest number. y may be one of a and b.
func Add(y, a, b []int8, p []int32) {
	if len(y) < len(a) || len(b) < len(a) || len(p) < SumLen {
		panic(badShape)
	}
	args := addArgs{
		zeroA: p[sumZeroA], multiplierA: p[sumMultiplierA], shiftA: p[sumShiftA],
		zeroB: p[sumZeroB], multiplierB: p[sumMultiplierB], shiftB: p[sumShiftB],
		multiplier: p[sumMultiplier], shift: p[sumShift],
		zero: p[sumZero], lo: max(-128, min(p[sumLow], 127)), hi: max(-128, min(p[sumHigh], 127)),
	}
	args.add(y[:len(a)], a, b)
}

// addGeneric is Add of a and b, which are as long as y.
func (p *addArgs) addGeneric(y, a, b []int8) {
	for i := range y {
		s := multiplyShift((int32(a[i])-p.zeroA)<<20, p.multiplierA, p.shiftA)
		s += multiplyShift((int32(b[i])-p.zeroB)<<20, p.multiplierB, p.shiftB)
		y[i] = clamp(p.zero+multiplyShift(s, p.multiplier, p.shift), p.lo, p.hi)
	}
}

// Columns copies the rows of x, width numbers each, to columns of the rows of y, which have total, from one on: each number
// by way of a table, as Lookup.
func Columns(rows, total, from int, y []int8, width int, x, table []int8) {
	if rows < 0 || from < 0 || width < 1 || from+width > total || len(y) < rows*total || len(x) < rows*width || len(table) < 256 {
		panic(badShape)
	}
	for i := range rows {
		Lookup(y[i*total+from:][:width], x[i*width:][:width], table)
	}
}

// Rows copies rows of a table by their tokens, which are whole numbers held as float32: y[i] = w[x[i]].
//
//	y  n×width
//	x  n tokens
//	w  rows×width
//
// It panics if a token is none of them.
func Rows(n, rows, width int, y []int8, x []float32, w []int8) {
	if n < 0 || rows < 1 || width < 1 || len(x) < n || len(y) < n*width || len(w) < rows*width {
		panic(badShape)
	}
	for i, v := range x[:n] {
		if !(v >= 0 && v < float32(rows)) || v != float32(int(v)) {
			panic(badToken)
		}
		copy(y[i*width:][:width], w[int(v)*width:])
	}
}

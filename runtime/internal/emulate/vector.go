package emulate

import (
	"math"
	"slices"
	"strings"

	"github.com/nngen/nngen/runtime/f32"
)

// operands are what a row of the table computes with.
type operands struct {
	imm    uint64
	width  int    // bytes of the result
	dst    vector // what the destination held, and what it gets
	a, b   vector // the sources, in the order of the manual; of one source, b
	masked func(i int) bool
	mask   uint64 // of the result, if it is one
}

// A row is an instruction on vectors: the elements of its result are chosen by a mask.
type row struct {
	size int // bytes of an element of the result
	from int // bytes of an element of the last source, where it is another
	f    func(x *operands)

	fixed    int  // bytes that the last source has in memory, if they are not those of the result's elements
	toMask   bool // the result is a mask
	lowest   bool // one element is computed, the others of 16 bytes are those of the first source
	toMemory int  // bytes that a store has, or what divides those of a register if negative
}

// each returns the row that computes element by element.
func each32(f func(a, b uint32) uint32) row {
	return row{size: 4, f: func(x *operands) {
		for i := range x.width / 4 {
			x.dst.set32(i, f(x.a.u32(i), x.b.u32(i)))
		}
	}}
}

func each64(f func(a, b uint64) uint64) row {
	return row{size: 8, f: func(x *operands) {
		for i := range x.width / 8 {
			x.dst.set64(i, f(x.a.u64(i), x.b.u64(i)))
		}
	}}
}

func each16(f func(a, b uint16) uint16) row {
	return row{size: 2, f: func(x *operands) {
		for i := range x.width / 2 {
			x.dst.set16(i, f(x.a.u16(i), x.b.u16(i)))
		}
	}}
}

func each8(f func(a, b uint8) uint8) row {
	return row{size: 1, f: func(x *operands) {
		for i := range x.width {
			x.dst[i] = f(x.a[i], x.b[i])
		}
	}}
}

func float(x uint32) float32     { return math.Float32frombits(x) }
func float64of(x uint64) float64 { return math.Float64frombits(x) }

func floats(f func(a, b float32) float32) row {
	return each32(func(a, b uint32) uint32 { return math.Float32bits(f(float(a), float(b))) })
}

func doubles(f func(a, b float64) float64) row {
	return each64(func(a, b uint64) uint64 { return math.Float64bits(f(float64of(a), float64of(b))) })
}

// fused returns the row of a multiply-add, whose factors and summand have positions: order is 132, 213 or 231, the
// digits being the destination, the first source, and the second.
func fused(order int, negated, minus, double bool) row {
	pick := func(d, a, b float64) (x, y, z float64) {
		at := [...]float64{1: d, 2: a, 3: b}
		x, y, z = at[order/100], at[order/10%10], at[order%10]
		if negated {
			x = -x
		}
		if minus {
			z = -z
		}
		return x, y, z
	}
	if double {
		return row{size: 8, f: func(o *operands) {
			for i := range o.width / 8 {
				x, y, z := pick(float64of(o.dst.u64(i)), float64of(o.a.u64(i)), float64of(o.b.u64(i)))
				o.dst.set64(i, math.Float64bits(math.FMA(x, y, z)))
			}
		}}
	}
	return row{size: 4, f: func(o *operands) {
		for i := range o.width / 4 {
			x, y, z := pick(float64(float(o.dst.u32(i))), float64(float(o.a.u32(i))), float64(float(o.b.u32(i))))
			o.dst.set32(i, math.Float32bits(f32.FMA(float32(x), float32(y), float32(z))))
		}
	}}
}

// maximum and minimum are those of the instructions: of zeros, and where one is NaN, the second.
func maximum(a, b float32) float32 {
	if a > b {
		return a
	}
	return b
}

func minimum(a, b float32) float32 {
	if a < b {
		return a
	}
	return b
}

// compares tells whether a comparison of floating-point numbers holds; 16 more than a number tells of exceptions alone.
func compares(number uint64, a, b float64) bool {
	unordered := a != a || b != b
	switch number & 0x0f {
	case 0:
		return a == b
	case 1:
		return a < b
	case 2:
		return a <= b
	case 3:
		return unordered
	case 4:
		return a != b
	case 5:
		return !(a < b)
	case 6:
		return !(a <= b)
	case 7:
		return !unordered
	case 8:
		return unordered || a == b
	case 9:
		return !(a >= b)
	case 10:
		return !(a > b)
	case 11:
		return false
	case 12:
		return !unordered && a != b
	case 13:
		return a >= b
	case 14:
		return a > b
	}
	return true
}

// integerCompares tells whether a comparison of integers holds: eq, lt, le, false, ne, nlt, nle, true.
func integerCompares(number uint64, less, equal bool) bool {
	return [...]bool{equal, less, less || equal, false, !equal, !less, !(less || equal), true}[number&7]
}

// bit sets a bit of a resulting mask.
func (x *operands) bit(i int, set bool) {
	if set {
		x.mask |= 1 << i
	}
}

// perLane calls f for each 16 bytes: with the first byte of them.
func perLane(size int, f func(x *operands, from int)) row {
	return row{size: size, f: func(x *operands) {
		var to vector
		old := x.dst
		for l := 0; l < x.width; l += 16 {
			f(x, l)
			copy(to[l:l+16], x.dst[l:l+16])
			x.dst = old
		}
		x.dst = to
	}}
}

// interleave is the unpacking of the upper or lower halves of 16 bytes, by elements of some bytes.
func interleave(size int, high bool) row {
	return perLane(size, func(x *operands, from int) {
		half := from
		if high {
			half += 8
		}
		for i := range 8 / size {
			copy(x.dst[from+2*i*size:][:size], x.a[half+i*size:])
			copy(x.dst[from+(2*i+1)*size:][:size], x.b[half+i*size:])
		}
	})
}

// shift is a shift of elements of some bits by the immediate, or if each has its own by those of the second source.
func shift(bitsOf int, each bool, f func(x uint64, by uint64) uint64) row {
	size := bitsOf / 8
	return row{size: size, f: func(x *operands) {
		for i := range x.width / size {
			v, by := x.b.integer(i, size), x.imm
			if each {
				v, by = x.a.integer(i, size), x.b.integer(i, size)
			}
			x.dst.setInteger(i, size, f(v, by))
		}
	}}
}

func (v *vector) integer(i, size int) (x uint64) {
	for j, b := range v.element(i, size) {
		x |= uint64(b) << (8 * j)
	}
	return x
}

func (v *vector) setInteger(i, size int, x uint64) {
	b := v.element(i, size)
	for j := range b {
		b[j] = byte(x >> (8 * j))
	}
}

// convert is a conversion of elements from one size to another.
func convert(from, to int, f func(x uint64) uint64) row {
	return row{size: to, from: from, f: func(x *operands) {
		var out vector
		n := x.width / to
		if to < from {
			n = 64 / from // the width is that of the source: see vectorStep
		}
		for i := range n {
			out.setInteger(i, to, f(x.b.integer(i, from)))
		}
		x.dst = out
	}}
}

// extend is the extension of integers; of signed ones by their sign.
func extend(from, to int, sign bool) row {
	return convert(from, to, func(x uint64) uint64 {
		if sign {
			return uint64(signed(x, from))
		}
		return x
	})
}

// narrow is the conversion of integers to fewer bytes: the lowest ones, or the nearest number.
func narrow(from, to int, saturate bool) row {
	return convert(from, to, func(x uint64) uint64 {
		if saturate {
			most := int64(1)<<(8*to-1) - 1
			return uint64(min(max(signed(x, from), -most-1), most))
		}
		return x
	})
}

// pack is the narrowing of two sources, 16 bytes at a time, to the nearest signed number, or unsigned.
func pack(from int, toUnsigned bool) row {
	to := from / 2
	least, most := int64(-1)<<(8*to-1), int64(1)<<(8*to-1)-1
	if toUnsigned {
		least, most = 0, int64(1)<<(8*to)-1
	}
	return perLane(to, func(x *operands, at int) {
		for i := range 8 / to {
			for s, v := range []*vector{&x.a, &x.b} {
				n := signed(v.integer(at/from+i, from), from)
				x.dst.setInteger(at/to+s*8/to+i, to, uint64(min(max(n, least), most)))
			}
		}
	})
}

// broadcast repeats the first bytes of the source.
func broadcast(bytes, size int) row {
	return row{size: size, fixed: bytes, f: func(x *operands) {
		for i := 0; i < x.width; i += bytes {
			copy(x.dst[i:i+bytes], x.b[:bytes])
		}
	}}
}

// extract takes some of the bytes of the source, as the immediate says.
func extract(bytes, size int) row {
	return row{size: size, toMemory: bytes, f: func(x *operands) {
		from := int(x.imm) * bytes
		from %= max(bytes, x.width)
		var out vector
		copy(out[:], x.b[from:from+bytes])
		x.dst = out
	}}
}

// insert replaces some of the bytes of the first source by the second.
func insert(bytes, size int) row {
	return row{size: size, fixed: bytes, f: func(x *operands) {
		b := x.b
		x.dst = x.a
		copy(x.dst[int(x.imm)*bytes%x.width:][:bytes], b[:bytes])
	}}
}

// permute takes elements from anywhere: the first source has the numbers.
func permute(size int) row {
	return row{size: size, f: func(x *operands) {
		n := x.width / size
		var out vector
		for i := range n {
			copy(out.element(i, size), x.b.element(int(x.a.integer(i, size))%n, size))
		}
		x.dst = out
	}}
}

// permute2 takes elements from two vectors. The numbers are in the destination, or in the first source.
func permute2(size int, numbersInDst bool) row {
	return row{size: size, f: func(x *operands) {
		n := x.width / size
		numbers, first := x.a, x.dst
		if numbersInDst {
			numbers, first = x.dst, x.a
		}
		var out vector
		for i := range n {
			at := int(numbers.integer(i, size)) % (2 * n)
			from := &first
			if at >= n {
				from = &x.b
			}
			copy(out.element(i, size), from.element(at%n, size))
		}
		x.dst = out
	}}
}

// shuffleLanes is VSHUFF32X4 and its like: half of the 16-byte parts from the first source, half from the second.
func shuffleLanes(size int) row {
	return row{size: size, f: func(x *operands) {
		n := x.width / 16
		bitsEach := map[int]int{2: 1, 4: 2}[n]
		var out vector
		for i := range n {
			from := &x.a
			if i >= n/2 {
				from = &x.b
			}
			at := int(x.imm>>(i*bitsEach)) & (n - 1)
			copy(out[16*i:16*i+16], from[16*at:])
		}
		x.dst = out
	}}
}

// dots is a product of groups of small integers, added to 32 bits: the first source is signed if sign says so.
func dots(size int, sign, saturate bool) row {
	return row{size: 4, f: func(x *operands) {
		for i := range x.width / 4 {
			sum := int64(int32(x.dst.u32(i)))
			for j := i * 4 / size; j < (i+1)*4/size; j++ {
				a, b := int64(x.a.integer(j, size)), signed(x.b.integer(j, size), size)
				if sign {
					a = signed(x.a.integer(j, size), size)
				}
				sum += a * b
			}
			if saturate {
				sum = min(max(sum, math.MinInt32), math.MaxInt32)
			}
			x.dst.set32(i, uint32(sum))
		}
	}}
}

// roundEven rounds as the current mode says, which is to nearest, ties to even.
func roundEven(x float32) uint32 {
	r := math.RoundToEven(float64(x))
	if !(r >= math.MinInt32 && r <= math.MaxInt32) {
		return 1 << 31
	}
	return uint32(int32(r))
}

func boolMask32(b bool) uint32 {
	if b {
		return math.MaxUint32
	}
	return 0
}

// halfToFloat widens a float16 number.
func halfToFloat(h uint64) uint64 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch {
	case exp == 31 && frac != 0: // becomes quiet
		return uint64(sign | 0xff<<23 | 1<<22 | frac<<13)
	case exp == 31:
		return uint64(sign | 0xff<<23 | frac<<13)
	case exp == 0:
		return uint64(math.Float32bits(float32(frac)*0x1p-24) | sign)
	}
	return uint64(sign | (exp+112)<<23 | frac<<13)
}

// vectorRows is the table.
var vectorRows = map[string]row{
	"VADDPS":  floats(func(a, b float32) float32 { return a + b }),
	"VSUBPS":  floats(func(a, b float32) float32 { return a - b }),
	"VMULPS":  floats(func(a, b float32) float32 { return a * b }),
	"VDIVPS":  floats(func(a, b float32) float32 { return a / b }),
	"VMAXPS":  floats(maximum),
	"VMINPS":  floats(minimum),
	"VSQRTPS": floats(func(_, b float32) float32 { return float32(math.Sqrt(float64(b))) }),
	"VADDPD":  doubles(func(a, b float64) float64 { return a + b }),
	"VSUBPD":  doubles(func(a, b float64) float64 { return a - b }),
	"VMULPD":  doubles(func(a, b float64) float64 { return a * b }),
	"VDIVPD":  doubles(func(a, b float64) float64 { return a / b }),
	"VSQRTPD": doubles(func(_, b float64) float64 { return math.Sqrt(b) }),

	"VANDPS":  each32(func(a, b uint32) uint32 { return a & b }),
	"VANDNPS": each32(func(a, b uint32) uint32 { return ^a & b }),
	"VORPS":   each32(func(a, b uint32) uint32 { return a | b }),
	"VXORPS":  each32(func(a, b uint32) uint32 { return a ^ b }),
	"VPANDD":  each32(func(a, b uint32) uint32 { return a & b }),
	"VPANDND": each32(func(a, b uint32) uint32 { return ^a & b }),
	"VPORD":   each32(func(a, b uint32) uint32 { return a | b }),
	"VPXORD":  each32(func(a, b uint32) uint32 { return a ^ b }),
	"VPAND":   each64(func(a, b uint64) uint64 { return a & b }),
	"VPANDN":  each64(func(a, b uint64) uint64 { return ^a & b }),
	"VPOR":    each64(func(a, b uint64) uint64 { return a | b }),
	"VPXOR":   each64(func(a, b uint64) uint64 { return a ^ b }),
	"VPANDQ":  each64(func(a, b uint64) uint64 { return a & b }),
	"VPORQ":   each64(func(a, b uint64) uint64 { return a | b }),
	"VPXORQ":  each64(func(a, b uint64) uint64 { return a ^ b }),
	"VXORPD":  each64(func(a, b uint64) uint64 { return a ^ b }),
	"VANDPD":  each64(func(a, b uint64) uint64 { return a & b }),
	"VORPD":   each64(func(a, b uint64) uint64 { return a | b }),
	"VPTERNLOGD": {size: 4, f: func(x *operands) {
		for i := range x.width / 4 {
			var out uint32
			for bit := range 32 {
				at := x.dst.u32(i)>>bit&1<<2 | x.a.u32(i)>>bit&1<<1 | x.b.u32(i)>>bit&1
				out |= uint32(x.imm>>at&1) << bit
			}
			x.dst.set32(i, out)
		}
	}},

	"VPADDB":   each8(func(a, b uint8) uint8 { return a + b }),
	"VPSUBB":   each8(func(a, b uint8) uint8 { return a - b }),
	"VPADDW":   each16(func(a, b uint16) uint16 { return a + b }),
	"VPSUBW":   each16(func(a, b uint16) uint16 { return a - b }),
	"VPADDD":   each32(func(a, b uint32) uint32 { return a + b }),
	"VPSUBD":   each32(func(a, b uint32) uint32 { return a - b }),
	"VPADDQ":   each64(func(a, b uint64) uint64 { return a + b }),
	"VPSUBQ":   each64(func(a, b uint64) uint64 { return a - b }),
	"VPMULLD":  each32(func(a, b uint32) uint32 { return a * b }),
	"VPMULLQ":  each64(func(a, b uint64) uint64 { return a * b }),
	"VPMULLW":  each16(func(a, b uint16) uint16 { return a * b }),
	"VPMULUDQ": each64(func(a, b uint64) uint64 { return a & math.MaxUint32 * (b & math.MaxUint32) }),
	"VPMULDQ":  each64(func(a, b uint64) uint64 { return uint64(int64(int32(a)) * int64(int32(b))) }),
	"VPMAXSD":  each32(func(a, b uint32) uint32 { return uint32(max(int32(a), int32(b))) }),
	"VPMINSD":  each32(func(a, b uint32) uint32 { return uint32(min(int32(a), int32(b))) }),
	"VPMAXUD":  each32(func(a, b uint32) uint32 { return max(a, b) }),
	"VPMINUD":  each32(func(a, b uint32) uint32 { return min(a, b) }),
	"VPMAXSQ":  each64(func(a, b uint64) uint64 { return uint64(max(int64(a), int64(b))) }),
	"VPMINSQ":  each64(func(a, b uint64) uint64 { return uint64(min(int64(a), int64(b))) }),
	"VPMAXSB":  each8(func(a, b uint8) uint8 { return uint8(max(int8(a), int8(b))) }),
	"VPMINSB":  each8(func(a, b uint8) uint8 { return uint8(min(int8(a), int8(b))) }),
	"VPMAXUB":  each8(func(a, b uint8) uint8 { return max(a, b) }),
	"VPMINUB":  each8(func(a, b uint8) uint8 { return min(a, b) }),
	"VPABSD":   each32(func(_, b uint32) uint32 { return uint32(max(int32(b), -int32(b))) }),
	"VPABSB":   each8(func(_, b uint8) uint8 { return uint8(max(int8(b), -int8(b))) }),
	"VPSIGNB": each8(func(a, b uint8) uint8 {
		switch {
		case int8(b) < 0:
			return -a
		case b == 0:
			return 0
		}
		return a
	}),
	"VPMADDWD": each32(func(a, b uint32) uint32 {
		return uint32(int32(int16(a))*int32(int16(b)) + int32(int16(a>>16))*int32(int16(b>>16)))
	}),
	"VPMADDUBSW": each16(func(a, b uint16) uint16 {
		s := int32(uint8(a))*int32(int8(b)) + int32(a>>8)*int32(int8(b>>8))
		return uint16(min(max(s, math.MinInt16), math.MaxInt16))
	}),
	"VPDPBUSD": dots(1, false, false), "VPDPBUSDS": dots(1, false, true), "VPDPWSSD": dots(2, true, false),
	"VPDPWSSDS": dots(2, true, true),

	"VPSLLD":  shift(32, false, left(32)),
	"VPSRLD":  shift(32, false, right(32)),
	"VPSRAD":  shift(32, false, arithmeticRight(32)),
	"VPSLLQ":  shift(64, false, left(64)),
	"VPSRLQ":  shift(64, false, right(64)),
	"VPSRAQ":  shift(64, false, arithmeticRight(64)),
	"VPSLLW":  shift(16, false, left(16)),
	"VPSRLW":  shift(16, false, right(16)),
	"VPSRAW":  shift(16, false, arithmeticRight(16)),
	"VPSLLVD": shift(32, true, left(32)),
	"VPSRLVD": shift(32, true, right(32)),
	"VPSRAVD": shift(32, true, arithmeticRight(32)),
	"VPSLLVQ": shift(64, true, left(64)),
	"VPSRLVQ": shift(64, true, right(64)),
	"VPSRAVQ": shift(64, true, arithmeticRight(64)),
	"VPROLD":  shift(32, false, func(x, by uint64) uint64 { by &= 31; return x<<by | x>>(32-by) }),
	"VPRORD":  shift(32, false, func(x, by uint64) uint64 { by &= 31; return x>>by | x<<(32-by) }),
	"VPSLLDQ": perLane(1, func(x *operands, at int) {
		by := min(16, int(x.imm))
		clear(x.dst[at : at+by])
		copy(x.dst[at+by:at+16], x.b[at:])
	}),
	"VPSRLDQ": perLane(1, func(x *operands, at int) {
		by := min(16, int(x.imm))
		clear(x.dst[at : at+16])
		copy(x.dst[at:at+16-by], x.b[at+by:])
	}),
	"VPALIGNR": perLane(1, func(x *operands, at int) {
		both := append(append([]byte{}, x.b[at:at+16]...), x.a[at:at+16]...)
		both = append(both, make([]byte, 256)...)
		copy(x.dst[at:at+16], both[x.imm:])
	}),
	"VALIGND": {size: 4, f: func(x *operands) {
		n := x.width / 4
		for i := range n {
			at := i + int(x.imm)&(n-1)
			if at < n {
				x.dst.set32(i, x.b.u32(at))
			} else {
				x.dst.set32(i, x.a.u32(at-n))
			}
		}
	}},

	"VUNPCKLPS": interleave(4, false), "VUNPCKHPS": interleave(4, true), "VUNPCKLPD": interleave(8, false),
	"VUNPCKHPD": interleave(8, true), "VPUNPCKLBW": interleave(1, false), "VPUNPCKHBW": interleave(1, true),
	"VPUNPCKLWD": interleave(2, false), "VPUNPCKHWD": interleave(2, true), "VPUNPCKLDQ": interleave(4, false),
	"VPUNPCKHDQ": interleave(4, true), "VPUNPCKLQDQ": interleave(8, false), "VPUNPCKHQDQ": interleave(8, true),
	"VPACKSSDW": pack(4, false),
	"VPACKSSWB": pack(2, false),
	"VPACKUSDW": pack(4, true),
	"VPACKUSWB": pack(2, true),
	"VMOVSHDUP": perLane(4, func(x *operands, at int) {
		for i := at / 4; i < at/4+4; i++ {
			x.dst.set32(i, x.b.u32(i|1))
		}
	}),
	"VMOVSLDUP": perLane(4, func(x *operands, at int) {
		for i := at / 4; i < at/4+4; i++ {
			x.dst.set32(i, x.b.u32(i&^1))
		}
	}),
	"VPERMILPS": perLane(4, func(x *operands, at int) {
		for i := range 4 {
			x.dst.set32(at/4+i, x.b.u32(at/4+int(x.imm>>(2*i)&3)))
		}
	}),
	"VPSHUFD": perLane(4, func(x *operands, at int) {
		for i := range 4 {
			x.dst.set32(at/4+i, x.b.u32(at/4+int(x.imm>>(2*i)&3)))
		}
	}),
	"VSHUFPS": perLane(4, func(x *operands, at int) {
		for i := range 4 {
			from := &x.a
			if i >= 2 {
				from = &x.b
			}
			x.dst.set32(at/4+i, from.u32(at/4+int(x.imm>>(2*i)&3)))
		}
	}),
	"VSHUFPD": perLane(8, func(x *operands, at int) { // a bit for each element
		for i, from := range []*vector{&x.a, &x.b} {
			copy(x.dst.element(at/8+i, 8), from.element(at/8+int(x.imm>>(at/8+i)&1), 8))
		}
	}),
	"VPHADDD": perLane(4, func(x *operands, at int) {
		for i := range 2 {
			n := at/4 + 2*i
			x.dst.set32(at/4+i, x.a.u32(n)+x.a.u32(n+1))
			x.dst.set32(at/4+2+i, x.b.u32(n)+x.b.u32(n+1))
		}
	}),
	"VPERMQ": {size: 8, f: func(x *operands) { // by an immediate, within 32 bytes
		var out vector
		for i := range x.width / 8 {
			copy(out.element(i, 8), x.b.element(i&^3|int(x.imm>>(2*(i&3))&3), 8))
		}
		x.dst = out
	}},
	"VPSHUFB": perLane(1, func(x *operands, at int) {
		for i := at; i < at+16; i++ {
			if n := x.b[i]; n&0x80 != 0 {
				x.dst[i] = 0
			} else {
				x.dst[i] = x.a[at+int(n&15)]
			}
		}
	}),
	"VPERMPS": permute(4), "VPERMD": permute(4), "VPERMPD": permute(8), "VPERMW": permute(2), "VPERMB": permute(1),
	"VCOMPRESSPS": compress(4), "VPCOMPRESSD": compress(4),
	"VPERMT2PS":  permute2(4, false),
	"VPERMT2D":   permute2(4, false),
	"VPERMI2PS":  permute2(4, true),
	"VPERMI2D":   permute2(4, true),
	"VPERMT2Q":   permute2(8, false),
	"VPERMT2PD":  permute2(8, false),
	"VPERMI2PD":  permute2(8, true),
	"VPERMI2Q":   permute2(8, true),
	"VSHUFF32X4": shuffleLanes(4),
	"VSHUFI32X4": shuffleLanes(4),
	"VSHUFF64X2": shuffleLanes(8),
	"VSHUFI64X2": shuffleLanes(8),
	"VPERM2F128": {size: 4, f: lanes128}, "VPERM2I128": {size: 4, f: lanes128},

	"VBROADCASTSS": broadcast(4, 4), "VPBROADCASTD": broadcast(4, 4), "VBROADCASTSD": broadcast(8, 8),
	"VPBROADCASTQ": broadcast(8, 8), "VPBROADCASTW": broadcast(2, 2), "VPBROADCASTB": broadcast(1, 1),
	"VBROADCASTF128": broadcast(16, 4), "VBROADCASTI128": broadcast(16, 4), "VBROADCASTF32X4": broadcast(16, 4),
	"VBROADCASTI32X4": broadcast(16, 4), "VBROADCASTF64X2": broadcast(16, 8), "VBROADCASTF32X8": broadcast(32, 4),
	"VBROADCASTF64X4": broadcast(32, 8), "VBROADCASTI64X4": broadcast(32, 8), "VBROADCASTF32X2": broadcast(8, 4),
	"VEXTRACTF128": extract(16, 4), "VEXTRACTI128": extract(16, 4), "VEXTRACTF32X4": extract(16, 4),
	"VEXTRACTI32X4": extract(16, 4), "VEXTRACTF64X2": extract(16, 8), "VEXTRACTF64X4": extract(32, 8),
	"VEXTRACTI64X4": extract(32, 8), "VEXTRACTF32X8": extract(32, 4), "VEXTRACTI32X8": extract(32, 4),
	"VINSERTF128":  insert(16, 4),
	"VINSERTI128":  insert(16, 4),
	"VINSERTF32X4": insert(16, 4),
	"VINSERTI32X4": insert(16, 4),
	"VINSERTF64X2": insert(16, 8),
	"VINSERTF64X4": insert(32, 8),
	"VINSERTI64X4": insert(32, 8),
	"VINSERTF32X8": insert(32, 4),

	"VPMOVSXBW": extend(1, 2, true), "VPMOVZXBW": extend(1, 2, false), "VPMOVSXBD": extend(1, 4, true),
	"VPMOVZXBD": extend(1, 4, false), "VPMOVSXWD": extend(2, 4, true), "VPMOVZXWD": extend(2, 4, false),
	"VPMOVSXDQ": extend(4, 8, true), "VPMOVZXDQ": extend(4, 8, false),
	"VPMOVDB":    narrow(4, 1, false),
	"VPMOVDW":    narrow(4, 2, false),
	"VPMOVQD":    narrow(8, 4, false),
	"VPMOVWB":    narrow(2, 1, false),
	"VPMOVSDB":   narrow(4, 1, true),
	"VPMOVSDW":   narrow(4, 2, true),
	"VPMOVSWB":   narrow(2, 1, true),
	"VPMOVSQD":   narrow(8, 4, true),
	"VCVTPH2PS":  convert(2, 4, halfToFloat),
	"VCVTPS2PD":  convert(4, 8, func(x uint64) uint64 { return math.Float64bits(float64(float(uint32(x)))) }),
	"VCVTPD2PS":  convert(8, 4, func(x uint64) uint64 { return uint64(math.Float32bits(float32(float64of(x)))) }),
	"VCVTDQ2PS":  each32(func(_, b uint32) uint32 { return math.Float32bits(float32(int32(b))) }),
	"VCVTUDQ2PS": each32(func(_, b uint32) uint32 { return math.Float32bits(float32(b)) }),
	"VCVTPS2DQ":  each32(func(_, b uint32) uint32 { return roundEven(float(b)) }),
	"VCVTTPS2DQ": each32(func(_, b uint32) uint32 { return roundEven(float32(math.Trunc(float64(float(b))))) }),
	"VCVTDQ2PD":  convert(4, 8, func(x uint64) uint64 { return math.Float64bits(float64(int32(x))) }),

	"VBLENDPS": {size: 4, f: func(x *operands) {
		x.dst = choose(x, 4, func(i int) bool { return x.imm>>i&1 != 0 })
	}},
	"VPBLENDD": {size: 4, f: func(x *operands) {
		x.dst = choose(x, 4, func(i int) bool { return x.imm>>i&1 != 0 })
	}},
	"VBLENDMPS": {size: 4, f: blend(4)}, "VPBLENDMD": {size: 4, f: blend(4)}, "VBLENDMPD": {size: 8, f: blend(8)},
	"VPBLENDMQ": {size: 8, f: blend(8)}, "VPBLENDMB": {size: 1, f: blend(1)}, "VPBLENDMW": {size: 2, f: blend(2)},
	"VPCMPEQD": each32(func(a, b uint32) uint32 { return boolMask32(a == b) }),
	"VPCMPGTD": each32(func(a, b uint32) uint32 { return boolMask32(int32(a) > int32(b)) }),
	"VCMPPS": {size: 4, f: func(x *operands) {
		for i := range x.width / 4 {
			is := compares(x.imm, float64(float(x.a.u32(i))), float64(float(x.b.u32(i))))
			x.dst.set32(i, boolMask32(is))
			x.bit(i, is)
		}
	}},
	"VCMPPD": {size: 8, f: func(x *operands) {
		for i := range x.width / 8 {
			is := compares(x.imm, float64of(x.a.u64(i)), float64of(x.b.u64(i)))
			x.dst.set64(i, uint64(int64(int32(boolMask32(is)))))
			x.bit(i, is)
		}
	}},
	"VPCMPD": {size: 4, toMask: true, f: func(x *operands) {
		for i := range x.width / 4 {
			a, b := int32(x.a.u32(i)), int32(x.b.u32(i))
			x.bit(i, integerCompares(x.imm, a < b, a == b))
		}
	}},
	"VPCMPUD": {size: 4, toMask: true, f: func(x *operands) {
		for i := range x.width / 4 {
			a, b := x.a.u32(i), x.b.u32(i)
			x.bit(i, integerCompares(x.imm, a < b, a == b))
		}
	}},
	"VPTESTMD": {size: 4, toMask: true, f: func(x *operands) {
		for i := range x.width / 4 {
			x.bit(i, x.a.u32(i)&x.b.u32(i) != 0)
		}
	}},
	"VPTESTNMD": {size: 4, toMask: true, f: func(x *operands) {
		for i := range x.width / 4 {
			x.bit(i, x.a.u32(i)&x.b.u32(i) == 0)
		}
	}},
	"VPMOVD2M": {size: 4, toMask: true, f: func(x *operands) {
		for i := range x.width / 4 {
			x.bit(i, x.b.u32(i)>>31 != 0)
		}
	}},
	"VSCALEFPS": floats(func(a, b float32) float32 {
		n := math.Floor(float64(b))
		return float32(math.Ldexp(float64(a), int(min(max(n, -400), 400))))
	}),

	"VADDSS": lowest(4, func(x *operands) {
		x.dst.set32(0, math.Float32bits(float(x.a.u32(0))+float(x.b.u32(0))))
	}),
	"VSUBSS": lowest(4, func(x *operands) {
		x.dst.set32(0, math.Float32bits(float(x.a.u32(0))-float(x.b.u32(0))))
	}),
	"VMULSS": lowest(4, func(x *operands) {
		x.dst.set32(0, math.Float32bits(float(x.a.u32(0))*float(x.b.u32(0))))
	}),
	"VDIVSS": lowest(4, func(x *operands) {
		x.dst.set32(0, math.Float32bits(float(x.a.u32(0))/float(x.b.u32(0))))
	}),
	"VMAXSS": lowest(4, func(x *operands) {
		x.dst.set32(0, math.Float32bits(maximum(float(x.a.u32(0)), float(x.b.u32(0)))))
	}),
	"VADDSD": lowest(8, func(x *operands) {
		x.dst.set64(0, math.Float64bits(float64of(x.a.u64(0))+float64of(x.b.u64(0))))
	}),
	"VMOVLHPS": {size: 4, f: func(x *operands) {
		lo := x.a.u64(0)
		x.dst = vector{}
		x.dst.set64(0, lo)
		x.dst.set64(1, x.b.u64(0))
	}},
	"VMOVHLPS": {size: 4, f: func(x *operands) {
		hi := x.a.u64(1)
		x.dst = vector{}
		x.dst.set64(0, x.b.u64(1))
		x.dst.set64(1, hi)
	}},
	"VINSERTPS": {size: 4, fixed: 4, f: func(x *operands) {
		at, b := int(x.imm>>4&3), x.b.u32(0)
		x.dst = x.a
		x.dst.set32(at, b)
		for i := range 4 {
			if x.imm>>i&1 != 0 {
				x.dst.set32(i, 0)
			}
		}
	}},
}

func init() {
	for name, order := range map[string]int{"132": 132, "213": 213, "231": 231} {
		for what, sign := range map[string][2]bool{
			"VFMADD": {}, "VFMSUB": {false, true}, "VFNMADD": {true, false}, "VFNMSUB": {true, true},
		} {
			single, double := fused(order, sign[0], sign[1], false), fused(order, sign[0], sign[1], true)
			vectorRows[what+name+"PS"], vectorRows[what+name+"PD"] = single, double
			scalar := single.f
			// The upper elements are those of the destination, and not of the first source.
			vectorRows[what+name+"SS"] = row{size: 4, fixed: 4, lowest: true, f: func(x *operands) {
				old := x.dst
				scalar(x)
				old.set32(0, x.dst.u32(0))
				x.dst = old
			}}
		}
	}
}

func left(n uint64) func(x, by uint64) uint64 {
	return func(x, by uint64) uint64 {
		if by >= n {
			return 0
		}
		return x << by
	}
}

func right(n uint64) func(x, by uint64) uint64 {
	return func(x, by uint64) uint64 {
		if by >= n {
			return 0
		}
		return x >> by
	}
}

func arithmeticRight(n uint64) func(x, by uint64) uint64 {
	return func(x, by uint64) uint64 { return uint64(signed(x, int(n/8)) >> min(by, n-1)) }
}

// lanes128 chooses halves of two sources.
func lanes128(x *operands) {
	var out vector
	for i := range 2 {
		c := x.imm >> (4 * i) & 15
		from := [...]*vector{&x.a, &x.b}[c>>1&1]
		if c&8 == 0 {
			copy(out[16*i:16*i+16], from[16*(c&1):])
		}
	}
	x.dst = out
}

// choose takes elements of the second source where second says so, else of the first.
func choose(x *operands, size int, second func(i int) bool) vector {
	out := x.a
	for i := range x.width / size {
		if second(i) {
			copy(out.element(i, size), x.b.element(i, size))
		}
	}
	return out
}

// blend is choose by the mask of the instruction, which otherwise would choose what is written: see vectorStep.
func blend(size int) func(x *operands) {
	return func(x *operands) { x.dst = choose(x, size, x.masked) }
}

// compress moves the elements that the mask chooses to the front, before zeros.
func compress(size int) row {
	return row{size: size, f: func(x *operands) {
		x.dst = vector{}
		to := 0
		for i := range x.width / size {
			if x.masked(i) {
				copy(x.dst.element(to, size), x.b.element(i, size))
				to++
			}
		}
	}}
}

// lowest is a row for one element.
func lowest(size int, f func(x *operands)) row {
	return row{size: size, fixed: size, lowest: true, f: func(x *operands) {
		x.dst = x.a
		f(x)
	}}
}

// shiftsAll are the shifts of all elements by the same number.
var shiftsAll = map[string]bool{
	"VPSLLD": true, "VPSRLD": true, "VPSRAD": true, "VPSLLQ": true, "VPSRLQ": true, "VPSRAQ": true, "VPSLLW": true,
	"VPSRLW": true, "VPSRAW": true,
}

// vectorStep reads an instruction of the table: [imm,] [last source, … first source,] [mask,] destination.
func vectorStep(in *instruction) step {
	r, ok := vectorRows[in.name]
	if !ok {
		return nil
	}
	op := in.ops
	to := op[len(op)-1]
	op = op[:len(op)-1]
	var imm uint64
	hasImm := op[0].kind == immediate
	if hasImm {
		imm, op = op[0].value, op[1:]
	}
	mask := -1
	if n := len(op); n > 0 && op[n-1].kind == maskReg {
		mask, op = op[n-1].n, op[:n-1]
	}
	zero, bcst := slices.Contains(in.suffixes, "Z"), slices.Contains(in.suffixes, "BCST")
	blends := strings.HasPrefix(in.name, "VBLENDM") || strings.HasPrefix(in.name, "VPBLENDM")
	compresses := strings.HasPrefix(in.name, "VCOMPRESS") || strings.HasPrefix(in.name, "VPCOMPRESS")
	if compresses && (!zero || to.kind != vectorReg) {
		return nil // keeps what is behind those that it moves
	}
	if shiftsAll[in.name] && !hasImm {
		return nil // shifts by the number in a register
	}
	if in.name == "VPERMILPS" && !hasImm {
		r = perLane(4, func(x *operands, at int) {
			for i := at / 4; i < at/4+4; i++ {
				x.dst.set32(i, x.a.u32(at/4+int(x.b.u32(i)&3)))
			}
		})
	}
	if in.name == "VPERMPD" && hasImm {
		r = row{size: 8, f: func(x *operands) {
			for i := range x.width / 8 {
				x.dst.set64(i, x.b.u64(i&^3+int(x.imm>>(2*(i&3))&3)))
			}
		}}
	}
	// The width of most is that of the destination; of what narrows, and of comparisons, that of the source.
	width := to.width
	for _, o := range op {
		if o.kind == vectorReg && (to.kind == maskReg || r.from > r.size || r.toMemory > 0) {
			width = max(width, o.width)
		}
	}
	if width == 0 {
		return nil
	}
	elements := width / r.size
	if r.from > r.size {
		elements = width / r.from
	}
	if r.toMemory > 0 {
		elements = r.toMemory / r.size
	}
	load := func(m *machine, o *operand, last bool, chosen func(i int) bool) (v vector) {
		if o.kind == general { // VPBROADCASTD AX, Z0
			v.set64(0, m.r[o.n])
			return v
		}
		if o.kind != memory {
			return m.v[o.n]
		}
		addr := o.addr(m)
		switch size := r.size; {
		case bcst:
			x := at(addr, size)
			for i := range width / size {
				copy(v.element(i, size), x)
			}
		case last && r.fixed > 0:
			copy(v[:], at(addr, r.fixed))
		default:
			if r.from > 0 {
				size = r.from
			}
			for i := range elements {
				if chosen(i) || blends {
					copy(v.element(i, size), at(addr+uint64(i*size), size))
				}
			}
		}
		return v
	}
	return func(m *machine) {
		chosen := func(int) bool { return true }
		if mask >= 0 {
			k := m.k[mask]
			chosen = func(i int) bool { return k>>i&1 != 0 }
		}
		x := operands{imm: imm, width: width, masked: chosen}
		if to.kind == vectorReg {
			x.dst = m.v[to.n]
		}
		old := x.dst
		if len(op) > 0 {
			x.b = load(m, &op[0], true, chosen)
		}
		if len(op) > 1 {
			x.a = load(m, &op[1], false, chosen)
		}
		r.f(&x)
		if to.kind == maskReg {
			for i := range elements {
				if !chosen(i) {
					x.mask &^= 1 << i
				}
			}
			m.k[to.n] = x.mask
			return
		}
		if to.kind == memory {
			for i := range elements {
				if chosen(i) {
					copy(at(to.addr(m)+uint64(i*r.size), r.size), x.dst.element(i, r.size))
				}
			}
			return
		}
		end := elements * r.size
		if r.lowest || end < 16 {
			end = 16
		}
		if !blends && !compresses {
			for i := range elements {
				switch {
				case chosen(i):
				case zero:
					clear(x.dst.element(i, r.size))
				default:
					copy(x.dst.element(i, r.size), old.element(i, r.size))
				}
			}
		}
		clear(x.dst[end:])
		m.v[to.n] = x.dst
	}
}

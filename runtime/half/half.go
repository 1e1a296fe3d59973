// Package half converts between float32 and the formats of 16 bits in which weights may be stored.
//
// Both ways are those of IEEE 754: what is widened keeps its value, what is rounded goes to the nearest number of the
// format, of two that are as near to the one whose last bit is 0. Subnormal numbers, infinities and the signs of zeros are
// kept, and NaN stays NaN.
package half

import (
	"math"

	"github.com/nngen/nngen/runtime/cpu"
)

// A Format is a format of 16 bits.
type Format uint8

// The formats.
const (
	Float16  Format = iota // binary16 of IEEE 754: 11 bits of precision, up to 65504
	BFloat16               // the upper half of float32: 8 bits of precision, and its range
)

// Kernels tells whether kernels for the format may run.
func (f Format) Kernels() bool {
	return cpu.HasNEON || cpu.HasAVX2FMA && (f == BFloat16 || cpu.HasF16C)
}

// Widen returns the number with the bits h.
func (f Format) Widen(h uint16) float32 {
	if f == BFloat16 {
		return math.Float32frombits(uint32(h) << 16)
	}
	sign, m := uint32(h&0x8000)<<16, uint32(h&0x7fff)
	switch {
	case m > 0x7c00: // NaN, made quiet
		m = 0x7fc00000 | m<<13
	case m == 0x7c00:
		m = 0x7f800000
	case m < 0x400: // a multiple of 2⁻²⁴
		m = math.Float32bits(float32(m) * (1.0 / (1 << 24)))
	default:
		m = m<<13 + (127-15)<<23
	}
	return math.Float32frombits(sign | m)
}

// Round returns the bits of x, rounded.
func (f Format) Round(x float32) uint16 {
	u := math.Float32bits(x)
	m := u & 0x7fffffff
	if f == BFloat16 {
		if m > 0x7f800000 {
			return uint16(u>>16) | 0x40
		}
		return uint16((u + 0x7fff + u>>16&1) >> 16)
	}
	sign := uint16(u >> 16 & 0x8000)
	switch {
	case m > 0x7f800000:
		return sign | 0x7e00 | uint16(m>>13&0x3ff)
	case m >= 0x477ff000: // 65520, halfway from the largest number to where the next would be, or more
		return sign | 0x7c00
	case m < 0x38800000: // below 2⁻¹⁴: the sum with ½ is rounded to a multiple of 2⁻²⁴
		return sign | uint16(math.Float32bits(math.Float32frombits(m)+0.5)-math.Float32bits(0.5))
	}
	return sign | uint16((m+0xfff+m>>13&1-(127-15)<<23)>>13)
}

// chunk is the most groups of 16 numbers that one call of a kernel widens: at 6 bytes a number, 0.75 MiB take less than the
// 0.1 ms for which the garbage collector may wait.
const chunk = 1 << 13

// Widen writes the numbers with the bits of src to dst. It panics if dst is shorter.
func Widen(f Format, dst []float32, src []uint16) {
	dst = dst[:len(src):len(dst)]
	for f.Kernels() && len(src) >= 16 {
		cpu.Preempt()
		groups := min(len(src)/16, chunk)
		if f == Float16 {
			widenFloat16SIMD(&dst[0], &src[0], groups)
		} else {
			widenBFloat16SIMD(&dst[0], &src[0], groups)
		}
		dst, src = dst[16*groups:], src[16*groups:]
	}
	widenGeneric(f, dst, src)
}

func widenGeneric(f Format, dst []float32, src []uint16) {
	for i, h := range src {
		dst[i] = f.Widen(h)
	}
}

// Round writes the bits of the numbers of src, rounded, to dst. It panics if dst is shorter.
func Round(f Format, dst []uint16, src []float32) {
	dst = dst[:len(src):len(dst)]
	for i, x := range src {
		dst[i] = f.Round(x)
	}
}

package kerneltest

import (
	"math"
	"unsafe"
)

// guard is how many elements lie before and behind a buffer to catch stray writes: more
// than two AVX-512 registers.
const guard = 40

// sentinel fills the guards: a NaN, so that a kernel that computes with it shows.
const sentinel = 0x7fa5a5a5

// A buffer is a slice between guards.
type buffer struct {
	all   []float32
	s     []float32
	start int
}

// newBuffer returns a zeroed buffer of n elements that starts `start` elements after a
// multiple of 32 bytes.
func newBuffer(n, start int) buffer {
	all := make([]float32, n+2*guard+16)
	skew := 0
	for uintptr(unsafe.Pointer(&all[guard+skew]))%32 != 0 {
		skew++
	}
	at := guard + skew + start
	for i := range all {
		if i < at || i >= at+n {
			all[i] = math.Float32frombits(sentinel)
		}
	}
	return buffer{all: all, s: all[at : at+n : at+n], start: start}
}

// Guarded returns a slice of n elements between guards, which starts `start` elements after
// a multiple of 32 bytes, and a function that tells how far from its ends something was
// written: negative before the start, positive past the end, 0 if nothing was.
func Guarded(n, start int) (s []float32, broken func() int) {
	b := newBuffer(n, start)
	return b.s, b.broken
}

// broken returns 0 if the guards are as they were.
func (b *buffer) broken() int {
	at := b.at()
	for i, x := range b.all {
		if math.Float32bits(x) == sentinel {
			continue
		}
		if i < at {
			return i - at
		}
		if i >= at+len(b.s) {
			return i - at - len(b.s) + 1
		}
	}
	return 0
}

// at returns the index in all at which s starts.
func (b *buffer) at() int {
	skew := 0
	for uintptr(unsafe.Pointer(&b.all[guard+skew]))%32 != 0 {
		skew++
	}
	return guard + skew + b.start
}

func clone(bufs []buffer) []buffer {
	out := make([]buffer, len(bufs))
	for i, b := range bufs {
		out[i] = newBuffer(len(b.s), b.start)
		copy(out[i].s, b.s)
	}
	return out
}

func slices(bufs []buffer) [][]float32 {
	s := make([][]float32, len(bufs))
	for i := range bufs {
		s[i] = bufs[i].s
	}
	return s
}

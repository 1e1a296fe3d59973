// Package mapped gives room for many numbers, more than memory holds: from some size on in a temporary file that the
// system maps, and writes to disk where memory is short. So the memory of a process does not grow with its data.
//
// The files have no name: the system takes them back when the process ends, however it ends. Where it maps no files, or
// no file can be made, room is memory as any other.
package mapped

import (
	"sync"

	"github.com/nngen/nngen/runtime/mem"
)

// least is the number of floats from which on a file is worth its cost: 32 MiB.
const least = 8 << 20

// leastFile is the number of bytes from which on mapping a file is worth it: less is read in a fraction of a millisecond,
// and a mapping stays until the process ends, of which a system has so many.
const leastFile = 1 << 20

// maps holds what is mapped, by the first number.
var maps sync.Map

// Floats returns n zeros.
func Floats(n int) []float32 { return floats(n, n) }

// floats returns n zeros with room for so many.
func floats(n, room int) []float32 {
	if room >= least {
		if b := anonymous(4 * room); b != nil {
			if x, ok := mem.Floats(b); ok {
				maps.Store(&x[0], b)
				return x[:n]
			}
			unmap(b)
		}
	}
	return make([]float32, n, room)
}

// Extend returns x with n zeros more, in its own room or in larger one.
func Extend(x []float32, n int) []float32 {
	at := len(x)
	if at+n <= cap(x) {
		x = x[:at+n]
		clear(x[at:])
		return x
	}
	y := floats(at+n, max(2*cap(x), at+n))
	copy(y, x)
	Free(x)
	return y
}

// Reserve returns x with room for n numbers in all, so that Extend need not copy them up to there.
func Reserve(x []float32, n int) []float32 {
	if n <= cap(x) {
		return x
	}
	y := floats(len(x), n)
	copy(y, x)
	Free(x)
	return y
}

// Free gives room back that Floats, Extend or Reserve gave, which nothing may read any longer. Other slices are left to
// the garbage collector.
func Free(x []float32) {
	if cap(x) == 0 {
		return
	}
	if b, ok := maps.LoadAndDelete(&x[:1][0]); ok {
		unmap(b.([]byte))
	}
}

// File returns the contents of a file as they are mapped, for reading and for changes that the file never sees; nil
// where the system maps none, and for small ones. Nothing else may shorten the file.
func File(name string) []byte { return file(name) }

// Package mem views memory that holds float32 numbers in other ways, without copying. It is the only
// package of the runtime that uses unsafe.
package mem

import (
	"runtime"
	"unsafe"
)

// Flat returns the numbers of *p one after another, in the order of its fields. T must consist of
// float32 arrays and structs of them alone, which have no padding; Flat panics if the size of a T is
// not a multiple of 4. The slice shares the memory of *p.
func Flat[T any](p *T) []float32 {
	size := unsafe.Sizeof(*p)
	if size%4 != 0 {
		panic("mem: Flat of a type that is not made of float32")
	}
	if size == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(p)), size/4)
}

// Halves is Floats for numbers of 16 bits.
func Halves(b []byte) ([]uint16, bool) {
	if len(b) < 2 {
		return nil, true
	}
	one := uint16(1)
	first := unsafe.Pointer(unsafe.SliceData(b))
	if *(*byte)(unsafe.Pointer(&one)) != 1 || uintptr(first)%2 != 0 {
		return nil, false
	}
	return unsafe.Slice((*uint16)(first), len(b)/2), true
}

// Floats returns b, the bytes of float32 numbers in little-endian order, as those numbers. The slice shares the memory of
// b. It returns false where the processor could not read them so: it is big-endian, or wants numbers to be aligned
// that are not.
func Floats(b []byte) ([]float32, bool) {
	if len(b) < 4 {
		return nil, true
	}
	one := uint16(1)
	first := unsafe.Pointer(unsafe.SliceData(b))
	switch little := *(*byte)(unsafe.Pointer(&one)) == 1; {
	case !little:
		return nil, false
	case runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" && runtime.GOARCH != "386" && uintptr(first)%4 != 0:
		return nil, false
	}
	return unsafe.Slice((*float32)(first), len(b)/4), true
}

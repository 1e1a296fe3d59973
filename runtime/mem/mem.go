// Package mem views memory that holds float32 numbers in other ways, without copying. It is the only
// package of the runtime that uses unsafe.
package mem

import "unsafe"

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

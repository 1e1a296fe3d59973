package kerneltest

import (
	"runtime/debug"
	"testing"
	"unsafe"
)

// TestPageEndFaults reads the element behind a slice, which must fault.
func TestPageEndFaults(t *testing.T) {
	for _, n := range []int{1, 7, 5000} {
		s := pageEnd(0, n)
		if s == nil {
			t.Skip("CANNOT MAP MEMORY HERE: reads past the inputs of kernels are not checked")
		}
		if !faults(unsafe.Add(unsafe.Pointer(&s[n-1]), 4)) {
			t.Errorf("n=%d: reading past the end did not fault", n)
		}
	}
}

func faults(p unsafe.Pointer) (faulted bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { faulted = recover() != nil }()
	sink = *(*float32)(p)
	return false
}

var sink float32

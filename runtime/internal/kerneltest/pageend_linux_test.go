package kerneltest

import (
	"runtime/debug"
	"testing"
	"unsafe"
)

// TestFencesFault reads the elements behind and before a slice, which must fault.
func TestFencesFault(t *testing.T) {
	for _, n := range []int{1, 7, 5000} {
		s, z := Fenced(0, n, AtEnd), Fenced(1, n, AtStart)
		if s == nil || z == nil {
			t.Skip("CANNOT MAP MEMORY HERE: reads beyond the slices of kernels are not checked")
		}
		if !faults(unsafe.Add(unsafe.Pointer(&s[n-1]), 4)) {
			t.Errorf("n=%d: reading past the end did not fault", n)
		}
		if !faults(unsafe.Add(unsafe.Pointer(&z[0]), -4)) {
			t.Errorf("n=%d: reading before the start did not fault", n)
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

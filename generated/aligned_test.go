package generated

import (
	"testing"
	"unsafe"

	"github.com/nngen/nngen/generated/digits"
	"github.com/nngen/nngen/generated/iris"
)

// TestModelsWithKernelsBeginAtACacheLine allocates Models whose arrays kernels made for the network read by registers as
// large as a cache line.
func TestModelsWithKernelsBeginAtACacheLine(t *testing.T) {
	for range 20 {
		for name, m := range map[string]unsafe.Pointer{
			"digits": unsafe.Pointer(digits.Default()), "iris": unsafe.Pointer(iris.Default())} {
			if at := uintptr(m) % 64; at != 0 {
				t.Errorf("a Model of %s begins %d bytes behind a cache line", name, at)
			}
		}
	}
}

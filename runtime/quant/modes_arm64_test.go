//go:build arm64 && !purego

package quant

import (
	"testing"

	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// modes is kerneltest.Modes, and once without dot products where the processor has them.
func modes(t *testing.T, f func(t *testing.T)) {
	kerneltest.Modes(t, f)
	if !cpu.HasDotProducts || !cpu.HasNEON {
		t.Log("!!! THE KERNELS OF DOT PRODUCTS ARE NOT TESTED: this processor has no SDOT !!!")
		return
	}
	cpu.HasDotProducts = false
	defer func() { cpu.HasDotProducts = true }()
	t.Run("without dot products", f)
}

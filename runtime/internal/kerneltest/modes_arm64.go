//go:build arm64 && !purego

package kerneltest

import (
	"testing"

	"github.com/nngen/nngen/runtime/cpu"
)

// Modes runs f once as the program would run and once with the kernels switched off.
func Modes(t *testing.T, f func(t *testing.T)) {
	if !cpu.HasNEON {
		t.Logf("!!! THE NEON KERNELS ARE NOT TESTED: NNRT=%s !!!", cpu.Generic)
		t.Run("generic", f)
		return
	}
	t.Run("neon", f)
	t.Run("generic", func(t *testing.T) {
		cpu.HasNEON = false
		defer func() { cpu.HasNEON = true }()
		f(t)
	})
}

func haveKernels() bool { return cpu.HasNEON }

//go:build amd64 && !purego

package kerneltest

import (
	"os"
	"testing"

	"github.com/nngen/nngen/runtime/cpu"
)

// Modes runs f once as the program would run and once with the kernels switched off. On
// a machine without AVX2 it says loudly that the kernels were not tested.
func Modes(t *testing.T, f func(t *testing.T)) {
	if !cpu.HasAVX2FMA {
		why := "this machine has no AVX2 and FMA"
		if os.Getenv("NNRT") == cpu.Generic {
			why = "NNRT=generic"
		}
		t.Logf("!!! THE AVX2 KERNELS ARE NOT TESTED: %s !!!", why)
		t.Run("generic", f)
		return
	}
	t.Run("avx2", f)
	t.Run("generic", func(t *testing.T) {
		cpu.HasAVX2FMA = false
		defer func() { cpu.HasAVX2FMA = true }()
		f(t)
	})
}

func haveKernels() bool { return cpu.HasAVX2FMA }

//go:build amd64 && !purego

package kerneltest

import (
	"os"
	"testing"

	"github.com/nngen/nngen/runtime/cpu"
)

// Modes runs f for each instruction set that the machine has, from the best one on, and then with the kernels switched
// off. On a machine without AVX2 it says loudly that the kernels were not tested. With NNRT=generic there is nothing to
// do that a plain run does not.
func Modes(t *testing.T, f func(t *testing.T)) {
	if os.Getenv("NNRT") == cpu.Generic && !Emulated {
		t.Skip("with the kernels switched off, a plain run has run this")
	}
	if !cpu.HasAVX2FMA && !Emulated {
		t.Log("!!! THE AVX2 KERNELS ARE NOT TESTED: this machine has no AVX2 and FMA !!!")
		t.Run("generic", f)
		return
	}
	avx2, avx512, vnni := cpu.HasAVX2FMA, cpu.HasAVX512, cpu.HasVNNI
	defer func() { cpu.HasAVX2FMA, cpu.HasAVX512, cpu.HasVNNI = avx2, avx512, vnni }()
	if avx512 || vnni || Emulated {
		cpu.HasAVX2FMA, cpu.HasAVX512, cpu.HasVNNI = true, avx512 || Emulated, vnni || Emulated
		t.Run("avx512", f)
	}
	cpu.HasAVX2FMA, cpu.HasAVX512, cpu.HasVNNI = true, false, false
	if !Emulated || everything() {
		t.Run("avx2", f)
	}
	if !Emulated { // elsewhere twins are compared with themselves
		cpu.HasAVX2FMA = false
		t.Run("generic", f)
	}
}

func haveKernels() bool { return cpu.HasAVX2FMA }

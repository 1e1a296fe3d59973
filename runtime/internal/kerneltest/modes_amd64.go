//go:build amd64 && !purego

package kerneltest

import (
	"os"
	"testing"

	"github.com/nngen/nngen/runtime/cpu"
)

// Modes runs f for each instruction set that the machine has, and with AVX-512 as each kind of processor takes it, and
// then with the kernels switched off. On a machine without AVX2 it says loudly that the kernels were not tested. With
// NNRT=generic there is nothing to do that a plain run does not.
func Modes(t *testing.T, f func(t *testing.T)) {
	if os.Getenv("NNRT") == cpu.Generic && !Emulated {
		t.Skip("with the kernels switched off, a plain run has run this")
	}
	if !cpu.HasAVX2FMA && !Emulated {
		t.Log("!!! THE AVX2 KERNELS ARE NOT TESTED: this machine has no AVX2 and FMA !!!")
		t.Run("generic", f)
		return
	}
	avx2, avx512, split, vnni := cpu.HasAVX2FMA, cpu.HasAVX512, cpu.HasSplitAVX512, cpu.HasVNNI
	set := func(on2, on512, onSplit, onVNNI bool) {
		cpu.HasAVX2FMA, cpu.HasAVX512, cpu.HasSplitAVX512, cpu.HasVNNI = on2, on512, onSplit, onVNNI
	}
	defer set(avx2, avx512, split, vnni)
	defer func(keeps bool) { cpu.KeepsClock = keeps }(cpu.KeepsClock)
	cpu.KeepsClock = true // so that what small products take there runs on all machines
	if split || vnni || Emulated {
		set(true, split || Emulated, split || Emulated, vnni || Emulated)
		t.Run("avx512", f)
	}
	if split && !Emulated {
		set(true, false, true, vnni)
		t.Run("avx512 in halves", f)
	}
	set(true, false, false, false)
	if !Emulated || everything() {
		t.Run("avx2", f)
	}
	if !Emulated { // elsewhere twins are compared with themselves
		cpu.HasAVX2FMA = false
		t.Run("generic", f)
	}
}

func haveKernels() bool { return cpu.HasAVX2FMA }

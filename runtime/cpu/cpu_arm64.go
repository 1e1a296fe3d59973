//go:build arm64 && !purego

package cpu

import (
	"encoding/binary"
	"os"
	"runtime"
)

// HasNEON tells whether the kernels for arm64 may run: each processor of ARMv8-A has their instructions, so they may
// unless NNRT says generic. It is a variable so that tests can switch the kernels off; nothing else may write it.
var HasNEON = os.Getenv("NNRT") != Generic

// HasDotProducts tells whether kernels for arm64 may add products of bytes by SDOT, which processors have from ARMv8.2 on,
// some of them. It is a variable as HasNEON is.
var HasDotProducts = HasNEON && detectDotProducts()

// detectDotProducts asks the operating system, since a program may not ask the processor: Linux says it in the auxiliary
// vector, and each machine of macOS has them. Others are taken to lack them.
func detectDotProducts() bool {
	switch runtime.GOOS {
	case "darwin":
		return true
	case "linux", "android":
		b, err := os.ReadFile("/proc/self/auxv")
		return err == nil && dotProducts(b)
	}
	return false
}

// dotProducts finds the answer in an auxiliary vector: pairs of a key and a value of 64 bits each (Linux,
// Documentation/arch/arm64/elf_hwcaps.rst).
func dotProducts(auxv []byte) bool {
	const hwcap, dot = 16, 1 << 20 // AT_HWCAP, HWCAP_ASIMDDP
	for ; len(auxv) >= 16; auxv = auxv[16:] {
		if binary.LittleEndian.Uint64(auxv) == hwcap {
			return binary.LittleEndian.Uint64(auxv[8:])&dot != 0
		}
	}
	return false
}

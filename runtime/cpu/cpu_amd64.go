//go:build amd64 && !purego

package cpu

import "os"

// HasAVX2FMA tells whether AVX2 and FMA3 kernels may run: the processor has both, the
// operating system saves the YMM registers, and NNRT does not say generic. It is a
// variable so that tests can switch the kernels off; nothing else may write it.
var HasAVX2FMA = os.Getenv("NNRT") != Generic && detectAVX2FMA()

// The feature bits are those of Intel's Software Developer's Manual, volume 2, CPUID and
// XGETBV, and of AMD's Architecture Programmer's Manual, volume 3, appendix E.
const (
	ecx1FMA     = 1 << 12
	ecx1OSXSAVE = 1 << 27
	ecx1AVX     = 1 << 28
	ebx7AVX2    = 1 << 5
	xcr0SSE     = 1 << 1
	xcr0AVX     = 1 << 2
)

func detectAVX2FMA() bool {
	maxLeaf, _, _, _ := cpuid(0, 0)
	if maxLeaf < 7 {
		return false
	}
	const need1 = ecx1FMA | ecx1OSXSAVE | ecx1AVX
	if _, _, ecx, _ := cpuid(1, 0); ecx&need1 != need1 {
		return false
	}
	const needX = xcr0SSE | xcr0AVX
	if eax, _ := xgetbv(); eax&needX != needX {
		return false
	}
	_, ebx, _, _ := cpuid(7, 0)
	return ebx&ebx7AVX2 != 0
}

// cpuid executes CPUID for a leaf and subleaf.
func cpuid(leaf, subleaf uint32) (eax, ebx, ecx, edx uint32)

// xgetbv reads the extended control register XCR0. It faults unless OSXSAVE is set.
func xgetbv() (eax, edx uint32)

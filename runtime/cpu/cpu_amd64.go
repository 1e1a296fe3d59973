//go:build amd64 && !purego

package cpu

import "os"

// HasAVX2FMA tells whether AVX2 and FMA3 kernels may run: the processor has both, the
// operating system saves the YMM registers, and NNRT does not say generic. It is a
// variable so that tests can switch the kernels off; nothing else may write it.
var HasAVX2FMA = os.Getenv("NNRT") != Generic && detectAVX2FMA()

// machine is the processor that the program runs on.
var machine = identify(cpuid, xgetbv)

// identity is what a processor says of itself: EAX and ECX of CPUID's leaf 1, and EBX and ECX of leaf 7, 0 if it has
// none. xcr0 has the bits of the registers that the operating system saves, none where it saves none.
type identity struct {
	vendor                 [12]byte
	eax1, ecx1, ebx7, ecx7 uint32
	xcr0                   uint32
}

// identify asks for each leaf once: on a virtual machine the hypervisor answers CPUID, which takes some thousand times
// as long as other instructions.
func identify(
	cpuid func(leaf, subleaf uint32) (eax, ebx, ecx, edx uint32), xgetbv func() (eax, edx uint32),
) (p identity) {
	last, b, c, d := cpuid(0, 0)
	for i, word := range [...]uint32{b, d, c} {
		for j := range 4 {
			p.vendor[4*i+j] = byte(word >> (8 * j))
		}
	}
	p.eax1, _, p.ecx1, _ = cpuid(1, 0)
	if last >= 7 {
		_, p.ebx7, p.ecx7, _ = cpuid(7, 0)
	}
	if p.ecx1&ecx1OSXSAVE != 0 {
		p.xcr0, _ = xgetbv()
	}
	return p
}

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
	const need1, needX = ecx1FMA | ecx1AVX, xcr0SSE | xcr0AVX
	return machine.ecx1&need1 == need1 && machine.xcr0&needX == needX && machine.ebx7&ebx7AVX2 != 0
}

// cpuid executes CPUID for a leaf and subleaf.
func cpuid(leaf, subleaf uint32) (eax, ebx, ecx, edx uint32)

// xgetbv reads the extended control register XCR0. It faults unless OSXSAVE is set.
func xgetbv() (eax, edx uint32)

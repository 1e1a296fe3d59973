//go:build amd64 && !purego

package cpu

// HasF16C tells whether kernels may convert float16 numbers: HasAVX2FMA, and the processor has F16C. It is a variable as
// HasAVX2FMA is.
var HasF16C = HasAVX2FMA && detectF16C()

func detectF16C() bool {
	const ecx1F16C = 1 << 29
	return machine.ecx1&ecx1F16C != 0
}

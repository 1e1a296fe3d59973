package abi

// RowWidth returns which of the kernels for rows of f elements takes them: 0 and 1 hold a row in one register or two, 2
// reads it piece by piece.
func RowWidth(f int) int {
	switch {
	case f <= 8:
		return 0
	case f <= 16:
		return 1
	}
	return 2
}

// The kernels for rows, by RowWidth.
var (
	SoftmaxKernels      = [...]string{"softmax8SIMD", "softmax16SIMD", "softmaxRowsSIMD"}
	CrossEntropyKernels = [...]string{"crossEntropy8SIMD", "crossEntropy16SIMD", "crossEntropyRowsSIMD"}
)

package gemm

// What the functions of this package panic with.
const (
	badSize     = "gemm: a size or stride is negative or above 2³¹−1"
	badPlace    = "gemm: a place is negative, beyond 2²⁹−1, or before the last one"
	badSlide    = "gemm: Slide has at most 6 columns, and neither continues sums nor reads saved outputs"
	badSlideMax = "gemm: SlideMax has none of the sizes and epilogues that SlidesMax tells"
	badA        = "gemm: A is shorter than its shape, or its stride too small"
	badB        = "gemm: B is shorter than its shape, or its stride too small"
	badC        = "gemm: C is shorter than its shape, or its stride too small"
	badPacked   = "gemm: the packed matrix is shorter than PackedLen"
	badBias     = "gemm: the bias is shorter than n"
	badSaved    = "gemm: the saved output is shorter than C"
)

// checkSizes panics unless all sizes lie between 0 and 2³¹−1; strides is the bitwise or of
// the strides. Products of two of them then fit in 64 bits.
func checkSizes(m, n, k, strides int) {
	if uint64(m|n|k|strides)>>31 != 0 {
		panic(badSize)
	}
}

// checkMatrix panics with text unless x holds rows×cols elements with row stride ld.
func checkMatrix(rows, cols int, x []float32, ld int, text string) {
	if ld < cols || int64(rows-1)*int64(ld)+int64(cols) > int64(len(x)) && rows > 0 && cols > 0 {
		panic(text)
	}
}

// checkC panics unless C and the slice of the epilogue are long enough for m, n > 0.
func checkC(m, n int, c []float32, ldc int, ep Epilogue) {
	need := int64(m-1)*int64(ldc) + int64(n)
	if ldc < n || need > int64(len(c)) {
		panic(badC)
	}
	if ep.bias() && n > len(ep.v) {
		panic(badBias)
	}
	if derives && ep.grad() && need > int64(len(ep.v)) {
		panic(badSaved)
	}
}

// checkPacked panics unless so many elements hold a packed k×n matrix.
func checkPacked(k, n, size int) {
	if int64(k)*((int64(n)+nr-1)/nr*nr) > int64(size) {
		panic(badPacked)
	}
}

package gemm

import "github.com/nngen/nngen/runtime/cpu"

// small says that small products have kernels of their own, which copies do without.
const small = true //nngen:part plan

// The most rows of a small product, and its most columns and terms. Of more terms, the tile kernel is as fast.
const (
	smallRows = 32
	smallSide = 16
)

// smallSizes tells whether a product of so many rows, columns and terms is small: one kernel without blocks, packing and
// masks computes its sums in less time than the way to the tile kernel takes. Single rows, and less columns than half of
// a register has, are not for it.
func smallSizes(m, n, k int) bool {
	return uint(m-2) <= smallRows-2 && uint(n-4) <= smallSide-4 && uint(k-1) <= smallSide-1
}

// isSmall tells whether the kernel for small products takes one.
func isSmall(m, n, k int) bool { return cpu.HasAVX2FMA && smallSizes(m, n, k) }

// Products of 4, 8, 16 or 32 rows, columns and terms each, of matrices without gaps and without an epilogue, have
// kernels that take three addresses: of so little work, a third is the way there, and of 4 rows nearly all. Of 8 rows
// there is one for AVX2 and one for AVX-512 at full width. Those of 16 and 32 are for AVX-512. Up to 16 rows it is taken
// where it does not lower the clock, which it may elsewhere, for all that runs behind them.

// whole16 tells whether AVX-512 takes cubes of 16 rows.
func whole16() bool { return cpu.HasSplitAVX512 && cpu.KeepsClock }

// multiplyWhole32 computes C = A·B for a cube of 32 rows.
func multiplyWhole32(a, b, c []float32) {
	if cpu.HasAVX512 {
		gemmFull32AVX512(&a[0], &b[0], &c[0])
	} else {
		gemmWhole32AVX512(&a[0], &b[0], &c[0])
	}
}

// isCube tells whether the kernel for cubes takes a product: of 4, 8 or 16 rows, columns and terms each, without an
// epilogue.
func isCube(m, n, k int, ep Epilogue) bool {
	return m == n && n == k && (n == 4 || n == 8 || n == 16) && ep.mode == 0 && cpu.HasAVX2FMA
}

// square tells whether so many elements hold n×n with a row stride, which is less than 2³¹.
func square(n, size, ld int) bool { return n <= ld && uint(ld)>>31 == 0 && (n-1)*ld+n <= size }

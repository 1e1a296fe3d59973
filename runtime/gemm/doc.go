// Package gemm multiplies float32 matrices, all row-major, on one goroutine.
//
//	NN        C = A·B     A m×k  B k×n
//	NT        C = A·Bᵀ    A m×k  B n×k
//	TN        C = Aᵀ·B    A k×m  B k×n
//	NNPacked  C = A·B     B packed by Pack
//
// C is m×n. An [Epilogue] says what happens to each sum before it is stored: a bias, an
// activation, the gradient of one, or that the sum continues what C holds.
//
// # The same bits everywhere
//
// The Go twins in generic.go are the definition; the kernels give the same bits. Each
// element of C is a chain of fused multiply-adds in the order of p, begun at +0, or at
// C[i,j] with Accumulate:
//
//	s = +0
//	for p := 0; p < k; p++ { s = FMA(A[i,p], B[p,j], s) }
//
// No vector width, tile or block changes that chain, so neither do m, lda, ldb, ldc, nor
// whether B is packed. NT and TN form the same chains as NN.
//
// One chain per element is too slow for a product with few columns and one row, where the
// latency of the multiply-add and not the processor's width would limit it. NN and
// NNPacked therefore cut k into several chains, which are then added in order:
//
//	n ≤ 16, k ≥ 16 and k ≥ 3n   4 chains
//	n ≤ 32, k ≥ 2n otherwise    2 chains, from n = 17 on
//	else                        1 chain
//
// With s chains, chain i is over p from i·⌊k/s⌋ to (i+1)·⌊k/s⌋, the last one to k. The cut is
// a function of n and k alone, so one example gives the bits that it gives within a batch.
// Products that continue C (Accumulate), NT and TN are never cut: TN over the first rows
// and then Accumulate over the others gives the bits of one TN.
//
// # Weights in place
//
// A Layer reads panels, or rows as weight files have them: an [InPlace] leaves embedded weights in the file of the
// program, where that is as fast, until a batch wants panels. So the start of a program neither copies nor writes them.
//
// # Instruction sets
//
// On amd64 there are kernels for AVX2 and, for products of 2¹⁵ multiply-adds or more with more than 8 columns, for AVX-512,
// where package cpu says that it is the faster one: where the clock is kept, of 2¹⁰; where 512 bits are two halves, for
// those whose columns fill pairs of panels, or nearly, unless the terms are few, or not many for a large C, or the rows of A whole pages apart and not
// copied, and for single rows with matrices of some sizes.
// NNRT=avx2, avx512 or generic in the environment forces one. Small products, of 2 to 32 rows, 4 to 16 columns and 1 to
// 16 terms, have kernels of AVX2 that read A and B as they are, and cubes of 8 to 32 rows ones of AVX-512; NN of many
// rows and 2 to 4 columns, of four chains, has one whose lanes are chains and columns; and TN of few columns is
// computed as the transpose of Bᵀ·A. B is packed alike for all. Rows of A that lie anywhere, as those of convolutions,
// have a kernel of AVX2 (see Gathers); elsewhere package conv takes a product for each part of A. On machines without
// AVX-512 package runtime/internal/emulate runs its kernels in tests.
//
// On arm64 the kernels of AVX2 for tiles, rows, gathered rows and panels are printed for NEON; those of small products, of
// few columns, and of rows that slide are of amd64 alone.
package gemm

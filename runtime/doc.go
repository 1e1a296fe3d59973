// Package runtime is the parent of the packages that generated code calls. It has no code
// of its own; this page says what they promise about numbers.
//
// # One definition, many speeds
//
// For each kernel there is a Go function, its twin, that performs the same operations in
// the same order. The twin is the definition: where a kernel and its twin differ in one bit,
// the kernel is wrong. NaN payloads are the only exception, since IEEE 754 leaves them to
// the processor. So a model computes the same bits on amd64 with AVX-512, AVX2 or neither, on arm64,
// on wasm, and in a purego build. NNRT=generic in the environment forces the twins in any
// build, which makes a suspicion about a kernel easy to settle; avx2 and avx512 choose between kernels.
//
// Three rules keep the twins themselves independent of the platform:
//
//   - A fused multiply-add is written f32.FMA, a separate product is converted explicitly:
//     float32(a*b) + c. Go lets a compiler fuse a*b + c, and on arm64 it does.
//   - A sum has one order. What may be done side by side are different sums.
//   - Only +, −, ×, ÷, √ and fused multiply-add are used. IEEE 754 defines each to the last
//     bit; it defines no exponential.
//
// Go does not preempt assembly, and the garbage collector waits for it, so what one call of a kernel does is bounded to some
// 0.1 ms: products to 4·10⁶ multiply-adds, and to 5·10⁵ for each row (package gemm cuts columns into panels, rows into tiles,
// and chains, which continue from call to call), functions of elements and of rows to 2¹⁶ elements, sparse tiles to 2¹⁶
// connections. Between two calls, cpu.Preempt is where Go may stop: a loop of calls alone has no such place.
// What is split are different elements, or a chain between two terms, so the bits are the same. Rows of more than 2¹⁶
// elements (softmax, layer norm, losses) go through other functions, a part of a row in each call.
//
// # Exact: f32.FMA
//
// Package f32 computes a·b + c with a single rounding on every platform, whether or not the
// processor has the instruction. The product of two float32 has at most 48 bits and is exact
// in float64. The sum with c is rounded to 53 bits and then to 24. Rounding twice differs
// from rounding once only if the first result is a halfway point of float32 and the exact sum
// is not, so in the cases that could be that, the first rounding is done to odd, after which
// the second is right (Boldo and Melquiond, IEEE Trans. Computers 57(4), 2008). For
// subnormal results the halfway points have even more trailing zeros, and the same repair
// covers them. The tests compare with arithmetic of unlimited precision, on random bits and
// on sums within a hair of a tie.
//
// # Exact in its order, bounded in its error: products of matrices
//
// In package gemm each element of C is a chain s ← FMA(A[i,p], B[p,j], s) in the order of p.
// A register tile computes many such chains side by side and lengthens each by one term a
// step, so no tile, vector width or cache block changes a bit, and neither do strides,
// packing, or the other rows of a batch.
//
// One chain per element cannot use the processor when a product has one row and few
// columns: a multiply-add waits for the one before. There, and for no other reason, k is cut
// into two or four chains that are added in order. The cut depends on n and k alone, never on
// m: an example has the same result alone as in a batch, and the prediction the same as the
// forward pass in training. Products that continue a sum (Accumulate), and NT and TN, are
// never cut, so a gradient summed over parts of a batch has the bits of the whole.
//
// A chain of k terms rounds k times, so with u = 2⁻²⁴
//
//	|ŝ − Σ aₚbₚ| ≤ γₖ Σ |aₚbₚ|,   γₖ = k·u / (1 − k·u)
//
// (Higham, Accuracy and Stability of Numerical Algorithms, §3.1, with one rounding a term
// thanks to the fused multiply-add). Cut into r chains of k/r terms the bound falls to
// γ with index k/r + r. A bias adds one rounding of the sum; the activations of the epilogue are exact
// but for the product by α in LeakyReLU, one rounding, and for the derivatives of sigmoid and tanh,
// y − y² and 1 − y², one rounding each by way of FMA, and one more for the product. This
// holds while nothing overflows or is subnormal; then results are still those of IEEE 754, since denormals
// are kept, and NaN and infinities propagate: a term 0·∞ makes its sum NaN, and no kernel
// skips a term because a factor is 0.
package runtime

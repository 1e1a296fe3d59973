package tiny

import (
	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Act is a function that an epilogue applies, as gemm.Act.
type Act uint8

const (
	Linear Act = iota
	ReLU
	LeakyReLU
)

// Epilogue says what becomes of a sum before it is stored: Bias is added, unless it holds no numbers, then Act applied,
// LeakyReLU with the slope Alpha.
type Epilogue struct {
	Bias  F32
	Act   Act
	Alpha float32
}

// apply works on sums whose columns begin at one.
func (e Epilogue) apply(y []float32, column int) {
	e.Bias.add(y, column)
	switch e.Act {
	case ReLU:
		for j, v := range y {
			y[j] = scalar.ReLU(v)
		}
	case LeakyReLU:
		for j, v := range y {
			y[j] = scalar.LeakyReLU(v, e.Alpha)
		}
	}
}

// widest is the largest number of columns whose sums are cut into chains.
const widest = 32

// splits returns the number of chains that a sum of k terms is cut into, for n columns: see package gemm.
func splits(n, k int) int {
	switch {
	case n <= 16 && k >= 16 && k >= 3*n:
		return 4
	case n > 16 && n <= widest && k >= 2*n:
		return 2
	}
	return 1
}

// terms returns where chain i of s begins and ends in a sum of k terms.
func terms(i, s, k int) (from, to int) {
	if i == s-1 {
		return i * (k / s), k
	}
	return i * (k / s), (i + 1) * (k / s)
}

// NN computes C = A·B for constant B, with the bits of gemm.NN:
//
//	A  m×k, row stride lda
//	B  k×n, row stride ldb
//	C  m×n, row stride ldc; it must not overlap A
func NN(m, n, k int, a []float32, lda int, b F32, ldb int, c []float32, ldc int, e Epilogue) {
	for i := range m {
		y := c[i*ldc:][:n]
		multiply(y, a[i*lda:][:k], b, ldb)
		e.apply(y, 0)
	}
}

// multiply computes y = x·w, a row of NN.
func multiply(y, x []float32, w F32, ld int) {
	clear(y)
	s := splits(len(y), len(x))
	var part [widest]float32
	for t := range s {
		sum := y
		if t > 0 {
			sum = part[:len(y)]
			clear(sum)
		}
		from, to := terms(t, s, len(x))
		for p := from; p < to; p++ {
			w.axpy(x[p], p*ld, sum)
		}
		for j := range y {
			if t > 0 {
				y[j] += sum[j]
			}
		}
	}
}

// chain computes y = x·w + bias, each sum one chain; y += x·w + bias, which continues chains, if more is set. The bias
// begins at bias number from; it may hold none.
func chain(y, x []float32, w F32, ld int, bias F32, from int, more bool) {
	if !more {
		clear(y)
	}
	for p, v := range x {
		w.axpy(v, p*ld, y)
	}
	bias.add(y, from)
}

// NT computes C = A·Bᵀ for constant B, n×k with row stride ldb, with the bits of gemm.NT.
func NT(m, n, k int, a []float32, lda int, b F32, ldb int, c []float32, ldc int, e Epilogue) {
	for i := range m {
		x, y := a[i*lda:][:k], c[i*ldc:][:n]
		for j := range y {
			sum := float32(0)
			for p, v := range x {
				sum = f32.FMA(v, b.At(j*ldb+p), sum)
			}
			y[j] = sum
		}
		e.apply(y, 0)
	}
}

// BatchNN computes C = A·B for count pairs of matrices, one behind another, with the bits of gemm.BatchNN.
func BatchNN(count, m, n, k int, a, b, c []float32) {
	for i := range count * m {
		product(c[i*n:][:n], a[i*k:][:k], b[i/m*k*n:], n)
	}
}

// BatchNT is BatchNN for C = A·Bᵀ.
func BatchNT(count, m, n, k int, a, b, c []float32) {
	for i := range count * m {
		transposed(c[i*n:][:n], a[i*k:][:k], b[i/m*n*k:], k)
	}
}

// product computes y = x·b, a row of gemm.NN.
func product(y, x, b []float32, ld int) {
	clear(y)
	s := splits(len(y), len(x))
	var part [widest]float32
	for t := range s {
		sum := y
		if t > 0 {
			sum = part[:len(y)]
			clear(sum)
		}
		from, to := terms(t, s, len(x))
		for p := from; p < to; p++ {
			f32.Axpy(x[p], b[p*ld:][:len(y)], sum)
		}
		for j := range y {
			if t > 0 {
				y[j] += sum[j]
			}
		}
	}
}

// transposed computes y = x·bᵀ, a row of gemm.NT.
func transposed(y, x, b []float32, ld int) {
	for j := range y {
		sum := float32(0)
		for p, v := range b[j*ld:][:len(x)] {
			sum = f32.FMA(x[p], v, sum)
		}
		y[j] = sum
	}
}

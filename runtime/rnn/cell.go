package rnn

import "github.com/nngen/nngen/runtime/gemm"

// A cell runs step by step, one sequence at a time, with the same chains of fused multiply-adds as of the whole sequence,
// and so the same bits. It may be used by any number of goroutines at once. Those of LSTM and GRU are steppers. The weights
// of others lie in panels of package gemm, those of the input above those of the state, so that the gates of a step are one
// product with both side by side; they hold on to their bias.

// stacked packs some columns of the weights of the input, f×ld, and below them those of the state, u×ld.
func stacked(f, u, ld, from, n int, w, v []float32) []float32 {
	b := make([]float32, (f+u)*n)
	for i := range f {
		copy(b[i*n:][:n], w[i*ld+from:])
	}
	for i := range u {
		copy(b[(f+i)*n:][:n], v[i*ld+from:])
	}
	p := make([]float32, gemm.PackedLen(f+u, n))
	gemm.Pack(f+u, n, b, n, p)
	return p
}

// biasFrom returns the epilogue that adds a bias from an element on; none if it is nil.
func biasFrom(b []float32, from int) gemm.Epilogue {
	if b == nil {
		return gemm.None()
	}
	return gemm.Bias(b[from:])
}

// scratch returns n elements of scratch space.
func scratch(r *room, n int) []float32 {
	if cap(r.x) < n {
		r.x = make([]float32, n)
	}
	return r.x[:n]
}

// checkRun panics unless a shape is that of a cell, and outputs, inputs and states are long enough.
func checkRun(s *Shape, f, u int, h, x []float32, states ...[]float32) {
	s.checkInitial(1, states...)
	s.check(1, [2]int{len(h), s.T * s.U}, [2]int{len(x), s.T * s.F})
	if s.F != f || s.U != u {
		panic(badShape)
	}
}

// checkCell panics unless the slices of a cell with k gates, and rows of biases, are long enough.
func checkCell(s *Shape, k, rows int, w, v, b []float32) {
	s.check(1, [2]int{len(w), k * s.F * s.U}, [2]int{len(v), k * s.U * s.U})
	if b != nil && len(b) < rows*k*s.U {
		panic(badShape)
	}
}

// checkSteps panics unless the slices of n steps, and states, are long enough.
func checkSteps(n, f, u int, y, x, mask []float32, states ...[]float32) {
	if n < 0 || len(y) < n*u || len(x) < n*f || mask != nil && len(mask) < n {
		panic(badShape)
	}
	for _, s := range states {
		if len(s) < u {
			panic(badShape)
		}
	}
}

// taken tells whether a mask, nil for none, lets step i be taken.
func taken(mask []float32, i int) bool { return mask == nil || mask[i] > 0.5 }

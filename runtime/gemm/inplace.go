package gemm

import (
	"sync"

	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/cpu"
)

// An InPlace says where a Layer finds weights k×n that its program embeds: where they are, row by row as in weight
// files, so that a start of the program neither copies nor writes them; or in panels. Batches take panels: those of
// weights in place are packed when the first batch wants them.
//
// After Set, an InPlace may be used by any number of goroutines at once.
type InPlace struct {
	rows []float32 // the weights if they stay where they are; else nil
	once sync.Once
}

// inPlacePanels is the most panels of weights that stay where they are: those that the kernel of AVX-512 takes
// together, so that it reads one row right behind the other. Of more panels it would read a part of each row, and then
// the next part: single rows of 784×512 took 1.2 to 1.4 of the time that panels take, and of 784×128 0.92 to 0.97.
const inPlacePanels = abi.WidePanels

// leastInPlace is the most panels that are packed for being few: with so few sums the kernel waits for each of them,
// and for lines of the cache in addition if rows are not whole ones: 784×64 took 1.03 to 1.13 of the time.
const leastInPlace = 4

// StaysInPlace tells whether weights k×n of a Layer, of sums of one chain, may stay in place on some machines: where
// AVX-512 has the sums of all columns in registers, and one call does the product. There one row of it takes no longer
// than with panels. Without AVX-512, where half as many sums are in registers, 784×128 took 1.3 to 1.7 of the time.
func StaysInPlace(k, n int) bool {
	return leastInPlace*nr < n && n <= inPlacePanels*nr && wideRowWork <= n*k && n*k <= rowWork
}

// Set packs the k×n matrix B to p as Pack does, or, if B may stay in place, and a Layer is as fast then on this
// machine, leaves p as it is and holds on to b, which must not change any more. B lies row by row, without gaps.
//
// Set panics as Pack does.
func (w *InPlace) Set(k, n int, b, p []float32, stays bool) {
	if !stays || !cpu.HasSplitAVX512 || !StaysInPlace(k, n) {
		Pack(k, n, b, n, p)
		return
	}
	checkMatrix(k, n, b, n, badB)
	checkPacked(k, n, len(p))
	w.rows = b
}

// Layer prepares x·B as NewLayer does, with the same bits, for the matrix that Set was called with, and its panels p.
func (w *InPlace) Layer(n, k int, p []float32, ep Epilogue) Layer {
	l := NewLayer(n, k, p, ep)
	if w.rows != nil {
		r := &l.args
		r.b, r.ldb, r.ps, r.padded = &w.rows[0], 4*n, 4*nr, 0
		r.split(1)
	}
	return l
}

// Pack makes sure that p has the panels of the matrix that Set was called with. It does nothing where it did once, or
// Set did. It may be called while Layers run.
func (w *InPlace) Pack(k, n int, p []float32) {
	if w.rows != nil {
		w.once.Do(func() { Pack(k, n, w.rows, n, p) })
	}
}

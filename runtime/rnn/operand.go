package rnn

import "github.com/nngen/nngen/runtime/gemm"

// An operand is a matrix of weights that products of all steps read: k×n, in panels.
type operand struct {
	k, n   int
	b      []float32
	rs, ps int // from a row to the next, and from a panel to the next
}

// packMost is the most elements of a matrix that is packed: what a second-level cache holds.
var packMost = 1 << 16

// packed tells whether weights with k×n elements are packed.
func packed(k, n int) bool { return gemm.PackedLen(k, n) <= packMost }

// packedLen returns the room that an operand needs.
func packedLen(k, n int) int {
	if !packed(k, n) {
		return 0
	}
	return gemm.PackedLen(k, n)
}

// operand returns the first n columns of weights, whose rows have ld elements.
func (r *room) operand(k, n int, m []float32, ld int) operand {
	if !packed(k, n) {
		return operand{k, n, m, ld, nr}
	}
	p := r.cut(gemm.PackedLen(k, n))
	gemm.Pack(k, n, m, ld, p)
	return operand{k, n, p, nr, nr * k}
}

// multiply computes c = a·b for rows rows of a, with a row stride, and applies the epilogue.
func (o *operand) multiply(rows int, a []float32, lda int, c []float32, ldc int, e gemm.Epilogue) {
	gemm.Strided(rows, o.n, o.k, a, lda, 1, o.b, o.rs, o.ps, c, ldc, e)
}

// A transpose is the transpose of weights, k×n, in panels if they are packed, else as they are.
type transpose struct {
	k, n   int
	p      []float32 // nil where they are not
	m      []float32 // n×k, row stride ld
	ld     int
	packed bool
}

// transpose returns the transpose of n rows of weights, whose first k columns count.
func (r *room) transpose(k, n int, m []float32, ld int) transpose {
	t := transpose{k: k, n: n, m: m, ld: ld, packed: packed(k, n)}
	if t.packed {
		t.p = r.cut(gemm.PackedLen(k, n))
		gemm.PackTransposed(k, n, m, ld, t.p)
	}
	return t
}

// multiply computes c = a·(rows [from, to) of b), or continues it, for rows rows of a, with a row stride.
func (t *transpose) multiply(rows, from, to int, a []float32, lda int, c []float32, ldc int, continued bool) {
	e := gemm.None()
	if continued {
		e = gemm.Accumulate()
	}
	if !t.packed {
		gemm.NT(rows, t.n, to-from, a, lda, t.m[from:], t.ld, c, ldc, e)
		return
	}
	gemm.Strided(rows, t.n, to-from, a, lda, 1, t.p[from*nr:], nr, t.k*nr, c, ldc, e)
}

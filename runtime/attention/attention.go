// Package attention mixes the steps of sequences by scaled products of queries and keys, head by head, forward and
// backward, on one goroutine.
//
// Queries are n×TQ×(heads·dim), keys and values n×TK×(heads·dim), row-major; a head has dim neighbouring columns of each.
// The weights are made for a block of the queries of one head of one sequence at a time, and never kept: the gradient
// makes them anew. How many queries a block has follows from TQ and TK alone. Products are those of package gemm,
// softmax that of package vec; so a sequence has the same bits alone as in a batch. Nothing allocates in the steady
// state. A result overlaps nothing else. Each function panics if a slice is shorter than its shape.
//
// A mask holds a number for each key of each sequence, n×TK: those where it is not above ½ have the weight 0, and a
// query that may read no key gives 0. With a nil mask all are read.
//
// Source: Vaswani et al., Attention is all you need, 2017, §3.2.
package attention

import (
	"math"
	"sync"

	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
)

// Shape holds the extents of attention: steps of queries and of keys, heads, and columns of a head. With Causal, step i
// of the queries attends to the steps up to i alone; the weights of the others are 0.
type Shape struct {
	TQ, TK, Heads, Dim int
	Causal             bool
}

const badShape = "attention: an extent is below 1, or a slice shorter than its shape"

const (
	badStep  = "attention: Step: not a step of a causal sequence, or a slice shorter than a step"
	badSteps = "attention: Steps: not steps of a causal sequence, or a slice shorter than these"
)

func (s *Shape) width() int { return s.Heads * s.Dim }

func (s *Shape) check(n int, mask []float32, queries, keys [][]float32) {
	if n < 0 || min(s.TQ, s.TK, s.Heads, s.Dim) < 1 || mask != nil && len(mask) < n*s.TK {
		panic(badShape)
	}
	for _, x := range queries {
		if len(x) < n*s.TQ*s.width() {
			panic(badShape)
		}
	}
	for _, x := range keys {
		if len(x) < n*s.TK*s.width() {
			panic(badShape)
		}
	}
}

// blockWeights bounds the weights of a block, so that they stay in the first two caches.
const blockWeights = 1 << 14

// block returns the number of queries of a block: at least as many as a tile of package gemm has rows.
func (s *Shape) block() int { return min(s.TQ, max(6, blockWeights/s.TK)) }

// keys returns the number of keys that the queries before one may read.
func (s *Shape) keys(before int) int {
	if s.Causal {
		return min(s.TK, before)
	}
	return s.TK
}

// room holds two blocks of weights, the weights of one query, and rows of values.
type room struct{ p, dp, row, values []float32 }

var rooms = sync.Pool{New: func() any { return new(room) }}

// roomLens are the elements of the parts of a room.
type roomLens struct{ p, dp, row, values int }

// forward returns those that a prediction needs.
func (s *Shape) forward(masked bool) roomLens {
	n := roomLens{p: s.block() * s.TK}
	if masked {
		n.row = s.TK
	}
	return n
}

// backward returns those that Backward needs.
func (s *Shape) backward(masked bool) roomLens {
	n := s.forward(masked)
	n.dp = n.p
	return n
}

// steps returns those that n steps at a time need.
func (s *Shape) steps(n int, masked bool) roomLens {
	lens := s.forward(masked)
	lens.values = min(n, s.block()) * s.width()
	return lens
}

// bytes returns the bytes of the parts of a room.
func (n roomLens) bytes() []int { return []int{4 * n.p, 4 * n.dp, 4 * n.row, 4 * n.values} }

// ForwardScratch returns the bytes of scratch space that [Forward] and [Step] keep for later calls: of each part of a room,
// of which calls of this package share what the largest needs.
func ForwardScratch(s Shape, masked bool) []int { return s.forward(masked).bytes() }

// StepsScratch is ForwardScratch for n steps of [Steps].
func StepsScratch(n int, s Shape, masked bool) []int { return s.steps(n, masked).bytes() }

// take returns a room.
func take(n roomLens) *room {
	r := rooms.Get().(*room)
	r.p, r.dp, r.row, r.values = grow(r.p, n.p), grow(r.dp, n.dp), grow(r.row, n.row), grow(r.values, n.values)
	return r
}

// grow returns x, or a longer slice if it has no n elements.
func grow(x []float32, n int) []float32 {
	if len(x) < n {
		return make([]float32, n)
	}
	return x
}

// Forward computes, for each head, y = softmax(q·kᵀ/√dim)·v; mask may be nil.
func Forward(n int, s Shape, y, q, k, v, mask []float32) {
	s.check(n, mask, [][]float32{y, q}, [][]float32{k, v})
	r := take(s.forward(mask != nil))
	w, block := s.width(), s.block()
	for i := range n {
		kept := row(mask, i, s.TK)
		for h := range s.Heads {
			qs, ks := i*s.TQ*w+h*s.Dim, i*s.TK*w+h*s.Dim
			for first := 0; first < s.TQ; first += block {
				rows := min(block, s.TQ-first)
				keys, at := s.keys(first+rows), qs+first*w
				p := r.p[:rows*keys]
				s.weights(r, p, q[at:], k[ks:], kept, first, rows, keys)
				gemm.NN(rows, s.Dim, keys, p, keys, v[ks:], w, y[at:], w, gemm.None())
			}
		}
	}
	rooms.Put(r)
}

// Step computes row at of what Forward gives for one causal sequence of TQ = TK steps, from that row of q, k and v, with
// the bits of Forward. It enters k and v as row at of keys and values, which hold TK rows: those before are of earlier
// steps, those behind finite, such as 0. With a mask, whose number at mask[0] is that of the step, it enters kept
// likewise; mask and kept may be nil. It panics if at is not a step, too.
//
// A weight of 0 takes part in the sums of Forward, so its bits at a step depend on later values where one of them is not
// finite; those of Step do not.
func Step(at int, s Shape, y, keys, values, q, k, v, kept, mask []float32) {
	w := s.width()
	s.check(1, kept, nil, [][]float32{keys, values})
	if !s.Causal || s.TQ != s.TK || uint(at) >= uint(s.TQ) || min(len(y), len(q), len(k), len(v)) < w ||
		(mask == nil) != (kept == nil) {
		panic(badStep)
	}
	copy(keys[at*w:], k[:w])
	copy(values[at*w:], v[:w])
	if mask != nil {
		kept[at] = mask[0]
	}
	r, block := take(s.forward(mask != nil)), s.block()
	read := s.keys(at - at%block + block) // by the block of Forward that the step is in
	p := r.p[:read]
	for h := 0; h < w; h += s.Dim {
		s.weights(r, p, q[h:], keys[h:], kept, at, 1, read)
		gemm.NN(1, s.Dim, read, p, read, values[h:], w, y[h:], w, gemm.None())
	}
	rooms.Put(r)
}

// Steps takes n steps from row at on: it has the bits of n calls of Step, one for each row of q, k, v and mask, whose
// outputs are the rows of y; but the products of the steps in a block of Forward are one. It panics as Step does.
func Steps(at, n int, s Shape, y, keys, values, q, k, v, kept, mask []float32) {
	w := s.width()
	s.check(1, kept, nil, [][]float32{keys, values})
	if !s.Causal || s.TQ != s.TK || at < 0 || n < 0 || at+n > s.TQ || min(len(y), len(q), len(k), len(v)) < n*w ||
		(mask == nil) != (kept == nil) || mask != nil && len(mask) < n {
		panic(badSteps)
	}
	r, block := take(s.steps(n, mask != nil)), s.block()
	for n > 0 {
		rows := min(n, block-at%block)
		read := s.keys(at - at%block + block)
		copy(keys[at*w:], k[:rows*w])
		if mask != nil {
			copy(kept[at:], mask[:rows])
			mask = mask[rows:]
		}
		s.blockSteps(r, at, rows, read, y, keys, values, q, v, kept)
		at, n, y, q, k, v = at+rows, n-rows, y[rows*w:], q[rows*w:], k[rows*w:], v[rows*w:]
	}
	rooms.Put(r)
}

// blockSteps computes some steps of a block, whose keys are entered, and enters their values. In the sums of a step, later
// values count with the weight 0, which is what those have that Step finds there, unless one is not finite, or a sum is
// 0, whose sign they may change: such a step is computed anew, with those before it alone.
func (s *Shape) blockSteps(r *room, at, rows, read int, y, keys, values, q, v, kept []float32) {
	w := s.width()
	p := r.p[:rows*read]
	old := r.values[:rows*w]
	copy(old, values[at*w:])
	copy(values[at*w:], v[:rows*w])
	again := false
	for h := 0; h < w; h += s.Dim {
		s.weights(r, p, q[h:], keys[h:], kept, at, rows, read)
		gemm.NN(rows, s.Dim, read, p, read, values[h:], w, y[h:], w, gemm.None())
	}
	for _, v := range y[:(rows-1)*w] { // the last step has no later one
		again = again || v == 0 || v-v != 0
	}
	if !again {
		return
	}
	copy(values[at*w:], old)
	for i := range rows {
		copy(values[(at+i)*w:], v[i*w:][:w])
		for h := 0; h < w; h += s.Dim {
			s.weights(r, p[:read], q[i*w+h:], keys[h:], kept, at+i, 1, read)
			gemm.NN(1, s.Dim, read, p[:read], read, values[h:], w, y[i*w+h:], w, gemm.None())
		}
	}
}

// row returns row i of a matrix of some columns; nil if there is none.
func row(x []float32, i, cols int) []float32 {
	if x == nil {
		return nil
	}
	return x[i*cols:][:cols]
}

// weights computes p = softmax(q·kᵀ/√dim) of some queries of one head over the first keys.
func (s *Shape) weights(r *room, p, q, k, mask []float32, first, rows, keys int) {
	gemm.NT(rows, keys, s.Dim, q, s.width(), k, s.width(), p, keys, gemm.None())
	vec.Scale(p, p, s.scale())
	if !s.Causal && mask == nil {
		vec.Softmax(rows, keys, p, p)
		return
	}
	for i := range rows {
		scores := p[i*keys:][:keys]
		seen := scores[:s.keys(first+i+1)]
		clear(scores[len(seen):])
		if mask == nil {
			vec.Softmax(1, len(seen), seen, seen)
			continue
		}
		masked(seen, mask, r.row)
	}
}

// masked turns scores into weights, those of keys that a mask takes out into 0: softmax works on the others side by
// side.
func masked(scores, mask, room []float32) {
	kept := room[:0]
	for j, v := range scores {
		if mask[j] > 0.5 {
			kept = append(kept, v)
		}
	}
	if len(kept) > 0 {
		vec.Softmax(1, len(kept), kept, kept)
	}
	at := 0
	for j := range scores {
		scores[j] = 0
		if mask[j] > 0.5 {
			scores[j] = kept[at]
			at++
		}
	}
}

// scale returns 1/√dim.
func (s *Shape) scale() float32 { return float32(1 / math.Sqrt(float64(s.Dim))) }

// Backward computes the gradients of Forward from dy:
//
//	dv = pᵀ·dy,  dp = dy·vᵀ,  ds = p∘(dp − Σ dp∘p)/√dim,  dq = ds·k,  dk = dsᵀ·q
//
// Sums over queries go from the last block to the first.
func Backward(n int, s Shape, dq, dk, dv, dy, q, k, v, mask []float32) {
	s.check(n, mask, [][]float32{dq, dy, q}, [][]float32{dk, dv, k, v})
	r := take(s.backward(mask != nil))
	w, block := s.width(), s.block()
	last := (s.TQ - 1) / block * block
	for i := range n {
		kept := row(mask, i, s.TK)
		for h := range s.Heads {
			qs, ks := i*s.TQ*w+h*s.Dim, i*s.TK*w+h*s.Dim
			for j := s.keys(s.TQ); j < s.TK; j++ { // keys that no query reads
				clear(dk[ks+j*w:][:s.Dim])
				clear(dv[ks+j*w:][:s.Dim])
			}
			sum := gemm.None()
			for first := last; first >= 0; first -= block {
				rows := min(block, s.TQ-first)
				keys, at := s.keys(first+rows), qs+first*w
				p, dp := r.p[:rows*keys], r.dp[:rows*keys]
				s.weights(r, p, q[at:], k[ks:], kept, first, rows, keys)
				gemm.TN(keys, s.Dim, rows, p, keys, dy[at:], w, dv[ks:], w, sum)
				gemm.NT(rows, keys, s.Dim, dy[at:], w, v[ks:], w, dp, keys, gemm.None())
				vec.SoftmaxGrad(rows, keys, dp, dp, p)
				vec.Scale(dp, dp, s.scale())
				gemm.NN(rows, s.Dim, keys, dp, keys, k[ks:], w, dq[at:], w, gemm.None())
				gemm.TN(keys, s.Dim, rows, dp, keys, q[at:], w, dk[ks:], w, sum)
				sum = gemm.Accumulate()
			}
		}
	}
	rooms.Put(r)
}

// Package attention mixes the steps of sequences by scaled products of queries and keys, head by head, forward and
// backward, on one goroutine.
//
// Queries are n×TQ×(heads·dim), keys and values n×TK×(heads·dim), row-major; a head has dim neighbouring columns of each.
// The matrix of weights, TQ×TK, is made for one head of one sequence at a time and never kept: the gradient makes it
// anew. Products are those of package gemm, softmax that of package vec; so a sequence has the same bits alone as in a
// batch. Nothing allocates in the steady state. A result overlaps nothing else. Each function panics if a slice is
// shorter than its shape.
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

func (s *Shape) width() int { return s.Heads * s.Dim }

func (s *Shape) check(n int, queries, keys [][]float32) {
	if n < 0 || min(s.TQ, s.TK, s.Heads, s.Dim) < 1 {
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

// room holds two matrices of weights.
type room struct{ p, dp []float32 }

var rooms = sync.Pool{New: func() any { return new(room) }}

func grow(x []float32, n int) []float32 {
	if cap(x) < n {
		return make([]float32, n)
	}
	return x[:n]
}

// Forward computes, for each head, y = softmax(q·kᵀ/√dim)·v.
func Forward(n int, s Shape, y, q, k, v []float32) {
	s.check(n, [][]float32{y, q}, [][]float32{k, v})
	r := rooms.Get().(*room)
	r.p = grow(r.p, s.TQ*s.TK)
	w := s.width()
	for i := range n {
		for h := range s.Heads {
			qs, ks := i*s.TQ*w+h*s.Dim, i*s.TK*w+h*s.Dim
			s.weights(r.p, q[qs:], k[ks:])
			gemm.NN(s.TQ, s.Dim, s.TK, r.p, s.TK, v[ks:], w, y[qs:], w, gemm.None())
		}
	}
	rooms.Put(r)
}

// weights computes p = softmax(q·kᵀ/√dim) of one head.
func (s *Shape) weights(p, q, k []float32) {
	gemm.NT(s.TQ, s.TK, s.Dim, q, s.width(), k, s.width(), p, s.TK, gemm.None())
	vec.Scale(p, p, s.scale())
	if !s.Causal {
		vec.Softmax(s.TQ, s.TK, p, p)
		return
	}
	for i := range s.TQ {
		row := p[i*s.TK:][:s.TK]
		seen := row[:min(i+1, s.TK)]
		vec.Softmax(1, len(seen), seen, seen)
		clear(row[len(seen):])
	}
}

// scale returns 1/√dim.
func (s *Shape) scale() float32 { return float32(1 / math.Sqrt(float64(s.Dim))) }

// Backward computes the gradients of Forward from dy:
//
//	dv = pᵀ·dy,  dp = dy·vᵀ,  ds = p∘(dp − Σ dp∘p)/√dim,  dq = ds·k,  dk = dsᵀ·q
func Backward(n int, s Shape, dq, dk, dv, dy, q, k, v []float32) {
	s.check(n, [][]float32{dq, dy, q}, [][]float32{dk, dv, k, v})
	r := rooms.Get().(*room)
	r.p, r.dp = grow(r.p, s.TQ*s.TK), grow(r.dp, s.TQ*s.TK)
	w := s.width()
	for i := range n {
		for h := range s.Heads {
			qs, ks := i*s.TQ*w+h*s.Dim, i*s.TK*w+h*s.Dim
			s.weights(r.p, q[qs:], k[ks:])
			gemm.TN(s.TK, s.Dim, s.TQ, r.p, s.TK, dy[qs:], w, dv[ks:], w, gemm.None())
			gemm.NT(s.TQ, s.TK, s.Dim, dy[qs:], w, v[ks:], w, r.dp, s.TK, gemm.None())
			vec.SoftmaxGrad(s.TQ, s.TK, r.dp, r.dp, r.p)
			vec.Scale(r.dp, r.dp, s.scale())
			gemm.NN(s.TQ, s.Dim, s.TK, r.dp, s.TK, k[ks:], w, dq[qs:], w, gemm.None())
			gemm.TN(s.TK, s.Dim, s.TQ, r.dp, s.TK, q[qs:], w, dk[ks:], w, gemm.None())
		}
	}
	rooms.Put(r)
}

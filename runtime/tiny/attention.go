package tiny

import (
	"math"

	"github.com/nngen/nngen/runtime/vec"
)

// Heads holds the extents of attention, as attention.Shape.
type Heads struct {
	TQ, TK, Heads, Dim int
	Causal             bool
}

// keys returns the number of keys that the queries before one may read.
func (s *Heads) keys(before int) int {
	if s.Causal {
		return min(s.TK, before)
	}
	return s.TK
}

// Block returns the number of queries whose weights package attention makes at a time: how many keys the products of a
// causal block see depends on it.
func (s *Heads) Block() int {
	const blockWeights = 1 << 14 // as in package attention
	return min(s.TQ, max(6, blockWeights/s.TK))
}

// Attention computes y = softmax(q·kᵀ/√Dim)·v for each head of n sequences, with the bits of attention.Forward; mask
// may be nil. It works in 2·TK numbers of scratch.
func Attention(n int, s Heads, y, q, k, v, mask, scratch []float32) {
	w, scale := s.Heads*s.Dim, float32(1/math.Sqrt(float64(s.Dim)))
	for i := range n * s.Heads * s.TQ {
		t, head, of := i%s.TQ, i/s.TQ%s.Heads*s.Dim, i/s.TQ/s.Heads
		first := t - t%s.Block()
		p, kept := scratch[:s.keys(min(first+s.Block(), s.TQ))], scratch[s.TK:][:s.TK]
		row := (of*s.TQ+t)*w + head
		transposed(p, q[row:][:s.Dim], k[of*s.TK*w+head:], w)
		vec.Scale(p, p, scale)
		seen := p[:s.keys(t+1)]
		clear(p[len(seen):])
		if mask == nil {
			vec.Softmax(1, len(seen), seen, seen)
		} else {
			masked(seen, mask[of*s.TK:], kept)
		}
		product(y[row:][:s.Dim], p, v[of*s.TK*w+head:], w)
	}
}

// AttentionStep computes y of one more step of a causal sequence, with the bits of attention.Step. It works in 2·TK
// numbers of scratch.
func AttentionStep(at int, s Heads, y, keys, values, q, k, v, kept, mask, scratch []float32) {
	w, scale := s.Heads*s.Dim, float32(1/math.Sqrt(float64(s.Dim)))
	copy(keys[at*w:], k[:w])
	copy(values[at*w:], v[:w])
	if mask != nil {
		kept[at] = mask[0]
	}
	p, seen := scratch[:s.keys(at-at%s.Block()+s.Block())], scratch[:at+1]
	for h := 0; h < w; h += s.Dim {
		transposed(seen, q[h:][:s.Dim], keys[h:], w)
		vec.Scale(seen, seen, scale)
		clear(p[len(seen):])
		if mask == nil {
			vec.Softmax(1, len(seen), seen, seen)
		} else {
			masked(seen, kept, scratch[s.TK:][:s.TK])
		}
		product(y[h:][:s.Dim], p, values[h:], w)
	}
}

// masked turns scores into weights, those of keys that a mask takes out into 0: softmax works on the others side by
// side.
func masked(scores, mask, kept []float32) {
	n := 0
	for j, v := range scores {
		if mask[j] > 0.5 {
			kept[n] = v
			n++
		}
	}
	if n > 0 {
		vec.Softmax(1, n, kept[:n], kept[:n])
	}
	n = 0
	for j := range scores {
		scores[j] = 0
		if mask[j] > 0.5 {
			scores[j] = kept[n]
			n++
		}
	}
}

// Package dropout drops elements at random by masks that are never stored, and adds noise: the same call draws
// the same numbers again.
//
// Source: Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014,
// in its inverted form.
package dropout

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/rng"
)

// Apply computes y[i] = x[i]/(1 − rate) where element first + i is kept, else +0. Element e is kept if
// word e mod 4 of rng.Block(seed, stream, step, e/4) is at least rate·2³². The factor is rounded
// once, then each product.
//
// The gradient of Apply is Apply itself, on dy. y may be x. Apply does not allocate. It panics if x is
// shorter than y.
func Apply(y, x []float32, rate float64, seed uint64, stream uint32, step uint64, first uint32) {
	x = x[:len(y):len(x)]
	scale, threshold := float32(1/(1-rate)), threshold(rate)
	if cpu.HasSIMD() && threshold < 1<<32 && uint64(first)+uint64(len(y)) <= 1<<32 {
		head := min(int(-first%4), len(y)) // up to the first word of a block
		applyGeneric(y[:head], x[:head], scale, threshold, seed, stream, step, first)
		y, x, first = y[head:], x[head:], first+uint32(head)
		for n := min(len(y), slice) / group; n > 0; n = min(len(y), slice) / group {
			cpu.Preempt()
			d := draw{uint32(step), uint32(step >> 32), stream, uint32(seed), uint32(seed >> 32), first / 4, uint32(threshold), scale}
			applySIMD(&y[0], &x[0], n, &d)
			y, x, first = y[n*group:], x[n*group:], first+uint32(n*group)
		}
	}
	applyGeneric(y, x, scale, threshold, seed, stream, step, first)
}

// group is the number of elements that the kernel takes at a time: the words of eight blocks.
const group = 32

// slice is the number of elements that a kernel gets at a time.
const slice = cpu.CallElements

// draw is what the kernel needs beside the elements. It knows the order of the fields.
type draw struct {
	stepLow, stepHigh, stream uint32
	seedLow, seedHigh         uint32
	index                     uint32 // of the first block
	threshold                 uint32
	scale                     float32
}

// threshold returns the least word of a kept element: the smallest w with w/2³² ≥ rate.
func threshold(rate float64) uint64 {
	t := rate * (1 << 32)
	w := uint64(t)
	if float64(w) < t {
		w++
	}
	return w
}

func applyGeneric(y, x []float32, scale float32, threshold, seed uint64, stream uint32, step uint64, first uint32) {
	var words [4]uint32
	for i := range y {
		e := first + uint32(i)
		if i == 0 || e%4 == 0 {
			words = rng.Block(seed, stream, step, e/4)
		}
		if uint64(words[e%4]) >= threshold {
			y[i] = x[i] * scale
		} else {
			y[i] = 0
		}
	}
}

// Package sparse multiplies by masked matrices, of which only the connections are stored: one number
// each, ordered by output, then input.
//
// Forward and DX take each sum as one chain of fused multiply-adds from +0, over the connections in
// order, for any number of examples: so one example gives the bits that it gives in a batch, and a
// dense product whose masked weights are 0 gives the same numbers. DW takes its sums over the examples
// in tiles.
//
// A batch is worked off in tiles of examples that lie side by side: each connection is then one
// multiply-add of vectors.
package sparse

import (
	"sync"

	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/vec"
)

// tile is the number of examples of a tile.
const tile = 64

// Pattern lists the connections of a masked in×out matrix.
type Pattern struct {
	In, Out int
	// Index is the input of each connection, less than In; those of output j are Index[Start[j]:Start[j+1]].
	// Start has Out + 1 elements.
	Start []int32
	Index []int32
}

// room holds two transposed tiles.
type room struct{ a, b []float32 }

var rooms = sync.Pool{New: func() any { return new(room) }}

// take returns transposed tiles with room for n examples of in and out numbers.
func take(n, in, out int) *room {
	r := rooms.Get().(*room)
	if cap(r.a) < in*n {
		r.a = make([]float32, in*tile)
	}
	if cap(r.b) < out*n {
		r.b = make([]float32, out*tile)
	}
	r.a, r.b = r.a[:in*n], r.b[:out*n]
	return r
}

// transpose writes the n×f matrix x as f×n to t.
func transpose(t, x []float32, n, f int) {
	for i := range n {
		for j, v := range x[i*f:][:f] {
			t[j*n+i] = v
		}
	}
}

// Forward computes y = x·W for n examples: y[i,j] = Σ x[i,Index[k]]·w[k] over the connections k of j.
//
//	x  n×In
//	w  one number for each connection
//	y  n×Out
//
// y must not overlap x or w. Forward does not allocate in the steady state. It panics if a slice is
// too short.
func Forward(n int, p *Pattern, y, x, w []float32) {
	w = w[:len(p.Index)]
	for n > 0 {
		t := min(n, tile)
		if t < 4 {
			one(p, y[:p.Out], x[:p.In], w)
			t = 1
		} else {
			r := take(t, p.In, p.Out)
			transpose(r.a, x, t, p.In)
			clear(r.b)
			for j := range p.Out {
				yj := r.b[j*t:][:t]
				for k := p.Start[j]; k < p.Start[j+1]; k++ {
					vec.Axpy(w[k], r.a[int(p.Index[k])*t:][:t], yj)
				}
			}
			transpose(y, r.b, p.Out, t)
			rooms.Put(r)
		}
		n, y, x = n-t, y[t*p.Out:], x[t*p.In:]
	}
}

// outputs is the number of outputs that the kernel for one example takes at a time.
const outputs = 8

// one is Forward for a single example.
func one(p *Pattern, y, x, w []float32) {
	j := 0
	if cpu.HasAVX2FMA && len(w) > 0 {
		for ; j+outputs <= p.Out; j += outputs {
			oneAVX2(&y[j], &x[0], &w[0], &p.Start[j], &p.Index[0])
		}
	}
	oneGeneric(y[j:], x, w, p.Start[j:], p.Index)
}

func oneGeneric(y, x, w []float32, start, index []int32) {
	for j := range y {
		sum := float32(0)
		for k := start[j]; k < start[j+1]; k++ {
			sum = f32.FMA(x[index[k]], w[k], sum)
		}
		y[j] = sum
	}
}

// DX computes dx = dy·Wᵀ for n examples: dx[i,l] = Σ dy[i,j]·w[k] over the connections k of input l, by
// output. dx must not overlap dy or w. DX does not allocate in the steady state.
func DX(n int, p *Pattern, dx, dy, w []float32) {
	for n > 0 {
		t := min(n, tile)
		r := take(t, p.In, p.Out)
		transpose(r.b, dy, t, p.Out)
		clear(r.a)
		for j := range p.Out {
			dyj := r.b[j*t:][:t]
			for k := p.Start[j]; k < p.Start[j+1]; k++ {
				vec.Axpy(w[k], dyj, r.a[int(p.Index[k])*t:][:t])
			}
		}
		transpose(dx, r.a, p.In, t)
		rooms.Put(r)
		n, dx, dy = n-t, dx[t*p.In:], dy[t*p.Out:]
	}
}

// DW computes dw[k] = Σ x[i,l]·dy[i,j] over n examples, for the connection k of input l with output j:
// the sum of each tile of 64 examples is a vec.Dot, and the tiles are added in order. DW does not
// allocate in the steady state.
func DW(n int, p *Pattern, dw, x, dy []float32) {
	clear(dw[:len(p.Index)])
	for n > 0 {
		t := min(n, tile)
		r := take(t, p.In, p.Out)
		transpose(r.a, x, t, p.In)
		transpose(r.b, dy, t, p.Out)
		for j := range p.Out {
			dyj := r.b[j*t:][:t]
			for k := p.Start[j]; k < p.Start[j+1]; k++ {
				dw[k] += vec.Dot(r.a[int(p.Index[k])*t:][:t], dyj)
			}
		}
		rooms.Put(r)
		n, x, dy = n-t, x[t*p.In:], dy[t*p.Out:]
	}
}

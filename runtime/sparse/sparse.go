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
//
// # Against the dense product
//
// The time as a share of that of package gemm on the same matrix with zeros, by density, on a Zen 5 with
// AVX2 (BenchmarkCrossover prints it for the machine at hand). Training is Forward, DX and DW.
//
//	in×out   examples            1 %   2 %   5 %  10 %  20 %  50 %
//	64×32          1  forward   0.46  0.55  0.78   1.4   1.8   5.2
//	             128  forward   0.13  0.15  0.17  0.23  0.32  0.60
//	             128  training  0.20  0.22  0.29  0.33  0.47  0.86
//	784×128        1  forward   0.18  0.31  0.74   1.5   3.0   7.0
//	             128  forward   0.07  0.09  0.14  0.23  0.42   1.2
//	             128  training  0.07  0.09  0.15  0.25  0.46   1.2
//	512×512        1  forward   0.10  0.17  0.41  0.88   1.5   3.8
//	             128  forward   0.09  0.10  0.15  0.24  0.41   1.2
//	             128  training  0.08  0.09  0.15  0.28  0.44   1.2
//
// So batches gain up to a density of about 40 %, single examples up to 6 to 12 %. A layer is never computed
// densely instead: masked weights are not stored, and a NaN or an infinity in an input that is not
// connected must not reach the output.
package sparse

import (
	"math/bits"
	"sync"

	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
)

// tile is the largest number of examples of a tile.
const tile = 64

// Pattern lists the connections of a masked in×out matrix.
type Pattern struct {
	In, Out int
	// Index is the input of each connection, less than In; those of output j are Index[Start[j]:Start[j+1]].
	// Start has Out + 1 elements.
	Start []int32
	Index []int32
}

// work is how many connections of a tile, and outputs, a kernel gets at a time, some 4·10⁶ multiply-adds: kernels are not
// preempted.
var work int32 = 1 << 16

// callEnd returns the output before which a kernel that begins at output j ends: one further on at least.
func (p *Pattern) callEnd(j int) int {
	end := j + 1
	for end < p.Out && p.Start[end+1]-p.Start[j]+int32(end+1-j) <= work {
		end++
	}
	return end
}

// room holds two transposed tiles.
type room struct{ a, b []float32 }

var rooms = sync.Pool{New: func() any { return new(room) }}

// take returns room for a tile of in and out numbers of n examples, and its width.
func take(n, in, out int) (r *room, width int) {
	r, width = rooms.Get().(*room), widthOf(n)
	r.a, r.b = grow(r.a, in*width), grow(r.b, out*width)
	return r, width
}

// widthOf returns the width of a tile: the least multiple of 8 that is a power of 2 and holds n examples.
func widthOf(n int) int {
	width := 8
	for width < n {
		width *= 2
	}
	return width
}

// grow returns a slice of n elements, x itself if it has room.
func grow(x []float32, n int) []float32 {
	if cap(x) < n {
		return make([]float32, n)
	}
	return x[:n]
}

// leastTile is the least number of examples that [Forward] takes as a tile.
const leastTile = 4

// ForwardScratch returns the bytes of scratch space that [Forward] keeps for later calls, of up to n examples of in inputs
// and out outputs: of each part of a room, of which calls of this package share what the largest needs.
func ForwardScratch(n, in, out int) []int {
	if n < leastTile {
		return nil
	}
	width := widthOf(min(n, tile))
	return []int{4 * in * width, 4 * out * width}
}

// turn writes the n×f matrix x as f rows of width ≥ n examples to t; those beyond n are 0.
func turn(t []float32, width int, x []float32, n, f int) {
	if n < width {
		clear(t)
	}
	gemm.Transpose(n, f, x, f, t, width)
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
	x, y, w = x[:n*p.In:len(x)], y[:n*p.Out:len(y)], w[:len(p.Index):len(w)]
	for n > 0 {
		t := min(n, tile)
		if t < leastTile || len(w) == 0 {
			one(p, y[:p.Out], x[:p.In], w)
			t = 1
		} else {
			r, width := take(t, p.In, p.Out)
			turn(r.a, width, x, t, p.In)
			if cpu.HasSIMD() {
				for j, end := 0, 0; j < p.Out; j = end {
					cpu.Preempt()
					end = p.callEnd(j)
					forward[bits.Len(uint(width/16))](&r.b[j*width], &r.a[0], &w[0], &p.Start[j], &p.Index[0], end-j)
				}
			} else {
				forwardGeneric(width, p, r.b, r.a, w)
			}
			gemm.Transpose(p.Out, t, r.b, width, y, p.Out)
			rooms.Put(r)
		}
		n, y, x = n-t, y[t*p.Out:], x[t*p.In:]
	}
}

// kernel is a kernel for tiles of one width.
type kernel = func(a, b, w *float32, start, index *int32, out int)

// The kernels, for tiles of 8, 16, 32 and 64 examples.
var (
	forward  = [...]kernel{forward8SIMD, forward16SIMD, forward32SIMD, forward64SIMD}
	backward = [...]kernel{backward8SIMD, backward16SIMD, backward32SIMD, backward64SIMD}
	weights  = [...]kernel{weights8SIMD, weights16SIMD, weights32SIMD, weights64SIMD}
)

// forwardGeneric is Forward for tiles: x is In×width, y Out×width.
func forwardGeneric(width int, p *Pattern, y, x, w []float32) {
	clear(y)
	for j := range p.Out {
		for k := p.Start[j]; k < p.Start[j+1]; k++ {
			vec.Axpy(w[k], x[int(p.Index[k])*width:][:width], y[j*width:][:width])
		}
	}
}

// outputs is the number of outputs that the kernel for one example takes at a time.
const outputs = 8

// one is Forward for a single example.
func one(p *Pattern, y, x, w []float32) {
	j := 0
	if cpu.HasSIMD() && len(w) > 0 {
		for ; j+outputs <= p.Out; j += outputs {
			cpu.Preempt()
			oneSIMD(&y[j], &x[0], &w[0], &p.Start[j], &p.Index[0])
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
	dx, dy, w = dx[:n*p.In:len(dx)], dy[:n*p.Out:len(dy)], w[:len(p.Index):len(w)]
	if len(w) == 0 {
		clear(dx)
		return
	}
	for n > 0 {
		t := min(n, tile)
		r, width := take(t, p.In, p.Out)
		turn(r.b, width, dy, t, p.Out)
		clear(r.a)
		if cpu.HasSIMD() {
			for j, end := 0, 0; j < p.Out; j = end {
				cpu.Preempt()
				end = p.callEnd(j)
				backward[bits.Len(uint(width/16))](&r.a[0], &r.b[j*width], &w[0], &p.Start[j], &p.Index[0], end-j)
			}
		} else {
			backwardGeneric(width, p, r.a, r.b, w)
		}
		gemm.Transpose(p.In, t, r.a, width, dx, p.In)
		rooms.Put(r)
		n, dx, dy = n-t, dx[t*p.In:], dy[t*p.Out:]
	}
}

// backwardGeneric is DX for tiles, to be added to dx: dx is In×width, dy Out×width.
func backwardGeneric(width int, p *Pattern, dx, dy, w []float32) {
	for j := range p.Out {
		for k := p.Start[j]; k < p.Start[j+1]; k++ {
			vec.Axpy(w[k], dy[j*width:][:width], dx[int(p.Index[k])*width:][:width])
		}
	}
}

// DW computes dw[k] = Σ x[i,l]·dy[i,j] over n examples, for the connection k of input l with output j:
// the sum of each tile of 64 examples is a vec.Dot, and the tiles are added in order. DW does not
// allocate in the steady state.
func DW(n int, p *Pattern, dw, x, dy []float32) {
	x, dy, dw = x[:n*p.In:len(x)], dy[:n*p.Out:len(dy)], dw[:len(p.Index):len(dw)]
	clear(dw)
	for n > 0 && len(dw) > 0 {
		t := min(n, tile)
		r, width := take(t, p.In, p.Out)
		turn(r.a, width, x, t, p.In)
		turn(r.b, width, dy, t, p.Out)
		if cpu.HasSIMD() {
			for j, end := 0, 0; j < p.Out; j = end {
				cpu.Preempt()
				end = p.callEnd(j)
				weights[bits.Len(uint(width/16))](&dw[0], &r.a[0], &r.b[j*width], &p.Start[j], &p.Index[0], end-j)
			}
		} else {
			weightsGeneric(width, p, dw, r.a, r.b)
		}
		rooms.Put(r)
		n, x, dy = n-t, x[t*p.In:], dy[t*p.Out:]
	}
}

// weightsGeneric is DW for tiles, to be added to dw: x is In×width, dy Out×width.
func weightsGeneric(width int, p *Pattern, dw, x, dy []float32) {
	for j := range p.Out {
		for k := p.Start[j]; k < p.Start[j+1]; k++ {
			dw[k] += vec.Dot(x[int(p.Index[k])*width:][:width], dy[j*width:][:width])
		}
	}
}

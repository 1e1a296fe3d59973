// Package sparse multiplies by masked matrices, of which only the connections are stored: one number
// each, ordered by output, then input.
//
// Every sum is one chain of fused multiply-adds from +0, over the connections in order, for any number
// of examples: so one example gives the bits that it gives in a batch, and a dense product whose
// masked weights are 0 gives the same numbers.
package sparse

import "github.com/nngen/nngen/runtime/f32"

// Pattern lists the connections of a masked in×out matrix.
type Pattern struct {
	In, Out int
	// Index is the input of each connection; those of output j are Index[Start[j]:Start[j+1]].
	Start []int32
	Index []int32
}

// Forward computes y = x·W for n examples: y[i,j] = Σ x[i,Index[k]]·w[k] over the connections k of j.
//
//	x  n×In
//	w  one number for each connection
//	y  n×Out
//
// y must not overlap x or w. Forward does not allocate. It panics if a slice is too short.
func Forward(n int, p *Pattern, y, x, w []float32) {
	for i := range n {
		xi, yi := x[i*p.In:][:p.In], y[i*p.Out:][:p.Out]
		for j := range yi {
			sum := float32(0)
			for k := p.Start[j]; k < p.Start[j+1]; k++ {
				sum = f32.FMA(xi[p.Index[k]], w[k], sum)
			}
			yi[j] = sum
		}
	}
}

// DX computes dx = dy·Wᵀ for n examples: dx[i,l] = Σ dy[i,j]·w[k] over the connections k of input l, by
// output. dx must not overlap dy or w. DX does not allocate.
func DX(n int, p *Pattern, dx, dy, w []float32) {
	clear(dx[:n*p.In])
	for i := range n {
		dxi, dyi := dx[i*p.In:][:p.In], dy[i*p.Out:][:p.Out]
		for j, d := range dyi {
			for k := p.Start[j]; k < p.Start[j+1]; k++ {
				l := p.Index[k]
				dxi[l] = f32.FMA(d, w[k], dxi[l])
			}
		}
	}
}

// DW computes dw[k] = Σ x[i,l]·dy[i,j] over n examples in order, for the connection k of input l with
// output j. DW does not allocate.
func DW(n int, p *Pattern, dw, x, dy []float32) {
	clear(dw[:len(p.Index)])
	for i := range n {
		xi, dyi := x[i*p.In:][:p.In], dy[i*p.Out:][:p.Out]
		for j, d := range dyi {
			for k := p.Start[j]; k < p.Start[j+1]; k++ {
				dw[k] = f32.FMA(xi[p.Index[k]], d, dw[k])
			}
		}
	}
}

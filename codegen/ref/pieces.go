package ref

import (
	"slices"

	"github.com/nngen/nngen/codegen/ir"
)

// Pieces returns the mean loss of a batch and its gradients for the trained parameters where the batch is worked off in
// pieces of so many examples: norms over the batch take each piece for a batch, random numbers are drawn by the place
// in the whole, and each row counts for what it does in the mean over the whole.
func (n *Network) Pieces(b Batch, size int, step uint64) (float64, map[*ir.Param][]float64) {
	return n.chunk(b, 0, b.N, size, step, n.penalty(), map[*ir.Param][]float64{})
}

// Chunks returns what Pieces does where the batch is cut into chunks first, chunk i from example i·N/chunks on: each in
// pieces, and with the running statistics from before the batch, of which those that the chunks with examples leave
// become the mean.
func (n *Network) Chunks(b Batch, chunks, size int, step uint64) (float64, map[*ir.Param][]float64) {
	total, sums := n.penalty(), map[*ir.Param][]float64{}
	before, left := map[*ir.Param][]float64{}, map[*ir.Param][]float64{}
	for p, x := range n.Params {
		if p.Role == ir.Running {
			before[p], left[p] = slices.Clone(x), make([]float64, len(x))
		}
	}
	for i := range chunks {
		from, to := i*b.N/chunks, (i+1)*b.N/chunks
		if from == to {
			continue
		}
		total, sums = n.chunk(b, from, to, size, step, total, sums)
		for p, x := range before {
			for k := range x {
				left[p][k] += n.Params[p][k] / float64(min(chunks, b.N))
			}
			copy(n.Params[p], x)
		}
	}
	for p, x := range left {
		copy(n.Params[p], x)
	}
	return total, sums
}

// chunk adds the losses and the gradients of examples from up to to of a batch, in pieces.
func (n *Network) chunk(b Batch, begin, end, size int, step uint64, total float64,
	sums map[*ir.Param][]float64) (float64, map[*ir.Param][]float64) {
	shares := make([][]float64, len(n.Net.Outputs))
	for i, o := range n.Net.Outputs {
		shares[i] = RowWeights(o, b.Weights, b.Targets[i], true)
	}
	for from := begin; from < end; from += size {
		part := b.piece(from, min(from+size, end), shares)
		pass := n.Forward(part, true, step)
		loss, _ := n.losses(part, pass)
		total += loss
		grads := n.Backward(part, pass)
		n.discard(pass)
		for _, x := range grads.Values {
			n.give(x)
		}
		for p, g := range grads.Params {
			if sums[p] == nil {
				sums[p] = g
				continue
			}
			add(sums[p], g)
			if p.L1 != 0 || p.L2 != 0 {
				for i, once := range penaltyGrad(p, n.Params[p]) { // in the gradient of each piece
					sums[p][i] -= once
				}
			}
		}
	}
	return total, sums
}

// piece returns examples from up to to, given what the rows of all count for.
func (b *Batch) piece(from, to int, shares [][]float64) Batch {
	part := func(x []float64) []float64 { return x[len(x)/b.N*from : len(x)/b.N*to] }
	p := Batch{N: to - from, First: b.First + from}
	for _, x := range b.Inputs {
		p.Inputs = append(p.Inputs, part(x))
	}
	for i := range b.Targets {
		p.Targets = append(p.Targets, part(b.Targets[i]))
		p.Shares = append(p.Shares, part(shares[i]))
	}
	return p
}

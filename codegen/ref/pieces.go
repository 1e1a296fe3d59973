package ref

import "github.com/nngen/nngen/codegen/ir"

// Pieces returns the mean loss of a batch and its gradients for the trained parameters where the batch is worked off in
// pieces of so many examples: norms over the batch take each piece for a batch, random numbers are drawn by the place
// in the whole, and each row counts for what it does in the mean over the whole.
func (n *Network) Pieces(b Batch, size int, step uint64) (float64, map[*ir.Param][]float64) {
	shares := make([][]float64, len(n.Net.Outputs))
	for i, o := range n.Net.Outputs {
		shares[i] = RowWeights(o, b.Weights, b.Targets[i], true)
	}
	total, sums := n.penalty(), map[*ir.Param][]float64{}
	for from := 0; from < b.N; from += size {
		part := b.piece(from, min(from+size, b.N), shares)
		pass := n.Forward(part, true, step)
		loss, _ := n.losses(part, pass)
		total += loss
		for p, g := range n.Backward(part, pass).Params {
			if sums[p] == nil {
				sums[p] = g
				continue
			}
			once := penaltyGrad(p, n.Params[p], SampleOf(p.Size(), p.Size())) // in the gradient of each piece
			for i := range g {
				sums[p][i] += g[i] - once[i]
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

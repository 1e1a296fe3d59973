package ref

import "math"

// Features returns what the guard of the network looks at in the examples of a pass: the last hidden layer, or the
// means of its channels over all places.
func (n *Network) Features(p *Pass) []float64 {
	g := n.Net.Guard
	h := p.Values[g.Layer].Data
	if !g.Pooled {
		return h
	}
	places := g.Layer.Shape.Size() / g.Features
	means := make([]float64, len(h)/places)
	for i := range means {
		row, channel := i/g.Features, i%g.Features
		for k := range places {
			means[i] += h[(row*places+k)*g.Features+channel] / float64(places)
		}
	}
	return means
}

// Distances returns |L·(h − mean)| of the features h of each example, L being the lower triangle that the guard holds
// row by row.
func (n *Network) Distances(h []float64) []float64 {
	g := n.Net.Guard
	mean, l := n.Params[g.Mean], n.Params[g.Whiten]
	distances := make([]float64, len(h)/g.Features)
	for e := range distances {
		squares := 0.0
		for i := range g.Features {
			z := 0.0
			for j := 0; j <= i; j++ {
				z += l[i*(i+1)/2+j] * (h[e*g.Features+j] - mean[j])
			}
			squares += z * z
		}
		distances[e] = math.Sqrt(squares)
	}
	return distances
}

// Outside returns by how many widths of its range each number of an example of a batch is outside of it, of all inputs
// in order.
func (n *Network) Outside(b Batch, example int) []float64 {
	var by []float64
	for k, x := range b.Inputs {
		low, high := n.Params[n.Net.Guard.Low[k]], n.Params[n.Net.Guard.High[k]]
		for j, v := range x[example*len(low):][:len(low)] {
			width := high[j] - low[j]
			if width <= 0 {
				width = max(1, math.Abs(low[j]))
			}
			by = append(by, max(0, (low[j]-v)/width, (v-high[j])/width))
		}
	}
	return by
}

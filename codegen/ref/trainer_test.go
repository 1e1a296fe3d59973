package ref

import "github.com/nngen/nngen/codegen/op"

// trainer takes whole training steps.
type trainer struct {
	*Network
	State map[string][]float64 // of the optimizer, over all trained parameters in order
	Steps int                  // taken
}

// newTrainer returns a trainer with the initial parameters that seed gives.
func newTrainer(n *Network) *trainer {
	t := &trainer{Network: n, State: map[string][]float64{}}
	for _, name := range op.OptimizerByName(n.Net.Spec.Optimizer.Kind).Kept(n.Net.Spec.Optimizer) {
		t.State[name] = make([]float64, len(n.flat()))
	}
	return t
}

func (n *Network) flat() []float64 {
	var x []float64
	for _, p := range n.trained() {
		x = append(x, n.Params[p]...)
	}
	return x
}

// step takes one training step with learning rate lr and returns the objective before it.
func (t *trainer) step(b Batch, lr float64) float64 {
	pass := t.Forward(b, true, uint64(t.Steps))
	loss := t.Loss(b, pass)
	grads := t.Backward(b, pass)
	t.Steps++
	var g []float64
	for _, p := range t.trained() {
		g = append(g, grads.Params[p]...)
	}
	w := t.flat()
	UpdateParams(t.Net, w, g, t.State, t.Steps, lr)
	at := 0
	for _, p := range t.trained() {
		copy(t.Params[p], w[at:])
		at += p.Size()
	}
	return loss
}

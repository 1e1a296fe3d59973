package verify

import "testing"

// TestSharedNormsMoveTheirStatisticsInOrder has two and three norms with the same running statistics: each layer moves
// what the one before left.
func TestSharedNormsMoveTheirStatisticsInOrder(t *testing.T) {
	const src = `version: 1
name: shared
inputs: [{name: l, shape: [3]}, {name: r, shape: [3]}, {name: s, shape: [3]}]
layers:
  - batch_norm: {name: n1, from: l}
  - batch_norm: {name: n2, from: r, share: n1, momentum: 0.3}
  - batch_norm: {name: n3, from: s, share: n1}
  - multiply: {name: p, from: [n1, n2, n3]}
  - output: {from: p, task: binary}
optimizer: {sgd: {lr: 0.1}}
training: {batch_size: 4}
`
	check(t, []*Subject{{Spec: load(t, "shared.yaml", []byte(src))}}, Options{Seed: 1, Steps: 3})
}

// TestNormsOfPiecesAgreeWithTheReference has norms over the batch behind masks that are drawn: the gradient of all
// examples is that of several pieces, each with statistics and masks of its own.
func TestNormsOfPiecesAgreeWithTheReference(t *testing.T) {
	const src = `version: 1
name: pieces
input: {name: x, shape: [4, 3]}
layers:
  - conv1d: {filters: 4, kernel_size: 2}
  - spatial_dropout1d: {rate: 0.4}
  - batch_norm: {name: n1}
  - flatten
  - dense: {units: 6, activation: relu, kernel_regularizer: {l2: 1.0e-2}}
  - dropout: {rate: 0.3}
  - batch_norm: {name: n2}
  - gaussian_noise: {stddev: 0.1}
  - output: {task: multiclass, units: 3}
optimizer: {sgd: {lr: 0.1}}
training: {batch_size: 5}
`
	for seed := range uint64(2) { // without and with weights of the examples
		s := &Subject{Spec: load(t, "pieces.yaml", []byte(src))}
		for _, r := range check(t, []*Subject{s}, Options{Seed: seed, Steps: 3}) {
			if g := r.tensor(Pieces, "gradient"); g.Elements == 0 {
				t.Error("the gradient of several pieces is not compared")
			}
		}
	}
}

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

package verify

import (
	"slices"
	"testing"
)

// TestChunksAgreeWithTheReference verifies batches that are cut into chunks: with penalties, masks, and statistics of
// norms; with weights of classes.
func TestChunksAgreeWithTheReference(t *testing.T) {
	const norm = `version: 1
name: norm
input: {shape: [6]}
task: multiclass
classes: 3
layers:
  - dense: {units: 7, kernel_regularizer: {l2: 0.01}}
  - batch_norm
  - relu
  - dropout: 0.3
  - output
training: {batch_size: 13, chunks: 4}
`
	const weighted = `version: 1
name: weighted
input: {shape: [4]}
task: binary
layers:
  - dense: {units: 5, activation: tanh}
  - output: {class_weights: {"0": 1, "1": 3}}
training: {batch_size: 8, chunks: 8}
`
	const rounded = `version: 1
name: rounded
input: {shape: [5]}
task: regression
layers:
  - dense: {units: 7, activation: relu}
  - dense: {units: 6}
  - output
quantize: {aware: true}
training: {batch_size: 8, chunks: 2}
`
	reports := check(t, []*Subject{{Spec: load(t, "norm.yaml", []byte(norm))},
		{Spec: load(t, "weighted.yaml", []byte(weighted))}, {Spec: load(t, "rounded.yaml", []byte(rounded))}},
		Options{Seed: 1, Steps: 2})
	for i, processes := range []int{3, 4} { // 1, 2, 4 and 1, 2, 4, 8
		var rows []string
		for _, x := range reports[i].Tensors {
			if x.Kind == Chunks || x.Kind == Bits && x.Name[0] >= '1' && x.Name[0] <= '9' {
				rows = append(rows, x.Name)
			}
		}
		if len(rows) != 3+3*processes || !slices.Contains(rows, "gradient") {
			t.Errorf("%s: compared of chunks: %q, want those of one process and %d groups", reports[i].Name, rows, processes)
		}
	}
}

package verify

import (
	"fmt"
	"testing"
)

// aware are networks whose training rounds as 8-bit integers do: what products read has its range behind all kinds of
// layers that hand it on, is read by several, and comes in pieces.
var aware = []string{`
input: {shape: [7, 6, 2]}
layers:
  - conv2d: {filters: 5, kernel_size: 3, padding: same, use_bias: false}
  - batch_norm
  - relu6
  - depthwise_conv2d: {kernel_size: 3, depth_multiplier: 2, activation: relu}
  - max_pool2d: 2
  - dropout: {rate: 0.2}
  - flatten
  - dense: {name: a, units: 12, activation: relu}
  - dense: {name: b, units: 12}
  - add: {from: [a, b]}
  - dense: {name: c, units: 6, activation: tanh}
  - output: {task: multiclass, units: 3}
quantize: {aware: true}
training: {batch_size: 12}`, `
input: {shape: [10, 3]}
layers:
  - conv1d: {filters: 6, kernel_size: 3, padding: causal, activation: relu}
  - lstm: {name: r, units: 4}
  - dense: {name: d, units: 9, activation: silu}
  - dense: {name: e, units: 9}
  - output: {task: regression}
quantize: {aware: true, skip: [r, e], freeze: 2}
training: {batch_size: 8}`,
}

// TestAwareTrainingAgreesWithTheReference compares steps of trainings that round with the reference: results, ranges,
// gradients that pass straight through, and their differences.
func TestAwareTrainingAgreesWithTheReference(t *testing.T) {
	var subjects []*Subject
	for i, text := range aware {
		subjects = append(subjects, &Subject{Spec: load(t, fmt.Sprintf("aware_%d.yaml", i),
			fmt.Appendf(nil, "version: 1\nname: m%d%s\n", i, text))})
	}
	check(t, subjects, Options{Seed: 3, Steps: 4})
}

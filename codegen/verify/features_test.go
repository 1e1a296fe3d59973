package verify

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// features are rests of specs with what is no kind, optimizer or loss and yet changes the code of a step: connections
// left out, parameters in 16 bits, frozen or shared, batches in chunks or added up, averages of the weights, weighted
// classes and limits, alone and together.
var features = []string{
	`input: {shape: [19]}
task: multiclass
classes: 4
layers:
  - dense: {units: 23, activation: relu, sparsity: {density: 0.2}}
  - dense: {units: 17, activation: tanh, sparsity: {density: 0.9}}
  - output
training: {batch_size: 7, clip_norm: 0.1, kernel_regularizer: {l1_l2: {l1: 0.01, l2: 0.02}}}
`,
	`input: {shape: [9, 7, 3]}
task: multiclass
classes: 3
weights: {dtype: bfloat16}
layers:
  - conv2d: {filters: 5, kernel_size: 3, activation: relu}
  - group_norm: {groups: 5}
  - flatten
  - dense: {units: 19, activation: gelu}
  - output
optimizer: adamw
training: {batch_size: 7, swa: {start_epoch: 2}}
`,
	`input: {name: x, shape: [6, 8]}
task: regression
weights: {dtype: float16}
layers:
  - multi_head_attention: {name: attend, num_heads: 2, causal: true}
  - add: {name: sum, from: [x, attend]}
  - layer_norm
  - multi_head_attention: {num_heads: 2, key_dim: 4}
  - flatten
  - output: {units: 2}
optimizer: nadam
training: {batch_size: 7, ema: 0.9, accumulate: 2}
`,
	`input: {shape: [12]}
task: binary
layers:
  - dense: {name: a, units: 13, activation: relu, trainable: false}
  - batch_norm: {trainable: false}
  - dense: {name: b, units: 12, activation: tanh, lr_factor: 0.1}
  - dropout: 0.3
  - dense: {name: c, units: 12, activation: tanh}
  - dense: {name: d, units: 12, share: c, activation: tanh}
  - output
optimizer: {rmsprop: {momentum: 0.5, centered: true}}
training: {batch_size: 7, class_weights: {"1": 3}, clip_value: 0.01}
`,
	`input: {shape: [12]}
task: multiclass
classes: 5
layers:
  - dense: {units: 21}
  - batch_norm
  - relu
  - dropout: 0.2
  - output
optimizer: amsgrad
schedule: {cyclical: {min_lr: 0.001, max_lr: 0.01, step_size: 3}}
training: {batch_size: 8, chunks: 4, ema: {decay: 0.8, start_epoch: 2}}
`,
	`input: {shape: [12]}
task: regression
layers:
  - dense: {units: 21, activation: silu, max_norm: 0.5}
  - batch_norm
  - output
optimizer: adadelta
training: {batch_size: 8, chunks: 2, clip_norm: 0.5, swa: {start_epoch: 3, lr: 0.01}}
`,
	`input: {shape: [6, 8]}
task: multiclass
classes: 3
layers:
  - lstm: {units: 5, return_sequences: true}
  - output: {class_weights: {"0": 0.5, "2": 3}}
training: {batch_size: 7}
`,
	`input: {shape: [7], tokens: {characters: abcdefgh}}
task: multiclass
blocks:
  stage:
    - layer_norm
    - multi_head_attention: {name: attend, num_heads: 2, causal: true}
    - add: {from: [input, attend]}
layers:
  - embedding: {name: table, output_dim: 8}
  - stage: {name: stages, repeat: 2}
  - gru: {units: 9, return_sequences: true}
  - output
optimizer: lion
training: {batch_size: 7}
data: {train: {text: words.txt}}
`,
}

// TestTrainingsOfFeaturesHaveTheSameBits trains networks with features, each alone and at random with others, by
// several numbers of workers.
func TestTrainingsOfFeaturesHaveTheSameBits(t *testing.T) {
	var subjects []*Subject
	add := func(name, text string) {
		subjects = append(subjects, &Subject{Spec: load(t, name+".yaml", []byte(text))})
	}
	for i, f := range features {
		add(fmt.Sprintf("feature_%d", i), fmt.Sprintf("version: 1\nname: f%d\n%s", i, f))
	}
	r := rand.New(rand.NewPCG(2, 7))
	for i := range 16 {
		add(fmt.Sprintf("random_2_%d", i), strings.NewReplacer(
			"name: m\n", fmt.Sprintf("name: r%d\n", i)+
				pick(r, "", "weights: {dtype: float16}\n", "weights: {dtype: bfloat16}\n"),
			"training: {", "training: {"+pick(r, "ema: 0.9, ", "swa: {start_epoch: 2}, ", "accumulate: 2, ",
				"accumulate: 3, ema: {decay: 0.5, start_epoch: 3}, "),
			"batch_size: full", "batch_size: 9",
		).Replace(randomSpec(2, i)))
	}
	if testing.Short() {
		subjects = subjects[:3]
	}
	check(t, subjects, Options{Seed: 1, Steps: 2, fits: true})
}

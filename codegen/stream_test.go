package codegen_test

import (
	"os"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestWhatRunsStepByStep compiles networks: each carries the state that is named, or says which layer keeps it from
// running step by step, or has nothing to carry.
func TestWhatRunsStepByStep(t *testing.T) {
	const series, tokens = "input: {shape: [6, 2]}\ntask: regression\n", "input: {shape: [6]}\ntask: regression\n"
	for _, c := range []struct {
		name, spec    string
		state, reason string
	}{
		{"lstm", series + "layers: [lstm: {units: 3}, output: {units: 1}]", "lstm1.h 3, lstm1.c 3", ""},
		{"reset before", series + "layers: [gru: {units: 3, reset_after: false}, output: {units: 1}]", "gru1.h 3", ""},
		{"stacked",
			series +
				"layers: [gru: {units: 3, return_sequences: true}, dropout: {rate: 0.5}, simple_rnn: {units: 2}, output: " +
				"{units: 1}]", "gru1.h 3, simple_rnn1.h 2", ""},
		{"sequence output", series + "layers: [gru: {units: 3, return_sequences: true}, output: {units: 1}]", "gru1.h 3", ""},
		{"causal",
			series + "layers: [conv1d: {filters: 3, kernel_size: 2, padding: causal, dilation_rate: 3}, output: {units: 1}]",
			"conv1d1.last 4×2", ""},
		{"cropped to the last",
			series +
				"layers: [conv1d: {filters: 3, kernel_size: 2, padding: causal}, cropping1d: {cropping: [5, 0]}, flatten, " +
				"output: {units: 1}]", "conv1d1.last 2×2", ""},
		{"cropped to another",
			series +
				"layers: [conv1d: {filters: 3, kernel_size: 2, padding: causal}, cropping1d: {name: c, cropping: [4, 1]}, " +
				"flatten, output: {units: 1}]", "", `layer "c" takes another step than the last`},
		{"cropped to two",
			series +
				"layers: [conv1d: {filters: 3, kernel_size: 2, padding: causal}, cropping1d: {name: c, cropping: [4, 0]}, " +
				"flatten, output: {units: 1}]", "", `layer "c" needs all steps at once`},
		{"one step", series + "layers: [conv1d: {filters: 3, kernel_size: 1}, output: {units: 1}]", "", ""},
		{"skip",
			series +
				"layers: [dense: {name: a, units: 3}, gru: {name: b, units: 3, return_sequences: true}, add: {from: [a, b]}, " +
				"layer_norm, output: {units: 1}]", "b.h 3", ""},
		{"tokens",
			tokens +
				"layers: [embedding: {input_dim: 9, output_dim: 2}, positional_encoding, gru: {units: 3}, output: {units: 1}]",
			"gru1.h 3", ""},
		{"backwards", series + "layers: [gru: {units: 3, go_backwards: true}, output: {units: 1}]", "",
			`layer "gru1" needs all steps at once`},
		{"memory after the last step",
			series + "layers: [lstm: {name: a, units: 3, return_state: true}, output: {from: a.c, dense: false}]", "",
			`layer "a" needs all steps at once`},
		{"same padding",
			series + "layers: [conv1d: {filters: 3, kernel_size: 2, padding: same}, gru: {units: 2}, output: {units: 1}]", "",
			`layer "conv1d1" needs all steps at once`},
		{"strided",
			series +
				"layers: [conv1d: {filters: 3, kernel_size: 2, padding: causal, strides: 2}, gru: {units: 2}, output: {units: 1}]",
			"", `layer "conv1d1" needs all steps at once`},
		{"attention",
			series +
				"layers: [multi_head_attention: {name: a, num_heads: 1, key_dim: 3, causal: true}, gru: {units: 2}, output: " +
				"{units: 1}]", "a.keys 6×3, a.values 6×3, gru1.h 2", ""},
		{"attention with a mask",
			tokens +
				"layers: [padding_mask: {name: keep}, embedding: {name: e, input_dim: 9, output_dim: 2, from: x}, " +
				"multi_head_attention: {name: a, num_heads: 2, causal: true, from: [e, keep]}, output: {units: 1}]",
			"a.keys 6×2, a.values 6×2, a.kept 6", ""},
		{"attention with a mask that is fed",
			"inputs: [{name: x, shape: [6, 2]}, {name: keep, shape: [6]}]\ntask: regression\n" +
				"layers: [multi_head_attention: {name: a, num_heads: 1, causal: true, from: [x, keep]}, output: {units: 1}]",
			"a.keys 6×2, a.values 6×2, a.kept 6", ""},
		{"two sequences",
			"inputs: [{name: x, shape: [6, 2]}, {name: z, shape: [6, 3]}]\ntask: regression\n" +
				"layers: [multi_head_attention: {name: a, num_heads: 1, causal: true, from: [x, z]}, output: {units: 1}]",
			"a.keys 6×2, a.values 6×2", ""},
		{"attention to all", series + "layers: [multi_head_attention: {num_heads: 1}, gru: {units: 2}, output: {units: 1}]",
			"", `layer "multi_head_attention1" needs all steps at once`},
		{"flat", series + "layers: [gru: {units: 3, return_sequences: true}, flatten, output: {units: 1}]", "",
			`layer "output1" needs all steps at once`},
		{"perceptron", tokens + "layers: [output: {units: 1}]", "", ""},
		{"image", "input: {shape: [4, 4, 2]}\ntask: regression\nlayers: [flatten, output: {units: 1}]", "", ""},
		{"lengths",
			"inputs: [{name: x, shape: [6, 2]}, {name: z, shape: [5, 2]}]\ntask: regression\n" +
				"layers: [gru: {name: a, units: 3, from: [x]}, gru: {name: b, units: 3, from: [z]}, add: {from: [a, b]}, " +
				"output: {units: 1}]",
			"", `layer "z" has 5 steps, where another input has 6`},
		{"beside",
			"inputs: [{name: x, shape: [6, 2]}, {name: z, shape: [5]}]\ntask: regression\n" +
				"layers: [gru: {name: a, units: 3, from: [x]}, concatenate: {from: [a, z]}, output: {units: 1}]",
			"a.h 3", ""},
		{"masked",
			"inputs: [{name: x, shape: [6, 2]}, {name: keep, shape: [6]}]\ntask: regression\n" +
				"layers: [gru: {name: a, units: 3, from: [x, keep]}, output: {units: 1}]",
			"a.h 3", ""},
		{"padding",
			tokens +
				"layers: [padding_mask: {name: keep}, embedding: {name: e, input_dim: 9, output_dim: 2, from: x}, gru: {name: " +
				"a, units: 3, from: [e, keep]}, output: {units: 1}]",
			"a.h 3", ""},
		{"masking", series + "layers: [masking: {name: keep}, gru: {name: a, units: 3, from: [x, keep]}, output: {units: 1}]",
			"a.h 3", ""},
		{"pool over steps",
			series +
				"layers: [gru: {units: 3, return_sequences: true}, max_pool1d: {pool_size: 2}, flatten, output: {units: 1}]", "",
			`layer "max_pool1d1" needs all steps at once`},
		{"state of another",
			series +
				"layers: [gru: {name: a, units: 3, return_state: true}, gru: {name: b, units: 3, from: x, initial_state: a.h}, " +
				"output: {units: 1}]",
			"", `layer "b" begins with a state that another layer gives`},
		{"never", series + "layers: [lstm: {units: 3}, output: {units: 1}]\ngenerate: {stream: never}", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, problems := spec.Parse("spec.yaml", []byte("version: 1\nname: m\n"+c.spec), op.Schema())
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			out, problems := codegen.Compile(s, os.DirFS("."), codegen.Options{ImportPath: "example.com/m", Version: "v0"})
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			var state []string
			if out.Stream != nil {
				for _, p := range out.Stream.Params {
					if p.Role == ir.Carried {
						state = append(state, p.Name+" "+p.Shape.String())
					}
				}
			}
			reason := ""
			if out.Whole != nil {
				reason = out.Whole.Error()
			}
			if got := strings.Join(state, ", "); got != c.state || c.reason != "" && reason != c.reason ||
				c.state != "" && reason != "" {
				t.Errorf("state %q, reason %q; want %q, %q", got, reason, c.state, c.reason)
			}
			if (out.Files["step.go"] != nil) != (out.Stream != nil) {
				t.Errorf("step.go is written: %t", out.Files["step.go"] != nil)
			}
		})
	}
}

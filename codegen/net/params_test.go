package net_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// build builds a network; more follows its layers.
func build(t *testing.T, shape, layers, more string) *net.Net {
	t.Helper()
	network, problems := tryBuild(t, shape, layers, more)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	return network
}

func tryBuild(t *testing.T, shape, layers, more string) (*net.Net, spec.ErrorList) {
	t.Helper()
	src := "version: 1\nname: m\ntask: regression\ninput: {shape: " + shape + "}\nlayers:\n"
	for _, l := range strings.Split(layers, "; ") {
		src += "  - " + l + "\n"
	}
	s, problems := spec.Parse("m.yaml", []byte(src+more), op.Schema())
	if problems.Err() != nil {
		t.Fatalf("%v\n%s", problems, src)
	}
	return net.Build(s, nil)
}

// param returns the parameter of a name.
func param(t *testing.T, network *net.Net, name string) *ir.Param {
	t.Helper()
	at := slices.IndexFunc(network.Params, func(p *ir.Param) bool { return p.Name == name })
	if at < 0 {
		t.Fatalf("no parameter %q", name)
	}
	return network.Params[at]
}

func TestRegularizersOfLayersAndOfTheTraining(t *testing.T) {
	const training = "training: {kernel_regularizer: {l2: 0.5}}\n"
	for _, c := range []struct {
		shape, layer string
		own          map[string]float64 // penalties where the layer writes the ones below
		inherited    map[string]float64 // and where it writes none
		writes       string
	}{
		{"[4]", "dense: {name: l, units: 3%s}", map[string]float64{"kernel": 0, "bias": 0.25},
			map[string]float64{"kernel": 0.5, "bias": 0},
			"kernel_regularizer: {l2: 0}, bias_regularizer: {l2: 0.25}"},
		{"[6, 4]", "conv1d: {name: l, filters: 2, kernel_size: 2%s}", map[string]float64{"kernel": 0},
			map[string]float64{"kernel": 0.5, "bias": 0},
			"kernel_regularizer: {l2: 0}"},
		{"[6, 4, 2]", "separable_conv2d: {name: l, filters: 2, kernel_size: 2%s}",
			map[string]float64{"depthwise_kernel": 0, "pointwise_kernel": 0.25},
			map[string]float64{"depthwise_kernel": 0.5, "pointwise_kernel": 0.5},
			"depthwise_regularizer: {l2: 0}, pointwise_regularizer: {l2: 0.25}"},
		{"[6, 4]", "multi_head_attention: {name: l, num_heads: 2%s}",
			map[string]float64{"query_kernel": 0, "output_kernel": 0},
			map[string]float64{"query_kernel": 0.5, "key_kernel": 0.5, "value_kernel": 0.5, "output_kernel": 0.5,
				"query_bias": 0}, "kernel_regularizer: {l2: 0}"},
		{"[6, 4]", "lstm: {name: l, units: 2%s}", map[string]float64{"kernel": 0, "recurrent_kernel": 0.25},
			map[string]float64{"kernel": 0.5, "recurrent_kernel": 0, "bias": 0},
			"kernel_regularizer: {l2: 0}, recurrent_regularizer: {l2: 0.25}"},
		{"[6, 4]", "gru: {name: l, units: 2%s}", map[string]float64{"recurrent_kernel": 0},
			map[string]float64{"kernel": 0.5, "recurrent_kernel": 0}, "recurrent_regularizer: {l2: 0}"},
		{"[6, 4]", "simple_rnn: {name: l, units: 2%s}", map[string]float64{"kernel": 0.25},
			map[string]float64{"kernel": 0.5, "recurrent_kernel": 0}, "kernel_regularizer: {l2: 0.25}"},
		{"[6, 4]", "time_distributed: {name: l, layer: {dense: {units: 3%s}}}", map[string]float64{"kernel": 0, "bias": 0},
			map[string]float64{"kernel": 0.5, "bias": 0},
			"kernel_regularizer: {l2: 0}"},
		{"[3, 6, 4]", "time_distributed: {name: l, layer: {gru: {units: 3%s}}}", map[string]float64{"kernel": 0.25},
			map[string]float64{"kernel": 0.5, "recurrent_kernel": 0},
			"kernel_regularizer: {l2: 0.25}"},
	} {
		t.Run(c.layer, func(t *testing.T) {
			for writes, want := range map[string]map[string]float64{", " + c.writes: c.own, "": c.inherited} {
				network := build(t, c.shape, strings.Replace(c.layer, "%s", writes, 1)+"; flatten; output", training)
				for role, l2 := range want {
					if p := param(t, network, "l."+role); p.L1 != 0 || p.L2 != l2 {
						t.Errorf("with %q, %s has the penalties %v, %v, want 0, %v", writes, p.Name, p.L1, p.L2, l2)
					}
				}
			}
		})
	}
}

func TestAutoLooksThroughKindsThatHandNumbersOn(t *testing.T) {
	for _, between := range []string{
		"batch_norm", "layer_norm", "rms_norm", "group_norm: {groups: 2}", "gaussian_noise: 0.1", "gaussian_dropout: 0.1",
		"dropout: 0.5", "spatial_dropout2d: 0.5", "flatten",
		"reshape: [8, 4]", "time_distributed: {layer: layer_norm}", "permute: [3, 1, 2]", "zero_padding2d: [[1, 0], [0, 1]]",
		"cropping2d: [[1, 0], [0, 1]]",
		"max_pool2d: {pool_size: 2}", "max_pool2d: {pool_size: 2}; flatten", "global_max_pool2d",
		"space_to_depth: 2; depth_to_space: 2",
		"slice: {start: 0, size: 1}", "concatenate: {from: [c, c]}",
		"flatten; repeat_vector: 3; max_pool1d: {pool_size: 2}; zero_padding1d: [1, 1]; cropping1d: [1, 1]; " +
			"global_max_pool1d",
		"group_norm: {groups: 1}; gaussian_noise: 0.1; spatial_dropout2d: 0.2",
	} {
		for activation, want := range map[string]string{"relu": "he_uniform", "relu6": "he_uniform",
			"quick_gelu": "he_uniform", "prelu": "he_uniform", "selu": "lecun_normal", "tanh": "glorot_uniform"} {
			network := build(t, "[4, 4, 2]", "conv2d: {name: c, filters: 2, kernel_size: 1}; "+between+"; activation: "+
				activation+"; flatten; output", "")
			if got := param(t, network, "c.kernel").Init.Kind; got != want {
				t.Errorf("%s, then %s: auto is %s, want %s", between, activation, got, want)
			}
		}
	}
	// A layer that mixes what it reads hides the activation behind it.
	network := build(t, "[4]", "dense: {name: c, units: 4}; dense: {units: 4, activation: relu}; output", "")
	if got := param(t, network, "c.kernel").Init.Kind; got != "glorot_uniform" {
		t.Errorf("a dense layer between: auto is %s, want glorot_uniform", got)
	}
}

func TestShareNamesWhatCannotBeShared(t *testing.T) {
	for _, c := range []struct{ layers, want string }{
		{"lstm: {name: a, units: 2, return_sequences: true}; bidirectional: {name: b, layer: {lstm: 2}, share: a}; output",
			`a bidirectional cannot share the parameters of "a", a lstm`},
		{"bidirectional: {name: a, layer: {gru: {units: 2, return_sequences: true}}}; bidirectional: {name: b, layer: " +
			"{lstm: 2}, share: a}; output",
			`a lstm cannot share the parameters of "a.forward", a gru`},
		{"bidirectional: {name: a, layer: {gru: {units: 2, return_sequences: true}}}; gru: {name: b, units: 2, share: " +
			"a}; output",
			`a gru cannot share the parameters of "a", a concatenate`},
		{"flatten; output: {name: a, task: binary, units: 18, dense: false}; dense: {units: 18, from: x, share: a}; output",
			`"a" has no parameters to share`},
		{"dense: {name: a, units: 3}; activation: {function: relu, share: a}; flatten; output",
			`a relu cannot share the parameters of "a", a dense`},
	} {
		_, problems := tryBuild(t, "[6, 3]", c.layers, "")
		if len(problems) != 1 || !strings.Contains(problems.Error(), c.want) {
			t.Errorf("%s\ngives %v\nwant one error with %q", c.layers, problems, c.want)
		}
	}
	network := build(t, "[6, 3]", "prelu: {name: a}; activation: {name: b, function: prelu, share: a}; flatten; output",
		"")
	if len(network.Params) != 3 {
		t.Errorf("the shared slopes are %d parameters in all, want 3", len(network.Params))
	}
}

func TestNoLayerReadsAnOutputUnlessItSaysSo(t *testing.T) {
	for _, layers := range []string{
		"dense: {name: h, units: 3}; output: {name: a, task: multiclass, units: 3}; output: {name: b}",
		"dense: {name: h, units: 3}; output: {name: a, task: multiclass, units: 3}; dense: {name: i, units: 3}; output: " +
			"{name: b}",
	} {
		if _, problems := tryBuild(t, "[3]", layers, ""); len(problems) != 1 ||
			!strings.Contains(problems.Error(), `the layer before it is the output "a"`) {
			t.Errorf("%s\ngives %v", layers, problems)
		}
	}
	build(t, "[3]",
		"dense: {name: h, units: 3}; output: {name: a, task: multiclass, units: 3}; output: {name: b, from: h}", "")
	build(t, "[3]",
		"dense: {name: h, units: 3}; output: {name: a, task: multiclass, units: 3}; output: {name: b, from: a}", "")
}

func TestUniformRunsFromLowToHigh(t *testing.T) {
	for _, layers := range []string{
		"dense: {units: 2, kernel_initializer: {uniform: {low: 1, high: -1}}}; output",
		"dense: {units: 2, bias_initializer: {uniform: {low: 0.1}}}; output",
	} {
		if _, problems := tryBuild(t, "[3]", layers, ""); len(problems) != 1 ||
			!strings.Contains(problems.Error(), "is above high") {
			t.Errorf("%s\ngives %v", layers, problems)
		}
	}
	build(t, "[3]", "dense: {units: 2, kernel_initializer: {uniform: {low: 1, high: 1}}}; output", "")
}

package verify

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan/plantest"
	"github.com/nngen/nngen/spec"
)

// TestEveryKindAgreesWithTheReference puts each case of each kind into a network of its own; of those that NNGEN_KINDS
// names where it is set, as one does who adds a kind. Each is trained by several workers too.
func TestEveryKindAgreesWithTheReference(t *testing.T) {
	var subjects []*Subject
	for _, s := range caseSpecs(t, strings.Fields(os.Getenv("NNGEN_KINDS"))) {
		subjects = append(subjects, &Subject{Spec: s})
	}
	check(t, subjects, Options{Seed: 3, Steps: 3, fits: true})
}

// caseSpecs returns a network around each case of the kinds wanted; of all kinds if none is named.
func caseSpecs(t *testing.T, wanted []string) []*spec.Spec {
	t.Helper()
	var specs []*spec.Spec
	for _, d := range op.All() {
		if len(wanted) > 0 && !slices.Contains(wanted, d.Kind.Name) {
			continue
		}
		for i, c := range d.Cases {
			var b strings.Builder
			fmt.Fprintf(&b, "version: 1\nname: m\ntask: regression\ninputs:\n")
			var from []string
			for j, s := range c.In {
				fmt.Fprintf(&b, "  - {name: in%d, shape: %s}\n", j, list(s))
				from = append(from, fmt.Sprintf("in%d", j))
			}
			from, fronts := c.Fronts(from)
			fmt.Fprintf(&b, "layers:\n%s  - %s: {%s}\n  - flatten\n  - output: {name: out, units: 3}\n", fronts,
				d.Kind.Name, c.Keys("it", from))
			fmt.Fprintf(&b, "training: {batch_size: 5}\n")
			specs = append(specs, load(t, fmt.Sprintf("%s_%d.yaml", d.Kind.Name, i), []byte(b.String())))
		}
	}
	return specs
}

func list(s ir.Shape) string {
	var out []string
	for _, d := range s {
		out = append(out, strconv.Itoa(d))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func attrs(s string) string {
	if s == "" {
		return ""
	}
	return ", " + s
}

// TestActivationsAgreeAtZero feeds each activation what dropout made zero: there a derivative that has a kink is the
// one that the kind's doc names.
func TestActivationsAgreeAtZero(t *testing.T) {
	var subjects []*Subject
	for _, d := range op.All() {
		if !d.Activation {
			continue
		}
		for i, c := range d.Cases {
			subjects = append(subjects, &Subject{Spec: load(t, fmt.Sprintf("%s_%d.yaml", d.Kind.Name, i), fmt.Appendf(nil,
				"version: 1\nname: m\ntask: regression\ninput: {shape: [6]}\nlayers:\n  - dense: {units: 5}\n  - dropout: 0.5\n"+
					"  - %s: {name: it%s}\n  - output: {units: 2}\ntraining: {batch_size: 5}\n",
				d.Kind.Name, attrs(c.Attrs)))})
		}
	}
	check(t, subjects, Options{Seed: 3, Steps: 2})
}

// TestEveryOptimizerAgreesWithTheReference trains one network with each optimizer and its options, and one with rates
// of layers and clipped, averaged steps, by several workers too.
func TestEveryOptimizerAgreesWithTheReference(t *testing.T) {
	var subjects []*Subject
	for i, o := range optimizers {
		subjects = append(subjects, &Subject{Spec: load(t, fmt.Sprintf("optimizer_%d.yaml", i), fmt.Appendf(nil,
			"version: 1\nname: m\ninput: {shape: [9]}\ntask: multiclass\nclasses: 3\nlayers:\n"+
				"  - dense: {units: 19, activation: tanh, max_norm: 1}\n  - dropout: 0.3\n  - output\noptimizer: %s\n"+
				"training: {batch_size: 4}\n", o))})
	}
	for i, training := range []string{"{batch_size: 4}", "{batch_size: 4, clip_norm: 0.1, clip_value: 0.5, ema: 0.9}"} {
		subjects = append(subjects, &Subject{Spec: load(t, fmt.Sprintf("rates_%d.yaml", i), fmt.Appendf(nil,
			"version: 1\nname: m\ninput: {shape: [6]}\ntask: regression\nlayers:\n  - dense: {units: 19, lr_factor: 0.1}\n"+
				"  - dense: {units: 9, activation: tanh}\n  - output\noptimizer: adamw\ntraining: %s\n", training))})
	}
	check(t, subjects, Options{Seed: 4, Steps: 5, fits: true})
}

var optimizers = []string{
	"sgd", "{sgd: {lr: 0.1, weight_decay: 0.01}}",
	"{momentum: {lr: 0.1}}", "{momentum: {lr: 0.1, dampening: 0.2, weight_decay: 0.1}}",
	"{momentum: {lr: 0.1, classical: true}}",
	"{nesterov: {lr: 0.1, weight_decay: 0.01}}",
	"adagrad", "{adagrad: {lr_decay: 0.1, initial_accumulator_value: 0.5, weight_decay: 0.01}}",
	"adadelta", "{adadelta: {rho: 0.8, weight_decay: 0.1}}",
	"rmsprop", "{rmsprop: {centered: true, weight_decay: 0.01}}", "{rmsprop: {momentum: 0.5}}",
	"{rmsprop: {momentum: 0.5, centered: true}}",
	"adam", "{adam: {betas: [0.8, 0.9], weight_decay: 0.1}}", "adamw", "amsgrad",
	"{amsgrad: {betas: [0.5, 0.1], weight_decay: 0.02}}",
	"nadam", "{nadam: {momentum_decay: 0.1, weight_decay: 0.02}}", "lion",
	"{lion: {lr: 0.01, betas: [0.8, 0.95], weight_decay: 0.1}}", "adamax", "{adamax: {weight_decay: 0.1}}",
}

// TestEveryLossAgreesWithTheReference trains one network with each loss, by several workers too.
func TestEveryLossAgreesWithTheReference(t *testing.T) {
	var subjects []*Subject
	for i, o := range outputs {
		subjects = append(subjects, &Subject{Spec: load(t, fmt.Sprintf("loss_%d.yaml", i), []byte(fmt.Sprintf(
			"version: 1\nname: m\ninput: {shape: [6]}\nlayers:\n  - dense: {units: 9, activation: tanh}\n  - output: %s\n"+
				"training: {batch_size: 4}\n", o)))})
	}
	for seed := range uint64(2) {
		check(t, subjects, Options{Seed: 10 + seed, Steps: 3, fits: true})
	}
}

var outputs = []string{
	"{task: regression, units: 3}", "{task: regression, units: 2, loss: mae}",
	"{task: regression, loss: {huber: {delta: 0.7}}}", "{task: regression, units: 2, loss: log_cosh}",
	"{task: regression, units: 2, activation: softplus, loss: poisson}",
	"{task: binary}", "{task: binary, units: 3}", "{task: binary, activation: linear, loss: hinge}",
	"{task: binary, activation: step}",
	"{task: binary, units: 2, loss: binary_focal_crossentropy}",
	"{task: binary, loss: {binary_focal_crossentropy: {gamma: 0.5, alpha: -1}}}",
	"{task: multiclass, units: 4, loss: categorical_focal_crossentropy}",
	"{task: multiclass, units: 3, loss: {categorical_focal_crossentropy: {gamma: 3.5, alpha: 1}}}",
	"{task: multiclass, units: 4}",
	"{task: multiclass, units: 3, loss: {categorical_crossentropy: {label_smoothing: 0.1}}}",
	"{task: multiclass, units: 5, loss: kl_divergence}",
	"{task: binary, class_weights: {\"1\": 5}}",
	"{task: binary, activation: linear, loss: hinge, class_weights: {\"0\": 0.25}}",
	"{quantiles: [0.05, 0.5, 0.95], units: 2}", "{quantiles: [0.1], standardize: false}",
	"{task: regression, units: 3, loss: {pinball: 0.2}}",
	"{task: binary, calibrate: temperature, decision: {threshold: f1}, reject: 0.7}",
	"{task: binary, class_weights: balanced, decision: 0.3}",
	"{task: multiclass, units: 4, calibrate: temperature, reject: 0.7, class_weights: balanced}",
	"{task: binary, units: 3, calibrate: temperature}",
	"{task: multiclass, units: 3, loss: mse, activation: softmax, calibrate: temperature}",
	"{task: multiclass, units: 3, class_weights: {\"0\": 0.1, \"2\": 7}}",
	"{task: multiclass, units: 4, loss: kl_divergence, class_weights: {\"3\": 10}}",
}

// TestEveryInitializerAgreesWithTheReference draws weights by each initializer.
func TestEveryInitializerAgreesWithTheReference(t *testing.T) {
	var subjects []*Subject
	for i, k := range triedInitializers {
		subjects = append(subjects, &Subject{Spec: load(t, fmt.Sprintf("init_%d.yaml", i), []byte(fmt.Sprintf(
			"version: 1\nname: m\ninput: {shape: [7]}\ntask: regression\nlayers:\n"+
				"  - dense: {units: 7, activation: relu, kernel_initializer: %s}\n"+
				"  - dense: {units: 3, kernel_initializer: %s}\n  - output\ntraining: {batch_size: 3}\n",
			k, strings.Replace(k, "identity", "orthogonal", 1))))})
	}
	check(t, subjects, Options{Seed: 5, Steps: 2})
}

// TestEveryKindOfTrainingIsTried looks for each optimizer, loss and initializer among the uses that the tests above
// make.
func TestEveryKindOfTrainingIsTried(t *testing.T) {
	schema := op.Schema()
	for family, uses := range map[spec.Family][]string{spec.OptimizerFamily: optimizers, spec.LossFamily: outputs,
		spec.InitializerFamily: triedInitializers} {
		for _, k := range schema[family] {
			word := regexp.MustCompile(`\b` + k.Name + `\b`)
			given := map[string]string{"mse": "task: regression", "binary_crossentropy": "task: binary",
				"categorical_crossentropy": "task: multiclass", "perceptron": "activation: step"}[k.Name]
			if !slices.ContainsFunc(uses, func(use string) bool {
				return word.MatchString(use) || given != "" &&
					strings.Contains(use, given)
			}) {
				t.Errorf("no test tries the %s %s", family, k.Name)
			}
		}
	}
}

var triedInitializers = []string{"auto", "zeros", "ones", "{constant: 0.3}", "uniform", "{uniform: {low: -1, high: 2}}",
	"normal", "{normal: {mean: 1, std: 0.5}}",
	"truncated_normal", "orthogonal", "{orthogonal: {gain: 1.4}}", "identity", "glorot_uniform",
	"{glorot_normal: {gain: 4}}", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal"}

// TestRandomNetworksAgreeWithTheReference draws networks of every kind, with skips, shared
// parameters, masks, several inputs and outputs, and all that training offers, by several workers too. NNGEN_SEED and
// NNGEN_CASES explore others.
func TestRandomNetworksAgreeWithTheReference(t *testing.T) {
	cases := randomCases
	if testing.Short() {
		cases = 6
	}
	seed, cases := explored(cases)
	var subjects []*Subject
	for i := range cases {
		subjects = append(subjects, &Subject{Spec: load(t, fmt.Sprintf("random_%d_%d.yaml", seed, i),
			[]byte(randomSpec(seed, i)))})
	}
	check(t, subjects, Options{Seed: seed, Steps: 3, fits: true})
}

// explored returns the seed of random networks, and how many are drawn: NNGEN_SEED and NNGEN_CASES, else 1 and what a
// plain run draws.
func explored(cases int) (seed uint64, n int) {
	seed = 1
	if v, err := strconv.ParseUint(os.Getenv("NNGEN_SEED"), 10, 64); err == nil {
		seed = v
	}
	if v, err := strconv.Atoi(os.Getenv("NNGEN_CASES")); err == nil {
		cases = v
	}
	return seed, cases
}

// randomCases is the number of random networks of a full run.
const randomCases = plantest.Networks

// randomSpec returns the text of random valid spec i of a seed, with all that training offers.
func randomSpec(seed uint64, i int) string { return plantest.NetworkSpec(seed, i, optimizers, outputs) }

// TestRandomNetworksHoldEveryKind looks for each kind among the layers that the outputs of the networks of a full run
// depend on.
func TestRandomNetworksHoldEveryKind(t *testing.T) {
	seen := map[string]bool{}
	for i := range randomCases {
		network, problems := net.Build(load(t, fmt.Sprintf("random_1_%d.yaml", i), []byte(randomSpec(1, i))), nil)
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		var visit func(l *op.Layer)
		visit = func(l *op.Layer) {
			seen[l.Def.Kind.Name] = true
			for _, in := range l.In {
				visit(in)
			}
		}
		for _, o := range network.Outputs {
			visit(o.Layer)
		}
	}
	for _, d := range op.All() {
		if !seen[d.Kind.Name] {
			t.Errorf("no random network holds %s", d.Kind.Name)
		}
	}
}

func pick[T any](r *rand.Rand, xs ...T) T { return xs[r.IntN(len(xs))] }

// TestTiedTablesAgreeWithTheReference trains networks whose outputs share the table that their tokens name rows of.
func TestTiedTablesAgreeWithTheReference(t *testing.T) {
	var subjects []*Subject
	for i, layers := range []string{
		"embedding: {name: table, input_dim: 7, output_dim: 5}, gru: {units: 5, return_sequences: true}, output: {task: " +
			"multiclass, units: 7, share: table}",
		"embedding: {name: table, input_dim: 7, output_dim: 5, padding_idx: 0}, flatten, dense: {units: 5, activation: " +
			"tanh}, output: {task: multiclass, units: 7, share: table}",
		"embedding: {name: table, input_dim: 9, output_dim: 3}, dense: {units: 9, share: table, activation: relu}, " +
			"flatten, output: {task: binary}",
	} {
		layers = "\n  - " + strings.ReplaceAll(layers, "}, ", "}\n  - ")
		layers = strings.ReplaceAll(layers, "flatten, ", "flatten\n  - ")
		subjects = append(subjects, &Subject{Spec: load(t, fmt.Sprintf("tied_%d.yaml", i), fmt.Appendf(nil,
			"version: 1\nname: m\ninput: {shape: [4]}\nlayers:%s\ntraining: {batch_size: 4, kernel_regularizer: {l2: 0.01}}\n",
			layers))})
	}
	check(t, subjects, Options{Seed: 12, Steps: 3})
}

// TestSequenceOutputsAgreeWithTheReference trains networks whose outputs have a row for each step, with and without
// weights.
func TestSequenceOutputsAgreeWithTheReference(t *testing.T) {
	var subjects []*Subject
	for i, o := range []string{
		"{task: regression, units: 2}", "{task: binary}", "{task: multiclass, units: 4}",
		"{task: multiclass, units: 4, loss: {categorical_crossentropy: {label_smoothing: 0.1}}}",
		"{task: regression, dense: false, loss: huber}",
	} {
		for _, batch := range []string{"4", "full"} {
			subjects = append(subjects, &Subject{Spec: load(t, fmt.Sprintf("steps_%d_%s.yaml", i, batch), fmt.Appendf(nil,
				"version: 1\nname: m\ninput: {shape: [5, 6]}\nlayers:\n  - dense: {units: 9, activation: tanh}\n"+
					"  - dropout: 0.2\n  - layer_norm\n  - output: %s\ntraining: {batch_size: %s}\n", o, batch))})
		}
	}
	for seed := range uint64(2) {
		check(t, subjects, Options{Seed: 10 + seed, Steps: 3})
	}
}

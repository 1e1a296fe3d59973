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
const randomCases = 40

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

// network is a random network under construction.
type network struct {
	*rand.Rand
	b      strings.Builder
	layers []node
	tables []table
	count  int
}

// node is something that a layer can read.
type node struct {
	name  string
	shape ir.Shape
	dense bool // may be shared with: a dense layer without sparsity
	in    int  // its inputs
}

func pick[T any](r *rand.Rand, xs ...T) T { return xs[r.IntN(len(xs))] }

// randomSpec returns the text of random valid spec i of a seed. Some kinds are its turn: it ends in a case of each, so
// that all kinds have theirs within a full run.
func randomSpec(seed uint64, i int) string {
	r := rand.New(rand.NewPCG(seed, uint64(i)))
	n := &network{Rand: r}
	var turns []turn
	all := op.All()
	for k := range (len(all) + randomCases - 1) / randomCases {
		d := all[(i+k*randomCases)%len(all)]
		turns = append(turns, turn{d, pick(r, d.Cases...)})
	}
	n.b.WriteString("version: 1\nname: m\ninputs:\n")
	inputs := 1 + r.IntN(2)
	var pre []string
	for i := range inputs {
		in := node{name: fmt.Sprintf("x%d", i), shape: ir.Shape{1 + r.IntN(20)}}
		if r.IntN(3) == 0 {
			in.shape = ir.Shape{1 + r.IntN(4), 1 + r.IntN(5)}
		} else if r.IntN(2) == 0 {
			in.shape = ir.Shape{2 + r.IntN(6), 2 + r.IntN(6), 1 + r.IntN(4)}
		}
		fmt.Fprintf(&n.b, "  - {name: %s, shape: %s}\n", in.name, list(in.shape))
		n.layers = append(n.layers, in)
		if r.IntN(2) == 0 {
			pre = append(pre, fmt.Sprintf("{%s, input: %s}}", pick(r,
				"rescale: {scale: 0.5, offset: 0.25", "standardize: {", "min_max: {min: -1"), in.name))
		}
	}
	ids, steps := "", 0
	if r.IntN(3) == 0 {
		ids, steps = n.tokens()
	}
	for k, c := range turns {
		if c.Tokens != nil {
			fmt.Fprintf(&n.b, "  - {name: tokens%d, shape: %s}\n", k, list(c.In[0]))
		}
	}
	if pre != nil {
		fmt.Fprintf(&n.b, "preprocess: [%s]\n", strings.ReplaceAll(strings.Join(pre, ", "), "{, ", "{"))
	}
	n.b.WriteString("layers:\n")
	if ids != "" {
		n.embedding(ids, steps)
	}
	for range 2 + r.IntN(7) {
		n.layer()
	}
	n.turns(turns)
	for i := range 1 + r.IntN(2) {
		last := n.layers[len(n.layers)-1-i]
		if len(last.shape) != 1 {
			last = n.write("flatten", last, "", ir.Shape{last.shape.Size()})
		}
		fmt.Fprintf(&n.b, "  - output: {name: out%d, from: %s, loss_weight: %v, %s\n", i, last.name,
			pick(r, 1.0, 0.5, 2.0), pick(r, outputs...)[1:])
	}
	fmt.Fprintf(&n.b, "optimizer: %s\n", pick(r, optimizers...))
	fmt.Fprintf(&n.b, "training: {batch_size: %s, seed: %d%s}\n", pick(r, "1", "2", "7", "32", "full"), r.IntN(100),
		pick(r, "", ", clip_norm: 0.5", ", clip_value: 0.1", ", kernel_regularizer: {l2: 0.01}",
			", kernel_regularizer: {l1_l2: {l1: 0.01, l2: 0.02}}"))
	return strings.ReplaceAll(n.b.String(), "batch_size: 1,", "batch_size: 3,")
}

// turn is a case of a kind.
type turn struct {
	*op.Def
	op.Case
}

// turns appends cases of kinds, on inputs of their own for tokens and else on dense layers of the right size, and joins
// their outputs.
func (n *network) turns(turns []turn) {
	joined := []string{n.flat().name}
	for k, c := range turns {
		from := []string{fmt.Sprintf("tokens%d", k)}
		if c.Tokens == nil {
			from = nil
			for _, s := range c.In {
				in := n.write("dense", n.flat(), fmt.Sprintf("units: %d", s.Size()), ir.Shape{s.Size()})
				in = n.write("reshape", in, "target_shape: "+list(s), s)
				if c.Front != "" {
					in = n.write(c.Front, in, "", s)
				}
				from = append(from, in.name)
			}
		}
		n.count++
		out := node{name: fmt.Sprintf("l%d", n.count)}
		fmt.Fprintf(&n.b, "  - %s: {%s}\n", c.Kind.Name, c.Keys(out.name, from))
		joined = append(joined, n.write("flatten", out, "", nil).name)
		n.layers = n.layers[:len(n.layers)-1] // its shape is not known here
	}
	n.write("concatenate", node{name: "[" + strings.Join(joined, ", ") + "]"}, "", ir.Shape{1})
}

// write appends a layer and returns it.
func (n *network) write(kind string, from node, attrs string, shape ir.Shape) node {
	n.count++
	out := node{name: fmt.Sprintf("l%d", n.count), shape: shape}
	if attrs != "" {
		attrs = ", " + attrs
	}
	fmt.Fprintf(&n.b, "  - %s: {name: %s, from: %s%s}\n", kind, out.name, from.name, attrs)
	n.layers = append(n.layers, out)
	return out
}

func (n *network) flat() node {
	from := n.layers[n.IntN(len(n.layers))]
	if len(from.shape) == 1 {
		return from
	}
	return n.write("flatten", from, "", ir.Shape{from.shape.Size()})
}

// families are what append layers of a family of kinds: each tells whether it has one for what it would read.
var families []func(n *network, from node) bool

// layer appends a random layer.
func (n *network) layer() {
	from := pick(n.Rand, n.layers...)
	if n.IntN(3) == 0 && pick(n.Rand, families...)(n, from) {
		return
	}
	switch n.IntN(10) {
	case 0, 1, 2:
		n.dense()
	case 3:
		n.write(pick(n.Rand, "sigmoid", "tanh", "relu", "prelu", "elu", "selu", "gelu", "silu", "softplus", "softsign",
			"hard_sigmoid", "hard_swish", "mish", "quick_gelu", "relu6", "sin", "cos", "erf"), from, "", from.shape)
	case 4:
		n.write("activation", from, "function: "+pick(n.Rand, "linear",
			"{leaky_relu: 0.2}", "{elu: 0.5}", "{gelu: tanh}", "{clip: {min: -0.5}}", "softmax", "log_softmax"), from.shape)
	case 5:
		n.write(pick(n.Rand, "dropout", "gaussian_dropout"), from,
			fmt.Sprintf("rate: %v", pick(n.Rand, 0.0, 0.2, 0.5)), from.shape)
	case 6:
		n.write(pick(n.Rand, "layer_norm", "batch_norm", "unit_norm"), from, "epsilon: 0.01", from.shape)
	case 7:
		n.join(from)
	case 8:
		a, b := n.flat(), n.flat()
		n.write("concatenate", node{name: fmt.Sprintf("[%s, %s]", a.name, b.name)}, "", ir.Shape{a.shape[0] + b.shape[0]})
	default:
		size := from.shape.Size()
		for d := 2; d < size; d++ {
			if size%d == 0 {
				n.write("reshape", from, fmt.Sprintf("target_shape: [%d, -1]", d), ir.Shape{d, size / d})
				return
			}
		}
		n.dense()
	}
}

// join appends the sum or product of two layers of one shape.
func (n *network) join(from node) {
	for _, other := range n.layers {
		if other.name != from.name && other.shape.Equal(from.shape) {
			n.write(pick(n.Rand, "add", "multiply", "average", "subtract", "maximum", "minimum"),
				node{name: fmt.Sprintf("[%s, %s]", other.name, from.name)}, "", from.shape)
			return
		}
	}
	n.dense()
}

// dense appends a dense layer, which may share the parameters of another.
func (n *network) dense() {
	from := n.flat()
	for i := range n.layers {
		if l := n.layers[i]; l.dense && l.in == from.shape[0] && n.IntN(2) == 0 {
			n.write("dense", from, fmt.Sprintf("units: %d, share: %s", l.shape[0], l.name), l.shape)
			return
		}
	}
	units := 1 + n.IntN(20)
	attrs := fmt.Sprintf("units: %d", units)
	sparse := false
	switch n.IntN(4) {
	case 0:
		attrs += ", activation: " + pick(n.Rand, "relu", "tanh", "sigmoid", "gelu", "selu", "mish", "{leaky_relu: 0.1}")
	case 1:
		attrs += fmt.Sprintf(", sparsity: {density: {density: %v, seed: %d}}", pick(n.Rand, 0.1, 0.5, 1.0), n.IntN(9))
		sparse = true
	case 2:
		attrs += ", use_bias: false, max_norm: 0.7"
	}
	attrs += pick(n.Rand, "", ", kernel_regularizer: {l2: 0.1}", ", bias_regularizer: {l1: 0.1}",
		", kernel_initializer: he_normal")
	n.write("dense", from, attrs, ir.Shape{units})
	l := &n.layers[len(n.layers)-1]
	l.dense, l.in = !sparse && !strings.Contains(attrs, "use_bias"), from.shape[0]
}

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

package plantest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

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

// Networks is how many of the networks of NetworkSpec have a turn for every kind.
const Networks = 40

// NetworkSpec returns the text of random valid spec i of a seed, of layers that branch and join, with one of some
// optimizers and of some outputs. Some kinds are its turn: it ends in a case of each, so that all kinds have theirs
// within the first Networks.
func NetworkSpec(seed uint64, i int, optimizers, outputs []string) string {
	r := rand.New(rand.NewPCG(seed, uint64(i)))
	n := &network{Rand: r}
	var turns []turn
	all := op.All()
	for k := range (len(all) + Networks - 1) / Networks {
		d := all[(i+k*Networks)%len(all)]
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
var families = []func(n *network, from node) bool{
	(*network).normed, (*network).arrange, (*network).conv, (*network).pool, (*network).recurrent, (*network).attention,
	(*network).perStep, (*network).tied,
}

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

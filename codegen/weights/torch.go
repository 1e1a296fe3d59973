package weights

import (
	"fmt"
	"slices"
	"strings"
)

// torch is PyTorch, whose state_dict names the arrays.
var torch = &framework{
	name: "torch",
	roles: []string{"weight", "bias", "running_mean", "running_var", "in_proj_weight", "in_proj_bias", "q_proj_weight",
		"k_proj_weight", "v_proj_weight",
		"bias_k", "bias_v", "weight_ih", "weight_hh", "bias_ih", "bias_hh"},
	ignored: []string{"num_batches_tracked"},
	marks:   []string{"weight", "running_mean", "in_proj_weight"},
	running: []string{"running_mean", "running_var"},
	layout:  "PyTorch keeps a matrix as out × in; --from keras takes one of in × out",
}

func init() {
	torch.kinds = map[string]func(c *conversion){
		"dense": func(c *conversion) {
			c.matrix("weight", true)
			c.vector("bias", "bias", c.orders[c.owner])
		},
		"tied_dense": func(c *conversion) {
			c.same("kernel", "weight")
			c.vector("bias", "bias", nil)
		},
		"conv1d": torchConv, "conv2d": torchConv,
		"depthwise_conv1d": torchDepthwise, "depthwise_conv2d": torchDepthwise,
		"separable_conv1d": torchSeparable, "separable_conv2d": torchSeparable,
		"conv2d_transpose": func(c *conversion) {
			c.moved("kernel", "weight", 2, 3, 1, 0)
			c.vector("bias", "bias", nil)
		},
		"embedding": func(c *conversion) { c.same("embeddings", "weight") },
		"positional_encoding": func(c *conversion) {
			p := c.param("embeddings")
			role := ""
			if c.has("weight") {
				role = "weight"
			}
			t, f := p.Shape[0], p.Shape[1]
			if a := c.module.arrays[role]; a != nil && len(a.Shape) > 1 && a.Shape[len(a.Shape)-1] == f &&
				a.Shape[len(a.Shape)-2] > t && len(a.Data) == a.Shape[len(a.Shape)-2]*f {
				c.used[role] = true
				c.put(p, a.Data[:t*f], fmt.Sprintf("the first %d steps", t), a)
				return
			}
			c.same("embeddings", role, []int{1, t, f})
		},
		"batch_norm": func(c *conversion) {
			order := c.orders[c.owner]
			if c.has("weight") || c.has("bias") {
				c.vector("gamma", "weight", order)
				c.vector("beta", "bias", order)
			} else {
				n := c.param("gamma").Size()
				c.put(c.param("gamma"), slices.Repeat([]float64{1}, n), "1, since the module has affine=False")
				c.put(c.param("beta"), make([]float64, n), "0, since the module has affine=False")
			}
			c.vector("mean", "running_mean", order)
			c.vector("var", "running_var", order)
		},
		"layer_norm": torchNorm, "group_norm": torchNorm, "rms_norm": torchNorm,
		"prelu": func(c *conversion) {
			p := c.param("alpha")
			if a := c.module.arrays["weight"]; a != nil && len(a.Data) == 1 && p.Size() > 1 {
				c.used["weight"] = true
				c.put(p, slices.Repeat(a.Data, p.Size()), "one slope for all channels", a)
				return
			}
			c.vector("alpha", "weight", c.orders[c.owner])
		},
		"lstm": torchCell("lstm"), "gru": torchCell("gru"), "simple_rnn": torchCell("simple_rnn"),
		"multi_head_attention": torchAttention,
	}
}

func torchNorm(c *conversion) {
	c.vector("gamma", "weight", c.orders[c.owner])
	c.vector("beta", "bias", c.orders[c.owner])
}

// torchConv moves filters×channels×taps to taps×channels×filters.
func torchConv(c *conversion) {
	if len(c.param("kernel").Shape) == 4 {
		c.moved("kernel", "weight", 2, 3, 1, 0)
	} else {
		c.moved("kernel", "weight", 2, 1, 0)
	}
	c.vector("bias", "bias", nil)
}

// depthwise moves (channels·m)×1×taps to taps×channels×m.
func (c *conversion) depthwise(from string) {
	p := c.param("depthwise_kernel")
	taps, n := p.Shape[:len(p.Shape)-2], p.Shape[len(p.Shape)-2]*p.Shape[len(p.Shape)-1]
	a := c.need(from, append([]int{n, 1}, taps...))
	size := len(a.Data) / n
	data := make([]float64, 0, len(a.Data))
	for t := range size {
		for k := range n {
			data = append(data, a.Data[k*size+t])
		}
	}
	c.put(p, data, "taps first", a)
}

func torchDepthwise(c *conversion) {
	c.depthwise("weight")
	c.vector("bias", "bias", nil)
}

// torchSeparable reads a module with the parts depthwise and pointwise.
func torchSeparable(c *conversion) {
	c.depthwise("depthwise.weight")
	p := c.param("pointwise_kernel")
	in, out := p.Shape[0], p.Shape[1]
	rank := len(c.param("depthwise_kernel").Shape) - 2
	a := c.need("pointwise.weight", append([]int{out, in}, slices.Repeat([]int{1}, rank)...))
	c.put(p, permuted(&Array{Shape: []int{out, in}, Data: a.Data}, []int{1, 0}), "transposed", a)
	c.vector("bias", "pointwise.bias", nil)
}

// torchGates are the places of the gates of PyTorch in the order of a spec: i f g o, z r g.
var torchGates = map[string][]int{"lstm": {0, 1, 2, 3}, "gru": {1, 0, 2}, "simple_rnn": {0}}

// torchCell reads a cell of a recurrent module: its weights have a row for each unit of each gate, and biases of input
// and state, which a gru keeps apart and others add.
func torchCell(kind string) func(c *conversion) {
	return func(c *conversion) {
		gates := torchGates[kind]
		if kind == "gru" && !c.layer.Node.Bool("reset_after") {
			c.fail("the GRU of PyTorch has reset_after: true")
			return
		}
		what := "transposed"
		if kind == "gru" {
			what = "transposed, gates r z n to z r n"
		}
		for _, w := range []struct{ role, from string }{{"kernel", "weight_ih"}, {"recurrent_kernel", "weight_hh"}} {
			p := c.param(w.role)
			a := c.need(w.from, []int{p.Shape[1], p.Shape[0]})
			c.put(p, permuted(&Array{Shape: []int{p.Shape[1], p.Shape[0]}, Data: gated(a.Data, gates)}, []int{1, 0}), what, a)
		}
		p := c.param("bias")
		if p == nil {
			return
		}
		n := c.param("kernel").Shape[1]
		x, h := c.need("bias_ih", []int{n}), c.need("bias_hh", []int{n})
		input, state := gated(x.Data, gates), gated(h.Data, gates)
		if kind == "gru" {
			c.put(p, slices.Concat(input, state), "a row each, gates r z n to z r n", x, h)
			return
		}
		sum := make([]float64, n)
		for i := range sum {
			sum[i] = input[i] + state[i]
		}
		c.put(p, sum, "added", x, h)
	}
}

// gated returns an array with its gates, equal parts along the first axis, in another order.
func gated(v []float64, gates []int) []float64 {
	size := len(v) / len(gates)
	out := make([]float64, 0, len(v))
	for _, g := range gates {
		out = append(out, v[g*size:(g+1)*size]...)
	}
	return out
}

// torchAttention reads nn.MultiheadAttention, or an attention of a module for each product, or with queries, keys and
// values in one.
func torchAttention(c *conversion) {
	roles := []string{"query", "key", "value"}
	joined, bias := "", ""
	switch {
	case c.has("in_proj_weight"):
		joined, bias = "in_proj_weight", "in_proj_bias"
	case c.has("qkv.weight"):
		joined, bias = "qkv.weight", "qkv.bias"
	}
	for i, role := range roles {
		p, b := c.param(role+"_kernel"), c.param(role+"_bias")
		in, out := p.Shape[0], p.Shape[1]
		if joined == "" {
			weight := role + ".weight"
			if c.has("q_proj_weight") {
				weight, bias = strings.ToLower(role[:1])+"_proj_weight", "in_proj_bias"
			}
			a := c.need(weight, []int{out, in})
			c.put(p, permuted(a, []int{1, 0}), "transposed", a)
		} else {
			a := c.need(joined, []int{3 * out, in})
			part := &Array{Shape: []int{out, in}, Data: a.Data[i*out*in : (i+1)*out*in]}
			c.put(p, permuted(part, []int{1, 0}), fmt.Sprintf("rows %d to %d, transposed", i*out, (i+1)*out-1), a)
		}
		switch {
		case b == nil:
		case bias != "":
			a := c.need(bias, []int{3 * out})
			c.put(b, a.Data[i*out:(i+1)*out], fmt.Sprintf("elements %d to %d", i*out, (i+1)*out-1), a)
		default:
			c.vector(role+"_bias", role+".bias", nil)
		}
	}
	p := c.param("output_kernel")
	a := c.need("attention_output.weight", []int{p.Shape[1], p.Shape[0]})
	c.put(p, permuted(a, []int{1, 0}), "transposed", a)
	c.vector("output_bias", "attention_output.bias", nil)
}

package weights

import (
	"slices"
)

// keras is Keras, versions 2 and 3; its layouts are those of a spec, but for a few shapes.
var keras = &framework{
	name: "keras",
	roles: []string{"kernel", "bias", "embeddings", "depthwise_kernel", "pointwise_kernel", "recurrent_kernel",
		"gamma", "beta", "scale", "alpha",
		"moving_mean", "moving_variance", "position_embeddings"},
	ignored: []string{"seed_generator_state"},
	marks:   []string{"kernel", "embeddings", "gamma", "moving_mean", "depthwise_kernel"},
	running: []string{"moving_mean", "moving_variance"},
	layout:  "Keras keeps a matrix as in × out; --from torch takes one of out × in",
}

func init() {
	keras.kinds = map[string]func(c *conversion){
		"dense": func(c *conversion) {
			c.matrix("kernel", false)
			c.same("bias", "bias")
		},
		"conv1d": kerasFilters("kernel"), "conv2d": kerasFilters("kernel"), "conv2d_transpose": kerasFilters("kernel"),
		"depthwise_conv1d": kerasDepthwise, "depthwise_conv2d": kerasDepthwise,
		"separable_conv1d": kerasSeparable, "separable_conv2d": kerasSeparable,
		"embedding": func(c *conversion) { c.same("embeddings", "embeddings") },
		"positional_encoding": func(c *conversion) {
			role := "position_embeddings"
			if c.has("embeddings") {
				role = "embeddings"
			}
			c.same("embeddings", role)
		},
		"batch_norm": func(c *conversion) {
			c.orAbsent("gamma", "gamma", 1, "1, since the layer has scale=False")
			c.orAbsent("beta", "beta", 0, "0, since the layer has center=False")
			c.same("mean", "moving_mean")
			c.same("var", "moving_variance")
		},
		"layer_norm": func(c *conversion) {
			c.orAbsent("gamma", "gamma", 1, "1, since the layer has scale=False")
			c.orAbsent("beta", "beta", 0, "0, since the layer has center=False")
		},
		"group_norm": func(c *conversion) {
			c.same("gamma", "gamma")
			c.same("beta", "beta")
		},
		"rms_norm": func(c *conversion) {
			role := "scale"
			if c.has("gamma") {
				role = "gamma"
			}
			c.same("gamma", role)
		},
		"prelu": func(c *conversion) {
			n := c.param("alpha").Size()
			c.same("alpha", "alpha", []int{1, n}, []int{1, 1, n})
		},
		"lstm": kerasCell, "gru": kerasCell, "simple_rnn": kerasCell,
		"multi_head_attention": kerasAttention,
	}
}

// orAbsent fills a parameter that the framework may leave out.
func (c *conversion) orAbsent(role, from string, absent float64, what string) {
	if p := c.param(role); p != nil && !c.has(from) && len(c.module.arrays) > 0 {
		c.put(p, slices.Repeat([]float64{absent}, p.Size()), what)
		return
	}
	c.same(role, from)
}

func kerasFilters(role string) func(c *conversion) {
	return func(c *conversion) {
		c.same(role, role)
		c.same("bias", "bias")
	}
}

// kerasDepthwise reads the kernel of a depthwise convolution, called kernel by Keras 3; over a sequence Keras 2 gives
// it an axis of extent 1 before.
func kerasDepthwise(c *conversion) {
	role := "depthwise_kernel"
	if !c.has(role) {
		role = "kernel"
	}
	c.same("depthwise_kernel", role, append([]int{1}, c.param("depthwise_kernel").Shape...))
	c.same("bias", "bias")
}

// kerasSeparable reads pointwise kernels as filters of extent 1.
func kerasSeparable(c *conversion) {
	c.same("depthwise_kernel", "depthwise_kernel")
	p := c.param("pointwise_kernel")
	rank := len(c.param("depthwise_kernel").Shape) - 2
	c.same("pointwise_kernel", "pointwise_kernel", append(slices.Repeat([]int{1}, rank), p.Shape...))
	c.same("bias", "bias")
}

// kerasCell reads kernels with the gates in the order of a spec. The layers of cuDNN, CuDNNLSTM and CuDNNGRU, kept
// biases of input and state in one row: an lstm adds them, a gru has them in two.
func kerasCell(c *conversion) {
	c.same("kernel", "kernel")
	c.same("recurrent_kernel", "recurrent_kernel")
	p := c.param("bias")
	if p == nil {
		return
	}
	n := c.param("kernel").Shape[1]
	if a := c.module.arrays["bias"]; a != nil && len(p.Shape) == 1 && len(a.Data) == 2*n {
		c.used["bias"] = true
		if c.layer.Def.Kind.Name == "gru" {
			c.fail("%s is %s: biases of reset_after=True, but the layer has reset_after: false", a.Name, shapeText(a.Shape))
			return
		}
		sum := make([]float64, n)
		for i := range sum {
			sum[i] = a.Data[i] + a.Data[n+i]
		}
		c.put(p, sum, "those of input and state added", a)
		return
	}
	c.same("bias", "bias", []int{2 * n})
}

// kerasAttention reads products whose kernels have an axis for the heads.
func kerasAttention(c *conversion) {
	heads := c.layer.Node.Int("num_heads")
	for _, role := range []string{"query", "key", "value", "output"} {
		from := role
		if role == "output" {
			from = "attention_output"
		}
		p := c.param(role + "_kernel")
		in, out := p.Shape[0], p.Shape[1]
		shape, bias := []int{in, heads, out / heads}, []int{heads, out / heads}
		if role == "output" {
			shape, bias = []int{heads, in / heads, out}, []int{out}
		}
		c.same(role+"_kernel", from+".kernel", shape)
		c.same(role+"_bias", from+".bias", bias)
	}
}

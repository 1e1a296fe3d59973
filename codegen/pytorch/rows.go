package pytorch

import (
	"fmt"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// row writes a kind of layer and returns its value.
type row = func(w *writer, l *op.Layer) (value, error)

// rows holds those of all kinds. It is filled by init, since rows call one another.
var rows map[string]row

func init() {
	rows = map[string]row{
		"rescale": affine, "standardize": affine, "min_max": affine, "targets": affine, "temperature": affine,
		"dense": dense, "tied_dense": tied,
		"conv1d": convolution, "conv2d": convolution, "depthwise_conv1d": convolution, "depthwise_conv2d": convolution,
		"separable_conv1d": separable, "separable_conv2d": separable, "conv2d_transpose": transposed,
		"max_pool1d": pool, "max_pool2d": pool, "average_pool1d": pool, "average_pool2d": pool,
		"global_average_pool1d": global("mean"), "global_average_pool2d": global("mean"),
		"global_max_pool1d": global("amax"), "global_max_pool2d": global("amax"),

		"relu": element("torch.relu(%s)"), "sigmoid": element("torch.sigmoid(%s)"), "tanh": element("torch.tanh(%s)"),
		"softplus": element("F.softplus(%s)"),
		"softsign": element("F.softsign(%s)"), "selu": element("F.selu(%s)"), "linear": element("%s"),
		"hard_sigmoid": element("F.hardsigmoid(%s)"),
		"hard_swish":   element("F.hardswish(%s)"), "silu": element("F.silu(%s)"), "mish": element("F.mish(%s)"),
		"relu6": element("F.relu6(%s)"),
		"exp":   element("torch.exp(%s)"), "abs": element("torch.abs(%s)"), "log": element("torch.log(%s)"),
		"sqrt":       element("torch.sqrt(%s)"),
		"reciprocal": element("1 / %s"), "square": element("%s ** 2"),
		"quick_gelu":       element("%[1]s * torch.sigmoid(1.702 * %[1]s)"),
		"sin":              element("torch.sin(%s)"),
		"cos":              element("torch.cos(%s)"),
		"erf":              element("torch.erf(%s)"),
		"floor":            element("torch.floor(%s)"),
		"ceil":             element("torch.ceil(%s)"),
		"round":            element("torch.round(%s)"),
		"step":             element("(%s >= 0).float()"),
		"elu":              elementOf("F.elu(%s, %s)", "alpha"),
		"celu":             elementOf("F.celu(%s, %s)", "alpha"),
		"leaky_relu":       elementOf("F.leaky_relu(%s, %s)", "negative_slope"),
		"thresholded_relu": elementOf("F.threshold(%s, %s, 0.0)", "theta"),
		"clip":             elementOf("torch.clamp(%s, %s, %s)", "min", "max"),
		"rescaling":        elementOf("%s * %s + %s", "scale", "offset"),
		"gelu": func(w *writer, l *op.Layer) (value, error) {
			if l.Node.Word("approximate") == "tanh" {
				return element(`F.gelu(%s, approximate="tanh")`)(w, l)
			}
			return element("F.gelu(%s)")(w, l)
		},
		"prelu": func(w *writer, l *op.Layer) (value, error) {
			x := w.in(l, 0)
			slope := w.parameter("", l.Params[0])
			return value{text: fmt.Sprintf("torch.where(%[1]s > 0, %[1]s, %[1]s * %[2]s)", x.text, slope)}, nil
		},
		"softmax": lastAxis("torch.softmax(%s, -1)"), "log_softmax": lastAxis("torch.log_softmax(%s, -1)"),
		"affine": func(w *writer, l *op.Layer) (value, error) {
			y := fmt.Sprintf("%s * %s", w.in(l, 0).text, w.parameter("_gamma", l.Params[0]))
			if len(l.Params) > 1 {
				y += " + " + w.parameter("_beta", l.Params[1])
			}
			return value{text: y}, nil
		},

		"batch_norm": batchNorm, "group_norm": groupNorm,
		"layer_norm": func(w *writer, l *op.Layer) (value, error) {
			name := w.field("", "nn.LayerNorm(%d, eps=%s)", l.Params[0].Size(), float(l.Node.Float("epsilon")))
			w.copy(name+".weight", l.Params[0], "")
			w.copy(name+".bias", l.Params[1], "")
			return value{text: fmt.Sprintf("%s(%s)", name, w.in(l, 0).text)}, nil
		},
		"rms_norm": func(w *writer, l *op.Layer) (value, error) {
			x, gamma := w.in(l, 0).text, w.parameter("", l.Params[0])
			return value{text: fmt.Sprintf("%[1]s * torch.rsqrt((%[1]s ** 2).mean(-1, keepdim=True) + %[2]s) * %[3]s", x,
				float(l.Node.Float("epsilon")), gamma)}, nil
		},
		"unit_norm": lastAxisOf("F.normalize(%s, dim=-1, eps=%s)", "epsilon"),

		"dropout": func(w *writer, l *op.Layer) (value, error) {
			return w.module(l, "nn.Dropout(%s)", float(l.Node.Float("rate")))
		},
		// The module does not round in training, as the package does: it computes as predictions do.
		op.FakeQuant.Kind.Name: func(w *writer, l *op.Layer) (value, error) { return w.values[l.In[0]], nil },
		"spatial_dropout1d":    spatialDropout, "spatial_dropout2d": spatialDropout,
		"gaussian_dropout": func(w *writer, l *op.Layer) (value, error) {
			x := w.values[l.In[0]]
			rate := l.Node.Float("rate")
			x.text = fmt.Sprintf("%[1]s * (1 + torch.randn_like(%[1]s) * %[2]s ** 0.5) if self.training else %[1]s",
				x.text, float(rate/(1-rate)))
			return x, nil
		},
		"gaussian_noise": func(w *writer, l *op.Layer) (value, error) {
			x := w.values[l.In[0]]
			x.text = fmt.Sprintf("%[1]s + torch.randn_like(%[1]s) * %[2]s if self.training else %[1]s", x.text,
				float(l.Node.Float("stddev")))
			return x, nil
		},

		"add": joined(" + "), "multiply": joined(" * "), "subtract": joined(" - "), "maximum": folded("torch.maximum"),
		"minimum": folded("torch.minimum"),
		"average": func(w *writer, l *op.Layer) (value, error) {
			v, err := joined(" + ")(w, l)
			v.text = fmt.Sprintf("(%s) / %d", v.text, len(l.In))
			return v, err
		},
		"concatenate": func(w *writer, l *op.Layer) (value, error) {
			return value{text: fmt.Sprintf("torch.cat([%s], -1)", strings.Join(w.inputs(l), ", "))}, nil
		},
		"dot": dot,

		"flatten": func(w *writer, l *op.Layer) (value, error) { return value{text: w.in(l, 0).text + ".flatten(1)"}, nil },
		"reshape": func(w *writer, l *op.Layer) (value, error) {
			return value{text: fmt.Sprintf("%s.reshape(-1, %s)", w.in(l, 0).text, extents(l.Shape))}, nil
		},
		"permute": func(w *writer, l *op.Layer) (value, error) {
			v, dims := w.values[l.In[0]], l.Node.Ints("dims")
			if op.SameInOtherLayout(dims, v.first) {
				return value{text: v.text, first: !v.first}, nil
			}
			return value{text: fmt.Sprintf("%s.permute(0, %s)", w.in(l, 0).text, extents(dims))}, nil
		},
		"repeat_vector": func(w *writer, l *op.Layer) (value, error) {
			return value{text: fmt.Sprintf("%s.unsqueeze(1).expand(-1, %d, -1)", w.in(l, 0).text, l.Shape[0])}, nil
		},
		"slice": func(w *writer, l *op.Layer) (value, error) {
			start := l.Node.Int("start")
			return value{text: fmt.Sprintf("%s[..., %d:%d]", w.in(l, 0).text, start, start+l.Node.Int("size"))}, nil
		},
		"zero_padding1d": zeroPadding, "zero_padding2d": zeroPadding, "cropping1d": cropping, "cropping2d": cropping,
		"up_sampling1d": upSampling, "up_sampling2d": upSampling,
		"depth_to_space": func(w *writer, l *op.Layer) (value, error) {
			b, s := l.Node.Int("block_size"), l.Shape
			return value{text: fmt.Sprintf("%s.reshape(-1, %d, %d, %d, %d, %d).permute(0, 1, 3, 2, 4, 5).reshape(-1, %s)",
				w.in(l, 0).text, s[0]/b, s[1]/b, b, b, s[2], extents(s))}, nil
		},
		"space_to_depth": func(w *writer, l *op.Layer) (value, error) {
			b, s := l.Node.Int("block_size"), l.Shape
			return value{text: fmt.Sprintf("%s.reshape(-1, %d, %d, %d, %d, %d).permute(0, 1, 3, 2, 4, 5).reshape(-1, %s)",
				w.in(l, 0).text, s[0], b, s[1], b, l.InShape(0)[2], extents(s))}, nil
		},

		"embedding": func(w *writer, l *op.Layer) (value, error) {
			p := l.Params[0]
			name, more := w.layers[p], ""
			if name == "" {
				padding := l.Node.Lookup("padding_idx")
				if padding != nil && padding.V != nil {
					more = fmt.Sprintf(", padding_idx=%d", l.Node.Int("padding_idx"))
				}
				name = w.field("", "nn.Embedding(%s%s)", extents(p.Shape), more)
				w.copy(name+".weight", p, "")
				if more != "" {
					w.load = append(w.load, fmt.Sprintf("%s.weight[%d] = 0.0", name, l.Node.Int("padding_idx")))
				}
				w.share(p, name)
			}
			return value{text: fmt.Sprintf("%s(%s.long())", name, w.in(l, 0).text)}, nil
		},
		"quantiles": func(w *writer, l *op.Layer) (value, error) {
			x, count := w.in(l, 0).text, l.Node.Int("count")
			block := l.Shape.Size() / count
			return value{text: fmt.Sprintf("torch.cat([%s[..., :%d], F.softplus(%s[..., %d:])], -1).unflatten(-1, (%d, "+
				"%d)).cumsum(-2).flatten(-2)",
				x, block, x, block, count, block)}, nil
		},
		"positional_encoding": func(w *writer, l *op.Layer) (value, error) {
			p := l.Params[0]
			add := w.parameter
			if p.Role == ir.Constant {
				add = w.buffer
			}
			return value{text: fmt.Sprintf("%s + %s", w.in(l, 0).text, add("", p))}, nil
		},
		"lstm": recurrent, "gru": recurrent, "simple_rnn": recurrent, "state": state,
		"multi_head_attention": attention,
		"time_distributed":     timeDistributed,
		"masking": func(w *writer, l *op.Layer) (value, error) {
			return value{text: fmt.Sprintf("(%s != %s).any(-1).float()", w.in(l, 0).text, float(l.Node.Float("mask_value")))},
				nil
		},
		"padding_mask": func(w *writer, l *op.Layer) (value, error) {
			return value{text: fmt.Sprintf("(%s >= 0.5).float()", w.in(l, 0).text)}, nil
		},
	}
}

// element writes a function of elements.
func element(format string) row {
	return func(w *writer, l *op.Layer) (value, error) {
		v := w.values[l.In[0]]
		v.text = fmt.Sprintf(format, v.text)
		return v, nil
	}
}

// elementOf is element with attributes.
func elementOf(format string, attrs ...string) row {
	return func(w *writer, l *op.Layer) (value, error) {
		v := w.values[l.In[0]]
		args := []any{v.text}
		for _, a := range attrs {
			args = append(args, float(l.Node.Float(a)))
		}
		v.text = fmt.Sprintf(format, args...)
		return v, nil
	}
}

func lastAxis(format string) row {
	return func(w *writer, l *op.Layer) (value, error) {
		return value{text: fmt.Sprintf(format, w.in(l, 0).text)}, nil
	}
}

func lastAxisOf(format, attr string) row {
	return func(w *writer, l *op.Layer) (value, error) {
		return value{text: fmt.Sprintf(format, w.in(l, 0).text, float(l.Node.Float(attr)))}, nil
	}
}

// module writes a layer without parameters as a module, whatever the layout.
func (w *writer) module(l *op.Layer, format string, args ...any) (value, error) {
	v := w.values[l.In[0]]
	v.text = fmt.Sprintf("%s(%s)", w.field("", format, args...), v.text)
	return v, nil
}

func (w *writer) inputs(l *op.Layer) []string {
	var all []string
	for i := range l.In {
		all = append(all, w.in(l, i).text)
	}
	return all
}

// share notes the module that has a parameter.
func (w *writer) share(p *ir.Param, name string) {
	if w.layers == nil {
		w.layers = map[*ir.Param]string{}
	}
	w.layers[p] = name
}

func (w *writer) help(name string) string {
	if w.helpers == nil {
		w.helpers = map[string]bool{}
	}
	w.helpers[name] = true
	return name
}

func affine(w *writer, l *op.Layer) (value, error) {
	center, scale := w.buffer("_center", l.Params[0]), w.buffer("_scale", l.Params[1])
	if n := l.Shape; len(n) > 1 {
		center, scale = fmt.Sprintf("%s.reshape(%s)", center, extents(n)), fmt.Sprintf("%s.reshape(%s)", scale, extents(n))
	}
	return value{text: fmt.Sprintf("(%s - %s) * %s", w.in(l, 0).text, center, scale)}, nil
}

func dense(w *writer, l *op.Layer) (value, error) {
	p := l.Params[0]
	name := w.layers[p]
	if name == "" {
		in, out := p.Shape[0], 0
		if p.Pattern != nil {
			in, out = p.In, p.Out
		} else {
			out = p.Shape[1]
		}
		name = w.field("", "nn.Linear(%d, %d, bias=%s)", in, out, boolean(len(l.Params) > 1))
		if p.Pattern == nil {
			w.copy(name+".weight", p, ".T")
		} else {
			w.sparse(name, p)
		}
		if len(l.Params) > 1 {
			w.copy(name+".bias", l.Params[1], "")
		}
		w.share(p, name)
	}
	return value{text: fmt.Sprintf("%s(%s)", name, w.in(l, 0).text)}, nil
}

// sparse fills a weight by its connections, from units to inputs.
func (w *writer) sparse(name string, p *ir.Param) {
	var from, to []int
	for _, c := range p.Pattern {
		from, to = append(from, c[0]), append(to, c[1])
	}
	w.load = append(w.load, name+".weight.zero_()",
		fmt.Sprintf("%s.weight[[%s], [%s]] = w[%s]  # the connections of its mask", name, extents(to),
			extents(from), quote(p.Name)))
}

func tied(w *writer, l *op.Layer) (value, error) {
	table := w.layers[l.Params[0]]
	if table == "" {
		table = w.parameter("_table", l.Params[0])
	} else {
		table += ".weight"
	}
	bias := "None"
	if len(l.Params) > 1 {
		bias = w.parameter("_bias", l.Params[1])
	}
	return value{text: fmt.Sprintf("F.linear(%s, %s, %s)", w.in(l, 0).text, table, bias)}, nil
}

func batchNorm(w *writer, l *op.Layer) (value, error) {
	x := w.channelsFirst(w.values[l.In[0]])
	name := w.layers[l.Params[0]]
	if name == "" {
		name = w.field("", "nn.BatchNorm%dd(%d, eps=%s, momentum=%s)", max(1, len(l.Shape)-1), l.Params[0].Size(),
			float(l.Node.Float("epsilon")), float(l.Node.Float("momentum")))
		for i, field := range []string{"weight", "bias", "running_mean", "running_var"} {
			w.copy(name+"."+field, l.Params[i], "")
		}
		w.share(l.Params[0], name)
	}
	x.text = fmt.Sprintf("%s(%s)", name, x.text)
	return x, nil
}

func groupNorm(w *writer, l *op.Layer) (value, error) {
	x := w.channelsFirst(w.values[l.In[0]])
	name := w.field("", "nn.GroupNorm(%d, %d, eps=%s)", l.Node.Int("groups"), l.Shape[len(l.Shape)-1],
		float(l.Node.Float("epsilon")))
	i := 0
	if l.Node.Bool("scale") {
		w.copy(name+".weight", l.Params[i], "")
		i++
	}
	if l.Node.Bool("center") {
		w.copy(name+".bias", l.Params[i], "")
	}
	x.text = fmt.Sprintf("%s(%s)", name, x.text)
	return x, nil
}

func spatialDropout(w *writer, l *op.Layer) (value, error) {
	x := w.channelsFirst(w.values[l.In[0]])
	x.text = fmt.Sprintf("%s(%s)", w.field("", "nn.Dropout%dd(%s)", spatialRank(l), float(l.Node.Float("rate"))), x.text)
	return x, nil
}

func joined(operator string) row {
	return func(w *writer, l *op.Layer) (value, error) {
		return value{text: strings.Join(w.inputs(l), operator)}, nil
	}
}

func folded(function string) row {
	return func(w *writer, l *op.Layer) (value, error) {
		all := w.inputs(l)
		y := all[0]
		for _, x := range all[1:] {
			y = fmt.Sprintf("%s(%s, %s)", function, y, x)
		}
		return value{text: y}, nil
	}
}

func dot(w *writer, l *op.Layer) (value, error) {
	side := func(i int) string {
		v, axis := w.in(l, i), l.Node.Ints("axes")[i]
		x := v.text
		if l.Node.Bool("normalize") {
			x = fmt.Sprintf("F.normalize(%s, dim=%d, eps=1e-12)", x, axis)
		}
		if len(v.shape) > 1 && axis == 1 {
			x += ".transpose(1, 2)"
		}
		return x
	}
	if len(l.InShape(0)) == 1 {
		return value{text: fmt.Sprintf("(%s * %s).sum(-1, keepdim=True)", side(0), side(1))}, nil
	}
	return value{text: fmt.Sprintf("%s @ %s.transpose(1, 2)", side(0), side(1))}, nil
}

package pytorch

import (
	"fmt"
	"slices"
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

// spatialRank returns 1 for layers over sequences, 2 for those over images.
func spatialRank(l *op.Layer) int { return len(l.InShape(0)) - 1 }

// conv writes a module of a convolution and returns its name and its input.
func (w *writer) conv(l *op.Layer, suffix string, bias *ir.Param) (name string, x value) {
	p, rank := l.Params[0], spatialRank(l)
	size, strides, dilations := pair(l.Node, "kernel_size", rank), pair(l.Node, "strides", rank),
		pair(l.Node, "dilation_rate", rank)
	before, after := paddings(l, size, strides, dilations)
	x = w.channelsFirst(w.values[l.In[0]])
	args := ""
	if slices.Max(strides) > 1 {
		args += ", stride=" + tuple(strides)
	}
	if slices.Equal(before, after) && slices.Max(before) > 0 {
		args += ", padding=" + tuple(before)
	} else {
		x.text = padded(x.text, before, after, "")
	}
	if slices.Max(dilations) > 1 {
		args += ", dilation=" + tuple(dilations)
	}
	in := l.InShape(0)[rank]
	out, groups, then := p.Shape[rank+1], 1, ""
	if kind := l.Def.Kind.Name; strings.HasPrefix(kind, "depthwise") || strings.HasPrefix(kind, "separable") {
		groups, out = in, in*p.Shape[rank+1]
		then = fmt.Sprintf(".permute(%s).reshape(%d, 1, %s)", extents(append([]int{rank, rank + 1}, upTo(rank)...)),
			out, extents(p.Shape[:rank]))
	} else {
		groups = max(1, l.Node.Int("groups"))
		then = fmt.Sprintf(".permute(%s)", extents(append([]int{rank + 1, rank}, upTo(rank)...)))
	}
	if groups > 1 {
		args += fmt.Sprintf(", groups=%d", groups)
	}
	if bias == nil {
		args += ", bias=False"
	}
	if name = w.layers[p]; name == "" {
		name = w.field(suffix, "nn.Conv%dd(%d, %d, %s%s)", rank, in, out, tuple(size), args)
		w.copy(name+".weight", p, then)
		if bias != nil {
			w.copy(name+".bias", bias, "")
		}
		w.share(p, name)
	}
	return name, x
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func convolution(w *writer, l *op.Layer) (value, error) {
	var bias *ir.Param
	if len(l.Params) > 1 {
		bias = l.Params[1]
	}
	name, x := w.conv(l, "", bias)
	return value{text: fmt.Sprintf("%s(%s)", name, x.text), first: true}, nil
}

func separable(w *writer, l *op.Layer) (value, error) {
	name, x := w.conv(l, "_depthwise", nil)
	p, rank := l.Params[1], spatialRank(l)
	point := w.layers[p]
	if point == "" {
		point = w.field("_pointwise", "nn.Conv%dd(%d, %d, 1, bias=%s)", rank, p.Shape[0], p.Shape[1],
			boolean(len(l.Params) > 2))
		w.copy(point+".weight", p, fmt.Sprintf(".T.reshape(%d, %d, %s)", p.Shape[1], p.Shape[0],
			extents(slices.Repeat([]int{1}, rank))))
		if len(l.Params) > 2 {
			w.copy(point+".bias", l.Params[2], "")
		}
		w.share(p, point)
	}
	return value{text: fmt.Sprintf("%s(%s(%s))", point, name, x.text), first: true}, nil
}

// transposed writes a transposed convolution without padding, and cuts off what the spec's has not.
func transposed(w *writer, l *op.Layer) (value, error) {
	p, x := l.Params[0], w.channelsFirst(w.values[l.In[0]])
	size, strides, dilations, in := l.Node.Ints("kernel_size"), l.Node.Ints("strides"),
		l.Node.Ints("dilation_rate"), l.InShape(0)
	cuts, extra := "[:, :", make([]int, 2)
	for i := range 2 {
		span, before := (size[i]-1)*dilations[i]+1, 0
		switch l.Node.Word("padding") {
		case "":
			b, _ := border(l.Node, "padding", 2)
			before = b[i]
		case "same":
			before = max(0, span-strides[i]) / 2
		}
		whole := (in[i]-1)*strides[i] + span
		extra[i] = max(0, before+l.Shape[i]-whole)
		cuts += fmt.Sprintf(", %d:%d", before, before+l.Shape[i])
	}
	args := ""
	if slices.Max(strides) > 1 {
		args += ", stride=" + tuple(strides)
	}
	if slices.Max(dilations) > 1 {
		args += ", dilation=" + tuple(dilations)
	}
	if slices.Max(extra) > 0 {
		args += ", output_padding=" + tuple(extra)
	}
	if g := l.Node.Int("groups"); g > 1 {
		args += fmt.Sprintf(", groups=%d", g)
	}
	if len(l.Params) == 1 {
		args += ", bias=False"
	}
	name := w.layers[p]
	if name == "" {
		name = w.field("", "nn.ConvTranspose2d(%d, %d, %s%s)", in[2], l.Shape[2], tuple(size), args)
		w.copy(name+".weight", p, ".permute(3, 2, 0, 1)")
		if len(l.Params) > 1 {
			w.copy(name+".bias", l.Params[1], "")
		}
		w.share(p, name)
	}
	return value{text: fmt.Sprintf("%s(%s)%s]", name, x.text, cuts), first: true}, nil
}

func pool(w *writer, l *op.Layer) (value, error) {
	rank, x := spatialRank(l), w.channelsFirst(w.values[l.In[0]])
	size := pair(l.Node, "pool_size", rank)
	strides := size
	if l.Node.Has("strides") {
		strides = pair(l.Node, "strides", rank)
	}
	before, after := paddings(l, size, strides, slices.Repeat([]int{1}, rank))
	window := tuple(size)
	if !slices.Equal(size, strides) {
		window += ", " + tuple(strides)
	}
	if strings.HasPrefix(l.Def.Kind.Name, "max") {
		return value{text: fmt.Sprintf("F.max_pool%dd(%s, %s)", rank,
			padded(x.text, before, after, `, value=float("-inf")`), window), first: true}, nil
	}
	y := fmt.Sprintf("F.avg_pool%dd(%s, %s)", rank, padded(x.text, before, after, ""), window)
	if slices.Max(before) > 0 || slices.Max(after) > 0 { // the mean of the pixels that are there
		y += fmt.Sprintf(" / F.avg_pool%dd(%s, %s)", rank, padded(fmt.Sprintf("torch.ones_like(%s)", x.text),
			before, after, ""), window)
	}
	return value{text: y, first: true}, nil
}

// global is a pool of all places, over those that a mask keeps if there is one.
func global(what string) row {
	return func(w *writer, l *op.Layer) (value, error) {
		x := w.in(l, 0).text
		if len(l.In) == 1 {
			return value{text: fmt.Sprintf("%s.%s((%s))", x, what, strings.TrimSuffix(extents([]int{1, 2}[:spatialRank(l)])+
				",", ",")+pairComma(spatialRank(l)))}, nil
		}
		keep := fmt.Sprintf("(%s > 0.5).unsqueeze(-1)", w.in(l, 1).text)
		if what == "mean" {
			return value{text: fmt.Sprintf("(%s * %s).sum(1) / %s.sum(1).clamp(min=1)", x, keep, keep)}, nil
		}
		return value{text: fmt.Sprintf(`torch.where(%[2]s.any(1), %[1]s.masked_fill(~%[2]s, float("-inf")).amax(1), torch.zeros(()))`, x, keep)}, nil
	}
}

// pairComma is what makes a tuple of one.
func pairComma(n int) string {
	if n == 1 {
		return ","
	}
	return ""
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

func zeroPadding(w *writer, l *op.Layer) (value, error) {
	x := w.channelsFirst(w.values[l.In[0]])
	before, after := border(l.Node, "padding", spatialRank(l))
	x.text = padded(x.text, before, after, "")
	return x, nil
}

func cropping(w *writer, l *op.Layer) (value, error) {
	before, after := border(l.Node, "cropping", spatialRank(l))
	y := w.in(l, 0).text + "[:"
	for i, b := range before {
		y += fmt.Sprintf(", %d:%d", b, l.InShape(0)[i]-after[i])
	}
	return value{text: y + "]"}, nil
}

func upSampling(w *writer, l *op.Layer) (value, error) {
	rank, x := spatialRank(l), w.channelsFirst(w.values[l.In[0]])
	mode := `mode="nearest"`
	if l.Node.Word("interpolation") == "bilinear" {
		mode = fmt.Sprintf("mode=%q, align_corners=False", []string{"linear", "bilinear"}[rank-1])
	}
	x.text = fmt.Sprintf("F.interpolate(%s, scale_factor=%s, %s)", x.text, tuple(pair(l.Node, "size", rank)), mode)
	return x, nil
}

func timeDistributed(w *writer, l *op.Layer) (value, error) {
	inner := op.Inner(l)
	row := rows[inner.Def.Kind.Name]
	if row == nil {
		return value{}, fmt.Errorf("no form of PyTorch is known for a %s", inner.Def.Kind.Name)
	}
	w.values[inner.In[0]] = value{text: fmt.Sprintf("%s.flatten(0, 1)", w.in(l, 0).text), shape: inner.InShape(0)}
	y, err := row(w, inner)
	y.shape = inner.Shape
	return value{text: fmt.Sprintf("%s.reshape(-1, %s)", operand(w.last(y).text), extents(l.Shape))}, err
}

// gates are the places of a spec's gates in the order of PyTorch: z r g to r z n, or i f g o.
var gates = map[string][]int{"gru": {1, 0, 2}, "lstm": nil, "simple_rnn": nil}

// recurrent writes LSTM, GRU or RNN; the steps of one that goes backwards are turned round before and behind.
func recurrent(w *writer, l *op.Layer) (value, error) {
	states := l.States()
	if len(l.In)-states > 1 {
		return value{}, fmt.Errorf("its mask has no counterpart in PyTorch: pack_padded_sequence wants lengths")
	}
	kind, u, f := l.Def.Kind.Name, l.Node.Int("units"), l.InShape(0)[1]
	p := l.Params
	name := w.layers[p[0]]
	switch {
	case name != "":
	case kind == "gru" && !l.Node.Bool("reset_after"):
		name = w.field("", "%s(%d, %d, bias=%s)", w.help("ResetBeforeGRU"), f, u, boolean(len(p) > 2))
		for i, field := range []string{"kernel", "recurrent", "bias"}[:len(p)] {
			w.copy(name+"."+field, p[i], "")
		}
	default:
		name = w.field("", "nn.%s(%d, %d, batch_first=True, bias=%s)",
			map[string]string{"lstm": "LSTM", "gru": "GRU", "simple_rnn": "RNN"}[kind], f, u, boolean(len(p) > 2))
		rows := func(suffix string) string { // gates in the order of PyTorch
			if gates[kind] == nil {
				return suffix
			}
			return fmt.Sprintf("%s.reshape(3, %d, -1)[[1, 0, 2]].reshape(%d, -1)", suffix, u, 3*u)
		}
		w.copy(name+".weight_ih_l0", p[0], rows(".T"))
		w.copy(name+".weight_hh_l0", p[1], rows(".T"))
		switch {
		case len(p) < 3:
		case kind == "gru":
			w.copy(name+".bias_ih_l0", p[2], "[0]"+rows("")+".flatten()")
			w.copy(name+".bias_hh_l0", p[2], "[1]"+rows("")+".flatten()")
		default:
			w.copy(name+".bias_ih_l0", p[2], "")
			w.load = append(w.load, name+".bias_hh_l0.zero_()")
		}
	}
	w.share(p[0], name)
	x := w.in(l, 0).text
	if l.Node.Bool("go_backwards") {
		x += ".flip(1)"
	}
	initial := ""
	for i := range states {
		initial += fmt.Sprintf(", %s[None].contiguous()", w.in(l, len(l.In)-states+i).text)
	}
	if states > 1 {
		initial = ", (" + initial[2:] + ")"
	}
	steps, state := w.name(w.prefix+"_steps"), w.name(w.prefix+"_state")
	w.states[l] = state
	w.line("%s, %s = %s(%s%s)", steps, state, name, x, initial)
	if !l.Node.Bool("return_sequences") {
		return value{text: steps + "[:, -1]"}, nil
	}
	if l.Node.Bool("go_backwards") {
		return value{text: steps + ".flip(1)"}, nil
	}
	return value{text: steps}, nil
}

// state is what a recurrent layer keeps after its last step.
func state(w *writer, l *op.Layer) (value, error) {
	kept := w.states[l.StateOf]
	if len(l.Params) > 0 { // of an lstm: its cells
		return value{text: kept + "[1][0]"}, nil
	}
	if l.StateOf.Def == op.LSTM {
		return value{text: kept + "[0][0]"}, nil
	}
	return value{text: kept + "[0]"}, nil
}

func attention(w *writer, l *op.Layer) (value, error) {
	p := map[string]*ir.Param{}
	for _, q := range l.Params {
		p[q.Name[strings.LastIndexByte(q.Name, '.')+1:]] = q
	}
	x := w.in(l, 0).text
	args := []string{x, x}
	mask := ""
	for i := 1; i < len(l.In); i++ {
		if len(l.InShape(i)) == 2 {
			args[1] = w.in(l, i).text
		} else {
			mask = ", " + w.in(l, i).text
		}
	}
	q, k, heads := p["query_kernel"].Shape, p["key_kernel"].Shape, l.Node.Int("num_heads")
	name := w.layers[l.Params[0]]
	if name == "" {
		more := ""
		if p["query_bias"] == nil {
			more += ", bias=False"
		}
		if l.Node.Bool("causal") {
			more += ", causal=True"
		}
		name = w.field("", "%s(%d, %d, %d, %d%s)", w.help("Attention"), q[0], k[0], heads, q[1]/heads, more)
		for _, role := range []string{"query", "key", "value", "output"} {
			w.copy(name+"."+role+".weight", p[role+"_kernel"], ".T")
			if b := p[role+"_bias"]; b != nil {
				w.copy(name+"."+role+".bias", b, "")
			}
		}
		w.share(l.Params[0], name)
	}
	return value{text: fmt.Sprintf("%s(%s%s)", name, strings.Join(args, ", "), mask)}, nil
}

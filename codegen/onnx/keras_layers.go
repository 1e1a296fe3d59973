package onnx

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// application is a layer of Keras with what it reads.
type application struct {
	importer *kerasImporter
	class    string
	config
	name string
	in   []*kerasValue
	args map[string][]string // of keywords; empty for one that is true
}

func (a *application) fail(format string, args ...any) {
	a.importer.fail(a.name, a.class, format, args...)
}

// kerasKind is how a class becomes a kind: its attributes, by a function, and whether a mask goes through it.
type kerasKind struct {
	kind   string
	attrs  func(a *application, l *layer)
	masked bool // the mask of the input is that of the output
	reads  bool // the mask is an input of the layer
}

// kerasKinds holds a row for each class. It is filled by init, since rows call one another.
var kerasKinds map[string]kerasKind

func init() {
	kerasKinds = map[string]kerasKind{
		"Dense":  {"dense", func(a *application, l *layer) { a.number(l, "units"); a.activation(l); a.bias(l) }, true, false},
		"Conv1D": {"conv1d", kerasConv(1), false, false}, "Conv2D": {"conv2d", kerasConv(2), false, false},
		"DepthwiseConv1D":        {"depthwise_conv1d", kerasConv(1), false, false},
		"DepthwiseConv2D":        {"depthwise_conv2d", kerasConv(2), false, false},
		"SeparableConv1D":        {"separable_conv1d", kerasConv(1), false, false},
		"SeparableConv2D":        {"separable_conv2d", kerasConv(2), false, false},
		"Conv2DTranspose":        {"conv2d_transpose", kerasConv(2), false, false},
		"MaxPooling1D":           {"max_pool1d", kerasPool(1), false, false},
		"MaxPooling2D":           {"max_pool2d", kerasPool(2), false, false},
		"AveragePooling1D":       {"average_pool1d", kerasPool(1), false, false},
		"AveragePooling2D":       {"average_pool2d", kerasPool(2), false, false},
		"GlobalAveragePooling1D": {"global_average_pool1d", kerasGlobal, false, true},
		"GlobalAveragePooling2D": {"global_average_pool2d", kerasGlobal, false, false},
		"GlobalMaxPooling1D":     {"global_max_pool1d", kerasGlobal, false, false},
		"GlobalMaxPooling2D":     {"global_max_pool2d", kerasGlobal, false, false},

		"Activation": {"", nil, true, false}, "Softmax": {"softmax", kerasAxis, true, false},
		"ReLU": {"", nil, true, false}, "PReLU": {"prelu", kerasPReLU, true, false},
		"LeakyReLU": {"leaky_relu", func(a *application, l *layer) {
			l.set("negative_slope", rounded(a.float("negative_slope", a.float("alpha", 0.3))))
		}, true, false},
		"ELU": {"elu", func(a *application, l *layer) { l.set("alpha", a.float("alpha", 1)) }, true, false},
		"ThresholdedReLU": {"thresholded_relu", func(a *application, l *layer) { l.set("theta", a.float("theta", 1)) }, true,
			false},

		"BatchNormalization": {"batch_norm", func(a *application, l *layer) {
			kerasAxis(a, l)
			l.set("epsilon", a.float("epsilon", 1e-3))
			l.set("momentum", rounded(1-a.float("momentum", 0.99))) // Keras keeps the old statistics by it
		}, true, false},
		"LayerNormalization": {"layer_norm", func(a *application, l *layer) {
			kerasAxis(a,
				l)
			l.set("epsilon", a.float("epsilon", 1e-3))
		}, true, false},
		"RMSNormalization": {"rms_norm", func(a *application, l *layer) {
			kerasAxis(a,
				l)
			l.set("epsilon", a.float("epsilon", 1e-6))
		}, true, false},
		"UnitNormalization": {"unit_norm", kerasAxis, true, false},
		"GroupNormalization": {"group_norm", func(a *application, l *layer) {
			kerasAxis(a, l)
			l.set("groups", a.whole("groups", 32))
			l.set("epsilon", a.float("epsilon", 1e-3))
			for _, key := range []string{"scale", "center"} {
				if !a.flag(key, true) {
					l.set(key, false)
				}
			}
		}, true, false},

		"Dropout": {"dropout", kerasRate, true, false}, "GaussianDropout": {"gaussian_dropout", kerasRate, true, false},
		"SpatialDropout1D": {"spatial_dropout1d", kerasRate, true, false},
		"SpatialDropout2D": {"spatial_dropout2d", kerasRate, true, false},
		"GaussianNoise": {"gaussian_noise", func(a *application, l *layer) { l.set("stddev", a.float("stddev", 0)) }, true,
			false},
		"Rescaling": {"rescaling", func(a *application, l *layer) {
			l.set("scale", a.float("scale", 1))
			l.set("offset", a.float("offset", 0))
		}, true, false},

		"Add": {"add", nil, true, false}, "Subtract": {"subtract", nil, true, false},
		"Multiply": {"multiply", nil, true, false},
		"Average":  {"average", nil, true, false}, "Maximum": {"maximum", nil, true, false},
		"Minimum":     {"minimum", nil, true, false},
		"Concatenate": {"concatenate", kerasAxis, true, false},
		"Dot": {"dot", func(a *application, l *layer) {
			if axes := a.list("axes"); len(axes) == 1 {
				l.set("axes", []int{axes[0], axes[0]})
			} else if len(axes) == 2 {
				l.set("axes", axes)
			}
			if a.flag("normalize", false) {
				l.set("normalize", true)
			}
		}, false, false},

		"Flatten":       {"flatten", nil, false, false},
		"Reshape":       {"reshape", func(a *application, l *layer) { a.numbers(l, "target_shape") }, false, false},
		"Permute":       {"permute", func(a *application, l *layer) { a.numbers(l, "dims") }, false, false},
		"RepeatVector":  {"repeat_vector", func(a *application, l *layer) { a.number(l, "n") }, false, false},
		"ZeroPadding1D": {"zero_padding1d", kerasBorder("padding", 1), false, false},
		"ZeroPadding2D": {"zero_padding2d", kerasBorder("padding", 2), false, false},
		"Cropping1D":    {"cropping1d", kerasBorder("cropping", 1), false, false},
		"Cropping2D":    {"cropping2d", kerasBorder("cropping", 2), false, false},
		"UpSampling1D":  {"up_sampling1d", kerasUp, false, false}, "UpSampling2D": {"up_sampling2d", kerasUp, false, false},

		"Embedding": {"embedding", func(a *application, l *layer) { a.number(l, "input_dim"); a.number(l, "output_dim") },
			false, false},
		"Masking":    {"", nil, false, false},
		"SimpleRNN":  {"simple_rnn", kerasCell, false, true},
		"LSTM":       {"lstm", kerasCell, false, true},
		"GRU":        {"gru", kerasCell, false, true},
		"InputLayer": {"", nil, false, false},
		"MultiHeadAttention": {"multi_head_attention", func(a *application, l *layer) {
			a.number(l, "num_heads")
			a.number(l, "key_dim")
			if v := a.whole("value_dim", a.whole("key_dim", 0)); v != a.whole("key_dim", 0) {
				a.fail("value_dim %d and key_dim %d: heads here have as many columns of both", v, a.whole("key_dim", 0))
			}
			if a.config["output_shape"] != nil || a.config["attention_axes"] != nil && len(a.list("attention_axes")) > 0 &&
				!slices.Equal(a.list("attention_axes"), []int{1}) {
				a.fail("output_shape and attention_axes are not imported")
			}
			if _, ok := a.args["use_causal_mask"]; ok {
				l.set("causal", true)
			}
			a.bias(l)
		}, true, false},
		"Bidirectional": {"bidirectional", nil, false, false}, "TimeDistributed": {"time_distributed", nil, true, false},
	}
}

// result makes the layers of the application, and returns its value.
func (a *application) result(name string) *kerasValue {
	k := a.importer
	row, ok := kerasKinds[a.class]
	if !ok {
		a.fail("no kind of layer is known for it")
		return &kerasValue{layer: a.in[0].layer}
	}
	k.report = append(k.report, fmt.Sprintf("%s %q → %s", a.class, a.name, cmpOr(row.kind, "what it says")))
	a.format()
	v := &kerasValue{}
	if row.masked {
		v.mask = a.in[0].mask
	}
	l := &layer{kind: row.kind, hint: name}
	switch a.class {
	case "Activation", "ReLU":
		act, ok := a.function("activation")
		if a.class == "ReLU" {
			act, ok = a.relu()
		}
		if !ok {
			return &kerasValue{layer: a.in[0].layer}
		}
		l.kind, l.attrs = cmpOr(act.kind, "linear"), act.attrs
	case "Masking":
		l.kind = "masking"
		if v := a.float("mask_value", 0); v != 0 {
			l.set("mask_value", v)
		}
		l.in = []*layer{a.in[0].layer}
		k.layers = append(k.layers, l)
		return &kerasValue{layer: a.in[0].layer, mask: l}
	case "Bidirectional", "TimeDistributed":
		a.wrapped(l)
	default:
		if row.attrs != nil {
			row.attrs(a, l)
		}
	}
	for _, in := range a.in {
		l.in = append(l.in, in.layer)
	}
	a.keywords(l)
	mask := a.in[0].mask
	if mask != nil && (row.reads || a.class == "Bidirectional") {
		l.in = append([]*layer{l.in[0], mask}, l.in[1:]...)
	}
	sequences := l.attr("return_sequences") == true
	if w, ok := l.attr("layer").(called); ok {
		sequences = slices.ContainsFunc(w.attrs, func(a attribute) bool {
			return a.key == "return_sequences" &&
				a.value == true
		})
	}
	if row.reads && sequences || a.class == "Bidirectional" && sequences {
		v.mask = mask
	}
	k.layers = append(k.layers, l)
	v.layer = l
	if a.class == "Embedding" && a.flag("mask_zero", false) {
		v.mask = &layer{kind: "padding_mask", hint: name + "_mask", in: l.in}
		k.layers = append(k.layers, v.mask)
	}
	if l.attr("return_state") == true {
		for _, part := range map[string][]string{"lstm": {"h", "c"}, "gru": {"h"}, "simple_rnn": {"h"}}[l.kind] {
			s := &layer{kind: "state", name: part}
			v.steps = append(v.steps, s)
			if k.states == nil {
				k.states = map[*layer]*layer{}
			}
			k.states[s] = l
		}
	}
	if !a.flag("trainable", true) && hasWeights(l.kind) {
		l.set("trainable", false)
	}
	return v
}

// keywords reads inputs that are given by name.
func (a *application) keywords(l *layer) {
	for _, key := range slices.Sorted(maps.Keys(a.args)) {
		var values []*layer
		for _, r := range a.args[key] {
			if v := a.importer.values[r]; v != nil {
				values = append(values, v.layer)
			}
		}
		switch {
		case key == "value" && len(values) == 1 && len(a.in) == 1:
			l.in = append(l.in, values[0])
		case key == "key" && len(values) == 1:
			if other := l.in[len(l.in)-1]; other != values[0] {
				a.fail("keys and values come from different layers")
			}
		case key == "initial_state" && len(values) > 0:
			l.set("initial_state", values)
		case key == "use_causal_mask", key == "training", len(values) == 0:
		default:
			a.fail("its argument %s is not imported", key)
		}
	}
	if a.class == "MultiHeadAttention" {
		// Queries, values and perhaps keys, in this order; those of one sequence are read once.
		if len(l.in) == 3 && l.in[2] == l.in[1] {
			l.in = l.in[:2]
		}
		if len(l.in) == 2 && l.in[1] == l.in[0] {
			l.in = l.in[:1]
		}
		if len(l.in) > 2 {
			a.fail("keys and values come from different layers")
		}
		if mask := a.in[len(a.in)-1].mask; mask != nil {
			l.in = append(l.in, mask)
		}
	}
	if cells := slices.Contains(recurrentKinds, l.kind); cells && len(l.in) > 1 { // states behind the input
		l.set("initial_state", slices.Clone(l.in[1:]))
		l.in = l.in[:1]
	}
}

// format notes the order of the axes that a layer has, which is to be the same in all.
func (a *application) format() {
	f := a.word("data_format", "")
	if f == "" {
		return
	}
	first := f == "channels_first"
	if a.class == "Flatten" && !first {
		return // what Flatten says by default, whatever the others do
	}
	if a.importer.first == nil {
		a.importer.first = &first
	} else if *a.importer.first != first {
		a.fail("data_format is %s, others have another: all need the same", f)
	}
}

// number copies a whole number that must be there.
func (a *application) number(l *layer, key string) {
	n := a.whole(key, -1)
	if n < 0 {
		a.fail("%s is %v, want a number", key, a.config[key])
	}
	l.set(key, n)
}

func (a *application) numbers(l *layer, key string) {
	n := a.list(key)
	if n == nil {
		a.fail("%s is %v, want numbers", key, a.config[key])
	}
	l.set(key, n)
}

func (a *application) bias(l *layer) {
	if !a.flag("use_bias", true) {
		l.set("use_bias", false)
	}
}

// activation sets the attribute of a layer.
func (a *application) activation(l *layer) {
	if act, ok := a.function("activation"); ok && act.kind != "" {
		l.set("activation", act)
	}
}

// kerasFunctions are activations by the name that Keras gives them.
var kerasFunctions = map[string]called{
	"linear": {}, "relu": {kind: "relu"}, "sigmoid": {kind: "sigmoid"}, "tanh": {kind: "tanh"},
	"softmax": {kind: "softmax"}, "softplus": {kind: "softplus"},
	"softsign": {kind: "softsign"}, "selu": {kind: "selu"}, "elu": {kind: "elu"}, "gelu": {kind: "gelu"},
	"swish": {kind: "silu"}, "silu": {kind: "silu"},
	"mish": {kind: "mish"}, "exponential": {kind: "exp"}, "relu6": {kind: "relu6"}, "hard_swish": {kind: "hard_swish"},
	"hard_silu":   {kind: "hard_swish"},
	"log_softmax": {kind: "log_softmax"}, "celu": {kind: "celu"},
	"leaky_relu": {kind: "leaky_relu", attrs: []attribute{{"negative_slope", 0.2}}},
}

// function returns the activation that an attribute names: a word, or its serialized form.
func (a *application) function(key string) (called, bool) {
	v := a.config[key]
	if m, ok := v.(map[string]any); ok {
		if v = m["config"]; m["class_name"] != "function" {
			v = m["class_name"]
		}
	}
	switch name, ok := v.(string); {
	case v == nil:
		return called{}, true
	case ok:
		if f, ok := kerasFunctions[name]; ok {
			return f, true
		}
		if name == "hard_sigmoid" {
			a.fail("%s is hard_sigmoid: Keras 3 has that of this compiler, x/6 + 1/2, but Keras 2 has x/5 + 1/2; write the "+
				"layer by hand", key)
			return called{}, false
		}
	}
	a.fail("%s %v is not known", key, v)
	return called{}, false
}

// relu is ReLU with its limits.
func (a *application) relu() (called, bool) {
	most, slope, threshold := a.float("max_value", math.Inf(1)), a.float("negative_slope", 0), a.float("threshold", 0)
	switch {
	case threshold != 0 || slope != 0 && !math.IsInf(most, 1):
		a.fail("max_value %g, negative_slope %g and threshold %g: no kind has these", most, slope, threshold)
		return called{}, false
	case slope != 0:
		return called{kind: "leaky_relu", attrs: []attribute{{"negative_slope", rounded(slope)}}}, true
	case most == 6:
		return called{kind: "relu6"}, true
	case !math.IsInf(most, 1):
		return called{kind: "clip", attrs: []attribute{{"min", 0.0}, {"max", most}}}, true
	}
	return called{kind: "relu"}, true
}

func kerasRate(a *application, l *layer) { l.set("rate", a.float("rate", 0)) }

// kerasAxis wants the axis of the features: the last, or the first where channels come first.
func kerasAxis(a *application, l *layer) {
	axis := a.list("axis")
	first := a.importer.first != nil && *a.importer.first
	switch {
	case a.config["axis"] == nil || len(axis) == 1 && (axis[0] == -1 || first && axis[0] == 1):
	case len(axis) == 1 && axis[0] > 0 && !first:
		// The last axis counted from the front: that it is the last, the shapes of the spec tell later.
		a.importer.report = append(a.importer.report, fmt.Sprintf("%s %q: axis %d is taken for the last",
			a.class, a.name, axis[0]))
	default:
		a.fail("axis %v is not that of the features", a.config["axis"])
	}
}

func kerasConv(rank int) func(a *application, l *layer) {
	return func(a *application, l *layer) {
		if !strings.HasPrefix(l.kind, "depthwise") {
			a.number(l, "filters")
		}
		a.window(l, "kernel_size", rank)
		if s := a.list("strides"); s != nil && slices.Max(s) > 1 {
			l.set("strides", short(spread2(s, rank)))
		}
		if d := a.list("dilation_rate"); d != nil && slices.Max(d) > 1 {
			l.set("dilation_rate", short(spread2(d, rank)))
		}
		if p := a.word("padding", "valid"); p != "valid" {
			l.set("padding", p)
		}
		if g := a.whole("groups", 1); g > 1 {
			l.set("groups", g)
		}
		if m := a.whole("depth_multiplier", 1); m > 1 {
			l.set("depth_multiplier", m)
		}
		if p := a.list("output_padding"); p != nil && slices.Max(p) > 0 {
			l.set("output_padding", short(spread2(p, rank)))
		}
		a.activation(l)
		a.bias(l)
	}
}

// spread2 gives each axis the only number.
func spread2(v []int, rank int) []int {
	if len(v) == 1 {
		return slices.Repeat(v, rank)
	}
	return v
}

func (a *application) window(l *layer, key string, rank int) {
	n := a.list(key)
	if n == nil || len(n) > rank {
		a.fail("%s is %v, want numbers", key, a.config[key])
		n = []int{1}
	}
	l.set(key, short(spread2(n, rank)))
}

func kerasPool(rank int) func(a *application, l *layer) {
	return func(a *application, l *layer) {
		a.window(l, "pool_size", rank)
		if s := a.list("strides"); s != nil && !slices.Equal(spread2(s, rank), spread2(a.list("pool_size"), rank)) {
			l.set("strides", short(spread2(s, rank)))
		}
		if p := a.word("padding", "valid"); p != "valid" {
			l.set("padding", p)
		}
	}
}

func kerasGlobal(a *application, l *layer) {
	if a.flag("keepdims", false) {
		a.fail("keepdims is not imported: put a Reshape behind")
	}
}

func kerasPReLU(a *application, l *layer) {
	if s := a.list("shared_axes"); a.config["shared_axes"] != nil && len(s) > 0 && !slices.Equal(s, []int{1, 2}) &&
		!slices.Equal(s, []int{1}) {
		a.fail("shared_axes %v: a slope for each channel is imported", s)
	}
}

func kerasBorder(key string, rank int) func(a *application, l *layer) {
	return func(a *application, l *layer) {
		var pairs [][]int
		all, _ := a.config[key].([]any)
		if n := a.list(key); len(n) == 1 {
			pairs = slices.Repeat([][]int{{n[0], n[0]}}, rank)
		} else if rank == 1 && len(n) == 2 {
			pairs = [][]int{n}
		} else if len(n) == 2 {
			pairs = [][]int{{n[0], n[0]}, {n[1], n[1]}}
		} else if len(all) == rank {
			for _, p := range all {
				pairs = append(pairs, integers(p))
			}
		}
		if len(pairs) != rank || slices.ContainsFunc(pairs, func(p []int) bool { return len(p) != 2 }) {
			a.fail("%s is %v, want numbers", key, a.config[key])
			return
		}
		if rank == 1 {
			l.set(key, pairs[0])
			return
		}
		l.set(key, pairs)
	}
}

func kerasUp(a *application, l *layer) {
	if n := a.list("size"); n != nil {
		l.set("size", short(n))
	}
	switch i := a.word("interpolation", "nearest"); i {
	case "nearest":
	case "bilinear":
		l.set("interpolation", "bilinear")
	default:
		a.fail("interpolation %q: nearest and bilinear are imported", i)
	}
}

// kerasCell reads a recurrent layer: its functions are those of the kind, or it is refused.
func kerasCell(a *application, l *layer) {
	a.number(l, "units")
	usual := map[string]string{"activation": "tanh", "recurrent_activation": "sigmoid"}
	for _, key := range slices.Sorted(maps.Keys(usual)) {
		if a.config[key] == nil {
			continue
		}
		if f, ok := a.function(key); ok && f.kind != usual[key] {
			a.fail("%s %q: a %s has %s", key, f.kind, l.kind, usual[key])
		}
	}
	for _, key := range []string{"return_sequences", "return_state", "go_backwards"} {
		if a.flag(key, false) {
			l.set(key, true)
		}
	}
	if a.flag("go_backwards", false) && a.flag("return_sequences", false) {
		a.fail("go_backwards with return_sequences: Keras gives the steps in reverse order, here they stay at their places")
	}
	if a.flag("stateful", false) {
		a.fail("stateful: the state here begins anew with each sequence, or goes on in the package's stream")
	}
	a.bias(l)
	if l.kind == "gru" && !a.flag("reset_after", true) {
		l.set("reset_after", false)
	}
	for _, key := range []string{"dropout", "recurrent_dropout"} {
		if a.float(key, 0) != 0 {
			a.importer.report = append(a.importer.report,
				fmt.Sprintf("%s %q: its %s, which works in training alone, is left out; a dropout layer before it is close",
					a.class, a.name, key))
		}
	}
}

// wrapped reads the layer within Bidirectional or TimeDistributed.
func (a *application) wrapped(l *layer) {
	m, _ := a.config["layer"].(map[string]any)
	class, _ := m["class_name"].(string)
	cfg, _ := m["config"].(map[string]any)
	row, ok := kerasKinds[class]
	if !ok || row.kind == "" || row.attrs == nil && class != "Flatten" {
		a.fail("a %q within is not known", class)
		return
	}
	inner := &application{importer: a.importer, class: class, config: cfg, name: a.name, in: a.in}
	w := &layer{kind: row.kind}
	if row.attrs != nil {
		row.attrs(inner, w)
	}
	if a.class == "Bidirectional" {
		if inner.flag("return_state", false) {
			a.fail("return_state within: write the two layers by themselves")
		}
		switch mode := a.word("merge_mode", "concat"); mode {
		case "concat":
		case "sum", "mul", "ave":
			l.set("merge_mode", mode)
		default:
			a.fail("merge_mode %q is not imported", mode)
		}
	}
	l.attrs = append([]attribute{{"layer", called{kind: row.kind, attrs: w.attrs}}}, l.attrs...)
}

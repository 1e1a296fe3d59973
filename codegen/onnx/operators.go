package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// operator makes layers of a node at least one of whose inputs is no constant.
type operator func(im *importer, n *Node, in []*value) ([]*value, error)

// operators holds a row for each operator; those of ai.onnx.ml begin with "ml.". It is filled by init, since rows call
// one another.
var operators map[string]operator

func init() {
	operators = map[string]operator{
		"Identity": same, "Cast": same, "Dropout": same,
		"Shape": func(im *importer, n *Node, in []*value) ([]*value, error) {
			return one(&value{konst: shapeOf(n, in[0].axes.extents())}, nil)
		},
		"Size": func(im *importer, n *Node, in []*value) ([]*value, error) {
			return one(&value{konst: &array{data: []float64{float64(product(in[0].axes.extents()))}, whole: true}}, nil)
		},

		"Gemm": gemm, "MatMul": matMul,
		"Conv": conv, "ConvTranspose": convTranspose,

		"Relu": activation("relu"), "Sigmoid": activation("sigmoid"), "Tanh": activation("tanh"), "Softplus": activation("softplus"),
		"Softsign": activation("softsign"), "HardSwish": activation("hard_swish"), "Mish": activation("mish"),
		"Silu": activation("silu"), "QuickGelu": activation("quick_gelu"), "Swish": swish,
		"Gelu": gelu, "Elu": elu, "Selu": selu, "LeakyRelu": leakyRelu, "HardSigmoid": hardSigmoid, "Clip": clip, "PRelu": prelu,
		"Softmax": softmax("softmax"), "LogSoftmax": softmax("log_softmax"),

		"BatchNormalization": batchNorm, "LayerNormalization": layerNormalization, "RMSNormalization": rmsNormalization,
		"InstanceNormalization": instanceNorm, "GroupNormalization": groupNorm,

		"Add": add, "Mul": mul, "Sub": sub, "Div": div, "Sum": joining("add"), "Max": joining("maximum"), "Min": joining("minimum"),
		"Mean": joining("average"), "Concat": concat, "Split": split, "Slice": slice, "Where": where,

		"Reshape": reshape, "Flatten": flatten, "Squeeze": squeeze, "Unsqueeze": unsqueeze, "Transpose": transpose,
		"Gather": gather, "ReduceMean": reduce("average"), "ReduceMax": reduce("max"),
		"GlobalAveragePool": globalPool("average"), "GlobalMaxPool": globalPool("max"),
		"MaxPool": pool("max"), "AveragePool": pool("average"), "Pad": pad, "Resize": resize, "Upsample": resize,
		"DepthToSpace": blocks("depth_to_space"), "SpaceToDepth": blocks("space_to_depth"),

		"LSTM": recurrent, "GRU": recurrent, "RNN": recurrent, "Attention": attentionOperator,

		"ArgMax": argMax, "Greater": threshold, "GreaterOrEqual": threshold, "ml.ArrayFeatureExtractor": classNames, "ml.ZipMap": zipMap, "ml.LabelEncoder": labelEncoder,
		"ml.Scaler": scaler, "ml.Normalizer": normalizer, "ml.LinearClassifier": linearClassifier, "ml.LinearRegressor": linearRegressor,
		"ml.Cast": same,
	}
}

// same gives its input.
func same(_ *importer, n *Node, in []*value) ([]*value, error) {
	if len(in) == 0 || in[0] == nil {
		return nil, errors.New("without an input")
	}
	return []*value{in[0]}, nil
}

// constants returns an input that must be a constant of numbers, nil if it is absent.
func constantIn(in []*value, i int, what string) (*array, error) {
	if i >= len(in) || in[i] == nil {
		return nil, nil
	}
	if in[i].konst == nil {
		return nil, fmt.Errorf("its %s depend on the input, but a layer's are fixed", what)
	}
	if len(in[i].konst.data) != product(in[i].konst.dims) {
		return nil, fmt.Errorf("its %s are no numbers", what)
	}
	return in[i].konst, nil
}

// needed is constantIn of an input that must be there.
func needed(in []*value, i int, what string, rank int) (*array, error) {
	a, err := constantIn(in, i, what)
	if err == nil && a == nil {
		err = fmt.Errorf("without its %s", what)
	}
	if err == nil && rank >= 0 && len(a.dims) != rank {
		err = fmt.Errorf("its %s have %d axes, want %d", what, len(a.dims), rank)
	}
	return a, err
}

// activated returns the first input, which must be no constant, with its pending factor applied.
func (im *importer) activated(n *Node, in []*value, i int) (*value, error) {
	if i >= len(in) || in[i] == nil {
		return nil, errors.New("without an input")
	}
	if in[i].konst != nil {
		return nil, errors.New("a constant where an activation is expected")
	}
	return im.plain(n, in[i])
}

// gemm is Y = alpha·A′·B′ + beta·C with constant B and C.
func gemm(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.first(n, in)
	if err != nil {
		return nil, err
	}
	w, err := needed(in, 1, "weights", 2)
	if err != nil {
		return nil, err
	}
	c, err := constantIn(in, 2, "biases")
	if err != nil {
		return nil, err
	}
	if n.int("transA", 0) != 0 {
		return nil, errors.New("transA is set: the batch would be summed over")
	}
	if n.int("transB", 0) != 0 {
		if w, err = transposed(w, nil); err != nil {
			return nil, err
		}
	}
	alpha, beta := n.float("alpha", 1), n.float("beta", 1)
	w = mapped(w, func(v float64) float64 { return v * alpha })
	if c != nil {
		c = mapped(c, func(v float64) float64 { return v * beta })
	}
	return one(im.dense(n, x, w, c))
}

// first is activated of the first input, or of what an attention gives.
func (im *importer) first(n *Node, in []*value) (*value, error) {
	if len(in) > 0 && in[0] != nil && in[0].heads != nil && in[0].heads.stage == attended {
		return in[0], nil
	}
	return im.activated(n, in, 0)
}

// matMul is a product with constant weights, or one of the two of an attention.
func matMul(im *importer, n *Node, in []*value) ([]*value, error) {
	if len(in) != 2 || in[0] == nil || in[1] == nil {
		return nil, errors.New("a product needs two inputs")
	}
	if in[0].konst == nil && in[1].konst == nil {
		return one(im.headProduct(n, in[0], in[1]))
	}
	x, err := im.first(n, in)
	if err != nil {
		return nil, err
	}
	w, err := needed(in, 1, "weights", 2)
	if err != nil {
		return nil, err
	}
	return one(im.dense(n, x, w, nil))
}

// dense makes a dense layer over the last axis of x; w is in×out.
func (im *importer) dense(n *Node, x *value, w, bias *array) (*value, error) {
	last := len(x.axes) - 1
	if last < 0 || product(x.axes[last:].extents()) != w.dims[0] {
		return nil, fmt.Errorf("weights of %d rows for an input of %s", w.dims[0], x.axes)
	}
	if slices.ContainsFunc(x.axes[last], func(a *atom) bool { return a.batch }) {
		return nil, errors.New("the product sums over the batch")
	}
	if bias != nil && len(bias.data) != w.dims[1] && len(bias.data) != 1 {
		return nil, fmt.Errorf("%d biases for %d units", len(bias.data), w.dims[1])
	}
	if x.heads != nil {
		return im.outputProjection(n, x, w, bias)
	}
	k := x.axes[last]
	v := x
	switch {
	case len(k) == 0:
	case len(v.store) > 0 && sameAtoms(v.store[len(v.store)-1], k):
	case sameAtoms(v.store.atoms(), k):
		v = im.aligned(n, x, axes{v.store.atoms()})
	default:
		v = im.aligned(n, x, x.axes.features())
	}
	rows := w.data
	if len(k) > 0 {
		rows = permutedRows(w, order(k, v.store[len(v.store)-1]))
	}
	l := im.add(n, "dense", v.layer)
	l.set("units", w.dims[1])
	l.params = append(l.params, param{"kernel", w.dims, rows})
	l.setBias(bias, w.dims[1])
	out := &atom{size: w.dims[1]}
	y := &value{layer: l, axes: slices.Clone(x.axes), store: slices.Clone(v.store), scale: 1}
	y.axes[last] = []*atom{out}
	if len(k) == 0 {
		y.store = append(y.store, []*atom{out})
	} else {
		y.store[len(y.store)-1] = []*atom{out}
	}
	return y, nil
}

// permutedRows returns the rows of a matrix in another order.
func permutedRows(w *array, index []int) []float64 {
	out := make([]float64, 0, len(w.data))
	cols := w.dims[1]
	for _, i := range index {
		out = append(out, w.data[i*cols:(i+1)*cols]...)
	}
	return out
}

// setBias gives a layer its biases, or says that it has none.
func (l *layer) setBias(bias *array, units int) {
	if bias == nil {
		l.set("use_bias", false)
		return
	}
	data := bias.data
	if len(data) == 1 {
		data = slices.Repeat(data, units)
	}
	l.attrs = slices.DeleteFunc(l.attrs, func(a attribute) bool { return a.key == "use_bias" })
	l.params = append(l.params, param{"bias", []int{units}, data})
}

// window is the geometry of a convolution or pool, each list with an element for each axis of the image.
type window struct {
	size, strides, dilations []int
	before, after            []int // padding
}

// windowOf reads the geometry of a node over x, whose axes are n×c×spatial….
func windowOf(n *Node, x *value, size []int) (w window, err error) {
	rank := len(x.axes) - 2
	if rank != 1 && rank != 2 {
		return w, fmt.Errorf("its input is %s, but images have two axes beside the channels, and sequences one", x.axes)
	}
	ones := slices.Repeat([]int{1}, rank)
	w = window{size: size, strides: n.ints("strides", ones...), dilations: n.ints("dilations", ones...)}
	pads := n.ints("pads", slices.Repeat([]int{0}, 2*rank)...)
	if len(w.size) != rank || len(w.strides) != rank || len(w.dilations) != rank || len(pads) != 2*rank {
		return w, fmt.Errorf("its geometry does not have %d axes", rank)
	}
	w.before, w.after = pads[:rank:rank], pads[rank:]
	for i := range rank {
		if w.size[i] < 1 || w.strides[i] < 1 || w.dilations[i] < 1 || w.before[i] < 0 || w.after[i] < 0 {
			return w, errors.New("its geometry has numbers below 1")
		}
	}
	dims := x.axes.extents()[2:]
	switch auto := n.word("auto_pad", "NOTSET"); auto {
	case "NOTSET", "":
	case "VALID":
		w.before, w.after = slices.Repeat([]int{0}, rank), slices.Repeat([]int{0}, rank)
	case "SAME_UPPER", "SAME_LOWER":
		for i := range rank {
			total := max(0, (ceilDiv(dims[i], w.strides[i])-1)*w.strides[i]+w.span(i)-dims[i])
			w.before[i], w.after[i] = total/2, total-total/2
			if auto == "SAME_LOWER" {
				w.before[i], w.after[i] = w.after[i], w.before[i]
			}
		}
	default:
		return w, fmt.Errorf("auto_pad %q is not known", auto)
	}
	return w, nil
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// span returns the extent that a window covers.
func (w window) span(i int) int { return (w.size[i]-1)*w.dilations[i] + 1 }

// padded tells whether there is padding.
func (w window) padded() bool { return slices.Max(slices.Concat(w.before, w.after)) > 0 }

// out returns the extents of a result.
func (w window) out(dims []int) ([]int, error) {
	var out []int
	for i, d := range dims {
		o := (d+w.before[i]+w.after[i]-w.span(i))/w.strides[i] + 1
		if d+w.before[i]+w.after[i] < w.span(i) {
			return nil, fmt.Errorf("a window of %d does not fit %d elements", w.span(i), d)
		}
		out = append(out, o)
	}
	return out, nil
}

// same tells whether padding is what «same» means in a spec: half of it before, the rest behind.
func (w window) same(dims []int) bool {
	for i, d := range dims {
		total := max(0, (ceilDiv(d, w.strides[i])-1)*w.strides[i]+w.span(i)-d)
		if w.before[i] != total/2 || w.after[i] != total-total/2 {
			return false
		}
	}
	return true
}

// geometry sets kernel_size (or pool_size), strides, dilation and padding; words are shortened where all are alike.
func (w window) geometry(l *layer, dims []int) {
	l.set("kernel_size", short(w.size))
	if slices.Max(w.strides) > 1 {
		l.set("strides", short(w.strides))
	}
	switch {
	case !w.padded():
	case w.same(dims):
		l.set("padding", "same")
	case len(dims) == 1:
		l.set("padding", []int{w.before[0], w.after[0]})
	default:
		l.set("padding", [][]int{{w.before[0], w.after[0]}, {w.before[1], w.after[1]}})
	}
	if slices.Max(w.dilations) > 1 {
		l.set("dilation_rate", short(w.dilations))
	}
}

// short returns one number for a list of equal ones.
func short(list []int) any {
	if slices.Min(list) == slices.Max(list) {
		return list[0]
	}
	return list
}

// imaged returns x with its spec array in the order spatial axes, then channels.
func (im *importer) imaged(n *Node, x *value) (*value, error) {
	if len(x.axes) != 3 && len(x.axes) != 4 || len(x.axes[0]) != 1 || !x.axes[0][0].batch {
		return nil, fmt.Errorf("its input is %s, want n×channels×steps or n×channels×height×width", x.axes)
	}
	want := append(slices.Clone(x.axes[2:]), x.axes[1])
	for i := range want {
		if len(want[i]) == 0 { // an extent of 1 needs an atom of its own to keep its axis
			return im.withUnits(n, x)
		}
	}
	return im.aligned(n, x, want), nil
}

// withUnits gives the empty axes of x atoms of extent 1.
func (im *importer) withUnits(n *Node, x *value) (*value, error) {
	v := *x
	v.axes = slices.Clone(x.axes)
	store := slices.Clone(x.store)
	for i := range v.axes {
		if len(v.axes[i]) == 0 {
			v.axes[i] = []*atom{{size: 1}}
			store = append(store, v.axes[i])
		}
	}
	v.layer = im.reshaped(n, v.layer, x.store, store)
	v.store = store
	return im.aligned(n, &v, append(slices.Clone(v.axes[2:]), v.axes[1])), nil
}

// image returns the value of a layer over images, whose axes are channels and then dims.
func image(l *layer, batch []*atom, channels int, dims []int) *value {
	c := []*atom{{size: channels}}
	x, store := axes{batch, c}, axes{}
	for _, d := range dims {
		a := []*atom{{size: d}}
		x, store = append(x, a), append(store, a)
	}
	return &value{layer: l, axes: x, store: append(store, c), scale: 1}
}

// conv is a convolution: conv1d, conv2d, or their depthwise forms.
func conv(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	w, err := needed(in, 1, "filters", -1)
	if err != nil {
		return nil, err
	}
	bias, err := constantIn(in, 2, "biases")
	if err != nil {
		return nil, err
	}
	if len(w.dims) != len(x.axes) {
		return nil, fmt.Errorf("filters of %v for an input of %s", w.dims, x.axes)
	}
	geo, err := windowOf(n, x, w.dims[2:])
	if err != nil {
		return nil, err
	}
	if x, err = im.imaged(n, x); err != nil {
		return nil, err
	}
	dims, channels, groups := x.axes.extents()[2:], x.axes.extents()[1], n.int("group", 1)
	out, err := geo.out(dims)
	if err != nil {
		return nil, err
	}
	filters := w.dims[0]
	if groups < 1 || channels != groups*w.dims[1] || filters%groups != 0 {
		return nil, fmt.Errorf("filters of %v in %d groups for %d channels", w.dims, groups, channels)
	}
	rank := len(dims)
	kind, role := fmt.Sprintf("conv%dd", rank), "kernel"
	perm := append(spatial(rank), 1, 0) // taps, channels of a group, filters
	depthwise := groups == channels && groups > 1
	if depthwise {
		kind, role = "depthwise_"+kind, "depthwise_kernel"
	}
	data, err := transposed(w, perm)
	if err != nil {
		return nil, err
	}
	l := im.add(n, kind, x.layer)
	shape := data.dims
	if depthwise {
		m := filters / groups
		shape = append(slices.Clone(w.dims[2:]), channels, m)
		if m > 1 {
			l.set("depth_multiplier", m)
		}
	} else {
		l.set("filters", filters)
		if groups > 1 {
			l.set("groups", groups)
		}
	}
	geo.geometry(l, dims)
	l.params = append(l.params, param{role, shape, data.data})
	if bias != nil && len(bias.data) != filters {
		return nil, fmt.Errorf("%d biases for %d filters", len(bias.data), filters)
	}
	l.setBias(bias, filters)
	return one(image(l, x.axes[0], filters, out), nil)
}

// spatial returns the axes behind batch and channels.
func spatial(rank int) []int {
	var out []int
	for i := range rank {
		out = append(out, 2+i)
	}
	return out
}

// convTranspose is conv2d_transpose.
func convTranspose(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	w, err := needed(in, 1, "filters", 4)
	if err != nil {
		return nil, err
	}
	bias, err := constantIn(in, 2, "biases")
	if err != nil {
		return nil, err
	}
	if auto := n.word("auto_pad", "NOTSET"); auto != "NOTSET" || n.attr("output_shape") != nil {
		return nil, errors.New("auto_pad and output_shape are not imported: export with pads and output_padding")
	}
	geo, err := windowOf(n, x, w.dims[2:])
	if err != nil {
		return nil, err
	}
	if x, err = im.imaged(n, x); err != nil {
		return nil, err
	}
	dims, groups := x.axes.extents()[2:], n.int("group", 1)
	if w.dims[0] != x.axes.extents()[1] {
		return nil, fmt.Errorf("filters of %v for an input of %s", w.dims, x.axes)
	}
	filters := w.dims[1] * groups
	extra := n.ints("output_padding", 0, 0)
	if len(extra) != 2 {
		return nil, fmt.Errorf("output_padding of %v", extra)
	}
	var out []int
	for i, d := range dims {
		out = append(out, (d-1)*geo.strides[i]+geo.span(i)-geo.before[i]-geo.after[i]+extra[i])
	}
	data, err := transposed(w, []int{2, 3, 1, 0})
	if err != nil {
		return nil, err
	}
	l := im.add(n, "conv2d_transpose", x.layer)
	l.set("filters", filters)
	l.set("kernel_size", short(geo.size))
	if slices.Max(geo.strides) > 1 {
		l.set("strides", short(geo.strides))
	}
	l.set("padding", [][]int{{geo.before[0], geo.after[0]}, {geo.before[1], geo.after[1]}})
	if slices.Max(geo.dilations) > 1 {
		l.set("dilation_rate", short(geo.dilations))
	}
	if slices.Max(extra) > 0 {
		l.set("output_padding", short(extra))
	}
	if groups > 1 {
		l.set("groups", groups)
	}
	l.params = append(l.params, param{"kernel", data.dims, data.data})
	l.setBias(bias, filters)
	return one(image(l, x.axes[0], filters, out), nil)
}

// pool is a pool of windows.
func pool(what string) operator {
	return func(im *importer, n *Node, in []*value) ([]*value, error) {
		x, err := im.activated(n, in, 0)
		if err != nil {
			return nil, err
		}
		geo, err := windowOf(n, x, n.ints("kernel_shape"))
		if err != nil {
			return nil, err
		}
		if len(n.Out) > 1 && n.Out[1] != "" {
			return nil, errors.New("it gives the places of the largest elements, which no layer does")
		}
		if slices.Max(geo.dilations) > 1 {
			return nil, fmt.Errorf("dilations of %v", geo.dilations)
		}
		positive := x.positive
		if x, err = im.imaged(n, x); err != nil {
			return nil, err
		}
		dims, channels := x.axes.extents()[2:], x.axes.extents()[1]
		if n.int("ceil_mode", 0) != 0 {
			for i, d := range dims {
				if rest := (d + geo.before[i] + geo.after[i] - geo.size[i]) % geo.strides[i]; rest != 0 {
					return nil, fmt.Errorf("ceil_mode: the last window of axis %d hangs over by %d; export with padding instead", i, geo.strides[i]-rest)
				}
			}
		}
		out, err := geo.out(dims)
		if err != nil {
			return nil, err
		}
		from := x.layer
		padding := ""
		switch {
		case !geo.padded():
		case geo.same(dims) && (what == "max" || n.int("count_include_pad", 0) == 0):
			padding = "same"
		case what == "max" && positive, what == "average" && n.int("count_include_pad", 0) != 0:
			from = im.zeros(n, from, geo.before, geo.after)
		default:
			return nil, fmt.Errorf("padding %v before and %v behind, which no pool here has: %s", geo.before, geo.after,
				"export with count_include_pad, with padding of the kind SAME_UPPER, or with a ReLU before a max pool")
		}
		l := im.add(n, fmt.Sprintf("%s_pool%dd", what, len(dims)), from)
		l.set("pool_size", short(geo.size))
		if !slices.Equal(geo.strides, geo.size) {
			l.set("strides", short(geo.strides))
		}
		if padding != "" {
			l.set("padding", padding)
		}
		y := image(l, x.axes[0], channels, out)
		y.positive = positive
		return one(y, nil)
	}
}

// zeros adds a layer that puts zeros around.
func (im *importer) zeros(n *Node, from *layer, before, after []int) *layer {
	l := im.add(n, fmt.Sprintf("zero_padding%dd", len(before)), from)
	if len(before) == 1 {
		l.set("padding", []int{before[0], after[0]})
	} else {
		l.set("padding", [][]int{{before[0], after[0]}, {before[1], after[1]}})
	}
	return l
}

// pad puts zeros around images.
func pad(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	if mode := n.word("mode", "constant"); mode != "constant" {
		return nil, fmt.Errorf("mode %q: only zeros are put around images", mode)
	}
	pads := n.ints("pads")
	if p, err := constantIn(in, 1, "pads"); err != nil {
		return nil, err
	} else if p != nil {
		pads = p.ints()
	}
	fill := n.float("value", 0)
	if v, err := constantIn(in, 2, "values"); err != nil {
		return nil, err
	} else if s, ok := v.scalar(); ok {
		fill = s
	}
	rank := len(x.axes)
	if len(pads) != 2*rank || fill != 0 {
		return nil, fmt.Errorf("pads %v with %g: only zeros are put around, over all axes", pads, fill)
	}
	if slices.Max(pads) == 0 && slices.Min(pads) == 0 {
		return one(x, nil)
	}
	v := x
	if im.channelAt(x) == 1 {
		if v, err = im.imaged(n, x); err != nil {
			return nil, err
		}
	} else {
		v = im.aligned(n, x, x.axes.features())
	}
	spatial := len(v.store) - 1
	if spatial < 1 || spatial > 2 {
		return nil, fmt.Errorf("pads around %s: images and sequences get them", x.axes)
	}
	before, after := make([]int, spatial), make([]int, spatial)
	y := &value{axes: slices.Clone(v.axes), store: slices.Clone(v.store), scale: 1, positive: x.positive}
	for i, a := range v.axes {
		b, e := pads[i], pads[rank+i]
		if b == 0 && e == 0 {
			continue
		}
		k := slices.IndexFunc(v.store, func(s []*atom) bool { return slices.Equal(s, a) })
		if b < 0 || e < 0 || k < 0 || k == spatial {
			return nil, fmt.Errorf("pads %v: batch and channels get none, and no axis is cropped", pads)
		}
		before[k], after[k] = b, e
		y.axes[i] = []*atom{{size: axes{a}.extents()[0] + b + e}}
		y.store[k] = y.axes[i]
	}
	y.layer = im.zeros(n, v.layer, before, after)
	return one(y, nil)
}

// channelAt returns the axis of the model's array that holds the channels: those that the spec has last.
func (im *importer) channelAt(x *value) int {
	if len(x.store) == 0 {
		return -1
	}
	return slices.IndexFunc(x.axes, func(a []*atom) bool { return slices.Equal(a, x.store[len(x.store)-1]) })
}

// resize is an enlargement by whole factors.
func resize(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	if x, err = im.imaged(n, x); err != nil {
		return nil, err
	}
	dims := x.axes.extents()
	scales, err := resizeFactors(n, in, dims)
	if err != nil {
		return nil, err
	}
	mode, places := n.word("mode", "nearest"), n.word("coordinate_transformation_mode", "half_pixel")
	l := im.add(n, fmt.Sprintf("up_sampling%dd", len(dims)-2), x.layer)
	l.set("size", short(scales))
	switch {
	case n.Op == "Upsample" && mode == "nearest":
	case mode == "nearest" && (places == "asymmetric" && n.word("nearest_mode", "round_prefer_floor") == "floor" ||
		places == "half_pixel" || places == "pytorch_half_pixel"):
		// With whole factors the nearest pixel of each centre is that of its block.
	case mode == "linear" && (places == "half_pixel" || places == "pytorch_half_pixel"):
		l.set("interpolation", "bilinear")
	default:
		return nil, fmt.Errorf("mode %s with %s: nearest, or linear with half_pixel, is imported", mode, places)
	}
	var out []int
	for i, s := range scales {
		out = append(out, dims[2+i]*s)
	}
	y := image(l, x.axes[0], dims[1], out)
	y.positive = x.positive
	return one(y, nil)
}

// resizeFactors returns the factor of each spatial axis, from scales or sizes.
func resizeFactors(n *Node, in []*value, dims []int) ([]int, error) {
	at := 2
	if len(in) == 2 || n.Op == "Upsample" {
		at = 1
	}
	scales, err := constantIn(in, at, "scales")
	if err != nil {
		return nil, err
	}
	sizes, err := constantIn(in, 3, "sizes")
	if err != nil {
		return nil, err
	}
	factors := make([]float64, len(dims))
	switch {
	case sizes != nil && len(sizes.data) == len(dims):
		for i, s := range sizes.data {
			factors[i] = s / float64(dims[i])
		}
		factors[0] = 1
	case scales != nil && len(scales.data) == len(dims):
		copy(factors, scales.data)
	case n.attr("scales") != nil && len(n.attr("scales").Floats) == len(dims):
		copy(factors, n.attr("scales").Floats)
	default:
		return nil, errors.New("neither scales nor sizes are known")
	}
	var out []int
	for i, f := range factors {
		if f != math.Trunc(f) || f < 1 || f > 1024 || i < 2 && f != 1 {
			return nil, fmt.Errorf("factors %v: height and width grow by whole factors, batch and channels stay", factors)
		}
		if i >= 2 {
			out = append(out, int(f))
		}
	}
	return out, nil
}

// blocks is depth_to_space or space_to_depth.
func blocks(kind string) operator {
	return func(im *importer, n *Node, in []*value) ([]*value, error) {
		x, err := im.activated(n, in, 0)
		if err != nil {
			return nil, err
		}
		if x, err = im.imaged(n, x); err != nil || len(x.axes) != 4 {
			return nil, errors.Join(err, errors.New("its input is no image"))
		}
		b, d := n.int("blocksize", 0), x.axes.extents()
		if b < 1 || n.word("mode", "DCR") != "DCR" {
			return nil, fmt.Errorf("blocks of %d in mode %s: DCR is imported", b, n.word("mode", "DCR"))
		}
		l := im.add(n, kind, x.layer)
		l.set("block_size", b)
		if kind == "depth_to_space" {
			return one(image(l, x.axes[0], d[1]/(b*b), []int{d[2] * b, d[3] * b}), nil)
		}
		return one(image(l, x.axes[0], d[1]*b*b, []int{d[2] / b, d[3] / b}), nil)
	}
}

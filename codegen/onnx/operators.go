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
		"Identity": same, "Cast": castTo, "Dropout": dropout,
		"Shape": func(im *importer, n *Node, in []*value) ([]*value, error) {
			return one(&value{konst: shapeOf(n, in[0].axes.extents())}, nil)
		},
		"Size": func(im *importer, n *Node, in []*value) ([]*value, error) {
			return one(&value{konst: &array{data: []float64{float64(product(in[0].axes.extents()))}, whole: true}}, nil)
		},

		"Gemm": gemm, "MatMul": matMul, "Einsum": einsum, "CumSum": cumSum,
		"Conv": conv, "ConvTranspose": convTranspose,

		"Relu": activation("relu"), "Sigmoid": activation("sigmoid"), "Tanh": activation("tanh"), "Softplus": activation("softplus"),
		"Softsign": activation("softsign"), "HardSwish": activation("hard_swish"), "Mish": activation("mish"),
		"Silu": activation("silu"), "QuickGelu": activation("quick_gelu"), "Swish": swish,
		"Exp": function("exp"), "Log": function("log"), "Abs": function("abs"), "Sqrt": function("sqrt"), "Reciprocal": function("reciprocal"), "Neg": neg,
		"Celu": celu, "ThresholdedRelu": thresholdedRelu, "Pow": pow,
		"Not": not, "And": logical("multiply"), "Or": logical("maximum"), "Xor": xor, "Equal": equal,
		"Greater": comparison(true, true), "GreaterOrEqual": comparison(false, false), "Less": comparison(false, true), "LessOrEqual": comparison(true, false),
		"Gelu": gelu, "Elu": elu, "Selu": selu, "LeakyRelu": leakyRelu, "HardSigmoid": hardSigmoid, "Clip": clip, "PRelu": prelu,
		"Softmax": softmax("softmax"), "LogSoftmax": softmax("log_softmax"),

		"BatchNormalization": batchNorm, "LayerNormalization": layerNormalization, "RMSNormalization": rmsNormalization,
		"InstanceNormalization": instanceNorm, "GroupNormalization": groupNorm,

		"Add": add, "Mul": mul, "Sub": sub, "Div": div, "Sum": joining("add"), "Max": joining("maximum"), "Min": joining("minimum"),
		"Mean": joining("average"), "Concat": concat, "Split": split, "Slice": slice, "Where": where,

		"Reshape": reshape, "Flatten": flatten, "Squeeze": squeeze, "Unsqueeze": unsqueeze, "Transpose": transpose,
		"Gather": gather, "Expand": expand, "Tile": tile,
		"ReduceMean": reduce, "ReduceSum": reduce, "ReduceMax": reduce, "ReduceMin": reduce, "ReduceL1": reduce, "ReduceL2": reduce, "ReduceSumSquare": reduce,
		"ReduceLogSum": reduce, "ReduceLogSumExp": reduceLogSumExp, "ReduceProd": reduceProd, "LpNormalization": lpNormalization,
		"Affine": affineOf, "TiedDense": tiedDense, "MaskedSteps": recurrentWithMask,
		"UnitNorm": unitNormOf, "Masking": masking, "MaskedMean": maskedPool("average"), "MaskedMax": maskedPool("max"),
		"GlobalAveragePool": globalPool("average"), "GlobalMaxPool": globalPool("max"),
		"MaxPool": pool("max"), "AveragePool": pool("average"), "Pad": pad, "Resize": resize, "Upsample": resize,
		"DepthToSpace": blocks("depth_to_space"), "SpaceToDepth": blocks("space_to_depth"),

		"LSTM": recurrent, "GRU": recurrent, "RNN": recurrent, "Attention": attentionOperator,

		"If": branch, "QuantizeLinear": quantizeLinear, "DequantizeLinear": dequantizeLinear,
		"ArgMax": argMax, "ml.ArrayFeatureExtractor": classNames, "ml.ZipMap": zipMap, "ml.LabelEncoder": labelEncoder,
		"ml.Scaler": scaler, "ml.Normalizer": normalizer, "ml.LinearClassifier": linearClassifier, "ml.LinearRegressor": linearRegressor,
		"ml.OneHotEncoder": oneHotEncoder, "ml.Imputer": imputer,
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

// gemm is Y = alpha·A′·B′ + beta·C.
func gemm(im *importer, n *Node, in []*value) ([]*value, error) {
	if len(in) < 2 || in[1] == nil {
		return nil, errors.New("without its weights")
	}
	a, b := in[0], in[1]
	turn := func(v *value, times string) (*value, error) {
		if n.int(times, 0) == 0 {
			return v, nil
		}
		if v.konst != nil {
			k, err := transposed(v.konst, nil)
			return &value{konst: k}, err
		}
		if len(v.axes) != 2 {
			return nil, fmt.Errorf("its input is %s, want a matrix", v.axes)
		}
		y := *v
		y.axes = axes{v.axes[1], v.axes[0]}
		return &y, nil
	}
	a, err := turn(a, "transA")
	if err != nil {
		return nil, err
	}
	if b, err = turn(b, "transB"); err != nil {
		return nil, err
	}
	alpha, beta := n.float("alpha", 1), n.float("beta", 1)
	var c *array
	if len(in) > 2 && in[2] != nil && in[2].konst != nil {
		c = mapped(in[2].konst, func(v float64) float64 { return v * beta })
		if err := finite(c); err != nil {
			return nil, err
		}
	}
	if a.konst == nil && b.konst != nil && len(b.konst.dims) == 2 && (c != nil || len(in) < 3 || in[2] == nil) {
		features := c == nil || len(c.data) == 1 || len(c.data) == b.konst.dims[1] && c.dims[len(c.dims)-1] == b.konst.dims[1]
		if features {
			x, err := im.first(n, []*value{a})
			if err != nil {
				return nil, err
			}
			return one(im.dense(n, x, mapped(b.konst, func(v float64) float64 { return v * alpha }), c))
		}
	}
	y, err := matMul(im, &Node{Op: n.Op, Name: n.Name, Out: n.Out, In: []string{n.in(0), n.in(1)}}, []*value{a, b})
	if err != nil {
		return nil, err
	}
	z := *y[0]
	z.scale *= alpha
	switch {
	case c != nil:
		return one(im.shift(&Node{Op: n.Op, Name: n.Name, Out: n.Out}, &z, c, fresh))
	case len(in) < 3 || in[2] == nil:
		return one(&z, nil)
	}
	sum := *in[2]
	sum.scale *= beta
	return one(im.join(n, "add", []*value{&z, &sum}))
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
	if in[0].konst != nil {
		return one(im.fromLeft(n, in[0].konst, in[1]))
	}
	x, err := im.first(n, in)
	if err != nil {
		return nil, err
	}
	w, err := needed(in, 1, "weights", -1)
	if err != nil {
		return nil, err
	}
	switch {
	case len(w.dims) > 2 && product(w.dims[:len(w.dims)-2]) == 1 && len(w.dims) <= len(x.axes):
		w = &array{dims: w.dims[len(w.dims)-2:], data: w.data}
	case len(w.dims) == 1: // a vector, and an axis less
		y, err := im.dense(n, x, &array{dims: []int{len(w.data), 1}, data: w.data}, nil)
		if err != nil {
			return nil, err
		}
		return one(y.regrouped(y.axes.extents()[:len(y.axes)-1]))
	case len(w.dims) != 2:
		return nil, fmt.Errorf("weights of %v: a dense layer has one matrix for all examples", w.dims)
	}
	return one(im.dense(n, x, w, nil))
}

// fromLeft is w·x: a dense layer over the axis before the last one.
func (im *importer) fromLeft(n *Node, w *array, x *value) (*value, error) {
	rank := len(x.axes)
	if len(w.dims) != 2 || rank < 2 {
		return nil, fmt.Errorf("constants of %v times %s: a matrix is imported", w.dims, x.axes)
	}
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	swap := func(v *value) *value {
		y := *v
		y.axes = slices.Clone(v.axes)
		y.axes[rank-1], y.axes[rank-2] = y.axes[rank-2], y.axes[rank-1]
		return &y
	}
	turned, err := transposed(w, nil)
	if err != nil {
		return nil, err
	}
	y, err := im.dense(n, swap(x), turned, nil)
	if err != nil {
		return nil, err
	}
	return swap(y), nil
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
		y, err := im.outputProjection(n, x, w, bias)
		if err == nil {
			return y, nil
		}
		if x, err = im.plain(n, x); err != nil {
			return nil, err
		}
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
	if rank := len(v.store); rank > 2 && product(axes(v.store[:rank-1]).extents()) > 1 { // the pixels of an image are the steps of a sequence
		v = im.aligned(n, v, axes{axes(v.store[:rank-1]).atoms(), v.store[rank-1]})
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
	im.images = true
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
	if len(w.dims) == 3 { // a sequence is an image of one column
		return im.transposedSequence(n, in, x, w)
	}
	plain := *n
	plain.Attrs = slices.DeleteFunc(slices.Clone(n.Attrs), func(a *Attr) bool { return a.Name == "auto_pad" })
	geo, err := windowOf(&plain, x, w.dims[2:])
	if err != nil {
		return nil, err
	}
	if x, err = im.imaged(n, x); err != nil {
		return nil, err
	}
	dims, groups := x.axes.extents()[2:], n.int("group", 1)
	if w.dims[0] != x.axes.extents()[1] || groups < 1 || w.dims[0]%groups != 0 {
		return nil, fmt.Errorf("filters of %v in %d groups for an input of %s", w.dims, groups, x.axes)
	}
	filters := w.dims[1] * groups
	extra := n.ints("output_padding", 0, 0)
	if len(extra) != 2 {
		return nil, fmt.Errorf("output_padding of %v", extra)
	}
	extra = slices.Clone(extra)
	if err := geo.enlarged(n, dims, extra); err != nil {
		return nil, err
	}
	var out []int
	for i, d := range dims {
		out = append(out, (d-1)*geo.strides[i]+geo.span(i)-geo.before[i]-geo.after[i]+extra[i])
		if out[i] < 1 {
			return nil, fmt.Errorf("its geometry leaves nothing of axis %d", i)
		}
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

// enlarged settles the padding of a transposed convolution from output_shape or auto_pad: total = stride·(d − 1) +
// output_padding + span − shape, the larger half of it behind the image unless auto_pad is SAME_LOWER. What would be negative
// is put on behind, as output_padding is.
func (w *window) enlarged(n *Node, dims, extra []int) error {
	auto, shape := n.word("auto_pad", "NOTSET"), n.ints("output_shape")
	if len(shape) > len(dims) {
		shape = shape[len(shape)-len(dims):]
	}
	switch {
	case auto == "VALID":
		for i := range dims {
			w.before[i], w.after[i] = 0, 0
		}
		return nil
	case shape != nil && len(shape) != len(dims):
		return fmt.Errorf("output_shape of %v", shape)
	case shape == nil && (auto == "NOTSET" || auto == ""):
		return nil
	case shape == nil && auto != "SAME_UPPER" && auto != "SAME_LOWER":
		return fmt.Errorf("auto_pad %q is not known", auto)
	}
	for i, d := range dims {
		want := d * w.strides[i]
		if shape != nil {
			want = shape[i]
		}
		total := (d-1)*w.strides[i] + extra[i] + w.span(i) - want
		if total < 0 {
			extra[i] -= total
			total = 0
		}
		w.before[i], w.after[i] = total/2, total-total/2
		if shape != nil && auto != "SAME_UPPER" || auto == "SAME_LOWER" {
			w.before[i], w.after[i] = total-total/2, total/2
		}
		if extra[i] >= max(w.strides[i], w.dilations[i]) && extra[i] > 0 {
			return fmt.Errorf("output_shape %v is larger than the filter reaches by %d", shape, extra[i])
		}
	}
	return nil
}

// transposedSequence is a transposed convolution over the steps of a sequence, which becomes an image of one column.
func (im *importer) transposedSequence(n *Node, in []*value, x *value, w *array) ([]*value, error) {
	image := *x
	image.axes = append(slices.Clone(x.axes), nil)
	flat := *n
	flat.Attrs = nil
	for _, a := range n.Attrs {
		b := *a
		switch {
		case len(a.Ints) == 0:
		case a.Name == "pads" && len(a.Ints) == 2:
			b.Ints = []int64{a.Ints[0], 0, a.Ints[1], 0}
		case (a.Name == "output_padding") && len(a.Ints) == 1:
			b.Ints = []int64{a.Ints[0], 0}
		case len(a.Ints) == 1:
			b.Ints = []int64{a.Ints[0], 1}
		}
		flat.Attrs = append(flat.Attrs, &b)
	}
	filters := &value{konst: &array{dims: append(slices.Clone(w.dims), 1), data: w.data}}
	rest := []*value{&image, filters}
	if len(in) > 2 {
		rest = append(rest, in[2])
	}
	y, err := convTranspose(im, &flat, rest)
	if err != nil {
		return nil, err
	}
	y[0].axes = y[0].axes[:3]
	return y, nil
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
		included := what == "average" && n.int("count_include_pad", 0) != 0
		from, ends := x.layer, slices.Clone(dims)
		for i := range ends { // where the input ends, counted from the first window on
			ends[i] += geo.before[i]
		}
		if included && geo.padded() {
			from = im.zeros(n, from, geo.before, geo.after)
			for i := range dims {
				dims[i] += geo.before[i] + geo.after[i]
				geo.before[i], geo.after[i] = 0, 0
			}
		}
		if n.int("ceil_mode", 0) != 0 {
			for i, d := range dims {
				reach := d + geo.before[i] + geo.after[i] - geo.size[i]
				over := (geo.strides[i] - reach%geo.strides[i]) % geo.strides[i]
				// A window that would begin behind the input is left out.
				if reach > 0 && over > 0 && reach+over < ends[i] {
					geo.after[i] += over
				}
			}
		}
		out, err := geo.out(dims)
		if err != nil {
			return nil, err
		}
		l := im.add(n, fmt.Sprintf("%s_pool%dd", what, len(dims)), from)
		l.set("pool_size", short(geo.size))
		if !slices.Equal(geo.strides, geo.size) {
			l.set("strides", short(geo.strides))
		}
		switch {
		case !geo.padded():
		case geo.same(dims):
			l.set("padding", "same")
		case len(dims) == 1:
			l.set("padding", []int{geo.before[0], geo.after[0]})
		default:
			l.set("padding", [][]int{{geo.before[0], geo.after[0]}, {geo.before[1], geo.after[1]}})
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
		return nil, blame("mode", "mode %q: a constant is put around, no copies of what is inside", mode)
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
	if which, err := constantIn(in, 3, "axes"); err != nil {
		return nil, err
	} else if which != nil {
		full := make([]int, 2*rank)
		for i, a := range which.ints() {
			k, err := axis(a, rank)
			if err != nil || len(pads) != 2*len(which.data) {
				return nil, fmt.Errorf("pads %v over axes %v", pads, which.ints())
			}
			full[k], full[rank+k] = pads[i], pads[len(which.data)+i]
		}
		pads = full
	}
	if len(pads) != 2*rank {
		return nil, fmt.Errorf("pads %v for %d axes", pads, rank)
	}
	if slices.Max(pads) == 0 && slices.Min(pads) == 0 {
		return one(x, nil)
	}
	for i := range rank { // negative pads cut off
		cutting := cut{axis: i, from: max(0, -pads[i]), to: x.axes.extents()[i] - max(0, -pads[rank+i]), step: 1}
		if cutting.from == 0 && cutting.to == x.axes.extents()[i] {
			continue
		}
		if cutting.to <= cutting.from {
			return nil, fmt.Errorf("pads %v leave nothing of %s", pads, x.axes)
		}
		if x, err = im.ranged(n, x, cutting); err != nil {
			return nil, err
		}
	}
	pads = mappedInts(pads, func(p int) int { return max(0, p) })
	if fill != 0 { // x − fill with zeros around, + fill
		if err := finite(&array{data: []float64{fill}}); err != nil {
			return nil, err
		}
		if x, err = im.rescaled(&Node{Op: n.Op, Name: n.Name, Out: n.Out}, x, 1, -fill); err != nil {
			return nil, err
		}
	}
	if slices.Max(pads) == 0 {
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
	if fill != 0 {
		return one(im.rescaled(&Node{Op: n.Op, Name: n.Name, Out: n.Out}, y, 1, fill))
	}
	return one(y, nil)
}

func mappedInts(list []int, f func(int) int) []int {
	out := make([]int, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
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
	// Before opset 11 places are asymmetric, and there is no nearest_mode.
	mode, places, nearest := n.word("mode", "nearest"), n.word("coordinate_transformation_mode", "half_pixel"), n.word("nearest_mode", "round_prefer_floor")
	if im.opset(n) < 11 {
		places, nearest = "asymmetric", "floor"
	}
	l := im.add(n, fmt.Sprintf("up_sampling%dd", len(dims)-2), x.layer)
	l.set("size", short(scales))
	centred := places == "half_pixel" || places == "pytorch_half_pixel" && slices.Min(scales) > 1 || places == "half_pixel_symmetric"
	switch {
	case slices.Max(scales) == 1:
		return one(x, nil)
	case mode == "nearest" && nearestIsBlock(scales, places, nearest):
	case mode == "linear" && centred:
		l.set("interpolation", "bilinear")
	default:
		return nil, fmt.Errorf("mode %s with %s and %s: up_sampling takes for each pixel the nearest of its block, or, with linear and half_pixel, goes from centre to centre",
			mode, places, nearest)
	}
	var out []int
	for i, s := range scales {
		out = append(out, dims[2+i]*s)
	}
	y := image(l, x.axes[0], dims[1], out)
	y.positive = x.positive
	return one(y, nil)
}

// nearestIsBlock tells whether the nearest pixel is that whose block, of factor pixels, an enlarged one lies in: for pixel i
// the place is (i + ½)/f − ½, or i/f where places are asymmetric.
func nearestIsBlock(factors []int, places, nearest string) bool {
	round := map[string]func(v float64) float64{
		"round_prefer_floor": func(v float64) float64 { return math.Ceil(v - 0.5) }, "round_prefer_ceil": func(v float64) float64 { return math.Floor(v + 0.5) },
		"floor": math.Floor, "ceil": math.Ceil,
	}[nearest]
	if round == nil {
		return false
	}
	for _, f := range factors {
		// Two blocks inside the image show what each pixel of a block takes.
		for i := range 2 * f {
			place := float64(f+i) / float64(f)
			switch places {
			case "asymmetric":
			case "half_pixel", "pytorch_half_pixel", "half_pixel_symmetric":
				place = (float64(f+i)+0.5)/float64(f) - 0.5
			default:
				return false
			}
			if round(place) != float64((f+i)/f) {
				return false
			}
		}
	}
	return true
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
	if sizes == nil && at == 1 && scales != nil && scales.whole { // a list of sizes without the inputs before it
		sizes, scales = scales, nil
	}
	// Since opset 18 the numbers may be those of some axes only.
	which, err := axesOf(n.ints("axes"), len(dims))
	if err != nil {
		return nil, err
	}
	if n.attr("axes") == nil {
		for i := range dims {
			which = append(which, i)
		}
	} else if !slices.IsSorted(n.ints("axes")) {
		return nil, fmt.Errorf("axes %v out of order", n.ints("axes"))
	}
	if policy := n.word("keep_aspect_ratio_policy", "stretch"); policy != "stretch" {
		return nil, fmt.Errorf("keep_aspect_ratio_policy %s: export with the sizes that come out", policy)
	}
	factors := make([]float64, len(dims))
	for i := range factors {
		factors[i] = 1
	}
	numbers := n.attr("scales")
	switch {
	case sizes != nil && len(sizes.data) == len(which):
		for i, k := range which {
			if k > 0 {
				factors[k] = sizes.data[i] / float64(dims[k])
			}
		}
	case scales != nil && len(scales.data) == len(which):
		for i, k := range which {
			factors[k] = scales.data[i]
		}
	case numbers != nil && len(numbers.Floats) == len(dims):
		copy(factors, numbers.Floats)
	default:
		return nil, errors.New("neither scales nor sizes are known")
	}
	var out []int
	for i, f := range factors {
		if f != math.Trunc(f) || f < 1 || f > 1024 || i < 2 && f != 1 {
			return nil, fmt.Errorf("factors %v: height and width grow by whole factors, batch and channels stay",
				factors)
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
		if b < 1 || b > 1024 || kind == "depth_to_space" && d[1]%(b*b) != 0 || kind != "depth_to_space" && (d[2]%b != 0 || d[3]%b != 0) {
			return nil, fmt.Errorf("blocks of %d for %s", b, x.axes)
		}
		if n.word("mode", "DCR") == "CRD" { // the channels of a block come one after another: DCR has them block by block
			if x, err = x.regrouped([]int{d[0], d[1] / (b * b), b * b, d[2], d[3]}); err != nil {
				return nil, err
			}
			x = im.aligned(n, x, axes{x.axes[3], x.axes[4], slices.Concat(x.axes[2], x.axes[1])})
		}
		l := im.add(n, kind, x.layer)
		l.set("block_size", b)
		if kind == "depth_to_space" {
			return one(image(l, x.axes[0], d[1]/(b*b), []int{d[2] * b, d[3] * b}), nil)
		}
		return one(image(l, x.axes[0], d[1]*b*b, []int{d[2] / b, d[3] / b}), nil)
	}
}

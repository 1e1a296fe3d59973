package onnx

import (
	"errors"
	"fmt"
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

		"Relu": activation("relu"), "Sigmoid": activation("sigmoid"), "Tanh": activation("tanh"),
		"Softplus": activation("softplus"),
		"Softsign": activation("softsign"), "HardSwish": activation("hard_swish"), "Mish": activation("mish"),
		"Silu": activation("silu"), "QuickGelu": activation("quick_gelu"), "Swish": swish,
		"Exp": function("exp"), "Log": function("log"), "Abs": function("abs"), "Sqrt": function("sqrt"),
		"Sin": function("sin"), "Cos": function("cos"), "Erf": function("erf"), "Floor": function("floor"),
		"Ceil":  function("ceil"),
		"Round": function("round"), "Mod": mod, "WholeQuotient": wholeQuotientOf,
		"Reciprocal": function("reciprocal"), "Neg": neg, "Sign": sign,
		"Celu": celu, "ThresholdedRelu": thresholdedRelu, "Pow": pow,
		"Not": not, "And": logical("multiply"), "Or": logical("maximum"), "Xor": xor, "Equal": equal,
		"Greater": comparison(true, true), "GreaterOrEqual": comparison(false, false), "Less": comparison(false, true),
		"LessOrEqual": comparison(true, false),
		"Gelu":        gelu, "Elu": elu, "Selu": selu, "LeakyRelu": leakyRelu, "HardSigmoid": hardSigmoid,
		"Clip": clip, "PRelu": prelu,
		"Softmax": softmax("softmax"), "LogSoftmax": softmax("log_softmax"),

		"BatchNormalization": batchNorm, "LayerNormalization": layerNormalization, "RMSNormalization": rmsNormalization,
		"InstanceNormalization": instanceNorm, "GroupNormalization": groupNorm,

		"Add": add, "Mul": mul, "Sub": sub, "Div": div, "Sum": joining("add"),
		"Max": joining("maximum"), "Min": joining("minimum"),
		"Mean": joining("average"), "Concat": concat, "Split": split, "Slice": slice, "Chunk": chunk, "Where": where,

		"Reshape": reshape, "Flatten": flatten, "Squeeze": squeeze, "Unsqueeze": unsqueeze, "Transpose": transpose,
		"Gather": gather, "GatherElements": gatherElements, "Expand": expand, "Tile": tile,
		"ReduceMean": reduce, "ReduceSum": reduce, "ReduceMax": reduce, "ReduceMin": reduce, "ReduceL1": reduce,
		"ReduceL2": reduce, "ReduceSumSquare": reduce,
		"ReduceLogSum": reduce, "ReduceLogSumExp": reduceLogSumExp, "ReduceProd": reduceProd,
		"LpNormalization": lpNormalization,
		"Affine":          affineOf, "TiedDense": tiedDense, "MaskedSteps": recurrentWithMask,
		"UnitNorm": unitNormOf, "Masking": masking, "MaskedMean": maskedPool("average"), "MaskedMax": maskedPool("max"),
		"GlobalAveragePool": globalPool("average"), "GlobalMaxPool": globalPool("max"),
		"MaxPool": pool("max"), "AveragePool": pool("average"), "Pad": pad, "Resize": resize, "Upsample": resize,
		"LpPool": lpPool, "LRN": lrn,
		"DepthToSpace": blocks("depth_to_space"), "SpaceToDepth": blocks("space_to_depth"),

		"LSTM": recurrent, "GRU": recurrent, "RNN": recurrent, "Attention": attentionOperator,

		"If": branch, "QuantizeLinear": quantizeLinear, "DequantizeLinear": dequantizeLinear,
		"ArgMax": argMax, "ArgMin": argMin, "TopK": topK, "OneHot": oneHot, "EmbeddingBag": embeddingBag,
		"ml.Binarizer": binarizer, "ml.ArrayFeatureExtractor": classNames, "ml.ZipMap": zipMap,
		"ml.LabelEncoder": labelEncoder,
		"ml.Scaler":       scaler, "ml.Normalizer": normalizer, "ml.LinearClassifier": linearClassifier,
		"ml.LinearRegressor": linearRegressor,
		"ml.OneHotEncoder":   oneHotEncoder, "ml.Imputer": imputer,
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
	if len(w.dims) > 2 && product(w.dims[:len(w.dims)-2]) == 1 && len(w.dims) <= rank {
		w = &array{dims: w.dims[len(w.dims)-2:], data: w.data}
	}
	if len(w.dims) > 2 && len(w.dims) == rank {
		q, err := im.queries(n, w, x)
		if err != nil {
			return nil, err
		}
		return im.headProduct(n, q, x)
	}
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

// queries are constants that attend to what x gives, the same for each example, perhaps for each head: rows of numbers,
// and a product with 1, as that of an attention is one.
func (im *importer) queries(n *Node, w *array, x *value) (*value, error) {
	rank := len(w.dims)
	heads := x.axes[:rank-2].atoms()
	fail := fmt.Errorf("constants of %v times %s: a matrix is imported, or one for each head that is the same for "+
		"each example",
		w.dims, x.axes)
	if len(heads) == 0 || !heads[0].batch || len(heads) > 2 || x.axes[:rank-2].extents()[0]%im.batch != 0 ||
		product(w.dims[:rank-2]) != product(x.axes[:rank-2].extents()) {
		return nil, fail
	}
	steps, width := w.dims[rank-2], w.dims[rank-1]
	count := product(w.dims[:rank-2]) / im.batch
	same := equalParts(&array{dims: []int{im.batch * count, steps, width}, data: w.data}, 0, im.batch)
	if same == nil {
		return nil, fail
	}
	rows, err := transposed(same, []int{1, 0, 2})
	if err != nil {
		return nil, err
	}
	made := &Node{Op: n.Op, Name: n.Name, Out: n.Out}
	beside := *x
	beside.axes = axes{heads[:1]}
	q, err := im.parameter(n, &beside, &array{dims: []int{steps, count * width}, data: rows.data})
	if err != nil {
		return nil, err
	}
	if err := room(count*width, count*width); err != nil {
		return nil, err
	}
	unit := &array{dims: []int{count * width, count * width}, data: make([]float64, count*width*count*width)}
	for i := range count * width {
		unit.data[i*count*width+i] = 1
	}
	if q, err = im.dense(made, q, unit, nil); err != nil {
		return nil, err
	}
	q.layer.made = []string{"kernel"}
	// The columns are those of the heads.
	split := map[*atom][]*atom{q.axes[2][0]: {{size: width}}}
	if count > 1 {
		split = map[*atom][]*atom{q.axes[2][0]: {{size: count}, {size: width}}}
	}
	y := *q
	y.store = q.store.replaced(split)
	parts := q.axes.replaced(split)[2]
	y.axes = slices.Clone(x.axes)
	switch whole := x.axes[:rank-2]; {
	case count == 1:
		y.axes[0] = q.axes[0]
	case len(whole[0]) == 2:
		y.axes[0] = slices.Concat(q.axes[0], parts[:1])
	default:
		y.axes[0], y.axes[1] = q.axes[0], parts[:1]
	}
	y.axes[rank-2], y.axes[rank-1] = q.axes[1], parts[len(parts)-1:]
	return &y, nil
}

// dense makes a dense layer over the last axis of x; w is in×out.
func (im *importer) dense(n *Node, x *value, w, bias *array) (*value, error) {
	last := len(x.axes) - 1
	if last < 0 || product(x.axes[last:].extents()) != w.dims[0] {
		return nil, fmt.Errorf("weights of %d rows for an input of %s", w.dims[0], x.axes)
	}
	if slices.ContainsFunc(x.axes[last], func(a *atom) bool { return a.batch }) {
		return nil, errSumsBatch
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
	if end := len(x.store) - 1; len(x.axes[last]) == 0 && end >= 0 { // one feature, perhaps without an axis of its own
		if len(x.store[end]) == 0 {
			x = x.filled(last)
			x.store = append(slices.Clone(x.store[:end]), x.axes[last])
		} else {
			x = im.withUnit(n, x, last)
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
	// the pixels of an image are the steps of a sequence
	if rank := len(v.store); rank > 2 && product(axes(v.store[:rank-1]).extents()) > 1 {
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

package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// maxConstant bounds the elements of an array that is computed from constants.
const maxConstant = 1 << 23

// maxValue bounds the elements of a value for the number of examples that stands for the batch: no product of a shape
// and of a number below maxConstant overflows.
const maxValue = 1 << 39

// constant reads a node Constant.
func (im *importer) constant(n *Node) {
	var a *array
	switch {
	case n.attr("value") != nil && n.attr("value").T != nil:
		v, err := n.attr("value").T.load(im.files)
		if err != nil {
			im.errs = append(im.errs, fmt.Errorf("%s: %w", n, err))
			return
		}
		a = v
	case n.attr("value_float") != nil:
		a = &array{data: []float64{n.attr("value_float").F}}
	case n.attr("value_int") != nil:
		a = &array{data: []float64{float64(n.attr("value_int").I)}, whole: true}
	case n.attr("value_floats") != nil:
		a = &array{data: n.attr("value_floats").Floats}
		a.dims = []int{len(a.data)}
	case n.attr("value_ints") != nil:
		a = &array{whole: true}
		for _, v := range n.attr("value_ints").Ints {
			a.data = append(a.data, float64(v))
		}
		a.dims = []int{len(a.data)}
	default:
		im.errs = append(im.errs, fmt.Errorf("%s: only arrays of numbers are read", n))
		return
	}
	if len(n.Out) == 1 {
		im.values[n.Out[0]] = &value{konst: a}
	}
}

// functions1 and functions2 are the functions of elements that are computed at import.
var functions1 = map[string]func(float64) float64{
	"Neg": func(v float64) float64 { return -v }, "Abs": math.Abs, "Sqrt": math.Sqrt, "Exp": math.Exp, "Log": math.Log,
	"Floor": math.Floor, "Ceil": math.Ceil, "Reciprocal": func(v float64) float64 { return 1 / v },
	"Not": func(v float64) float64 { return truth(v == 0) }, "Identity": func(v float64) float64 { return v },
	"Sign": func(v float64) float64 { return truth(v > 0) - truth(v < 0) }, "Round": math.RoundToEven,
	"Sin": math.Sin, "Cos": math.Cos, "Tan": math.Tan, "Asin": math.Asin, "Acos": math.Acos, "Atan": math.Atan,
	"Sinh": math.Sinh, "Cosh": math.Cosh, "Asinh": math.Asinh, "Acosh": math.Acosh, "Atanh": math.Atanh,
	"Erf": math.Erf, "Tanh": math.Tanh, "Relu": func(v float64) float64 { return math.Max(v, 0) },
	"Sigmoid":  func(v float64) float64 { return 1 / (1 + math.Exp(-v)) },
	"Softplus": func(v float64) float64 { return math.Max(v, 0) + math.Log1p(math.Exp(-math.Abs(v))) },
}

var functions2 = map[string]func(a, b float64) float64{
	"Add": func(a, b float64) float64 { return a + b }, "Sub": func(a, b float64) float64 { return a - b },
	"Mul": func(a, b float64) float64 { return a * b }, "Div": func(a, b float64) float64 { return a / b },
	"Pow": math.Pow, "Min": math.Min, "Max": math.Max, "Mod": math.Mod, "Sum": func(a, b float64) float64 { return a + b },
	"Equal":          func(a, b float64) float64 { return truth(a == b) },
	"Less":           func(a, b float64) float64 { return truth(a < b) },
	"Greater":        func(a, b float64) float64 { return truth(a > b) },
	"And":            func(a, b float64) float64 { return truth(a != 0 && b != 0) },
	"Or":             func(a, b float64) float64 { return truth(a != 0 || b != 0) },
	"Xor":            func(a, b float64) float64 { return truth((a != 0) != (b != 0)) },
	"LessOrEqual":    func(a, b float64) float64 { return truth(a <= b) },
	"GreaterOrEqual": func(a, b float64) float64 { return truth(a >= b) },
}

// comparing are those of functions2 whose result is true or false.
var comparing = []string{"Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual", "And", "Or", "Xor"}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// fold computes a node all of whose inputs are constants; ok is false if the operator is not one of those.
func (im *importer) fold(n *Node, args []*value) (out []*value, ok bool, err error) {
	in := make([]*array, len(args))
	for i, a := range args {
		if a != nil {
			in[i] = a.konst
		}
	}
	list, ok, err := foldArrays(n, in, im.opset(n))
	if err != nil || !ok {
		return nil, ok, err
	}
	for _, a := range list {
		out = append(out, &value{konst: a})
	}
	return out, true, nil
}

func foldArrays(n *Node, in []*array, opset int64) ([]*array, bool, error) {
	if n.Op == "RandomNormal" || n.Domain != "" {
		return nil, false, nil
	}
	numbers := func(a *array) bool { return len(a.data) == product(a.dims) }
	if len(in) == 0 || in[0] == nil || slices.ContainsFunc(in, func(a *array) bool { return a != nil && !numbers(a) }) {
		return nil, false, nil // words are not computed with
	}
	single := func(y *array, err error) ([]*array, bool, error) {
		if err != nil {
			return nil, true, err
		}
		return []*array{y}, true, nil
	}
	x := in[0]
	if f := functions1[n.Op]; f != nil {
		y := mapped(x, f)
		y.truth = n.Op == "Not"
		return single(y, nil)
	}
	if f := functions2[n.Op]; f != nil && !slices.Contains(in, nil) {
		y := x
		for _, z := range in[1:] {
			var err error
			if y, err = broadcastOf(n, y, z, f); err != nil {
				return nil, true, err
			}
		}
		return single(y, nil)
	}
	if n.Op == "Softmax" || n.Op == "LogSoftmax" {
		return single(softmaxArray(n, x, opset))
	}
	if n.Op == "Split" {
		y, err := splitArray(n, in)
		return y, true, err
	}
	if f := folders[n.Op]; f != nil {
		return single(f(n, in))
	}
	if r, ok := reducing[n.Op]; ok {
		return single(reduceArray(n, in, r))
	}
	return nil, false, nil
}

// broadcastOf applies a function of two arrays; quotients of whole numbers are cut off.
func broadcastOf(n *Node, x, z *array, f func(a, b float64) float64) (*array, error) {
	y, err := broadcast(x, z, f)
	if err != nil {
		return nil, err
	}
	y.truth = slices.Contains(comparing, n.Op)
	y.whole = x.whole && z.whole || y.truth
	switch {
	case n.Op == "Div" && y.whole:
		y = mapped(y, math.Trunc)
	case n.Op == "Mod" && y.whole && n.int("fmod", 0) == 0: // with the sign of the divisor
		return broadcast(y, z, func(r, b float64) float64 {
			if r != 0 && (r < 0) != (b < 0) {
				return r + b
			}
			return r
		})
	}
	return y, nil
}

// A folding is a reduction of constants. It takes each number, as term gives it, into what was found so far, from start
// on; last makes the result of that and of how many numbers there were. A nil term or last changes nothing.
type folding struct {
	start float64
	fold  func(a, b float64) float64
	term  func(v float64) float64
	last  func(total float64, count int) float64
}

func plus(a, b float64) float64 { return a + b }
func squared(v float64) float64 { return v * v }

// reducing are the reductions of constants.
var reducing = map[string]folding{
	"ReduceProd": {start: 1, fold: func(a, b float64) float64 { return a * b }},
	"ReduceSum":  {fold: plus},
	"ReduceMax":  {start: math.Inf(-1), fold: math.Max}, "ReduceMin": {start: math.Inf(1), fold: math.Min},
	"ReduceMean":      {fold: plus, last: func(total float64, count int) float64 { return total / float64(count) }},
	"ReduceL1":        {fold: plus, term: math.Abs},
	"ReduceL2":        {fold: plus, term: squared, last: func(total float64, _ int) float64 { return math.Sqrt(total) }},
	"ReduceSumSquare": {fold: plus, term: squared},
	"ReduceLogSum":    {fold: plus, last: func(total float64, _ int) float64 { return math.Log(total) }},
}

// computed tells whether an operator is computed at import where all that it reads is constant.
func computed(op string) bool {
	_, reduces := reducing[op]
	return functions1[op] != nil || functions2[op] != nil || folders[op] != nil || reduces ||
		slices.Contains([]string{"Split", "Softmax", "LogSoftmax"}, op)
}

var errLarge = fmt.Errorf("a constant of more than %d elements", maxConstant)

// folders compute operators on constants that are not functions of elements. The first input is there.
var folders = map[string]func(n *Node, in []*array) (*array, error){
	"Cast": func(n *Node, in []*array) (*array, error) { return cast(n, in[0]), nil },
	"Size": func(_ *Node, in []*array) (*array, error) {
		return &array{data: []float64{float64(len(in[0].data))}, whole: true}, nil
	},
	"Flatten": func(n *Node, in []*array) (*array, error) {
		k := n.int("axis", 1)
		if k < 0 {
			k += len(in[0].dims)
		}
		if k < 0 || k > len(in[0].dims) {
			return nil, fmt.Errorf("axis %d of %d axes", k, len(in[0].dims))
		}
		return in[0].reshaped([]int{product(in[0].dims[:k]), product(in[0].dims[k:])}, nil)
	},
	"QuantizeLinear":  quantize,
	"Shape":           func(n *Node, in []*array) (*array, error) { return shapeOf(n, in[0].dims), nil },
	"ConstantOfShape": constantOfShape,
	"Expand": func(n *Node, in []*array) (*array, error) {
		if len(in) < 2 || in[1] == nil {
			return nil, errors.New("without a shape")
		}
		dims, err := broadcastDims(in[0].dims, in[1].ints())
		if err != nil {
			return nil, err
		}
		if product(dims) > maxConstant {
			return nil, errLarge
		}
		out := &array{dims: dims, data: make([]float64, product(dims)), whole: in[0].whole}
		at := spread(in[0], dims)
		for i := range out.data {
			out.data[i] = in[0].data[at(i)]
		}
		return out, nil
	},
	"Concat":    concatArrays,
	"Gather":    gatherArray,
	"Slice":     func(n *Node, in []*array) (*array, error) { return sliceArray(n, in) },
	"Squeeze":   func(n *Node, in []*array) (*array, error) { return in[0].reshaped(squeezed(n, in[0].dims, in)) },
	"Unsqueeze": func(n *Node, in []*array) (*array, error) { return in[0].reshaped(unsqueezed(n, in[0].dims, in)) },
	"Reshape": func(n *Node, in []*array) (*array, error) {
		if len(in) < 2 || in[1] == nil {
			return nil, errors.New("without a shape")
		}
		return in[0].reshaped(targetShape(n, in[0].dims, in[1].ints()))
	},
	"Transpose": func(n *Node, in []*array) (*array, error) { return transposed(in[0], n.ints("perm")) },
	"Range": func(n *Node, in []*array) (*array, error) {
		if len(in) != 3 || in[1] == nil || in[2] == nil || len(in[0].data) != 1 || len(in[1].data) != 1 ||
			len(in[2].data) != 1 || in[2].data[0] == 0 {
			return nil, errors.New("a range needs a start, a limit and a step")
		}
		from, to, step := in[0].data[0], in[1].data[0], in[2].data[0]
		count := max(0, math.Ceil((to-from)/step))
		if !(count <= maxConstant) {
			return nil, errLarge
		}
		out := &array{dims: []int{int(count)}, whole: in[0].whole}
		for i := range int(count) {
			out.data = append(out.data, from+float64(i)*step)
		}
		return out, nil
	},
	"Where": func(n *Node, in []*array) (*array, error) {
		if len(in) != 3 || in[1] == nil || in[2] == nil {
			return nil, errors.New("a choice needs three inputs")
		}
		x, err := broadcast(in[0], in[1], func(c, v float64) float64 { return v })
		if err != nil {
			return nil, err
		}
		c, err := broadcast(in[0], x, func(c, _ float64) float64 { return c })
		if err != nil {
			return nil, err
		}
		y, err := broadcast(x, in[2], func(_, v float64) float64 { return v })
		if err != nil {
			return nil, err
		}
		out, err := broadcast(x, y, func(a, _ float64) float64 { return a })
		if err != nil {
			return nil, err
		}
		atC, atY := spread(c, out.dims), spread(y, out.dims)
		for i := range out.data {
			if c.data[atC(i)] == 0 {
				out.data[i] = y.data[atY(i)]
			}
		}
		out.whole = in[1].whole
		return out, nil
	},
	"Trilu": func(n *Node, in []*array) (*array, error) {
		x, k := in[0], 0
		if len(in) > 1 && in[1] != nil && len(in[1].data) == 1 {
			k = int(in[1].data[0])
		}
		if len(x.dims) < 2 {
			return nil, errors.New("a triangle needs a matrix")
		}
		out := mapped(x, func(v float64) float64 { return v })
		rows, cols := x.dims[len(x.dims)-2], x.dims[len(x.dims)-1]
		for i := range out.data {
			r, c := i/cols%rows, i%cols
			if upper := n.int("upper", 1) != 0; upper && c-r < k || !upper && c-r > k {
				out.data[i] = 0
			}
		}
		return out, nil
	},
	"Clip":               clipArray,
	"LayerNormalization": normArray, "RMSNormalization": normArray,
	"MatMul":           matMulArrays,
	"Gemm":             gemmArrays,
	"Tile":             tileArray,
	"ScatterND":        scatterArray,
	"DequantizeLinear": dequantize,
}

// clipArray keeps constants within limits, which are attributes before opset 11.
func clipArray(n *Node, in []*array) (*array, error) {
	limits := []float64{n.float("min", math.Inf(-1)), n.float("max", math.Inf(1))}
	for i := range limits {
		if i+1 >= len(in) || in[i+1] == nil {
			continue
		}
		v, ok := in[i+1].scalar()
		if !ok {
			return nil, fmt.Errorf("a limit of %v: one number is imported", in[i+1].dims)
		}
		limits[i] = v
	}
	y := mapped(in[0], func(v float64) float64 { return math.Min(math.Max(v, limits[0]), limits[1]) })
	y.whole = in[0].whole
	return y, nil
}

// normArray is a layer norm of constants, or one by the root of their mean square.
func normArray(n *Node, in []*array) (*array, error) {
	x := in[0]
	list, err := normAxes(n, len(x.dims))
	if err != nil || len(list) == 0 {
		return nil, err
	}
	epsilon := n.float("epsilon", 1e-5)
	means := slices.Clone(x.dims)
	for _, k := range list {
		means[k] = 1
	}
	count := float64(len(x.data) / max(1, product(means)))
	averages := func(of *array) *array {
		out := &array{dims: means, data: make([]float64, product(means))}
		at := spread(out, x.dims)
		for i, v := range of.data {
			out.data[at(i)] += v / count
		}
		return out
	}
	y := x
	if n.Op == "LayerNormalization" {
		if y, err = broadcast(x, averages(x), functions2["Sub"]); err != nil {
			return nil, err
		}
	}
	y, err = broadcast(y, averages(mapped(y, squared)), func(v, s float64) float64 { return v / math.Sqrt(s+epsilon) })
	for i, f := range []func(a, b float64) float64{functions2["Mul"], functions2["Add"]} {
		if err == nil && i+1 < len(in) && in[i+1] != nil {
			y, err = broadcast(y, in[i+1], f)
		}
	}
	return y, err
}

// softmaxArray is softmax of constants, or its logarithm.
func softmaxArray(n *Node, x *array, opset int64) (*array, error) {
	absent := -1
	if opset < 13 {
		absent = 1
	}
	k, err := axis(n.int("axis", absent), len(x.dims))
	if err != nil {
		return nil, err
	}
	inner := product(x.dims[k+1:])
	if opset < 13 { // over all axes from there on
		inner = 1
	}
	count := product(x.dims[k:]) / max(1, inner)
	out := mapped(x, func(v float64) float64 { return v })
	for i := range len(x.data) / max(1, count) {
		at := func(j int) int { return i/inner*inner*count + i%inner + j*inner }
		most, sum := math.Inf(-1), 0.0
		for j := range count {
			most = math.Max(most, x.data[at(j)])
		}
		for j := range count {
			sum += math.Exp(x.data[at(j)] - most)
		}
		for j := range count {
			v := x.data[at(j)] - most - math.Log(sum)
			if n.Op == "Softmax" {
				v = math.Exp(v)
			}
			out.data[at(j)] = v
		}
	}
	return out, nil
}

// dequantize is (x − zero)·scale, for all or along an axis.
func dequantize(n *Node, in []*array) (*array, error) {
	if len(in) < 2 || in[1] == nil {
		return nil, errors.New("without a scale")
	}
	of, err := scalesOf(n, in)
	if err != nil {
		return nil, err
	}
	out := &array{dims: in[0].dims, data: make([]float64, len(in[0].data))}
	for i, v := range in[0].data {
		s, z := of(i)
		out.data[i] = (v - z) * s
	}
	return out, nil
}

// quantize is round(x/scale) + zero, kept within the type of zero, for all or along an axis.
func quantize(n *Node, in []*array) (*array, error) {
	lo, hi := 0.0, 255.0
	if len(in) > 2 && in[2] != nil {
		if in[2].least == in[2].most {
			return nil, errors.New("its zero point is not of a type of whole numbers")
		}
		lo, hi = in[2].least, in[2].most
	} else if t := n.int("output_dtype", 0); t != 0 && t != 2 {
		return nil, fmt.Errorf("output_dtype %s", typeName(int32(t)))
	}
	if len(in) < 2 || in[1] == nil {
		return nil, errors.New("without a scale")
	}
	of, err := scalesOf(n, in)
	if err != nil {
		return nil, err
	}
	out := &array{dims: in[0].dims, data: make([]float64, len(in[0].data)), whole: true, least: lo, most: hi}
	for i, v := range in[0].data {
		s, z := of(i)
		out.data[i] = math.Max(lo, math.Min(hi, math.RoundToEven(float64(float32(v)/float32(s)))+z))
	}
	return out, nil
}

// scalesOf returns for each element of the first array the scale and the zero that the others have for it: one for all,
// one for each place of an axis, or one for each block of an axis.
func scalesOf(n *Node, in []*array) (func(i int) (scale, zero float64), error) {
	x := in[0]
	place := func(a *array) (func(i int) int, error) {
		if len(a.data) == 1 {
			return func(int) int { return 0 }, nil
		}
		k, err := axis(n.int("axis", 1), len(x.dims))
		if err != nil {
			return nil, err
		}
		inner, extent, block := product(x.dims[k+1:]), x.dims[k], n.int("block_size", 0)
		switch {
		case block == 0 && len(a.data) == extent:
			return func(i int) int { return i / inner % extent }, nil
		case block > 0 && len(a.dims) == len(x.dims) && a.dims[k] == ceilDiv(extent, block) &&
			len(a.data)*extent == len(x.data)*a.dims[k]:
			return func(i int) int {
				return (i/inner/extent*a.dims[k]+i/inner%extent/block)*inner + i%inner
			}, nil
		}
		return nil, fmt.Errorf("scales of %v for %v", a.dims, x.dims)
	}
	at, err := place(in[1])
	if err != nil {
		return nil, err
	}
	if len(in) < 3 || in[2] == nil {
		return func(i int) (float64, float64) { return in[1].data[at(i)], 0 }, nil
	}
	zero, err := place(in[2])
	if err != nil {
		return nil, err
	}
	return func(i int) (float64, float64) { return in[1].data[at(i)], in[2].data[zero(i)] }, nil
}

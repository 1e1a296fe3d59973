package onnx

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

func shapesOf(args []*value) string {
	var parts []string
	for _, a := range args {
		switch {
		case a == nil:
			parts = append(parts, "–")
		case a.konst != nil:
			parts = append(parts, fmt.Sprintf("constant%v", a.konst.dims))
		default:
			parts = append(parts, a.axes.String())
		}
	}
	return strings.Join(parts, ", ")
}

// apply runs the row of an operator.
func (im *importer) apply(n *Node, args []*value) ([]*value, error) {
	if i := slices.IndexFunc(args, func(v *value) bool { return v != nil && v.label != nil && v.label.chosen }); i >= 0 &&
		slices.Contains(naming, operatorOf(n)) && n.Domain == "" {
		if n.Op == "Gather" && args[0] != nil && args[0].konst != nil {
			im.named(args[0].konst)
		}
		return []*value{args[i]}, nil // reshapes and casts of a label
	}
	if !slices.ContainsFunc(args, func(v *value) bool { return v != nil && v.konst == nil }) {
		if n.Op == "Expand" && n.Domain == "" && im.open() {
			args = im.ofOneExample(args)
		}
		if out, ok, err := im.fold(n, args); ok || err != nil {
			im.noteMask(n, args)
			if err == nil && n.Op == "DequantizeLinear" {
				im.noteSteps(n, args)
			}
			return out, err
		}
	}
	op, row, err := rowOf(n, args)
	if err != nil {
		return nil, err
	}
	for i, a := range args {
		read, err := im.input(n, op, i, a)
		if err != nil {
			return nil, err
		}
		args[i] = read
	}
	if slices.Contains(stretching, op) {
		args = im.withoutBatch(args)
	}
	var results []*value
	if at := crowdedAxis(args[0]); at >= 0 && slices.Contains(perExample, op) {
		results, err = im.eachStep(n, row, args, at)
	} else {
		results, err = row(im, n, args)
	}
	if err != nil {
		return results, err
	}
	return im.typed(op, args, results), nil
}

// rowOf returns the name of the operator of a node in the table, with domain, and its row. It is an error if it has
// none, or reads constants alone where that is of activations.
func rowOf(n *Node, args []*value) (string, operator, error) {
	op := n.Op
	if strings.HasPrefix(n.Domain, "ai.onnx.ml") {
		op = "ml." + op
	} else if n.Domain != "" && n.Domain != "ai.onnx" && n.Domain != internal {
		return op, nil, fmt.Errorf("operators of %q are not those of ONNX", n.Domain)
	}
	row := operators[op]
	if n.Domain != internal && slices.Contains(made, op) {
		row = nil
	}
	switch {
	case row == nil && computed(op):
		return op, nil, errors.New("only constants are computed with so")
	case row == nil:
		return op, nil, errOperator
	case len(args) == 0 || args[0] == nil:
		return op, nil, errors.New("without an input")
	case op != "If" && args[0].konst != nil && !slices.Contains(constantFirst, op):
		return op, nil, errors.New("a constant where an activation is expected")
	case op != "If" && !slices.ContainsFunc(args, func(v *value) bool { return v != nil && v.konst == nil }):
		return op, nil, errors.New("all that it reads is constant, of which it is not computed")
	}
	return op, row, nil
}

// input returns input i of an operator as that reads it, which is a, or the two probabilities of a label that gives one.
// It is an error if the operator computes with words, whole numbers or rounded ones that networks have no numbers for.
func (im *importer) input(n *Node, op string, i int, a *value) (*value, error) {
	if a != nil && a.konst != nil && len(a.konst.words) > 0 && n.Domain == "" && n.Op != "Gather" {
		return nil, errors.New("words are computed with: a network computes with numbers")
	}
	if a != nil && a.konst != nil && product(a.konst.dims) == 0 && n.Domain != "ai.onnx.ml" && (i == 0 ||
		!slices.Contains(emptyLists, op)) {
		return nil, fmt.Errorf("a constant of %v has no elements", a.konst.dims)
	}
	if a.ofInts() && (op == "Div" || op == "ReduceMean" && i == 0) {
		return nil, errQuotient
	}
	if a == nil || a.konst != nil {
		return a, nil
	}
	read := a
	if a.label != nil && a.label.both && !slices.Contains(pairwise, op) {
		var err error
		if read, err = im.numeric(n, a); err != nil {
			return nil, err
		}
	}
	switch {
	case a.words && op != "ml.OneHotEncoder" && op != "ml.LabelEncoder":
		return nil, errWords
	case a.quantized && !slices.Contains(roundly, op):
		return nil, errors.New("it reads rounded numbers that nothing turns back: a network computes in float32")
	case a.whole && !slices.Contains(wholeNumbers, op):
		return nil, errWhole
	}
	return read, nil
}

// typed returns the results of an operator with what they are by what it reads: whole numbers, of a type of such, or
// rounded ones.
func (im *importer) typed(op string, args, results []*value) []*value {
	mark := func(set func(y *value)) {
		for i, r := range results {
			y := *r
			set(&y)
			results[i] = &y
		}
	}
	if op == "ReduceSum" && (args[0].whole || args[0].bits) {
		im.counts[results[0].layer] = results[0].scale
	}
	if strings.HasPrefix(op, "Reduce") && args[0].whole { // sums of whole numbers are such
		mark(func(y *value) { y.whole = true })
	}
	if givesInts(op, args) {
		mark(func(y *value) { y.ints = true })
	}
	if op != "DequantizeLinear" && slices.ContainsFunc(args, func(v *value) bool { return v != nil && v.quantized }) {
		mark(func(y *value) { y.quantized = true })
	}
	return results
}

// errWhole is the reason of an operator that computes with whole numbers.
var errWhole = errors.New("whole numbers are computed with, but a network computes in float32: cast them to float " +
	"first")

// errQuotient is the reason of an operator that divides whole numbers.
var errQuotient = errors.New("quotients of whole numbers are cut off, which no layer does: cast them to float first")

// givesInts tells whether what an operator gives is of a type of whole numbers, by what it reads.
func givesInts(op string, args []*value) bool {
	switch {
	case op == "Where":
		return slices.ContainsFunc(args[1:], (*value).ofInts)
	case op == "OneHot":
		return len(args) > 2 && args[2].ofInts()
	case slices.Contains(ofOneType, op):
		return slices.ContainsFunc(args, (*value).ofInts)
	}
	return slices.Contains(ofTheFirst, op) && args[0].ofInts()
}

// ofOneType are the operators whose inputs and results are all of one type, ofTheFirst those whose results are of the
// type of their first input.
var (
	ofOneType  = []string{"Add", "Concat", "MatMul", "Max", "Min", "Mod", "Mul", "Sub", "Sum"}
	ofTheFirst = []string{"Abs", "Clip", "CumSum", "Expand", "Flatten", "Gather", "GatherElements", "GatherND",
		"Identity", "Neg", "Pad", "Pow", "ReduceL1", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum",
		"ReduceSumSquare", "Relu", "Reshape", "Sign", "Slice", "Split", "Squeeze", "Tile", "Transpose", "Unsqueeze"}
)

// stretching are the operators of elements that stretch an axis of one element along the others' axis.
var stretching = []string{"Add", "Sub", "Mul", "Div", "Max", "Min", "Where"}

// withoutBatch returns inputs with those constants that hold the same for every example, as the zeros that a state
// begins with, as constants of one example.
func (im *importer) withoutBatch(args []*value) []*value {
	var like *value
	for _, a := range args {
		if a != nil && a.konst == nil && (like == nil || len(a.axes) > len(like.axes)) {
			like = a
		}
	}
	if like == nil {
		return args
	}
	at := slices.IndexFunc(like.axes, func(x []*atom) bool { return len(x) == 1 && x[0].batch })
	for i, a := range args {
		if at < 0 || a == nil || a.konst == nil || len(a.konst.dims) != len(like.axes) || a.konst.dims[at] != im.batch ||
			len(a.konst.data) != product(a.konst.dims) {
			continue
		}
		if k := a.konst.firstAlong(at); k != nil {
			args = slices.Clone(args)
			args[i] = &value{konst: k}
		}
	}
	return args
}

// ofOneExample returns the inputs of an Expand that asks for as many examples as there are, with those that its
// constant has, if they are alike, as one. PyTorch computes the zeros that the states of packed sequences begin with at
// export, for the examples it was given, and expands them.
func (im *importer) ofOneExample(args []*value) []*value {
	if len(args) < 2 || args[0] == nil || args[1] == nil || len(args[0].konst.data) != product(args[0].konst.dims) {
		return args
	}
	c, want := args[0].konst, args[1].konst.ints()
	for i, d := range c.dims {
		if at := len(want) - len(c.dims) + i; at < 0 || d == 1 || want[at] != im.batch {
			continue
		}
		if k := c.firstAlong(i); k != nil {
			return []*value{{konst: k}, args[1]}
		}
	}
	return args
}

// constantFirst are the operators whose first input may be a constant beside activations.
var constantFirst = []string{"Gather", "Add", "Mul", "Sub", "Div", "Pow", "Sum", "Max", "Min", "Mean", "Concat",
	"Where", "MatMul", "Einsum", "ml.ArrayFeatureExtractor",
	"And", "Or", "Xor", "Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"}

// emptyLists are the operators that may read a list of nothing, such as no axes or the shape of one number.
var emptyLists = []string{"Expand", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax",
	"ReduceMean",
	"ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare", "Reshape", "Resize", "Slice", "Squeeze", "Unsqueeze"}

// pairwise are the operators that may read both classes of a binary classifier at once.
var pairwise = []string{"ArgMax", "Cast", "Identity", "ml.ZipMap", "ml.Normalizer"}

// wholeNumbers are the operators that may read whole numbers: they do not compute with them, or give the same in
// float32.
var wholeNumbers = []string{"Cast", "Identity", "Shape", "Size", "Gather", "Reshape", "Flatten", "Squeeze", "Unsqueeze",
	"Transpose", "Slice", "Split", "Concat",
	"Expand", "Tile", "Not", "And", "Or", "Xor", "Where", "Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual",
	"ArgMax", "ReduceSum", "ReduceMax", "ReduceMin", "DequantizeLinear", "EmbeddingBag", "GatherElements", "OneHot",
	"LSTM", "GRU", "RNN",
	"ml.Scaler", "ml.Normalizer", "ml.Imputer", "ml.LinearClassifier", "ml.LinearRegressor", "ml.OneHotEncoder",
	"ml.LabelEncoder", "ml.ArrayFeatureExtractor"}

// one wraps a single result.
func one(v *value, err error) ([]*value, error) {
	if err != nil {
		return nil, err
	}
	return []*value{v}, nil
}

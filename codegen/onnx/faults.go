package onnx

import (
	"errors"
	"fmt"
	"strings"
)

// Unsupported lists all nodes that have no counterpart.
type Unsupported struct{ Nodes []error }

func (u *Unsupported) Error() string {
	lines := make([]string, len(u.Nodes))
	for i, e := range u.Nodes {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// NodeError says why one node can't be imported, and what to change where the model is exported.
type NodeError struct {
	Operator  string // such as Conv, or ai.onnx.ml.Scaler
	Name      string // of the node; "" if it has none
	Gives     []string
	Opset     int64
	Shapes    string // of what it reads; constants are named so
	Attribute string // at fault; "" if it is none
	Reason    string
	Advice    string
}

func (e *NodeError) Error() string {
	var b strings.Builder
	b.WriteString(e.Operator)
	if e.Name != "" {
		fmt.Fprintf(&b, " %q", e.Name)
	} else {
		fmt.Fprintf(&b, " (which gives %q)", e.Gives)
	}
	fmt.Fprintf(&b, ", opset %d", e.Opset)
	if e.Shapes != "" {
		fmt.Fprintf(&b, ", reads %s", e.Shapes)
	}
	b.WriteString(": ")
	if e.Attribute != "" && !strings.HasPrefix(e.Reason, e.Attribute) {
		fmt.Fprintf(&b, "%s: ", e.Attribute)
	}
	b.WriteString(e.Reason)
	if e.Advice != "" {
		fmt.Fprintf(&b, "; hint: %s", e.Advice)
	}
	return b.String()
}

// fault is an error that blames an attribute of a node.
type fault struct {
	attribute string
	err       error
}

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// blame returns an error that names the attribute at fault.
func blame(attribute, format string, args ...any) error {
	return &fault{attribute, fmt.Errorf(format, args...)}
}

// failed notes why a node can't be imported.
func (im *importer) failed(n *Node, args []*value, err error) {
	if errors.Is(err, errInside) {
		return
	}
	e := &NodeError{Operator: n.Op, Name: n.Name, Gives: n.Out, Opset: im.opset(n), Shapes: shapesOf(args),
		Reason: err.Error(), Advice: advice[operatorOf(n)]}
	if n.Domain != "" && n.Domain != "ai.onnx" && n.Domain != internal {
		e.Operator = n.Domain + "." + n.Op
	}
	var f *fault
	if errors.As(err, &f) {
		e.Attribute = f.attribute
	}
	if errors.Is(err, errWords) {
		e.Advice = wordAdvice
	}
	if errors.Is(err, errSumsBatch) && im.batch == 1 {
		e.Advice = "with a batch of 1 its axis cannot be told from others: export the model with two or more examples, or " +
			"with dynamic_axes"
	}
	if e.Advice == "" && !strings.Contains(e.Reason, "export") {
		e.Advice = "export the model without it, or take it out of the graph"
	}
	im.errs = append(im.errs, e)
}

// errWords is the reason of an operator that computes with words.
var errWords = errors.New("it reads words: those of a column are made numbers by a OneHotEncoder or " +
	"LabelEncoder right " +
	"behind the input")

// errSumsBatch is the reason of a product over the axis of the examples.
var errSumsBatch = errors.New("the product sums over the batch")

// errOperator is the reason of an operator that has no row.
var errOperator = errors.New("no layer does what this operator does")

// dateAdvice and wordAdvice are of what reads a table before a network, in a pipeline.
const (
	dateAdvice = "parts of a date are columns of a spec: {name: when, date: [hour, weekday]}"
	waveAdvice = "of the functions of angles sin and cos are layers: where it is a feature of an input, compute it " +
		"before and make it an input; " + dateAdvice
	roundAdvice = "floats are divided by one constant there, and whole numbers are not computed with: cast them first; " +
		dateAdvice
	wordAdvice = "take it out of the model: a column of a spec fills a missing word by fill: WORD, drops blanks, and " +
		"has words " +
		"as the table has them"
)

// advice says for an operator what to change where the model is exported.
var advice = map[string]string{
	"Loop":             "a spec has no loops: export with the loop unrolled, by tracing, or as an LSTM, GRU or RNN",
	"Scan":             "a spec has no loops: export with the loop unrolled, by tracing, or as an LSTM, GRU or RNN",
	"If":               "trace the model, so that only the branch that is taken is exported",
	"Mod":              roundAdvice,
	"StringNormalizer": wordAdvice,
	"StringConcat":     wordAdvice,
	"RegexFullMatch":   wordAdvice,
	"Tan":              waveAdvice,
	"Reshape": "its number of examples may be that of the export: export with dynamic_axes, tracing no len(x), or " +
		"with a fixed batch",
	"NonZero":           "indices that depend on the input have no fixed shape: compute them behind the network",
	"NonMaxSuppression": "export the boxes and scores, and choose among them behind the network",
	"ArgMax":            "export the scores as an output too",
	"ArgMin":            "export the scores as an output too",
	"Einsum":            "write it as products of two values, each a matmul with transpositions",
	"Expand": "its shape may be that of the examples of the export, as that of the states of packed sequences " +
		"is: export " +
		"with a fixed batch, without dynamic_axes",
	"Hardmax":               "export the scores or their softmax: the package's Classify names the largest",
	"GridSample":            "resize by a whole factor instead",
	"ScatterND":             "write the result as a concatenation",
	"ScatterElements":       "write the result as a concatenation",
	"GatherElements":        "gather by indices that are constants, the same for all examples",
	"GatherND":              "gather along one axis by indices that are constants",
	"DynamicQuantizeLinear": "export in the QDQ form (QuantizeLinear and DequantizeLinear), or in float",
	"QLinearConv":           "export in the QDQ form (QuantizeLinear and DequantizeLinear), or in float",
	"QLinearMatMul":         "export in the QDQ form (QuantizeLinear and DequantizeLinear), or in float",
	"ConvInteger":           "export in the QDQ form (QuantizeLinear and DequantizeLinear), or in float",
	"MatMulInteger":         "export in the QDQ form (QuantizeLinear and DequantizeLinear), or in float",
	"Resize":                "export with the sizes of axes up to 1024, or resize by whole factors, nearest or linear",
	"Dropout":               "call model.eval() before the export",
	"BatchNormalization":    "call model.eval() before the export",
	"Conv":                  "sequences and images are convolved, with weights that are constants",
	"ConvTranspose":         "sequences and images are convolved, with weights that are constants",
	"MaxPool":               "the largest elements are given, without their places",
	"Pad":                   "pad with a constant, or by edge, reflect or wrap",
	"Cast":                  "compute in float",
	"LSTM":                  "use the usual activations, without peepholes and clip",
	"GRU":                   "use the usual activations, without clip",
	"RNN": "leave initial states out, or give zeros; use tanh, or relu without any state, both " +
		"without clip",
	"Attention": "leave out nonpad_kv_seqlen, the output of the scores, and masks that depend on " +
		"the input",
	"ml.TreeEnsemble":           "trees are no networks: keep them in their own runtime",
	"ml.TreeEnsembleClassifier": "trees are no networks: keep them in their own runtime",
	"ml.TreeEnsembleRegressor":  "trees are no networks: keep them in their own runtime",
	"ml.SVMClassifier":          "a kernel machine is no network: use a linear model or an MLP",
	"ml.SVMRegressor":           "a kernel machine is no network: use a linear model or an MLP",
	"ml.LabelEncoder": "it may give numbers to the words of an input that nothing else reads, and names to a chosen " +
		"class: export the model without another",
}

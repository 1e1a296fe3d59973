package onnx

import (
	"fmt"
	"slices"
)

// sound is an error if a node, in whatever graph of the model, gives nothing, lacks an input that its operator has by
// ONNX's schemas, has one too many, or has an operator that only patterns become. So the rows of the tables of
// operators may read these inputs.
func (m *Model) sound() error {
	for _, f := range m.Functions {
		if err := soundNodes(f.Nodes); err != nil {
			return fmt.Errorf("function %s: %w", f.Name, err)
		}
	}
	return soundNodes(m.Graph.Nodes)
}

func soundNodes(nodes []*Node) error {
	for _, n := range nodes {
		least := leastInputs[operatorOf(n)]
		if n.Domain != "" && n.Domain != "ai.onnx" && n.Domain != "ai.onnx.ml" {
			least = 0
		}
		if slices.Contains(variadic, operatorOf(n)) {
			least = max(1, len(n.In))
		}
		most := len(n.In)
		if slices.Contains(twofold, operatorOf(n)) {
			most = min(most, least)
		}
		switch {
		case len(n.Out) == 0:
			return fmt.Errorf("%s gives no value", n)
		case n.Domain == internal:
			return fmt.Errorf("%s: operators of %q are not those of ONNX", n, n.Domain)
		case len(n.In) < least || slices.Contains(n.In[:least], ""):
			return fmt.Errorf("%s reads %q: its first %d inputs must be there", n, n.In, least)
		case slices.ContainsFunc(n.In[most:], func(in string) bool { return in != "" }):
			return fmt.Errorf("%s reads %q: it has %d inputs", n, n.In, most)
		}
		for _, a := range n.Attrs {
			if a.G == nil {
				continue
			}
			if err := soundNodes(a.G.Nodes); err != nil {
				return fmt.Errorf("%s: %w", n, err)
			}
		}
	}
	return nil
}

// variadic are the operators all of whose inputs are alike: none may be absent.
var variadic = []string{"Concat", "Einsum", "Max", "Mean", "Min", "Sum"}

// twofold are the operators of just two inputs.
var twofold = []string{"Add", "And", "CumSum", "Div", "Equal", "Expand", "Gather", "Greater", "GreaterOrEqual", "Less",
	"LessOrEqual", "MatMul", "Mod", "Mul", "Or", "PRelu", "Pow", "Reshape", "Sub", "Tile", "Xor"}

// leastInputs are how many inputs an operator has at least, of those that have more than one, in the opset that asks
// for the fewest.
var leastInputs = map[string]int{
	"Add": 2, "And": 2, "BatchNormalization": 5, "Conv": 2, "ConvTranspose": 2, "CumSum": 2, "DequantizeLinear": 2,
	"Div": 2, "Equal": 2, "Expand": 2, "GRU": 3, "Gather": 2, "GatherElements": 2, "GatherND": 2, "Gemm": 2, "Greater": 2,
	"GreaterOrEqual": 2, "GroupNormalization": 3, "InstanceNormalization": 3, "LSTM": 3, "LayerNormalization": 2,
	"Less": 2, "LessOrEqual": 2, "MatMul": 2, "Mod": 2, "Mul": 2, "Or": 2, "PRelu": 2, "Pow": 2, "QuantizeLinear": 2,
	"RMSNormalization": 2, "RNN": 3, "Range": 3, "Reshape": 2, "ScatterND": 3, "Sub": 2, "Tile": 2, "Where": 3, "Xor": 2,
	"ml.ArrayFeatureExtractor": 2,
}

// sized is an error if an axis has no elements, or all together more than a value may have.
func (x axes) sized(what string) error {
	size := 1
	for _, d := range x.extents() {
		if d < 1 || d > maxValue/size {
			return fmt.Errorf("%s is %s: an array has 1 to %d elements", what, x, maxValue)
		}
		size *= d
	}
	return nil
}

// room is an error if an array of some extents has more elements than one that is made at import may have.
func room(dims ...int) error {
	size := 1
	for _, d := range dims {
		if d > maxConstant/size {
			return errLarge
		}
		size *= max(1, d)
	}
	return nil
}

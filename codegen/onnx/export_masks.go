package onnx

import (
	"github.com/nngen/nngen/codegen/op"
)

// maskAt returns which input of a layer is its mask, which has a number for each step; −1 for none.
func maskAt(l *op.Layer) int {
	if at := len(l.In) - l.States() - 1; at > 0 && len(l.InShape(at)) == 1 {
		return at
	}
	return -1
}

// keeps returns the steps that a mask keeps, as true and false: n×t.
func (e *exporter) keeps(l *op.Layer) string {
	return e.node("Greater", []string{e.in(l, maskAt(l)).name, e.number(0.5)})
}

// floats and integers convert.
func (e *exporter) floats(x string) string {
	return e.node("Cast", []string{x}, intAttr("to", typeFloat))
}
func (e *exporter) integers(x string) string {
	return e.node("Cast", []string{x}, intAttr("to", typeInt64))
}

// exportMaskedPool writes the mean or maximum of the steps that a mask keeps, 0 where it keeps none.
func exportMaskedPool(e *exporter, l *op.Layer, operator string) (exported, error) {
	x, keep := e.in(l, 0).name, e.node("Unsqueeze", []string{e.keeps(l), e.whole(-1)})
	count := e.node("ReduceSum", []string{e.floats(keep), e.whole(1)}, intAttr("keepdims", 0))
	if operator == "ReduceMean" {
		sum := e.node("ReduceSum", []string{e.node("Where", []string{keep, x, e.number(0)}), e.whole(1)},
			intAttr("keepdims", 0))
		return exported{name: e.node("Div", []string{sum, e.node("Max", []string{count, e.number(1)})})}, nil
	}
	most := e.node("ReduceMax", e.reduced(e.node("Where", []string{keep, x, e.number(lowest)}), 1), e.reduceAttrs(1, 0)...)
	return exported{name: e.node("Where", []string{e.node("Greater", []string{count, e.number(0)}), most, e.number(0)})},
		nil
}

// lowest is below what activations are, and is no infinity: that times 0 is no number.
const lowest = -3e38

// exportMasking writes 1 for steps of which some feature is not the value of padding.
func exportMasking(e *exporter, l *op.Layer) (exported, error) {
	other := e.node("Not", []string{e.node("Equal", []string{e.in(l, 0).name, e.number(l.Node.Float("mask_value"))})})
	return exported{name: e.node("ReduceMax", e.reduced(e.floats(other)), e.reduceAttrs(-1, 0)...)}, nil
}

// exportPaddingMask writes 1 for tokens above 0.
func exportPaddingMask(e *exporter, l *op.Layer) (exported, error) {
	if v := e.values[l.In[0]]; v.whole {
		return exported{name: e.floats(e.node("Greater", []string{v.name, e.whole(0)}))}, nil
	}
	return exported{name: e.floats(e.node("GreaterOrEqual", []string{e.in(l, 0).name, e.number(0.5)}))}, nil
}

// steps are those of a sequence that a recurrent layer takes.
//
// ONNX knows lengths alone, a spec masks with holes: so the kept steps are moved to the front in their order, the
// others behind, and what the operator gives is moved back. A step that is not kept has the state of the one before.
type steps struct {
	kept  string // n×t, 1 for steps that are kept
	order string // n×t: the step that comes at each place
	count string // n: of those that are kept
}

func (e *exporter) sorted(l *op.Layer) *steps {
	if maskAt(l) < 0 {
		return nil
	}
	t := l.InShape(0)[0]
	s := &steps{kept: e.integers(e.keeps(l))}
	late := e.node("Mul", []string{e.node("Sub", []string{e.whole(1), s.kept}), e.whole(t)})
	keys := e.node("Add", []string{late, e.whole(upTo(t)...)})
	s.order = e.nodes("TopK", 2, []string{keys, e.whole(t)}, intAttr("axis", -1),
		intAttr("largest", 0), intAttr("sorted", 1))[1]
	s.count = e.node("ReduceSum", []string{s.kept, e.whole(-1)}, intAttr("keepdims", 0))
	return s
}

// chosen returns for each step of x, n×s×f, the one that index, n×t, tells.
func (e *exporter) chosen(x, index string, t, f int) string {
	shape := e.node("Concat", []string{e.batchOf(x), e.whole(t, f)}, intAttr("axis", 0))
	all := e.node("Expand", []string{e.node("Unsqueeze", []string{index, e.whole(-1)}), shape})
	return e.node("GatherElements", []string{x, all}, intAttr("axis", 1))
}

// batchOf returns the number of examples, as a list of one.
func (e *exporter) batchOf(x string) string {
	return e.node("Slice", []string{e.node("Shape", []string{x}), e.whole(0), e.whole(1)})
}

// initial returns a part of the initial state of a layer, n×units; zeros if it has none.
func (e *exporter) initial(l *op.Layer, part int) string {
	if l.States() > 0 {
		return e.in(l, len(l.In)-l.States()+part).name
	}
	shape := e.node("Concat", []string{e.batchOf(e.in(l, 0).name), e.whole(l.Node.Int("units"))}, intAttr("axis", 0))
	return e.node("ConstantOfShape", []string{shape})
}

// restored moves the outputs of the kept steps, n×t×units, back to their places.
func (e *exporter) restored(l *op.Layer, s *steps, y string) string {
	t, u := l.InShape(0)[0], l.Node.Int("units")
	before := e.node("Unsqueeze", []string{e.initial(l, 0), e.whole(1)})
	taken := e.node("CumSum", []string{s.kept, e.scalarOne()})
	if !l.Node.Bool("go_backwards") { // as many steps as were kept up to each, behind the state before the first
		return e.chosen(e.node("Concat", []string{before, y}, intAttr("axis", 1)), taken, t, u)
	}
	// The first kept step at or behind each; the initial state where there is none.
	next := e.node("Sub", []string{taken, s.kept})
	some := e.node("Less", []string{next, e.node("Unsqueeze", []string{s.count, e.whole(-1)})})
	return e.chosen(e.node("Concat", []string{y, before}, intAttr("axis", 1)),
		e.node("Where", []string{some, next, e.whole(t)}), t, u)
}

// scalarOne is the number 1 without an axis, as CumSum wants its axis.
func (e *exporter) scalarOne() string {
	const name = "shape.one"
	if e.known[name] == "" {
		e.known[name] = name
		e.graph.Initializers = append(e.graph.Initializers, &Tensor{Name: name,
			Type: typeInt64, Dims: []int64{}, Raw: []byte{1, 0, 0, 0, 0, 0, 0, 0}})
	}
	return name
}

// exportTimeDistributed takes the steps for examples.
func exportTimeDistributed(e *exporter, l *op.Layer) (exported, error) {
	inner := op.Inner(l)
	row := exporters[inner.Def.Kind.Name]
	if row == nil {
		return exported{}, errKind
	}
	in := inner.InShape(0)
	x := e.node("Reshape", []string{e.in(l, 0).name, e.whole(append([]int{-1}, in...)...)})
	e.values[inner.In[0]] = exported{name: x, shape: in}
	y, err := row(e, inner)
	if err != nil {
		return y, err
	}
	y.shape = inner.Shape
	return exported{name: e.node("Reshape", []string{e.last(y).name, e.whole(append([]int{-1}, l.Shape...)...)})}, nil
}

package onnx

import (
	"slices"

	"github.com/nngen/nngen/codegen/op"
)

// exportBatchNorm writes the operator with the running statistics, if they do not go into the layer before.
func exportBatchNorm(e *exporter, l *op.Layer) (exported, error) {
	if e.foldNorm(l) {
		return e.values[l.In[0]], nil
	}
	v := e.channelsFirst(e.values[l.In[0]])
	in := []string{v.name}
	for _, p := range l.Params {
		in = append(in, e.param(p))
	}
	return v.named(e.node("BatchNormalization", in, floatAttr("epsilon", l.Node.Float("epsilon")),
		floatAttr("momentum", 1-l.Node.Float("momentum")))), nil
}

func exportLayerNorm(e *exporter, l *op.Layer) (exported, error) {
	v := e.in(l, 0)
	gamma, beta := e.param(l.Params[0]), e.param(l.Params[1])
	if e.Opset >= 17 {
		return v.named(e.node("LayerNormalization", []string{v.name, gamma, beta}, intAttr("axis", -1),
			floatAttr("epsilon", l.Node.Float("epsilon")))), nil
	}
	mean := e.node("ReduceMean", e.reduced(v.name), e.reduceAttrs(-1, 1)...)
	d := e.node("Sub", []string{v.name, mean})
	y := e.node("Div", []string{d, e.root(d, l.Node.Float("epsilon"))})
	return v.named(e.node("Add", []string{e.node("Mul", []string{y, gamma}), beta})), nil
}

// root writes √(mean(x²) + ε) over the last axis.
func (e *exporter) root(x string, epsilon float64) string {
	square := e.node("Pow", []string{x, e.number(2)})
	mean := e.node("ReduceMean", e.reduced(square), e.reduceAttrs(-1, 1)...)
	return e.node("Sqrt", []string{e.node("Add", []string{mean, e.number(epsilon)})})
}

func exportRMSNorm(e *exporter, l *op.Layer) (exported, error) {
	v := e.in(l, 0)
	y := e.node("Div", []string{v.name, e.root(v.name, l.Node.Float("epsilon"))})
	return v.named(e.node("Mul", []string{y, e.param(l.Params[0])})), nil
}

// exportGroupNorm normalises the groups as channels, then scales.
func exportGroupNorm(e *exporter, l *op.Layer) (exported, error) {
	v := e.channelsFirst(e.values[l.In[0]])
	groups, c := l.Node.Int("groups"), l.Shape[len(l.Shape)-1]
	x := e.node("Reshape", []string{v.name, e.whole(0, groups, -1)})
	ones := e.array(l.Name+".ones", []int{groups}, slices.Repeat([]float64{1}, groups))
	zeros := e.array(l.Name+".zeros", []int{groups}, make([]float64, groups))
	x = e.node("InstanceNormalization", []string{x, ones, zeros}, floatAttr("epsilon", l.Node.Float("epsilon")))
	shape := []int{0}
	tail := []int{c}
	if v.first {
		shape = append(shape, c)
		shape = append(shape, l.Shape[:len(l.Shape)-1]...)
		tail = append(tail, slices.Repeat([]int{1}, len(l.Shape)-1)...)
	} else {
		shape = append(shape, l.Shape...)
	}
	x = e.node("Reshape", []string{x, e.whole(shape...)})
	i := 0
	if l.Node.Bool("scale") {
		x = e.node("Mul", []string{x, e.array(l.Params[i].Name, tail, e.params[l.Params[i]])})
		i++
	}
	if l.Node.Bool("center") {
		x = e.node("Add", []string{x, e.array(l.Params[i].Name, tail, e.params[l.Params[i]])})
	}
	return v.named(x), nil
}

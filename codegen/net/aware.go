package net

import (
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// rangeMomentum is the weight of a batch in the range of a value: what PyTorch's moving averages of ranges have.
const rangeMomentum = 0.01

// products are the kinds that multiply by weights which 8-bit integers can hold.
var products = []*op.Def{op.Dense, op.Conv1D, op.Conv2D, op.DepthwiseConv1D, op.DepthwiseConv2D}

// handsOn are the kinds whose results are within the range of what they read.
var handsOn = []*op.Def{op.Flatten, op.Reshape, op.Dropout, op.MaxPool1D, op.MaxPool2D, op.AveragePool1D,
	op.AveragePool2D}

// aware makes the training one that knows of quantisation: the weights of products, but for those that stay in float32,
// are rounded as 8-bit integers, and so is what they read, behind the layer that it has its range from.
func (b *builder) aware() {
	net, q := b.net, b.net.Spec.Quantize
	behind := map[*op.Layer]*op.Layer{}
	for _, l := range slices.Clone(net.Layers) {
		if !slices.Contains(products, l.Def) || spec.Skips(q.Skip, l.Name) || len(l.Params) == 0 ||
			l.Params[0].Pattern != nil {
			continue
		}
		l.Params[0].FakeQuant = lastOf(l.Shape)
		from := l.In[0]
		for slices.Contains(handsOn, from.Def) {
			from = from.In[0]
		}
		if behind[from] == nil && from.Def != op.FakeQuant {
			behind[from] = b.fakeQuant(from)
		}
	}
	for _, l := range net.Layers {
		for i, in := range l.In {
			if f := behind[in]; f != nil && f != l {
				l.In[i] = f
			}
		}
	}
}

// fakeQuant puts the rounding of what a layer computes behind it.
func (b *builder) fakeQuant(from *op.Layer) *op.Layer {
	l := &op.Layer{Name: from.Name + ".fake_quant", Source: from.Source, Def: op.FakeQuant, In: []*op.Layer{from},
		Shape: from.Shape, Pos: from.Pos,
		Node: spec.Node{Kind: op.FakeQuant.Kind.Name, Pos: from.Pos, Attrs: []spec.Value{
			{Name: "momentum", V: rangeMomentum}, {Name: "steps", V: b.net.Spec.Quantize.Freeze}}}}
	b.params(l)
	b.net.Layers = slices.Insert(b.net.Layers, slices.Index(b.net.Layers, from)+1, l)
	return l
}

// Learned returns the range of what a layer computes that a training found, given the numbers of parameters: false
// where none is rounded.
func (n *Net) Learned(of *op.Layer, numbers func(p *ir.Param) []float32) (low, high float64, ok bool) {
	for slices.Contains(handsOn, of.Def) {
		of = of.In[0]
	}
	for _, l := range n.Layers {
		if l.Def == op.FakeQuant && (l == of || l.In[0] == of) {
			r := numbers(l.Params[0])
			return float64(r[0]), float64(r[1]), r[2] > 0
		}
	}
	return 0, 0, false
}

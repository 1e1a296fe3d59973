package net

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// Mode says what a graph is for.
type Mode int

// The modes of lowering.
const (
	Infer    Mode = iota // outputs
	Evaluate             // outputs and losses, as in inference
	Train                // losses, with dropout and the statistics of the batch
)

// Lower lowers a network into primitives, layer by layer in order.
func Lower(net *Net, mode Mode) *ir.Graph {
	b := ir.NewBuilder(net.Spec.Name)
	b.Training = mode == Train
	values := map[*op.Layer]*ir.Value{}
	for _, l := range net.Layers {
		b.Layer, b.Pos = l.Name, l.Pos
		var in []*ir.Value
		for _, p := range l.In {
			in = append(in, values[p])
		}
		v := l.Def.Lower(b, l, in)
		if len(in) == 0 || v != in[0] {
			v.Label = l.Name
		}
		values[l] = v
		b.Graph.Layers = append(b.Graph.Layers, ir.Output{Name: l.Name, Value: v})
	}
	for _, o := range net.Outputs {
		b.Graph.Outputs = append(b.Graph.Outputs, ir.Output{Name: o.Name, Value: values[o.Layer]})
	}
	if mode == Infer {
		return b.Graph
	}
	b.Layer = "loss"
	weights := b.SampleWeight(net.Steps)
	for _, o := range net.Outputs {
		b.Layer, b.Pos = o.Name+" loss", o.Pos
		var attrs []any
		if o.Loss.Args != nil {
			attrs = append(attrs, "args", ir.Numbers(o.Loss.Args(o.Node)...))
		}
		if o.Weight != 1 {
			attrs = append(attrs, "weight", o.Weight)
		}
		target := b.Target(o.Name, o.Scores.Shape)
		if o.Targets != nil {
			ps := o.Targets.Params
			if o.Scaling == "log" {
				target = b.Map("log", target)
			}
			target = b.Node(ir.AffinePrim, "", []*ir.Value{target, b.Param(ps[2]), b.Param(ps[3])}).Results[0]
		}
		w := weights
		if mode == Train && o.ClassWeights != nil {
			w = b.ClassWeight(o.Name, net.Steps)
		}
		b.Loss(o.Loss.Prim, values[o.Scores], target, w, attrs...)
	}
	return b.Graph
}

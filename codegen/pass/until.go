package pass

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
)

// Until returns a graph of its own that computes the output of one layer of g, a graph of predictions before the passes
// of Forward, and gives it that name. It reads all inputs, and the same parameters. With pooled the output is the mean
// of each channel of the layer's image or sequence.
func Until(g *ir.Graph, layer, name string, pooled bool) *ir.Graph {
	want := valueOf(g, layer)
	needed := map[*ir.Node]bool{want.Def: true}
	for _, n := range slices.Backward(g.Nodes) {
		if !needed[n] {
			continue
		}
		for _, a := range n.Args {
			needed[a.Def] = true
		}
	}
	b := ir.NewBuilder(g.Name + "." + name)
	made := map[*ir.Value]*ir.Value{}
	for _, n := range g.Nodes {
		b.Layer, b.Pos = n.Layer, n.Pos
		switch {
		case n.Prim == ir.ParamPrim && needed[n]:
			made[n.Results[0]] = b.Param(n.Param)
			continue
		case !needed[n] && n.Prim != ir.InputPrim:
			continue
		}
		args := make([]*ir.Value, len(n.Args))
		for i, a := range n.Args {
			args[i] = made[a]
		}
		c := b.Append(&ir.Node{Prim: n.Prim, F: n.F, Args: args, Attrs: slices.Clone(n.Attrs), Param: n.Param,
			Layer: n.Layer, Pos: n.Pos})
		for i, r := range c.Results {
			r.Label = n.Results[i].Label
			made[n.Results[i]] = r
		}
	}
	for _, l := range g.Layers {
		if v := made[l.Value]; v != nil {
			b.Graph.Layers = append(b.Graph.Layers, ir.Output{Name: l.Name, Value: v})
		}
	}
	v := made[want]
	if pooled {
		b.Layer = name
		v = channelMeans(b, v)
	}
	b.Graph.Outputs = []ir.Output{{Name: name, Value: v}}
	return b.Graph
}

// valueOf returns the output of a layer, which a fold may have left to another node.
func valueOf(g *ir.Graph, layer string) *ir.Value {
	label := ""
	for _, l := range g.Layers {
		if l.Name != layer {
			continue
		}
		if slices.Contains(g.Nodes, l.Value.Def) {
			return l.Value
		}
		label = l.Value.Label
	}
	for _, n := range g.Nodes {
		for _, r := range n.Results {
			if label != "" && r.Label == label {
				return r
			}
		}
	}
	panic(fmt.Sprintf("BUG: graph %s has no output of layer %q", g.Name, layer))
}

// channelMeans appends the mean of each channel of an image or a sequence.
func channelMeans(b *ir.Builder, v *ir.Value) *ir.Value {
	row := v.Shape.Row()
	axes, window, one := len(row), [2]int{1, row[0]}, [2]int{1, 1}
	if axes == 3 {
		window = [2]int{row[0], row[1]}
	}
	return b.Reshape(b.Pool(ir.AveragePool, v, axes, one, window, [2]int{}, window), ir.Shape{row[axes-1]})
}

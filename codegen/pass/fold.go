package pass

import "github.com/nngen/nngen/codegen/ir"

// foldNorm takes a batch norm into the layer before it, in a graph of predictions: with s = γ/√(var + ε) for each
// feature, the layer with the weights W·s and the bias (b − mean)·s + β gives what the norm would make of its result.
// The new weights and bias are parameters that are computed from the others when a model is loaded, so that weight
// files stay as they are. The layer must be linear, and its result read by nothing else.
//
// The products are rounded otherwise than in the layer and the norm one after the other: what a prediction is, to the
// bit, is defined by the folded graph.
var foldNorm = Pass{
	Name: "fold-norm",
	Doc: "y = norm(x·W + b) becomes one product with other weights; first, since it defines what is computed: a step " +
		"of a stream is made of what it leaves, and the bias that it adds is there to be fused",
	Run: func(g *ir.Graph, _ *Options) {
		f := folder{g: g, users: g.Users(), kept: map[*ir.Value]bool{}, before: map[*ir.Node][]*ir.Node{}}
		for _, v := range g.Results() {
			f.kept[v] = true
		}
		gone := map[*ir.Node]bool{}
		for _, n := range g.Nodes {
			if n.Prim == ir.BatchNormInfer {
				gone[n] = f.fold(n)
			}
		}
		var nodes []*ir.Node
		for _, n := range g.Nodes {
			if !gone[n] {
				nodes = append(append(nodes, f.before[n]...), n)
			}
		}
		g.SetNodes(nodes)
		f.drop()
	},
}

type folder struct {
	g      *ir.Graph
	users  map[*ir.Value][]*ir.Node
	kept   map[*ir.Value]bool
	before map[*ir.Node][]*ir.Node // parameters that a node now reads
	params []*ir.Param
}

// fold takes n into the layer before it, if there is one that it goes into. It tells whether n is to be removed.
func (f *folder) fold(n *ir.Node) bool {
	width := n.Args[1].Shape.Size()
	v := f.behindViews(n.Args[0], width)
	var bias *ir.Node
	if v != nil && v.Def.Prim == ir.BiasPrim && unfolded(v.Def.Args[1]) && v.Def.Args[1].Shape.Size() == width {
		bias = v.Def
		v = f.behindViews(bias.Args[0], width)
	}
	if v == nil || !v.Def.Prim.Folds || len(v.Def.Args) != 2 || !unfolded(v.Def.Args[1]) {
		return false
	}
	layer := v.Def
	fold := &ir.Fold{Kernel: layer.Args[1].Def.Param, Epsilon: n.Float("epsilon")}
	if layer.Prim == ir.ConvDX {
		fold.Groups = ir.Geometry(layer).Groups
	}
	for i, p := range []**ir.Param{&fold.Gamma, &fold.Beta, &fold.Mean, &fold.Var} {
		*p = n.Args[1+i].Def.Param
	}
	from := n.Args[2] // of the bias, for readers
	if bias != nil {
		from = bias.Args[1]
		fold.Bias = from.Def.Param
	}
	layer.Args[1] = f.param(n, layer, "kernel", layer.Args[1], fold)
	fold.W = layer.Args[1].Def.Param
	reader := bias
	if bias == nil {
		reader = n
	}
	b := f.param(n, reader, "bias", from, fold)
	fold.B = b.Def.Param
	if bias == nil {
		n.Prim, n.Args, n.Attrs = ir.BiasPrim, []*ir.Value{n.Args[0], b}, nil
		return false
	}
	bias.Args[1] = b
	old, x := n.Results[0], n.Args[0]
	f.g.Replace(old, x)
	x.Label = old.Label
	f.kept[x] = f.kept[old]
	return true
}

// unfolded tells whether a value is a parameter of weight files.
func unfolded(v *ir.Value) bool { return v.Def.Prim == ir.ParamPrim && v.Def.Param.Role != ir.Folded }

// behindViews returns the value that v shows under another shape, with the same extent of the last axis, if nothing
// else reads it or what lies between; nil otherwise.
func (f *folder) behindViews(v *ir.Value, width int) *ir.Value {
	for {
		if len(f.users[v]) != 1 || f.kept[v] || v.Shape[len(v.Shape)-1] != width {
			return nil
		}
		if v.Def.Prim != ir.ReshapePrim {
			return v
		}
		v = v.Def.Args[0]
	}
}

// param returns the value of a folded parameter, whose node comes before that of its reader.
func (f *folder) param(norm, reader *ir.Node, role string, from *ir.Value, fold *ir.Fold) *ir.Value {
	p := &ir.Param{Name: norm.Layer + "." + role, Shape: from.Shape, Role: ir.Folded, Fold: fold, Pos: norm.Pos}
	n := &ir.Node{Prim: ir.ParamPrim, Param: p, Attrs: []ir.Attr{{Name: "name", V: p.Name},
		{Name: "role", V: p.Role.String()}, {Name: "fold", V: from.Def.Param.Name}}, Layer: norm.Layer, Pos: norm.Pos}
	v := &ir.Value{Shape: p.Shape, Def: n, Label: p.Name}
	n.Results = []*ir.Value{v}
	f.before[reader] = append(f.before[reader], n)
	f.params = append(f.params, p)
	return v
}

// drop removes the parameters that nothing reads any more.
func (f *folder) drop() {
	users := f.g.Users()
	f.g.Remove(func(n *ir.Node) bool { return n.Prim == ir.ParamPrim && len(users[n.Results[0]]) == 0 })
	f.g.Params = nil
	for _, n := range f.g.Nodes {
		if n.Prim == ir.ParamPrim {
			f.g.Params = append(f.g.Params, n.Param)
		}
	}
}

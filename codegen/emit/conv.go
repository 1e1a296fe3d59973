package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// convEmitters holds those of the primitives in ir/conv.go.
var convEmitters = map[*ir.Prim]emitter{
	ir.ConvPrim: (*body).emitConv,
	ir.ConvDX:   (*body).emitConvGrad,
	ir.ConvDW:   (*body).emitConvGrad,

	ir.DepthwisePrim: (*body).emitConv,
	ir.DepthwiseDX:   (*body).emitConvGrad,
	ir.DepthwiseDW:   (*body).emitConvGrad,
}

// emitConv yields one call, for conv1 of lenet in a batch:
//
//	conv.ForwardPacked(n, &conv1Geometry, a.s1[:n*3456], x, m.conv1W[:], gemm.BiasAct(m.conv1B[:], gemm.ReLU))
func (b *body) emitConv(n *ir.Node) string {
	g := ir.Geometry(n)
	x, w := n.Args[0], n.Args[1]
	name := "Forward"
	switch {
	case n.Prim == ir.DepthwisePrim:
		name = "Depthwise"
	case b.packed && w.Def.Prim == ir.ParamPrim && b.net.packedConv(w.Def.Param) != "":
		name = "ForwardPacked"
	}
	return fmt.Sprintf("@conv.%s(%s, &%s, %s, %s, %s, %s)", name, b.count(x, g.H*g.W*g.C), b.geometry(n),
		b.ref(n.Results[0]), b.ref(x), b.ref(w), b.epilogue(n))
}

var convGradNames = map[*ir.Prim]string{
	ir.ConvDX: "DX", ir.ConvDW: "DW", ir.DepthwiseDX: "DepthwiseDX", ir.DepthwiseDW: "DepthwiseDW",
}

// emitConvGrad yields one call, for the filters of conv1 of lenet:
//
//	conv.DW(n, &conv1Geometry, g.Conv1W[:], x, a.s2[:n*3456])
//
// or for a transposed convolution
//
//	conv.Transposed(n, &upGeometry, a.s1[:n*3456], x, m.upW[:], gemm.Bias(m.upB[:]))
func (b *body) emitConvGrad(n *ir.Node) string {
	g := ir.Geometry(n)
	size := g.OH * g.OW * g.OC // of the first argument
	if n.Prim == ir.ConvDW || n.Prim == ir.DepthwiseDW {
		size = g.H * g.W * g.C
	}
	if n.Prim == ir.ConvDX && len(n.Args) > 2 {
		return fmt.Sprintf("@conv.Transposed(%s, &%s, %s, %s)", b.count(n.Args[0], size), b.geometry(n), b.list(n.Results, n.Args[:2]), b.epilogue(n))
	}
	return fmt.Sprintf("@conv.%s(%s, &%s, %s)", convGradNames[n.Prim], b.count(n.Args[0], size), b.geometry(n), b.list(n.Results, n.Args))
}

// geometry returns the variable that holds the geometry of a node.
func (b *body) geometry(n *ir.Node) string {
	want := ir.Geometry(n)
	for _, g := range geometries(b.graphs()...) {
		if g.layer == n.Layer && g.ConvGeometry == want {
			return g.name
		}
	}
	panic("BUG: no geometry for " + n.String())
}

// graphs returns the graphs whose geometries the file with this body declares.
func (b *body) graphs() []*ir.Graph {
	switch {
	case b.g == b.net.Stream:
		return []*ir.Graph{b.net.Stream}
	case b.params == "m":
		return []*ir.Graph{b.net.Infer}
	}
	return []*ir.Graph{b.net.Step, b.net.Eval}
}

// namedGeometry is the geometry of a layer's convolution.
type namedGeometry struct {
	ir.ConvGeometry
	name, layer string
	pos         spec.Pos
}

// geometries returns those of the convolutions of graphs, one for each layer unless a layer has several.
func geometries(graphs ...*ir.Graph) []namedGeometry {
	var all []namedGeometry
	for _, g := range graphs {
		if g == nil {
			continue
		}
		for _, n := range g.Nodes {
			if !ir.HasGeometry(n.Prim) {
				continue
			}
			named := namedGeometry{ir.Geometry(n), fieldName(n.Layer) + "Geometry", n.Layer, n.Pos}
			if g.Stream > 0 {
				named.name = fieldName(n.Layer) + "StepGeometry"
			}
			known := false
			for _, o := range all {
				known = known || o.layer == n.Layer && o.ConvGeometry == named.ConvGeometry
				if o.layer == n.Layer {
					named.name += "2"
				}
			}
			if !known {
				all = append(all, named)
			}
		}
	}
	return all
}

// emitGeometries declares the geometries of graphs:
//
//	var conv1Geometry = conv.Geometry{
//		H: 8, W: 8, C: 1,
//		OH: 8, OW: 8, OC: 8,
//		FH: 3, FW: 3, SH: 1, SW: 1,
//		PT: 1, PL: 1, DH: 1, DW: 1, Groups: 1,
//	}
func emitGeometries(f *file, graphs ...*ir.Graph) {
	row := func(names string, values ...int) jen.Code {
		var pairs []jen.Code
		for i, n := range strings.Fields(names) {
			pairs = append(pairs, jen.Id(n).Op(":").Lit(values[i]))
		}
		return jen.Custom(jen.Options{Separator: ","}, pairs...)
	}
	for _, g := range geometries(graphs...) {
		f.variable(fmt.Sprintf("%s holds the extents of %s, %d×%d×%d to %d×%d×%d.", g.name, g.layer, g.H, g.W, g.C, g.OH, g.OW, g.OC),
			g.name, Origin{What: fmt.Sprintf("layer %q", g.layer), Pos: g.pos},
			f.qual("conv", "Geometry").Add(block(
				row("H W C", g.H, g.W, g.C),
				row("OH OW OC", g.OH, g.OW, g.OC),
				row("FH FW SH SW", g.FH, g.FW, g.SH, g.SW),
				row("PT PL DH DW Groups", g.PT, g.PL, g.DH, g.DW, g.Groups))))
	}
}

// packedConv returns the geometry of a filter of which Model keeps only panels, since every reader is a
// convolution with as many groups; "" for others.
func (net *Network) packedConv(p *ir.Param) string {
	n, ok := net.onlyConv(p)
	if !ok {
		return ""
	}
	return net.newBody(net.Infer, "1", "m", true).geometry(n)
}

// packedSize returns the text of the length of a packed filter: see conv.PackedLen.
func (net *Network) packedSize(p *ir.Param) string {
	n, _ := net.onlyConv(p)
	g := ir.Geometry(n)
	rows, cols := g.FH*g.FW*(g.C/g.Groups), (g.OC/g.Groups+panel-1)/panel*panel
	if g.Groups == 1 {
		return fmt.Sprintf("%d * %d", rows, cols)
	}
	return fmt.Sprintf("%d * %d * %d", g.Groups, rows, cols)
}

// onlyConv returns a reader of a filter, and whether all readers are convolutions with as many groups.
func (net *Network) onlyConv(p *ir.Param) (conv *ir.Node, ok bool) {
	for _, r := range net.Infer.Readers(p) {
		if r.Prim != ir.ConvPrim || r.Args[1].Def.Param != p || conv != nil && r.Int("groups") != conv.Int("groups") {
			return nil, false
		}
		conv = r
	}
	return conv, conv != nil
}

// fieldName returns a layer's name as an identifier that is not exported.
func fieldName(layer string) string {
	var b strings.Builder
	for _, part := range strings.FieldsFunc(layer, func(r rune) bool { return r == '_' || r == '.' }) {
		if b.Len() == 0 {
			b.WriteString(lower(part))
			continue
		}
		b.WriteString(upper(part))
	}
	return b.String()
}

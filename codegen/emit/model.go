package emit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/ir"
)

// emitModel writes sizes, parameters, the model, and what loads and saves it.
func (net *Network) emitModel(f *file) {
	net.emitSizes(f)
	f.constant("SpecSum identifies the network that weights belong to.", "SpecSum", quoted(net.ModelSum))
	net.emitClasses(f)
	net.emitWeights(f)
	net.emitModelType(f)
	net.emitNew(f)
	f.fixed("New", "Decode", "Load")
	net.emitPatterns(f)
	emitGeometries(f, net.Infer)
	net.emitEncode(f)
	net.emitTokens(f)
}

// emitSizes yields
//
//	const (
//		InputSize  = 64 // image, 8×8×1
//		OutputSize = 10 // output1, 10
//		NumParams  = 3466
//	)
func (net *Network) emitSizes(f *file) {
	params, _, _ := net.byRole()
	total := 0
	for _, p := range params {
		total += p.Size()
	}
	f.doc("Sizes, in elements of one example, and the number of trained parameters.")
	var defs []jen.Code
	size := func(name string, p Port) {
		f.pkg.declare("", name, p.origin())
		defs = append(defs, jen.Id(name).Op("=").Lit(p.Shape.Size()).Comment(note(p.Name+", "+p.Shape.String())))
	}
	for i, p := range net.Inputs {
		size(net.inSize(i), p)
	}
	for i, p := range net.Outputs {
		size(net.outSize(i), p)
	}
	f.pkg.declare("", "NumParams", Origin{})
	f.jen.Const().Defs(append(defs, jen.Id("NumParams").Op("=").Lit(total))...)
	f.jen.Line()
}

// emitWeights writes the types that hold all numbers of the network, and what saves and loads them.
func (net *Network) emitWeights(f *file) {
	params, frozen, stats := net.byRole()
	f.structure("Params are the trained parameters, in the layout of weight files.", "Params", paramMembers(params)...)
	weights := []member{{name: "Params", embedded: true}}
	if len(frozen) > 0 {
		f.structure("Frozen are the parameters of layers that are not trainable.", "Frozen", paramMembers(frozen)...)
		weights = append(weights, member{name: "Frozen", typ: jen.Id("Frozen")})
	}
	if len(stats) > 0 {
		f.structure("Stats are running statistics and constants fitted to the training set.", "Stats", paramMembers(stats)...)
		weights = append(weights, member{name: "Stats", typ: jen.Id("Stats")})
	}
	f.structure("Weights are all numbers that make a model.", "Weights", weights...)
	for _, p := range params { // promoted: a member of Weights of the same name would hide it
		f.pkg.declare("Weights", p.Ident, paramOrigin(p))
	}
	f.function("Tensors lists the arrays of w under their names in weight files.",
		function{recv: "w", of: "Weights", name: "Tensors", results: []field{vars(jen.Index().Id("Tensor"))}},
		jen.Return(jen.Index().Id("Tensor").Add(block(tensors(net.Params, func(p *ir.Param) *jen.Statement { return arrayOf("w", p) })...))))
	f.fixed("Tensor", "Weights.Save", "Weights.Load")
	var rows []jen.Code
	for _, p := range net.Params {
		rows = append(rows, jen.Values(jen.Id("Name").Op(":").Add(quoted(p.Name)), jen.Id("Shape").Op(":").Add(shapeOf(p.Shape))))
	}
	f.variable("arrays are those of Weights, without their numbers.", "arrays", Origin{}, jen.Index(jen.Op("...")).Id("Tensor").Add(block(rows...)))
}

// tensors yields {Name: "h1.kernel", Shape: []int{64, 32}, Data: w.H1W[:]} for each parameter.
func tensors(params []*ir.Param, array func(*ir.Param) *jen.Statement) []jen.Code {
	var rows []jen.Code
	for _, p := range params {
		rows = append(rows, jen.Values(
			jen.Id("Name").Op(":").Add(quoted(p.Name)),
			jen.Id("Shape").Op(":").Add(shapeOf(p.Shape)),
			jen.Id("Data").Op(":").Add(array(p)).Index(jen.Op(":")),
		))
	}
	return rows
}

// arrayOf yields the array of a parameter: w.H1W, w.Stats.Norm1Mean or m.h1W.
func arrayOf(prefix string, p *ir.Param) *jen.Statement {
	return jen.Id(prefix).Dot(fieldOf(prefix, p))
}

// paramMembers returns the fields of a struct of parameters.
func paramMembers(params []*ir.Param) []member {
	var all []member
	for _, p := range params {
		size := product(p.Shape)
		if size == "scalar" {
			size = "1"
		}
		m := member{name: p.Ident, typ: array(size), origin: paramOrigin(p)}
		if p.Pattern != nil {
			m.note = fmt.Sprintf("the connections of %d×%d, by output, then input", p.In, p.Out)
		}
		all = append(all, m)
	}
	return all
}

// paramOrigin says whence the name of a parameter comes.
func paramOrigin(p *ir.Param) Origin {
	dot := strings.LastIndexByte(p.Name, '.')
	return Origin{What: fmt.Sprintf("the %s of layer %q", strings.ReplaceAll(p.Name[dot+1:], "_", " "), p.Name[:dot]), Pos: p.Pos}
}

// emitModelType writes the type of the model: parameters as kernels read them, and prepared layers.
func (net *Network) emitModelType(f *file) {
	what := "dense layers"
	if len(geometries(net.Infer)) > 0 {
		what = "dense layers, and filters,"
	}
	var members []member
	for _, p := range net.inferParams() {
		members = append(members, member{name: fieldOf("m", p), typ: array(net.stored(p)), note: foldedFrom(p), origin: paramOrigin(p)})
	}
	for _, p := range net.preparedLayers() {
		members = append(members, member{name: preparedName(p.node), typ: f.qual("gemm", "Layer"), note: "for one " + p.of, origin: nodeOrigin(p.node)})
	}
	net.emitCells(func(n *ir.Node, name, cell, _ string) {
		members = append(members, member{name: name, typ: f.qual("rnn", cell), note: "for one example", origin: nodeOrigin(n)})
	})
	f.structure("Model is a network ready to predict. Weights of "+what+" are in the panels of package gemm.", "Model", members...)
}

// nodeOrigin says whence a name that is made from that of a node's layer comes.
func nodeOrigin(n *ir.Node) Origin { return Origin{What: fmt.Sprintf("layer %q", n.Layer), Pos: n.Pos} }

// emitNew writes the function that copies, folds and packs weights.
func (net *Network) emitNew(f *file) {
	var sets [][]jen.Code // the statements of each parameter
	for _, p := range net.inferParams() {
		var body []jen.Code
		var from string
		if p.Role == ir.Folded {
			var text string
			text, from = net.fold(p)
			body = append(body, f.code(text)...)
		} else {
			from = net.view(p)
		}
		to := arrayOf("m", p)
		switch g := net.packedConv(p); {
		case g != "":
			body = append(body, f.qual("conv", "Pack").Call(jen.Op("&").Id(g), jen.Id(from), to.Index(jen.Op(":"))))
		case net.packs(p):
			body = append(body, f.qual("gemm", "Pack").Call(jen.Lit(p.Shape[0]), jen.Lit(p.Shape[1]), jen.Id(from), jen.Lit(p.Shape[1]), to.Index(jen.Op(":"))))
		case p.Role != ir.Folded:
			body = append(body, jen.Copy(to.Index(jen.Op(":")), jen.Id(from)))
		}
		sets = append(sets, body)
	}
	b := net.newBody(net.Infer, "1", "m", true)
	for _, p := range net.preparedLayers() {
		w := p.node.Args[1]
		sets = append(sets, []jen.Code{jen.Id("m").Dot(preparedName(p.node)).Op("=").Add(f.qual("gemm", "NewLayer")).
			Call(jen.Lit(w.Shape[1]), jen.Lit(w.Shape[0]), f.text(b.ref(w)), f.text(b.epilogue(p.node)))})
	}
	net.emitCells(func(_ *ir.Node, name, _, made string) {
		sets = append(sets, []jen.Code{jen.Id("m").Dot(name).Op("=").Add(f.text(made))})
	})
	tensors := vars(jen.Index().Id("Tensor"), "w")
	f.inPieces("build returns the model of the numbers of arrays.",
		function{name: "build", params: []field{tensors}, results: []field{vars(jen.Op("*").Id("Model"))}},
		sets, []jen.Code{jen.Id("m").Op(":=").New(jen.Id("Model"))}, nil, []jen.Code{jen.Return(jen.Id("m"))},
		function{recv: "m", of: "Model", name: "set", params: []field{tensors}})
}

// fold returns the call that computes folded weights and their bias, and the name of the weights: those of the model, or
// a variable if the model keeps them packed. For the bias it returns no call. For conv1 and norm1 of fashion:
//
//	norm1W := make([]float32, 25*8)
//	norm.Fold(25, 8, norm1W, m.norm1B[:], w[0].Data, nil, w[1].Data, w[2].Data, w[3].Data, w[4].Data, 1e-05)
func (net *Network) fold(p *ir.Param) (text, w string) {
	f := p.Fold
	if p != f.W {
		return "", ""
	}
	width := f.B.Size()
	w = fmt.Sprintf("m.%s[:]", fieldOf("m", p))
	if net.packs(p) || net.packedConv(p) != "" {
		w = fieldOf("m", p)
		text = fmt.Sprintf("\t%s := make([]float32, %d*%d)\n", w, p.Size()/width, width)
	}
	bias := "nil"
	if f.Bias != nil {
		bias = net.view(f.Bias)
	}
	call := fmt.Sprintf("Fold(%d, %d", p.Size()/width, width)
	if f.Groups > 0 {
		c := p.Shape[len(p.Shape)-1]
		call = fmt.Sprintf("FoldTransposed(%d, %d, %d, %d", p.Size()/(width/f.Groups*c), width, c, f.Groups)
	}
	text += fmt.Sprintf("\t@norm.%s, %s, m.%s[:], %s, %s", call, w, fieldOf("m", f.B), net.view(f.Kernel), bias)
	for _, v := range []*ir.Param{f.Gamma, f.Beta, f.Mean, f.Var} {
		text += ", " + net.view(v)
	}
	return text + fmt.Sprintf(", %v)\n", f.Epsilon), w
}

// view returns the text for the numbers of a parameter among the arrays that a model is built of.
func (net *Network) view(p *ir.Param) string {
	return fmt.Sprintf("w[%d].Data", slices.IndexFunc(net.Params, func(q *ir.Param) bool { return q.Name == p.Name }))
}

// foldedFrom returns the note on a folded parameter's field; "" for others.
func foldedFrom(p *ir.Param) string {
	if p.Role != ir.Folded {
		return ""
	}
	layer := p.Name[:strings.LastIndexByte(p.Name, '.')]
	if p == p.Fold.W {
		return p.Fold.Kernel.Name + " times the factors of " + layer
	}
	return "what " + layer + " adds"
}

// pattern writes the connections of a sparse parameter:
//
//	var H1WPattern = sparse.Pattern{
//		In:  64,
//		Out: 128,
//		Start: []int32{
//			0, 6, 13, …
//		},
//		Index: []int32{
//			5, 8, 10, …
//		},
//	}
func (f *file) pattern(p *ir.Param) {
	start, index := make([]int, 1, p.Out+1), make([]int, len(p.Pattern))
	for k, at := range p.Pattern {
		index[k] = at[0]
		for len(start) <= at[1] {
			start = append(start, k)
		}
	}
	for len(start) <= p.Out {
		start = append(start, len(p.Pattern))
	}
	f.variable(fmt.Sprintf("%s are the %d connections of %s, of %d×%d.", patternName(p), len(p.Pattern), p.Name, p.In, p.Out),
		patternName(p), paramOrigin(p), f.qual("sparse", "Pattern").Add(block(
			jen.Id("In").Op(":").Lit(p.In),
			jen.Id("Out").Op(":").Lit(p.Out),
			jen.Id("Start").Op(":").Index().Int32().Add(numbers(start)),
			jen.Id("Index").Op(":").Index().Int32().Add(numbers(index)))))
}

// numbers yields the values of a list of numbers, in lines of bounded length.
func numbers(x []int) *jen.Statement {
	const limit = 100
	var rows, row []jen.Code
	length := 0
	for i, v := range x {
		row, length = append(row, jen.Lit(v)), length+len(strconv.Itoa(v))+len(", ")
		if length > limit || i == len(x)-1 {
			rows, row, length = append(rows, jen.Custom(jen.Options{Separator: ","}, row...)), nil, 0
		}
	}
	return block(rows...)
}

// emitPatterns writes the connections of the sparse parameters.
func (net *Network) emitPatterns(f *file) {
	for _, p := range net.Params {
		if p.Pattern == nil {
			continue
		}
		f.pattern(p)
	}
}

// inferParams returns the parameters that the inference graph reads, in order.
func (net *Network) inferParams() []*ir.Param { return net.Infer.Params }

// packs tells whether every reader of a parameter is a gemm of form NN, so that only panels of it
// are kept.
func (net *Network) packs(p *ir.Param) bool {
	readers := net.Infer.Readers(p)
	for _, r := range readers {
		if r.Prim != ir.GemmNN || r.Args[1].Def.Param != p {
			return false
		}
	}
	return len(readers) > 0
}

// prepared tells whether a node is a product with packed weights and an epilogue of parameters alone,
// which the model prepares for single examples.
func (net *Network) prepared(n *ir.Node) bool {
	return n.Prim == ir.GemmNN && n.Args[1].Def.Prim == ir.ParamPrim && net.packs(n.Args[1].Def.Param) &&
		(len(n.Args) == 2 || n.Args[2].Def.Prim == ir.ParamPrim) && n.Args[0].Shape.Size() == n.Args[1].Shape[0]
}

// preparedLayer is a product that the model prepares, for an example or a step.
type preparedLayer struct {
	node *ir.Node
	of   string
}

// preparedLayers returns the prepared products of predictions, and those that steps alone have.
func (net *Network) preparedLayers() []preparedLayer {
	var all []preparedLayer
	known := map[string]bool{}
	for _, g := range []struct {
		graph *ir.Graph
		of    string
	}{{net.Infer, "example"}, {net.Stream, "step"}} {
		if g.graph == nil {
			continue
		}
		for _, n := range g.graph.Nodes {
			if net.prepared(n) && !known[preparedName(n)] {
				known[preparedName(n)] = true
				all = append(all, preparedLayer{n, g.of})
			}
		}
	}
	return all
}

// preparedName returns the field of a prepared product, named after its layer, and after its weights where a layer
// has several products.
func preparedName(n *ir.Node) string {
	name, p := fieldName(n.Layer), n.Args[1].Def.Param
	if role := p.Name[strings.LastIndexByte(p.Name, '.')+1:]; role != "kernel" {
		name += fieldName("a_" + role)[1:]
	}
	return name + "Layer"
}

// panel is the number of columns of a panel of package gemm.
const panel = 16

// stored returns the text of the length of a parameter's array in Model.
func (net *Network) stored(p *ir.Param) string {
	switch {
	case net.packedConv(p) != "":
		return net.packedSize(p)
	case net.packs(p):
		return fmt.Sprintf("%d * %d", p.Shape[0], (p.Shape[1]+panel-1)/panel*panel)
	case len(p.Shape) == 0:
		return "1"
	}
	return product(p.Shape)
}

// product returns the text of the length of an array of a shape, such as 4 * 16; a last extent of 1 goes without
// saying.
func product(s ir.Shape) string {
	text := strings.ReplaceAll(s.String(), "×", " * ")
	if short, ok := strings.CutSuffix(text, " * 1"); ok {
		return short
	}
	return text
}

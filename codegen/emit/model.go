package emit

import (
	"fmt"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

// emitModel writes sizes, parameters, the model, and what loads and saves it.
func (net *Network) emitModel(f *file) {
	params, stats := net.trained()
	total := 0
	for _, p := range params {
		total += p.Size()
	}
	var b strings.Builder
	b.WriteString("// Sizes, in elements of one example, and the number of trained parameters.\nconst (\n")
	for i, p := range net.Inputs {
		fmt.Fprintf(&b, "\t%s = %d // %s, %s\n", net.inSize(i), p.Shape.Size(), p.Name, p.Shape)
	}
	for i, p := range net.Outputs {
		fmt.Fprintf(&b, "\t%s = %d // %s, %s\n", net.outSize(i), p.Shape.Size(), p.Name, p.Shape)
	}
	fmt.Fprintf(&b, "\tNumParams = %d\n)", total)
	f.decl(b.String())
	f.decl("// SpecSum identifies the network that weights belong to.\nconst SpecSum = %q", net.ModelSum)
	net.emitClasses(f)

	f.decl("// Params are the trained parameters, in the layout of weight files.\n%s", structOf("Params", params))
	weights := "// Weights are all numbers that make a model.\ntype Weights struct {\n\tParams\n"
	if len(stats) > 0 {
		f.decl("// Stats are running statistics and constants fitted to the training set.\n%s", structOf("Stats", stats))
		weights += "\tStats Stats\n"
	}
	f.decl("%s}", weights)

	b.Reset()
	b.WriteString("// Tensors lists the arrays of w under their names in weight files.\nfunc (w *Weights) Tensors() []Tensor {\n\treturn []Tensor{\n")
	for _, p := range net.Params {
		shape := strings.ReplaceAll(p.Shape.String(), "×", ", ")
		fmt.Fprintf(&b, "\t\t{Name: %q, Shape: []int{%s}, Data: w.%s[:]},\n", p.Name, shape, field("w", p))
	}
	b.WriteString("\t}\n}")
	f.decl(b.String())
	f.decl("// Tensor is a named array: a view of one of the arrays of Weights.\ntype Tensor = @safetensors.Tensor")
	f.decl(`
// Save writes w to a safetensors file, which appears whole or not at all.
func (w *Weights) Save(path string) error {
	return @safetensors.Save(path, map[string]string{"spec": SpecSum}, w.Tensors())
}
`)
	f.decl(`
// Load fills w from the contents of a safetensors file. It is an error if the file belongs to
// another network, or if a tensor is missing or of another shape; w is then left as it was.
func (w *Weights) Load(b []byte) error {
	return @safetensors.Load(b, "spec", SpecSum, w.Tensors())
}
`)

	b.Reset()
	what := "dense layers"
	if len(geometries(net.Infer)) > 0 {
		what = "dense layers, and filters,"
	}
	fmt.Fprintf(&b, "// Model is a network ready to predict. Weights of %s are in the panels of package gemm.\ntype Model struct {\n", what)
	for _, p := range net.inferParams() {
		fmt.Fprintf(&b, "\t%s [%s]float32%s\n", field("m", p), net.stored(p), foldedFrom(p))
	}
	for _, p := range net.preparedLayers() {
		fmt.Fprintf(&b, "\t%s @gemm.Layer // for one %s\n", preparedName(p.node), p.of)
	}
	net.emitCells(func(name, cell, _ string) { fmt.Fprintf(&b, "\t%s @rnn.%s // for one example\n", name, cell) })
	b.WriteString("}")
	f.decl(b.String())
	b.Reset()
	b.WriteString("// New returns a model with a copy of w.\nfunc New(w *Weights) *Model {\n\tm := new(Model)\n")
	for _, p := range net.inferParams() {
		from := fmt.Sprintf("w.%s[:]", field("w", p))
		if p.Role == ir.Folded {
			text, to := net.fold(p)
			b.WriteString(text)
			from = to
		}
		if g := net.packedConv(p); g != "" {
			fmt.Fprintf(&b, "\t@conv.Pack(&%s, %s, m.%s[:])\n", g, from, field("m", p))
		} else if net.packs(p) {
			fmt.Fprintf(&b, "\t@gemm.Pack(%d, %d, %s, %d, m.%s[:])\n", p.Shape[0], p.Shape[1], from, p.Shape[1], field("m", p))
		} else if p.Role != ir.Folded {
			fmt.Fprintf(&b, "\tm.%s = w.%s\n", field("m", p), field("w", p))
		}
	}
	body := net.newBody(net.Infer, "1", "m", true)
	for _, p := range net.preparedLayers() {
		n := p.node
		fmt.Fprintf(&b, "\tm.%s = @gemm.NewLayer(%d, %d, %s, %s)\n", preparedName(n), n.Args[1].Shape[1], n.Args[1].Shape[0], body.ref(n.Args[1]), body.epilogue(n))
	}
	net.emitCells(func(name, _, made string) { fmt.Fprintf(&b, "\tm.%s = %s\n", name, made) })
	b.WriteString("\treturn m\n}")
	f.decl(b.String())
	f.decl(`
// Decode returns the model in the contents of a safetensors file: see Weights.Load.
func Decode(b []byte) (*Model, error) {
	w := new(Weights)
	if err := w.Load(b); err != nil {
		return nil, err
	}
	return New(w), nil
}
`)
	f.decl(`
// Load returns the model in a safetensors file: see Weights.Load.
func Load(path string) (*Model, error) {
	b, err := @os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m, err := Decode(b)
	if err != nil {
		return nil, @safetensors.InFile(path, err)
	}
	return m, nil
}
`)
	net.emitPatterns(f)
	emitGeometries(f, net.Infer)
	net.emitEncode(f)
	net.emitTokens(f)
}

// fold returns the call that computes folded weights and their bias, and the name of the weights: those of the model, or
// a variable if the model keeps them packed. For the bias it returns no call. For conv1 and norm1 of fashion:
//
//	norm1W := make([]float32, 25*8)
//	norm.Fold(25, 8, norm1W, m.norm1B[:], w.Conv1W[:], nil, w.Norm1Gamma[:], w.Norm1Beta[:], w.Stats.Norm1Mean[:], w.Stats.Norm1Var[:], 1e-05)
func (net *Network) fold(p *ir.Param) (text, w string) {
	f := p.Fold
	if p != f.W {
		return "", ""
	}
	width := f.B.Size()
	w = fmt.Sprintf("m.%s[:]", field("m", p))
	if net.packs(p) || net.packedConv(p) != "" {
		w = field("m", p)
		text = fmt.Sprintf("\t%s := make([]float32, %d*%d)\n", w, p.Size()/width, width)
	}
	bias := "nil"
	if f.Bias != nil {
		bias = fmt.Sprintf("w.%s[:]", field("w", f.Bias))
	}
	call := fmt.Sprintf("Fold(%d, %d", p.Size()/width, width)
	if f.Groups > 0 {
		c := p.Shape[len(p.Shape)-1]
		call = fmt.Sprintf("FoldTransposed(%d, %d, %d, %d", p.Size()/(width/f.Groups*c), width, c, f.Groups)
	}
	text += fmt.Sprintf("\t@norm.%s, %s, m.%s[:], w.%s[:], %s", call, w, field("m", f.B), field("w", f.Kernel), bias)
	for _, v := range []*ir.Param{f.Gamma, f.Beta, f.Mean, f.Var} {
		text += fmt.Sprintf(", w.%s[:]", field("w", v))
	}
	return text + fmt.Sprintf(", %v)\n", f.Epsilon), w
}

// foldedFrom returns the comment of a folded parameter's field.
func foldedFrom(p *ir.Param) string {
	if p.Role != ir.Folded {
		return ""
	}
	layer := p.Name[:strings.LastIndexByte(p.Name, '.')]
	if p == p.Fold.W {
		return fmt.Sprintf(" // %s times the factors of %s", p.Fold.Kernel.Name, layer)
	}
	return fmt.Sprintf(" // what %s adds", layer)
}

// emitPatterns writes the connections of the sparse parameters.
func (net *Network) emitPatterns(f *file) {
	for _, p := range net.Params {
		if p.Pattern == nil {
			continue
		}
		f.decl("%s", sparsePattern(p))
	}
}

func structOf(name string, params []*ir.Param) string {
	var b strings.Builder
	fmt.Fprintf(&b, "type %s struct {\n", name)
	for _, p := range params {
		size := product(p.Shape)
		if size == "scalar" {
			size = "1"
		}
		comment := ""
		if p.Pattern != nil {
			comment = fmt.Sprintf(" // the connections of %d×%d, by output, then input", p.In, p.Out)
		}
		fmt.Fprintf(&b, "\t%s [%s]float32%s\n", p.Ident, size, comment)
	}
	b.WriteString("}")
	return b.String()
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

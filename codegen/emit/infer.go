package emit

import (
	"fmt"
	"path"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

// localLimit is the largest workspace of one example, in bytes, that is a local variable; larger
// ones come from a pool. Locals are zeroed at each call.
const localLimit = 16 << 10

// batchBytes bounds the workspace of PredictBatch, which works off a batch in pieces that stay in
// the second-level cache.
const batchBytes = 256 << 10

// Inference writes the inference package.
func Inference(net *Network) (Files, error) {
	files := Files{}
	for _, part := range []struct {
		name  string
		write func(*file)
		doc   string
	}{
		{net.Name + ".go", net.emitModel, net.doc()},
		{"forward.go", net.emitForward, ""},
		{net.Name + "_test.go", net.emitModelTest, ""},
		{"step.go", net.emitStream, ""},
	} {
		if part.name == "step.go" && net.Stream == nil {
			continue
		}
		f := net.newFile(net.ImportPath, net.Name, part.doc)
		part.write(f)
		src, err := f.render()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
		files[part.name] = src
	}
	return files, nil
}

// Embed writes the file that embeds trained weights.
func Embed(net *Network) ([]byte, error) {
	f := net.newFile(net.ImportPath, net.Name, "")
	f.jen.Anon("embed")
	f.decl(`
//go:embed weights.safetensors
var weights []byte
`)
	f.decl(`
// Default returns the model with the embedded weights, the same at each call.
var Default = @sync.OnceValue(func() *Model {
	m, err := Decode(weights)
	if err != nil {
		panic(%q + err.Error())
	}
	return m
})
`, net.Name+": embedded weights: ")
	return f.render()
}

// doc returns the package doc with the architecture table.
func (net *Network) doc() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Package %s is a network compiled from %s.\n\n", net.Name, net.SpecBase)
	rows := [][]string{{"layer", "kind", "input", "output", "parameters", "MAC/example"}}
	var params, macs int64
	for _, r := range net.Table {
		rows = append(rows, []string{r.Layer, r.Kind, r.Input, r.Output, fmt.Sprint(r.Params), fmt.Sprint(r.MACs)})
		params += r.Params
		macs += r.MACs
	}
	rows = append(rows, []string{"", "", "", "", fmt.Sprint(params), fmt.Sprint(macs)})
	for _, line := range align(rows, 4) {
		fmt.Fprintf(&b, "\t%s\n", line)
	}
	b.WriteString("\nA Model is immutable and safe for use by any number of goroutines.\n")
	if net.Stream != nil {
		b.WriteString("A State runs it step by step; it belongs to one goroutine at a time.\n")
	}
	return b.String()
}

// align pads the columns of a table; those from number on are flush right.
func align(rows [][]string, number int) []string {
	width := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		var b strings.Builder
		for j, c := range r {
			space := strings.Repeat(" ", width[j]-len([]rune(c)))
			if j > 0 {
				b.WriteString("  ")
			}
			if j >= number {
				b.WriteString(space + c)
			} else {
				b.WriteString(c + space)
			}
		}
		lines[i] = strings.TrimRight(b.String(), " ")
	}
	return lines
}

// arg returns the name that a port has as an argument: x or y where there is only one, else its own
// in lower case.
func arg(ports []Port, i int, single string) string {
	if len(ports) == 1 {
		return single
	}
	return single + ports[i].Ident
}

// sizeName returns the constant that holds the size of a port.
func sizeName(ports []Port, i int, single string) string {
	if len(ports) == 1 {
		return single + "Size"
	}
	return ports[i].Ident + "Size"
}

func (net *Network) inSize(i int) string  { return sizeName(net.Inputs, i, "Input") }
func (net *Network) outSize(i int) string { return sizeName(net.Outputs, i, "Output") }

func (net *Network) trained() (params, stats []*ir.Param) {
	for _, p := range net.Params {
		if p.Role == ir.Trained {
			params = append(params, p)
		} else {
			stats = append(stats, p)
		}
	}
	return params, stats
}

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
	for i, p := range net.Outputs {
		if p.Task == "regression" || len(p.Classes) == 0 || p.NextToken {
			continue
		}
		name := net.classesName(i)
		f.decl("// %s are the labels of the classes, in order.\nvar %s = [...]string{%s}", name, name, quoted(p.Classes))
	}

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
	return @safetensors.Load(b, map[string]string{"spec": SpecSum}, w.Tensors())
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
	net.emitCells(func(name, cell, _ string) { fmt.Fprintf(&b, "\t%s @rnn.%s // for one step\n", name, cell) })
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
		return nil, @fmt.Errorf("%s: %w", path, err)
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

// emitEncode writes what turns the fields of a row, words among them, into an input.
func (net *Network) emitEncode(f *file) {
	for i, p := range net.Inputs {
		if p.Columns == nil {
			continue
		}
		name := "Encode"
		if len(net.Inputs) > 1 {
			name += p.Ident
		}
		var names []string
		var b strings.Builder
		for _, c := range p.Columns {
			names = append(names, c.Name)
			values := ""
			if c.Values != nil {
				values = fmt.Sprintf(", Values: []string{%s}", quoted(c.Values))
			}
			fmt.Fprintf(&b, "\t{Name: %q%s},\n", c.Name, values)
		}
		columns := lower(p.Ident) + "Columns"
		f.decl("// %s fills x from the fields of a row: %s. A field of words becomes one number for\n// each word that the column may hold. It is an error if a field is neither a number nor such a word.\nfunc %s(fields []string, x *[%s]float32) error {\n\treturn @encode.Row(x[:], fields, %s)\n}",
			name, strings.Join(names, ", "), name, net.inSize(i), columns)
		f.decl("var %s = []@encode.Column{\n%s}", columns, b.String())
	}
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

func (net *Network) classesName(i int) string {
	if len(net.Outputs) == 1 {
		return "Classes"
	}
	return net.Outputs[i].Ident + "Classes"
}

func quoted(words []string) string {
	q := make([]string, len(words))
	for i, w := range words {
		q[i] = fmt.Sprintf("%q", w)
	}
	return strings.Join(q, ", ")
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
	users := net.Infer.Users()
	for _, n := range net.Infer.Nodes {
		if n.Prim != ir.ParamPrim || n.Param != p {
			continue
		}
		readers := users[n.Results[0]]
		for _, r := range readers {
			if r.Prim != ir.GemmNN || r.Args[1] != n.Results[0] {
				return false
			}
		}
		return len(readers) > 0
	}
	return false
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

// emitForward writes the forward pass for one example and for a batch.
func (net *Network) emitForward(f *file) {
	one, row := slotSizes(net.Infer)
	local := 4*(one+row) <= localLimit
	rows := 256
	for rows > 8 && 4*(one+rows*row) > batchBytes {
		rows /= 2
	}
	f.decl("// batchRows is the number of examples that PredictBatch works off at a time.\nconst batchRows = %d", rows)
	net.emitPredict(f, local, len(net.Infer.Slots) > 0)
	net.emitPredictBatch(f, len(net.Infer.Slots) > 0)
	net.emitClassify(f)
	f.decl("%s", workspace("workspace1", "of one example", net.Infer, "1"))
	f.decl("%s", workspace("workspace", "of a batch", net.Infer, "batchRows"))
	if len(net.Infer.Slots) > 0 {
		if !local {
			f.decl("var spaces1 = @sync.Pool{New: func() any { return new(workspace1) }}")
		}
		f.decl("var spaces = @sync.Pool{New: func() any { return new(workspace) }}")
	}
	net.emitForwardFunc(f, "forward1", "computes the outputs of one example.", "1", "workspace1")
	net.emitForwardFunc(f, "forward", "computes the outputs of n ≤ batchRows examples.", "n", "workspace")
}

// slotSizes returns the elements of the workspace: in all, and for each row.
func slotSizes(g *ir.Graph) (all, row int) {
	for _, s := range g.Slots {
		if s.PerRow {
			row += s.Size
		} else {
			all += s.Size
		}
	}
	return all, row
}

// workspace returns the type that holds the slots of a graph; a comment tells what lives in each.
func workspace(name, doc string, g *ir.Graph, rows string) string {
	if len(g.Slots) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "// %s holds the activations %s.\ntype %s struct {\n", name, doc, name)
	for _, s := range g.Slots {
		size := fmt.Sprint(s.Size)
		switch {
		case s.PerRow && rows != "1" && s.Size == 1:
			size = rows
		case s.PerRow && rows != "1":
			size = rows + " * " + size
		}
		fmt.Fprintf(&b, "\ts%d [%s]float32 // %s\n", s.ID, size, tenants(s))
	}
	b.WriteString("}")
	return b.String()
}

// tenants lists the labels of the values of a slot, shortened if they are many.
func tenants(s *ir.Slot) string {
	var names []string
	length := 0
	for i, v := range s.Values {
		name := v.Label
		if name == "" {
			name = v.Def.Layer + " (" + v.Def.Prim.Name + ")"
		}
		if length += len(name) + 2; length > 70 {
			names = append(names, fmt.Sprintf("and %d more", len(s.Values)-i))
			break
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// ports returns the text of the arguments for inputs and outputs: of arrays for one example, of
// slices for a batch.
func (net *Network) ports(single bool) (decl, call string) {
	var decls, calls []string
	for i := range net.Inputs {
		calls = append(calls, arg(net.Inputs, i, "x"))
		decls = append(decls, fmt.Sprintf("%s *[%s]float32", arg(net.Inputs, i, "x"), net.inSize(i)))
	}
	for i := range net.Outputs {
		calls = append(calls, arg(net.Outputs, i, "y"))
		decls = append(decls, fmt.Sprintf("%s *[%s]float32", arg(net.Outputs, i, "y"), net.outSize(i)))
	}
	call = strings.Join(calls, ", ")
	if single {
		return strings.Join(decls, ", "), call
	}
	return call + " []float32", call
}

func (net *Network) emitPredict(f *file, local, slots bool) {
	decl, call := net.ports(true)
	doc := "// Predict computes the outputs of one example. It does not allocate in the steady state.\n"
	switch {
	case !slots:
		f.decl("%sfunc (m *Model) Predict(%s) {\n\tm.forward1(%s)\n}", doc, decl, call)
	case local:
		f.decl("%sfunc (m *Model) Predict(%s) {\n\tvar a workspace1\n\tm.forward1(%s, &a)\n}", doc, decl, call)
	default:
		f.decl("%sfunc (m *Model) Predict(%s) {\n\ta := spaces1.Get().(*workspace1)\n\tm.forward1(%s, a)\n\tspaces1.Put(a)\n}", doc, decl, call)
	}
}

func (net *Network) emitPredictBatch(f *file, slots bool) {
	decl, _ := net.ports(false)
	var b strings.Builder
	first := arg(net.Inputs, 0, "x")
	b.WriteString("// PredictBatch computes the outputs of len(" + first + ")/" + net.inSize(0) + " examples, stored one after another. The bits are those\n// of Predict. It does not allocate in the steady state. It panics if the lengths do not agree.\n")
	fmt.Fprintf(&b, "func (m *Model) PredictBatch(%s) {\n", decl)
	fmt.Fprintf(&b, "\tn := len(%s) / %s\n\tif ", first, net.inSize(0))
	var conds []string
	for i := range net.Inputs {
		conds = append(conds, fmt.Sprintf("len(%s) != n*%s", arg(net.Inputs, i, "x"), net.inSize(i)))
	}
	for i := range net.Outputs {
		conds = append(conds, fmt.Sprintf("len(%s) != n*%s", arg(net.Outputs, i, "y"), net.outSize(i)))
	}
	fmt.Fprintf(&b, "%s {\n\t\tpanic(%q)\n\t}\n", strings.Join(conds, " || "), net.Name+": PredictBatch: lengths of inputs and outputs disagree")
	if slots {
		b.WriteString("\ta := spaces.Get().(*workspace)\n")
	}
	b.WriteString("\tfor n > 0 {\n\t\tr := min(n, batchRows)\n")
	var pass, step []string
	for i := range net.Inputs {
		x := arg(net.Inputs, i, "x")
		pass = append(pass, fmt.Sprintf("%s[:r*%s]", x, net.inSize(i)))
		step = append(step, fmt.Sprintf("\t\t%s = %s[r*%s:]\n", x, x, net.inSize(i)))
	}
	for i := range net.Outputs {
		y := arg(net.Outputs, i, "y")
		pass = append(pass, fmt.Sprintf("%s[:r*%s]", y, net.outSize(i)))
		step = append(step, fmt.Sprintf("\t\t%s = %s[r*%s:]\n", y, y, net.outSize(i)))
	}
	if slots {
		pass = append(pass, "a")
	}
	fmt.Fprintf(&b, "\t\tm.forward(r, %s)\n%s\t\tn -= r\n\t}\n", strings.Join(pass, ", "), strings.Join(step, ""))
	if slots {
		b.WriteString("\tspaces.Put(a)\n")
	}
	b.WriteString("}")
	f.decl("%s", b.String())
}

func (net *Network) emitClassify(f *file) {
	for i, p := range net.Outputs {
		if len(p.Classes) == 0 || net.Steps > 1 || p.NextToken {
			continue
		}
		name, classes := "Classify", net.classesName(i)
		if len(net.Outputs) > 1 {
			name += p.Ident
		}
		var decls, calls, vars []string
		for j := range net.Inputs {
			x := arg(net.Inputs, j, "x")
			decls = append(decls, fmt.Sprintf("%s *[%s]float32", x, net.inSize(j)))
			calls = append(calls, x)
		}
		for j := range net.Outputs {
			y := arg(net.Outputs, j, "y")
			vars = append(vars, fmt.Sprintf("\tvar %s [%s]float32\n", y, net.outSize(j)))
			calls = append(calls, "&"+y)
		}
		y := arg(net.Outputs, i, "y")
		pick := fmt.Sprintf("\tbest := @vec.ArgMax(%s[:])\n\treturn %s[best], %s[best]\n", y, classes, y)
		doc := "the most probable class of one example and its probability."
		if p.Task == "binary" {
			pick = fmt.Sprintf("\tif %s[0] >= 0.5 {\n\t\treturn %s[1], %s[0]\n\t}\n\treturn %s[0], 1 - %s[0]\n", y, classes, y, classes, y)
			doc = "the more probable class of one example and its probability."
		}
		f.decl("// %s returns %s\nfunc (m *Model) %s(%s) (label string, probability float32) {\n%s\tm.Predict(%s)\n%s}",
			name, doc, name, strings.Join(decls, ", "), strings.Join(vars, ""), strings.Join(calls, ", "), pick)
	}
}

func (net *Network) emitForwardFunc(f *file, name, doc, rows, work string) {
	decl, _ := net.ports(rows == "1")
	if rows != "1" {
		decl = rows + " int, " + decl
	}
	if len(net.Infer.Slots) > 0 {
		decl += ", a *" + work
	}
	b := net.newBody(net.Infer, rows, "m", true)
	f.decl("// %s %s\nfunc (m *Model) %s(%s) {\n\t%s\n}", name, doc, name, decl, strings.Join(b.nodes(), "\n\t"))
}

func (net *Network) newBody(g *ir.Graph, rows, params string, packed bool) *body {
	b := &body{net: net, g: g, rows: rows, params: params, packed: packed,
		inputs: map[string]string{}, targets: map[string]string{}, outputs: map[string]string{}}
	suffix := ""
	if rows == "1" {
		suffix = "[:]"
	}
	for i, p := range net.Inputs {
		b.inputs[p.Name] = arg(net.Inputs, i, "x") + suffix
	}
	for i, p := range net.Outputs {
		b.outputs[p.Name] = arg(net.Outputs, i, "y") + suffix
		b.targets[p.Name] = arg(net.Outputs, i, "t") + suffix
	}
	return b
}

// Rename puts the files below a folder.
func (files Files) Rename(folder string) Files {
	out := Files{}
	for name, src := range files {
		out[path.Join(folder, name)] = src
	}
	return out
}

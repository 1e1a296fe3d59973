package emit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/plan"
)

// emitModel writes sizes, parameters, the model, and what loads and saves it.
func (net *Network) emitModel(f *file) {
	net.emitSizes(f)
	f.constant("SpecSum identifies the network that weights belong to.", "SpecSum", quoted(net.ModelSum))
	net.emitClasses(f)
	net.emitWeights(f)
	net.emitModelType(f)
	net.emitNew(f)
	net.emitModels(f)
	net.emitPatterns(f)
	emitGeometries(f, net.Plan.Geometries)
	net.emitEncode(f)
	net.emitTokens(f)
	net.emitPicture(f)
}

// emitSizes yields
//
//	const (
//		InputSize  = 64 // image, 8×8×1
//		OutputSize = 10 // output1, 10
//		NumParams  = 3466
//	)
func (net *Network) emitSizes(f *file) {
	doc := "Sizes, in elements of one example, and the number of trained parameters."
	total := net.Trained
	if net.Int8 {
		doc = "Sizes, in elements of one example, and the number of trained parameters, before they were quantised."
	} else {
		total = net.CountTrained()
	}
	f.doc(doc)
	var defs []jen.Code
	size := func(name string, p Port) {
		f.pkg.declare("", name, p.origin())
		defs = append(defs, jen.Id(name).Op("=").Lit(p.Shape.Size()).Comment(note(p.Name+", "+p.Shape.String()+p.holds())))
	}
	for i, p := range net.Inputs {
		size(net.inSize(i), p)
	}
	for i, p := range net.Outputs {
		size(net.outSize(i), p)
	}
	f.pkg.declare("", "NumParams", Origin{})
	f.next.Const().Defs(append(defs, jen.Id("NumParams").Op("=").Lit(total))...)
	f.end()
}

// CountTrained returns how many numbers training changes.
func (net *Network) CountTrained() (total int) {
	params, _, _ := net.byRole()
	for _, p := range params {
		total += p.Size()
	}
	return total
}

// holds is what the comment beside the size of a port adds: of a series, sales of each step, the oldest first, as in
// the table.
func (p Port) holds() string {
	if p.Holds == "" {
		return ""
	}
	return ": " + p.Holds
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
	f.listed("Tensors lists the arrays of w under their names in weight files.",
		function{recv: "w", of: "Weights", name: "Tensors"}, jen.Index().Id("Tensor"), nil,
		net.tensors(f, net.Params, func(p *ir.Param) expr { return parameter("w", p) }))
	f.fixed("Tensor", "Weights.Save", "Weights.Load")
	if net.halves() {
		f.fixed("Weights.Round")
	}
	var rows []jen.Code
	for _, p := range net.Params {
		row := slices.Concat([]expr{keyed("Name", str(p.Name)), keyed("Shape", shapeOf(p.Shape))},
			f.typed(p), fixed(p))
		rows = append(rows, values(expr{}, row...).code(1, 0, len(",")))
	}
	f.variable("arrays are those of Weights, without their numbers.", "arrays", Origin{},
		jen.Index(jen.Op("...")).Id("Tensor").Add(block(rows...)))
}

// tensors yields {Name: "h1.kernel", Shape: []int{64, 32}, Data: w.H1W[:]} for each parameter, or
//
//	{Name: "h1.kernel", Shape: []int{64, 32}, Type: safetensors.I8, Int8: w.H1W[:]}
func (net *Network) tensors(f *file, params []*ir.Param, array func(*ir.Param) expr) []jen.Code {
	var rows []jen.Code
	for _, p := range params {
		row := append([]expr{keyed("Name", str(p.Name)), keyed("Shape", shapeOf(p.Shape))}, f.typed(p)...)
		row = append(row, keyed(dataField(p.DType), sliced(array(p))))
		rows = append(rows, values(expr{}, slices.Concat(row, fixed(p))...).code(2, 0, len(",")))
	}
	return rows
}

// typed yields Type: safetensors.I8 for a tensor of other numbers than float32.
func (f *file) typed(p *ir.Param) []expr {
	switch {
	case p.DType.Integer():
		return []expr{keyed("Type", f.name("safetensors", p.DType.Tensor()))}
	case p.DType.Bytes() == 2:
		return []expr{keyed("Type", f.name("safetensors", formatName(p.DType)))}
	}
	return nil
}

// dataField names the field of a tensor that holds its numbers.
func dataField(t ir.DType) string {
	switch t {
	case ir.Int8:
		return "Int8"
	case ir.Int32:
		return "Int32"
	}
	return "Data"
}

// formatName returns the name of a type of 16 bits in packages safetensors and half of the runtime.
func formatName(t ir.DType) string {
	return map[ir.DType]string{ir.Float16: "Float16", ir.BFloat16: "BFloat16"}[t]
}

// halves tells whether files have parameters in 16 bits.
func (net *Network) halves() bool {
	return slices.ContainsFunc(net.Params, func(p *ir.Param) bool { return p.DType.Bytes() == 2 })
}

// fixed yields Fixed: []float32{0.0625} for a constant that the spec fixes at one number: weights that hold another are
// refused. Those of a table, such as a sinusoidal encoding, come with the weights, as do constants that a training
// fits.
func fixed(p *ir.Param) []expr {
	if p.Role != ir.Constant || len(p.Values) == 0 || slices.ContainsFunc(p.Values,
		func(v float64) bool { return v != p.Values[0] }) {
		return nil
	}
	v := atom(float32Lit(p.Values[0]), len(fmt.Sprint(float32(p.Values[0]))))
	return []expr{keyed("Fixed", values(atom(floats(), len("[]float32")), v))}
}

// paramMembers returns the fields of a struct of parameters.
func paramMembers(params []*ir.Param) []member {
	var all []member
	for _, p := range params {
		m := member{name: p.Ident, typ: numbersOf(product(p.Shape), p.DType.Computed()), origin: paramOrigin(p)}
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
	return Origin{What: fmt.Sprintf("the %s of layer %q", strings.ReplaceAll(p.Name[dot+1:], "_", " "), p.Name[:dot]),
		Pos: p.Pos}
}

// emitModelType writes the type of the model: parameters as kernels read them, and prepared layers.
func (net *Network) emitModelType(f *file) {
	what := "dense layers"
	if len(net.Plan.Geometries) > 0 {
		what = "dense layers, and filters,"
	}
	doc := "Model is a network ready to predict; the zero Model is not."
	if slices.ContainsFunc(net.Plan.Params, func(p *plan.Param) bool { return p.Layout != (plan.Layout{}) }) {
		doc += " Weights of " + what + " are in the panels of\npackage " + net.panels() + "."
	}
	if net.anyInPlace() {
		doc += " The model that Default returns leaves those with a gemm.InPlace where they are embedded until the first " +
			"batch, if Predict is as fast so on this machine. A Model is not to be copied."
	}
	var members []member
	for _, p := range net.Plan.Params {
		typ := numbersOf(stored(p), p.DType.Computed())
		if p.Storage != ir.Float32 {
			typ = jen.Index(stored(p)).Uint16()
		}
		members = append(members, member{name: lower(p.Ident), typ: typ, note: storedAs(p), origin: paramOrigin(p.Param)})
		if net.staysInPlace(p) {
			members = append(members, member{name: rowsField(p), typ: f.qual("gemm", "InPlace"),
				note: "as Default leaves them", origin: paramOrigin(p.Param)})
		}
	}
	for _, p := range net.decided() {
		members = append(members, member{name: lower(p.Ident), typ: sized(product(p.Shape)), origin: paramOrigin(p)})
	}
	for _, l := range net.Plan.Layers {
		members = append(members, member{name: l.Field, typ: f.qual("gemm", layerType(l)), note: "for one " + l.Of,
			origin: nodeOrigin(l.Node)})
	}
	for _, c := range net.Plan.Cells {
		members = append(members, member{name: c.Field, typ: f.qual("rnn", c.Type), note: "for one example",
			origin: nodeOrigin(c.Node)})
	}
	members = append(members, member{name: "ready", typ: jen.Bool(), note: "not of the zero Model"})
	f.structure(doc, "Model", members...)
}

// layerType returns the type of package gemm of a product that the model prepares.
func layerType(l plan.Layer) string {
	if l.Weights.Param.Storage != ir.Float32 {
		return "HalfLayer"
	}
	return "Layer"
}

// staysInPlace tells whether a parameter of the model may stay where it is embedded.
func (net *Network) staysInPlace(p *plan.Param) bool { return net.InPlace && p.InPlace }

// anyInPlace tells whether some parameter may.
func (net *Network) anyInPlace() bool { return slices.ContainsFunc(net.Plan.Params, net.staysInPlace) }

// rowsField names the field that says where the weights of a parameter are.
func rowsField(p *plan.Param) string { return lower(p.Ident) + "Rows" }

// storedAs returns the note on a parameter's field: whence it comes if it is folded, and its type if files have it in
// 16 bits; "" for others.
func storedAs(p *plan.Param) string {
	switch {
	case p.Storage != ir.Float32:
		return p.Storage.String()
	case p.DType != ir.Float32:
		return p.DType.String() + " in files"
	}
	return foldedFrom(p.Param)
}

// panels names the package that packs weights: quant if some are int8.
func (net *Network) panels() string {
	if slices.ContainsFunc(net.Plan.Params, func(p *plan.Param) bool { return p.Layout.Order == plan.QuantPanels }) {
		return "quant"
	}
	return "gemm"
}

// decided returns the constants that the model reads beside its layers, when it chooses a class.
func (net *Network) decided() []*ir.Param {
	all := net.Guard.constants()
	for _, o := range net.Outputs {
		if o.Threshold != nil {
			all = append(all, o.Threshold)
		}
		if o.Radius != nil {
			all = append(all, o.Radius)
		}
	}
	return all
}

// nodeOrigin says whence a name that is made from that of a node's layer comes.
func nodeOrigin(n *ir.Node) Origin { return Origin{What: fmt.Sprintf("layer %q", n.Layer), Pos: n.Pos} }

// emitNew writes the function that copies, folds and packs weights.
func (net *Network) emitNew(f *file) {
	var sets [][]jen.Code // the statements of each parameter
	for _, p := range net.Plan.Params {
		sets = append(sets, net.set(f, p))
	}
	for _, p := range net.decided() {
		sets = append(sets, one(jen.Copy(parameter("m", p).head.Index(jen.Op(":")), net.view(f, p))))
	}
	print := printer{f: f, fn: net.Plan.One}
	made := func(field string, fn expr, args []expr) {
		call := listOf(atom(fn.head.Op("("), fn.width+1), ",", ")", args)
		sets = append(sets, one(jen.Id("m").Dot(field).Op("=").Add(call.code(1, len("m. = ")+width(field), 0))))
	}
	for _, l := range net.Plan.Layers {
		args := []expr{whole(l.N), whole(l.K), print.arg(l.Weights), print.arg(l.After)}
		if t := l.Weights.Param.Storage; t != ir.Float32 {
			args = append([]expr{f.name("half", formatName(t))}, args...)
		}
		fn := f.name("gemm", "New"+layerType(l))
		if p := l.Weights.Param; net.staysInPlace(p) {
			fn = selector("m", rowsField(p))
			fn = atom(fn.head.Dot("Layer"), fn.width+len(".Layer"))
		}
		made(l.Field, fn, args)
	}
	for _, c := range net.Plan.Cells {
		made(c.Field, f.name("rnn", "New"+c.Type), append([]expr{print.arg(c.Shape)}, print.args(c.Weights)...))
	}
	params := []field{vars(jen.Index().Id("Tensor"), "w")}
	doc := "build returns the model of the numbers of arrays."
	if net.anyInPlace() {
		params = append(params, vars(jen.Bool(), "stay"))
		doc = "build returns the model of the numbers of arrays, which it may hold on to if they stay as they are."
	}
	f.inPieces(doc,
		function{name: "build", params: params, results: []field{vars(jen.Op("*").Id("Model"))}},
		sets, net.newModel(), nil, one(jen.Return(jen.Id("m"))),
		function{recv: "m", of: "Model", name: "set", params: params})
}

// newModel yields m := &Model{ready: true}, or, where kernels made for the network read the arrays of the Model,
//
//	room := new(struct {
//		_ [56]byte // behind the 8 that Go has before it: arrays begin at a cache line
//		m Model
//	})
//	m := &room.m
//	m.ready = true
//
// Go's allocator puts a word before an object that has pointers and more than 512 bytes, up to 32 KiB. With it, each
// register of weights that is as large as a cache line would come from two of them.
func (net *Network) newModel() []jen.Code {
	const line, word, least, most = 64, 8, 512, 32 << 10
	const field = 512 // at most, of what the Model has beside each of its arrays
	arrays, all := int64(0), int64(word+line)
	for _, p := range net.Plan.Params {
		arrays += p.Bytes()
		all += field
	}
	m := jen.Id("m")
	if net.Plan.Made == nil || arrays < least || arrays+all > most {
		return one(jen.Add(m).Op(":=").Op("&").Id("Model").Values(jen.Id("ready").Op(":").True()))
	}
	room := jen.Id("room")
	return one(
		jen.Add(room).Op(":=").New(jen.Struct(
			jen.Id("_").Index(jen.Lit(line-word)).Byte().
				Comment("behind the 8 that Go has before it: arrays begin at a cache line"),
			jen.Add(m).Id("Model"))),
		jen.Add(m).Op(":=").Op("&").Add(room).Dot("m"),
		jen.Add(m).Dot("ready").Op("=").True())
}

// emitModels writes the functions that return models. Weights that nothing has filled they refuse, and, where constants
// are fitted to examples, such as none were fitted to:
//
//	func checkFitted(w []Tensor) error { return safetensors.CheckFitted(w[0], w[4]) }
//
//	func New(w *Weights) *Model {
//		t := w.Tensors()
//		err := safetensors.CheckFilled(t)
//		if err == nil {
//			err = checkFitted(t)
//		}
//		if err != nil {
//			panic("iris: New: " + err.Error())
//		}
//		return build(t)
//	}
func (net *Network) emitModels(f *file) {
	marks := net.marks()
	w, t, err := jen.Id("w"), f.local("t"), f.local("err")
	var checks []jen.Code
	doc := "New returns a model with a copy of w."
	if net.startsFilled() {
		checks = append(checks, f.qual("safetensors", "CheckFilled").Call(t.Clone()))
		doc += " It panics if w is as it is before anything fills it."
	}
	if marks != nil {
		var tensors []jen.Code
		for _, m := range marks {
			tensors = append(tensors, net.tensor(m.center))
		}
		f.function("checkFitted returns an error if constants have the mark of such as nothing has fitted to examples.",
			function{name: "checkFitted", params: []field{vars(jen.Index().Id("Tensor"), "w")},
				results: []field{vars(jen.Error())}},
			jen.Return(f.call(1, "return ", f.qual("safetensors", "CheckFitted"), tensors...)))
		checks = append(checks, jen.Id("checkFitted").Call(t.Clone()))
		doc = "New returns a model with a copy of w. It panics if w is as it is before anything fills it, or if " +
			"nothing has " +
			"fitted constants of it to examples, as in a new Trainer."
	}
	refuse := jen.Panic(quoted(net.Name + ": New: ").Op("+").Add(err).Dot("Error").Call())
	isNil := func(op string) *jen.Statement { return jen.Add(err).Op(op).Nil() }
	body := []jen.Code{t.Clone().Op(":=").Add(w).Dot("Tensors").Call()}
	switch len(checks) {
	case 1:
		body = append(body, jen.If(jen.Add(err).Op(":=").Add(checks[0]), isNil("!=")).Block(refuse))
	case 2:
		body = append(body, jen.Add(err).Op(":=").Add(checks[0]),
			jen.If(isNil("==")).Block(jen.Add(err).Op("=").Add(checks[1])), jen.If(isNil("!=")).Block(refuse))
	}
	f.function(doc, function{name: "New", params: []field{vars(jen.Op("*").Id("Weights"), "w")},
		results: []field{vars(jen.Op("*").Id("Model"))}}, append(body, jen.Return(net.build(t.Clone(), jen.False())))...)
	net.emitDecode(f, marks != nil)
	f.fixed("Load")
}

// build yields build(w[:]), or build(w[:], stay) where weights may stay in place.
func (net *Network) build(w, stay jen.Code) *jen.Statement {
	if net.anyInPlace() {
		return jen.Id("build").Call(w, stay)
	}
	return jen.Id("build").Call(w)
}

// emitDecode writes what makes a model of the contents of a file, whose constants are checked if some are fitted. Where
// weights may stay in place, it is
//
//	func Decode(b []byte) (*Model, error) { return decode(b, false) }
//
//	func decode(b []byte, stay bool) (*Model, error) {
//		w := arrays
//		if err := safetensors.View(b, "spec", SpecSum, w[:]); err != nil {
//			return nil, err
//		}
//		return build(w[:], stay), nil
//	}
func (net *Network) emitDecode(f *file, fitted bool) {
	if !fitted && !net.anyInPlace() {
		f.fixed("Decode")
		return
	}
	err := f.local("err")
	failed := func(first jen.Code) *jen.Statement {
		return jen.If(first, jen.Add(err).Op("!=").Nil()).Block(jen.Return(jen.Nil(), err))
	}
	doc := "Decode returns the model in the contents of a safetensors file. It takes the numbers from b, which it " +
		"does not keep.\nWhat is an error "
	if fitted {
		doc += "of Weights.Load is one here; so are constants that nothing has fitted to examples."
	} else {
		doc += "is one of Weights.Load too."
	}
	h := function{name: "Decode", params: []field{vars(jen.Index().Byte(), "b")},
		results: []field{vars(jen.Op("*").Id("Model")), vars(jen.Error())}}
	if net.anyInPlace() {
		f.function(doc, h, jen.Return(jen.Id("decode").Call(jen.Id("b"), jen.False())))
		h.name, h.params = "decode", append(h.params, vars(jen.Bool(), "stay"))
		doc = "decode is Decode, but holds on to b if its bytes stay as they are."
	}
	body := []jen.Code{
		f.local("w").Op(":=").Id("arrays"),
		failed(jen.Add(err).Op(":=").Add(f.qual("safetensors", "View")).Call(jen.Id("b"), quoted("spec"), jen.Id("SpecSum"),
			all("w")))}
	if fitted {
		body = append(body, failed(jen.Add(err).Op(":=").Id("checkFitted").Call(all("w"))))
	}
	f.function(doc, h, append(body, jen.Return(net.build(all("w"), jen.Id("stay")), jen.Nil()))...)
}

// startsFilled tells whether weights of the network can't all be 0: the spec gives some, they are drawn, or they are
// integers, whose scales are not.
func (net *Network) startsFilled() bool {
	return slices.ContainsFunc(net.Params, func(p *ir.Param) bool {
		switch p.Init.Kind {
		case "", "zeros", "constant":
			return p.DType.Integer() || slices.ContainsFunc(p.Values, func(v float64) bool { return v != 0 })
		}
		return true
	})
}

// set yields what gives a parameter of the model its numbers, in the layout in which it is stored: one of
//
//	copy(m.h1B[:], w[1].Data)
//	gemm.Pack(64, 32, w[0].Data, 32, m.h1W[:])
//	m.h1WRows.Set(784, 128, w[0].Data, m.h1W[:], stay)
//	conv.Pack(&conv1Geometry, w[0].Data, m.conv1W[:])
//	quant.Pack(1, 64, 32, w[0].Int8, m.h1W[:])
//	gemm.PackHalf(64, 32, safetensors.Halves(&w[0]), 32, m.h1W[:])
//
// The numbers of one that is folded from others are computed before: see fold.
func (net *Network) set(f *file, p *plan.Param) []jen.Code {
	var body []jen.Code
	from, to := net.view(f, p.Param), parameter("m", p.Param).head.Index(jen.Op(":"))
	if p.Role == ir.Folded {
		if p.Param != p.Fold.W { // a bias, which comes with the weights before it
			return one(jen.Line())
		}
		from, body = jen.Id(lower(p.Ident)), net.fold(f, p)
	}
	switch l := p.Layout; {
	case l.Order == plan.FilterPanels:
		body = append(body, f.qual("conv", "Pack").Call(jen.Op("&").Id(p.Geometry.Name), from, to))
	case l.Order == plan.QuantPanels:
		body = append(body, f.qual("quant", "Pack").Call(jen.Lit(l.Runs), jen.Lit(l.K/l.Runs), jen.Lit(l.N), from, to))
	case l.Order == plan.GemmPanels:
		if net.staysInPlace(p) {
			body = append(body, jen.Id("m").Dot(rowsField(p)).Dot("Set").Call(jen.Lit(l.K), jen.Lit(l.N), from, to,
				jen.Id("stay")))
			break
		}
		pack := "Pack"
		if p.Storage != ir.Float32 {
			pack, from = "PackHalf", net.halvesOf(f, p.Param)
		}
		body = append(body, f.qual("gemm", pack).Call(jen.Lit(l.K), jen.Lit(l.N), from, jen.Lit(l.N), to))
	case p.Storage != ir.Float32:
		body = append(body, jen.Copy(to, net.halvesOf(f, p.Param)))
	case p.Role != ir.Folded:
		body = append(body, jen.Copy(to, from))
	}
	return body
}

// fold yields what computes folded weights and their bias: those of the model, or a variable if the model keeps them
// packed. For conv1 and norm1 of fashion:
//
//	norm1W := make([]float32, 25*8)
//	norm.Fold(25, 8, norm1W, m.norm1B[:], w[0].Data, nil, w[1].Data, w[2].Data, w[3].Data, w[4].Data, 1e-05)
func (net *Network) fold(f *file, p *plan.Param) []jen.Code {
	fold := p.Fold
	width := fold.B.Size()
	var body []jen.Code
	w := parameter("m", p.Param).head.Index(jen.Op(":"))
	if p.Layout.Order != plan.RowMajor {
		w = f.local(lower(p.Ident))
		body = append(body, w.Clone().Op(":=").Make(floats(), jen.Lit(p.Size()/width).Op("*").Lit(width)))
	}
	fn, args := f.qual("norm", "Fold"), []jen.Code{jen.Lit(p.Size() / width), jen.Lit(width)}
	if fold.Groups > 0 {
		c := p.Shape[len(p.Shape)-1]
		fn, args = f.qual("norm", "FoldTransposed"), []jen.Code{jen.Lit(p.Size() / (width / fold.Groups * c)),
			jen.Lit(width), jen.Lit(c), jen.Lit(fold.Groups)}
	}
	bias := jen.Nil()
	if fold.Bias != nil {
		bias = net.view(f, fold.Bias)
	}
	args = append(args, w, parameter("m", fold.B).head.Index(jen.Op(":")), net.view(f, fold.Kernel), bias)
	for _, v := range []*ir.Param{fold.Gamma, fold.Beta, fold.Mean, fold.Var} {
		args = append(args, net.view(f, v))
	}
	return append(body, f.call(1, "", fn, append(args, float(fold.Epsilon))...))
}

// view yields the numbers of a parameter among the arrays that a model is built of: w[3].Data, or
// safetensors.Floats(&w[3]) of one that files have in 16 bits.
func (net *Network) view(f *file, p *ir.Param) *jen.Statement {
	if p.DType.Bytes() == 2 {
		return f.qual("safetensors", "Floats").Call(jen.Op("&").Add(net.tensor(p)))
	}
	return net.tensor(p).Dot(dataField(p.DType))
}

// halvesOf yields the bits of a parameter that the model has in 16 bits: safetensors.Halves(&w[3]).
func (net *Network) halvesOf(f *file, p *ir.Param) *jen.Statement {
	return f.qual("safetensors", "Halves").Call(jen.Op("&").Add(net.tensor(p)))
}

// tensor yields a parameter among the arrays that a model is built of: w[3].
func (net *Network) tensor(p *ir.Param) *jen.Statement {
	i := slices.IndexFunc(net.Params, func(q *ir.Param) bool { return q.Name == p.Name })
	return jen.Id("w").Index(jen.Lit(i))
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
	start, index := connections(p)
	f.variable(fmt.Sprintf("%s are the %d connections of %s, of %d×%d.", plan.PatternName(p),
		len(p.Pattern), p.Name, p.In, p.Out),
		plan.PatternName(p), paramOrigin(p), f.qual("sparse", "Pattern").Add(block(
			jen.Id("In").Op(":").Lit(p.In),
			jen.Id("Out").Op(":").Lit(p.Out),
			jen.Id("Start").Op(":").Index().Int32().Add(numbers(start)),
			jen.Id("Index").Op(":").Index().Int32().Add(numbers(index)))))
}

// connections returns the inputs of the connections of a sparse parameter, and where those of each output begin.
func connections(p *ir.Param) (start, index []int) {
	start, index = make([]int, 1, p.Out+1), make([]int, len(p.Pattern))
	for k, at := range p.Pattern {
		index[k] = at[0]
		for len(start) <= at[1] {
			start = append(start, k)
		}
	}
	for len(start) <= p.Out {
		start = append(start, len(p.Pattern))
	}
	return start, index
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

// stored yields the length of a parameter's array in Model.
func stored(p *plan.Param) *jen.Statement {
	l := p.Layout
	switch {
	case l.Order == plan.RowMajor:
		return product(p.Shape)
	case l.Groups == 1:
		return product(ir.Shape{l.Rows(), l.Cols()})
	}
	return product(ir.Shape{l.Groups, l.Rows(), l.Cols()})
}

// product yields the length of an array of a shape, such as 4 * 16; a last extent of 1 goes without saying.
func product(s ir.Shape) *jen.Statement {
	if n := len(s); n > 1 && s[n-1] == 1 {
		s = s[:n-1]
	}
	if len(s) == 0 {
		return jen.Lit(1)
	}
	text := jen.Lit(s[0])
	for _, d := range s[1:] {
		text.Op("*").Lit(d)
	}
	return text
}

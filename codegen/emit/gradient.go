package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/plan"
)

// emitGradient writes the unrolled forward and backward pass.
func (net *Network) emitGradient(f *file) {
	emitGeometries(f, net.Plan.TrainGeometries)
	f.workspace("gradientSpace", "and gradients of a batch", net.Plan.Gradient, "Batch")
	net.emitPass(f, net.Plan.Gradient, "acts",
		"gradient computes the summed loss of n ≤ Batch examples, and writes to g the gradients of scale times it.\n"+
			"first is the number of the first example in its batch.",
		function{params: []field{vars(jen.Int(), "n", "first"), net.batch(), vars(jen.Float32(), "scale"),
			vars(jen.Op("*").Add(f.qual("model", "Params")), "g")}})
	net.emitLanes(f)
}

// emitGradientDriver writes Gradient, which cuts a batch into pieces, see sumOfPieces, and where processes share a
// training, into chunks before that:
//
//	func (t *Trainer) Gradient(x, y, weights []float32) float64 {
//		…
//		total := fit.Weight(n, weights)
//		if total == 0 {
//			clear(t.Gradients())
//			return 0
//		}
//		scale := float32(1 / total)
//		…
//		return loss / total
//	}
func (net *Network) emitGradientDriver(f *file) {
	if net.chunked() {
		net.emitChunks(f)
		return
	}
	body := append(append(net.checkLengths(f, "Gradient"), net.checkTokens(f, net.Name+"train: Gradient", false)...),
		jen.Line(),
		f.local("total").Op(":=").Add(f.qual("fit", "Weight")).Call(net.weighted(f.local("n")), jen.Id("weights")),
		jen.If(jen.Id("total").Op("==").Lit(0)).Block(
			jen.Clear(jen.Id("t").Dot("Gradients").Call()),
			jen.Return(jen.Lit(0)),
		),
		f.local("scale").Op(":=").Float32().Call(jen.Lit(1).Op("/").Id("total")))
	body = append(body, net.classShares(f)...)
	grads, part := jen.Op("&").Id("t").Dot("grads"), jen.Op("&").Id("t").Dot("part")
	body = append(body, net.sumOfPieces(f, nil, jen.Id("n"), grads, net.addPart(f, f.flat(grads), f.flat(part)))...)
	if penalties := net.penalties(f); penalties == nil {
		body = append(body, jen.Return(jen.Id("loss").Op("/").Id("total")))
	} else {
		body = append(append(body, jen.Id("loss").Op("/=").Id("total")), append(penalties, jen.Return(jen.Id("loss")))...)
	}
	f.function("Gradient computes the objective of a batch, which it returns, and its gradients, which Gradients shows "+
		"and Apply\n"+
		"uses. The objective is the mean loss of the examples,\n"+net.weightsDoc()+
		", plus the penalties of the parameters. "+net.allocatesDoc()+" It panics\nif the lengths do not agree"+
		net.orUnready()+".",
		function{recv: "t", of: "Trainer", name: "Gradient", params: []field{net.batch()},
			results: []field{vars(jen.Float64())}}, body...)
}

// allocatesDoc says when Gradient allocates.
func (net *Network) allocatesDoc() string {
	if net.Plan.Gradient.Counted > 0 {
		return "It allocates room for the steps that\ncount, of at most Batch examples, where no batch before had as many."
	}
	return "It does not allocate."
}

// sumOfPieces yields, for examples from up to to of a batch, from being nil for 0, with add as the statements that add
// the gradients of a piece to those before:
//
//	r := min(n, Batch)
//	loss := t.gradient(r, 0, x[:r*digits.InputSize], …, scale, &t.grads)
//	for first := Batch; first < n; first += Batch {
//		r = min(n-first, Batch)
//		loss += t.gradient(r, first, x[first*digits.InputSize:(first+r)*digits.InputSize], …, scale, &t.part)
//		vec.Add(mem.Flat(&t.grads), mem.Flat(&t.grads), mem.Flat(&t.part))
//	}
func (net *Network) sumOfPieces(f *file, from, to, grads *jen.Statement, add []jen.Code) []jen.Code {
	r, first := f.local("r"), f.local("first")
	number, count, end, second := jen.Lit(0), to.Clone(), r.Clone(), jen.Id("Batch")
	if from != nil {
		number, count = from.Clone(), to.Clone().Op("-").Add(from)
		end, second = from.Clone().Op("+").Add(r), from.Clone().Op("+").Id("Batch")
	}
	gradient := func(depth int, before string, number, from, end, to *jen.Statement) *jen.Statement {
		args := append(one(r.Clone(), number), net.slices(f, from, end)...)
		return f.call(depth, before, jen.Id("t").Dot("gradient"), append(args, jen.Id("scale"), to)...)
	}
	body := append(one(r.Clone().Op(":=").Min(count, jen.Id("Batch"))), net.byClass(f, 1, from, end)...)
	body = append(body, f.local("loss").Op(":=").Add(gradient(1, "loss := ", number, from, end, grads)))
	end = first.Clone().Op("+").Add(r)
	loop := append(one(r.Clone().Op("=").Min(to.Clone().Op("-").Add(first), jen.Id("Batch"))),
		net.byClass(f, 2, first, end)...)
	loop = append(loop,
		jen.Id("loss").Op("+=").Add(gradient(2, "loss += ", first, first, end, jen.Op("&").Id("t").Dot("part"))))
	return append(body,
		jen.For(first.Clone().Op(":=").Add(second), first.Clone().Op("<").Add(to), first.Clone().Op("+=").Id("Batch")).
			Block(append(loop, add...)...))
}

// byClass yields, for an output whose classes have weights, above each piece
//
//	fit.ByClass(t.rowWeights[:r], fit.Cut(weights, first, first+r), y[first*…:(first+r)*…], classWeights[:], share)
func (net *Network) byClass(f *file, depth int, from, to *jen.Statement) (calls []jen.Code) {
	slices := net.slices(f, from, to)
	for i, p := range net.Outputs {
		if p.ClassWeights == nil {
			continue
		}
		rows := jen.Id("t").Dot(arg(net.Outputs, i, "rowWeights")).Index(jen.Op(":").Add(net.weighted(f.local("r"))))
		calls = append(calls, f.call(depth, "", f.qual("fit", "ByClass"), rows, slices[len(slices)-1],
			slices[len(net.Inputs)+i], net.classWeights(i), jen.Id(arg(net.Outputs, i, "share"))))
	}
	return calls
}

// shareNames are those of what classShares declares.
func (net *Network) shareNames() (names []string) {
	for i, p := range net.Outputs {
		if p.ClassWeights != nil {
			names = append(names, arg(net.Outputs, i, "share"))
		}
	}
	return names
}

// classShares yields, for an output whose classes have weights,
//
//	share := total / fit.ClassWeight(n, weights, y, classWeights[:])
func (net *Network) classShares(f *file) (shares []jen.Code) {
	for i, p := range net.Outputs {
		if p.ClassWeights == nil {
			continue
		}
		share := arg(net.Outputs, i, "share")
		shares = append(shares, f.local(share).Op(":=").Id("total").Op("/").
			Add(f.call(1, share+" := total / ", f.qual("fit", "ClassWeight"),
				net.weighted(jen.Id("n")), jen.Id("weights"), jen.Id(arg(net.Outputs, i, "y")), net.classWeights(i))))
	}
	return shares
}

// flat yields mem.Flat(&t.grads) of &t.grads.
func (f *file) flat(x jen.Code) *jen.Statement { return f.qual("mem", "Flat").Call(x) }

// penalties yields for each parameter with a penalty
//
//	loss += vec.PenaltyLoss(t.Weights.H1W[:], 0, 0.0001)
//	vec.Penalty(t.grads.H1W[:], t.grads.H1W[:], t.Weights.H1W[:], 0, 0.0001)
func (net *Network) penalties(f *file) (lines []jen.Code) {
	for _, p := range net.Params {
		if p.L1 == 0 && p.L2 == 0 {
			continue
		}
		w := jen.Id("t").Dot("Weights").Dot(p.Ident).Index(jen.Op(":"))
		g := jen.Id("t").Dot("grads").Dot(p.Ident).Index(jen.Op(":"))
		lines = append(lines,
			jen.Id("loss").Op("+=").Add(f.qual("vec", "PenaltyLoss")).Call(w, float(p.L1), float(p.L2)),
			f.call(1, "", f.qual("vec", "Penalty"), g, g, w, float(p.L1), float(p.L2)))
	}
	return lines
}

// weightsDoc says what the weights of a batch weigh.
func (net *Network) weightsDoc() string {
	doc := "weighted by weights unless that is nil"
	if net.Steps > 1 {
		doc = fmt.Sprintf("each of whose %d steps is weighted by weights unless that is nil", net.Steps)
	}
	var outputs []string
	for _, p := range net.Outputs {
		if p.ClassWeights != nil {
			outputs = append(outputs, p.Name)
		}
	}
	if outputs != nil {
		doc += ",\ntimes the weight of its class in " + strings.Join(outputs, ", ")
	}
	return doc
}

// checkLengths yields
//
//	n := len(x) / digits.InputSize
//	if len(x) != n*digits.InputSize || … || weights != nil && len(weights) != n {
//		panic("digitstrain: Gradient: lengths of inputs, targets and weights disagree")
//	}
func (net *Network) checkLengths(f *file, fn string) []jen.Code {
	var conds []jen.Code
	differs := func(name, size string) {
		conds = append(conds, jen.Len(jen.Id(name)).Op("!=").Id("n").Op("*").Add(f.qual("model", size)))
	}
	for i := range net.Inputs {
		differs(arg(net.Inputs, i, "x"), net.inSize(i))
	}
	for i := range net.Outputs {
		differs(arg(net.Outputs, i, "y"), net.outSize(i))
	}
	conds = append(conds, jen.Id("weights").Op("!=").Nil().Op("&&").Len(jen.Id("weights")).Op("!=").
		Add(net.weighted(jen.Id("n"))))
	return append([]jen.Code{
		f.local("n").Op(":=").Len(jen.Id(arg(net.Inputs, 0, "x"))).Op("/").Add(f.qual("model", net.inSize(0))),
		jen.If(f.or(1, "if ", conds...)).Block(
			jen.Panic(quoted(net.Name + "train: " + fn + ": lengths of inputs, targets and weights disagree"))),
	}, net.checkFitted(f, fn)...)
}

// slices yields rows [from, to) of each array of a batch; from is nil for 0.
func (net *Network) slices(f *file, from, to *jen.Statement) []jen.Code {
	var all []jen.Code
	cut := func(name, size string) {
		lo, hi := &jen.Statement{}, to.Clone()
		if from != nil {
			lo, hi = from.Clone().Op("*").Add(f.qual("model", size)), jen.Parens(to.Clone())
		}
		all = append(all, jen.Id(name).Index(lo.Op(":").Add(hi).Op("*").Add(f.qual("model", size))))
	}
	for i := range net.Inputs {
		cut(arg(net.Inputs, i, "x"), net.inSize(i))
	}
	for i := range net.Outputs {
		cut(arg(net.Outputs, i, "y"), net.outSize(i))
	}
	first, last := jen.Lit(0), net.weighted(to)
	if from != nil {
		first = net.weighted(from)
		if net.Steps > 1 {
			last = net.weighted(jen.Parens(to.Clone()))
		}
	}
	return append(all, f.qual("fit", "Cut").Call(jen.Id("weights"), first, last))
}

// weighted yields the number of weights of n examples, each of one step or of several.
func (net *Network) weighted(n *jen.Statement) *jen.Statement {
	if net.Steps == 1 {
		return n.Clone()
	}
	return n.Clone().Op("*").Lit(net.Steps)
}

// addPart yields the sum of gradients, of which workers share out the elements. A copy of the runtime does without a
// kernel where the batches of the spec are one piece, so that only a caller's own, larger ones come here:
//
//	sum := mem.Flat(&t.grads)
//	for i, v := range mem.Flat(&t.part) {
//		sum[i] += v
//	}
func (net *Network) addPart(f *file, grads, part *jen.Statement) []jen.Code {
	switch {
	case net.workers() && !net.chunked():
		return one(run(workerCount(net.Train.Work.Add), "addPart"))
	case net.Train.Whole && net.Runtime == net.ImportPath+"/internal":
		return []jen.Code{
			f.local("sum").Op(":=").Add(grads),
			jen.For(f.local("i").Op(",").Add(f.local("v")).Op(":=").Range().Add(part)).Block(
				jen.Id("sum").Index(jen.Id("i")).Op("+=").Id("v")),
		}
	}
	return one(f.qual("vec", "Add").Call(grads, grads, part))
}

// emitPass writes the method that runs a function of the plan with losses, in a workspace of the Trainer.
func (net *Network) emitPass(f *file, fn *plan.Func, space, doc string, h function) {
	if fn.Workers {
		net.emitShared(f, fn, space, doc, h)
		return
	}
	p := printer{f: f, fn: fn}
	h.recv, h.of, h.name, h.results = "t", "Trainer", fn.Name, []field{vars(jen.Float64(), "sum")}
	given := slices.ContainsFunc(h.params, func(p field) bool { return slices.Contains(p.names, "scale") })
	write := func(doc string, h function, all []plan.Paragraph) {
		body := net.byLanes(f, fn)
		if !given && plan.UsesScale(all) {
			body = append(body, jen.Const().Add(f.local("scale")).Op("=").Lit(1))
		}
		if plan.UsesMemory(all, plan.Parameter) {
			body = append(body, f.local("p").Op(":=").Op("&").Id("t").Dot("Weights"))
		}
		if plan.UsesMemory(all, plan.Slot) {
			body = append(body, f.local("a").Op(":=").Op("&").Id("t").Dot(space))
		}
		body = append(append(body, jen.Line()), p.paragraphs(all)...)
		f.function(doc, h, append(body, jen.Return(jen.Id("sum")))...)
	}
	all := passPieces(fn)
	if len(all) == 1 {
		write(doc, h, all[0])
		return
	}
	calls := net.byLanes(f, fn)
	for i := range all {
		calls = append(calls, jen.Id("sum").Op("=").Add(h.callPiece(i, "sum")))
	}
	f.function(doc, h, append(calls, jen.Return(jen.Id("sum")))...)
	// A piece goes on with the sum of the losses before it, so that losses are added in the same order however a pass
	// is cut.
	piece := h
	piece.params, piece.results = append([]field{vars(jen.Float64(), "sum")}, h.params...), []field{vars(jen.Float64())}
	for i, paragraphs := range all {
		piece.name = pieceName(h.name, i)
		write(pieceDoc(h.name, i, len(all)), piece, paragraphs)
	}
}

// emitEvaluate writes the forward pass as in inference, with losses.
func (net *Network) emitEvaluate(f *file) {
	f.workspace("evaluateSpace", "of a batch as in inference", net.Plan.Evaluate, "Batch")
	net.emitPass(f, net.Plan.Evaluate, "evalActs",
		"evaluate computes the outputs of n ≤ Batch examples as in inference, and returns their summed loss."+
			net.unfoldedNote(),
		function{params: []field{vars(jen.Int(), "n"), vars(floats(), append(net.batch().names, net.outs().names...)...)}})
}

// unfoldedNote says how an evaluation differs from predictions with folded norms.
func (net *Network) unfoldedNote() string {
	if !net.Plan.One.Folded() {
		return ""
	}
	return " Norms that Predict has in the weights of the layers before them are computed by themselves, which " +
		"rounds otherwise."
}

// batch returns the parameters of a function that takes a batch: inputs, targets, weights of the examples.
func (net *Network) batch() field {
	var names []string
	for i := range net.Inputs {
		names = append(names, arg(net.Inputs, i, "x"))
	}
	for i := range net.Outputs {
		names = append(names, arg(net.Outputs, i, "y"))
	}
	return vars(floats(), append(names, "weights")...)
}

// outs returns the parameters that take what the outputs are.
func (net *Network) outs() field {
	var names []string
	for i := range net.Outputs {
		names = append(names, arg(net.Outputs, i, "out"))
	}
	return vars(floats(), names...)
}

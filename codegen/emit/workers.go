package emit

import (
	"fmt"
	"strconv"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/plan"
)

// What of a training package several workers share: the phases of a gradient and of an evaluation, the sum of the
// gradients of pieces, penalties and the update. See package workers of the runtime, and ir.Graph.Phases.

// workers tells whether several workers share the training.
func (net *Network) workers() bool { return net.Plan.Gradient != nil && net.Plan.Gradient.Workers }

// run yields t.team.Run(t, count, (*Trainer).update).
func run(count jen.Code, method string) *jen.Statement {
	return jen.Id("t").Dot("team").Dot("Run").Call(jen.Id("t"), count, jen.Parens(jen.Op("*").Id("Trainer")).Dot(method))
}

// workerCount yields t.team.Count(t.Workers, 1626272).
func workerCount(work int64) *jen.Statement {
	return jen.Id("t").Dot("team").Dot("Count").Call(jen.Id("t").Dot("Workers"), wide(work))
}

// wide yields a whole number of 64 bits.
func wide(n int64) *jen.Statement { return jen.Id(strconv.FormatInt(n, 10)) }

// share is a method that does a worker's share.
func (net *Network) share(f *file, name string) function {
	return function{recv: "t", of: "Trainer", name: name, params: []field{vars(f.qual("workers", "Share"), "s")}}
}

// emitPiece writes what the workers of a piece share:
//
//	type piece struct {
//		n, first int
//		…
//	}
func (net *Network) emitPiece(f *file) {
	members := []member{
		{name: "n", typ: jen.Int()},
		{name: "first", typ: jen.Int(), note: "number of its first example in the batch"},
	}
	for _, name := range append(net.batch().names, net.outs().names...) {
		members = append(members, member{name: name, typ: floats()})
	}
	members = append(members,
		member{name: "scale", typ: jen.Float32()},
		member{name: "g", typ: jen.Op("*").Add(f.qual("model", "Params"))},
		member{name: "sum", typ: jen.Float64(), note: "of the losses"})
	f.structure("piece is what workers share: some examples of a batch.", "piece", members...)
}

// emitShared writes the method that has workers run a function of the plan, and one for each of its phases:
//
//	t.piece = piece{n: n, first: first, x: x, y: y, weights: weights, scale: scale, g: g}
//	count := t.count(n, 19392)
//	t.team.Run(t, count, (*Trainer).gradientPhase1)
//	t.team.Run(t, count, (*Trainer).gradientPhase2)
//	sum := t.piece.sum
//	t.piece = piece{}
//	return sum
//
// Where just the steps that count have rows, all is done again if it turns out that others might have changed a bit:
//
//	t.steps.Take(n, 16, x, y, weights, mem.Flat(&t.Weights.Params), scale)
//	for again := true; again; again = t.steps.Again(mem.Flat(g)) {
//		t.piece = piece{n: n, first: first, x: x, y: y, weights: weights, scale: scale, g: g}
//		t.team.Run(t, count, (*Trainer).gradientPhase1)
//		t.team.Run(t, count, (*Trainer).gradientPhase2)
//	}
func (net *Network) emitShared(f *file, fn *plan.Func, space, doc string, h function) {
	h.recv, h.of, h.name, h.results = "t", "Trainer", fn.Name, []field{vars(jen.Float64())}
	var given []jen.Code
	width := 0
	for _, name := range namesOf(h.params) {
		given = append(given, jen.Id(name).Op(":").Id(name))
		width += 2*len(name) + len(": , ")
	}
	value := jen.Id("piece").Values(given...)
	if width > 90 {
		value = jen.Id("piece").Add(block(given...))
	}
	work := net.Train.Work.Evaluate
	if fn == net.Plan.Gradient {
		work = net.Train.Work.Gradient
	}
	count := f.local("count")
	begin, body := jen.Id("t").Dot("piece").Op("=").Add(value), []jen.Code(nil)
	counted := count.Clone().Op(":=").Id("t").Dot("count").Call(jen.Id("n"), wide(work))
	phases := fn.Phases()
	name := func(i int) string { return fmt.Sprintf("%sPhase%d", fn.Name, i+1) }
	for i := range phases {
		body = append(body, run(count, name(i)))
	}
	if fn.Counted > 0 {
		again, steps := f.local("again"), jen.Id("t").Dot("steps")
		body = []jen.Code{counted,
			steps.Clone().Dot("Take").Call(jen.Id("n"), jen.Lit(fn.Counted), jen.Id("x"), jen.Id("y"), jen.Id("weights"),
				f.flat(jen.Op("&").Id("t").Dot("Weights").Dot("Params")), jen.Id("scale")),
			jen.For(again.Clone().Op(":=").True(), again, again.Clone().Op("=").Add(steps).Dot("Again").
				Call(f.flat(jen.Id("g")))).Block(append([]jen.Code{begin}, body...)...)}
	} else {
		body = append([]jen.Code{begin, counted}, body...)
	}
	f.function(doc, h, append(body,
		f.local("sum").Op(":=").Id("t").Dot("piece").Dot("sum"),
		jen.Id("t").Dot("piece").Op("=").Id("piece").Values(),
		jen.Return(jen.Id("sum")))...)
	for i, p := range phases {
		net.emitPhase(f, fn, space, name(i), p)
	}
}

// emitPhase writes the method that does a worker's share of a phase, in pieces if it is long.
func (net *Network) emitPhase(f *file, fn *plan.Func, space, name string, phase []plan.Paragraph) {
	p := printer{f: f, fn: fn}
	rows := phase[0].Phase()%2 == 0
	doc := fmt.Sprintf("%s does a worker's share of what %s sums over the examples of a piece.", name, fn.Name)
	if rows {
		doc = fmt.Sprintf("%s takes a worker's share of the examples of a piece through %s.", name, fn.Name)
	}
	h := net.share(f, name)
	write := func(doc string, h function, all []plan.Paragraph) {
		f.function(doc, h, append(append(net.phaseHead(f, fn, space, all, rows), jen.Line()), p.paragraphs(all)...)...)
	}
	all := pieces(phase, func(p plan.Paragraph) int { return 1 + len(p.Stmts()) })
	if len(all) == 1 {
		write(doc, h, all[0])
		return
	}
	var calls []jen.Code
	for i := range all {
		calls = append(calls, h.callPiece(i))
	}
	f.function(doc, h, calls...)
	for i, paragraphs := range all {
		part := h
		part.name = pieceName(name, i)
		write(pieceDoc(name, i, len(all)), part, paragraphs)
	}
}

// phaseHead yields the variables of a phase: where it shares out examples
//
//	c, p, a := &t.piece, &t.Weights, &t.acts
//	lo, hi := s.Range(c.n, 1)
//	n := hi - lo
//	if n == 0 {
//		return
//	}
//	x := c.x[lo*digits.InputSize : hi*digits.InputSize]
//
// and else those of all examples.
func (net *Network) phaseHead(f *file, fn *plan.Func, space string, all []plan.Paragraph, rows bool) []jen.Code {
	c := func(name string) *jen.Statement { return jen.Id("c").Dot(name) }
	if fn.Counted > 0 {
		return net.countedHead(f, fn, space, all, rows)
	}
	var names, values []jen.Code
	local := func(name string, value jen.Code) {
		names, values = append(names, f.local(name)), append(values, value)
	}
	var ports []jen.Code
	port := func(mem plan.Memory, i int, name, size string) {
		if !plan.Uses(all, func(a plan.Arg) bool { s, ok := a.(plan.Span); return ok && s.Mem == mem && s.Port == i }) {
			return
		}
		value := c(name)
		if rows {
			value.Index(jen.Id("lo").Op("*").Add(f.qual("model", size)).Op(":").Id("hi").Op("*").Add(f.qual("model", size)))
		}
		ports = append(ports, f.local(name).Op(":=").Add(value))
	}
	for i := range net.Inputs {
		port(plan.Input, i, arg(net.Inputs, i, "x"), net.inSize(i))
	}
	for i := range net.Outputs {
		port(plan.Target, i, arg(net.Outputs, i, "y"), net.outSize(i))
	}
	for i := range net.Outputs {
		port(plan.Output, i, arg(net.Outputs, i, "out"), net.outSize(i))
	}
	if plan.UsesMemory(all, plan.RowWeights) {
		value := c("weights")
		if rows {
			value = f.qual("fit", "Cut").Call(value, net.weighted(jen.Id("lo")), net.weighted(jen.Id("hi")))
		}
		ports = append(ports, f.local("weights").Op(":=").Add(value))
	}
	counts := plan.Uses(all, func(a plan.Arg) bool {
		if _, ok := a.(plan.Count); ok {
			return true
		}
		s, ok := a.(plan.Span)
		return ok && s.PerRow && (s.Part == 0 || s.Open)
	})
	first := plan.Uses(all, func(a plan.Arg) bool { _, ok := a.(plan.FirstElement); return ok })
	sums := plan.Summed(all)
	gradients := plan.UsesMemory(all, plan.Gradient)
	scale := plan.UsesScale(all)
	if rows || ports != nil || counts || sums || scale && fn == net.Plan.Gradient {
		local("c", jen.Op("&").Id("t").Dot("piece"))
	}
	if plan.UsesMemory(all, plan.Parameter) {
		local("p", jen.Op("&").Id("t").Dot("Weights"))
	}
	if plan.UsesMemory(all, plan.Slot) {
		local("a", jen.Op("&").Id("t").Dot(space))
	}
	if gradients {
		local("g", jen.Id("t").Dot("piece").Dot("g"))
	}
	body := []jen.Code{jen.List(names...).Op(":=").List(values...)}
	if names == nil {
		body = nil
	}
	switch {
	case rows:
		f.locals["lo"], f.locals["hi"], f.locals["n"] = true, true, true
		body = append(body,
			jen.List(jen.Id("lo"), jen.Id("hi")).Op(":=").Id("s").Dot("Range").Call(c("n"), jen.Lit(1)),
			jen.Id("n").Op(":=").Id("hi").Op("-").Id("lo"),
			jen.If(jen.Id("n").Op("==").Lit(0)).Block(jen.Return()))
		if first {
			body = append(body, f.local("first").Op(":=").Add(c("first")).Op("+").Id("lo"))
		}
	case counts:
		body = append(body, f.local("n").Op(":=").Add(c("n")))
	}
	body = append(body, ports...)
	switch {
	case scale && fn == net.Plan.Gradient:
		body = append(body, f.local("scale").Op(":=").Add(c("scale")))
	case scale:
		body = append(body, jen.Const().Add(f.local("scale")).Op("=").Lit(1))
	}
	return body
}

// countedHead is phaseHead where rows are those of the steps that count: where it shares out examples
//
//	c, p, a := &t.piece, &t.Weights, &t.acts
//	from, to := s.Range(c.n, 1)
//	steps, lo, hi := t.steps.Of(from, to)
//	n := hi - lo
//	if n == 0 {
//		return
//	}
//	first := c.first + from
//	x := t.steps.X[lo:hi]
//	y := t.steps.Y[lo*27 : hi*27]
//	weights := fit.Cut(t.steps.W, lo, hi)
//	scale := c.scale
//
// and else
//
//	c, a, g := &t.piece, &t.acts, t.piece.g
//	n := t.steps.Rows()
//	steps := t.steps.Counts
func (net *Network) countedHead(f *file, fn *plan.Func, space string, all []plan.Paragraph, rows bool) []jen.Code {
	uses := func(wanted func(plan.Arg) bool) bool { return plan.Uses(all, wanted) }
	c := func(name string) *jen.Statement { return jen.Id("c").Dot(name) }
	steps := func(name string) *jen.Statement { return jen.Id("t").Dot("steps").Dot(name) }
	var names, values, body []jen.Code
	local := func(name string, value jen.Code) {
		names, values = append(names, f.local(name)), append(values, value)
	}
	scale, sums := plan.UsesScale(all), plan.Summed(all)
	if rows || sums || scale {
		local("c", jen.Op("&").Id("t").Dot("piece"))
	}
	if plan.UsesMemory(all, plan.Parameter) {
		local("p", jen.Op("&").Id("t").Dot("Weights"))
	}
	if plan.UsesMemory(all, plan.Slot) {
		local("a", jen.Op("&").Id("t").Dot(space))
	}
	if plan.UsesMemory(all, plan.Gradient) {
		local("g", jen.Id("t").Dot("piece").Dot("g"))
	}
	if names != nil {
		body = append(body, jen.List(names...).Op(":=").List(values...))
	}
	counts := uses(func(a plan.Arg) bool { _, ok := a.(plan.Counts); return ok })
	if rows {
		count := jen.Id("_")
		if counts {
			count = f.local("steps")
		}
		from, to, lo, hi, n := f.local("from"), f.local("to"), f.local("lo"), f.local("hi"), f.local("n")
		body = append(body,
			jen.List(from, to).Op(":=").Id("s").Dot("Range").Call(c("n"), jen.Lit(1)),
			jen.List(count, lo, hi).Op(":=").Add(steps("Of")).Call(from, to),
			n.Clone().Op(":=").Add(hi).Op("-").Add(lo),
			jen.If(n.Clone().Op("==").Lit(0)).Block(jen.Return()))
		if uses(func(a plan.Arg) bool { _, ok := a.(plan.FirstElement); return ok }) {
			body = append(body, f.local("first").Op(":=").Add(c("first")).Op("+").Add(from))
		}
	} else {
		body = append(body, f.local("n").Op(":=").Add(steps("Rows")).Call())
		if counts {
			body = append(body, f.local("steps").Op(":=").Add(steps("Counts")))
		}
	}
	port := func(mem plan.Memory, name, from string) {
		if !plan.UsesMemory(all, mem) {
			return
		}
		value, width := steps(from), fn.StepWidth(mem)
		switch {
		case rows && mem == plan.RowWeights:
			value = f.qual("fit", "Cut").Call(value, jen.Id("lo"), jen.Id("hi"))
		case rows:
			value.Index(times(word("lo"), width).head.Op(":").Add(times(word("hi"), width).head))
		}
		body = append(body, f.local(name).Op(":=").Add(value))
	}
	port(plan.Input, "x", "X")
	port(plan.Target, "y", "Y")
	port(plan.RowWeights, "weights", "W")
	if scale {
		body = append(body, f.local("scale").Op(":=").Add(c("scale")))
	}
	return body
}

// emitSharedApply writes the update of the parameters, of which workers share out the elements:
//
//	func (t *Trainer) Apply() {
//		t.step++
//		t.team.Run(t, t.team.Count(t.Workers, 1626272), (*Trainer).update)
//	}
//
//	func (t *Trainer) update(s workers.Share) {
//		w, g := mem.Flat(&t.Weights.Params), mem.Flat(&t.grads)
//		lo, hi := s.Range(len(w), 16)
//		optim.Adam{…}.Step(w[lo:hi], g[lo:hi], mem.Flat(&t.m)[lo:hi], mem.Flat(&t.v)[lo:hi], t.step, t.LR, 1)
//	}
func (net *Network) emitSharedApply(f *file) {
	t := net.Train
	body := []jen.Code{jen.Id("t").Dot("step").Op("++")}
	if t.ClipValue > 0 || t.ClipNorm > 0 || net.factored() {
		body = append(body, f.local("g").Op(":=").Id("t").Dot("Gradients").Call())
	}
	if t.ClipValue > 0 {
		body = append(body, net.clipValue(f, jen.Id("g")))
	}
	scale := whole(1)
	if t.ClipNorm > 0 {
		body = append(body, jen.Id("t").Dot("clip").Op("=").Add(net.clipScale(f, word("g")).head))
		scale = selector("t", "clip")
	}
	if net.factored() { // one worker updates each stretch with its own rate
		body = append(body, f.local("w").Op(":=").Add(f.qual("mem", "Flat")).
			Call(jen.Op("&").Id("t").Dot("Weights").Dot("Params")))
		body = append(body, net.updates(f, scale)...)
	} else {
		body = append(body, run(workerCount(t.Work.Update), "update"))
	}
	body = append(body, net.maxNorms(f)...)
	f.function("Apply updates the parameters by the gradients. It does not allocate.",
		function{recv: "t", of: "Trainer", name: "Apply"}, body...)
	if !net.factored() {
		net.emitSharedUpdate(f, scale)
	}
	if net.chunked() {
		return
	}
	f.function("addPart adds a worker's share of the gradients of a piece to those of the pieces before it.",
		net.share(f, "addPart"),
		jen.List(f.local("w"), f.local("g")).Op(":=").List(
			f.flat(jen.Op("&").Id("t").Dot("part")),
			f.flat(jen.Op("&").Id("t").Dot("grads"))),
		f.rangeOf("g"),
		f.qual("vec", "Add").Call(ranged("g"), ranged("g"), ranged("w")))
}

// emitSharedUpdate writes a worker's share of the update, with the factor that clips the gradients.
func (net *Network) emitSharedUpdate(f *file, scale expr) {
	f.function("update does a worker's share of the update of the parameters.", net.share(f, "update"),
		jen.List(f.local("w"), f.local("g")).Op(":=").List(
			f.flat(jen.Op("&").Id("t").Dot("Weights").Dot("Params")),
			f.flat(jen.Op("&").Id("t").Dot("grads"))),
		f.rangeOf("w"),
		net.update(f, scale, true))
}

// rangeOf yields lo, hi := s.Range(len(g), 16): whole vectors.
func (f *file) rangeOf(x string) *jen.Statement {
	return jen.List(f.local("lo"), f.local("hi")).Op(":=").Id("s").Dot("Range").Call(jen.Len(jen.Id(x)), jen.Lit(16))
}

// ranged yields g[lo:hi].
func ranged(x string) *jen.Statement { return jen.Id(x).Index(jen.Id("lo").Op(":").Id("hi")) }

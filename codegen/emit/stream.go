package emit

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/ir"
)

// emitStream writes what runs the network step by step.
func (net *Network) emitStream(f *file) {
	counted := net.emitState(f)
	net.emitStep(f, counted)
	if !net.Tiny {
		net.emitStepBlock(f, counted)
	}
	net.emitSaveState(f)
	emitGeometries(f, net.Plan.StepGeometries)
	f.workspace("stepspace", "of one step", net.Plan.Step, "")
	if block := net.Plan.Block; block != nil {
		f.workspace("blockspace", "of a block of steps", block, "blockRows")
		if len(block.Graph.Slots) > 0 {
			f.pool("blockspaces", "blockspace")
		}
		params := append([]field{vars(jen.Op("*").Id("Model"), "m"), vars(jen.Int(), "n")}, net.ports(false)...)
		if len(block.Graph.Slots) > 0 {
			params = append(params, vars(jen.Op("*").Id("blockspace"), "a"))
		}
		f.pass(block, "computes the outputs after each of n ≤ blockRows further steps.",
			function{recv: "s", of: "State", name: "block", params: params}, nil)
	}
}

// emitStepBlock writes StepBlock, which takes many steps in pieces, and a few one by one; or all of them, where the
// network has no form for some at once.
//
//	func (s *State) StepBlock(m *Model, x, y []float32) {
//		n := len(x) / StepInputSize
//		…
//		if n >= 3 {
//			a := blockspaces.Get().(*blockspace)
//			for n >= 3 {
//				r := min(n, blockRows)
//				s.block(m, r, x[:r*StepInputSize], y[:r*StepOutputSize], a)
//				s.steps += int32(r)
//				x = x[r*StepInputSize:]
//				y = y[r*StepOutputSize:]
//				n -= r
//			}
//			blockspaces.Put(a)
//		}
//		for i := range n {
//			s.Step(m, (*[StepInputSize]float32)(x[i*StepInputSize:]), (*[StepOutputSize]float32)(y[i*StepOutputSize:]))
//		}
//	}
func (net *Network) emitStepBlock(f *file, counted int) {
	block, n, r, a := net.Plan.Block, f.local("n"), f.local("r"), f.local("a")
	first := net.inputs()[0]
	doc := "StepBlock takes len(" + first.name + ")/Step" + first.size + " more steps of a sequence, stored one after " +
		"another, and computes the outputs after each: what as many calls of Step do, with their bits, in less time. " +
		"Outputs may not overlap inputs. It does not allocate in the steady state. It panics if the lengths do not " +
		"agree, and where Step does, before it takes a step."
	body := together(one(jen.Add(n).Op(":=").Len(jen.Id(first.name)).Op("/").Id("Step"+first.size)),
		net.checkRows(f, "State.StepBlock", "Step"))
	steps := jen.Id("s").Dot("steps")
	if net.Plan.Step.Bounded() {
		body = append(body, jen.If(jen.Add(n).Op(">").Lit(counted).Op("-").Int().Call(steps)).Block(
			jen.Panic(quoted(net.Name+": State.StepBlock: more steps than are left; see Reset"))))
	}
	args := ids("m")
	for _, p := range append(net.inputs(), net.outputs()...) {
		args = append(args, jen.Parens(jen.Op("*").Add(array("Step"+p.size))).
			Call(behind(p.name, jen.Id("i").Op("*").Id("Step"+p.size))))
	}
	single := jen.For(f.local("i").Op(":=").Range().Add(n)).Block(f.call(2, "", jen.Id("s").Dot("Step"), args...))
	h := function{recv: "s", of: "State", name: "StepBlock",
		params: append([]field{vars(jen.Op("*").Id("Model"), "m")}, net.ports(false)...)}
	if block == nil {
		f.function(doc, h, append(body, single)...)
		return
	}
	f.constant("blockRows is the number of steps that StepBlock works off at a time.", "blockRows",
		jen.Lit(net.Plan.BlockRows))
	piece, next := []jen.Code{jen.Id("m"), r}, []jen.Code(nil)
	for _, p := range append(net.inputs(), net.outputs()...) {
		at := jen.Add(r).Op("*").Id("Step" + p.size)
		piece = append(piece, upTo(p.name, at))
		next = append(next, jen.Id(p.name).Op("=").Add(behind(p.name, at)))
	}
	var many, done []jen.Code
	if len(block.Graph.Slots) > 0 {
		many = append(many, jen.Add(a).Op(":=").Id("blockspaces").Dot("Get").Call().Assert(jen.Op("*").Id("blockspace")))
		piece, done = append(piece, a), one(jen.Id("blockspaces").Dot("Put").Call(a))
	}
	count := jen.Add(steps).Op("=").Lit(1)
	if net.Plan.Step.Bounded() {
		count = jen.Add(steps).Op("+=").Int32().Call(r)
	}
	loop := one(jen.Add(r).Op(":=").Min(n, jen.Id("blockRows")), f.call(3, "", jen.Id("s").Dot("block"), piece...), count)
	least := jen.Add(n).Op(">=").Lit(net.Plan.LeastBlock)
	many = together(many, one(jen.For(least).Block(together(loop, next, one(jen.Add(n).Op("-=").Add(r)))...)), done)
	if len(block.Graph.Slots) > 0 {
		many = one(jen.If(least.Clone()).Block(many...))
	}
	f.function(doc, h, together(body, many, one(single))...)
}

// emitState writes the sizes of a step and the state. It returns the number up to which steps are counted.
func (net *Network) emitState(f *file) (counted int) {
	step := net.Plan.Step
	in, out := step.Sizes()
	var sizes []jen.Code
	size := func(name string, n int, p Port) {
		f.pkg.declare("", name, p.origin())
		sizes = append(sizes, jen.Id(name).Op("=").Lit(n))
	}
	for i, p := range net.Inputs {
		size("Step"+net.inSize(i), in[i], p)
	}
	for i, p := range net.Outputs {
		size("Step"+net.outSize(i), out[i], p)
	}
	f.declare("Sizes, in elements of one step.", jen.Const().Defs(sizes...))

	counted = 1
	what := "1 once one has been taken"
	if step.Bounded() {
		counted = step.Graph.Stream
		what = fmt.Sprintf("taken so far, at most %d", counted)
	}
	var members []member
	for _, p := range step.CarriedParams() {
		members = append(members, member{name: lower(p.Ident), typ: sized(product(p.Shape)), origin: paramOrigin(p)})
	}
	// Behind the arrays, which then begin as the State does: at a cache line, if that is on the heap.
	members = append(members, member{name: "steps", typ: jen.Int32(), note: what})
	f.structure("State is what the network remembers between the steps of a sequence: a plain value, which may be "+
		"copied, compared\n"+
		"and saved. It belongs to one goroutine at a time. The zero State is the start of a sequence.", "State", members...)
	f.fixed("State.Reset")
	return counted
}

// emitStep writes Step, which counts steps up to a number.
func (net *Network) emitStep(f *file, counted int) {
	params := []field{vars(jen.Op("*").Id("Model"), "m")}
	if net.Tiny {
		params = []field{vars(jen.Op("*").Id("StepWorkspace"), "a")}
	}
	for _, p := range append(net.inputs(), net.outputs()...) {
		params = append(params, vars(pointer("Step"+p.size), p.name))
	}
	steps := jen.Id("s").Dot("steps")
	doc := "Step takes one more step of a sequence and computes the outputs after it, with the bits of Predict on all " +
		"steps up\n" +
		"to it. It does not allocate in the steady state." + net.panicsDoc()
	var body, done []jen.Code
	count := jen.Add(steps).Op("=").Lit(1)
	if !net.Tiny {
		body = net.checkModel("State.Step")
	}
	body = append(body, net.checkTokens(f, net.Name+": State.Step", true)...)
	body = append(body, net.madeStep(f)...)
	if net.Plan.Step.Bounded() {
		doc += fmt.Sprintf(" It panics after step %d, the last for which the network\nhas numbers.", counted)
		body = append(body, jen.If(jen.Add(steps).Op("==").Lit(counted)).Block(
			jen.Panic(quoted(net.Name+": State.Step: no step is left; see Reset"))))
		count = jen.Add(steps).Op("++")
	}
	switch a, fn := f.local("a"), net.Plan.Step; {
	case net.Tiny, len(fn.Graph.Slots) == 0:
	case fn.Local():
		body = append(body, jen.Var().Add(a).Id("stepspace"), jen.Line())
	default:
		f.pool("stepspaces", "stepspace")
		body = append(body, jen.Add(a).Op(":=").Id("stepspaces").Dot("Get").Call().Assert(jen.Op("*").Id("stepspace")),
			jen.Line())
		done = []jen.Code{jen.Id("stepspaces").Dot("Put").Call(a)}
	}
	p, h := printer{f: f, fn: net.Plan.Step}, function{recv: "s", of: "State", name: "Step", params: params}
	if net.Tiny && !net.trained() {
		f.function(doc, h, net.noWeights("Step"))
		return
	}
	f.function(doc, h,
		together(body, p.paragraphs(p.fn.Paragraphs), one(jen.Line(), count), done)...)
}

// emitSaveState writes what turns a state into bytes and back.
func (net *Network) emitSaveState(f *file) {
	limit := 1
	if step := net.Plan.Step; step.Bounded() {
		limit = step.Graph.Stream
	}
	f.fixed("State.MarshalBinary")
	read, steps, err, first := f.local("read"), f.local("steps"), f.local("err"), f.local("steps").Index(jen.Lit(0))
	f.function("UnmarshalBinary sets the state to what MarshalBinary returned. It is an error if that belongs to "+
		"another network or\n"+
		"was cut short; the state is then left as it was.",
		function{recv: "s", of: "State", name: "UnmarshalBinary", params: []field{vars(jen.Index().Byte(), "b")},
			results: []field{vars(jen.Error())}},
		jen.Var().Add(read).Id("State"),
		jen.Var().Add(steps).Index(jen.Lit(1)).Float32(),
		jen.If(jen.Add(err).Op(":=").Add(f.qual("safetensors", "Load")).Call(jen.Id("b"),
			quoted("state"), jen.Id("SpecSum"),
			jen.Id("read").Dot("tensors").Call(jen.Op("&").Add(steps))),
			jen.Add(err).Op("!=").Nil()).Block(jen.Return(err)),
		jen.If(jen.Op("!").Parens(jen.Add(first).Op(">=").Lit(0).Op("&&").Add(first).Op("<=").Lit(limit)).Op("||").
			Add(first).Op("!=").Float32().Call(jen.Int32().Call(first))).Block(
			jen.Return(f.qual("errors", "New").Call(quoted(fmt.Sprintf("%s: a state whose number of steps is no whole number "+
				"from 0 to %d", net.Name, limit))))),
		jen.Id("read").Dot("steps").Op("=").Int32().Call(first),
		jen.Op("*").Id("s").Op("=").Add(read),
		jen.Return(jen.Nil()))
	rows := one(jen.Values(jen.Id("Name").Op(":").Add(quoted("steps")),
		jen.Id("Shape").Op(":").Index().Int().Values(jen.Lit(1)), jen.Id("Data").Op(":").Id("steps").Index(jen.Op(":"))))
	rows = append(rows, net.tensors(f, net.Plan.Step.CarriedParams(),
		func(p *ir.Param) expr { return selector("s", lower(p.Ident)) })...)
	f.function("tensors lists the arrays of a state, with the number of its steps.",
		function{recv: "s", of: "State", name: "tensors",
			params:  []field{vars(jen.Op("*").Index(jen.Lit(1)).Float32(), "steps")},
			results: []field{vars(jen.Index().Id("Tensor"))}},
		jen.Return(jen.Index().Id("Tensor").Add(block(rows...))))
}

// stepPorts yields the variables for the results of step k of an example, the comparisons of each with the prediction,
// and the arguments of the step.
func (net *Network) stepPorts(f *file, k *jen.Statement) (results, checks, args []jen.Code) {
	in, out := net.Plan.Step.Sizes()
	steps, t := net.Plan.Step.Graph.Stream, jen.Id("t")
	for i, p := range net.Outputs {
		y := net.outputs()[i]
		size, step := jen.Id("Step"+y.size), f.local("step"+upper(y.name))
		results = append(results, jen.Var().Add(step).Add(array("Step"+y.size)))
		if p.Shape.Size() != steps*out[i] {
			checks = append(checks, jen.If(jen.Add(k).Op("==").Lit(steps-1)).Block(
				f.qual("golden", "SameBits").Call(t, quoted(y.tensor), jen.Lit(0), jen.Add(step).Index(jen.Op(":")), all(y.name))))
			continue
		}
		at := jen.Add(k).Op("*").Add(size)
		checks = append(checks, f.call(3, "", f.qual("golden", "SameBits"), t, quoted(y.tensor), at,
			jen.Add(step).Index(jen.Op(":")),
			behind(y.name, at).Index(jen.Op(":").Add(size))))
	}
	for i, p := range net.Inputs {
		x := net.inputs()[i]
		if p.Shape.Size() == in[i] {
			args = append(args, jen.Op("&").Id(x.name))
			continue
		}
		size := jen.Id("Step" + x.size)
		args = append(args, jen.Parens(jen.Op("*").Add(array("Step"+x.size))).
			Call(behind(x.name, jen.Add(k).Op("*").Add(size))))
	}
	for _, y := range net.outputs() {
		args = append(args, jen.Op("&").Id("step"+upper(y.name)))
	}
	return results, checks, args
}

// emitStreamTest writes the self-test of steps.
func (net *Network) emitStreamTest(f *file) {
	steps := net.Plan.Step.Graph.Stream
	k, s, b, err, before := f.local("k"), f.local("s"), f.local("b"), f.local("err"), f.local("before")
	results, checks, args := net.stepPorts(f, k)
	step := func(depth int) *jen.Statement {
		return f.call(depth, "", jen.Id("s").Dot("Step"), append(ids("m"), args...)...)
	}
	fatal := func(text string, args ...jen.Code) *jen.Statement {
		return jen.Id("t").Dot("Fatalf").Call(append(one(quoted(text)), args...)...)
	}
	restore := func(cond, what *jen.Statement) *jen.Statement {
		return jen.If(jen.Add(err).Op(":=").Id("s").Dot("UnmarshalBinary").Call(what), cond)
	}
	f.test("feeds each example step by step, and saves and restores the state on the way.",
		"TestStepsHaveTheBitsOfPredict",
		f.vectors("t", "n"),
		f.forExamples(together(net.example(f, "t", jen.Id("i")), one(net.predict(f, 2), jen.Var().Add(s).Id("State"),
			jen.For(jen.Add(k).Op(":=").Range().Lit(steps)).Block(together(results, one(step(3)), checks, one(
				jen.List(b, err).Op(":=").Id("s").Dot("MarshalBinary").Call(),
				jen.If(jen.Add(err).Op("!=").Nil()).Block(jen.Id("t").Dot("Fatal").Call(err)),
				jen.Add(before).Op(":=").Add(s),
				jen.Id("s").Dot("Reset").Call(),
				restore(jen.Add(err).Op("!=").Nil().Op("||").Add(s).Op("!=").Add(before), b.Clone()).
					Block(fatal("step %d: the state does not come back: %v", k, err)),
				restore(jen.Add(err).Op("==").Nil().Op("||").Add(s).Op("!=").Add(before),
					jen.Id("b").Index(jen.Op(":").Len(b).Op("-").Lit(1))).
					Block(fatal("step %d: a state that is cut short is taken", k)),
			))...)))...))
	f.test("counts allocations in the steady state.", "TestAStepDoesNotAllocate",
		together(one(f.vectors("t", "_")), net.example(f, "t", jen.Lit(0)), one(net.predict(f, 1)), results, one(
			jen.Var().Add(s).Id("State"),
			jen.Const().Add(k).Op("=").Lit(0),
			f.allocates(100, "Step", "!=", 0, jen.Id("s").Dot("Reset").Call(), step(0))))...)
	f.test("times one step.", "BenchmarkStep",
		together(one(f.vectors("b", "_")), net.example(f, "b", jen.Lit(0)), one(net.predict(f, 1)), results,
			one(jen.Var().Add(s).Id("State")), timed(), one(
				jen.For(f.local("i").Op(":=").Range().Id("b").Dot("N")).Block(
					jen.Add(k).Op(":=").Id("i").Op("%").Lit(steps),
					jen.If(jen.Add(k).Op("==").Lit(0)).Block(jen.Id("s").Dot("Reset").Call()),
					step(2))))...)
}

// blockSteps is the number of steps of the self-test of blocks: all that there may be, or more than two pieces of a
// block.
func (net *Network) blockSteps() int {
	p := net.Plan
	switch {
	case p.Step.Bounded():
		return p.Step.Graph.Stream
	case p.Block != nil:
		return 2*p.BlockRows + 3
	}
	return 2*p.Step.Graph.Stream + 3
}

// emitBlockTest writes the self-test of blocks of steps:
//
//	const steps = 131
//	batchX := golden.Repeat(g.Get(t, "x.years"), steps*StepInputSize)
//	batchY := make([]float32, steps*StepOutputSize)
//	aloneY := make([]float32, steps*StepOutputSize)
//	var before State
//	for k := range steps {
//		before.Step(m, (*[StepInputSize]float32)(batchX[k*StepInputSize:]), (*[StepOutputSize]float32)(aloneY[k*StepOutputSize:]))
//	}
//	for _, size := range []int{1, 5, steps} {
//		clear(batchY)
//		var s State
//		for lo := 0; lo < steps; lo += size {
//			hi := min(lo+size, steps)
//			s.StepBlock(m, batchX[lo*StepInputSize:hi*StepInputSize], batchY[lo*StepOutputSize:hi*StepOutputSize])
//		}
//		golden.SameBits(t, "y.number", 0, batchY, aloneY)
//		if s != before {
//			t.Errorf("blocks of %d steps leave another state", size)
//		}
//	}
func (net *Network) emitBlockTest(f *file) {
	steps, k, s, before := f.local("steps"), f.local("k"), f.local("s"), f.local("before")
	lo, hi, size := f.local("lo"), f.local("hi"), f.local("size")
	of := func(p port) *jen.Statement { return jen.Id("Step" + p.size) }
	sequence := func(t string) (vars []jen.Code) {
		for _, x := range net.inputs() {
			name := "batch" + upper(x.name)
			vars = append(vars, f.local(name).Op(":=").Add(f.call(1, name+" := ", f.qual("golden", "Repeat"),
				f.get(t, x.tensor), jen.Add(steps).Op("*").Add(of(x)))))
		}
		for _, y := range net.outputs() {
			vars = append(vars, f.local("batch"+upper(y.name)).Op(":=").Make(floats(), jen.Add(steps).Op("*").Add(of(y))))
		}
		return vars
	}
	single, parts, whole := ids("m"), ids("m"), ids("m")
	pointed := func(name string, p port) jen.Code {
		return jen.Parens(jen.Op("*").Add(array("Step" + p.size))).Call(behind(name, jen.Add(k).Op("*").Add(of(p))))
	}
	part := func(p port) {
		name := "batch" + upper(p.name)
		parts = append(parts, jen.Id(name).Index(jen.Add(lo).Op("*").Add(of(p)).Op(":").Add(hi).Op("*").Add(of(p))))
		whole = append(whole, jen.Id(name))
	}
	for _, x := range net.inputs() {
		single = append(single, pointed("batch"+upper(x.name), x))
		part(x)
	}
	var alone, clears, same []jen.Code
	for _, y := range net.outputs() {
		one := f.local("alone" + upper(y.name))
		alone = append(alone, one.Clone().Op(":=").Make(floats(), jen.Add(steps).Op("*").Add(of(y))))
		single = append(single, pointed("alone"+upper(y.name), y))
		part(y)
		clears = append(clears, jen.Clear(jen.Id("batch"+upper(y.name))))
		same = append(same, f.call(2, "", f.qual("golden", "SameBits"), jen.Id("t"), quoted(y.tensor), jen.Lit(0),
			jen.Id("batch"+upper(y.name)), one))
	}
	block := func(depth int, args []jen.Code) *jen.Statement {
		return f.call(depth, "", jen.Id("s").Dot("StepBlock"), args...)
	}
	count := jen.Const().Add(steps).Op("=").Lit(net.blockSteps())
	f.test("takes steps in blocks of several sizes: outputs and state have the bits of single steps.",
		"TestABlockHasTheBitsOfItsSteps",
		together(one(f.vectors("t", "_"), count), sequence("t"), alone, one(
			jen.Var().Add(before).Id("State"),
			jen.For(jen.Add(k).Op(":=").Range().Add(steps)).Block(
				f.call(2, "", jen.Id("before").Dot("Step"), single...)),
			jen.For(jen.List(jen.Id("_"), size).Op(":=").Range().Index().Int().Values(jen.Lit(1), jen.Lit(5), steps)).Block(
				together(clears, one(jen.Var().Add(s).Id("State"),
					jen.For(jen.Add(lo).Op(":=").Lit(0), jen.Add(lo).Op("<").Add(steps), jen.Add(lo).Op("+=").Add(size)).Block(
						jen.Add(hi).Op(":=").Min(jen.Add(lo).Op("+").Add(size), steps),
						block(3, parts))), same, one(
					jen.If(jen.Add(s).Op("!=").Add(before)).Block(jen.Id("t").Dot("Errorf").Call(
						quoted("blocks of %d steps leave another state"), size))))...),
			jen.Var().Add(s).Id("State"),
			f.allocates(20, "StepBlock", ">=", 1, jen.Id("s").Dot("Reset").Call(), block(0, whole))))...)
	rate := jen.Id("b").Dot("ReportMetric").Call(
		jen.Float64().Call(jen.Id("b").Dot("N")).Op("*").Add(steps).Op("/").Add(
			jen.Id("b").Dot("Elapsed").Call().Dot("Seconds").Call()), quoted("steps/s"))
	f.test("times blocks of steps.", "BenchmarkStepBlock",
		together(one(f.vectors("b", "_"), count), sequence("b"), one(jen.Var().Add(s).Id("State")), timed(),
			one(repeated(jen.Id("s").Dot("Reset").Call(), block(2, whole)), rate))...)
}

package emit

import "github.com/dave/jennifer/jen"

// emitTrainTest writes the self-test of the training package.
func (net *Network) emitTrainTest(f *file) {
	var load []jen.Code
	net.eachVector(func(tensor, name, _ string) {
		load = append(load, f.local(name).Op(":=").Add(f.get("t", tensor)))
	})
	repeat, batch := net.repeatedBatch(f, "b", jen.Id("Batch"))
	batch = append(batch, jen.Nil())
	first := load // of the test of gradients: the vectors, once for each chunk if that counts as a batch
	if net.chunked() && net.ownStatistics() {
		for _, v := range batch[:len(batch)-1] {
			x := v.(*jen.Statement)
			first = append(first[:len(first):len(first)],
				x.Clone().Op("=").Add(f.qual("golden", "Repeat")).Call(x.Clone(), jen.Id("Chunks").Op("*").Len(x.Clone())))
		}
	}
	tr := f.local("tr").Op(":=").Id("New").Call(jen.Id("Seed"))
	ready := f.local("tr").Op(":=").Add(net.ready(f, 1, "tr := "))
	net.emitReady(f)
	step := func(of string, depth int) *jen.Statement { return f.call(depth, "", jen.Id(of).Dot("Step"), batch...) }
	if !(net.chunked() && net.ownStatistics() && net.Plan.Gradient.Draws()) { // else no chunk has the masks of the vectors
		f.test("holds the loss and the gradient of every parameter against the float64\n"+
			"reference, each within the bound that was computed for it. Of large arrays the vectors hold a sample.",
			"TestGradientAgreesWithTheReference",
			together(one(f.openVectors("t")), first, one(tr,
				jen.Id("g").Dot("Weights").Call(jen.Id("t"), f.qual("model", "SpecSum"),
					jen.Id("tr").Dot("Weights").Dot("Tensors").Call(), quoted("")),
				f.local("loss").Op(":=").Add(f.call(1, "loss := ", jen.Id("tr").Dot("Gradient"), batch...)),
				jen.Id("g").Dot("Check").Call(jen.Id("t"), quoted("loss"), jen.Lit(0),
					floats().Values(jen.Float32().Call(jen.Id("loss")))),
				checkGradients(jen.Id("g")),
			))...)
		f.test("holds the gradients of whole numbers, whose sums float32 does not round, against\n"+
			"exact arithmetic, where functions such as exp leave them exact.",
			"TestWholeNumbersHaveExactGradients",
			together(one(f.openProbe("../"+probeFile, f.qual("model", "SpecSum"),
				f.qual("golden", "Gradients"))), load, one(tr,
				jen.Id("g").Dot("Fill").Call(jen.Id("t"), jen.Id("tr").Dot("Weights").Dot("Tensors").Call()),
				f.call(1, "", jen.Id("tr").Dot("Gradient"), batch...),
				jen.Id("checkGradients").Call(jen.Id("t"), jen.Id("g").Dot("Exact"), jen.Id("tr")),
			))...)
		net.emitCheckGradients(f)
	}
	net.emitPiecesTest(f)
	if !net.Plan.Gradient.Rounds() { // else no range has been moved, which an evaluation rounds in
		net.emitEvaluationTest(f)
	}
	net.emitUpdatesTest(f)
	f.test("holds samples of the initial values against those of the reference.",
		"TestInitialValuesAgreeWithTheReference", tr,
		f.qual("golden", "Open").Call(jen.Id("t"), quoted(goldenFile)).Dot("CheckInitial").Call(jen.Id("t"),
			jen.Id("tr").Dot("Weights").Dot("Tensors").Call()))
	f.test("counts allocations in the steady state.", "TestStepDoesNotAllocate",
		together(one(f.openVectors("t")), load, one(ready, f.allocates(20, "Step", "!=", 0, step("tr", 0))))...)
	f.test("times training steps of the batch of the vectors, repeated to Batch examples.", "BenchmarkStep",
		together(one(f.openVectors("b")), repeat, one(ready, f.local("n").Op(":=").Id("Batch")), timed(),
			one(repeated(step("tr", 2)), rate()))...)
	parameters := func(of string) *jen.Statement {
		return f.flat(jen.Op("&").Add(f.local(of)).Dot("Weights").Dot("Params"))
	}
	if net.workers() {
		net.emitWorkersTest(f)
	}
	if net.Train.Chunks > 1 {
		net.emitChunksTest(f, load, batch)
	}
	f.test("trains twice from one seed.", "TestTheSameSeedGivesTheSameBits",
		together(one(f.openVectors("t")), load, one(
			net.readyPair(f, "a", "b"),
			jen.For(jen.Range().Lit(3)).Block(step("a", 2), step("b", 2)),
			f.qual("golden", "SameBits").Call(jen.Id("t"), quoted("parameters"), jen.Lit(0),
				parameters("a"), parameters("b"))))...)
}

// eachVector hands out the tensors of inputs and targets in the vectors, the variables that hold them, and the
// constants of their sizes.
func (net *Network) eachVector(each func(tensor, name, size string)) {
	for _, x := range net.inputs() {
		each(x.tensor, x.name, x.size)
	}
	for i, p := range net.Outputs {
		each("t."+p.Name, arg(net.Outputs, i, "y"), net.outSize(i))
	}
}

// repeatedBatch yields variables that hold the inputs and targets of the vectors, over and over for a number of
// examples, and their names:
//
//	x := golden.Repeat(g.Get(t, "x.image"), rows*digits.InputSize)
func (net *Network) repeatedBatch(f *file, t string, rows *jen.Statement) (load, names []jen.Code) {
	net.eachVector(func(tensor, name, size string) {
		load = append(load, f.local(name).Op(":=").Add(f.call(1, name+" := ", f.qual("golden", "Repeat"),
			f.get(t, tensor), rows.Clone().Op("*").Add(f.qual("model", size)))))
		names = append(names, jen.Id(name))
	})
	return load, names
}

// ready yields a new trainer for the vectors, behind what a line begins with: New(Seed), or ready(x, y) where constants
// are fitted to them first.
func (net *Network) ready(f *file, depth int, before string) *jen.Statement {
	if net.marks() == nil {
		return jen.Id("New").Call(jen.Id("Seed"))
	}
	return f.call(depth, before, jen.Id("ready"), ids(net.fittedTo()...)...)
}

// readyPair yields two of them: one, several := New(Seed), New(Seed).
func (net *Network) readyPair(f *file, one, other string) jen.Code {
	a, b := f.local(one), f.local(other)
	if net.marks() == nil {
		return jen.List(a, b).Op(":=").List(net.ready(f, 1, ""), net.ready(f, 1, ""))
	}
	return a.Op(":=").Add(net.ready(f, 1, one+" := ")).Line().Add(b).Op(":=").Add(net.ready(f, 1, other+" := "))
}

// fittedTo names the vectors that constants are fitted to.
func (net *Network) fittedTo() (names []string) {
	if net.fitted() {
		for i := range net.Inputs {
			names = append(names, arg(net.Inputs, i, "x"))
		}
	}
	for i, ps := range net.Train.Targets {
		if ps != nil {
			names = append(names, arg(net.Outputs, i, "y"))
		}
	}
	return names
}

// emitReady writes, where constants are fitted to examples,
//
//	func ready(x, y []float32) *Trainer {
//		t := New(Seed)
//		t.FitStats(x)
//		t.FitTargets(y)
//		return t
//	}
func (net *Network) emitReady(f *file) {
	marks := net.marks()
	if marks == nil {
		return
	}
	body := one(f.local("t").Op(":=").Id("New").Call(jen.Id("Seed")))
	if net.fitted() {
		var inputs []string
		for i := range net.Inputs {
			inputs = append(inputs, arg(net.Inputs, i, "x"))
		}
		body = append(body, f.call(1, "", jen.Id("t").Dot("FitStats"), ids(inputs...)...))
	}
	for i, ps := range net.Train.Targets {
		if ps != nil {
			body = append(body, jen.Id("t").Dot(net.fitTargetsName(i)).Call(jen.Id(arg(net.Outputs, i, "y"))))
		}
	}
	f.function("ready returns a new trainer whose constants are fitted to the vectors.", function{name: "ready",
		params:  []field{vars(floats(), net.fittedTo()...)},
		results: []field{vars(jen.Op("*").Id("Trainer"))}}, append(body, jen.Return(jen.Id("t")))...)
}

// ownStatistics tells whether a training step goes by statistics of a batch, so that each piece of it has others: it
// normalises by them, or rounds numbers in a range that follows them.
func (net *Network) ownStatistics() bool { return len(net.Plan.Gradient.Moved()) > 0 }

// emitPiecesTest writes the test of a batch that is larger than a piece: of the examples of the vectors, over and over,
// whose mean loss and gradients are those of the vectors.
//
//	g := golden.Open(t, "testdata/golden.safetensors")
//	n := len(g.Get(t, "x.image")) / digits.InputSize
//	rows := (Batch/n + 1) * n
//	x := golden.Repeat(g.Get(t, "x.image"), rows*digits.InputSize)
//	…
//
//	weights := make([]float32, rows)
//	for i := range 4 {
//		copy(weights[(rows/n-1)*i/3*n:], golden.Repeat([]float32{1}, n))
//	}
//
// To a sum that is a multiple of their last place, equal terms are added with equal errors: those of m copies of a
// chain are m times those of one, where errors of other examples would be √m times as large. So only four copies have a
// weight, with terms that are not 0: the first and the last of all, which is behind the first piece, and two between.
// Four times the error is what margin, in package codegen/golden, has room for: errors that vectors count with are
// bounds of roundings, twice their deviation at least. Where all copies have to count, the bounds grow by their number:
// see golden.Vectors.Copies.
//
// Where masks are drawn, by the place in the batch, only the first of the copies have a weight. Norms over the batch
// take each piece for a batch, which has the statistics of the vectors if it holds whole copies of them; with masks
// too, it never has: each copy has masks of its own, and so has the piece statistics of its own, which the vectors
// would have to hold for a batch of that size. The same goes for ranges that numbers are rounded in, which are those of
// all examples of a piece. emitWeightlessPieceTest holds such pieces against each other, and verify against the
// reference. There is no test of either where batches are cut into chunks.
func (net *Network) emitPiecesTest(f *file) {
	drawn, norms := net.Plan.Gradient.Draws(), net.Plan.Gradient.NormsBatch()
	switch {
	case net.ownStatistics() && net.chunked():
		return
	case net.ownStatistics() && drawn:
		net.emitWeightlessPieceTest(f)
		return
	}
	x := net.inputs()[0]
	body := one(f.openVectors("t"),
		f.local("n").Op(":=").Add(f.rowsOf("n := ", x.tensor, f.qual("model", x.size))))
	if norms {
		body = append(body, jen.If(jen.Id("Batch").Op("%").Id("n").Op("!=").Lit(0)).Block(
			jen.Id("t").Dot("Skipf").Call(quoted("a piece of %d examples does not hold the %d of the vectors in whole copies"),
				jen.Id("Batch"), jen.Id("n"))))
	}
	repeat, batch := net.repeatedBatch(f, "t", jen.Id("rows"))
	body = append(append(body, f.beyond("rows", jen.Id("Batch"))), repeat...)
	copies := func() *jen.Statement { return jen.Id("rows").Op("/").Id("n") }
	weigh := func(from *jen.Statement) *jen.Statement { // the copy that begins there
		return jen.Copy(from, f.qual("golden", "Repeat").Call(floats().Values(jen.Lit(1)), net.weighted(jen.Id("n"))))
	}
	weights := f.local("weights").Op(":=").Make(floats(), net.weighted(jen.Id("rows")))
	about := "takes the examples of the vectors over and over, for more than one piece. "
	vectors := jen.Id("g")
	switch {
	case drawn:
		about += "Only\nthe first of each have a weight, since masks are drawn by the place in the batch."
		body = append(body, weights, weigh(jen.Id("weights")))
		batch = append(batch, jen.Id("weights"))
	case norms:
		about += "All\ncount, since the norms see them all."
		vectors = vectors.Dot("Copies").Call(copies())
		batch = append(batch, jen.Nil())
	default:
		about += "Four\ncopies have a weight, the first to the last: float32 rounds all alike, and the errors add up."
		body = append(body, weights, jen.For(f.local("i").Op(":=").Range().Lit(4)).Block(
			weigh(jen.Id("weights").Index(net.weighted(
				jen.Parens(copies().Op("-").Lit(1)).Op("*").Id("i").Op("/").Lit(3).Op("*").Id("n")).Op(":")))))
		batch = append(batch, jen.Id("weights"))
	}
	f.test(about, "TestGradientOfPiecesAgreesWithTheReference", together(body, one(
		f.local("tr").Op(":=").Id("New").Call(jen.Id("Seed")),
		jen.Id("g").Dot("Weights").Call(jen.Id("t"), f.qual("model", "SpecSum"),
			jen.Id("tr").Dot("Weights").Dot("Tensors").Call(), quoted("")),
		f.local("loss").Op(":=").Add(f.call(1, "loss := ", jen.Id("tr").Dot("Gradient"), batch...)),
		jen.Id("g").Dot("Check").Call(jen.Id("t"), quoted("loss"), jen.Lit(0),
			floats().Values(jen.Float32().Call(jen.Id("loss")))),
		checkGradients(vectors),
	))...)
}

// emitWeightlessPieceTest writes the test of a piece whose examples have no weight, behind one whose examples have: the
// loss and the gradients are the bits of the first piece alone, since masks are drawn by the place in the batch and
// each piece is normalised by itself.
//
//	x := golden.Repeat(g.Get(t, "x.image"), 2*Batch*fashion_deep.InputSize)
//	…
//	weights := make([]float32, 2*Batch)
//	for i := range weights[:Batch] {
//		weights[i] = 1
//	}
//	one, several := New(Seed), New(Seed)
//	alone := one.Gradient(x[:Batch*fashion_deep.InputSize], …, weights[:Batch])
//	loss := several.Gradient(x, …, weights)
func (net *Network) emitWeightlessPieceTest(f *file) {
	repeat, batch := net.repeatedBatch(f, "t", jen.Lit(2).Op("*").Id("Batch"))
	var piece []jen.Code
	net.eachVector(func(_, name, size string) {
		piece = append(piece, jen.Id(name).Index(jen.Op(":").Id("Batch").Op("*").Add(f.qual("model", size))))
	})
	counting := func() *jen.Statement {
		return jen.Id("weights").Index(jen.Op(":").Add(net.weighted(jen.Id("Batch"))))
	}
	first, other := f.local("one"), f.local("several")
	same := func(what string, of, want jen.Code) jen.Code {
		return f.call(1, "", f.qual("golden", "SameBits"), jen.Id("t"), quoted(what), jen.Lit(0), of, want)
	}
	number := func(name string) jen.Code { return floats().Values(jen.Float32().Call(jen.Id(name))) }
	f.test("has a second piece whose examples have no weight: the loss and the\n"+
		"gradients are those of the first piece alone.", "TestPiecesWithoutWeightAddNothing",
		together(one(f.openVectors("t")),
			repeat, one(
				f.local("weights").Op(":=").Make(floats(), net.weighted(jen.Lit(2).Op("*").Id("Batch"))),
				jen.For(f.local("i").Op(":=").Range().Add(counting())).Block(jen.Id("weights").Index(jen.Id("i")).Op("=").Lit(1)),
				net.readyPair(f, "one", "several"),
				f.local("alone").Op(":=").Add(f.call(1, "alone := ", first.Clone().Dot("Gradient"), append(piece, counting())...)),
				f.local("loss").Op(":=").Add(f.call(1, "loss := ", other.Clone().Dot("Gradient"),
					append(batch, jen.Id("weights"))...)),
				same("loss", number("loss"), number("alone")),
				same("gradients", other.Clone().Dot("Gradients").Call(), first.Clone().Dot("Gradients").Call()),
			))...)
}

// emitEvaluationTest writes the test of what is computed as in inference: of the mean loss of the examples of the
// vectors, over and over for more than one piece, and of the outputs of one of them.
//
//	set := Set{N: rows, X: [][]float32{x}, Y: [][]float32{y}}
//	metrics, err := tr.Evaluate(set)
//	if err != nil {
//		t.Fatal(err)
//	}
//	g.Check(t, "evaluation", 0, []float32{float32(metrics[0].Value)})
//	n = min(n, Batch)
//	out := [][]float32{make([]float32, n*digits.OutputSize)}
//	tr.forFit().Evaluate(set.Slice(0, n), out)
//	g.Check(t, "y.digit", 0, out[0])
func (net *Network) emitEvaluationTest(f *file) {
	x := net.inputs()[0]
	repeat, batch := net.repeatedBatch(f, "t", jen.Id("rows"))
	var outs, checks []jen.Code
	for i, y := range net.outputs() {
		outs = append(outs, jen.Make(floats(), jen.Id("n").Op("*").Add(f.qual("model", y.size))))
		checks = append(checks, jen.Id("g").Dot("Check").Call(jen.Id("t"), quoted(y.tensor), jen.Lit(0),
			jen.Id("out").Index(jen.Lit(i))))
	}
	many := func() *jen.Statement { return jen.Index().Index().Float32() }
	out := f.list("{}", len("\tout := [][]float32{"), len("}"), 1, outs...)
	arrays := func(xs []jen.Code) expr { return values(atom(many(), len("[][]float32")), f.measured(xs...)...) }
	set := values(atom(jen.Id("Set"), len("Set")), keyed("N", atom(jen.Id("rows"), len("rows"))),
		keyed("X", arrays(batch[:len(net.Inputs)])), keyed("Y", arrays(batch[len(net.Inputs):])))
	var workers []jen.Code // on a machine of one processor too
	if net.workers() {
		workers = one(jen.Id("tr").Dot("Workers").Op("=").Lit(3))
	}
	f.test("holds the mean loss of more than one piece, as in inference, and\noutputs against the reference.",
		"TestEvaluationAgreesWithTheReference", together(one(f.openVectors("t"),
			f.local("n").Op(":=").Add(f.rowsOf("n := ", x.tensor, f.qual("model", x.size))),
			f.beyond("rows", jen.Id("Batch"))), repeat, one(
			f.local("tr").Op(":=").Id("New").Call(jen.Id("Seed")),
			jen.Id("g").Dot("Weights").Call(jen.Id("t"), f.qual("model", "SpecSum"),
				jen.Id("tr").Dot("Weights").Dot("Tensors").Call(), quoted(""))), workers, one(
			f.local("set").Op(":=").Add(set.code(1, len("set := "), 0)),
			jen.List(f.local("metrics"), f.local("err")).Op(":=").Id("tr").Dot("Evaluate").Call(jen.Id("set")),
			jen.If(jen.Id("err").Op("!=").Nil()).Block(jen.Id("t").Dot("Fatal").Call(jen.Id("err"))),
			jen.Id("g").Dot("Check").Call(jen.Id("t"), quoted("evaluation"), jen.Lit(0),
				floats().Values(jen.Float32().Call(jen.Id("metrics").Index(jen.Lit(0)).Dot("Value")))),
			jen.Id("n").Op("=").Min(jen.Id("n"), jen.Id("Batch")),
			f.local("out").Op(":=").Add(many()).Add(out),
			jen.Id("tr").Dot("forFit").Call().Dot("Evaluate").Call(
				jen.Id("set").Dot("Slice").Call(jen.Lit(0), jen.Id("n")), jen.Id("out"))),
			checks)...)
}

// emitUpdatesTest writes the test of the optimizer and its constants, the first learning rate among them:
//
//	tr := New(Seed)
//	g := golden.Open(t, "testdata/golden.safetensors")
//	g.CheckUpdates(t, tr.Apply, mem.Flat(&tr.Weights.Params), tr.Gradients(), mem.Flat(&tr.m), mem.Flat(&tr.v))
func (net *Network) emitUpdatesTest(f *file) {
	flat := func(of string) jen.Code {
		return f.flat(jen.Op("&").Id("tr").Op(".").Id(of))
	}
	args := one(jen.Id("t"), jen.Id("tr").Dot("Apply"), flat("Weights.Params"), jen.Id("tr").Dot("Gradients").Call())
	for _, s := range net.Train.States {
		args = append(args, flat(s))
	}
	f.test("holds parameters and the state of the optimizer against the\nreference, after updates by gradients "+
		"that are drawn.", "TestUpdatesAgreeWithTheReference",
		f.local("tr").Op(":=").Id("New").Call(jen.Id("Seed")),
		f.openVectors("t"),
		f.call(1, "", jen.Id("g").Dot("CheckUpdates"), args...))
}

// checkGradients yields the call of what emitCheckGradients writes, for some vectors.
func checkGradients(vectors *jen.Statement) *jen.Statement {
	return jen.Id("checkGradients").Call(jen.Id("t"), vectors.Dot("CheckSample"), jen.Id("tr"))
}

// emitCheckGradients writes
//
//	func checkGradients(t *testing.T, check func(testing.TB, string, []float32), tr *Trainer) {
//		t.Helper()
//		check(t, "d.h1.kernel", tr.grads.H1W[:])
//		…
//	}
func (net *Network) emitCheckGradients(f *file) {
	params, _, _ := net.byRole()
	var checks [][]jen.Code
	for _, p := range params {
		grads := atom(jen.Id("tr").Dot("grads").Dot(p.Ident), len("tr.grads.")+len(p.Ident))
		checks = append(checks, one(calling(word("check"), word("t"), str("d."+p.Name), sliced(grads)).code(1, 0, 0)))
	}
	h := function{name: "checkGradients", params: []field{
		vars(jen.Op("*").Add(f.qual("testing", "T")), "t"),
		vars(jen.Func().Params(f.qual("testing", "TB"), jen.String(), floats()), "check"),
		vars(jen.Op("*").Id("Trainer"), "tr"),
	}}
	helper := one(jen.Id("t").Dot("Helper").Call())
	f.inPieces("checkGradients holds the gradients of a trainer against those of a file.", h,
		checks, helper, helper, nil, h)
}

// emitWorkersTest writes the test that compares a step of one worker with that of several, on a batch that they share
// out:
//
//	g := golden.Open(t, "testdata/golden.safetensors")
//	const n = 41
//	x := golden.Repeat(g.Get(t, "x.image"), n*digits.InputSize)
//	…
//	one, several := New(Seed), New(Seed)
//	one.Workers, several.Workers = 1, 3
func (net *Network) emitWorkersTest(f *file) {
	repeat, batch := net.repeatedBatch(f, "t", jen.Id("n"))
	body := append(one(f.openVectors("t"), jen.Const().Add(f.local("n")).Op("=").Lit(net.Train.Shared)), repeat...)
	batch = append(batch, jen.Nil())
	first, other := f.local("one"), f.local("several")
	same := func(what string, of func(of *jen.Statement) *jen.Statement) jen.Code {
		return f.call(1, "", f.qual("golden", "SameBits"), jen.Id("t"), quoted(what), jen.Lit(0),
			of(other.Clone()), of(first.Clone()))
	}
	f.test("shares a step out: it has the bits of one worker's.", "TestWorkersGiveTheSameBits", append(body,
		net.readyPair(f, "one", "several"),
		jen.List(first.Clone().Dot("Workers"), other.Clone().Dot("Workers")).Op("=").List(jen.Lit(1), jen.Lit(3)),
		f.call(1, "", first.Clone().Dot("Step"), batch...),
		f.call(1, "", other.Clone().Dot("Step"), batch...),
		same("gradients", func(of *jen.Statement) *jen.Statement { return of.Dot("Gradients").Call() }),
		same("parameters", func(of *jen.Statement) *jen.Statement {
			return f.flat(jen.Op("&").Add(of).Dot("Weights").Dot("Params"))
		}))...)
}

// emitChunksTest writes the test that adds what two processes make of the halves of a batch:
//
//	whole, loss := New(Seed).GradientChunks(0, Chunks, x, y, nil)
//	lower, a := New(Seed).GradientChunks(0, Chunks/2, x, y, nil)
//	upper, b := New(Seed).GradientChunks(Chunks/2, Chunks, x, y, nil)
//	vec.Add(lower, lower, upper)
//	golden.SameBits(t, "sums of chunks", 0, lower, whole)
//	if a+b != loss {
//		t.Errorf("the losses of the halves are %v and %v, that of the batch is %v", a, b, loss)
//	}
func (net *Network) emitChunksTest(f *file, load, batch []jen.Code) {
	half := func() *jen.Statement { return jen.Id("Chunks").Op("/").Lit(2) }
	sums := func(name, loss string, lo, hi jen.Code) *jen.Statement {
		return jen.List(f.local(name), f.local(loss)).Op(":=").Add(f.call(1, name+", "+loss+" := ",
			net.ready(f, 1, name+", "+loss+" := ").Dot("GradientChunks"), append(one(lo, hi), batch...)...))
	}
	f.test("compares a batch with its halves, as two processes have them.", "TestProcessesGiveTheSameBits",
		together(one(f.openVectors("t")), load, one(
			sums("whole", "loss", jen.Lit(0), jen.Id("Chunks")),
			sums("lower", "a", jen.Lit(0), half()),
			sums("upper", "b", half(), jen.Id("Chunks")),
			f.qual("vec", "Add").Call(jen.Id("lower"), jen.Id("lower"), jen.Id("upper")),
			f.qual("golden", "SameBits").Call(jen.Id("t"), quoted("sums of chunks"), jen.Lit(0),
				jen.Id("lower"), jen.Id("whole")),
			jen.If(jen.Id("a").Op("+").Id("b").Op("!=").Id("loss")).Block(
				jen.Id("t").Dot("Errorf").Call(quoted("the losses of the halves are %v and %v, that of the batch is %v"),
					jen.Id("a"), jen.Id("b"), jen.Id("loss"))),
		))...)
}

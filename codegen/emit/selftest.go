package emit

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"
)

// goldenFile is the file, below the folder of a package, that its self-test reads: inputs, what the
// reference computes from them, and how far float32 may be from that.
const goldenFile = "testdata/golden.safetensors"

// probeFile is the file, below the folder of the inference package, of an example in whole numbers that both self-tests
// read.
const probeFile = "testdata/probe.safetensors"

// test writes a test or benchmark of the package: a function of a *testing.T named t, or a *testing.B named b.
func (f *file) test(doc, name string, body ...jen.Code) {
	typ := "T"
	if strings.HasPrefix(name, "Benchmark") {
		typ = "B"
	}
	f.function(name+" "+doc, function{name: name,
		params: []field{vars(jen.Op("*").Add(f.qual("testing", typ)), strings.ToLower(typ))}}, body...)
}

// port is an input or output in a self-test: its tensor in the vectors, its variable, the constant of its size.
type port struct{ tensor, name, size string }

// inputs and outputs return the ports of the network.
func (net *Network) inputs() (all []port) {
	for i, p := range net.Inputs {
		all = append(all, port{"x." + p.Name, arg(net.Inputs, i, "x"), net.inSize(i)})
	}
	return all
}

func (net *Network) outputs() (all []port) {
	for i, p := range net.Outputs {
		all = append(all, port{"y." + p.Name, arg(net.Outputs, i, "y"), net.outSize(i)})
	}
	return all
}

// example declares x and y of example i, read from the golden vectors:
//
//	x := [InputSize]float32(g.Get(t, "x.image")[i*InputSize:])
//	var y [OutputSize]float32
func (net *Network) example(f *file, t string, i jen.Code) (vars []jen.Code) {
	for _, x := range net.inputs() {
		head := f.local(x.name).Op(":=").Add(array(x.size))
		get := calling(selector("g", "Get"), word(t), str(x.tensor))
		before, behind := len(x.name)+len(" := []float32()")+len(x.size), len("[i*:])")+len(x.size)
		vars = append(vars, head.Call(get.code(2, before, behind).Index(jen.Add(i).Op("*").Id(x.size).Op(":"))))
	}
	for _, y := range net.outputs() {
		vars = append(vars, jen.Var().Add(f.local(y.name)).Add(array(y.size)))
	}
	return vars
}

// get yields g.Get(t, "x.image").
func (f *file) get(t, tensor string) *jen.Statement {
	return f.local("g").Dot("Get").Call(jen.Id(t), quoted(tensor))
}

// predict yields m.Predict(&x, &y), or a.Predict(&x, &y) of a tiny package.
func (net *Network) predict(f *file, depth int) *jen.Statement {
	var args []jen.Code
	for _, p := range append(net.inputs(), net.outputs()...) {
		args = append(args, jen.Op("&").Id(p.name))
	}
	return f.call(depth, "", jen.Id(net.model().recv).Dot("Predict"), args...)
}

// examples declares the arrays of all examples:
//
//	batchX := g.Get(t, "x.image")
//	batchY := make([]float32, n*OutputSize)
func (net *Network) examples(f *file, t string) (vars []jen.Code) {
	for _, x := range net.inputs() {
		vars = append(vars, f.local("batch"+upper(x.name)).Op(":=").Add(f.get(t, x.tensor)))
	}
	for _, y := range net.outputs() {
		vars = append(vars, f.local("batch"+upper(y.name)).Op(":=").Make(floats(), jen.Id("n").Op("*").Id(y.size)))
	}
	return vars
}

// repeated declares the arrays of a batch of so many examples: those of the vectors, over and over.
//
//	batchX := golden.Repeat(g.Get(t, "x.image"), rows*InputSize)
//	batchY := make([]float32, rows*OutputSize)
func (net *Network) repeated(f *file, t, rows string) (vars []jen.Code) {
	for _, x := range net.inputs() {
		name := "batch" + upper(x.name)
		vars = append(vars, f.local(name).Op(":=").Add(
			f.call(1, name+" := ", f.qual("golden", "Repeat"), f.get(t, x.tensor), jen.Id(rows).Op("*").Id(x.size))))
	}
	for _, y := range net.outputs() {
		vars = append(vars, f.local("batch"+upper(y.name)).Op(":=").Make(floats(), jen.Id(rows).Op("*").Id(y.size)))
	}
	return vars
}

// beyond yields the smallest multiple of n above a number: rows := (batchRows/n + 1) * n.
func (f *file) beyond(rows string, piece jen.Code) *jen.Statement {
	return f.local(rows).Op(":=").Parens(jen.Add(piece).Op("/").Id("n").Op("+").Lit(1)).Op("*").Id("n")
}

// predictBatch yields m.PredictBatch(batchX, batchY).
func (net *Network) predictBatch(f *file, depth int) *jen.Statement {
	var args []jen.Code
	for _, p := range append(net.inputs(), net.outputs()...) {
		args = append(args, jen.Id("batch"+upper(p.name)))
	}
	return f.call(depth, "", jen.Id("m").Dot("PredictBatch"), args...)
}

// vectors yields m, g, n := vectors(t), with _ for the number of examples where it is not used.
func (f *file) vectors(t, n string) *jen.Statement {
	return jen.List(f.local("m"), f.local("g"), f.local(n)).Op(":=").Id("vectors").Call(jen.Id(t))
}

// forExamples yields for i := range n.
func (f *file) forExamples(body ...jen.Code) *jen.Statement {
	return jen.For(f.local("i").Op(":=").Range().Id("n")).Block(body...)
}

// allocates yields
//
//	if a := golden.AllocsPerRun(t, 100, func() { m.Predict(&x, &y) }); a != 0 {
//		t.Errorf("Predict allocates %v times, want 0", a)
//	}
func (f *file) allocates(runs int, what, operator string, limit int, calls ...jen.Code) *jen.Statement {
	width := len("if a := golden.AllocsPerRun(t, 100, func() {  }); a != 0 {")
	for _, c := range calls {
		width += f.width(c)
	}
	once := jen.Func().Params().Custom(jen.Options{Open: "{", Close: "}", Multi: len(calls) > 1 || 1+width > lineLimit},
		calls...)
	return jen.If(f.local("a").Op(":=").Add(f.qual("golden", "AllocsPerRun")).Call(jen.Id("t"), jen.Lit(runs), once),
		jen.Id("a").Op(operator).Lit(limit)).Block(
		jen.Id("t").Dot("Errorf").Call(quoted(what+" allocates %v times, want 0"), jen.Id("a")))
}

// timed yields what counts allocations and begins to time a benchmark.
func timed() []jen.Code {
	return []jen.Code{jen.Id("b").Dot("ReportAllocs").Call(), jen.Id("b").Dot("ResetTimer").Call()}
}

// repeated yields for range b.N.
func repeated(body ...jen.Code) *jen.Statement {
	return jen.For(jen.Range().Id("b").Dot("N")).Block(body...)
}

// rate yields b.ReportMetric(float64(b.N)*float64(n)/b.Elapsed().Seconds(), "examples/s").
func rate() *jen.Statement {
	b := func() *jen.Statement { return jen.Id("b") }
	return b().Dot("ReportMetric").Call(
		jen.Float64().Call(b().Dot("N")).Op("*").Float64().Call(jen.Id("n")).Op("/").
			Add(b().Dot("Elapsed").Call().Dot("Seconds").Call()),
		quoted("examples/s"))
}

// together joins statements.
func together(parts ...[]jen.Code) []jen.Code { return slices.Concat(parts...) }

// one makes a list of one statement, or of several.
func one(s ...jen.Code) []jen.Code { return s }

// emitModelTest writes the self-test of the inference package.
func (net *Network) emitModelTest(f *file) {
	i := jen.Id("i")
	var checks, same []jen.Code
	for k, y := range net.outputs() {
		at := jen.Add(i).Op("*").Id(y.size)
		checks = append(checks, f.call(2, "", jen.Id("g").Dot("Check"), jen.Id("t"), quoted(y.tensor), at, all(y.name)))
		checks = append(checks, net.checkClass(f, k, jen.Id(net.classesName(k)).Index(jen.Op(":")))...)
		row := jen.Id("j").Op("*").Id(y.size)
		same = append(same, f.call(3, "", f.qual("golden", "SameBits"), jen.Id("t"), quoted(y.tensor), row, all(y.name),
			behind("batch"+upper(y.name), row).Index(jen.Op(":").Id(y.size))))
	}
	f.test("holds the outputs against those of the float64 reference, each within the\nbound that was computed for it.",
		"TestPredictAgreesWithTheReference", f.vectors("t", "n"),
		f.forExamples(together(net.example(f, "t", i), one(net.predict(f, 2)), checks)...))
	if !net.Int8 {
		net.emitProbeTest(f)
	}
	f.test("compares a batch with its examples one by one: those of the vectors, over and\n"+
		"over, for more than PredictBatch works off at a time.",
		"TestPredictBatchHasTheBitsOfPredict",
		together(one(f.vectors("t", "n"), f.beyond("rows", jen.Id("batchRows"))), net.repeated(f, "t", "rows"),
			one(net.predictBatch(f, 1),
				f.forExamples(together(net.example(f, "t", i), one(net.predict(f, 2),
					jen.For(f.local("j").Op(":=").Add(i), jen.Id("j").Op("<").Id("rows"),
						jen.Id("j").Op("+=").Id("n")).Block(same...)))...)))...)
	if net.Plan.Made != nil {
		net.emitMadeTest(f)
	}
	f.test("counts allocations in the steady state.", "TestPredictionDoesNotAllocate",
		together(one(f.vectors("t", "n")), net.examples(f, "t"), net.example(f, "t", jen.Lit(0)), one(
			f.allocates(100, "Predict", "!=", 0, net.predict(f, 0)),
			f.allocates(100, "PredictBatch", ">=", 1, net.predictBatch(f, 0))))...)
	f.test("times one prediction.", "BenchmarkPredict",
		together(one(f.vectors("b", "_")), net.example(f, "b", jen.Lit(0)), timed(), one(repeated(net.predict(f, 2))))...)
	f.test("times a batch.", "BenchmarkPredictBatch",
		together(one(f.vectors("b", "n")), net.examples(f, "b"), timed(), one(repeated(net.predictBatch(f, 2)), rate()))...)
	if net.PredictWork > 0 {
		net.emitSharedPredictTest(f)
	}
	if net.Plan.Step != nil {
		net.emitStreamTest(f)
		net.emitBlockTest(f)
	}
	if net.Plan.Core != nil {
		net.emitIntegersTest(f)
	}
	net.emitVectors(f)
}

// checkClass yields, for an output whose best class a method names, one of
//
//	rule := golden.Rule{Classes: Classes[:]}
//	rule.Check(t, "y.kind", i, y[:])(m.Classify(&x))
//
//	rule := golden.Rule{Classes: Classes[:], Binary: true, Threshold: m.yThreshold[0], Confidence: 0.75}
//
// and in two statements what is too long for a line.
func (net *Network) checkClass(f *file, k int, classes *jen.Statement) []jen.Code {
	p := net.Outputs[k]
	if !net.classifies(p) {
		return nil
	}
	rule, name := "rule", "Classify"
	if len(net.Outputs) > 1 {
		rule, name = "rule"+p.Ident, "Classify"+p.Ident
	}
	members := one(jen.Id("Classes").Op(":").Add(classes))
	if p.Task == "binary" {
		threshold := jen.Lit(0.5)
		if p.Threshold != nil {
			threshold = net.number(p.Threshold, jen.Lit(0))
		}
		members = append(members, jen.Id("Binary").Op(":").True(), jen.Id("Threshold").Op(":").Add(threshold))
	}
	if p.Confidence > 0 {
		members = append(members, jen.Id("Confidence").Op(":").Add(float32Lit(p.Confidence)))
	}
	_, args := net.examplePorts()
	for i := range args {
		args[i] = jen.Op("&").Add(args[i])
	}
	rules := f.local(rule).Op(":=").Add(f.qual("golden", "Rule")).Values(members...)
	y := net.outputs()[k]
	check := one(jen.Id("t"), quoted(y.tensor), jen.Id("i"), all(y.name))
	says := jen.Id(net.model().recv).Dot(name)
	line := jen.Id(rule).Dot("Check").Call(check...).Call(says.Clone().Call(args...))
	if 2+f.width(line) <= lineLimit {
		return one(rules, line)
	}
	is := "is" + rule[len("rule"):]
	return one(rules, f.local(is).Op(":=").Add(f.call(2, is+" := ", jen.Id(rule).Dot("Check"), check...)),
		jen.Id(is).Call(f.call(2, is+"()", says, args...)))
}

// emitProbeTest writes the test of predictions of whole numbers:
//
//	g := golden.OpenProbe(t, "testdata/probe.safetensors", SpecSum, "")
//	w := new(Weights)
//	g.Fill(t, w.Tensors())
//	m, n := New(w), g.Rows
//	batchX := g.Get(t, "x.image")
//	batchY := make([]float32, n*OutputSize)
//	for i := range n {
//		x := [InputSize]float32(g.Get(t, "x.image")[i*InputSize:])
//		var y [OutputSize]float32
//		m.Predict(&x, &y)
//		copy(batchY[i*OutputSize:], y[:])
//	}
//	g.Exact(t, "y.digit", batchY)
//	clear(batchY)
//	m.PredictBatch(batchX, batchY)
//	g.Exact(t, "y.digit", batchY)
func (net *Network) emitProbeTest(f *file) {
	i, w, g := jen.Id("i"), f.local("w"), jen.Id("g")
	var copies, clears, exact []jen.Code
	for _, y := range net.outputs() {
		batch := "batch" + upper(y.name)
		copies = append(copies, jen.Copy(behind(batch, jen.Add(i).Op("*").Id(y.size)), all(y.name)))
		clears = append(clears, jen.Clear(jen.Id(batch)))
		exact = append(exact, f.call(1, "", g.Clone().Dot("Exact"), jen.Id("t"), quoted(y.tensor), jen.Id(batch)))
	}
	f.test("predicts with weights and inputs that are whole numbers, so small that\n"+
		"float32 rounds none of their sums: what functions such as exp leave exact must equal exact arithmetic.",
		"TestWholeNumbersPredictExactly",
		together(one(
			f.openProbe(probeFile, jen.Id("SpecSum"), quoted("")),
			jen.Add(w).Op(":=").New(jen.Id("Weights")),
			g.Clone().Dot("Fill").Call(jen.Id("t"), jen.Id("w").Dot("Tensors").Call()),
			jen.List(f.local("m"), f.local("n")).Op(":=").List(jen.Id("New").Call(w), g.Clone().Dot("Rows"))),
			net.examples(f, "t"),
			one(f.forExamples(together(net.example(f, "t", i), one(net.predict(f, 2)), copies)...)),
			exact, clears, one(net.predictBatch(f, 1)), exact)...)
}

// openProbe yields g := golden.OpenProbe(t, "testdata/probe.safetensors", SpecSum, "").
func (f *file) openProbe(path string, sum, part jen.Code) *jen.Statement {
	return f.local("g").Op(":=").Add(f.call(1, "g := ", f.qual("golden", "OpenProbe"), jen.Id("t"), quoted(path), sum,
		part))
}

// sharedRows is the number of examples of a batch with enough to do for three workers: see package workers of the
// runtime.
func (net *Network) sharedRows() int { return int(3<<19/net.PredictWork) + 3 }

// emitSharedPredictTest writes the test that compares a batch that workers share out with that of one worker:
//
//	m, g, n := vectors(t)
//	rows := (1564/n + 1) * n
//	batchX := golden.Repeat(g.Get(t, "x.image"), rows*InputSize)
//	batchY := make([]float32, rows*OutputSize)
//	alone := make([]float32, rows*OutputSize)
//	m.PredictBatchWorkers(batchX, alone, 1)
//	for _, most := range []int{0, 2, 3} {
//		clear(batchY)
//		m.PredictBatchWorkers(batchX, batchY, most)
//		golden.SameBits(t, "y.digit", 0, batchY, alone)
//	}
//	if a := golden.AllocsPerRun(t, 20, func() { m.PredictBatchWorkers(batchX, batchY, 3) }); a >= 1 {
func (net *Network) emitSharedPredictTest(f *file) {
	shared := func(depth int, outs string, most jen.Code) *jen.Statement {
		var args []jen.Code
		for _, p := range net.inputs() {
			args = append(args, jen.Id("batch"+upper(p.name)))
		}
		for _, p := range net.outputs() {
			args = append(args, jen.Id(outs+upper(p.name)))
		}
		return f.call(depth, "", jen.Id("m").Dot("PredictBatchWorkers"), append(args, most)...)
	}
	var alone, clears, same []jen.Code
	for _, y := range net.outputs() {
		batch, one := jen.Id("batch"+upper(y.name)), f.local("alone"+upper(y.name))
		alone = append(alone, one.Clone().Op(":=").Make(floats(), jen.Id("rows").Op("*").Id(y.size)))
		clears = append(clears, jen.Clear(batch))
		same = append(same, f.call(2, "", f.qual("golden", "SameBits"), jen.Id("t"),
			quoted(y.tensor), jen.Lit(0), batch, one))
	}
	f.test("shares a batch out: it has the bits of one worker's.", "TestWorkersPredictTheSameBits",
		together(one(f.vectors("t", "n"), f.beyond("rows", jen.Lit(net.sharedRows()))),
			net.repeated(f, "t", "rows"), alone, one(
				shared(1, "alone", jen.Lit(1)),
				jen.For(jen.List(jen.Id("_"), f.local("most")).Op(":=").Range().Index().Int().Values(jen.Lit(0),
					jen.Lit(2), jen.Lit(3))).Block(
					together(clears, one(shared(2, "batch", jen.Id("most"))), same)...),
				f.allocates(20, "PredictBatchWorkers", ">=", 1, shared(0, "batch", jen.Lit(3)))))...)
}

// emitVectors yields
//
//	func vectors(t testing.TB) (*Model, *golden.Vectors, int) {
//		t.Helper()
//		g := golden.Open(t, "testdata/golden.safetensors")
//		w := new(Weights)
//		g.Weights(t, SpecSum, w.Tensors(), "weights.safetensors")
//		return New(w), g, len(g.Get(t, "x.image")) / InputSize
//	}
func (net *Network) emitVectors(f *file) {
	t, g, w, x := jen.Id("t"), f.local("g"), f.local("w"), net.inputs()[0]
	f.function("vectors returns the model that the golden vectors belong to, the vectors, and the number of their "+
		"examples.",
		function{name: "vectors", params: []field{vars(f.qual("testing", "TB"), "t")},
			results: []field{vars(jen.Op("*").Id("Model")), vars(jen.Op("*").Add(f.qual("golden", "Vectors"))),
				vars(jen.Int())}},
		jen.Id("t").Dot("Helper").Call(),
		f.openVectors("t"),
		jen.Add(w).Op(":=").New(jen.Id("Weights")),
		jen.Add(g).Dot("Weights").Call(t, jen.Id("SpecSum"), jen.Id("w").Dot("Tensors").Call(),
			quoted("weights.safetensors")),
		jen.Return(jen.Id("New").Call(w), g, f.rowsOf("return New(w), g, ", x.tensor, jen.Id(x.size))))
}

// rowsOf yields the number of examples of the vectors: len(g.Get(t, "x.image")) / InputSize, in two lines what is too
// long for one behind some text.
func (f *file) rowsOf(before, tensor string, size jen.Code) *jen.Statement {
	numbers := func() *jen.Statement {
		return jen.Len(jen.Id("g").Dot("Get").Call(jen.Id("t"), quoted(tensor))).Op("/")
	}
	if line := numbers().Add(size); 1+len(before)+f.width(line) <= lineLimit {
		return line
	}
	return numbers().Line().Add(size)
}

// openVectors yields g := golden.Open(t, "testdata/golden.safetensors").
func (f *file) openVectors(t string) *jen.Statement {
	return f.local("g").Op(":=").Add(f.qual("golden", "Open")).Call(jen.Id(t), quoted(goldenFile))
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

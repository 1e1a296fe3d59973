package emit

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/plan"
)

// Tiny writes an inference package whose weights are constants: the plan is that of plan.Tiny. It has neither variables
// nor memory of its own.
func Tiny(net *Network) (Files, error) {
	sources := []source{
		{name: net.Name + ".go", write: net.emitTiny, doc: net.doc()},
		{name: net.Name + "_test.go", write: net.emitTinyTest},
		{name: "weights.go", write: net.emitConstants},
	}
	if net.Plan.Step != nil {
		sources = append(sources, source{name: "step.go", write: net.emitTinyStream})
	}
	if net.Plan.Core != nil {
		sources = append(sources, source{name: "int8.go", write: net.emitIntegers})
	}
	return net.writePackage(net.ImportPath, net.Name, sources)
}

// trained tells whether a tiny package has weights.
func (net *Network) trained() bool { return net.Constants != nil }

// tinyDoc is what the doc of the package says behind the table.
func (net *Network) tinyDoc() string {
	var b strings.Builder
	fmt.Fprintf(&b,
		"\nIts weights are constants, %d bytes of read-only data. A Workspace is the memory that a prediction works in, "+
			"%d bytes,\nand the caller's: one for each goroutine.", net.ConstantBytes(), tinyBytes(net.Plan.One))
	if net.Plan.Step != nil {
		fmt.Fprintf(&b,
			" A State runs the network step by step, in a StepWorkspace of %d bytes; of several steps, by as many calls\n"+
				"of Step, since StepBlock of the full profile gains by kernels alone.", tinyBytes(net.Plan.Step))
	}
	if net.Plan.Core != nil {
		fmt.Fprintf(&b,
			" PredictInt8 takes and gives int8 numbers, computes with\n"+
				"whole numbers alone, and works in a WorkspaceInt8 of %d bytes.",
			tinyBytes(net.Plan.Core))
	}
	b.WriteString(" Nothing allocates. Of the standard library there is nothing but math.\n")
	for i, p := range net.Inputs {
		x := arg(net.Inputs, i, "x")
		switch {
		case p.Columns != nil:
			fmt.Fprintf(&b, "\n%s takes a row as Encode of a package of the full profile makes it of these columns; "+
				"text is not read here:\n%s.\n", x, columnNames(p.Columns))
		case p.Vocabulary != nil:
			fmt.Fprintf(&b, "\n%s takes tokens, as EncodeText of a package of the full profile makes them of a text; "+
				"text is not read here.\n", x)
		}
	}
	return b.String()
}

// tinyBytes returns the bytes of the workspace of a function.
func tinyBytes(fn *plan.Func) int64 { return fn.Bytes(1) + 4*int64(fn.Scratch) }

// constants returns the parameters that are constants of the package: what the functions of the plan read, and what
// predictions are read by.
func (net *Network) constants() []*ir.Param { return append(net.Plan.Constants(), net.decided()...) }

// ConstantBytes returns the bytes of the weights of a tiny package, connections included.
func (net *Network) ConstantBytes() int64 {
	n := 0
	for _, p := range net.constants() {
		n += p.DType.Computed().Bytes() * p.Size()
		if p.Pattern != nil {
			n += 4 * (p.Out + 1 + len(p.Pattern))
		}
	}
	return int64(n)
}

// emitTiny writes sizes, labels, and what predicts.
func (net *Network) emitTiny(f *file) {
	net.emitSizes(f)
	for i := range net.Outputs {
		net.emitClass(f, i)
	}
	f.tinyspace("Workspace", "a prediction", net.Plan.One)
	h := net.model()
	h.name, h.params = "Predict", net.ports(true)
	doc := "computes the outputs of one example. " + net.layoutDoc() + net.numbersDoc() + " It does not allocate."
	if !net.trained() {
		f.function("Predict "+doc+" The package has no weights yet: it panics.", h, net.noWeights("Predict"))
	} else {
		f.pass(net.Plan.One, doc+net.panicsDoc(), h, net.checkTokens(f, net.Name+": Predict", true))
	}
	net.emitClassify(f)
	net.emitInterval(f)
}

// noWeights yields what stands for a function of a package without weights.
func (net *Network) noWeights(name string) jen.Code {
	return jen.Panic(quoted(net.Name + ": " + name + ": ").Op("+").Line().Add(quoted(
		"the package has no weights: run nngen train, or nngen compile beside weights.safetensors")))
}

// tinyspace writes the type of the memory that a function works in, which may be empty.
func (f *file) tinyspace(name, of string, fn *plan.Func) {
	var members []member
	if fn.Arena > 0 {
		members = append(members, member{name: "memory", typ: sized(jen.Lit(fn.Arena / 4)),
			note: "results of layers, of which those overlap that are not needed at the same time"})
	}
	if fn.ArenaInt8 > 0 {
		members = append(members,
			member{name: "integers", typ: numbersOf(jen.Lit(fn.ArenaInt8), ir.Int8), note: "those of 8 bits"})
	}
	if fn.Scratch > 0 {
		members = append(members, member{name: "scratch", typ: sized(jen.Lit(fn.Scratch)), note: "what calls work in beside"})
	}
	doc := fmt.Sprintf("%s is the memory that %s works in, and overwrites. The zero %[1]s is ready.", name, of)
	f.structure(doc, name, members...)
}

func (net *Network) className(i int) string {
	if len(net.Outputs) == 1 {
		return "Class"
	}
	return net.Outputs[i].Ident + "Class"
}

// emitClass yields the labels of an output as code, which is read-only other than an array of strings:
//
//	const NumClasses = 2
//
//	func Class(i int) string {
//		switch i {
//		case 0:
//			return "other"
//		case 1:
//			return "setosa"
//		}
//		return ""
//	}
func (net *Network) emitClass(f *file, i int) {
	p, name := net.Outputs[i], net.className(i)
	if p.Task == "regression" || len(p.Classes) == 0 || p.NextToken {
		return
	}
	f.pkg.declare("", "Num"+name+"es", p.origin())
	f.declare(fmt.Sprintf("Num%ses is the number of classes of %s.", name, clipped(p.Name)),
		jen.Const().Id("Num"+name+"es").Op("=").Lit(len(p.Classes)))
	var cases []jen.Code
	for k, c := range p.Classes {
		cases = append(cases, jen.Case(jen.Lit(k)).Block(jen.Return(quoted(c))))
	}
	f.function(name+" returns the label of a class; \"\" for a number that is none.", function{name: name,
		params: []field{vars(jen.Int(), "i")}, results: []field{vars(jen.String())}, origin: p.origin()},
		jen.Switch(jen.Id("i")).Block(cases...), jen.Return(quoted("")))
}

// emitTinyStream writes what runs the network step by step.
func (net *Network) emitTinyStream(f *file) {
	counted := net.emitState(f)
	f.tinyspace("StepWorkspace", "a step", net.Plan.Step)
	net.emitStep(f, counted)
}

// constantTypes are the types of package tiny that hold constants.
var constantTypes = map[ir.DType]string{ir.Float32: "F32", ir.Int32: "I32", ir.Int8: "I8"}

// emitConstants writes the weights, and the connections of sparse ones.
func (net *Network) emitConstants(f *file) {
	if !net.trained() {
		net.emitNoConstants(f)
		return
	}
	for _, p := range net.constants() {
		f.bytes(fmt.Sprintf("%s, %s", inline(p.Name), p.Shape), lower(p.Ident), constantTypes[p.DType.Computed()],
			net.Constants[p.Name], paramOrigin(p))
		if p.Pattern != nil {
			start, index := connections(p)
			what := fmt.Sprintf("of the %d connections of %s, of %d×%d", len(p.Pattern), inline(p.Name), p.In, p.Out)
			f.bytes("where those of each output begin, "+what, plan.PatternStart(p), "I32", whole32(start), paramOrigin(p))
			f.bytes("the inputs "+what, plan.PatternIndex(p), "I32", whole32(index), paramOrigin(p))
		}
	}
}

// emitNoConstants writes what methods name that read predictions, without numbers.
func (net *Network) emitNoConstants(f *file) {
	for _, p := range net.decided() {
		f.bytes(inline(p.Name), lower(p.Ident), "F32", nil, paramOrigin(p))
	}
}

// whole32 returns whole numbers as package tiny reads them.
func whole32(x []int) []byte {
	var b []byte
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	return b
}

// bytesPerLine is how many bytes stand in a line, seven numbers: each takes four characters.
const bytesPerLine = 28

// bytes yields
//
//	// h1.kernel, 64×64
//	const h1W tiny.F32 = "" +
//		"\x9a\x99\x19\x3e…" +
//		"\x00\x00\x80\x3f…"
//
// and, since gofmt takes time that grows with the square of the terms of a sum, of many lines a sum of constants
// h1WPart1, h1WPart2 and so on.
func (f *file) bytes(doc, name, typ string, b []byte, o Origin) {
	var lines []string
	for len(b) > 0 {
		n := min(bytesPerLine, len(b))
		var line strings.Builder
		for _, c := range b[:n] {
			fmt.Fprintf(&line, `\x%02x`, c)
		}
		lines = append(lines, `"`+line.String()+`"`)
		b = b[n:]
	}
	if lines == nil {
		lines = []string{`""`}
	}
	for level := "Part"; len(lines) > mostTerms; level += "Part" {
		var parts []string
		for len(lines) > 0 {
			n, part := min(mostTerms, len(lines)), fmt.Sprintf("%s%s%d", name, level, len(parts)+1)
			f.pkg.declare("", part, o)
			f.next.Const().Id(part).Op("= " + sum(lines[:n]))
			f.end()
			parts, lines = append(parts, part), lines[n:]
		}
		lines = parts
	}
	f.pkg.declare("", name, o)
	f.declare(doc, jen.Const().Id(name).Add(f.qual("tiny", typ)).Op("= "+sum(lines)))
}

// sum yields terms in a line each, or one alone.
func sum(terms []string) string {
	if len(terms) == 1 {
		return terms[0]
	}
	return `"" +` + "\n\t" + strings.Join(terms, " +\n\t")
}

// emitTinyTest writes the self-test.
func (net *Network) emitTinyTest(f *file) {
	if !net.trained() {
		return
	}
	i, m := jen.Id("i"), jen.Var().Add(f.local("a")).Id("Workspace")
	var checks []jen.Code
	for k, y := range net.outputs() {
		at := jen.Add(i).Op("*").Id(y.size)
		checks = append(checks, f.call(2, "", jen.Id("g").Dot("Check"), jen.Id("t"), quoted(y.tensor), at, all(y.name)))
		name := net.className(k)
		names := jen.Add(f.qual("golden", "Names")).Call(jen.Id("Num"+name+"es"), jen.Id(name))
		checks = append(checks, net.checkClass(f, k, names)...)
	}
	f.test("holds the outputs against those of the float64 reference, each within the\nbound that was computed for it.",
		"TestPredictAgreesWithTheReference", together(net.openExamples(f),
			one(f.forExamples(together(net.example(f, "t", i), one(m, net.predict(f, 2)), checks)...)))...)
	f.test("counts allocations.", "TestPredictionDoesNotAllocate",
		together(one(f.openVectors("t")), net.example(f, "t", jen.Lit(0)), one(m,
			f.allocates(100, "Predict", "!=", 0, net.predict(f, 0))))...)
	f.test("times one prediction.", "BenchmarkPredict",
		together(one(f.openVectors("b")), net.example(f, "b", jen.Lit(0)), one(m), timed(),
			one(repeated(net.predict(f, 2))))...)
	if net.Plan.Step != nil {
		net.emitTinyStreamTest(f)
	}
	if net.Plan.Core != nil {
		net.emitIntegersTest(f)
	}
}

// emitTinyStreamTest writes the self-test of steps.
func (net *Network) emitTinyStreamTest(f *file) {
	k, s, work := f.local("k"), f.local("s"), f.local("work")
	results, checks, args := net.stepPorts(f, k)
	args = append(one(jen.Op("&").Add(work)), args...)
	f.test("feeds each example step by step.", "TestStepsHaveTheBitsOfPredict",
		together(net.openExamples(f), one(f.forExamples(together(net.example(f, "t", jen.Id("i")), one(
			jen.Var().Add(f.local("a")).Id("Workspace"),
			net.predict(f, 2),
			jen.Var().Add(s).Id("State"),
			jen.Var().Add(work).Id("StepWorkspace"),
			jen.For(jen.Add(k).Op(":=").Range().Lit(net.Plan.Step.Graph.Stream)).Block(together(results,
				one(f.call(3, "", jen.Add(s).Dot("Step"), args...)), checks)...)))...)))...)
}

// openExamples yields the vectors and the number of their examples:
//
//	g := golden.Open(t, "testdata/golden.safetensors")
//	n := len(g.Get(t, "x.image")) / InputSize
func (net *Network) openExamples(f *file) []jen.Code {
	x := net.inputs()[0]
	return one(f.openVectors("t"), f.local("n").Op(":=").Add(f.rowsOf("n := ", x.tensor, jen.Id(x.size))))
}
